"""A folder is filled slowly while its watcher is killed: each file arrives once, and whole."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from records.clock import mark_workspace
from records.product import WorkspaceKind
from records.settings import REPOSITORY
from records.store import Store
from tests.imaging.conftest import radiograph, written
from tests.proof.writer import NOW

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

FILES = 1000 if os.environ.get("RADVIGIL_PROOF") == "full" else 200
SITE = "northfield"


def contents() -> dict[str, bytes]:
    return {
        f"{number % 5}/{number}.dcm": written(radiograph(SOPInstanceUID=f"2.25.{number + 1}"))
        for number in range(FILES)
    }


def copy_slowly(folder: Path, files: dict[str, bytes]) -> None:
    """In pieces, now under the last name, now under another one first; some stand still half."""
    moments = random.Random(3)
    for at, (name, content) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.with_suffix(".part") if at % 3 == 0 else path
        with target.open("wb", buffering=0) as file:
            ends = sorted(moments.sample(range(1, len(content)), 3))
            for start, end in zip([0, *ends], [*ends, len(content)], strict=True):
                file.write(content[start:end])
                time.sleep(0.6 if at % 50 == 7 else 0.004)
        if target != path:
            target.rename(path)


def watching(home: Path, folder: Path, log: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "cli", "--home", str(home), "node", "watch", str(folder), "--site",
        SITE, "--settle", "0.3", "--every", "0.05", *more,
    ]  # fmt: skip
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=output)


def arrived(home: Path) -> list[Path]:
    return sorted((home / "incoming" / SITE).glob("*/*.dcm"))


def wait_for(count: int, home: Path, *, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while len(arrived(home)) < count and time.monotonic() < until:
        time.sleep(0.05)


@pytest.mark.parametrize("more", [(), ("--remove",)])
def test_each_file_arrives_once_and_whole_although_the_watcher_is_killed(
    store: Store, tmp_path: Path, more: tuple[str, ...]
) -> None:
    home, folder = store.workspace.home, tmp_path / "share"
    folder.mkdir()
    with store.transaction("setup", "setup", now=NOW) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=NOW)
    files = contents()
    writer = Thread(target=copy_slowly, args=(folder, files))
    writer.start()
    for share in (0.05, 0.2, 0.45, 0.7):
        running = watching(home, folder, tmp_path / "log", *more)
        wait_for(int(FILES * share), home)
        running.send_signal(signal.SIGKILL)
        running.wait()
    last = watching(home, folder, tmp_path / "log", *more)
    writer.join()
    wait_for(FILES, home)
    time.sleep(1)
    last.send_signal(signal.SIGTERM)
    assert last.wait(timeout=120) == 0
    assert "Ended:" in (tmp_path / "log").read_text()
    names = sorted(f"{hashlib.sha256(one).hexdigest()}.dcm" for one in files.values())
    assert sorted(one.name for one in arrived(home)) == names
    assert all(hashlib.sha256(one.read_bytes()).hexdigest() == one.stem for one in arrived(home))
    left = [one for one in folder.rglob("*") if one.is_file()]
    assert len(left) == (0 if more else FILES)
