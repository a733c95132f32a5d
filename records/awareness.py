"""Moments at which the maker may have become aware that patients could be harmed (REG-064).

"Any information, including any trend analysis" can start the clock of a report (21 CFR 803.53(a)).
So an alert that suggests harm opens a candidate by itself, in the same transaction, with the
instant; whoever screens complaints decides later what it was. The candidate is never changed.
"""

from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.alert_rules import read_alert_rules
from records.base import Record
from records.surveillance import Alert, MonitoringPlan

RAISED, CLOSED = "alert raised", "alert closed"
TO_SCREEN: Final = {
    "complaint": "the alert was closed as a complaint",
    "device performance affected": "the alert was closed as a fault of the device",
    "use stopped": "the use of the device was stopped at the site",
}
"""The dispositions of an alert after which complaints are screened, with the grounds."""


class AwarenessCandidate(Record, table=True):
    """An instant from which the maker may have known of possible harm, and what tells of it."""

    __tablename__ = "awareness_candidate"
    __table_args__ = (UniqueConstraint("alert_id", "occasion"),)
    PREFIX: ClassVar[str] = "AWR"

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="alert.id")
    device_id: int = Field(foreign_key="device.id")
    site: str
    occasion: str
    """alert raised or alert closed."""
    grounds: str
    words: str
    known_at: datetime
    """From when a clock would run, were it a reportable event."""
    recorded_at: datetime


def why_harm_is_possible(alert: Alert, alert_class: str) -> str:
    """Why an alert suggests that patients may be harmed; empty where it does not."""
    if alert_class == "performance":
        return "the device may answer worse than it claims"
    if alert.severity == "high":
        return "the change is large"
    return ""


def open_on_signal(
    tx: Session, alert: Alert, *, known: datetime, now: datetime
) -> AwarenessCandidate | None:
    """A candidate for an alert that suggests harm, none where one stands. known: the instant of the
    signal that does, the one that raised it or one that joined it later."""
    plan = tx.get_one(MonitoringPlan, alert.plan_id)
    why = why_harm_is_possible(alert, read_alert_rules(plan.content).class_of(*alert.charts))
    if not why or any(one.occasion == RAISED for one in candidates_of(tx, alert)):
        return None
    return _open(tx, plan, alert, RAISED, why, known, now)


def open_on_closed(
    tx: Session, alert: Alert, disposition: str, *, now: datetime
) -> AwarenessCandidate | None:
    """A candidate for an alert that was closed as something that complaints are screened for."""
    why = TO_SCREEN.get(disposition, "")
    plan = tx.get_one(MonitoringPlan, alert.plan_id)
    return _open(tx, plan, alert, CLOSED, why, now, now) if why else None


def _open(
    tx: Session, plan: MonitoringPlan, alert: Alert, occasion: str, why: str, known: datetime,
    now: datetime,
) -> AwarenessCandidate:
    words = alert.summary if occasion == RAISED else alert.disposition
    candidate = AwarenessCandidate(
        alert_id=alert.id or 0, device_id=plan.device_id, site=alert.site, occasion=occasion,
        grounds=why, words=words, known_at=known, recorded_at=now,
    )
    tx.add(candidate)
    tx.flush()
    return candidate


def candidates_of(session: Session, alert: Alert) -> list[AwarenessCandidate]:
    """What an alert opened, in order."""
    query = select(AwarenessCandidate).where(AwarenessCandidate.alert_id == alert.id)
    return list(session.exec(query.order_by(col(AwarenessCandidate.id))))
