"""A folder has one watcher at a time, and what is taken for one site is not lost to another."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest

from imaging.node.watching import Patience
from journeys.watch_folder import watch_folder
from records.errors import Unavailable
from records.store import Store
from tests.imaging.conftest import radiograph, written

AT_ONCE = Patience(whole_seconds=0.0)


@contextmanager
def watching(
    store: Store, folder: Path, site: str, told: list[str] | None = None
) -> Iterator[Callable[[], int]]:
    """A watcher at work; what is given waits for its first file, or its end."""
    stop, taken, said = Event(), list[int](), [] if told is None else told

    def watch() -> None:
        taken.append(
            watch_folder(store, folder, site, stop=stop, patience=AT_ONCE, every_seconds=0.01,
                         remove=False, tell=said.append)
        )  # fmt: skip

    def ended() -> int:
        stop.set()
        beside.join(120)
        return taken[0]

    beside = Thread(target=watch)
    beside.start()
    for _ in range(6000):
        if arrived(store, site):
            break
        beside.join(0.01)
    try:
        yield ended
    finally:
        ended()


def arrived(store: Store, site: str) -> list[Path]:
    return [*(store.workspace.incoming / site).glob("*/*.dcm")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    (made / "a.dcm").write_bytes(written(radiograph()))
    return made


def test_a_folder_watched_under_a_mistyped_site_is_taken_again_under_the_right_one(
    store: Store, folder: Path
) -> None:
    for site in ("northfeild", "northfield"):
        with watching(store, folder, site) as ended:
            assert ended() == 1
    with watching(store, folder, "northfield") as ended:
        assert ended() == 0
    assert len(arrived(store, "northfield")) == 1


def test_a_second_watcher_of_the_same_folder_is_refused(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "other name").symlink_to(folder)
    with watching(store, folder, "northfield"), pytest.raises(Unavailable, match="Another watcher"):
        watch_folder(store, tmp_path / "other name", "westhaven", stop=Event(), patience=AT_ONCE,
                     every_seconds=0.01, remove=False, tell=lambda _: None)  # fmt: skip
    assert arrived(store, "westhaven") == []


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this program may grow beyond so many bytes: the system refuses to write more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def wait_until(so: Callable[[], bool]) -> None:
    for _ in range(12000):
        if so():
            return
        sleep(0.01)


def test_of_a_disk_that_refuses_what_was_said_to_be_taken_is_stored_and_all_is_counted_once(
    store: Store, folder: Path
) -> None:
    one = (folder / "a.dcm").read_bytes()
    large = radiograph()
    large.add_new(0x00420011, "OB", b"x" * 1_000_000)
    (folder / "b.dcm").write_bytes(written(large))
    (folder / "c.dcm").write_bytes(one + b"\0\0")
    told = list[str]()
    with room_for(max(500_000, 2 * len(one))), watching(store, folder, "northfield", told) as ended:
        wait_until(lambda: bool(told))
        first = ended()
    assert first == len(arrived(store, "northfield")) < 3  # the small one may come before the end
    assert told[0] == "An arrival cannot be kept: File too large."
    with watching(store, folder, "northfield") as ended:
        wait_until(lambda: len(arrived(store, "northfield")) == 3)
        assert first + ended() == 3
    assert not list((store.workspace.incoming / "northfield").rglob("*.part"))
