"""Who works on an alert: given by name, and given on; the last word counts (REG-063).

Rows are only added. Whether the time to answer runs out is not touched by it: an alert that was
given to somebody escalates as before.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, NotFound, Refused
from records.people import Actor, find_actor
from records.permissions import Action, may, require
from records.surveillance import Alert

__all__ = ["AlertAssignment", "assign_alert", "assigned_now", "assignments_of", "may_be_given"]


class AlertAssignment(Record, table=True):
    """An alert was given to a person to work on."""

    __tablename__ = "alert_assignment"
    PREFIX: ClassVar[str] = "ASN"

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="alert.id", index=True)
    owner: str
    """The account that it was given to."""
    assigned_by: str
    assigned_at: datetime


def assign_alert(
    tx: Session, alert: Alert, *, owner: str, by: Actor, now: datetime
) -> AlertAssignment:
    """Give an alert to a person who may answer it; the reason stands in the audit trail.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: There is no such account, or it may not answer alerts.
        Refused: The alert is closed, or the account has it already.
    """
    require(by, Action.ASSIGN_ALERT)
    if alert.status == "closed":
        raise Refused(f"{alert.label} is closed.", hint="Only what waits is given to somebody.")
    try:
        person = find_actor(tx, owner)
    except NotFound:
        person = None
    if person is None or not may(person, Action.ACKNOWLEDGE_ALERT):
        raise InvalidInput(
            f"'{owner}' does not answer alerts.",
            hint=f"One of: {', '.join(may_be_given(tx)) or 'nobody has such a role'}.",
        )
    if (before := assigned_now(tx, [alert.id or 0]).get(alert.id or 0)) and before.owner == owner:
        raise Refused(f"{alert.label} is given to '{owner}' already.", hint="Name somebody else.")
    made = AlertAssignment(
        alert_id=alert.id or 0, owner=owner, assigned_by=by.name, assigned_at=now
    )
    tx.add(made)
    tx.flush()
    return made


def may_be_given(session: Session) -> list[str]:
    """The accounts of the active people who may answer alerts, by name."""
    people = session.exec(select(Actor).where(Actor.kind == "person").order_by(Actor.name))
    return [one.name for one in people if may(one, Action.ACKNOWLEDGE_ALERT)]


def assignments_of(session: Session, alert: Alert) -> Sequence[AlertAssignment]:
    """To whom an alert was given, in order."""
    query = select(AlertAssignment).where(AlertAssignment.alert_id == alert.id)
    return session.exec(query.order_by(col(AlertAssignment.id))).all()


def assigned_now(session: Session, alerts: Iterable[int]) -> dict[int, AlertAssignment]:
    """The last assignment of each of these alerts, by the alert's number."""
    query = select(AlertAssignment).where(col(AlertAssignment.alert_id).in_(set(alerts)))
    rows = session.exec(query.order_by(col(AlertAssignment.id)))
    return {one.alert_id: one for one in rows}
