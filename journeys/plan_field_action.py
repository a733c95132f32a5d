"""A field action opened by a YAML file that a person wrote."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from records.field_actions import FieldAction, FieldActionPlan, open_field_action
from records.people import Actor
from records.permissions import Action, require
from records.yaml_source import Location, YamlSource, read_yaml

_TEXTS: Final = (
    "kind", "reason", "risk", "actions", "advice", "timetable", "notice", "criterion",
)  # fmt: skip
_LISTS: Final = ("versions", "languages", "incidents", "ties")
_DAYS: Final = ("since", "act_by")
_NEEDED: Final = (*_TEXTS, "versions", "languages", "remind_after")


def open_from_file(tx: Session, path: Path, *, by: Actor, now: datetime) -> FieldAction:
    """Open the action that a file describes (docs/field-actions.md).

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The file is missing, or a field is: each with its line.
        NotFound, Refused: As :func:`records.field_actions.open_field_action`.
    """
    require(by, Action.PLAN_FIELD_ACTION)
    return open_field_action(tx, _plan(read_yaml(path)), by=by, now=now)


def _plan(source: YamlSource) -> FieldActionPlan:
    said = source.content
    faults: list[tuple[Location, str]] = [
        ((name,), "this field is not known") for name in said
        if name not in {*_TEXTS, *_LISTS, *_DAYS, "remind_after"}
    ]
    faults += [((name,), "this field is missing") for name in _NEEDED if name not in said]
    faults += [
        ((name,), f"{wanted} is needed") for name, value in said.items()
        if (wanted := _wanted(name, value))
    ]
    if faults:
        raise source.refusal(faults)
    fields: dict[str, Any] = {
        name: tuple(value or ()) if name in _LISTS else value for name, value in said.items()
    }
    fields |= {name: date.fromisoformat(str(said[name])) for name in _DAYS if said.get(name)}
    return FieldActionPlan(**fields)


def _wanted(name: str, value: Any) -> str:
    """What should stand there; '' where it does."""
    if name in _TEXTS:
        return "" if isinstance(value, str) else "a text"
    if name in _LISTS:
        fine = value is None or (
            isinstance(value, list) and all(isinstance(one, str) for one in value)
        )
        return "" if fine else "a list of texts"
    if name in _DAYS:
        return "" if value is None or _is_day(value) else "a day such as 2026-03-01"
    if name == "remind_after":
        whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if whole else "a whole number of days"
    return ""


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
