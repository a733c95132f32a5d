"""Frozen data and models in a sealed remote elsewhere: pushed, checked, fetched back.

What leaves or comes back is told in the trail before it goes, file by file: what breaks off has
told of more than it moved, and goes on where it stopped when it is called again. What is there is
not sent again.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlmodel import Session

from records.audit import note
from records.disk import link
from records.dvc_files import md5_of, stored_path
from records.errors import IntegrityBroken, NotFound, Unavailable
from records.frozen_files import each_file_once
from records.named_bytes import frozen_versions
from records.sealed_remote import Pack, SealedRemote, open_remote
from records.store import Store
from records.vault import Vault, file_digest

PUSH, PUSHED, FETCH = "push packs", "packs are pushed", "fetch packs"
"""The actions of the events: what is about to leave; that it did; what is about to come back."""

_A_LISTING = 1000  # packs that one event tells of
_LOCK = ".push.lock"


@dataclass(frozen=True, slots=True)
class Push:
    """How many packs were sealed and sent, sealed anew with a newer key, and lay there already."""

    sent: int
    sealed_anew: int
    there: int
    bytes_sent: int


@dataclass(frozen=True, slots=True)
class Check:
    """How many packs are whole at the remote; a sentence for each that is altered or not there."""

    whole: int
    altered: tuple[str, ...]
    missing: tuple[str, ...]


def packs_on_record(reader: Session) -> list[Pack]:
    """Each file that frozen versions name, once; a shard that several share is the first one's."""
    packs: dict[str, Pack] = {}
    for record in frozen_versions(reader):
        for name, digest in sorted(record.files.items()):
            packs.setdefault(digest, Pack(record.label, f"{record.vault_path}/{name}", digest))
    return list(packs.values())


def push_packs(store: Store, folder: Path, *, actor: str, now: datetime) -> Push:
    """Seal into a folder elsewhere every pack on record that is not there yet.

    Raises:
        NotFound, Refused: As :func:`records.sealed_remote.open_remote`.
        IntegrityBroken: A pack is not what its record names, here or there; the record is named.
            Those before it are there.
        Unavailable: Another push is going on, or the folder refuses.
    """
    with _alone(store), _reachable(folder):
        remote = open_remote(store, folder, begin=True)
        with store.reader() as reader:
            packs = packs_on_record(reader)
        remote.clear_unfinished(packs)
        absent = [one for one in packs if not remote.holds(one)]
        _tell(store, PUSH, folder, absent, actor=actor, now=now)
        sizes = [_send(remote, one, store.workspace.vault) for one in absent]
    sent = [one for one in sizes if one is not None]
    done = Push(len(sent), len(sizes) - len(sent), len(packs) - len(absent), sum(sent))
    with store.transaction(actor, "packs elsewhere", now=now) as tx:
        note(tx, PUSHED, "Vault:all", new={"to": folder.name} | asdict(done))
    return done


def check_packs(store: Store, folder: Path) -> Check:
    """Open every pack on record at the remote and compare its SHA-256; nothing is changed.

    Raises:
        NotFound, Refused, IntegrityBroken: As :func:`records.sealed_remote.open_remote`.
        Unavailable: The folder refuses.
    """
    vault, whole = Vault(store.workspace.vault), 0
    altered, missing = list[str](), list[str]()
    with _reachable(folder):
        remote = open_remote(store, folder)
        with store.reader() as reader:
            packs = packs_on_record(reader)
        for pack in packs:
            try:
                with vault.work() as room:
                    remote.open(pack, room)
                whole += 1
            except NotFound:
                missing.append(f"{pack.words} is not there")
            except IntegrityBroken as why:
                altered.append(why.message.removesuffix("."))
    return Check(whole, tuple(altered), tuple(missing))


def fetch_packs(store: Store, folder: Path, *, actor: str, now: datetime) -> list[Pack]:
    """Bring back every frozen file that is missing here, once it is what its record names.

    Raises:
        IntegrityBroken: A file here was altered: it is evidence, and nothing is written over it.
            Or a pack there was; the record is named. What came back before it stays.
        NotFound, Refused: As :func:`records.sealed_remote.open_remote`; or a pack is not there.
        Unavailable: The folder or the disk refuses.
    """
    vault = Vault(store.workspace.vault)
    with vault.lock(), _reachable(folder):
        remote = open_remote(store, folder)
        with store.reader() as reader:
            missing = _missing(reader, vault)
        _tell(store, FETCH, folder, missing, actor=actor, now=now)
        here: dict[str, Path] = {}
        for pack in missing:
            target = vault.folder / pack.file
            target.parent.mkdir(parents=True, exist_ok=True)
            if pack.digest in here:
                link(here[pack.digest], target)
                continue
            with vault.work() as room:
                opened = remote.open(pack, room)
                opened.chmod(0o444)  # as DVC leaves what it keeps
                opened.replace(target)
            here[pack.digest] = target
            _mend_stores(vault, target, pack.digest)
    return missing


def _send(remote: SealedRemote, pack: Pack, vault: Path) -> int | None:
    """The size of what was sealed and sent; None where an earlier key's pack was sealed anew."""
    if remote.seal_anew(pack):
        return None
    source = vault / pack.file
    if not source.is_file():
        raise IntegrityBroken(
            f"{pack.record}: the frozen file {pack.file} is missing, and is not there either.",
            hint="Restore it from a backup.",
        )
    remote.seal(pack, source)
    return source.stat().st_size


def _missing(reader: Session, vault: Vault) -> list[Pack]:
    """Every frozen file that is not here, of each version that names it."""
    missing, digest_of = list[Pack](), each_file_once()
    for record in frozen_versions(reader):
        for name, digest in sorted(record.files.items()):
            pack = Pack(record.label, f"{record.vault_path}/{name}", digest)
            path = vault.folder / pack.file
            if not path.is_file():
                missing.append(pack)
            elif digest_of(path) != digest:
                raise IntegrityBroken(
                    f"{pack.record}: the frozen file {pack.file} was altered. Nothing was fetched.",
                    hint="Move it out of the vault and keep it as evidence, then fetch again.",
                )
    return missing


def _mend_stores(vault: Vault, fetched: Path, digest: str) -> None:
    """Lay the file where DVC keeps it, if what lies there is lost or was altered with it.

    A frozen file and its copy in the cache are one file on the disk where links are possible.
    """
    stores = (vault.folder / ".dvc" / "cache", vault.folder / "remote")
    md5 = md5_of(fetched)
    for store in stores:
        place = stored_path(store, md5)
        if not store.is_dir() or (place.is_file() and file_digest(place) == digest):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.part")
        shutil.copy2(fetched, part)
        part.replace(place)


def _tell(
    store: Store, action: str, folder: Path, packs: list[Pack], *, actor: str, now: datetime
) -> None:
    """Events that list every file; one does not grow without bound."""
    for start in range(0, len(packs), _A_LISTING):
        part = {one.file: one.digest for one in packs[start : start + _A_LISTING]}
        with store.transaction(actor, "packs elsewhere", now=now) as tx:
            note(tx, action, "Vault:all", new={"folder": folder.name, "sha256": part})


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """One push at a time: what it finds unfinished is then nobody's."""
    lock = FileLock(store.workspace.home / _LOCK, timeout=1, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise Unavailable("Another push is going on.", hint="Wait until it is done.") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _reachable(folder: Path) -> Iterator[None]:
    """A disk that refuses, as a sentence."""
    try:
        yield
    except OSError as failed:
        raise Unavailable(
            f"The packs of {folder} cannot be written or read: {failed.strerror}.",
            hint="Check the mount, the rights and the space; the same command goes on.",
        ) from failed
