"""Bytes in a workspace that no record names, and that are old enough to stay so.

Bytes are kept before the record that names them: whatever broke off in between stays behind. What
was written, linked or put again since a given instant is left alone, whoever is still about to
name it. A file's age is that of its last change of any kind (ctime), which nobody can set back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlmodel import Session, select

from records.dvc_files import named_md5s, stored_files, texts_in_git, versions_in_git
from records.named_bytes import SHA256, frozen_versions, named_bytes, quarantined
from records.product import ModelVersion
from records.settings import Workspace
from records.vault import WORK, Vault, dvc_file

FROZEN_GROUPS = ("datasets", "models")


class Kind(StrEnum):
    """What an orphan is, in words for people."""

    CONTENT = "content without a record"
    REFUSED = "refused file without a record"
    BROKEN_OFF = "left by what broke off"
    FROZEN = "frozen folder without a record"
    VERSIONED = "version's file without a record"
    TRAINING = "training file without a record"


@dataclass(frozen=True, slots=True)
class Orphan:
    """A file, or a folder with all that is in it, that no record names."""

    kind: Kind
    path: Path
    size: int


@dataclass(frozen=True)
class Named:
    """Everything that records name, read in one moment."""

    contents: frozenset[bytes]
    refused: frozenset[str]
    frozen: frozenset[str]
    commits: frozenset[str]


def read_named(reader: Session, vault: Vault) -> Named:
    """What records name; a digest takes 32 bytes, so that a million are no burden."""
    versions = frozen_versions(reader)
    commits = reader.exec(select(ModelVersion.commit)).all()
    return Named(
        frozenset(bytes.fromhex(digest) for digest, _ in named_bytes(reader, vault)),
        frozenset(digest for digest, _ in quarantined(reader)),
        frozenset(one.vault_path for one in versions), frozenset(commits),
    )  # fmt: skip


def find_orphans(workspace: Workspace, named: Named, *, before: datetime) -> list[Orphan]:
    """What lies in the workspace, was last written before that instant, and no record names.

    Raises:
        IntegrityBroken: What a frozen version consists of cannot be told any more.
    """
    vault = Vault(workspace.vault)
    found = [
        *_contents(vault, named), *_refused(workspace, named), *_broken_off(workspace),
        *_frozen(vault, named), *_versioned(vault, named, before), *_trained(vault, named),
    ]  # fmt: skip
    return [one for one in found if is_older(one.path, before)]


def is_older(path: Path, before: datetime) -> bool:
    """Whether a file, or everything in a folder, was last written before that instant."""
    limit = before.timestamp()
    try:
        return all(one.lstat().st_ctime < limit for one in (path, *_inside(path)))
    except FileNotFoundError:
        return False


def _contents(vault: Vault, named: Named) -> Iterator[Orphan]:
    for path in _files(vault.objects.glob("[0-9a-f][0-9a-f]/*")):
        digest = path.parent.name + path.name
        if path.suffix == ".part":
            yield _orphan(Kind.BROKEN_OFF, path)
        elif SHA256.fullmatch(digest) and bytes.fromhex(digest) not in named.contents:
            yield _orphan(Kind.CONTENT, path)


def _refused(workspace: Workspace, named: Named) -> Iterator[Orphan]:
    for path in _files(workspace.quarantine.glob("*")):
        if path.suffix == ".part":
            yield _orphan(Kind.BROKEN_OFF, path)
        elif SHA256.fullmatch(path.name) and path.name not in named.refused:
            yield _orphan(Kind.REFUSED, path)


def _broken_off(workspace: Workspace) -> Iterator[Orphan]:
    """Folders in which something was being made when it was stopped."""
    vault = workspace.vault
    places = [*vault.glob(f"{WORK}*"), *vault.glob("tmp*"), *workspace.home.glob(".backup-*")]
    for group in FROZEN_GROUPS:  # moved there, and never put under version control
        places += [
            one for one in (vault / group).glob("*") if one.is_dir() and not dvc_file(one).exists()
        ]
    yield from (_orphan(Kind.BROKEN_OFF, one) for one in sorted(places))


def _frozen(vault: Vault, named: Named) -> Iterator[Orphan]:
    """Folders under version control; their age is that of the file by which git knows them."""
    for name in _frozen_names(vault):
        if name not in named.frozen:
            yield _orphan(Kind.FROZEN, dvc_file(vault.folder / name))


def _frozen_names(vault: Vault) -> list[str]:
    return [
        path.relative_to(vault.folder).as_posix().removesuffix(".dvc")
        for group in FROZEN_GROUPS
        for path in sorted((vault.folder / group).glob("*.dvc"))
    ]


def _versioned(vault: Vault, named: Named, before: datetime) -> Iterator[Orphan]:
    """What DVC keeps of folders that no record names, in its cache and in the remote."""
    if not (vault.folder / ".git").is_dir():
        return
    fresh = {
        name for name in _frozen_names(vault)
        if not is_older(dvc_file(vault.folder / name), before)
    }  # fmt: skip
    kept = versions_in_git(vault.folder, {f"{one}.dvc" for one in named.frozen | fresh})
    kept += [dvc_file(vault.folder / one).read_text(encoding="utf-8") for one in fresh]
    stores = (vault.folder / ".dvc" / "cache", vault.folder / "remote")
    needed = named_md5s(kept, stores)
    for store in stores:
        for md5, path in stored_files(store):
            if md5 not in needed:
                yield _orphan(Kind.VERSIONED, path)


def _trained(vault: Vault, named: Named) -> Iterator[Orphan]:
    """What training runs cached that neither a model version nor the last run names."""
    for folder in sorted((vault.folder / "training").glob("*/.git")):
        repository = folder.parent
        store = repository / ".dvc" / "cache"
        texts = texts_in_git(
            repository, [f"{one}:dvc.lock" for one in sorted({"HEAD", *named.commits})]
        )
        lock = repository / "dvc.lock"
        texts += [lock.read_text(encoding="utf-8")] if lock.is_file() else []
        needed = named_md5s(texts, [store])
        for md5, path in stored_files(store):
            if md5 not in needed:
                yield _orphan(Kind.TRAINING, path)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    yield from (path for path in paths if path.is_file())


def files_of(kind: Kind, path: Path) -> list[Path]:
    """The files that go with an orphan."""
    top = path.with_suffix("") if kind is Kind.FROZEN else path
    return [one for one in (top, *_inside(top)) if one.is_file()]


def _inside(path: Path) -> Iterator[Path]:
    yield from path.rglob("*") if path.is_dir() else ()


def _orphan(kind: Kind, path: Path) -> Orphan:
    try:
        return Orphan(kind, path, sum(one.lstat().st_size for one in files_of(kind, path)))
    except FileNotFoundError:  # what somebody is writing just now got its name; it is not older
        return Orphan(kind, path, 0)
