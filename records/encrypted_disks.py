"""Does a folder lie on an encrypted disk? What this system can tell, and where it cannot.

Linux tells what a folder is mounted from (/proc/self/mountinfo) and what each block device is made
of (/sys): LUKS and its kin (dm-crypt) by the device mapper's name, whatever LVM or RAID lies
between. ZFS, fscrypt (ext4, f2fs), eCryptfs and gocryptfs are told as well. An encryption below
what Linux sees (a disk that encrypts itself, a hypervisor, storage of a cloud) cannot be seen.
"""

import fcntl
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path


class Protection(StrEnum):
    """What is known of the disk under a folder."""

    ENCRYPTED = "encrypted"
    PLAIN = "not encrypted"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class Disk:
    """What a folder lies on, and by what that is known."""

    protection: Protection
    words: str


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of /proc/self/mountinfo: where, which device, what kind of file system, from what."""

    point: str
    device: str
    kind: str
    source: str


ENCRYPTING = frozenset(
    {"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs"}
)
"""File systems that encrypt each file."""

FAR = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "glusterfs", "fuse.sshfs", "overlay"}
)
"""File systems whose disk is elsewhere, or below another one."""

_NOT_SECRET = ("CRYPT-VERITY", "CRYPT-INTEGRITY", "CRYPT-SUBDEV")
"""Device-mapper targets named CRYPT that keep bytes from being changed, not from being read."""

_FS_IOC_GETFLAGS, _FS_ENCRYPT_FL = 0x80086601, 0x00000800


def disk_under(folder: Path, *, root: Path = Path("/")) -> Disk:
    """What a folder lies on; where it is not there yet, the nearest folder above it counts.

    root: where ``proc`` and ``sys`` are found.
    """
    table = root / "proc" / "self" / "mountinfo"
    if not table.is_file():
        return Disk(Protection.UNKNOWN, "this system does not tell what its disks are")
    there = _existing(folder)
    mount = mount_of(there, table.read_text(encoding="utf-8", errors="surrogateescape"))
    if mount is None:
        return Disk(Protection.UNKNOWN, "nothing is known to be mounted there")
    if mount.kind in ENCRYPTING:
        return Disk(Protection.ENCRYPTED, f"{mount.kind} on {mount.point}")
    if mount.kind in FAR:
        return Disk(Protection.UNKNOWN, f"{mount.kind} on {mount.point}: its disk is elsewhere")
    if mount.kind == "zfs":
        return _of_zfs(mount)
    if _has_fscrypt_policy(there):
        return Disk(Protection.ENCRYPTED, f"fscrypt on {mount.point}")
    numbers = _devices(mount, root)
    if not numbers:
        return Disk(Protection.UNKNOWN, f"{mount.kind} on {mount.point}: no disk of its own")
    return _of_devices(mount, numbers, root)


def mount_of(folder: Path, table: str) -> Mount | None:
    """The line of the table that a folder belongs to: the longest path, the last mounted."""
    found: Mount | None = None
    for one in _mounts(table):
        inside = folder == Path(one.point) or Path(one.point) in folder.parents
        if inside and (found is None or len(one.point) >= len(found.point)):
            found = one
    return found


def _mounts(table: str) -> Iterator[Mount]:
    for line in table.splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if dash and len(fields) > 4 and len(rest) > 1:
            yield Mount(_unescaped(fields[4]), fields[2], rest[0], _unescaped(rest[1]))


def _unescaped(text: str) -> str:
    """Blanks and backslashes stand as octal numbers in the table."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _existing(folder: Path) -> Path:
    there = folder.resolve()
    while not there.exists():
        there = there.parent
    return there


def _of_zfs(mount: Mount) -> Disk:
    program = shutil.which("zfs")
    if program is None:
        return Disk(Protection.UNKNOWN, f"zfs {mount.source}, and no program 'zfs' to ask")
    said = _encryption_of(program, mount.source)
    if not said:
        return Disk(Protection.UNKNOWN, f"zfs {mount.source} does not say")
    if said in ("off", "-"):
        return Disk(Protection.PLAIN, f"zfs {mount.source} without encryption")
    return Disk(Protection.ENCRYPTED, f"zfs {mount.source} ({said})")


@lru_cache(maxsize=32)  # it is given to a dataset when that is made, and never changes
def _encryption_of(program: str, dataset: str) -> str:
    asked = subprocess.run(
        [program, "get", "-H", "-o", "value", "encryption", dataset],
        capture_output=True, text=True, check=False, timeout=10,
    )
    return "" if asked.returncode else asked.stdout.strip()


def _has_fscrypt_policy(folder: Path) -> bool:
    """Whether the folder carries the flag by which ext4, f2fs and ubifs encrypt what is in it."""
    if not folder.is_dir():
        folder = folder.parent
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        answer = fcntl.ioctl(descriptor, _FS_IOC_GETFLAGS, bytes(8))
    except OSError:  # the file system has no such flags
        return False
    finally:
        os.close(descriptor)
    return bool(struct.unpack("L", answer)[0] & _FS_ENCRYPT_FL)


def _devices(mount: Mount, root: Path) -> list[str]:
    """The numbers of the block devices under a file system; none where it has no disk."""
    if (root / "sys" / "dev" / "block" / mount.device).exists():
        return [mount.device]
    name = Path(mount.source).name if mount.source.startswith("/dev/") else ""
    if not name:
        return []
    for members in sorted((root / "sys" / "fs" / "btrfs").glob("*/devices")):
        found = {one.name: (one / "dev").read_text().strip() for one in members.iterdir()}
        resolved = Path(mount.source).resolve().name
        if name in found or resolved in found:
            return sorted(found.values())
    return []


def _of_devices(mount: Mount, numbers: list[str], root: Path) -> Disk:
    told = [told_of_device(number, root) for number in numbers]
    for wanted in (Protection.PLAIN, Protection.UNKNOWN):
        for one in told:
            if one.protection is wanted:
                return Disk(wanted, f"{mount.kind} on {mount.point}: {one.words}")
    return Disk(Protection.ENCRYPTED, f"{mount.kind} on {mount.point}: {told[0].words}")


def told_of_device(number: str, root: Path) -> Disk:
    """What a block device is, by its number ('253:0'): encrypted if all that it is made of is."""
    folder = (root / "sys" / "dev" / "block" / number).resolve()
    if not folder.is_dir():
        return Disk(Protection.UNKNOWN, f"the block device {number} is not known")
    name, named = folder.name, folder / "dm" / "uuid"
    if named.is_file():
        uuid = named.read_text().strip()
        if uuid.startswith("CRYPT-") and not uuid.startswith(_NOT_SECRET):
            return Disk(Protection.ENCRYPTED, f"{name} is dm-crypt ({uuid.split('-')[1]})")
    below = sorted((folder / "slaves").iterdir()) if (folder / "slaves").is_dir() else []
    if below:
        told = [told_of_device((one / "dev").read_text().strip(), root) for one in below]
        bad = [one for one in told if one.protection is not Protection.ENCRYPTED]
        return bad[0] if bad else told[0]
    file = folder / "loop" / "backing_file"
    if file.is_file():
        inner = disk_under(Path(file.read_text().strip()), root=root)
        return Disk(inner.protection, f"{name} is a file on {inner.words}")
    return Disk(Protection.PLAIN, f"{name} is no encrypted device that this system knows")
