"""A folder into which others copy files: each is taken once, when it is whole, and none is lost.

The folder is looked through again and again, which also works on network shares, where nobody
tells of changes. A file is taken when it has not changed for a while and is a whole DICOM file;
what does not become one is taken as it is after a longer while, for quarantine to say why. What
was taken is remembered on the disk after it is safe and before it is removed, so that a kill at
any moment takes nothing twice.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from imaging.arriving_files import everything_below
from imaging.node.completeness import has_name_of_unfinished, is_whole_dicom
from imaging.pixels import SizeLimits
from records.errors import Unavailable

_AT_MOST: Final = SizeLimits().max_bytes
_AGAIN_AFTER: Final = 30.0
"""Seconds after which a file that could not be read, or was not whole, is looked at again."""

State = tuple[int, int, int]
"""Size, time of the last change in nanoseconds, and number of a file on its disk."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a file must be unchanged before it is taken: whole, and as it is if it is not."""

    whole_seconds: float = 10.0
    unfinished_seconds: float = 900.0


@dataclass
class Round:
    """What one look at the folder found: taken, waiting, and files that could not be taken."""

    taken: int = 0
    known: int = 0
    waiting: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    """How many by reason; names of files may name patients and are not told."""
    ended: str = ""
    """Why the look ended early: what is whole cannot be kept; what was taken before it counts."""

    def count(self, fault: str) -> None:
        """One more that could not be taken for this reason."""
        self.faults[fault] = self.faults.get(fault, 0) + 1


class Memory:
    """Which files were taken, by a keyed digest of their place, in one file on the disk."""

    def __init__(self, path: Path, name_of: Callable[[Path], str]) -> None:
        self._path, self._name_of = path, name_of
        self._known: dict[str, State] = {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
        with self._said(), self._open() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS taken (place TEXT PRIMARY KEY, size INTEGER NOT NULL, "
                "changed INTEGER NOT NULL, number INTEGER NOT NULL)"
            )
            rows = connection.execute("SELECT place, size, changed, number FROM taken")
            self._known = {place: (size, at, number) for place, size, at, number in rows}

    def holds(self, path: Path, state: State) -> bool:
        """Whether this file was taken in this state."""
        return self._known.get(self._name_of(path)) == state

    def remember(self, path: Path, state: State) -> None:
        """The file was taken; when this returns the disk knows it."""
        place = self._name_of(path)
        with self._said(), self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?)", (place, *state))
        self._known[place] = state

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as failed:
            raise Unavailable(
                f"{self._path.name} among the arrivals, which remembers what was taken from "
                f"watched folders, cannot be used ({failed}).",
                hint="Is the disk full? If the file is damaged, move it away: what is still in the "
                "folders is then looked at again, and what was taken before is not kept twice.",
            ) from None

    def _open(self) -> "closing[sqlite3.Connection]":
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        connection.execute("PRAGMA synchronous=FULL")
        return closing(connection)


@dataclass
class _Waiting:
    state: State
    since: float
    again_at: float
    fault: str = ""
    """Why it could not be taken when it was looked at last; told until it is looked at again."""
    not_kept: str = ""
    """Why it is whole and could not be kept; told until it is kept, whatever else is kept."""


class WatchedFolder:
    """The folder, what waits in it, and what is done with a file that is whole.

    keep: puts bytes where the day's arrivals lie and returns when they are safe; remove: whether
    a file goes once it was taken.
    """

    def __init__(
        self, folder: Path, memory: Memory, keep: Callable[[bytes], object], *,
        patience: Patience | None = None, remove: bool = False,
    ) -> None:  # fmt: skip
        self._folder, self._memory, self._keep = folder, memory, keep
        self._patience, self._remove = patience or Patience(), remove
        self._waiting: dict[Path, _Waiting] = {}

    def look(self, now: float, *, stopped: Callable[[], bool] = lambda: False) -> Round:
        """Look through the folder once, and take what is whole.

        now: seconds on a clock that never goes back. stopped: asked before each file.

        Where what is whole cannot be kept, or not remembered, as on a full disk, it waits and the
        look ends there: the others would fare no better.

        Raises:
            Unavailable: The folder itself cannot be looked at.
        """
        found, seen = Round(), set[Path]()
        for path, state in self._files(found):
            if stopped() or found.ended:
                return found
            seen.add(path)
            if self._memory.holds(path, state):
                self._waiting.pop(path, None)
                found.known += 1
                if self._remove:
                    self._take_away(path, state, found)
                continue
            one = self._waiting.get(path)
            if one is None or one.state != state:
                self._waiting[path] = _Waiting(state, now, now + self._patience.whole_seconds)
                found.waiting += 1
            elif now < one.again_at:
                found.waiting += 1
                if one.fault:
                    found.count(one.fault)
            else:
                self._look_at(path, one, now, found)
        for gone in self._waiting.keys() - seen:
            del self._waiting[gone]
        found.ended = next((one.not_kept for one in self._waiting.values() if one.not_kept), "")
        return found

    def _look_at(self, path: Path, one: _Waiting, now: float, found: Round) -> None:
        """Take a file that did not change for a while, if it is whole or time is up."""
        one.again_at, one.fault = now + max(_AGAIN_AFTER, self._patience.whole_seconds), ""
        if one.state[0] > _AT_MOST:
            one.fault = "larger than any file that is read"
            found.count(one.fault)
            return
        try:
            content, state = _read(path)
        except FileNotFoundError:
            return
        except OSError as refused:
            one.fault = f"cannot be read ({refused.strerror})"
            found.count(one.fault)
            return
        if state != one.state:  # written to while it was read
            self._waiting[path] = _Waiting(state, now, now + self._patience.whole_seconds)
            found.waiting += 1
            return
        due = now - one.since >= self._patience.unfinished_seconds
        if not due and not is_whole_dicom(content):
            found.waiting += 1
            return
        one.not_kept = found.ended = self._why_not_kept(path, content, state)
        if one.not_kept:
            return
        self._waiting.pop(path, None)
        found.taken += 1
        if self._remove:
            self._take_away(path, state, found)

    def _why_not_kept(self, path: Path, content: bytes, state: State) -> str:
        """Keep the bytes and remember it; empty where both are done."""
        try:
            self._keep(content)
            self._memory.remember(path, state)
        except OSError as failed:
            return f"An arrival cannot be kept: {failed.strerror}."
        except Unavailable as failed:
            return str(failed)
        return ""

    def _take_away(self, path: Path, state: State, found: Round) -> None:
        """Remove a file that was taken, unless it is another one by now."""
        try:
            if _state(path.lstat()) == state:
                path.unlink()
        except FileNotFoundError:
            return
        except OSError as refused:
            found.count(f"was taken and cannot be removed ({refused.strerror})")

    def _files(self, found: Round) -> Iterator[tuple[Path, State]]:
        """Every file that may be taken, and its state; links and what is no file are left alone."""
        try:
            os.scandir(self._folder).close()
        except OSError as refused:
            raise Unavailable(
                f"The folder cannot be looked at ({refused.strerror}).",
                hint="Is the share mounted, and may this user list it?",
            ) from None
        unlisted: list[OSError] = []
        for path in everything_below(self._folder, unlisted, hidden=False):
            if has_name_of_unfinished(path.name):
                continue
            try:
                entry = path.lstat()
            except OSError:  # renamed or removed since it was listed
                continue
            if stat.S_ISREG(entry.st_mode):
                yield path, _state(entry)
        for one in unlisted:
            if not isinstance(one, FileNotFoundError):
                found.count(f"a folder cannot be listed ({one.strerror})")


def _state(entry: os.stat_result) -> State:
    return entry.st_size, entry.st_mtime_ns, entry.st_ino


def _read(path: Path) -> tuple[bytes, State]:
    """The bytes, and the state of the file after the last of them was read; no link is followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(_AT_MOST + 1)
        return content, _state(os.fstat(file.fileno()))
