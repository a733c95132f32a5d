"""A file in a watched folder is taken once, when it is whole; none is lost, half or twice."""

import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from imaging.arriving_files import find_files
from imaging.node.completeness import is_whole_dicom
from imaging.node.watching import Memory, Patience, WatchedFolder
from records.errors import Unavailable
from tests.imaging.conftest import radiograph, written

WHOLE = written(radiograph())
AS_ROOT = os.geteuid() == 0


class Taken:
    """A watched folder, what was kept of it, and a clock that is turned by hand."""

    def __init__(self, folder: Path, memory: Path, *, remove: bool = False) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.kept, self.now = folder, list[bytes](), 0.0
        self.room = 1000
        self.watched = WatchedFolder(
            folder, Memory(memory, lambda path: str(path)), self.keep,
            patience=Patience(10, 100), remove=remove,
        )  # fmt: skip

    def keep(self, content: bytes) -> None:
        if len(self.kept) == self.room:
            raise OSError(28, "No space left on device")
        self.kept.append(content)

    def after(self, seconds: float) -> int:
        self.now += seconds
        return self.watched.look(self.now).taken


@pytest.fixture
def inbox(tmp_path: Path) -> Taken:
    return Taken(tmp_path / "in", tmp_path / "memory.sqlite")


def reopened(inbox: Taken, tmp_path: Path, *, remove: bool = False) -> Taken:
    return Taken(inbox.folder, tmp_path / "memory.sqlite", remove=remove)


def test_a_file_is_taken_when_it_has_not_changed_for_a_while_and_once(inbox: Taken) -> None:
    (inbox.folder / "a.dcm").write_bytes(WHOLE)
    assert [inbox.after(one) for one in (0, 9, 2, 60, 600)] == [0, 0, 1, 0, 0]
    assert inbox.kept == [WHOLE]


def test_what_grows_waits_and_begins_to_wait_anew(inbox: Taken) -> None:
    path = inbox.folder / "a.dcm"
    for end in range(200, len(WHOLE), 600):
        path.write_bytes(WHOLE[:end])
        assert inbox.after(9) == 0
    path.write_bytes(WHOLE)
    assert [inbox.after(one) for one in (9, 9, 9)] == [0, 0, 1]
    assert inbox.kept == [WHOLE]


def test_a_half_that_stands_still_waits_longer_and_is_taken_whole_when_it_is(inbox: Taken) -> None:
    path = inbox.folder / "a.dcm"
    path.write_bytes(WHOLE[: len(WHOLE) // 2])
    assert [inbox.after(one) for one in (0, 20, 40)] == [0, 0, 0]
    path.write_bytes(WHOLE)
    assert [inbox.after(one) for one in (1, 11)] == [0, 1]
    assert inbox.kept == [WHOLE]


def test_what_never_becomes_whole_is_taken_as_it_is_so_that_it_is_accounted_for(
    inbox: Taken,
) -> None:
    (inbox.folder / "note.txt").write_bytes(b"no image")
    assert [inbox.after(one) for one in (0, 50, 60)] == [0, 0, 1]
    assert inbox.kept == [b"no image"]


@pytest.mark.parametrize(
    "name", ["a.dcm.part", "a.TMP", ".a.dcm", "~$a.dcm", "a.dcm~", "a.filepart", "a.crdownload"]
)
def test_a_file_waits_for_its_last_name(name: str, inbox: Taken) -> None:
    path = inbox.folder / name
    path.write_bytes(WHOLE)
    assert [inbox.after(one) for one in (0, 500)] == [0, 0]
    path.rename(inbox.folder / "b.dcm")
    assert [inbox.after(one) for one in (0, 11)] == [0, 1]


def test_subfolders_are_looked_through_and_links_pipes_and_hidden_folders_are_not(
    inbox: Taken, tmp_path: Path
) -> None:
    for place in ("deep/er", ".hidden"):
        (inbox.folder / place).mkdir(parents=True)
        (inbox.folder / place / "a.dcm").write_bytes(WHOLE)
    secret = tmp_path / "elsewhere"
    secret.write_bytes(WHOLE)
    (inbox.folder / "link.dcm").symlink_to(secret)
    (inbox.folder / "linked").symlink_to(tmp_path)
    os.mkfifo(inbox.folder / "pipe.dcm")
    assert [inbox.after(one) for one in (0, 200, 200)] == [0, 1, 0]


def test_what_was_taken_is_remembered_after_a_restart_and_a_changed_file_is_another(
    inbox: Taken, tmp_path: Path
) -> None:
    path = inbox.folder / "a.dcm"
    path.write_bytes(WHOLE)
    assert [inbox.after(one) for one in (0, 11)] == [0, 1]
    again = reopened(inbox, tmp_path)
    assert [again.after(one) for one in (0, 11)] == [0, 0]
    path.write_bytes(written(radiograph(SOPInstanceUID="2.25.7")))
    assert [again.after(one) for one in (0, 11)] == [0, 1]


def test_a_kill_between_safe_and_removed_takes_nothing_twice(inbox: Taken, tmp_path: Path) -> None:
    path = inbox.folder / "a.dcm"
    path.write_bytes(WHOLE)
    assert [inbox.after(one) for one in (0, 11)] == [0, 1]
    again = reopened(inbox, tmp_path, remove=True)
    assert again.after(0) == 0
    assert not path.exists()


def test_a_file_that_was_taken_is_removed_where_that_is_wanted(tmp_path: Path) -> None:
    inbox = Taken(tmp_path / "in", tmp_path / "memory.sqlite", remove=True)
    (inbox.folder / "a.dcm").write_bytes(WHOLE)
    assert [inbox.after(one) for one in (0, 11)] == [0, 1]
    assert not list(inbox.folder.iterdir())


def test_without_room_nothing_is_taken_for_safe_and_it_is_tried_again(inbox: Taken) -> None:
    (inbox.folder / "a.dcm").write_bytes(WHOLE)
    inbox.room = 0
    inbox.after(0)
    found = inbox.watched.look(11)
    assert (found.taken, found.ended) == (0, "An arrival cannot be kept: No space left on device.")
    inbox.room = 1
    assert inbox.after(60) == 1


def test_what_was_taken_before_the_disk_was_full_counts(inbox: Taken) -> None:
    for name in "abcd":
        (inbox.folder / f"{name}.dcm").write_bytes(WHOLE + name.encode() * 2)
    inbox.after(0)
    inbox.room = 2
    found = inbox.watched.look(11)
    assert (found.taken, found.ended) == (2, "An arrival cannot be kept: No space left on device.")
    assert inbox.watched.look(13).ended == found.ended  # it is not over yet
    inbox.room = 9
    assert inbox.after(60) == 2
    assert inbox.watched.look(61).ended == ""
    assert len(set(inbox.kept)) == len(inbox.kept) == 4


def test_it_is_not_over_while_one_file_waits_because_another_found_room(inbox: Taken) -> None:
    """On a nearly full disk the small file fits and the large one does not, time and again."""
    (inbox.folder / "a-large.dcm").write_bytes(WHOLE + b"xx")
    (inbox.folder / "b-small.dcm").write_bytes(WHOLE)
    keep = inbox.keep

    def nearly_full(content: bytes) -> None:
        if len(content) > len(WHOLE):
            raise OSError(28, "No space left on device")
        keep(content)

    inbox.watched._keep = nearly_full
    said = []
    for _ in range(40):
        inbox.now += 5
        said.append(inbox.watched.look(inbox.now).ended)
    assert len(inbox.kept) == 1
    changes = [now for before, now in pairwise(said) if now != before]
    assert changes == ["An arrival cannot be kept: No space left on device."]
    inbox.watched._keep = keep
    inbox.now += 60
    assert inbox.watched.look(inbox.now).taken == 1
    assert inbox.watched.look(inbox.now).ended == ""


def test_files_that_vanish_are_forgotten(inbox: Taken) -> None:
    path = inbox.folder / "a.dcm"
    path.write_bytes(WHOLE)
    inbox.after(0)
    path.unlink()
    assert [inbox.after(one) for one in (5, 20)] == [0, 0]
    path.write_bytes(WHOLE)
    assert [inbox.after(one) for one in (0, 11)] == [0, 1]


@pytest.mark.skipif(AS_ROOT, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_and_taken_when_it_may(inbox: Taken) -> None:
    path = inbox.folder / "a.dcm"
    path.write_bytes(WHOLE)
    path.chmod(0)
    inbox.after(0)
    found = inbox.watched.look(20)
    assert found.faults == {"cannot be read (Permission denied)": 1}
    path.chmod(0o600)
    assert inbox.after(100) == 1


def test_a_file_that_cannot_be_read_holds_up_no_other_and_is_tried_again(
    inbox: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share that answers EACCES or EIO for one file, which root would be let read here."""
    for name in ("a.dcm", "b.dcm"):
        (inbox.folder / name).write_bytes(WHOLE)
    opened: Callable[..., int] = os.open

    def refusing(path: object, flags: int, *rest: int) -> int:
        if str(path).endswith("a.dcm"):
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", refusing)
    inbox.after(0)
    found = inbox.watched.look(11)
    assert (found.taken, found.faults) == (1, {"cannot be read (Permission denied)": 1})
    assert "a.dcm" not in str(found)
    assert inbox.watched.look(13).faults == found.faults  # not over yet: it waits to be tried again
    monkeypatch.undo()
    inbox.now = 11
    assert inbox.after(31) == 1


def test_a_folder_that_is_gone_is_said_and_comes_back(inbox: Taken, tmp_path: Path) -> None:
    inbox.folder.rename(tmp_path / "unmounted")
    with pytest.raises(Unavailable, match="cannot be looked at"):
        inbox.after(0)
    (tmp_path / "unmounted").rename(inbox.folder)
    assert inbox.after(0) == 0


def cuts(dataset: Dataset) -> Iterator[bytes]:
    content = written(dataset)
    yield from (content[:end] for end in range(0, len(content), max(1, len(content) // 97)))


def test_no_beginning_of_an_image_is_whole() -> None:
    assert is_whole_dicom(WHOLE)
    assert not any(is_whole_dicom(one) for one in cuts(radiograph()))
    assert not is_whole_dicom(WHOLE[:-2])


def test_no_beginning_of_a_compressed_image_is_whole() -> None:
    dataset = radiograph()
    dataset.compress("1.2.840.10008.1.2.5", encoding_plugin="pydicom")
    assert is_whole_dicom(written(dataset))
    assert not any(is_whole_dicom(one) for one in cuts(dataset))


def test_a_tree_of_a_thousand_folders_ends_nothing(inbox: Taken) -> None:
    (inbox.folder / "a.dcm").write_bytes(WHOLE)
    deep = os.open(inbox.folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=deep)
        below = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    try:
        assert [inbox.after(0), inbox.after(11)] == [0, 1]
        assert len(find_files(inbox.folder).paths) == 1
    finally:  # the clean-up of the tests calls itself for each level too
        subprocess.run(["rm", "-rf", inbox.folder / "d"], check=True)


@pytest.mark.parametrize("moment", ["at the start", "meanwhile"])
def test_a_damaged_memory_is_said_with_what_to_do(
    inbox: Taken, tmp_path: Path, moment: str
) -> None:
    (inbox.folder / "a.dcm").write_bytes(WHOLE)
    inbox.after(0)
    (tmp_path / "memory.sqlite").write_bytes(b"no database at all " * 100)
    if moment == "meanwhile":
        found = inbox.watched.look(11)
        told, taken = found.ended, found.taken
    else:
        taken = 0
        with pytest.raises(Unavailable) as refused:
            reopened(inbox, tmp_path)
        told = str(refused.value)
    assert taken == 0
    assert "memory.sqlite among the arrivals" in told
    assert "move it away" in told
