"""A consistent copy of the database while others write to it, and the way back.

SQLite: its own online backup, one read transaction over all pages. PostgreSQL: ``pg_dump`` of an
exported snapshot, so that the copy and what is said about it are of the same moment.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import URL
from sqlmodel import Session

from records.anchors import copy_anchors, verify_anchors
from records.audit import head
from records.clock import workspace_mark
from records.errors import IntegrityBroken, InvalidInput, Refused, Unavailable
from records.settings import Workspace
from records.store import Store, make_engine

DUMP = "database.pgdump"
"""The name of the copy of a PostgreSQL database; one of SQLite has the name that it always has."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The records as they stood when they were copied.

    sequence, digest: the head of the audit trail. kind: of the workspace, empty where unmarked.
    database: the copied file. anchors: the folder of the anchors up to then.
    """

    sequence: int
    digest: str
    kind: str
    database: Path
    anchors: Path


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite database as of one moment; whoever writes to it goes on writing.

    Raises:
        Unavailable: It cannot be read, or there is no room for the copy.
    """
    target.touch(mode=0o600)
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=10)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as failed:
        raise Unavailable(f"{source} cannot be copied: {failed}.") from failed


def copy_database(store: Store, room: Path) -> Moment:
    """Copy the records, with the anchors that fit the copy, into a private folder.

    Raises:
        IntegrityBroken: The anchors do not fit the records.
        Unavailable: The database, or the program that copies it, does not answer.
    """
    place, anchors = Workspace(room), store.workspace.anchors
    if store.engine.dialect.name == "postgresql":
        with store.reader() as reader:
            snapshot = reader.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            _run_tool(
                "pg_dump", store.engine.url, "--format=custom", "--no-owner", "--no-privileges",
                f"--snapshot={snapshot}", f"--file={room / DUMP}",
            )
            return _moment(reader, room / DUMP, anchors)
    copy_sqlite(store.workspace.database, place.database)
    copy = Store(place, make_engine(place))
    try:
        with copy.reader() as reader:
            return _moment(reader, place.database, anchors)
    finally:
        copy.close()


def _moment(reader: Session, copied: Path, anchors: Path) -> Moment:
    mark = workspace_mark(reader)
    sequence, digest = head(reader)
    fitting = copied.with_name("anchors")
    copy_anchors(anchors, fitting, upto=sequence)
    verdict = verify_anchors(reader, fitting)
    if verdict.findings:
        raise IntegrityBroken(
            f"The anchors do not fit the records: {verdict.findings[0]}.",
            hint="See 'radvigil audit verify', and whether RADVIGIL_ANCHORS names their folder.",
        )
    return Moment(sequence, digest, mark.kind if mark else "", copied, fitting)


def require_database_for(kept: str, url: str) -> None:
    """Refuse to unpack a database of one kind where the other is meant.

    kept: the name of the copied database. url: RADVIGIL_DATABASE_URL.

    Raises:
        InvalidInput: The backup holds the other kind.
    """
    if (kept == DUMP) != bool(url):
        raise InvalidInput(
            f"The backup holds {'a PostgreSQL' if kept == DUMP else 'an SQLite'} database.",
            hint="Name an empty database in RADVIGIL_DATABASE_URL." if kept == DUMP
            else "Unset RADVIGIL_DATABASE_URL.",
        )


def load_dump(store: Store, dump: Path) -> None:
    """Bring a copy back into an empty PostgreSQL database, all of it or nothing.

    Raises:
        Refused: The database is not empty.
        Unavailable: It, or the program that fills it, does not answer.
    """
    with store.reader() as reader:
        found = inspect(reader.connection()).get_table_names()
    if found:
        raise Refused(
            f"The database of RADVIGIL_DATABASE_URL is not empty: it has a table '{found[0]}'.",
            hint="Name an empty one.",
        )
    _run_tool(
        "pg_restore", store.engine.url, "--single-transaction", "--exit-on-error", "--no-owner",
        "--no-privileges", str(dump),
    )


def _run_tool(name: str, address: URL, *words: str) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, where nobody lists it."""
    program = shutil.which(name)
    if program is None:
        raise Unavailable(
            f"{name} is not on this machine, and copies of PostgreSQL are its work.",
            hint="Install PostgreSQL's client programs of the server's version.",
        )
    open_address = address.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, "PGPASSWORD": str(address.password or "")}
    done = subprocess.run(
        [program, f"--dbname={open_address}", *words], env=environment, capture_output=True,
        text=True, check=False,
    )
    if done.returncode != 0:
        raise Unavailable(f"{name} failed: {done.stderr.strip()[-400:]}")
