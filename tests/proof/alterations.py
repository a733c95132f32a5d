"""Random ways to alter a closed database as its owner could, with every trigger put back after."""

# ruff: noqa: S608  (the names are those of our own tables)

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from records.audit import GENESIS, event_digest

Dump = dict[str, list[tuple[str, ...]]]


def dump(database: Path) -> Dump | None:
    """Every row of every table, each value with its type, in any order; None if unreadable."""
    with closing(sqlite3.connect(database)) as raw:
        raw.text_factory = bytes
        try:
            names = raw.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
            return {
                name.decode(): sorted(
                    tuple(map(repr, row))
                    for row in raw.execute(f'SELECT * FROM "{name.decode()}"')
                )
                for (name,) in names
            }
        except (sqlite3.Error, UnicodeDecodeError):
            return None


def difference(before: Dump, after: Dump | None) -> list[str]:
    """The rows that are no longer there and those that are new."""
    if after is None:
        return ["unreadable"]
    old, new = ({f"{name}: {row}" for name, rows in one.items() for row in rows}
                for one in (before, after))
    return [f"- {row}" for row in old - new] + [f"+ {row}" for row in new - old]


def change_byte(database: Path, chance: random.Random) -> None:
    """One byte of the file that is not zero: most of a small file is empty space."""
    content = bytearray(database.read_bytes())
    at = chance.choice([place for place, byte in enumerate(content) if byte])
    content[at] ^= chance.randrange(1, 256)
    database.write_bytes(bytes(content))


def change_column(raw: sqlite3.Connection, chance: random.Random) -> None:
    """One value of one row becomes another, of any type."""
    table, row = _some_row(raw, chance)
    column = chance.choice(row.keys()[1:])
    old = row[column]
    ways: list[Any] = [None, chance.randrange(10**6), chance.random(), "", "x", b"\xff\x00"]
    if isinstance(old, str) and old:
        at = chance.randrange(len(old))
        ways += 3 * [old[:at] + chr(chance.randrange(32, 127)) + old[at + 1 :]] + [old + " "]
    if isinstance(old, int | float):
        ways += [old + 1, -old, old * 2, str(old)]
    raw.execute(
        f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid = ?',
        (chance.choice(ways), row["_rowid"]),
    )


def swap_rows(raw: sqlite3.Connection, chance: random.Random) -> None:
    """Two rows of a table change places: each gets the other's number."""
    table, one = _some_row(raw, chance)
    other = chance.choice(_rows(raw, table))
    key = _key(one)
    for old, new in ((one[key], -1), (other[key], one[key]), (-1, other[key])):
        raw.execute(f'UPDATE "{table}" SET "{key}" = ? WHERE "{key}" = ?', (new, old))


def delete_row(raw: sqlite3.Connection, chance: random.Random) -> None:
    """One row is gone."""
    table, row = _some_row(raw, chance)
    raw.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row["_rowid"],))


def insert_row(raw: sqlite3.Connection, chance: random.Random) -> None:
    """A copy of a row with a number of its own; what must be unique is made so."""
    table, row = _some_row(raw, chance)
    values = {
        name: f"{value}{chance.randrange(100)}" if isinstance(value, str) and value[:1] not in "[{"
        and len(value) not in (10, 26) else value
        for name, value in dict(row).items() if name not in ("_rowid", "id", "sequence")
    }  # fmt: skip
    last = max(one[_key(row)] for one in _rows(raw, table))
    _insert(raw, table, {_key(row): last + chance.choice([1, 1, 7])} | values)


def cut_tail(raw: sqlite3.Connection, chance: random.Random) -> None:
    """The last events are gone; half of the time with what they created or changed."""
    events = _rows(raw, "audit_event")
    first = events[-1]["sequence"] - chance.randrange(min(12, len(events)))
    if chance.random() < 0.5:
        for one in reversed(events):
            if one["sequence"] >= first:
                _undo(raw, one)
    raw.execute("DELETE FROM audit_event WHERE sequence >= ?", (first,))


def rewrite_chain(raw: sqlite3.Connection, chance: random.Random) -> None:
    """An event tells another reason, and the whole chain from there on is computed anew."""
    events = [dict(row) for row in _rows(raw, "audit_event")]
    chosen = chance.choice(events)
    chosen[chance.choice(["reason", "actor"])] += "!"
    previous = GENESIS
    for one in events:
        del one["_rowid"]
        one["previous"] = previous
        one["digest"] = previous = event_digest(one)
    raw.execute("DELETE FROM audit_event")
    for one in events:
        _insert(raw, "audit_event", one)


STATEMENTS: tuple[Callable[[sqlite3.Connection, random.Random], None], ...] = (
    change_column, swap_rows, delete_row, insert_row, cut_tail, rewrite_chain,
)  # fmt: skip


def alter(database: Path, chance: random.Random) -> str:
    """Alter the database in one random way, which is named; triggers and log end as they were."""
    way = chance.choice((None, *STATEMENTS))
    if way is None:
        change_byte(database, chance)
        return change_byte.__name__
    with closing(sqlite3.connect(database)) as raw:
        raw.row_factory = sqlite3.Row
        query = "SELECT name, sql FROM sqlite_master WHERE type='trigger'"
        triggers = raw.execute(query).fetchall()
        for trigger in triggers:
            raw.execute(f'DROP TRIGGER "{trigger["name"]}"')
        with suppress(sqlite3.IntegrityError):  # a number of a row can be nothing but a number
            way(raw, chance)
        for trigger in triggers:
            raw.execute(trigger["sql"])
        raw.commit()
    return way.__name__


def _rows(raw: sqlite3.Connection, table: str) -> list[sqlite3.Row]:
    return raw.execute(f'SELECT rowid AS _rowid, * FROM "{table}" ORDER BY rowid').fetchall()


def _some_row(raw: sqlite3.Connection, chance: random.Random) -> tuple[str, sqlite3.Row]:
    names = raw.execute(
        "SELECT name FROM sqlite_master WHERE type='table' AND name <> 'alembic_version' "
        "ORDER BY name"
    )
    filled = [(one[0], _rows(raw, one[0])) for one in names.fetchall()]
    table, rows = chance.choice([one for one in filled if one[1]])
    return table, chance.choice(rows)


def _key(row: sqlite3.Row) -> str:
    return "sequence" if "sequence" in row.keys() else "id"  # noqa: SIM118 (a Row holds values)


def _insert(raw: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(values))
    names = ", ".join(f'"{name}"' for name in values)
    raw.execute(
        f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})', tuple(values.values())
    )


def _undo(raw: sqlite3.Connection, event: sqlite3.Row) -> None:
    """Take back what one event says was written: what a careful forger would do."""
    kind, _, number = event["subject"].partition(":")
    table = kind.lower() if kind in ("Site", "Device", "Signature", "Study") else ""
    if table and event["action"].startswith("create"):
        first, _, last = number.partition("..")
        raw.execute(f"DELETE FROM {table} WHERE id BETWEEN ? AND ?", (first, last or first))
    elif table:
        for name, value in json.loads(event["old"]).items():
            raw.execute(f"UPDATE {table} SET {name} = ? WHERE id = ?", (value, number))
