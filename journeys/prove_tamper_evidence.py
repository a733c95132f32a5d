"""Show that the audit trail is whole, and that an altered byte and a cut-off tail are found."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from records.anchors import verify_anchors, write_anchor
from records.settings import Workspace
from records.store import Store, make_engine
from records.verify import verify_records
from records.verify_workspace import verify_workspace


def prove_tamper_evidence(store: Store, *, now: datetime) -> dict[str, Any]:
    """Anchor and verify the records; then alter copies of the database and verify those.

    The workspace's own database is only read. On PostgreSQL there is no file to copy and the
    second part is left out.
    """
    write_anchor(store, now=now)
    with store.reader() as reader:
        verdict = verify_workspace(store, reader)
    found: dict[str, Any] = {
        "whole": verdict.whole, "events": verdict.events, "records": verdict.records,
        "contents": verdict.contents, "anchors": verdict.anchors, "head": verdict.head,
        "findings": list(verdict.findings),
    }
    if store.engine.dialect.name != "sqlite":
        return found | {"altered_copy": "not made: the database is not a file"}
    with _copy(store) as copy:
        place = _alter_one_byte(copy.workspace.database)
        with copy.reader() as reader:
            broken = verify_records(reader).findings
    with _copy(store) as copy:
        _cut_tail(copy.workspace.database)
        with copy.reader() as reader:
            cut = verify_anchors(reader, store.workspace.anchors).findings
    return found | {
        "altered_byte": place, "altered_found": bool(broken),
        "altered_finding": broken[0] if broken else "",
        "cut_tail_found": bool(cut), "cut_tail_finding": cut[0] if cut else "",
    }


@contextmanager
def _copy(store: Store) -> Iterator[Store]:
    """The records in a copy of the database, opened only to be looked at."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        _copy_database(store.workspace.database, workspace.database)
        copy = Store(workspace, make_engine(workspace))
        try:
            yield copy
        finally:
            copy.close()


def _copy_database(source: Path, target: Path) -> None:
    """A consistent copy of a database in use (SQLite's own backup)."""
    origin, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        copy.close()
        origin.close()
    shutil.copymode(source, target)


def _alter_one_byte(database: Path) -> int:
    """Flip the lowest bit of the last byte of a recorded digest; where that was."""
    connection = sqlite3.connect(database)
    digest = connection.execute(
        "SELECT digest FROM audit_event ORDER BY sequence LIMIT 1 OFFSET 100"
    ).fetchone()[0]
    connection.close()
    content = bytearray(database.read_bytes())
    place = content.index(digest.encode()) + len(digest) - 1
    content[place] ^= 1
    database.write_bytes(bytes(content))
    return place


def _cut_tail(database: Path) -> None:
    """Take off the last event, as the owner of the file could: the chain is whole without it."""
    connection = sqlite3.connect(database)
    connection.execute("DROP TRIGGER audit_event_no_delete")
    connection.execute(
        "DELETE FROM audit_event WHERE sequence = (SELECT max(sequence) FROM audit_event)"
    )
    connection.commit()
    connection.close()
