"""Can others on this machine read what is the owner's alone: keys, records, who is who?"""

import stat
from collections.abc import Iterator
from pathlib import Path

from records.settings import Workspace

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def exposed_files(workspace: Workspace) -> list[str]:
    """A sentence for each key, database or mapping that its mode lets others read or write.

    The folder above may keep them out all the same; a copy of the file takes its mode along.
    """
    return [
        f"{_name(workspace, path)} is open to others "
        f"(mode {stat.S_IMODE(path.stat().st_mode):o}): take that back with chmod go="
        for path in _private(workspace)
        if path.exists() and path.stat().st_mode & _OTHERS
    ]


def _name(workspace: Workspace, path: Path) -> str:
    inside = path.is_relative_to(workspace.home)
    return (path.relative_to(workspace.home) if inside else path).as_posix()


def _private(workspace: Workspace) -> Iterator[Path]:
    yield workspace.keys
    yield from sorted(workspace.keys.glob("*"))
    for database in (workspace.database, workspace.identity):
        yield from (database.with_name(f"{database.name}{end}") for end in ("", "-wal", "-shm"))
    yield workspace.quarantine
