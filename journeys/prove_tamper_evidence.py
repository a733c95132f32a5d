"""Show that the audit trail is whole, and that one altered byte of the database is found."""

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from records.settings import Workspace
from records.store import Store, make_engine
from records.verify import verify_records


def prove_tamper_evidence(store: Store) -> dict[str, Any]:
    """Verify the records; then alter one byte of a copy of the database and verify that.

    The workspace's own database is only read. On PostgreSQL there is no file to copy and the
    second part is left out.
    """
    with store.reader() as reader:
        verdict = verify_records(reader)
    found: dict[str, Any] = {
        "whole": verdict.whole, "events": verdict.events, "records": verdict.records,
        "head": verdict.head, "findings": list(verdict.findings),
    }
    if store.engine.dialect.name != "sqlite":
        return found | {"altered_copy": "not made: the database is not a file"}
    with tempfile.TemporaryDirectory() as folder:
        copy = Workspace(Path(folder))
        _copy_database(store.workspace.database, copy.database)
        place = _alter_one_byte(copy.database)
        engine = make_engine(copy)
        tampered = Store(copy, engine)
        try:
            with tampered.reader() as reader:
                broken = verify_records(reader)
        finally:
            tampered.close()
    return found | {
        "altered_byte": place, "altered_found": not broken.whole,
        "altered_finding": broken.findings[0] if broken.findings else "",
    }


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
