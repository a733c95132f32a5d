"""A form filled from facts: each field has a value, is unknown, does not apply, or is empty.

Unknown is not empty (21 CFR 803.50(b)(3)): it has a reason, and where the form asks for it what was
done to learn it. null and a blank text are no answer; a field that is needed is then missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from records.errors import InvalidInput
from records.reasons import says
from regulatory.forms.catalogue import Form, FormField, find_form
from regulatory.forms.conditions import holds, words_of

VALUE, UNKNOWN, NOT_APPLICABLE, EMPTY = "value", "unknown", "not applicable", "empty"
_MARKS: Final = {"unknown": UNKNOWN, "not_applicable": NOT_APPLICABLE}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a field."""

    field: FormField
    state: str
    value: Any = None
    reason: str = ""
    """Why it is unknown or does not apply."""
    attempts: tuple[str, ...] = ()
    """What was done to learn it: information requests by their label, or in words."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A needed field without an answer, by its number."""

    number: str
    key: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}: {self.why}"


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form with what stands in its fields."""

    form: Form
    cells: tuple[Cell, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The fields that have a value."""
        return {one.field.key: one.value for one in self.cells if one.state == VALUE}

    @property
    def unknown(self) -> frozenset[str]:
        """The fields that are said to be unknown."""
        return frozenset(one.field.key for one in self.cells if one.state == UNKNOWN)

    @property
    def reference(self) -> str:
        """The number of the report; '' where it has none yet."""
        return str(self.values.get(self.form.reference, ""))


def fill_form(form_id: str, facts: Mapping[str, Any]) -> FilledForm:
    """A form with these facts in its fields; facts that it does not know are refused.

    A fact is a value, null, ``{"unknown": REASON, "attempts": [...]}`` or
    ``{"not_applicable": REASON}``.

    Raises:
        InvalidInput: There is no such form, a fact is not of it, or the mark of one is wrong.
    """
    form = find_form(form_id)
    known = {one.key for one in form.fields}
    if strange := sorted(facts.keys() - known):
        raise InvalidInput(
            f"Form {form.id} has no field {', '.join(strange)}.",
            hint=f"See 'radvigil submission fields {form.id}'.",
        )
    return FilledForm(form, tuple(_cell(one, facts.get(one.key)) for one in form.fields))


def _cell(field: FormField, fact: Any) -> Cell:
    if isinstance(fact, Mapping):
        return _marked(field, fact)
    if isinstance(fact, datetime):
        raise InvalidInput(f"{field.number} {field.name}: a day is needed, not an instant.")
    if isinstance(fact, date):
        fact = fact.isoformat()
    if isinstance(fact, str):
        fact = fact.strip()
    if isinstance(fact, tuple):
        fact = list(fact)
    empty = fact is None or fact == "" or fact == []
    return Cell(field, EMPTY) if empty else Cell(field, VALUE, fact)


def _marked(field: FormField, fact: Mapping[str, Any]) -> Cell:
    marks = [name for name in _MARKS if name in fact]
    attempts = fact.get("attempts", [])
    allowed = {*marks, "attempts"} if marks == ["unknown"] else set(marks)
    if (
        len(marks) != 1 or fact.keys() - allowed or not isinstance(fact[marks[0]], str)
        or not isinstance(attempts, list) or not all(isinstance(one, str) for one in attempts)
    ):
        wanted = '{"unknown": "why", "attempts": ["..."]} or {"not_applicable": "why"}'
        raise InvalidInput(f"{field.number} {field.name}: {wanted} is needed, or a value.")
    done = tuple(one.strip() for one in attempts if says(one))
    return Cell(field, _MARKS[marks[0]], reason=fact[marks[0]].strip(), attempts=done)


def missing_fields(filled: FilledForm) -> list[Missing]:
    """Every needed field without an answer, in the order of the form.

    A field whose need cannot be told, because what decides it has no value, is listed: it is
    better asked than forgotten.
    """
    values, unknown = filled.values, filled.unknown
    found = []
    for cell in filled.cells:
        needed = _needed(filled.form, cell.field, values, unknown)
        why = _why_missing(filled.form, cell, needed, values, unknown)
        if why:
            found.append(Missing(cell.field.number, cell.field.key, cell.field.name, why))
    return found


def _needed(
    form: Form, field: FormField, values: Mapping[str, Any], unknown: frozenset[str]
) -> bool | None:
    if isinstance(field.needed, bool):
        return field.needed
    found = holds(field.needed, values, unknown=unknown, groups=form.groups)
    if found is None and "field" in field.needed:
        decides = form.field(field.needed["field"])
        # What hangs on a question that is itself not asked is not asked either.
        if not decides.needed or _needed(form, decides, values, unknown) is False:
            return False
    return found


def _why_missing(
    form: Form, cell: Cell, needed: bool | None, values: Mapping[str, Any], unknown: frozenset[str]
) -> str:
    field, names = cell.field, {one.key: one.name for one in form.fields}
    if cell.state == EMPTY:
        if needed is None and not isinstance(field.needed, bool):
            return f"needed if {words_of(field.needed, names)}, which is not known"
        if not needed:
            return ""
        if isinstance(field.needed, bool):
            return "needed"
        return f"needed, because {words_of(field.needed, names)}"
    if cell.state == UNKNOWN:
        return _why_unknown_is_none(form, cell, values, unknown)
    if cell.state == NOT_APPLICABLE:
        if needed and not field.may_not_apply:
            return "needed; 'does not apply' is no answer"
        return "" if says(cell.reason) else "why it does not apply is not said"
    return ""


def _why_unknown_is_none(
    form: Form, cell: Cell, values: Mapping[str, Any], unknown: frozenset[str]
) -> str:
    """Why 'unknown' does not answer this field; '' where it does."""
    field, names = cell.field, {one.key: one.name for one in form.fields}
    if field.unknown is None:
        return "needed; 'unknown' is no answer here" if field.needed else "'unknown' is no answer"
    when = field.unknown_when
    if when is not None and not holds(when, values, unknown=unknown, groups=form.groups):
        return f"'unknown' is an answer only if {words_of(when, names)}"
    if not says(cell.reason):
        return "unknown, and the reason is not said"
    if form.unknown_needs_attempts and not cell.attempts:
        return "unknown, and what was done to learn it is not said"
    return ""


def written(cell: Cell) -> Any:
    """What the form itself shows in the field: a value, the form's word for unknown, or nothing."""
    if cell.state == VALUE:
        return cell.value
    return cell.field.unknown or None if cell.state == UNKNOWN else None
