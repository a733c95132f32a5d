"""What the records say is owed: each source gives its lines, with few queries and no rule of law.

A day is the law's, the plan's or a person's own; where none is set there is none.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from records.alert_assignments import assigned_now
from records.alert_escalations import due_at
from records.alert_rules import read_alert_rules
from records.capas import CAPA, CLOSED, NEXT, OPEN, open_capas
from records.overview import OpenWork, open_work
from records.owed_work import OwedWork
from records.people import Actor
from records.permissions import Action
from records.qualifications import Qualification
from records.surveillance import Alert, MonitoringPlan
from records.suspensions import PROPOSED
from records.work_steps import NEXT_STEPS, roles_of

AHEAD: Final = timedelta(days=60)
"""So long before a qualification ends it is owed anew."""


def owed_open_work(session: Session, _now: datetime) -> list[OwedWork]:
    """Suspensions, alerts by their plan, changes, documents and deletions that wait for a person.

    Corrections are told by the rule that gives their day (journeys/my_work.py).
    """
    waiting = session.exec(select(Alert).where(col(Alert.status) != "closed")).all()
    due = _due_of_alerts(session, waiting)
    given = assigned_now(session, [one.id or 0 for one in waiting])
    owners = {one.label: given[one.id].owner for one in waiting if one.id in given}
    return [_owed(one, due, owners) for one in open_work(session) if one.kind != "correction"]


def _owed(one: OpenWork, due: dict[str, datetime], owners: dict[str, str]) -> OwedWork:
    what, acts = NEXT_STEPS.get((one.kind, one.status), ("Look at it", ()))
    day, citation, legal = None, "", False
    if one.label in due:
        day, citation = due[one.label].date(), "monitoring plan, alerts"
    if (one.kind, one.status) == ("suspension", PROPOSED):
        day, citation, legal = one.since.date(), "MDR Art. 10(12): immediately", True
    return OwedWork(one.label, one.kind, what, roles_of(*acts), day, citation, one.since,
                    legal=legal, step=one.status, status=one.status, words=one.summary,
                    owner=owners.get(one.label, ""))  # fmt: skip


def _due_of_alerts(session: Session, waiting: Sequence[Alert]) -> dict[str, datetime]:
    wanted = {one.plan_id for one in waiting}
    plans = {
        one.id: read_alert_rules(one.content)
        for one in session.exec(select(MonitoringPlan).where(col(MonitoringPlan.id).in_(wanted)))
    }
    found = {one.label: due_at(one, plans[one.plan_id]) for one in waiting}
    return {label: day for label, day in found.items() if day is not None}


def owed_capas(session: Session, _now: datetime) -> list[OwedWork]:
    """The next step of every CAPA that is not closed; its check where it was implemented."""
    return [_step(one) for one in open_capas(session)]


def _step(one: CAPA) -> OwedWork:
    step = NEXT[one.status]
    act = Action.CLOSE_CAPA if step == CLOSED else Action.ADVANCE_CAPA
    named = one.due.get(step) or (one.criterion.get("by") if step == CLOSED else None)
    what = (
        "Check by later records whether it worked, and close it" if step == CLOSED
        else "Find the cause" if one.status == OPEN else f"Take the step to '{step}'"
    )
    return OwedWork(
        one.label, "capa", what, roles_of(act), date.fromisoformat(named) if named else None,
        "CAPA's own day" if named else "", one.opened_at, step=step, status=one.status,
        owner=one.owner, words=f"{one.source}: {one.problem}",
    )


def owed_training(session: Session, now: datetime) -> list[OwedWork]:
    """Qualifications of active people that end within :data:`AHEAD`, or ended, and no later one."""
    last: dict[tuple[int, str], tuple[Qualification, Actor]] = {}
    rows = session.exec(
        select(Qualification, Actor)
        .join(Actor, col(Actor.id) == Qualification.person_id)
        .where(col(Actor.active))
        .order_by(col(Qualification.valid_until))
    )
    for one, person in rows:
        last[one.person_id, one.meaning] = (one, person)
    return [
        OwedWork(
            one.label, "training", f"Qualify {person.name} anew to sign as {one.meaning}",
            roles_of(Action.QUALIFY), one.valid_until, "21 CFR 11.10(i); ISO 13485 6.2",
            one.recorded_at, words=f"{person.full_name} may sign as {one.meaning} until then",
        )
        for one, person in last.values() if one.valid_until <= now.date() + AHEAD
    ]
