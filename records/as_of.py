"""The records as they stood after an event: rebuilt from the audit trail in a database of its own.

What a document said at its freeze can be asked again years later: the rows have moved on, the
events have not.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    text,
    update,
)
from sqlmodel import Session, SQLModel, col, select

from records.append_only import trigger_statements
from records.audit import CREATE, CREATE_BATCH, AuditEvent, read_events
from records.base import Record, compact_json
from records.batches import batch_rows
from records.people import Actor
from records.replay import CHANGES
from records.store import SCHEMA

_AT_ONCE = 1000
_SCHEMA_MARK = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
"""As Alembic makes it; verification looks at it."""


@contextmanager
def as_of(reader: Session, sequence: int) -> Iterator[Session]:
    """A session on the records as the events up to this number tell them; nothing else is in it.

    The database is a temporary file, gone afterwards. What cannot be told from events (bytes in
    controlled storage, identities) is not in it.
    """
    with rebuilding(reader) as rebuilt, rebuilt.at(sequence) as session:
        yield session


@contextmanager
def rebuilding(reader: Session) -> Iterator["Rebuilt"]:
    """Records at several moments, one after the other, each event read once."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(
            f"sqlite:///{Path(folder) / 'as-of.db'}", json_serializer=compact_json
        )
        event.listen(engine, "connect", _fast)
        try:
            with engine.begin() as connection:
                SQLModel.metadata.create_all(connection)
                connection.execute(text(_SCHEMA_MARK))
                connection.execute(text("INSERT INTO alembic_version VALUES (:at)"), {"at": SCHEMA})
            yield Rebuilt(engine, reader)
        finally:
            engine.dispose()


def _fast(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")


class Rebuilt:
    """Records that are rebuilt from moment to moment; no more than a few rows are in memory."""

    def __init__(self, engine: Engine, reader: Session) -> None:
        self._engine, self._reader, self._done = engine, reader, 0

    @contextmanager
    def at(self, sequence: int) -> Iterator[Session]:
        """A session on the records after this event; raises ValueError where they are past it."""
        if sequence < self._done:
            raise ValueError(f"rebuilt to event {self._done} already, not to {sequence}")
        with self._engine.begin() as connection:
            for name in connection.execute(text(_TRIGGERS)).scalars().all():
                connection.execute(text(f'DROP TRIGGER "{name}"'))
            _Filling(connection).take(
                read_events(self._reader, since=self._done + 1, upto=sequence)
            )
            _give_passwords_back(connection, self._reader)
            _guard(connection)
        self._done = sequence
        with Session(self._engine, autoflush=False) as session:
            yield session


_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def _guard(connection: Connection) -> None:
    from records.tables import RECORDS

    names = [str(AuditEvent.__tablename__), *(str(one.__tablename__) for one in RECORDS)]
    for statement in trigger_statements("sqlite", names):
        connection.execute(text(statement.replace(":", r"\:")))


def _give_passwords_back(connection: Connection, reader: Session) -> None:
    """The trail tells a password's hash by its digest only; where it is still the same, it stands
    here as it does there, so that the rows are those that the events tell."""
    kept = connection.execute(select(Actor.id, Actor.password_hash)).all()
    told: dict[Any, str] = dict(kept)
    for actor in reader.exec(select(Actor)):
        if told.get(actor.id) == actor.as_recorded()["password_hash"] != actor.password_hash:
            connection.execute(
                update(Actor).where(col(Actor.id) == actor.id)
                .values(password_hash=actor.password_hash)
            )  # fmt: skip


class _Filling:
    """Events on their way into the tables: new rows wait for others of their kind, and what is
    changed meanwhile is changed there or in the table."""

    def __init__(self, connection: Connection) -> None:
        from records.tables import RECORDS

        self._connection = connection
        self._kinds = {table.__name__: table for table in RECORDS}
        self._rows: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)

    def take(self, told: Iterator[Mapping[str, Any]]) -> None:
        events: list[Mapping[str, Any]] = []
        for one in told:
            self._take(one)
            events.append(one)
            if len(events) >= _AT_ONCE:
                _insert(self._connection, AuditEvent, events)
                events = []
        _insert(self._connection, AuditEvent, events)
        for kind in self._rows:
            self._write(kind)

    def _take(self, told: Mapping[str, Any]) -> None:
        action = told["action"]
        if action == CREATE_BATCH:
            for subject, row in batch_rows(told):
                self._add(subject.partition(":")[0], int(row["id"]), row)
        elif action == CREATE or action in CHANGES:
            kind, _, number = told["subject"].partition(":")
            new = json.loads(told["new"])
            if action == CREATE:
                self._add(kind, int(number), new)
            elif (waiting := self._rows[kind].get(int(number))) is not None:
                waiting.update(new)
            elif kind in self._kinds:
                self._change(self._kinds[kind], int(number), new)

    def _add(self, kind: str, number: int, row: dict[str, Any]) -> None:
        if kind in self._kinds:
            self._rows[kind][number] = row
            if len(self._rows[kind]) >= _AT_ONCE:
                self._write(kind)

    def _change(self, table: type[Record], number: int, new: dict[str, Any]) -> None:
        read, column = _columns(table), col(table.id)  # type: ignore[attr-defined]
        values = {name: read[name](value) for name, value in new.items() if name in read}
        self._connection.execute(update(table).where(column == number).values(values))

    def _write(self, kind: str) -> None:
        table = self._kinds[kind]
        read, later = _columns(table), table.LATER_COLUMNS
        _insert(self._connection, table, [
            {
                name: made(row[name]) if name in row else later.get(name)
                for name, made in read.items()
            }
            for row in self._rows[kind].values()
        ])  # fmt: skip
        self._rows[kind] = {}


def _insert(
    connection: Connection, table: type[SQLModel], rows: list[Any]
) -> None:
    if rows:
        connection.execute(inspect(table).local_table.insert(), rows)


@cache
def _columns(table: type[Record]) -> dict[str, Callable[[Any], Any]]:
    return {one.key: _reading(one.columns[0].type) for one in inspect(table).column_attrs}


def _reading(kind: Any) -> Callable[[Any], Any]:
    """How a value that an event tells becomes one of the column again."""
    python = (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type
    if python is datetime:
        return lambda value: value and datetime.fromisoformat(value)
    if python is date:
        return lambda value: value and date.fromisoformat(value)
    return lambda value: value
