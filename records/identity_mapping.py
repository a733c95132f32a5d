"""Is the identity mapping still there? That it was made is on record; its content is not read here.

The mapping itself is written and opened by `imaging.identity`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlmodel import Session, col, select

from records.audit import AuditEvent, note
from records.clock import now_in
from records.damage import DAMAGED
from records.errors import IntegrityBroken, Unavailable
from records.keys import key_fault, key_versions
from records.store import Store

MADE = "make the identity mapping"
"""The action of the event that is written once, when somebody is first remembered."""

DESTROYED = "destroy the identity mapping"
"""The action of the event that two people had it destroyed; a later one may have been made anew."""

HINT = (
    "Restore it from a backup, with the keys of that backup. Nothing is taken in until then; "
    "reading and documents go on without it."
)


def note_mapping(store: Store) -> None:
    """Put on record that there is a mapping, once; from now on a lost one shows."""
    with store.reader() as reader:
        if mapping_on_record(reader):
            return
        now = now_in(reader)
    with store.transaction("radvigil", MADE, now=now) as tx:
        if not mapping_on_record(tx):  # another process may have been faster
            note(tx, MADE, "Workspace:all")


def require_mapping(store: Store) -> None:
    """Before something is added to the mapping: one that was made is still there.

    Raises:
        IntegrityBroken: It is lost or damaged: a new one in its place would hide that nobody
            from before can be found again.
        Unavailable: The file cannot be used, or others keep it locked.
    """
    with store.reader() as reader:
        known = mapping_on_record(reader)
    if known:
        _require_readable(store.workspace.identity, thorough=False)


def faults_of_mapping(store: Store, reader: Session) -> list[str]:
    """A sentence where a mapping that is on record is missing, no whole database, or sealed with a
    key that is not there."""
    if mapping_on_record(reader):
        try:
            named = _require_readable(store.workspace.identity, thorough=True)
        except IntegrityBroken as broken:
            return [broken.message.removesuffix(".")]
        keys = {one.fingerprint: one for one in key_versions(reader, "identity")}
        sealing = keys.get(named) if named else min(
            keys.values(), key=lambda one: one.version, default=None
        )  # fmt: skip
        if sealing is None:
            return ["the identity mapping is sealed with a key that is not on record"]
        newest = max(one.version for one in keys.values())
        if sealing.version < newest and key_fault(store, sealing):
            return ["the identity mapping is sealed with a key that was replaced, and is lost"]
    return []


def sealed_with(connection: sqlite3.Connection) -> str:
    """The fingerprint of the key that a mapping names; empty in the form of the first version."""
    table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'sealed_with'"
    if connection.execute(table).fetchone() is None:
        return ""
    row = connection.execute("SELECT fingerprint FROM sealed_with").fetchone()
    return str(row[0]) if row else ""


def _require_readable(path: Path, *, thorough: bool) -> str:
    """The fingerprint of the key that the mapping names, if the file is a whole one."""
    if not path.is_file():
        raise IntegrityBroken(f"The identity mapping {path} is missing.", hint=HINT)
    uri = f"{path.resolve().as_uri()}?mode=rw"  # makes no file, and may undo what broke off
    with explaining_mapping(path), closing(sqlite3.connect(uri, uri=True, timeout=10)) as opened:
        if opened.execute("SELECT sealed FROM identity LIMIT 1").fetchone() is None:
            raise sqlite3.DatabaseError("it holds nobody any more")
        if thorough:
            (said,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise sqlite3.DatabaseError(said)
        return sealed_with(opened)


@contextmanager
def explaining_mapping(path: Path) -> Iterator[None]:
    """Turn a failure of the mapping's file into a sentence.

    Raises:
        IntegrityBroken: It is damaged.
        Unavailable: It cannot be used, or others keep it locked.
    """
    try:
        yield
    except sqlite3.DatabaseError as failed:
        said = str(failed)
        outside = isinstance(failed, sqlite3.OperationalError)
        if outside and not any(words in said.lower() for words in DAMAGED):
            raise Unavailable(
                f"The identity mapping {path} cannot be used: {said}.",
                hint="Check who may read and write it, and the space left; then run it again.",
            ) from failed
        raise IntegrityBroken(
            f"The identity mapping {path} is damaged: {said}.", hint=HINT
        ) from failed


def mapping_on_record(session: Session) -> bool:
    """Whether a mapping was made and not destroyed since."""
    query = (
        select(AuditEvent.action)
        .where(col(AuditEvent.action).in_((MADE, DESTROYED)))
        .order_by(col(AuditEvent.sequence).desc())
    )
    return session.exec(query.limit(1)).first() == MADE
