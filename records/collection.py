"""Collection: orphan bytes are taken away, and the trail tells which; named bytes never are.

What is to go is found, looked for once more among everything that records name while nobody else
can write a record, and told in the trail with the SHA-256 of each file. Only then is it taken, a
file at a time while nobody puts bytes, and only if nobody has put it again meanwhile. A collection
that breaks off has told of more than it took; the next one finds the rest.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlmodel import Session

from records.audit import note
from records.errors import Unavailable
from records.orphans import (
    Kind,
    Named,
    Orphan,
    files_of,
    find_orphans,
    is_older,
    read_named,
)
from records.quiet import switch_off_usage_statistics
from records.settings import Workspace
from records.store import Store
from records.vault import Vault, file_digest, run_git

COLLECTED, SPARED = "collect bytes", "spare bytes"
"""The actions of the events that tell what no record names and was to go; and what stayed."""

_A_LISTING = 1000  # files that one event tells of

_BY_DVC = (Kind.FROZEN, Kind.VERSIONED, Kind.TRAINING)


@dataclass(frozen=True)
class Collection:
    """What was taken away, and what was put again at the last moment and stayed."""

    taken: tuple[Orphan, ...]
    spared: tuple[Orphan, ...]


def orphans_of(store: Store, *, before: datetime) -> list[Orphan]:
    """What a collection would take away now; nothing is changed.

    before: an instant by the system's clock; what was written since is left alone.
    """
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        named = read_named(reader, vault)
    return find_orphans(store.workspace, named, before=before)


def collect(store: Store, *, before: datetime, actor: str, now: datetime) -> Collection:
    """Take away what no record names and nobody has written since an instant.

    before: by the system's clock, long enough ago that whoever put bytes has recorded them.

    Raises:
        Unavailable: A training run or another writer keeps the vault; nothing was taken.
        IntegrityBroken: What a frozen version consists of cannot be told; nothing was taken.
    """
    workspace = store.workspace
    vault = Vault(workspace.vault)
    with _nobody_freezes(vault):
        with store.reader() as reader:
            named = read_named(reader, vault)
        listing: dict[Orphan, dict[str, str]] = {}
        for one in find_orphans(workspace, named, before=before):
            with suppress(FileNotFoundError):  # whoever made it has taken it away meanwhile
                listing[one] = _digests(workspace, one)
        if not listing:
            return Collection((), ())
        with store.transaction(actor, "no record names them", now=now) as tx:
            going = _still_orphans(list(listing), named, read_named(tx, vault), vault)
            _tell(tx, COLLECTED, going, listing)
        taken = [one for one in going if _take(vault, one, before)]
        if Kind.FROZEN in {one.kind for one in taken}:
            _forget(vault, [one.path for one in taken if one.kind is Kind.FROZEN])
    spared = [one for one in going if one not in set(taken)]
    if spared:
        with store.transaction(actor, "put again while they were collected", now=now) as tx:
            _tell(tx, SPARED, spared, listing)
    return Collection(tuple(taken), tuple(spared))


@contextmanager
def _nobody_freezes(vault: Vault) -> Iterator[None]:
    """Hold the vault's writer lock and that of each training folder."""
    with ExitStack() as held:
        held.enter_context(vault.lock())
        for folder in sorted((vault.folder / "training").glob("*/")):
            try:
                held.enter_context(FileLock(folder.parent / f".{folder.name}.lock", timeout=1))
            except Timeout as busy:
                raise Unavailable(
                    f"A training run of {folder.name} is going on.", hint="Wait until it is done."
                ) from busy
        yield


def _digests(workspace: Workspace, orphan: Orphan) -> dict[str, str]:
    """SHA-256 of each file that goes, by its path in the workspace."""
    files = files_of(orphan.kind, orphan.path)
    return {one.relative_to(workspace.home).as_posix(): file_digest(one) for one in files}


def _tell(
    tx: Session, action: str, orphans: Sequence[Orphan], listing: dict[Orphan, dict[str, str]]
) -> None:
    """Events that list every file; one does not grow without bound."""
    files = [item for one in orphans for item in listing[one].items()]
    for start in range(0, len(files), _A_LISTING):
        part = dict(files[start : start + _A_LISTING])
        note(tx, action, "Vault:all", new={"count": len(part), "sha256": part})


def _still_orphans(
    orphans: list[Orphan], before: Named, named: Named, vault: Vault
) -> list[Orphan]:
    """Those that no record names now either, when nobody can write one."""
    versions_as_before = (before.frozen, before.commits) == (named.frozen, named.commits)
    return [
        one for one in orphans
        if not (one.kind in _BY_DVC and not versions_as_before)
        and not (one.kind is Kind.REFUSED and one.path.name in named.refused)
        and not (one.kind is Kind.CONTENT and _content(vault, one.path) in named.contents)
    ]  # fmt: skip


def _content(vault: Vault, path: Path) -> bytes:
    return bytes.fromhex(path.relative_to(vault.objects).as_posix().replace("/", ""))


def _take(vault: Vault, orphan: Orphan, before: datetime) -> bool:
    """Take an orphan away, unless somebody has written it since."""
    with vault.leaving():
        if not is_older(orphan.path, before):
            return False
        if orphan.path.is_dir():
            shutil.rmtree(orphan.path)
        elif orphan.kind is not Kind.FROZEN:
            orphan.path.unlink()
    return True


def _forget(vault: Vault, files: list[Path]) -> None:
    """Take frozen folders that no record names out of DVC and git, where their history stays."""
    switch_off_usage_statistics()
    from dvc.repo import Repo

    with Repo(str(vault.folder)) as repository:
        for path in files:
            repository.remove(str(path))
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
    run_git(vault.folder, "add", "--update")
    if run_git(vault.folder, "status", "--porcelain", "--untracked-files=no").strip():
        run_git(vault.folder, "commit", "--quiet", "-m", "Take away what no record names")
