"""Random ways to alter the rows of a PostgreSQL database as the owner of its tables could.

Triggers are silenced and put back. All of it happens in a transaction that is verified from inside
and taken back, so that each alteration begins with the same whole database.
"""

# ruff: noqa: S608  (the names are those of our own tables)

import json
import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from records.audit import GENESIS, event_digest

Row = dict[str, Any]


def dump(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Every row of every table as text, in any order."""
    return [
        f"{table}: {row}"
        for table in tables
        for row in connection.execute(
            text(f'SELECT t::text FROM "{table}" t ORDER BY 1')
        ).scalars()
    ]


def alter(connection: Connection, tables: Sequence[str], chance: random.Random) -> str:
    """Alter rows in one random way, which is named; what the database cannot hold is no change."""
    way = chance.choice(WAYS)
    filled = [one for one in tables if rows_of(connection, one)]
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    try:
        with connection.begin_nested():
            way(connection, filled, chance)
    except DBAPIError:
        pass
    connection.execute(text("SET LOCAL session_replication_role = origin"))
    return way.__name__


def rows_of(connection: Connection, table: str) -> list[Row]:
    """The rows in the order of their numbers, JSON as text."""
    found = connection.execute(text(f'SELECT * FROM "{table}" ORDER BY 1')).mappings()
    return [
        {name: json.dumps(value) if isinstance(value, list | dict) else value
         for name, value in row.items()}
        for row in found
    ]  # fmt: skip


def change_column(connection: Connection, tables: Sequence[str], chance: random.Random) -> None:
    """One value of one row becomes another."""
    table, row = some_row(connection, tables, chance)
    column = chance.choice([name for name in row if name != key_of(row)])
    update(connection, table, row, {column: another(row[column], chance)})


def another(old: Any, chance: random.Random) -> Any:
    """A value near the old one, of the kind that the column takes, or none at all."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, int | float):
        return chance.choice([old + 1, -old, old * 2, 0, None])
    if isinstance(old, datetime | date):
        return old + timedelta(days=1)
    if isinstance(old, str) and old:
        at = chance.randrange(len(old))
        changed = old[:at] + chr(chance.randrange(32, 127)) + old[at + 1 :]
        return chance.choice([changed, changed, old + " ", "", "x", None])
    return chance.choice(["x", 7, None])


def swap_rows(connection: Connection, tables: Sequence[str], chance: random.Random) -> None:
    """Two rows of a table change places: each gets the other's number."""
    table, one = some_row(connection, tables, chance)
    other = chance.choice(rows_of(connection, table))
    key = key_of(one)
    for old, new in ((one[key], -1), (other[key], one[key]), (-1, other[key])):
        connection.execute(
            text(f'UPDATE "{table}" SET "{key}" = :new WHERE "{key}" = :old'),
            {"new": new, "old": old},
        )


def delete_row(connection: Connection, tables: Sequence[str], chance: random.Random) -> None:
    """One row is gone."""
    table, row = some_row(connection, tables, chance)
    key = key_of(row)
    connection.execute(text(f'DELETE FROM "{table}" WHERE "{key}" = :old'), {"old": row[key]})


def insert_row(connection: Connection, tables: Sequence[str], chance: random.Random) -> None:
    """A copy of a row with a number of its own; what must be unique is made so."""
    table, row = some_row(connection, tables, chance)
    key = key_of(row)
    last = max(one[key] for one in rows_of(connection, table))
    values = {
        name: f"{value}{chance.randrange(100)}"
        if isinstance(value, str) and value[:1] not in "[{" else value
        for name, value in row.items()
    }  # fmt: skip
    insert(connection, table, values | {key: last + chance.choice([1, 1, 7])})


def cut_tail(connection: Connection, _tables: Sequence[str], chance: random.Random) -> None:
    """The last events are gone."""
    events = rows_of(connection, "audit_event")
    first = events[-1]["sequence"] - chance.randrange(min(12, len(events)))
    connection.execute(text("DELETE FROM audit_event WHERE sequence >= :first"), {"first": first})


def rewrite_chain(connection: Connection, _tables: Sequence[str], chance: random.Random) -> None:
    """An event tells another reason, and the whole chain from there on is computed anew."""
    events = rows_of(connection, "audit_event")
    chance.choice(events)[chance.choice(["reason", "actor"])] += "!"
    previous = GENESIS
    connection.execute(text("DELETE FROM audit_event"))
    for one in events:
        one["previous"] = previous
        one["digest"] = previous = event_digest(one)
        insert(connection, "audit_event", one)


WAYS: tuple[Callable[[Connection, Sequence[str], random.Random], None], ...] = (
    change_column, change_column, swap_rows, delete_row, insert_row, cut_tail, rewrite_chain,
)  # fmt: skip


def some_row(
    connection: Connection, tables: Sequence[str], chance: random.Random
) -> tuple[str, Row]:
    """A table that holds something, and a row of it."""
    table = chance.choice(list(tables))
    return table, chance.choice(rows_of(connection, table))


def key_of(row: Row) -> str:
    """The column by which a row is known."""
    return "sequence" if "sequence" in row else "id"


def update(connection: Connection, table: str, row: Row, values: Row) -> None:
    """Change columns of a row, whatever its triggers would say."""
    key = key_of(row)
    named = ", ".join(f'"{name}" = :{name}' for name in values)
    connection.execute(
        text(f'UPDATE "{table}" SET {named} WHERE "{key}" = :_key'), values | {"_key": row[key]}
    )


def insert(connection: Connection, table: str, values: Row) -> None:
    """Put a row in, whatever its triggers would say."""
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({marks})'), values)
