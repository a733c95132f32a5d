"""What happened to an alert, step by step, and what it led to: all from the records (REG-063)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from records.alert_assignments import assignments_of
from records.alert_escalations import escalations_of
from records.awareness import candidates_of
from records.capas import CAPA
from records.incidents import CandidateScreening, Incident
from records.message_routes import MessageRoute
from records.messages import Message
from records.surveillance import Alert, Revalidation
from records.zones import in_utc

__all__ = ["FollowUp", "TimelineStep", "follow_ups", "timeline_of"]


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step: when, what it was in one word, what happened, and the record that holds it."""

    at: datetime
    what: str
    words: str
    record: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A record that came of an alert or belongs to it: a CAPA, a candidate, an incident."""

    label: str
    kind: str
    status: str
    words: str


def timeline_of(session: Session, alert: Alert) -> list[TimelineStep]:
    """Raised, told, assigned, escalated, acknowledged, revalidated, closed: the oldest first."""
    steps = [*_own_steps(alert), *_told(session, alert)]
    steps += [
        TimelineStep(one.assigned_at, "assigned", f"to {one.owner} by {one.assigned_by}", one.label)
        for one in assignments_of(session, alert)
    ]
    steps += [
        TimelineStep(
            one.escalated_at, "escalated",
            f"not {one.missed}d in time; to {one.role} "
            f"({', '.join(one.holders) or 'nobody has the role'})", one.label,
        )
        for one in escalations_of(session, alert)
    ]
    steps += [
        TimelineStep(one.recorded_at, "possible harm", one.grounds, one.label)
        for one in candidates_of(session, alert)
    ]
    judged = select(Revalidation).where(Revalidation.alert_id == alert.id)
    steps += [
        TimelineStep(one.revalidated_at, "revalidated", one.outcome, one.label)
        for one in session.exec(judged)
    ]
    return sorted(steps, key=lambda one: in_utc(one.at))


def _own_steps(alert: Alert) -> Iterator[TimelineStep]:
    yield TimelineStep(alert.raised_at, "raised", f"{alert.chart} at {alert.site}", alert.label)
    if alert.acknowledged_at is not None:
        yield TimelineStep(
            alert.acknowledged_at, "acknowledged", f"by {alert.acknowledged_by}", alert.label
        )
    if alert.closed_at is not None:
        by = f"by {alert.closed_by}: " if alert.closed_by else ""
        yield TimelineStep(alert.closed_at, "closed", f"{by}{alert.disposition}", alert.label)


def _told(session: Session, alert: Alert) -> list[TimelineStep]:
    query = (
        select(Message, MessageRoute)
        .join(MessageRoute, col(MessageRoute.id) == Message.route_id)
        .where(Message.alert_id == alert.id)
    )
    return [
        TimelineStep(
            message.queued_at, "told",
            f"{route.words}: {message.status}{f' ({message.outcome})' if message.outcome else ''}",
            message.label,
        )
        for message, route in session.exec(query)
    ]


def follow_ups(session: Session, alert: Alert) -> list[FollowUp]:
    """CAPAs of an alert and those that name it, its candidates with their screening, and the
    incidents that were opened from them."""
    found = [
        FollowUp(one.label, "CAPA", one.status, one.problem)
        for one in session.exec(select(CAPA).order_by(col(CAPA.id)))
        if one.source == alert.label or alert.label in one.links
    ]
    candidates = candidates_of(session, alert)
    numbers = [one.id for one in candidates]
    screened = {
        one.candidate_id: one for one in session.exec(
            select(CandidateScreening).where(col(CandidateScreening.candidate_id).in_(numbers))
        )
    }  # fmt: skip
    for one in candidates:
        by = screened.get(one.id or 0)
        status = "to be screened" if by is None else (
            "screened: an incident" if by.incident else "screened: no incident"
        )
        found.append(FollowUp(one.label, "possible harm", status, by.grounds if by else one.words))
    opened = session.exec(
        select(Incident).where(col(Incident.candidate_id).in_(numbers)).order_by(col(Incident.id))
    )
    return found + [FollowUp(one.label, "incident", one.status, one.words) for one in opened]
