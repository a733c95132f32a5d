"""When people are reminded of what is owed, and to whom it goes when it is late: data, by kind."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from records.people import ROLES_OF_PEOPLE, Role
from records.yaml_source import read_yaml

FILE: Final = Path(__file__).parent / "work_reminders.yaml"


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which somebody is told: its name, and of one that is late the role it goes to."""

    name: str
    escalates_to: Role | None = None


class ReminderRule(BaseModel):
    """The days before, on and after a day on which people are told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: list[Annotated[int, Field(gt=0, le=365)]]
    on_the_day: bool
    after: Annotated[int, Field(gt=0, le=365)]
    escalate_to: Annotated[list[Role], Field(min_length=1)]

    def step_on(self, due: date, today: date) -> Step | None:
        """The step that has come, the latest of those that have; None before the first.

        >>> rule = ReminderRule(before=[7, 1], on_the_day=True, after=7, escalate_to=["quality"])
        >>> [rule.step_on(date(2026, 3, 10), date(2026, 3, day)) for day in (1, 5)]
        [None, Step(name='7 days before', escalates_to=None)]
        >>> rule.step_on(date(2026, 3, 10), date(2026, 3, 24)).name
        'overdue, step 2'
        """
        late = (today - due).days
        if late >= self.after:
            step = late // self.after
            role = self.escalate_to[min(step, len(self.escalate_to)) - 1]
            return Step(f"overdue, step {step}", role)
        if late >= 0 and self.on_the_day:
            return Step("on the day")
        come = [days for days in self.before if -late <= days]
        return Step(f"{min(come)} day{'' if min(come) == 1 else 's'} before") if come else None


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    default: ReminderRule
    kinds: dict[str, ReminderRule]


@cache
def _rules() -> _Rules:
    source = read_yaml(FILE)
    try:
        found = _Rules.model_validate(source.content)
    except ValidationError as wrong:
        raise source.refusal([(one["loc"], one["msg"]) for one in wrong.errors()]) from wrong
    for rule in (found.default, *found.kinds.values()):
        for role in rule.escalate_to:
            assert role in ROLES_OF_PEOPLE, f"{role} is no role of people"
    return found


def reminder_rule(kind: str) -> ReminderRule:
    """The rule of a kind of work; the default where it has none of its own."""
    rules = _rules()
    return rules.kinds.get(kind, rules.default)


def kinds_with_rules() -> tuple[str, ...]:
    """The kinds that have a rule of their own."""
    return tuple(_rules().kinds)
