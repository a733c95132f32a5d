"""The only way to a writable session, and the only commit.

``transaction`` is one action of one actor: rows and audit events are written together or not at
all. ``reader`` cannot write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session

from records.audit import Act, observe_flush, refuse_deletes, seal
from records.errors import IntegrityBroken, InvalidInput, Refused, Unavailable
from records.settings import REPOSITORY, Settings, Workspace


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


event.listen(WriteSession, "before_flush", refuse_deletes)
event.listen(WriteSession, "after_flush", observe_flush)
event.listen(WriteSession, "do_orm_execute", _refuse_bulk)


class Store:
    """The records of one workspace."""

    def __init__(self, workspace: Workspace, engine: Engine) -> None:
        self.workspace = workspace
        self.engine = engine

    @contextmanager
    def transaction(self, actor: str, reason: str = "", *, now: datetime) -> Iterator[Session]:
        """One action: all rows and events of the block are committed together, or none.

        Args:
            actor: Account name of the person or service that acts.
            reason: Why; written with every event.
            now: The instant by the workspace's clock, with zone.
        """
        with WriteSession(self.engine, expire_on_commit=False) as tx:
            tx.info["act"] = Act(actor, reason, now)
            try:
                yield tx
                tx.flush()
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
        with ReadSession(engine, autoflush=False) as session:
            if engine.dialect.name == "postgresql":
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000",
            "cell_size_check=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        reading = connection.get_execution_options().get("radvigil_reader", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def make_engine(workspace: Workspace, url: str = "") -> Engine:
    """The database engine: SQLite inside the workspace, or PostgreSQL at the given address."""
    if url:
        parsed = make_url(url)
        if not parsed.drivername.startswith("postgresql"):
            raise InvalidInput(
                f"RADVIGIL_DATABASE_URL names '{parsed.drivername}'.",
                hint="Use postgresql://user@host/database, or leave it empty for SQLite.",
            )
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    engine = create_engine(f"sqlite:///{workspace.database}")
    _prepare_sqlite(engine)
    return engine


SCHEMA = "0001"
"""The newest migration; a test compares it with migrations/versions."""


def open_store(workspace: Workspace, *, url: str | None = None) -> Store:
    """Open the records of a workspace, making or migrating the tables where needed."""
    address = Settings().database_url if url is None else url
    store = Store(workspace, make_engine(workspace, address))
    try:
        if schema_of(store.engine) != SCHEMA:
            migrate(store.engine)
    except DBAPIError as failed:
        store.close()
        if "malformed" in str(failed.orig) or "not a database" in str(failed.orig):
            raise IntegrityBroken(
                f"The database {workspace.database.name} is damaged: {failed.orig}.",
                hint="Restore a backup and keep the damaged file as evidence.",
            ) from failed
        raise Unavailable(
            f"The database does not answer ({type(failed.orig).__name__}).",
            hint="Check RADVIGIL_DATABASE_URL and that the server runs.",
        ) from failed
    return store


def schema_of(engine: Engine) -> str:
    """The migration that the database stands at; empty for a new one."""
    from sqlalchemy import inspect as inspect_schema

    with engine.connect() as connection:
        if not inspect_schema(connection).has_table("alembic_version"):
            return ""
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(version or "")


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest migration (Alembic)."""
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(REPOSITORY / "migrations"))
    configuration.attributes["engine"] = engine
    command.upgrade(configuration, "head")


def open_reader(home: Path) -> Store:
    """Open an existing workspace for looking only (no migration)."""
    workspace = Workspace(home)
    return Store(workspace, make_engine(workspace, Settings().database_url))
