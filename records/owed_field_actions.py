"""What is owed of field actions: signatures, notices, reminders to the silent, the last check."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Final

from sqlmodel import Session, col, select

from records.field_actions import IN_FORCE, PLANNED, FieldAction
from records.field_notices import Consigned, consigned, notices_of, remind_by
from records.owed_work import OwedWork
from records.permissions import Action
from records.work_steps import roles_of

LAW: Final = "MDR Art. 89(8); 21 CFR 806.10, 7.53"
_TELLS: Final = roles_of(Action.PLAN_FIELD_ACTION)
_DECIDES: Final = roles_of(Action.DECIDE_FIELD_ACTION)


def owed_field_action_work(session: Session, _now: datetime) -> list[OwedWork]:
    """Every open step of every action, with two queries. No law sets these days: a reminder has the
    day of the action's own plan."""
    query = select(FieldAction).where(col(FieldAction.status).in_((PLANNED, IN_FORCE)))
    actions = list(session.exec(query.order_by(col(FieldAction.id))))
    steps = notices_of(session, actions)
    found: list[OwedWork] = []
    for one in actions:
        if one.status == PLANNED:
            found.append(_owed(one, "sign the action and its notice, or withdraw it", _DECIDES,
                               None, one.opened_at, "sign"))  # fmt: skip
            continue
        rows = consigned(one, steps[one.id or 0])
        found += _with_consignees(one, rows)
        if all(each.done_on is not None for each in rows):
            found.append(_owed(one, "check whether it worked, and close it", _DECIDES, None,
                               _begin(max(each.done_on for each in rows if each.done_on)),
                               "check"))  # fmt: skip
    return found


def _with_consignees(one: FieldAction, rows: list[Consigned]) -> Iterator[OwedWork]:
    begun = one.in_force_at or one.opened_at
    for here in rows:
        if here.notified_on is None:
            yield _owed(one, f"notify {here.site}", _TELLS, None, begun, f"notify {here.site}")
        elif (since := here.silent_since()) is not None:
            yield _owed(one, f"{here.site} has not answered: remind it", _TELLS,
                        remind_by(one, here), _begin(since), f"remind {here.site}")  # fmt: skip
        elif here.done_on is None:
            yield _owed(one, f"{here.site} answered: have it say that it is done", _TELLS,
                        one.act_by, _begin(here.answered_on or begun.date()),
                        f"done {here.site}")  # fmt: skip


def _owed(
    one: FieldAction, what: str, roles: tuple[str, ...], due: date | None, since: datetime,
    step: str,
) -> OwedWork:
    return OwedWork(one.label, "field action", what, roles, due,
                    f"the action's own plan; {LAW}" if due else LAW, since, step=step,
                    status=one.status, words=one.reason)  # fmt: skip


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
