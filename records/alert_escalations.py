"""Alerts that nobody answers in time go to the next role, and on, until somebody does (REG-063).

What is due is read from the records and the clock alone, so that a run that was missed is made up
for by the next one. One step a run and alert: each leaves the role the plan's time again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.alert_rules import AlertRules, read_alert_rules
from records.base import Record
from records.counting import counted
from records.notices import NoticeKind, raise_notice
from records.people import Actor, Role
from records.permissions import has_role
from records.surveillance import Alert, MonitoringPlan

MISSED: Final = {"open": "acknowledge", "acknowledged": "close"}
"""What is late of an alert in this status."""


class AlertEscalation(Record, table=True):
    """An alert that was not answered in time, and the role that it went to."""

    __tablename__ = "alert_escalation"
    __table_args__ = (UniqueConstraint("alert_id", "missed", "step"),)
    PREFIX: ClassVar[str] = "ESC"

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="alert.id")
    missed: str
    """acknowledge or close: what was not done in time."""
    step: int
    role: str
    holders: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """The accounts that had the role then; none: nobody could be told."""
    due_at: datetime
    escalated_at: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    """An alert whose time is over: what is late, since when, how many roles it went to so far."""

    alert: Alert
    rules: AlertRules
    missed: str
    due_at: datetime
    steps: int
    last: datetime | None

    @property
    def words(self) -> str:
        """As people read it."""
        late = "acknowledged" if self.missed == "acknowledge" else "closed"
        went = f", escalated {counted(self.steps, 'time')}" if self.steps else ""
        return f"not {late} by {self.due_at:%Y-%m-%d}{went}"

    def is_due(self, now: datetime) -> bool:
        """Whether the next role is told now: at once, then after the plan's time again."""
        return self.last is None or now >= self.last + self._period

    @property
    def role(self) -> Role:
        """Whom it goes to next; after the last role of the plan to that one again."""
        return self.rules.escalate_to[min(self.steps, len(self.rules.escalate_to) - 1)]

    @property
    def _period(self) -> timedelta:
        rule = self.rules.rule_of(*self.alert.charts)
        return rule.to_acknowledge if self.missed == "acknowledge" else rule.to_close


def rules_of(session: Session, alert: Alert) -> AlertRules:
    """What the plan says under which the alert was raised."""
    return read_alert_rules(session.get_one(MonitoringPlan, alert.plan_id).content)


def due_at(alert: Alert, rules: AlertRules) -> datetime | None:
    """By when the next answer to an alert is due; None where it is closed."""
    rule = rules.rule_of(*alert.charts)
    allowed = {"open": rule.to_acknowledge, "acknowledged": rule.to_close}.get(alert.status)
    return alert.raised_at + allowed if allowed else None


def overdue_alerts(session: Session, *, now: datetime) -> list[Overdue]:
    """Alerts that nobody answered in time, the longest overdue first."""
    waiting = session.exec(select(Alert).where(col(Alert.status) != "closed")).all()
    plans = {
        one.id: read_alert_rules(one.content)
        for one in session.exec(
            select(MonitoringPlan).where(
                col(MonitoringPlan.id).in_({alert.plan_id for alert in waiting})
            )
        )
    }
    told: dict[tuple[int, str], list[datetime]] = {}
    steps = select(AlertEscalation).where(
        col(AlertEscalation.alert_id).in_([alert.id for alert in waiting])
    )
    for step in session.exec(steps):
        told.setdefault((step.alert_id, step.missed), []).append(step.escalated_at)
    found = []
    for alert in waiting:
        due = due_at(alert, plans[alert.plan_id])
        if due is None or now < due:
            continue
        missed = MISSED[alert.status]
        gone = told.get((alert.id or 0, missed), [])
        found.append(
            Overdue(alert, plans[alert.plan_id], missed, due, len(gone), max(gone, default=None))
        )
    return sorted(found, key=lambda one: (one.due_at, one.alert.id))


def escalate_overdue(tx: Session, *, now: datetime) -> list[AlertEscalation]:
    """Take each overdue alert one role further, where its time is over again.

    Where nobody has the role, administrators are given a notice: nobody else could be told.
    """
    made = []
    for one in overdue_alerts(tx, now=now):
        if not one.is_due(now):
            continue
        holders = holders_of(tx, one.role)
        step = AlertEscalation(
            alert_id=one.alert.id or 0, missed=one.missed, step=one.steps + 1,
            role=one.role.value, holders=holders, due_at=one.due_at, escalated_at=now,
        )
        tx.add(step)
        tx.flush()
        made.append(step)
        if not holders:
            raise_notice(
                tx, NoticeKind.ALERT_UNATTENDED, one.alert.subject,
                f"{one.alert.label} is {one.words}, and nobody has the role {one.role.value}.",
                now=now,
            )
    return made


def holders_of(session: Session, role: Role) -> list[str]:
    """The accounts of the active people who have a role."""
    people = session.exec(select(Actor).order_by(Actor.name))
    return [one.name for one in people if has_role(one, role)]


def escalations_of(session: Session, alert: Alert) -> Sequence[AlertEscalation]:
    """Each step that an alert was taken, in order."""
    query = select(AlertEscalation).where(AlertEscalation.alert_id == alert.id)
    return session.exec(query.order_by(col(AlertEscalation.id))).all()
