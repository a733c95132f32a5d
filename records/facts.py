"""Facts for documents: what only people know, typed, in versions that are never changed.

A fact stands under its own key, which whoever enters it chooses, such as `2025-eea`. A correction
is a later version under the same key, a withdrawal too; what stood before stays on record. Missing
is not zero: a figure of zero is a fact, and no fact is a gap.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Final, Literal, get_args

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from records.base import Record

KEY: Final = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,79}"
KEY_IN_WORDS: Final = "up to 80 letters, digits, dots, hyphens, strokes and _, no blank"
REGION: Final = r"EEA\+TR\+XI|worldwide|[A-Z]{2}"
REGION_IN_WORDS: Final = "EEA+TR+XI, worldwide, or a country by its two letters such as DE"

Form = Literal["text", "day", "count", "number", "yes-no", "labels", "counts"]
_FORMS: Final[dict[Any, Form]] = {
    str: "text", date: "day", int: "count", float: "number", bool: "yes-no",
    list[str]: "labels", list[dict[str, Any]]: "counts",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a kind of fact, as tables, forms and templates show it."""

    name: str
    words: str
    """What is written there."""
    example: str
    form: Form
    needed: bool
    choices: tuple[str, ...] = ()
    pattern: str = ""
    pattern_in_words: str = ""
    past: bool = False
    """Whether its day has come when it is recorded."""


def told(
    words: str, example: str, *, choices: tuple[str, ...] = (), pattern: tuple[str, str] = ("", ""),
    past: bool = False, **column: Any,
) -> Any:
    """A column that somebody tells: what it means, an example, and what may be written there.

    pattern: a regular expression that the whole text matches, and the same in words.
    """
    about = {"example": example, "choices": choices, "pattern": pattern, "past": past}
    return Field(description=words, schema_extra={"json_schema_extra": about}, **column)


def of_one_version() -> tuple[Any, ...]:
    """What every table of facts holds to: one row for each version under a key of a device."""
    return (UniqueConstraint("device_name", "key", "version"),)


class Fact(Record):
    """What every fact has: its device, its key and version, where it is from, who recorded it."""

    CODE: ClassVar[str] = ""
    """The code of the record in the list of what documents are made of."""
    KIND: ClassVar[str] = ""
    """Its name at the doors."""
    WORDS: ClassVar[str] = ""
    """What it is, in a line."""

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    """The revision of the device that was newest when it was recorded."""
    device_name: str = Field(index=True)
    key: str = told("own key: one for each fact, the same in every version", "",
                    pattern=(KEY, KEY_IN_WORDS))  # fmt: skip
    version: int
    withdrawn: bool = False
    """Whether this version says that nothing stands under the key any more."""
    source: str = told("where it is from: file, system, letter", "")
    because: str = ""
    """Why it was corrected or withdrawn; empty for a first version."""
    recorded_by: str
    recorded_at: datetime

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Column and sentence for each value that contradicts another; all are of the right form.

        >>> Fact.contradictions({"since": date(2026, 1, 2), "until": date(2026, 1, 1)})
        [('until', '2026-01-01 lies before 2026-01-02 (since).')]
        """
        first, last = values.get("since"), values.get("until")
        if first and last and last < first:
            return [("until", f"{last} lies before {first} (since).")]
        return []

    @property
    def told(self) -> dict[str, Any]:
        """What somebody told, by column."""
        return {one.name: getattr(self, one.name) for one in columns_of(type(self))}

    @property
    def known_as(self) -> str:
        """Label and version, such as 'SAL-0003 (2025-eea, version 2)'."""
        return f"{self.label} ({self.key}, version {self.version})"


@cache
def columns_of(table: type[Fact]) -> tuple[Column, ...]:
    """The columns that are told, in order: the key, those of the kind, the source."""
    own = [name for name in table.model_fields if name not in Fact.model_fields]
    return tuple(_column(table, name) for name in ("key", *own, "source"))


def _column(table: type[Fact], name: str) -> Column:
    field = table.model_fields[name]
    about: Any = field.json_schema_extra
    kind: Any = field.annotation
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    pattern, in_words = about["pattern"]
    examples = {"key": f"{table.KIND}-1", "source": "register of the quality department"}
    return Column(
        name, field.description or "", about["example"] or examples.get(name, ""),
        _FORMS[kind], field.is_required(), tuple(about["choices"]), pattern,
        in_words, about["past"],
    )
