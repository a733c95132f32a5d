"""What is written in a cell or a form, as a value of a fact; or what is wrong with it.

Faults name the column and what to write. They never repeat a cell: it may name somebody.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from records.facts import Column, Fact, columns_of

YES: Final = frozenset({"yes", "true", "1"})
NO: Final = frozenset({"no", "false", "0"})
MOST_SIGNS: Final = 10_000

YEARS: Final = (1900, 2100)
"""Of a day: another one is a slip."""

_LABEL: Final = re.compile(r"[A-Z]{2,4}-[0-9]{1,9}")
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PART: Final = re.compile(r"(?P<what>[^:;]*[^:;\s])\s*:\s*(?P<number>[0-9]{1,9})")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")


def read_cells(
    table: type[Fact], cells: Mapping[str, str], *, today: date
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The values of one fact by column, and column and sentence for each fault.

    cells: text by column; what is left out is empty.
    """
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for column in columns_of(table):
        text = (cells.get(column.name) or "").replace("\r\n", "\n").strip()
        try:
            values[column.name] = read_cell(column, text, today=today)
        except ValueError as wrong:
            faults.append((column.name, str(wrong)))
    return values, [*faults, *table.contradictions(values)]


def read_cell(column: Column, text: str, *, today: date) -> Any:
    """The value of one cell; an empty one that is not needed is nothing.

    Raises:
        ValueError: With a sentence that says what to write.
    """
    if not text:
        if column.needed:
            raise ValueError(f"It is empty: write {column.words}.")
        return {"text": "", "labels": [], "counts": []}.get(column.form)
    if len(text) > MOST_SIGNS:
        raise ValueError(f"It is longer than {MOST_SIGNS} signs.")
    if _CONTROL.search(text):
        raise ValueError("It holds a sign that cannot be shown: type it anew.")
    value = _READ[column.form](text)
    if column.choices and value not in column.choices:
        raise ValueError(f"None of: {'; '.join(column.choices)}.")
    if column.pattern and not re.fullmatch(column.pattern, text):
        raise ValueError(f"Write {column.pattern_in_words}.")
    if column.past and value > today:
        raise ValueError(f"{value} has not come yet.")
    return value


def written(value: Any) -> str:
    """A value as it is written in a cell.

    >>> written([{"what": "other organ", "number": 72}, {"what": "no outcome", "number": 40}])
    'other organ: 72; no outcome: 40'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        if value and isinstance(value[0], Mapping):
            return "; ".join(f"{one['what']}: {one['number']}" for one in value)
        return " ".join(value)
    return str(value)


def told_in_words(fact: Fact) -> str:
    """What was told of a fact but its key, column by column; what is empty is left out."""
    parts = [(one.name, written(getattr(fact, one.name))) for one in columns_of(type(fact))]
    return "; ".join(f"{named(name)}: {text}" for name, text in parts if text and name != "key")


def named(column: str) -> str:
    """The name of a column as people read it.

    >>> named("basic_udi_di"), named("counting")
    ('basic UDI-DI', 'counting')
    """
    return column.replace("_", " ").replace("udi di", "UDI-DI").replace("emdn", "EMDN")


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError("Write a day as 2026-06-30.")
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise ValueError(f"Write a day of the years {YEARS[0]} to {YEARS[1]}.")
    return found


def _whole(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise ValueError("Write a whole number from 0 on, in up to 9 digits, such as 1200.")
    return int(text)


def _decimal(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("Write a number with a point, such as 0.83.")
    return float(text) + 0.0


def _truth(text: str) -> bool:
    if text.lower() in YES | NO:
        return text.lower() in YES
    raise ValueError("Write yes or no.")


def _labels(text: str) -> list[str]:
    found = text.upper().replace(",", " ").replace(";", " ").split()
    if not all(_LABEL.fullmatch(one) for one in found):
        raise ValueError("Write labels of records such as EVA-0001, with blanks between them.")
    parts = (one.rpartition("-") for one in found)
    return list(dict.fromkeys(f"{prefix}-{int(number):04d}" for prefix, _, number in parts))


def _counts(text: str) -> list[dict[str, Any]]:
    found = [_PART.fullmatch(one.strip()) for one in text.split(";") if one.strip()]
    if not found or not all(found):
        raise ValueError("Write what and how many, such as 'other organ: 72; no outcome: 40'.")
    read = [{"what": one["what"].strip(), "number": int(one["number"])} for one in found if one]
    if len({one["what"] for one in read}) < len(read):
        raise ValueError("One thing is counted twice.")
    return read


_READ: Final[dict[str, Any]] = {
    "text": str, "day": _day, "count": _whole, "number": _decimal, "yes-no": _truth,
    "labels": _labels, "counts": _counts,
}
