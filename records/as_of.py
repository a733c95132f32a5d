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
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, TypeDecorator, create_engine, event, inspect, text
from sqlmodel import Session, SQLModel, select

from records.append_only import trigger_statements
from records.audit import CREATE, CREATE_BATCH, AuditEvent, read_events
from records.base import Record, compact_json
from records.batches import batch_rows
from records.people import Actor
from records.replay import CHANGES
from records.store import SCHEMA

_AT_ONCE = 2000
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
                _fill(connection, reader, sequence)
            with Session(engine, autoflush=False) as session:
                yield session
        finally:
            engine.dispose()


def _fast(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _fill(connection: Connection, reader: Session, sequence: int) -> None:
    from records.tables import RECORDS

    rows: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    events: list[dict[str, Any]] = []
    for one in read_events(reader, upto=sequence):
        _take(rows, one)
        events.append(dict(one))
        if len(events) >= _AT_ONCE:
            _insert(connection, AuditEvent, events)
            events = []
    _insert(connection, AuditEvent, events)
    _give_passwords_back(reader, rows["Actor"])
    kinds = {table.__name__: table for table in RECORDS}
    for name, told in rows.items():
        if name in kinds:
            _insert_records(connection, kinds[name], [told[number] for number in sorted(told)])
    names = [str(AuditEvent.__tablename__), *(str(one.__tablename__) for one in RECORDS)]
    for statement in trigger_statements("sqlite", names):
        connection.execute(text(statement.replace(":", r"\:")))


def _give_passwords_back(reader: Session, told: dict[int, dict[str, Any]]) -> None:
    """The trail tells a password's hash by its digest only; where it is still the same, it stands
    here as it does there, so that the rows are those that the events tell."""
    for actor in reader.exec(select(Actor)):
        row = told.get(actor.id or 0)
        if row and row["password_hash"] == actor.as_recorded()["password_hash"]:
            row["password_hash"] = actor.password_hash


def _take(rows: dict[str, dict[int, dict[str, Any]]], told: Mapping[str, Any]) -> None:
    action = told["action"]
    if action == CREATE_BATCH:
        for subject, row in batch_rows(told):
            rows[subject.split(":")[0]][int(row["id"])] = row
    elif action == CREATE or action in CHANGES:
        kind, _, number = told["subject"].partition(":")
        if action == CREATE:
            rows[kind][int(number)] = json.loads(told["new"])
        else:
            rows[kind][int(number)].update(json.loads(told["new"]))


def _insert(connection: Connection, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(inspect(table).local_table.insert(), rows)


def _insert_records(
    connection: Connection, table: type[Record], told: list[dict[str, Any]]
) -> None:
    read = {one.key: _reading(one.columns[0].type) for one in inspect(table).column_attrs}
    later = table.LATER_COLUMNS
    rows = [
        {
            name: made(row[name]) if name in row else later.get(name)
            for name, made in read.items()
        }
        for row in told
    ]
    for start in range(0, len(rows), _AT_ONCE):
        _insert(connection, table, rows[start : start + _AT_ONCE])


def _reading(kind: Any) -> Callable[[Any], Any]:
    """How a value that an event tells becomes one of the column again."""
    python = (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type
    if python is datetime:
        return lambda value: value and datetime.fromisoformat(value)
    if python is date:
        return lambda value: value and date.fromisoformat(value)
    return lambda value: value
