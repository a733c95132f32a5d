"""Is every value stored in the form that the program stores it in?

SQLite keeps any value in any column: a truth value of 'x' reads as true and is found by no query
for true ones; an instant with another sign between day and hour reads as the same one and sorts
elsewhere. PostgreSQL refuses such values itself, but for the text of JSON.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Column, Text, TypeDecorator, cast, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from records.base import Record, compact_json, plain

_MOST = 100

_DAY = "-".join(["[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2])
_TIME = ":".join(["[0-9]" * 2] * 3) + "." + "[0-9]" * 6

_FORMS = {
    bool: "typeof({0}) = 'integer' AND {0} IN (0, 1)",
    int: "typeof({0}) = 'integer'",
    float: "typeof({0}) = 'real'",
    datetime: f"typeof({{0}}) = 'text' AND {{0}} GLOB '{_DAY} {_TIME}'",
    date: f"typeof({{0}}) = 'text' AND {{0}} GLOB '{_DAY}'",
}
_TEXT = "typeof({0}) = 'text'"
_JSON = "typeof({0}) = 'text' AND json_valid({0}) AND json({0}) = {0}"  # without spaces


def misformed(reader: Session, table: type[Record]) -> Iterator[str]:
    """A sentence for each row of a table with a value that the program would not store so."""
    if reader.get_bind().dialect.name != "sqlite":
        yield from _respaced(reader, table)
        return
    name = str(table.__tablename__)
    forms = [_form(name, one) for one in inspect(table).local_table.columns]
    query = (
        f'SELECT id FROM "{name}" WHERE NOT ({" AND ".join(forms)}) '  # noqa: S608
        f"ORDER BY id LIMIT {_MOST}"
    )
    try:
        for number in reader.execute(text(query.replace(":", r"\:"))).scalars():
            yield f"{table.__name__}:{number} holds a value in a form that is never written"
    except DBAPIError as failed:
        reader.rollback()
        yield f"the table {name} cannot be read: {plain(str(failed.orig))}"


def _respaced(reader: Session, table: type[Record]) -> Iterator[str]:
    """PostgreSQL keeps the text of a JSON value as it was given, spaces and doubled keys too."""
    columns = inspect(table).local_table.columns
    texts = [cast(one, Text) for one in columns if isinstance(one.type, JSON)]
    if not texts:
        return
    query = select(columns["id"], *texts).order_by(columns["id"])
    with closing(reader.execute(query.execution_options(yield_per=5000))) as rows:
        bad = (number for number, *found in rows if not all(map(_is_compact, found)))
        for number in islice(bad, _MOST):
            yield f"{table.__name__}:{number} holds a value in a form that is never written"


def _is_compact(found: str | None) -> bool:
    return found is None or compact_json(json.loads(found)) == found


def _form(table: str, column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    form = _JSON if isinstance(kind, JSON) else _FORMS.get(kind.python_type, _TEXT)
    name = f'"{table}"."{column.name}"'  # SQLite takes an unknown name alone for a text
    return f"({name} IS NULL OR {form.format(name)})"
