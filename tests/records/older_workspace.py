"""A workspace as the first version left it: its tables, rows of each of them, and their events.

The tables are those of migration 0001; rows and events are written as that version wrote them,
whatever columns came later.
"""

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Column, Connection, MetaData, Table, TypeDecorator, inspect, text
from sqlmodel import SQLModel

import records.tables
from records.audit import GENESIS, event_digest
from records.base import Record, canonical_json, plain
from records.settings import REPOSITORY, Workspace
from records.store import Store, make_engine, open_store

FIRST = "0001"
SOFTWARE = "radvigil 0.0.9"


WITHOUT_BYTES = ("workspace_mark", "actor", "site", "device", "study", "reference_standard")


def make_older(store: Store, now: datetime, only: Collection[str] = ()) -> dict[str, int]:
    """Fill an empty database; how many rows each table has.

    only: fill these tables, where the rows of others would name bytes that nobody kept.
    """
    if store.engine.dialect.name == "sqlite":
        store.workspace.database.unlink(missing_ok=True)
        store.workspace.database.touch(mode=0o600)
    with store.engine.begin() as connection:
        configuration = Config()
        configuration.set_main_option("script_location", str(REPOSITORY / "migrations"))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, FIRST)
        counts = _fill(connection, now, only)
    store.workspace.finish()
    return counts


def _fill(connection: Connection, now: datetime, only: Collection[str]) -> dict[str, int]:
    kinds = {str(one.__tablename__): one for one in records.tables.RECORDS}
    found = inspect(connection)
    there = {
        name: {one["name"] for one in found.get_columns(name)} for name in found.get_table_names()
    }
    events: list[dict[str, Any]] = []
    counts = {}
    for table in SQLModel.metadata.sorted_tables:
        kind = kinds.get(table.name)
        if kind is None or table.name not in there or (only and table.name not in only):
            continue
        rows = 1 if table.name == "workspace_mark" else 2
        for number in range(1, rows + 1):
            row = {
                one.name: _value(table, one, number, now)
                for one in table.columns if one.name in there[table.name]
            }
            connection.execute(_as_it_was(table, row).insert().values(row))
            events.append(_created(kind, number, row, now))
        counts[table.name] = rows
        if connection.dialect.name == "postgresql":  # the numbers were given, not drawn
            drawn = text(f"SELECT setval('{table.name}_id_seq', {rows})")
            connection.execute(drawn)
    connection.execute(text("UPDATE site SET status = 'confirmed' WHERE id = 2"))
    events.append(_event("change status", "Site:2", {"status": "unconfirmed"},
                         {"status": "confirmed"}, now))
    connection.execute(text("UPDATE actor SET active = :no WHERE id = 2"), {"no": False})
    events.append(_event("change", "Actor:2", {"active": True}, {"active": False}, now))
    _chain(connection, events)
    return counts


def _as_it_was(table: Table, row: dict[str, Any]) -> Table:
    """The table with the columns of then, and none of the defaults of now."""
    return Table(table.name, MetaData(), *(Column(name, table.c[name].type) for name in row))


def _created(kind: type[Record], number: int, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    content = {name: plain(value) for name, value in row.items()}
    if kind.__name__ == "Actor":  # the trail never holds the hash itself
        content["password_hash"] = ""
    return _event("create", f"{kind.__name__}:{number}", None, content, now)


def _event(action: str, subject: str, old: Any, new: Any, now: datetime) -> dict[str, Any]:
    return {
        "at": plain(now), "actor": "ada", "action": action, "subject": subject, "reason": "older",
        "old": canonical_json(old), "new": canonical_json(new), "software": SOFTWARE,
    }


def _chain(connection: Connection, events: list[dict[str, Any]]) -> None:
    previous = GENESIS
    table = SQLModel.metadata.tables["audit_event"]
    for sequence, event in enumerate(events, start=1):
        row = {"sequence": sequence, **event, "previous": previous}
        row["digest"] = previous = event_digest(row)
        connection.execute(table.insert().values(row))


def _value(table: Table, column: Column[Any], number: int, now: datetime) -> Any:
    """Something that the column takes, another one for each row."""
    if (table.name, column.name) in _GIVEN:
        return _GIVEN[table.name, column.name]
    if column.name == "id" or column.foreign_keys:
        return number
    stored = column.type
    if isinstance(stored, JSON):
        return {"of": number}
    kind = (stored.impl_instance if isinstance(stored, TypeDecorator) else stored).python_type
    made: dict[type, Any] = {
        str: f"{column.name} {number}", int: number, float: number + 0.5, bool: True,
        datetime: now, date: now.date(),
    }
    return made[kind]


_GIVEN: dict[tuple[str, str], Any] = {
    ("workspace_mark", "kind"): "live", ("workspace_mark", "clock_at"): None,
    ("actor", "kind"): "person", ("actor", "roles"): ["engineer"], ("actor", "password_hash"): "",
    ("site", "status"): "unconfirmed",
}


def opened_older(folder: Path, now: datetime) -> Store:
    """Such a workspace in a folder, brought to this version by being opened."""
    workspace = Workspace(folder / "workspace").create()
    bare = Store(workspace, make_engine(workspace))
    make_older(bare, now)
    bare.close()
    return open_store(workspace, url="")
