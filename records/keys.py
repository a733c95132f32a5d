"""Secret keys of a workspace: made once, readable by the owner only, known by a fingerprint.

A key that is rotated gets a new version in a file of its own (``identity.2.key``); the newest that
is on record counts. What it takes to exchange one is told in `journeys.rotate_key`.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlmodel import Session, col, select

from records.cases import Study
from records.clock import now_in
from records.errors import IntegrityBroken, NotFound, Unavailable
from records.private import write_private
from records.product import WorkspaceKey
from records.store import Store
from records.write_lock import WAIT_SECONDS

LOCK = ".lock"

KEPT = frozenset({"remote"})
"""Keys whose earlier versions stay: what lies elsewhere may still be sealed with one of them."""

OF_STUDIES = frozenset({"pseudonym", "identity"})
"""The keys without which studies cannot be led back to their patients."""


def workspace_key(store: Store, name: str, *, seed: int | None = None) -> bytes:
    """The 32-byte key of that name, made and put on record by its fingerprint on first use.

    A demonstration derives it from its seed, so that the same seed gives the same pseudonyms;
    nothing real is protected there. A live workspace draws it from the system.

    Raises:
        IntegrityBroken: It is lost, or another one than that on record: with a new key the same
            patient would be another person, and nobody could be found again.
    """
    with store.reader() as reader:
        recorded = _recorded(reader, name)
        now = now_in(reader) if recorded is None else None
    if now is not None is None:
        with store.transaction("radvigil", f"make the {name} key", now=now) as tx:
            recorded = _recorded(tx, name)  # another process may have been faster
            if recorded is None:
                if name in OF_STUDIES:
                    _require_nothing_protected(tx, key_file(store, name, 1))
                recorded = _put_on_record(tx, store, name, 1, _new_key(name, seed), now)
    assert recorded is not None
    return key_on_record(store, recorded)


def key_on_record(store: Store, recorded: WorkspaceKey) -> bytes:
    """The key that a record is about.

    Raises:
        IntegrityBroken: Its file is lost, or holds another one.
    """
    path = key_file(store, recorded.name, recorded.version)
    if fault := key_fault(store, recorded):
        raise IntegrityBroken(
            f"The key file {path} {fault}.",
            hint="Restore it from a backup: what it protects cannot be found without it.",
        )
    return path.read_bytes()


def key_versions(session: Session, name: str) -> list[WorkspaceKey]:
    """Every version of a key that is on record, the newest first."""
    query = select(WorkspaceKey).where(WorkspaceKey.name == name)
    return list(session.exec(query.order_by(col(WorkspaceKey.version).desc())))


def add_version(tx: Session, store: Store, name: str, *, now: datetime) -> WorkspaceKey:
    """A new key of that name, which counts from now on; the file is there before the record.

    Raises:
        NotFound: There is no key of that name that it would follow.
    """
    former = _recorded(tx, name)
    if former is None:
        raise NotFound(f"There is no key '{name}' yet.", hint="It is made when it is first needed.")
    return _put_on_record(tx, store, name, former.version + 1, secrets.token_bytes(32), now)


@contextmanager
def keys_held_still(store: Store) -> Iterator[None]:
    """No key is exchanged in this block but by who is in it: a backup copies keys that fit.

    Raises:
        Unavailable: A backup is being taken, or a key exchanged.
    """
    store.workspace.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(store.workspace.keys / LOCK, timeout=WAIT_SECONDS, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise Unavailable(
            "The keys are in use: a backup is being taken, or a key is exchanged.",
            hint="Try again when that is done.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def retired_files(store: Store, reader: Session) -> list[Path]:
    """Files of keys that another version has replaced and that must go: a rotation broke off."""
    newest: dict[str, int] = {}
    recorded = reader.exec(select(WorkspaceKey).order_by(col(WorkspaceKey.version))).all()
    for one in recorded:
        newest[one.name] = one.version
    files = [
        key_file(store, one.name, one.version)
        for one in recorded if one.version < newest[one.name] and one.name not in KEPT
    ]
    return [path for path in files if path.is_file()]


def _put_on_record(
    tx: Session, store: Store, name: str, version: int, key: bytes, now: datetime
) -> WorkspaceKey:
    path = key_file(store, name, version)
    if not path.exists():  # else left of something that ended early: it protects nothing yet
        write_private(path, key)
    recorded = WorkspaceKey(
        name=name, version=version, fingerprint=fingerprint(path.read_bytes()), made_at=now
    )
    tx.add(recorded)
    tx.flush()
    return recorded


def fingerprint(key: bytes) -> str:
    """What is recorded of a key: it shows another key, and does not tell this one."""
    return hashlib.sha256(b"radvigil key fingerprint " + key).hexdigest()


def lost_keys(store: Store, reader: Session) -> list[str]:
    """A sentence for each key on record whose file is missing or another one."""
    recorded = {
        one.name: one for one in reader.exec(select(WorkspaceKey).order_by(col(WorkspaceKey.id)))
    }
    faults = [(one, key_fault(store, one)) for one in recorded.values()]
    return [
        f"{one.label}: the key file {key_file(store, one.name, one.version).name} {fault}"
        for one, fault in faults if fault
    ]


def key_file(store: Store, name: str, version: int) -> Path:
    """Where a version of a key lies, whether or not it is there."""
    file = f"{name}.key" if version == 1 else f"{name}.{version}.key"
    return store.workspace.keys / file


def _recorded(session: Session, name: str) -> WorkspaceKey | None:
    return next(iter(key_versions(session, name)), None)


def key_fault(store: Store, recorded: WorkspaceKey) -> str:
    """What is wrong with the file of a key on record; empty where nothing is."""
    return _fault_of(key_file(store, recorded.name, recorded.version), recorded)


def _fault_of(path: Path, recorded: WorkspaceKey) -> str:
    if not path.is_file():
        return "is missing"
    if fingerprint(path.read_bytes()) != recorded.fingerprint:
        return "is not the one on record"
    return ""


def _require_nothing_protected(tx: Session, path: Path) -> None:
    if tx.exec(select(Study.id)).first() is not None:
        raise IntegrityBroken(
            f"There are studies, and no record of the key {path.name} that their pseudonyms "
            "were made with.", hint="Restore the database and the keys from the same backup.",
        )


def _new_key(name: str, seed: int | None) -> bytes:
    if seed is None:
        return secrets.token_bytes(32)
    return hashlib.sha256(f"demonstration {name} {seed}".encode()).digest()
