"""What all records share: how a row is written down, so that its digest means the same always."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import inspect
from sqlmodel import SQLModel

_PLAIN = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """The value as JSON knows it: UTC instants as ISO text, enums by value, numpy by item.

    >>> plain(datetime(2026, 1, 5, 8, tzinfo=UTC))
    '2026-01-05T08:00:00.000000Z'
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be recorded; give it in UTC")
        return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, int, float, bool)):
        return value.item()
    return value


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no spaces, UTF-8, no NaN.

    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def compact_json(value: Any) -> str:
    """How a JSON column is stored: one form without spaces, so that another one shows."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(value: Any) -> str:
    """SHA-256 (hex) of the canonical text of a value."""
    return digest_of_text(canonical_json(value))


def digest_of_text(text: str) -> str:
    """SHA-256 (hex) of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _number(value: Any) -> Any:
    """As a column of this kind gives it back: 0 and -0.0 are 0.0."""
    return value if value is None else float(value) + 0.0


def _truth(value: Any) -> Any:
    return value if value is None else bool(value)


_AS_STORED = {float: _number, bool: _truth}


@cache
def recorded_columns(table: type["Record"]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Each column with how its value is written down."""
    return tuple(
        (one.key, _AS_STORED.get(one.columns[0].type.python_type, plain))
        for one in inspect(table).column_attrs
    )


def recorded(table: type["Record"], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table as JSON knows it: the same before it is stored and after it is read."""
    return settled(
        table.__name__, {name: write(row[name]) for name, write in recorded_columns(table)}
    )


_LATER: dict[str, dict[str, Any]] = {}
_ABSENT = object()


def settled(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row without those later columns that hold what every row from before them holds.

    So a row that an earlier version wrote, and one that does not use a later column, read as the
    audit trail tells them, after every migration.
    """
    later = _LATER.get(kind)
    if not later:
        return row
    return {name: value for name, value in row.items() if later.get(name, _ABSENT) != value}


class Record(SQLModel):
    """A row that the audit trail follows: never deleted, every change an event."""

    PREFIX: ClassVar[str] = "REC"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = ()
    """What a new signature on this record covers (21 CFR 11.70); empty: it cannot be signed."""
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {}
    """Columns that a later migration added, with the value that the migration gives older rows."""

    @classmethod
    def __pydantic_init_subclass__(cls, **named: Any) -> None:
        super().__pydantic_init_subclass__(**named)
        if cls.LATER_COLUMNS:
            _LATER[cls.__name__] = {key: plain(one) for key, one in cls.LATER_COLUMNS.items()}

    @property
    def label(self) -> str:
        """The number that people quote, such as ALT-0007."""
        return self.label_of(getattr(self, "id", None) or 0)

    @property
    def subject(self) -> str:
        """The name of this row in the audit trail, such as Alert:7."""
        return self.subject_of(getattr(self, "id", None))

    @classmethod
    def label_of(cls, number: int) -> str:
        """The label of a row that was not loaded."""
        return f"{cls.PREFIX}-{number:04d}"

    @classmethod
    def subject_of(cls, number: int | None) -> str:
        """The name in the audit trail of a row that was not loaded."""
        return f"{cls.__name__}:{number}"

    def as_recorded(self) -> dict[str, Any]:
        """The columns by name, as JSON knows them; later ones where they say something."""
        table = type(self)
        return settled(
            table.__name__,
            {name: write(getattr(self, name)) for name, write in recorded_columns(table)},
        )

    def signed_digest(self, fields: Sequence[str] | None = None) -> str:
        """Digest of what a signature covers: these fields, else those that one covers today.

        The names of the fields are part of it; a field that the record no longer has is None.
        """
        names = list(self.SIGNED_FIELDS if fields is None else fields)
        content = self.as_recorded()
        signed = {name: content.get(name) for name in names}
        return digest_of({"record": self.subject, "fields": names, "content": signed})
