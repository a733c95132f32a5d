"""Frozen bytes lie sealed elsewhere: nothing in clear, nothing twice, nothing altered taken."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journeys.rotate_key import rotate_key
from records.backup import back_up
from records.dvc_files import md5_of, stored_path
from records.errors import IntegrityBroken, NotFound, Refused, Unavailable
from records.installation_check import State, check_installation
from records.keys import key_file
from records.lookup import find_events
from records.packs import FETCH, PUSH, PUSHED, check_packs, fetch_packs, packs_on_record, push_packs
from records.people import Role, register_person
from records.product import DatasetVersion, Device
from records.restore import restore
from records.sealed_file import BackupKey
from records.sealed_remote import MARKER
from records.settings import REPOSITORY, Workspace
from records.store import Store, open_store
from records.vault import Vault, file_digest, file_digests
from records.vault_check import verify_bytes
from tests.conftest import NOW

SHARED = b"the images that both versions share, of Zwetschkenbaum^Ottilie " * 3000


def keep_a_device(store: Store) -> None:
    """What a version refers to."""
    with store.transaction("setup", now=NOW) as tx:
        tx.add(Device(name="d", revision=1, trade_name="D", definition={}, definition_digest="d",
                      defined_at=NOW))  # fmt: skip


def frozen(store: Store, name: str, **files: bytes) -> Path:
    """A dataset version on record with these files, as a freeze leaves them."""
    folder = store.workspace.vault / "datasets" / name
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / f"{file}.tar").write_bytes(content)
    record(store, name, file_digests(folder))
    return folder


def record(store: Store, name: str, files: dict[str, str]) -> None:
    with store.transaction("service:training", now=NOW) as tx:
        tx.add(
            DatasetVersion(
                device_id=1, name=name, manifest_digest=name, content_digest="0",
                vault_path=f"datasets/{name}", files=files, commit="c" * 40, studies=1,
                patients=1, splits={}, datasheet={}, frozen_at=NOW,
            )
        )


@pytest.fixture
def kept(store: Store) -> Store:
    """Two versions of four files in three contents, and an administrator."""
    keep_a_device(store)
    with store.transaction("setup", now=NOW) as tx:
        register_person(tx, "ada", full_name="Ada", roles=[Role.ADMINISTRATOR],
                        password="correct horse", now=NOW)  # fmt: skip
    frozen(store, "first", shard=SHARED, manifest=b"manifest of the first")
    frozen(store, "second", shard=SHARED, manifest=b"manifest of the second")
    return store


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Other storage, mounted."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    return folder


def push(store: Store, folder: Path) -> tuple[int, int, int]:
    done = push_packs(store, folder, actor="service:backup", now=NOW)
    return done.sent, done.sealed_anew, done.there


def fetch(store: Store, folder: Path) -> list[str]:
    return [one.file for one in fetch_packs(store, folder, actor="service:backup", now=NOW)]


def sealed(folder: Path) -> list[Path]:
    return sorted(folder.glob("??/*"))


def alter(path: Path, at: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 1
    path.write_bytes(content)


@pytest.mark.requirement("R-P11-30")
def test_nothing_is_in_clear_there_and_what_is_there_is_not_sent_again(
    kept: Store, elsewhere: Path
) -> None:
    assert push(kept, elsewhere) == (3, 0, 0)
    before = {one: one.stat().st_mtime_ns for one in sealed(elsewhere)}
    frozen(kept, "third", shard=SHARED, manifest=b"manifest of the third")
    assert push(kept, elsewhere) == (1, 0, 3)
    assert {one: one.stat().st_mtime_ns for one in before} == before
    with kept.reader() as reader:
        packs = packs_on_record(reader)
        told = [find_events(reader, action=one) for one in (PUSH, PUSHED)]
    assert check_packs(kept, elsewhere).whole == len(packs) == 4
    clear = [b"Zwetschkenbaum", b"manifest of", b"datasets/", b"shard", b"DSV-"]
    clear += [form for one in packs for form in (one.digest.encode(), bytes.fromhex(one.digest))]
    for path in elsewhere.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [one for one in clear if one in content or one in os.fsencode(path)], path
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0
    listed = [json.loads(one.new)["sha256"] for one in told[0]]
    assert {digest for one in listed for digest in one.values()} == {one.digest for one in packs}
    assert [json.loads(one.new)["sent"] for one in told[1]] == [3, 1]


@pytest.mark.requirement("R-P11-30")
def test_the_published_program_opens_a_pack_and_its_manifest_says_what_it_is(
    kept: Store, elsewhere: Path, tmp_path: Path
) -> None:
    push(kept, elsewhere)
    page = (REPOSITORY / "docs" / "keeping.md").read_text()
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "open.py").write_text(program)
    key = key_file(kept, "remote", 1)
    for number, pack in enumerate(sealed(elsewhere)):
        command = [sys.executable, "-I", "open.py", str(pack), str(key), f"out-{number}"]
        subprocess.run(command, cwd=tmp_path, check=True)
        out = tmp_path / f"out-{number}"
        said = json.loads((out / "manifest.json").read_text())
        assert file_digest(out / "pack") == said["sha256"]
        assert file_digest(kept.workspace.vault / said["file"]) == said["sha256"]


@pytest.mark.requirement("R-P11-30", "R-P11-10c")
def test_what_is_lost_here_comes_back_as_its_record_names_it(
    kept: Store, elsewhere: Path
) -> None:
    push(kept, elsewhere)
    assert fetch(kept, elsewhere) == []
    shutil.rmtree(kept.workspace.vault / "datasets" / "first")
    (kept.workspace.vault / "datasets/second/shard.tar").unlink()
    assert fetch(kept, elsewhere) == [
        "datasets/first/manifest.tar", "datasets/first/shard.tar", "datasets/second/shard.tar",
    ]  # fmt: skip
    with kept.reader() as reader:
        assert verify_bytes(reader, kept)[1] == []
        (event,) = find_events(reader, action=FETCH)
    assert len(json.loads(event.new)["sha256"]) == 3
    assert not list(kept.workspace.vault.glob(".work-*"))


@pytest.mark.requirement("R-P11-30", "R-P11-10a")
@pytest.mark.parametrize("at", [0.01, 0.5, 0.999])
def test_a_tampered_pack_is_refused_with_the_name_of_its_record(
    kept: Store, elsewhere: Path, at: float
) -> None:
    push(kept, elsewhere)
    for one in sealed(elsewhere):
        alter(one, at)
    found = check_packs(kept, elsewhere)
    assert (found.whole, len(found.altered), found.missing) == (0, 3, ())
    assert found.altered[0].startswith("DSV-0001: the pack of datasets/first/manifest.tar in ")
    assert sum(str(one) in words for one in sealed(elsewhere) for words in found.altered) == 3
    (kept.workspace.vault / "datasets/second/manifest.tar").unlink()
    with pytest.raises(IntegrityBroken, match=r"DSV-0002: the pack of .*second/manifest.tar"):
        fetch(kept, elsewhere)
    assert not (kept.workspace.vault / "datasets/second/manifest.tar").exists()


@pytest.mark.requirement("R-P11-30")
def test_one_pack_put_in_the_place_of_another_is_refused(kept: Store, elsewhere: Path) -> None:
    push(kept, elsewhere)
    first, second, third = sealed(elsewhere)
    content = first.read_bytes(), second.read_bytes(), third.read_bytes()
    for path, other in zip((first, second, third), content[1:] + content[:1], strict=True):
        path.write_bytes(other)
    assert len(check_packs(kept, elsewhere).altered) == 3
    first.unlink()
    assert len(check_packs(kept, elsewhere).missing) == 1


@pytest.mark.requirement("R-P11-30")
def test_what_was_altered_here_is_neither_sent_nor_written_over(
    kept: Store, elsewhere: Path
) -> None:
    altered = kept.workspace.vault / "datasets/second/manifest.tar"
    whole = altered.read_bytes()
    alter(altered)
    with pytest.raises(IntegrityBroken, match=r"DSV-0002: .*second/manifest.tar was altered"):
        push(kept, elsewhere)
    assert len(sealed(elsewhere)) == 2
    altered.write_bytes(whole)
    push(kept, elsewhere)
    alter(altered)
    with pytest.raises(IntegrityBroken, match=r"second/manifest.tar was altered. Nothing was"):
        fetch(kept, elsewhere)
    altered.rename(elsewhere.parent / "evidence")
    assert fetch(kept, elsewhere) == ["datasets/second/manifest.tar"]
    assert altered.read_bytes() == whole


@pytest.mark.requirement("R-P11-30")
def test_after_a_key_rotation_old_packs_open_and_the_next_push_seals_them_anew(
    kept: Store, elsewhere: Path
) -> None:
    push(kept, elsewhere)
    old = sealed(elsewhere)
    one_of_old = old[0].read_bytes()
    done = rotate_key(kept, "remote", by="ada", reason="once a year", now=NOW)
    assert (done.version, done.finished_earlier) == (2, False)
    assert key_file(kept, "remote", 1).is_file()
    with kept.reader() as reader:
        points = {one.name: one.state for one in check_installation(kept, reader).points}
    assert points["replaced keys"] is State.SOUND
    assert check_packs(kept, elsewhere).whole == 3
    # The remote is the only copy of one of them, and it is sealed anew all the same.
    (kept.workspace.vault / "datasets/second/manifest.tar").unlink()
    assert push(kept, elsewhere) == (0, 3, 0)
    assert not set(sealed(elsewhere)) & set(old)
    key_file(kept, "remote", 1).rename(elsewhere.parent / "away")
    with pytest.raises(IntegrityBroken, match=r"remote\.key is missing"):
        check_packs(kept, elsewhere)
    (elsewhere.parent / "away").rename(key_file(kept, "remote", 1))
    assert fetch(kept, elsewhere) == ["datasets/second/manifest.tar"]
    old[0].parent.mkdir(exist_ok=True)
    old[0].write_bytes(one_of_old)  # as a kill leaves it between sealing anew and taking away
    assert push(kept, elsewhere) == (0, 0, 3)
    assert not old[0].exists()
    old[0].parent.mkdir(exist_ok=True)
    old[0].write_bytes(one_of_old)
    rotate_key(kept, "remote", by="ada", reason="again, before the next push", now=NOW)
    assert push(kept, elsewhere) == (0, 3, 0)
    assert len(sealed(elsewhere)) == 3


def test_a_folder_of_others_is_refused(kept: Store, elsewhere: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no folder"):
        push(kept, tmp_path / "unmounted")
    with pytest.raises(NotFound, match="Nothing was ever pushed"):
        fetch(kept, elsewhere)
    inside = kept.workspace.home / "exports"
    with pytest.raises(Refused, match="lies in a workspace"):
        push(kept, inside)
    (elsewhere / "letters").mkdir()
    with pytest.raises(Refused, match="holds something else"):
        push(kept, elsewhere)
    (elsewhere / "letters").rmdir()
    push(kept, elsewhere)
    (elsewhere / MARKER).write_text("radvigil remote 1\nanother\n")
    with pytest.raises(Refused, match="packs of another workspace"):
        fetch(kept, elsewhere)


def test_a_remote_that_refuses_is_said_and_the_push_goes_on_later(
    kept: Store, elsewhere: Path
) -> None:
    push(kept, elsewhere)
    for path in sealed(elsewhere):
        shutil.rmtree(path.parent, ignore_errors=True)
    in_the_way = [elsewhere / f"{number:02x}" for number in range(256)]
    for path in in_the_way:
        path.touch()
    with pytest.raises(Unavailable, match="cannot be written or read"):
        push(kept, elsewhere)
    for path in in_the_way:
        path.unlink()
    assert push(kept, elsewhere) == (3, 0, 0)


PUSHING = """
import sys
from pathlib import Path
from records.packs import push_packs
from records.settings import Workspace
from records.store import open_store
from tests.conftest import NOW
store = open_store(Workspace(Path(sys.argv[1])), url="")
print("pushing", flush=True)
push_packs(store, Path(sys.argv[2]), actor="service:backup", now=NOW)
"""


@pytest.mark.requirement("R-P11-30")
def test_a_push_that_was_killed_is_finished_by_the_next_one(
    kept: Store, elsewhere: Path
) -> None:
    frozen(kept, "large", **{f"shard{one}": os.urandom(4_000_000) for one in range(20)})
    with kept.reader() as reader:
        packs = len(packs_on_record(reader))
    command = [sys.executable, "-c", PUSHING, str(kept.workspace.home), str(elsewhere)]
    running = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)
    while len(list(elsewhere.glob("??/*.sealed"))) < 3 and running.poll() is None:
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    there = len(list(elsewhere.glob("??/*.sealed")))
    assert there >= 3
    assert push(kept, elsewhere) == (packs - there, 0, there)
    assert not list(elsewhere.glob("??/*.part"))
    assert check_packs(kept, elsewhere).whole == packs


@pytest.mark.requirement("R-P11-30", "REG-121")
def test_a_restored_workspace_opens_what_the_first_one_pushed(
    kept: Store, elsewhere: Path, tmp_path: Path
) -> None:
    push(kept, elsewhere)
    key = BackupKey(b"F", bytes(32))
    back_up(kept, tmp_path / "a.backup", key, actor="service:backup", now=NOW)
    restore(tmp_path / "a.backup", tmp_path / "again", key, system_user="t", now=NOW)
    again = open_store(Workspace(tmp_path / "again"), url="")
    (again.workspace.vault / "datasets/first/shard.tar").unlink()
    assert fetch(again, elsewhere) == ["datasets/first/shard.tar"]
    with again.reader() as reader:
        assert verify_bytes(reader, again)[1] == []
    again.close()


def test_what_dvc_keeps_is_mended_with_the_file(
    kept: Store, elsewhere: Path, tmp_path: Path
) -> None:
    vault = Vault(kept.workspace.vault)
    (tmp_path / "made").mkdir()
    (tmp_path / "made/weights").write_bytes(b"weights of the network")
    made = vault.freeze(tmp_path / "made", "datasets/dvc", message="dvc")
    record(kept, "dvc", made.files)
    push(kept, elsewhere)
    file = vault.folder / "datasets/dvc/weights"
    stores = (vault.folder / ".dvc" / "cache", vault.folder / "remote")
    kept_by_dvc = [stored_path(one, md5_of(file)) for one in stores]
    assert all(one.is_file() for one in kept_by_dvc)
    file.chmod(0o644)
    alter(file)  # and with it the copy in the cache, where that is the same file on the disk
    kept_by_dvc[1].unlink()
    file.rename(tmp_path / "evidence")
    assert fetch(kept, elsewhere) == ["datasets/dvc/weights"]
    for one in (file, *kept_by_dvc):
        assert one.read_bytes() == b"weights of the network"
