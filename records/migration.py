"""An older workspace becomes one of this version: all of it or nothing, and on record.

One transaction changes the tables, writes the audit event and verifies the records, on SQLite and
on PostgreSQL: a kill, a full disk or a fault in the middle leaves the workspace as it was. Of an
SQLite database a copy is kept beside it first (21 CFR 11.10(a), (c); ISO 13485 4.1.6).
"""

import getpass
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from records.audit import SOFTWARE, Act, head, note, seal
from records.clock import now_in
from records.damage import damaged, explaining
from records.database_copy import copy_sqlite
from records.door import Door
from records.errors import IntegrityBroken, Refused, Unavailable
from records.services import start_service
from records.settings import REPOSITORY, Workspace
from records.store import SCHEMA, Store, WriteSession, schema_of
from records.verify import verify_records
from records.write_lock import take_write_lock

SERVICE = "service:migration"
MIGRATED = "migrate database"
"""The action of the event that says from which tables and software to which."""

RUN_BY_OWNER = "Its owner runs 'radvigil install migrate' (docs/installation.md)."


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: from which schema and software, and where the copy of before lies."""

    before: str
    after: str
    software_before: str
    software: str
    copy: str = ""
    copy_sha256: str = ""


def make_tables(store: Store) -> None:
    """Make the tables of a workspace that is being made; one that has them already keeps them.

    Raises:
        Unavailable: The database cannot be reached or written.
    """
    with store.engine.begin() as connection:
        take_write_lock(None, None, connection)
        if not schema_in(connection):
            _upgrade(connection)


def migrate_workspace(store: Store, *, keep_copy: bool = True) -> Migrated | None:
    """Bring the records of an older version to this one; None where there is nothing to migrate.

    keep_copy: leave a copy of an SQLite database as it was in ``before-migration``.

    Raises:
        Refused: The workspace is of a newer version, or this role of the database may not.
        IntegrityBroken: The records are not whole: nothing was changed.
        Unavailable: The database cannot be reached or written, or there is no room.
    """
    workspace = store.workspace
    with explaining(workspace, store.engine.dialect.name):
        if not (found := schema_of(store)):
            return None
        require_not_newer(workspace, found)
        with store.engine.begin() as connection:
            take_write_lock(None, None, connection)
            before = schema_in(connection)
            if before in ("", SCHEMA):
                return None
            _require_owner(connection, before)
            return _migrate(workspace, connection, before, keep_copy=keep_copy)


def require_not_newer(workspace: Workspace, schema: str) -> None:
    """Raise :class:`Refused` where the tables are those of a later version of the program."""
    if len(schema) == len(SCHEMA) and schema.isdecimal() and schema > SCHEMA:
        raise Refused(
            f"The records of {workspace.home} were made by a newer version: their tables are "
            f"those of schema {schema}, and this is {SOFTWARE} (schema {SCHEMA}).",
            hint="Use that version, or a backup from before.",
        )


def schema_in(connection: Connection) -> str:
    """The migration that the database stands at; empty where it holds no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(version or "")


def _require_owner(connection: Connection, before: str) -> None:
    """On PostgreSQL the program's role may not change tables, and should not."""
    if connection.dialect.name != "postgresql":
        return
    owner = connection.execute(
        text(
            "SELECT pg_has_role(current_user, tableowner, 'MEMBER') FROM pg_tables "
            "WHERE schemaname = current_schema() AND tablename = 'audit_event'"
        )
    ).scalar()
    if not owner:
        raise Refused(
            f"The tables of the database are of an older version (schema {before}, not {SCHEMA}), "
            "and this role may not change tables.", hint=RUN_BY_OWNER,
        )


def _migrate(
    workspace: Workspace, connection: Connection, before: str, *, keep_copy: bool
) -> Migrated:
    last = text("SELECT software FROM audit_event ORDER BY sequence DESC LIMIT 1")
    software = str(connection.execute(last).scalar() or "")
    sequence = head(connection)[0]
    copy, digest = None, ""
    if keep_copy and connection.dialect.name == "sqlite":
        copy, digest = _keep_copy(workspace, before, sequence)
    try:
        _upgrade(connection, workspace)
        done = Migrated(
            before, SCHEMA, software, SOFTWARE, copy.name if copy else "", digest
        )
        with WriteSession(bind=connection, expire_on_commit=False) as tx:
            _put_on_record(tx, done)
            verdict = verify_records(tx)
    except BaseException:
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise
    if not verdict.whole:
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise IntegrityBroken(
            f"The records of {workspace.home} are not whole and were not migrated: "
            f"{verdict.findings[0]}.",
            hint="Nothing was changed. Restore a backup and keep what is there as evidence.",
        )
    return done


def _put_on_record(tx: Session, done: Migrated) -> None:
    now = now_in(tx)
    tx.info["act"] = Act(SERVICE, "a newer version of the software", now, door=Door("command"))
    # who runs a command is known to doors; this act has none of its own: any of them may start it
    start_service(tx, SERVICE, task=MIGRATED, system_user=getpass.getuser(), now=now)
    note(
        tx, MIGRATED, "Workspace:all",
        old={"schema": done.before, "software": done.software_before},
        new={
            "schema": done.after, "software": done.software, "copy": done.copy,
            "copy_sha256": done.copy_sha256,
        },
    )
    tx.flush()
    seal(tx)


def _keep_copy(workspace: Workspace, before: str, sequence: int) -> tuple[Path, str]:
    """A private copy of the database as of before; a copy that broke off is written anew."""
    folder = workspace.before_migration
    target = folder / f"radvigil-{before}-{sequence}.db"
    part = target.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        part.unlink(missing_ok=True)
        copy_sqlite(workspace.database, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        part.replace(target)
    except OSError as failed:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise Unavailable(
            f"No copy of the database can be kept in {folder} before it is migrated: "
            f"{failed.strerror}.", hint="Make room or correct who may write; nothing was changed.",
        ) from failed
    return target, digest


def _upgrade(connection: Connection, workspace: Workspace | None = None) -> None:
    """Run the migrations in the transaction that the connection is in."""
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    configuration = Config()
    configuration.set_main_option("script_location", str(REPOSITORY / "migrations"))
    configuration.attributes["connection"] = connection
    try:
        command.upgrade(configuration, "head")
    except CommandError as unknown:
        if workspace is None:
            raise
        raise damaged(workspace, f"its schema is not known here ({unknown})") from unknown
    except DBAPIError as failed:
        if workspace is None or "full" in str(failed.orig):
            raise
        raise damaged(workspace, f"it cannot be migrated ({failed.orig})") from failed
