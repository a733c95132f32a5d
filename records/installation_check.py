"""Is this installation fit for its records? Disks, keys, anchors, modes, clock, versions, silence.

Only looks. What was found is put on record by :func:`record_check`; the warning that stands on
every page of a live workspace is asked anew each time (:func:`standing_warnings`).
"""

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlmodel import Session

from records.clock import is_demonstration, now_in, workspace_mark
from records.encrypted_disks import Protection, disk_under
from records.exposure import exposed_files
from records.installation import CLOCK, PLACES, InstallationCheck, declarations_on
from records.keys import retired_files
from records.quiet import QUIET
from records.settings import REPOSITORY, Workspace
from records.store import Store

LOCK = REPOSITORY / "requirements.txt"


class State(StrEnum):
    """How a point stands."""

    SOUND = "sound"
    DECLARED = "declared"
    """A person vouches for it, with evidence, until a day."""
    UNKNOWN = "cannot be told"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the check: how it stands, and why, in a sentence."""

    name: str
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """All points. A disk or clock that nobody vouches for is no sound one."""

    points: tuple[Point, ...]

    @property
    def sound(self) -> bool:
        """Whether each point is sound or declared."""
        return all(one.state in (State.SOUND, State.DECLARED) for one in self.points)


def check_installation(store: Store, reader: Session, *, root: Path = Path("/")) -> Found:
    """Every point of this installation as it stands now.

    root: where ``proc`` and ``sys`` are found.
    """
    points = [
        *disk_points(store, root=root),
        *_location_points(store, reader),
        _clock_point(),
        _lock_point(LOCK),
        _silence_point(store.workspace),
    ]
    return Found(tuple(_as_declared(points, reader)))


def record_check(tx: Session, found: Found, *, by: str, now: datetime) -> InstallationCheck:
    """Put on record what a check found."""
    check = InstallationCheck(
        checked_at=now, checked_by=by, sound=found.sound,
        points=[asdict(one) | {"state": one.state.value} for one in found.points],
    )
    tx.add(check)
    tx.flush()
    return check


def standing_warnings(store: Store, reader: Session) -> list[str]:
    """What must be seen wherever a live workspace is looked at; nothing of a demonstration."""
    if workspace_mark(reader) is None or is_demonstration(reader):
        return []
    points = _as_declared(list(disk_points(store)), reader)
    bare = [one.name for one in points if one.state in (State.FAULT, State.UNKNOWN)]
    if not bare:
        return []
    return [
        f"the disk under {_listed(bare)} is not known to be encrypted: see 'radvigil install "
        "verify', and encrypt it or declare what protects it"
    ]


def disk_points(store: Store, *, root: Path = Path("/")) -> Iterator[Point]:
    """A point for each place of the workspace: does it rest on an encrypted disk?"""
    workspace = store.workspace
    folders = {
        "home": workspace.home, "database": workspace.database, "vault": workspace.vault,
        "keys": workspace.keys, "anchors": workspace.anchors,
    }
    states = {
        Protection.ENCRYPTED: State.SOUND, Protection.PLAIN: State.FAULT,
        Protection.UNKNOWN: State.UNKNOWN,
    }
    for name in PLACES:
        if name == "database" and store.engine.dialect.name == "postgresql":
            words = "the disk of the PostgreSQL server cannot be seen from here"
            yield Point(name, State.UNKNOWN, words)
            continue
        disk = disk_under(folders[name], root=root)
        yield Point(name, states[disk.protection], f"{disk.protection.value}: {disk.words}")


def _as_declared(points: list[Point], reader: Session) -> Iterator[Point]:
    """The points, where a person's word stands in for what cannot be seen."""
    declared = declarations_on(reader, now_in(reader).date())
    for one in points:
        vouched = declared.get(one.name)
        if vouched is None or one.state is State.SOUND:
            yield one
        else:
            yield Point(
                one.name, State.DECLARED,
                f"{vouched.words} ({vouched.label} by {vouched.declared_by}, evidence: "
                f"{vouched.evidence}, until {vouched.valid_until}); seen from here: {one.words}",
            )


def _location_points(store: Store, reader: Session) -> Iterator[Point]:
    workspace = store.workspace
    inside = workspace.anchors.resolve().is_relative_to(workspace.home)
    if inside and not is_demonstration(reader):
        words = "they lie in the workspace: name a folder on other storage in RADVIGIL_ANCHORS"
        yield Point("place of the anchors", State.FAULT, words)
    else:
        where = "in the demonstration" if inside else "outside the workspace"
        yield Point("place of the anchors", State.SOUND, f"{where}: {workspace.anchors}")
    inside = workspace.keys.resolve().is_relative_to(workspace.home)
    where = "in the workspace (RADVIGIL_KEYS names another place)" if inside else "outside of it"
    yield Point("place of the keys", State.SOUND, f"{where}: {workspace.keys}")
    retired = [path.name for path in retired_files(store, reader)]
    yield Point(
        "replaced keys", State.FAULT if retired else State.SOUND,
        f"{', '.join(retired)} must go: 'radvigil install rotate-key' finishes what broke off"
        if retired else "none is left",
    )
    exposed = exposed_files(workspace)
    yield Point(
        "permissions", State.FAULT if exposed else State.SOUND,
        "; ".join(exposed) or "keys, records and refused files are the owner's alone",
    )


_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def _clock_point() -> Point:
    """The kernel's own word, which chrony, ntpd and systemd-timesyncd all set."""
    if sys.platform != "linux":
        return Point(CLOCK, State.UNKNOWN, "this system does not tell whether it is synchronised")
    status = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    if status == -1:
        said = os.strerror(ctypes.get_errno())
        return Point(CLOCK, State.UNKNOWN, f"the kernel does not tell: {said}")
    if status == _TIME_ERROR:
        return Point(CLOCK, State.FAULT, "the kernel says that it is not synchronised")
    return Point(CLOCK, State.SOUND, "the kernel says that it is synchronised")


def _lock_point(lock: Path) -> Point:
    """Whether what is installed is what the lock names."""
    faults, pins = [], 0
    for line in lock.read_text(encoding="utf-8").splitlines():
        pinned = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", line)
        if pinned is None:
            continue
        pins += 1
        try:
            found = version(pinned[1])
        except PackageNotFoundError:
            faults.append(f"{pinned[1]} is missing")
            continue
        if found.partition("+")[0] != pinned[2]:  # torch names its build behind a '+'
            faults.append(f"{pinned[1]} is {found}, not {pinned[2]}")
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        words = f"not those of the lock: {', '.join(faults[:5])}{more}"
        return Point("versions", State.FAULT, words)
    return Point("versions", State.SOUND, f"all {pins} packages of the lock")


def _silence_point(workspace: Workspace) -> Point:
    """Whether no library reports usage to anybody: the environment and the tools' own settings."""
    faults = [f"{name}={os.environ[name]}" for name, wanted in QUIET.items()
              if os.environ.get(name, wanted) != wanted]  # fmt: skip
    for file, wanted in (
        (workspace.dagster / "dagster.yaml", r"^telemetry:\s*\n\s+enabled:\s*false\b"),
        (workspace.vault / ".dvc" / "config", r"^\s*analytics = false\b"),
    ):
        if file.is_file() and not re.search(wanted, file.read_text(), re.MULTILINE | re.IGNORECASE):
            faults.append(f"{file.relative_to(workspace.home)} does not switch them off")
    if faults:
        return Point("usage statistics", State.FAULT, "; ".join(faults))
    return Point("usage statistics", State.SOUND, "switched off")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
