"""What was acknowledged is there, and nothing is half there: after a kill, after a full disk."""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from records.errors import Unavailable
from records.settings import Workspace
from records.store import Store, open_store
from tests.conftest import require
from tests.proof.writer import NOW, add_studies, prepare, require_all_or_nothing, writing

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

SHORT = os.environ.get("RADVIGIL_PROOF") == "short"


def after_restart(store: Store, acknowledged: set[str]) -> None:
    """Open it anew, which brings the write-ahead log in, and look at everything."""
    again = open_store(store.workspace, url="")
    require_all_or_nothing(again, acknowledged)
    again.close()


@pytest.mark.requirement("REG-011")
def test_a_process_killed_at_any_moment_loses_nothing_it_acknowledged(store: Store) -> None:
    prepare(store)
    chance = random.Random(11)
    acknowledged: set[str] = set()
    kills = 20 if SHORT else 200
    began = time.monotonic()
    for number in range(kills):
        store.close()
        with writing(store.workspace, "", str(number)) as writer:
            if number % 4:  # else while it opens the workspace
                writer.wait_for_commit()
            time.sleep(chance.uniform(0.0, 0.4))
            writer.kill()
            lines = writer.lines()
        assert [line for line in lines if line[0] != "+"] == []
        acknowledged |= {line[2:] for line in lines}
        after_restart(store, acknowledged)
    assert len(acknowledged) >= 3 * kills // 4
    print(f"{kills} kills, {len(acknowledged)} commits, {time.monotonic() - began:.0f} s")


@pytest.mark.requirement("REG-011")
def test_a_full_disk_stops_writing_with_one_clear_error_and_nothing_half(store: Store) -> None:
    """The limit on a file's size falls anywhere: in the write-ahead log or in the database."""
    prepare(store)
    chance = random.Random(12)
    acknowledged: set[str] = set()
    limits = 8 if SHORT else 80
    for number in range(limits):
        store.close()
        room = store.workspace.database.stat().st_size + chance.randrange(-100_000, 1_000_000)
        with writing(store.workspace, "", str(number), failures=3, room=max(room, 4096)) as writer:
            lines = writer.lines()
        refused = [line for line in lines if line.startswith("!")]
        acknowledged |= {line[2:] for line in lines if line.startswith("+")}
        assert refused
        assert [line for line in refused if "! Unavailable: The " not in line] == []
        after_restart(store, acknowledged)
    assert acknowledged
    print(f"{limits} full disks, {len(acknowledged)} commits")


def test_a_database_that_may_not_grow_says_so_and_goes_on_when_it_may(workspace: Workspace) -> None:
    store = open_store(workspace, url="")
    prepare(store)
    store.close()

    def no_room(connection: object, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

    event.listen(store.engine, "connect", no_room)
    with pytest.raises(Unavailable, match="is full"), store.transaction("ada", now=NOW) as tx:
        for number in range(50):
            add_studies(tx, f"never-{number}")
    event.remove(store.engine, "connect", no_room)
    store.close()
    with store.transaction("ada", now=NOW) as tx:
        add_studies(tx, "later")
    require_all_or_nothing(store, {"later"})
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory that is soon full; only root may make one."""
    require("root", os.geteuid() == 0, "only root mounts a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=False)
    require("mount", done.returncode == 0, "no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def leave_room(disk: Path, kilobytes: int) -> None:
    """Make a file system in memory so large that so much of it is free."""
    size = shutil.disk_usage(disk).used // 1024 + kilobytes
    subprocess.run(["mount", "-o", f"remount,size={size}k", disk], check=True)


@pytest.mark.requirement("REG-011")
def test_on_a_full_file_system_nothing_is_half_and_all_goes_on_with_more_room(
    small_disk: Path, empty_database: Path
) -> None:
    """Database, write-ahead log, vault and anchors on one disk: any of them meets its end."""
    workspace = Workspace(small_disk / "workspace").create()
    shutil.copy(empty_database, workspace.database)
    store = open_store(workspace, url="")
    prepare(store)
    acknowledged: set[str] = set()
    rounds = 2 if SHORT else 20
    for number in range(rounds):
        store.close()
        leave_room(small_disk, 300)
        with writing(workspace, "", f"full-{number}", failures=3) as writer:
            lines = writer.lines()
        refused = [line for line in lines if line.startswith("!")]
        assert refused
        assert [line for line in refused if "! Unavailable: The " not in line] == []
        acknowledged |= {line[2:] for line in lines if line.startswith("+")}
        leave_room(small_disk, 2_000)
        after_restart(store, acknowledged)
    assert len(acknowledged) >= rounds
    store.close()
    print(f"{rounds} full file systems, {len(acknowledged)} commits")
