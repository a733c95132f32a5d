"""Many new records of one kind in one audit event, from which each of them can be rebuilt.

A routine that writes thousands of rows at once would spend most of its time on one event a row.
A batch is one event with the number of rows and their canonical text, compressed; the event's
digest covers it, so an altered row of a batch is found like any other.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, inspect, select, text
from sqlmodel import Session

from records.audit import CREATE_BATCH, note
from records.base import Record, recorded_columns, settled
from records.errors import InvalidInput, Refused
from records.lifecycle import FIRST_STATUS
from records.typed_columns import TYPED, typed_texts

_SUBJECT = re.compile(r"(\w+):(\d+)\.\.(\d+)")


def add_batch(tx: Session, table: type[Record], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert new records of one kind together, with one audit event for all of them.

    rows: the columns of each record but its id, by name; columns with a default may be left out.

    Returns:
        The ids given, in the order of the rows.

    Raises:
        InvalidInput: A column is unknown or lacks a value; naming it and the row.
        Refused: A record of this kind does not begin with the status given.
    """
    if not rows:
        return []
    tx.flush()
    names = [column.key for column in inspect(table).column_attrs if column.key != "id"]
    complete = _complete(table, names, rows)
    _check_first_status(table, complete)
    identifiers = _next_identifiers(tx, table, len(rows))
    for one, row in zip(identifiers, complete, strict=True):
        row["id"] = one
    tx.connection().execute(insert(table), complete)
    if table.__name__ in TYPED:
        for row in complete:
            tx.info["act"].typed += typed_texts(table.__name__, row)
    subject = f"{table.__name__}:{identifiers[0]}..{identifiers[-1]}"
    note(tx, CREATE_BATCH, subject, new=_packed(table, complete))
    return identifiers


def batch_rows(event: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Subject and columns of each record that a batch event created, as they were recorded."""
    new = json.loads(event["new"])
    kind = event["subject"].split(":")[0]
    for values in json.loads(zlib.decompress(base64.b64decode(new["rows"]))):
        row = settled(kind, dict(zip(new["columns"], values, strict=True)))
        yield f"{kind}:{row['id']}", row


def may_hold(event_subject: str, subject: str) -> bool:
    """Whether a batch event of this subject may have created the record of the other subject.

    >>> may_hold("Prediction:101..160", "Prediction:120")
    True
    >>> may_hold("Prediction:101..160", "Study:120")
    False
    """
    batch = _SUBJECT.fullmatch(event_subject)
    kind, _, number = subject.partition(":")
    if batch is None or not number.isdecimal() or batch[1] != kind:
        return False
    return int(batch[2]) <= int(number) <= int(batch[3])


def _complete(
    table: type[Record], names: list[str], rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The rows with every column: defaults filled in, in the order of the table."""
    known, fields = set(names), table.model_fields
    complete = []
    for number, row in enumerate(rows, start=1):
        unknown = row.keys() - known
        if unknown:
            raise InvalidInput(
                f"Row {number} of the batch has a column that {table.__name__} has not: "
                f"{', '.join(sorted(unknown))}."
            )
        complete.append(
            {name: row[name] if name in row else _default(fields[name], name, number)
             for name in names}
        )  # fmt: skip
    return complete


def _default(field: Any, name: str, number: int) -> Any:
    if field.is_required():
        raise InvalidInput(f"Row {number} of the batch lacks a value for {name}.")
    return field.get_default(call_default_factory=True)


def _check_first_status(table: type[Record], rows: Sequence[Mapping[str, Any]]) -> None:
    first = FIRST_STATUS.get(table.__name__)
    if first is None:
        return
    for number, row in enumerate(rows, start=1):
        if row["status"] not in first:
            raise Refused(
                f"Row {number} of the batch cannot begin as '{row['status']}'; a "
                f"{table.__name__} begins as {sorted(first)}."
            )


def _next_identifiers(tx: Session, table: type[Record], count: int) -> list[int]:
    """Ids that nobody else is given: SQLite has one writer at a time, PostgreSQL a sequence."""
    connection = tx.connection()
    if connection.dialect.name == "postgresql":
        sequence = text(
            "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"
        )
        drawn = connection.execute(sequence, {"table": table.__tablename__, "count": count})
        return [int(one) for one in drawn.scalars()]
    last = connection.execute(select(func.max(inspect(table).columns["id"]))).scalar() or 0
    return list(range(last + 1, last + 1 + count))


def _packed(table: type[Record], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The rows as canonical JSON lists in the order of the columns, compressed, as text."""
    columns = recorded_columns(table)
    canonical = json.dumps(
        [[write(row[name]) for name, write in columns] for row in rows], sort_keys=True,
        separators=(",", ":"), ensure_ascii=False, allow_nan=False,
    )
    packed = base64.b64encode(zlib.compress(canonical.encode(), level=1)).decode()
    names = [name for name, _ in columns]
    return {"count": len(rows), "columns": names, "encoding": "zlib, base64", "rows": packed}
