"""Secret keys of a workspace: made once, readable by the owner only, known by a fingerprint."""

import hashlib
import secrets
from pathlib import Path

from sqlmodel import Session, col, select

from records.cases import Study
from records.clock import now_in
from records.errors import IntegrityBroken
from records.private import write_private
from records.product import WorkspaceKey
from records.store import Store

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
        now = now_in(reader)
    path = _path(store, name)
    if recorded is None:
        with store.transaction("radvigil", f"make the {name} key", now=now) as tx:
            recorded = _recorded(tx, name)  # another process may have been faster
            if recorded is None:
                if name in OF_STUDIES:
                    _require_nothing_protected(tx, path)
                if not path.exists():
                    write_private(path, _new_key(name, seed))
                recorded = WorkspaceKey(
                    name=name, fingerprint=fingerprint(path.read_bytes()), made_at=now
                )
                tx.add(recorded)
    if fault := _fault_of(path, recorded):
        raise IntegrityBroken(
            f"The key file {path} {fault}.",
            hint="Restore it from a backup: what it protects cannot be found without it.",
        )
    return path.read_bytes()


def fingerprint(key: bytes) -> str:
    """What is recorded of a key: it shows another key, and does not tell this one."""
    return hashlib.sha256(b"radvigil key fingerprint " + key).hexdigest()


def lost_keys(store: Store, reader: Session) -> list[str]:
    """A sentence for each key on record whose file is missing or another one."""
    recorded = reader.exec(select(WorkspaceKey).order_by(col(WorkspaceKey.id)))
    faults = [(one, _fault_of(_path(store, one.name), one)) for one in recorded]
    return [f"{one.label}: the key file {one.name}.key {fault}" for one, fault in faults if fault]


def _path(store: Store, name: str) -> Path:
    return store.workspace.keys / f"{name}.key"


def _recorded(session: Session, name: str) -> WorkspaceKey | None:
    return session.exec(select(WorkspaceKey).where(WorkspaceKey.name == name)).first()


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
