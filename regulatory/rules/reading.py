"""What an object of facts says, where only its meaning is fixed and not the names inside.

The interface names objects (an exclusion, an earlier decision, a new fact) without their fields.
Each field is recognised by a word that its name holds; where none fits, or two do, it is refused.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from records.errors import InvalidInput
from regulatory.rules.facts import FactsMissing, civil_date, number


def field_of(name: str, said: Mapping[str, Any], words: Sequence[str], *, role: str) -> Any:
    """The value of the only field whose name holds one of these words; earlier words come first.

    Raises:
        FactsMissing: No field's name does.
        InvalidInput: Two fields' names hold the same word.
    """
    for word in words:
        fits = [key for key in said if key.lower() == word]
        if not fits and len(word) > 2:
            fits = [key for key in said if word in key.lower()]
        if len(fits) > 1:
            raise InvalidInput(f"{name}: {' and '.join(fits)} both tell the {role}.",
                               hint="Leave one out.")  # fmt: skip
        if fits:
            return said[fits[0]]
    raise FactsMissing(
        f"Missing facts: {name} does not tell the {role}.",
        hint=f"Name a field with '{words[0]}' in it.",
    )


def holds(value: Any) -> bool:
    """Whether a field affirms: true, or a text such as a name, a date or a reference."""
    return value is True or (isinstance(value, str) and bool(value.strip()))


def all_hold(name: str, said: Mapping[str, Any], words: Sequence[str], *, role: str) -> bool:
    """Whether every field whose name holds one of these words affirms.

    Several fields may tell one thing: that it was signed, by whom and when.

    Raises:
        FactsMissing: No field's name holds one.
    """
    fits = [value for key, value in said.items() if any(word in key.lower() for word in words)]
    if not fits:
        raise FactsMissing(
            f"Missing facts: {name} does not tell the {role}.",
            hint=f"Name a field with '{words[0]}' in it.",
        )
    return all(holds(one) for one in fits)


_DENIED: Final = {"NO", "NOT", "NON", "WITHOUT"}


def code_in(said: Mapping[str, Any], codes: Sequence[str]) -> str | None:
    """The coded value that one of the fields has, or that a field of its name affirms.

    The first of several by the order of the codes. Where no field has one as it is, one that is
    part of a value (PATIENT_DEATH) counts, unless the value denies it; None where there is none.
    """
    values = [words_of(one) for one in said.values() if isinstance(one, str)]
    for code in codes:
        if code in values or any(
            words_of(key) == code and (value is True or _is_day(value))
            for key, value in said.items()
        ):
            return code
    for code in codes:
        if any(f"_{code}_" in f"_{one}_" for one in values if not _DENIED & set(one.split("_"))):
            return code
    return None


def words_of(text: str) -> str:
    """A text as a code is written: 'Not reportable' as NOT_REPORTABLE."""
    return "_".join(re.findall(r"[A-Z0-9]+", text.upper()))


def day_in(name: str, said: Mapping[str, Any], words: Sequence[str], *, role: str) -> date | None:
    """The date whose field's name holds the first of these words; else the only date there is.

    Raises:
        FactsMissing: There are several dates, and none is named so.
        InvalidInput: A field that is named so holds no date.
    """
    for word in words:
        for key, value in said.items():
            if word in key.lower() and isinstance(value, str) and value[:4].isdigit():
                return civil_date(f"{name}.{key}", value[:10] if "T" in value else value)
    if _is_day(said.get("date")):
        return date.fromisoformat(said["date"])
    days = [value for value in said.values() if _is_day(value)]
    if len(days) > 1:
        raise FactsMissing(f"Missing facts: {name} has several dates, and none is the {role}.")
    return date.fromisoformat(days[0]) if days else None


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def counted_of(name: str, said: Mapping[str, Any], words: Sequence[str], *, role: str) -> float:
    """A number from 0 in the field that holds one of these words."""
    return number(f"{name} ({role})", field_of(name, said, words, role=role))
