"""Reminders of what is owed: once a step, on record, to whoever it waits for.

A step is found from the day and the clock alone, so a run that was missed is made up for by the
next one; the record of it is written with its messages in one transaction, so nobody is told twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.absences import absences_on
from records.base import Record
from records.owed_work import OwedWork
from records.people import Actor
from records.permissions import has_role
from records.reminder_rules import Step, reminder_rule


class WorkReminder(Record, table=True):
    """That somebody was to be told of a day that comes, has come, or has passed."""

    __tablename__ = "work_reminder"
    __table_args__ = (UniqueConstraint("key", "due", "step"),)
    PREFIX: ClassVar[str] = "RMD"

    id: int | None = Field(default=None, primary_key=True)
    key: str
    """What is owed: its record, and the step of it where it owes several."""
    record: str
    kind: str
    due: date
    step: str
    """Such as '7 days before', 'on the day', 'overdue, step 1'."""
    role: str = ""
    """The role that it went to, being late; '' before."""
    holders: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """The accounts whom it waits for; none: nobody could be told."""
    routes: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """The routes that carry it, such as RTE-0001; none: nobody was told over a channel."""
    reminded_at: datetime


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A step that has come and is not on record: of what, and whom it goes to."""

    work: OwedWork
    step: Step
    holders: tuple[str, ...]
    roles: tuple[str, ...]
    """The roles whose routes carry it."""


def due_reminders(
    session: Session, work: Sequence[OwedWork], *, on: date
) -> list[DueReminder]:
    """The steps that have come of what is owed and that nobody was told of, in the list's order."""
    come = [
        (one, step) for one in work if one.due is not None
        and (step := reminder_rule(one.kind).step_on(one.due, on)) is not None
    ]
    known = select(WorkReminder).where(col(WorkReminder.key).in_({one.key for one, _ in come}))
    told = {(one.key, one.due, one.step) for one in session.exec(known)}
    people = [one for one in session.exec(select(Actor).order_by(Actor.name))
              if one.active and one.kind == "person"]  # fmt: skip
    stands_in = _stands_in(session, people, on)
    found, seen = [], set()
    for one, step in come:
        place = (one.key, one.due, step.name)
        if place in told or place in seen:
            continue
        seen.add(place)
        found.append(_of(one, step, people, stands_in))
    return found


def _of(
    one: OwedWork, step: Step, people: Sequence[Actor], stands_in: dict[str, Actor]
) -> DueReminder:
    """Late work goes to the role of the rule beside those whom it waits for."""
    fit = [p for p in people if set(one.roles) & set(p.roles) and one.owner in {"", p.name}]
    holders = _present(fit, one.roles, stands_in)
    # given by name, it reaches that person alone; else a route to one of the roles carries it
    roles = () if one.owner else one.roles
    if (role := step.escalates_to) is not None:
        above = _present([p for p in people if has_role(p, role)], (role.value,), stands_in)
        holders, roles = (*holders, *above), (*roles, role.value)
    return DueReminder(one, step, tuple(dict.fromkeys(holders)), tuple(dict.fromkeys(roles)))


def _present(
    fit: Sequence[Actor], roles: Collection[str], stands_in: dict[str, Actor]
) -> tuple[str, ...]:
    """These people; for one who is away who stands in, where his or her own roles allow it."""
    found = []
    for person in fit:
        other = stands_in.get(person.name)
        found.append(other.name if other and set(other.roles) & set(roles) else person.name)
    return tuple(found)


def _stands_in(session: Session, people: Sequence[Actor], on: date) -> dict[str, Actor]:
    """Who stands in today, by the account of who is away."""
    known = {one.id: one for one in people}
    return {
        known[one.person_id].name: known[one.substitute_id] for one in absences_on(session, on)
        if one.person_id in known and one.substitute_id in known
    }


def record_reminder(
    tx: Session, one: DueReminder, *, routes: Sequence[str], now: datetime
) -> WorkReminder:
    """Keep that this step was told, to whom and over which routes."""
    assert one.work.due is not None
    made = WorkReminder(
        key=one.work.key, record=one.work.label, kind=one.work.kind, due=one.work.due,
        step=one.step.name, role=one.step.escalates_to.value if one.step.escalates_to else "",
        holders=list(one.holders), routes=list(routes), reminded_at=now,
    )
    tx.add(made)
    tx.flush()
    return made
