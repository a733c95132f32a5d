"""The only way to a writable session, and the only commit.

``transaction`` is one action of one actor: rows and audit events are written together or not at
all. ``reader`` cannot write.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel

from records.append_only import refuse_changes
from records.audit import Act, note_refusal, observe_flush, refuse_deletes, seal
from records.base import compact_json
from records.damage import damaged, explaining
from records.door import Door
from records.errors import InvalidInput, NotFound, RadvigilError, Refused
from records.settings import Workspace, current_settings
from records.write_lock import WAIT_SECONDS, take_write_lock


class WriteSession(Session):
    """A session whose every change becomes an audit event; it commits for nobody but the store."""

    sealed = False

    def commit(self) -> None:
        """Refused unless the store is closing the transaction."""
        if not self.sealed:
            raise Refused("Only the store commits: leave the 'with store.transaction()' block.")
        super().commit()


class ReadSession(Session):
    """A session that cannot write."""

    def commit(self) -> None:
        """Always refused."""
        raise Refused("This session only reads; use store.transaction() to write.")


def _refuse_bulk(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        raise Refused("Bulk statements would bypass the audit trail; add and change records.")


event.listen(WriteSession, "after_begin", take_write_lock)
event.listen(WriteSession, "before_flush", refuse_deletes)
event.listen(WriteSession, "before_flush", refuse_changes)
event.listen(WriteSession, "after_flush", observe_flush)
event.listen(WriteSession, "do_orm_execute", _refuse_bulk)


class Store:
    """The records of one workspace."""

    def __init__(self, workspace: Workspace, engine: Engine, door: Door | None = None) -> None:
        self.workspace = workspace
        self.engine = engine
        self.door = door or Door()

    def through(self, door: Door) -> "Store":
        """The same records for who comes in by this door; its acts say so."""
        return Store(self.workspace, self.engine, door)

    @contextmanager
    def transaction(self, actor: str, reason: str = "", *, now: datetime) -> Iterator[Session]:
        """One action: all rows and events of the block are committed together, or none.

        What the rules refuse in it leaves one event, in a transaction of its own (21 CFR
        11.10(f)). Others that write wait meanwhile: keep the block short.

        Args:
            actor: Account name of the person or service that acts.
            reason: Why; written with every event.
            now: The instant by the workspace's clock, with zone.

        Raises:
            InvalidInput: The reason, or what was typed into a record, names a patient
                (records/typed_text.py); nothing was written, no refusal either.
            Unavailable: Others kept writing for too long, or there is no space left; nothing
                was written.
            IntegrityBroken: The database is damaged.
        """
        act = Act(actor, reason, now, door=self.door)
        try:
            with self._writing(act) as tx:
                yield tx
        except Refused as why:
            if not act.notes_refusals:
                # what was refused stays refused, also where there is no room to say so
                with suppress(RadvigilError), self._writing(
                    Act(actor, reason, now, door=self.door)
                ) as tx:
                    note_refusal(tx, why)
            raise

    @contextmanager
    def _writing(self, act: Act) -> Iterator[Session]:
        with self._explained(), WriteSession(self.engine, expire_on_commit=False) as tx:
            from records.typed_text import require_names_nobody  # which knows tables that know us

            tx.info["act"] = act
            try:
                require_names_nobody(tx, self.workspace, [("reason", act.reason)], now=act.now)
                yield tx
                tx.flush()
                require_names_nobody(tx, self.workspace, act.typed, now=act.now)
                if act.moves:
                    from records.guards import guard_moves  # which knows tables that know us

                    guard_moves(tx)
                seal(tx)
                tx.sealed = True
                tx.commit()
            except BaseException:
                tx.rollback()
                raise

    @contextmanager
    def reader(self) -> Iterator[Session]:
        """A consistent view for looking; nothing can be written through it."""
        engine = self.engine.execution_options(radvigil_reader=True)
        with self._explained(), ReadSession(engine, autoflush=False) as session:
            if engine.dialect.name == "postgresql":
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield session

    def _explained(self) -> AbstractContextManager[None]:
        return explaining(self.workspace, self.engine.dialect.name)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine, *, sealed: bool) -> None:
    writing = () if sealed else ("journal_mode=WAL", "synchronous=FULL")

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={WAIT_SECONDS * 1000}", *writing, "foreign_keys=ON",
            "cell_size_check=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        reading = connection.get_execution_options().get("radvigil_reader", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def make_engine(workspace: Workspace, url: str = "", *, sealed: bool = False) -> Engine:
    """The database engine: SQLite inside the workspace, or PostgreSQL at the given address.

    Connecting never makes a file. ``sealed``: the workspace lies where nothing can be written, as
    a copy kept as evidence does; it is read as it lies, without the files beside the database that
    SQLite makes for its readers.

    Raises:
        InvalidInput: The address is none, or of another kind of database.
    """
    if url:
        return create_engine(
            _postgresql_address(url), pool_pre_ping=True, json_serializer=compact_json
        )
    place = URL.create(
        "sqlite", database=f"file:{quote(str(workspace.database))}",
        query={"mode": "ro", "immutable": "1", "uri": "true"} if sealed
        else {"mode": "rw", "uri": "true"},
    )
    engine = create_engine(place, json_serializer=compact_json)
    _prepare_sqlite(engine, sealed=sealed)
    return engine


def _is_sealed(workspace: Workspace) -> bool:
    """Whether nothing can be written beside the database, and nothing waits to be taken into it."""
    if not workspace.database.is_file() or os.access(workspace.home, os.W_OK):
        return False
    waiting = workspace.database.with_name(f"{workspace.database.name}-wal")
    return not (waiting.is_file() and waiting.stat().st_size)


def _postgresql_address(url: str) -> URL:
    hint = "Use postgresql://user@host/database, or leave it empty for SQLite."
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # what they say may quote a password
        raise InvalidInput("RADVIGIL_DATABASE_URL is not an address.", hint=hint) from None
    if not parsed.drivername.startswith("postgresql"):
        raise InvalidInput(f"RADVIGIL_DATABASE_URL names '{parsed.drivername}'.", hint=hint)
    return parsed.set(drivername="postgresql+psycopg")


SCHEMA = "0037"
"""The newest migration; a test compares it with migrations/versions."""


def open_store(workspace: Workspace, *, url: str | None = None) -> Store:
    """Open the records of a workspace to change them.

    Tables are made in a workspace that is being made, and in no other; older ones are migrated
    (records/migration.py).

    Raises:
        NotFound: There is no workspace.
        Refused: It is of a newer version, or of an older one that this role may not migrate.
        IntegrityBroken: The database is missing, empty or damaged.
        Unavailable: It cannot be reached or written.
    """
    address = current_settings().database_url if url is None else url
    return _opened(Store(workspace, make_engine(workspace, address)), _make_ready)


def open_reader(home: Path) -> Store:
    """Open an existing workspace for looking only: nothing is made or migrated.

    Raises:
        NotFound: There are no records yet.
        Refused: They are of another version.
        IntegrityBroken: The database is missing, empty or damaged.
        Unavailable: It cannot be reached.
    """
    workspace = Workspace(home)
    engine = make_engine(workspace, current_settings().database_url, sealed=_is_sealed(workspace))
    return _opened(Store(workspace, engine), _require_records)


def _opened(store: Store, prepare: Callable[[Store], None]) -> Store:
    try:
        with explaining(store.workspace, store.engine.dialect.name):
            prepare(store)
    except UnicodeDecodeError as garbled:  # a name of a table, as the database gives it
        store.close()
        raise damaged(store.workspace, "the database's schema cannot be decoded") from garbled
    except BaseException:
        store.close()
        raise
    return store


def _make_ready(store: Store) -> None:
    from records.migration import make_tables, migrate_workspace

    workspace, schema = store.workspace, schema_of(store)
    if not schema and workspace.being_made:
        if store.engine.dialect.name == "sqlite":
            workspace.database.touch(mode=0o600)
        make_tables(store)
    elif schema and schema != SCHEMA:
        migrate_workspace(store)
    _require_records(store)
    if workspace.being_made:
        workspace.finish()


def _require_records(store: Store) -> None:
    """Refuse a database that is not there, or not whole at a glance."""
    import records.tables  # noqa: F401  (knows every table)

    workspace, schema = store.workspace, schema_of(store)
    if not schema and (workspace.being_made or not workspace.exists):
        raise NotFound(
            f"There are no records at {workspace.home} yet.",
            hint="Make them with 'radvigil demo' or 'radvigil study ingest'.",
        )
    if not schema:
        raise damaged(workspace, "the database is missing or empty")
    if schema != SCHEMA:
        raise _another_version(workspace, schema)
    with _glancing(store) as connection:
        missing = sorted(set(SQLModel.metadata.tables) - set(inspect(connection).get_table_names()))
    if missing:
        raise damaged(workspace, f"the table {', '.join(missing)} is missing")


def _another_version(workspace: Workspace, schema: str) -> RadvigilError:
    """What it means that the tables are not those of this version."""
    from records.migration import require_not_newer

    require_not_newer(workspace, schema)
    if len(schema) != len(SCHEMA) or not schema.isdecimal():
        return damaged(workspace, f"the database says its schema is '{schema}', not '{SCHEMA}'")
    return Refused(
        f"The records of {workspace.home} are of an older version (schema {schema}, not {SCHEMA}).",
        hint="Bring them to this one with 'radvigil install migrate'.",
    )


def schema_of(store: Store) -> str:
    """The migration that the database stands at; empty where it is missing or holds no tables."""
    file = store.workspace.database
    if store.engine.dialect.name == "sqlite" and not (file.is_file() and file.stat().st_size):
        return ""
    with _glancing(store) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(version or "")


def _glancing(store: Store) -> Connection:
    return store.engine.execution_options(radvigil_reader=True).connect()
