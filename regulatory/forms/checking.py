"""Is what stands in a filled form of the right kind: types, codes, lengths, order of dates?"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from regulatory.forms.catalogue import FormField
from regulatory.forms.codes import NOT_LOADED, CodeList, why_no_code
from regulatory.forms.filling import VALUE, FilledForm

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a field, by its number; the value is not repeated."""

    number: str
    key: str
    words: str

    def __str__(self) -> str:
        return f"{self.number} {self.words}"


def validate(filled: FilledForm, codes: CodeList = NOT_LOADED) -> list[Fault]:
    """Every fault of the values, in the order of the form; what is missing is another list."""
    faults = [
        Fault(cell.field.number, cell.field.key, f"{cell.field.name}: {words}")
        for cell in filled.cells if cell.state == VALUE
        for words in _faults_of(cell.field, cell.value, codes, _day_of(filled))
    ]
    return [*faults, *_out_of_order(filled)]


def _day_of(filled: FilledForm) -> date | None:
    """The day of the report, by which codes must be in use."""
    values = filled.values
    return next(
        (day for key in ("submission_date", "report_date") if (day := _day(values.get(key)))), None
    )


def _faults_of(field: FormField, value: Any, codes: CodeList, on: date | None) -> Iterator[str]:
    wrong = _KINDS[field.type](field, value)
    if wrong:
        yield wrong
        return
    if field.type == "codes":
        yield from filter(None, (why_no_code(one, field.annex, codes, on=on) for one in value))
    if field.most is not None and len(value) > field.most:
        unit = "characters" if field.type == "text" else "entries"
        yield f"has {len(value)} {unit}, {field.most} at most"
    if field.pattern and not re.fullmatch(field.pattern, value):
        yield f"is not of the form {field.pattern}"


def _out_of_order(filled: FilledForm) -> Iterator[Fault]:
    values = filled.values
    for first, then in filled.form.in_order:
        before, after = _day(values.get(first)), _day(values.get(then))
        if before and after and before > after:
            one, other = filled.form.field(first), filled.form.field(then)
            yield Fault(other.number, then,
                        f"{other.name}: lies before {one.number} {one.name}")  # fmt: skip


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _text(_field: FormField, value: Any) -> str:
    return "" if isinstance(value, str) else "a text is needed"


def _list_of(what: str) -> Callable[[FormField, Any], str]:
    def check(_field: FormField, value: Any) -> str:
        fine = isinstance(value, list) and all(
            isinstance(one, str) and one.strip() for one in value
        )
        return "" if fine else f"a list of {what} is needed"

    return check


def _date(_field: FormField, value: Any) -> str:
    return "" if _day(value) else "a day such as 2026-03-01 is needed"


def _number(_field: FormField, value: Any) -> str:
    fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return "" if fine and value >= 0 else "a number from 0 is needed"


def _count(_field: FormField, value: Any) -> str:
    fine = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if fine else "a whole number from 0 is needed"


def _yes_no(_field: FormField, value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false is needed"


def _choice(field: FormField, value: Any) -> str:
    return "" if value in field.choices else f"one of {', '.join(field.choices)} is needed"


def _choices(field: FormField, value: Any) -> str:
    fine = isinstance(value, list) and all(one in field.choices for one in value)
    return "" if fine else f"a list of {', '.join(field.choices)} is needed"


def _country(_field: FormField, value: Any) -> str:
    fine = isinstance(value, str) and _COUNTRY.fullmatch(value)
    return "" if fine else "a country code of two letters such as DE is needed"


def _countries(field: FormField, value: Any) -> str:
    fine = isinstance(value, list) and not any(_country(field, one) for one in value)
    return "" if fine else "a list of country codes such as DE is needed"


def _table(field: FormField, value: Any) -> str:
    fine = isinstance(value, list) and all(
        isinstance(row, Mapping) and set(row) == set(field.columns)
        and all(isinstance(cell, str | int | float) and not isinstance(cell, bool)
                for cell in row.values())
        for row in value
    )  # fmt: skip
    if not fine:
        return f"rows with {', '.join(field.columns)} are needed"
    blank = {name for row in value for name, cell in row.items() if cell == ""}
    named = ", ".join(one for one in field.columns if one in blank)
    return f"cells of {named} are empty" if blank else ""


_KINDS: Final[dict[str, Callable[[FormField, Any], str]]] = {
    "text": _text, "texts": _list_of("texts"), "date": _date, "number": _number, "count": _count,
    "yes_no": _yes_no, "choice": _choice, "choices": _choices, "codes": _list_of("codes"),
    "country": _country, "countries": _countries, "table": _table,
}  # fmt: skip
