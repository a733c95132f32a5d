"""When a field is needed: small conditions over the other fields, with a third answer.

``{field, is}``, ``{field, in}``, ``{field, not_in}``, ``{field, in_group}``,
``{field, not_in_group}``, ``{field, has}``, ``{field, at_least}``, ``{field, given}``,
``{differ: [a, b]}``, ``{any_unknown: true}``. None means that it cannot be told yet.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from regulatory.forms.catalogue import Condition, choice_words

Values = Mapping[str, Any]
_NO_NAMES: Final[Mapping[str, str]] = {}

_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "is": lambda value, said: bool(value == said),
    "in": lambda value, said: value in said,
    "not_in": lambda value, said: value not in said,
    "has": lambda value, said: said in value,
    "at_least": lambda value, said: bool(value >= said),
}


def holds(
    condition: Condition, values: Values, *, unknown: frozenset[str],
    groups: Mapping[str, tuple[str, ...]],
) -> bool | None:
    """Whether a condition holds; None where a field that it asks for has no value.

    values: the fields that have one. unknown: those said to be unknown.
    """
    if "any_unknown" in condition:
        return bool(unknown) is bool(condition["any_unknown"])
    if "differ" in condition:
        first, other = condition["differ"]
        both = first in values and other in values
        return values[first] != values[other] if both else None
    field = condition["field"]
    if "given" in condition:
        return (field in values) is bool(condition["given"])
    if field not in values:
        return None
    for name in ("in_group", "not_in_group"):
        if name in condition:
            inside = values[field] in groups[condition[name]]
            return inside == (name == "in_group")
    test = next(name for name in _TESTS if name in condition)
    try:
        return _TESTS[test](values[field], condition[test])
    except TypeError:
        return None


def words_of(condition: Condition, names: Mapping[str, str] = _NO_NAMES) -> str:
    """The condition in words, for who must fill the field.

    names: by the key of a field its name on the form; without it the key itself is spoken.

    >>> words_of({"field": "report_type", "in": ["INITIAL", "FOLLOW_UP"]})
    'report type is INITIAL or FOLLOW_UP'
    >>> words_of({"field": "evaluated", "is": True}, {"evaluated": "Was it evaluated"})
    "'Was it evaluated' is yes"
    """
    if "any_unknown" in condition:
        return "anything is unknown"
    if "differ" in condition:
        first, other = (_spoken(each, names) for each in condition["differ"])
        return f"{first} and {other} differ"
    field = _spoken(condition["field"], names)
    if "given" in condition:
        return f"{field} is {'' if condition['given'] else 'not '}given"
    name, said = next((name, said) for name, said in condition.items() if name != "field")
    def read(one: object) -> str:
        return choice_words(str(one)) if names else str(one)

    if name == "is":
        return f"{field} is {'yes' if said is True else 'no' if said is False else read(said)}"
    if name in ("in", "not_in"):
        return f"{field} is {'not ' if name == 'not_in' else ''}{' or '.join(map(read, said))}"
    spoken = {
        "in_group": "is in the", "not_in_group": "is not in the", "has": "includes",
        "at_least": "is at least",
    }  # fmt: skip
    return f"{field} {spoken[name]} {read(said)}"


def _spoken(key: str, names: Mapping[str, str]) -> str:
    return f"'{names[key]}'" if key in names else key.replace("_", " ")
