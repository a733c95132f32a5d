"""What rests on an encrypted disk is told from what Linux says of mounts and devices."""

import os
import subprocess
from pathlib import Path

import pytest

from records.encrypted_disks import Protection, disk_under, mount_of

LUKS = "CRYPT-LUKS2-7d1b0c5e-luks"


class Machine:
    """The files of /proc and /sys that tell of disks, for a machine made up by a test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[str] = []
        (root / "proc" / "self").mkdir(parents=True)
        (root / "sys" / "dev" / "block").mkdir(parents=True)

    def device(self, name: str, number: str, *, uuid: str = "", below: tuple[str, ...] = ()) -> str:
        folder = self.root / "sys" / "devices" / name
        (folder / "slaves").mkdir(parents=True)
        (folder / "dev").write_text(f"{number}\n")
        if uuid:
            (folder / "dm").mkdir()
            (folder / "dm" / "uuid").write_text(f"{uuid}\n")
        for one in below:
            (folder / "slaves" / one).symlink_to(self.root / "sys" / "devices" / one)
        (self.root / "sys" / "dev" / "block" / number).symlink_to(folder)
        return number

    def mount(self, point: Path, number: str, kind: str = "ext4", source: str = "none") -> None:
        escaped = str(point).replace(" ", "\\040")
        self.lines.append(f"30 1 {number} / {escaped} rw,relatime shared:1 - {kind} {source} rw")
        (self.root / "proc" / "self" / "mountinfo").write_text("\n".join(self.lines) + "\n")

    def protection(self, folder: Path) -> Protection:
        return disk_under(folder, root=self.root).protection


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "machine")
    made.device("sda", "8:0")
    made.mount(Path("/"), "8:0")
    return made


@pytest.mark.requirement("R-P11-30")
@pytest.mark.parametrize(
    ("uuid", "found"),
    [
        (LUKS, Protection.ENCRYPTED), ("CRYPT-PLAIN-x", Protection.ENCRYPTED),
        ("CRYPT-TCRYPT-x", Protection.ENCRYPTED), ("LVM-x", Protection.PLAIN),
        ("CRYPT-VERITY-x", Protection.PLAIN), ("CRYPT-INTEGRITY-x", Protection.PLAIN),
    ],
)
def test_a_device_mapper_target_is_encrypted_only_where_it_hides_what_is_written(
    machine: Machine, tmp_path: Path, uuid: str, found: Protection
) -> None:
    machine.device("dm-0", "253:0", uuid=uuid, below=("sda",))
    machine.mount(tmp_path, "253:0")
    assert machine.protection(tmp_path / "workspace" / "not there yet") is found


@pytest.mark.requirement("R-P11-30")
def test_volumes_and_raids_are_encrypted_only_where_all_that_they_are_made_of_is(
    machine: Machine, tmp_path: Path
) -> None:
    machine.device("dm-0", "253:0", uuid=LUKS, below=("sda",))
    machine.device("dm-1", "253:1", uuid="LVM-home", below=("dm-0",))
    machine.device("md0", "9:0", below=("dm-0", "sda"))
    (tmp_path / "lvm").mkdir()
    machine.mount(tmp_path / "lvm", "253:1")
    machine.mount(tmp_path / "raid disks", "9:0")
    (tmp_path / "raid disks").mkdir()
    assert machine.protection(tmp_path / "lvm") is Protection.ENCRYPTED
    told = disk_under(tmp_path / "raid disks", root=machine.root)
    assert told.protection is Protection.PLAIN
    assert "sda" in told.words


def test_btrfs_counts_every_disk_of_its_own(machine: Machine, tmp_path: Path) -> None:
    machine.device("dm-0", "253:0", uuid=LUKS, below=("sda",))
    machine.device("sdb", "8:16")
    devices = machine.root / "sys" / "fs" / "btrfs" / "1234" / "devices"
    for name in ("dm-0", "sdb"):
        (devices / name).mkdir(parents=True)
        (devices / name / "dev").write_text({"dm-0": "253:0", "sdb": "8:16"}[name])
    machine.mount(tmp_path, "0:44", "btrfs", "/dev/dm-0")
    assert machine.protection(tmp_path) is Protection.PLAIN
    (devices / "sdb" / "dev").unlink()
    (devices / "sdb").rmdir()
    assert machine.protection(tmp_path) is Protection.ENCRYPTED


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("fuse.gocryptfs", Protection.ENCRYPTED), ("ecryptfs", Protection.ENCRYPTED),
        ("nfs4", Protection.UNKNOWN), ("tmpfs", Protection.UNKNOWN),
        ("overlay", Protection.UNKNOWN),
    ],
)
def test_what_encrypts_itself_and_what_lies_elsewhere(
    machine: Machine, tmp_path: Path, kind: str, found: Protection
) -> None:
    machine.mount(tmp_path, "0:77", kind, "somewhere")
    assert machine.protection(tmp_path) is found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("aes-256-gcm", Protection.ENCRYPTED), ("off", Protection.PLAIN),
        ("-", Protection.PLAIN), ("", Protection.UNKNOWN),
    ],
)
def test_zfs_is_asked(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str,
    found: Protection,
) -> None:
    program = tmp_path / "bin" / "zfs"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$6" = tank/home ] && echo "{said}"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    machine.mount(tmp_path, "0:50", "zfs", "tank/home")
    assert machine.protection(tmp_path) is found


def test_the_last_mounted_of_the_longest_path_counts(tmp_path: Path) -> None:
    table = "\n".join(
        f"1 1 0:{number} / {point} rw - {kind} source rw"
        for number, (point, kind) in enumerate(
            [("/", "a"), ("/srv", "b"), ("/srv", "c"), ("/srv/x", "d"), ("/srvly", "e")]
        )
    )
    found = {path: mount_of(Path(path), table) for path in ("/", "/srv/y", "/srv/x/z", "/srv")}
    assert {path: one.kind if one else "" for path, one in found.items()} == {
        "/": "a", "/srv/y": "c", "/srv/x/z": "d", "/srv": "c",
    }


def test_without_the_table_nothing_is_claimed(tmp_path: Path) -> None:
    assert disk_under(tmp_path, root=tmp_path / "none").protection is Protection.UNKNOWN


def test_this_machine_is_told_as_lsblk_tells_it(tmp_path: Path) -> None:
    """The real files: where lsblk says that a disk is of the kind 'crypt', so do we."""
    try:
        asked = subprocess.run(["findmnt", "-no", "SOURCE", "-T", str(tmp_path)],
                               capture_output=True, text=True, check=True)  # fmt: skip
        kinds = subprocess.run(["lsblk", "-sno", "TYPE", asked.stdout.strip()],
                               capture_output=True, text=True, check=True)  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("findmnt or lsblk tell nothing of this disk")
    expected = Protection.ENCRYPTED if "crypt" in kinds.stdout.split() else Protection.PLAIN
    assert disk_under(tmp_path).protection is expected
