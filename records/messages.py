"""Messages on their way to people: none is lost while a server is down, each attempt is on record.

As results on their way to the hospital: a row is written before anything is sent and settled after
each attempt, so a kill in between leaves it waiting. A message that was sent and not yet settled
when the program ended is sent again: twice told is better than not at all.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.alert_escalations import AlertEscalation, holders_of, rules_of
from records.base import Record
from records.lifecycle import check_transition
from records.message_routes import (
    ACTIVE,
    ALERT,
    ESCALATION,
    MessageRoute,
    active_routes,
    routes_to,
)
from records.notices import NoticeKind, raise_notice
from records.people import Role
from records.surveillance import Alert

WAITING, DELIVERED, UNDELIVERABLE = "waiting", "delivered", "undeliverable"
PAUSES: Final = (
    *(timedelta(minutes=one) for one in (0, 1, 2, 5, 10, 30, 60, 120, 240, 480)),
    *(timedelta(days=1) for _ in range(7)),
)
"""How long a message waits after each failed attempt; after the last it is given up."""

BEGUN: Final = "begun"
"""The outcome of an attempt of which nothing more is known."""


class Message(Record, table=True):
    """What one route is told: the words, and how far they came."""

    __tablename__ = "message"
    PREFIX: ClassVar[str] = "MSG"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"record": "", "page_digest": ""}

    id: int | None = Field(default=None, primary_key=True)
    route_id: int = Field(foreign_key="message_route.id", index=True)
    kind: str
    """alert, escalation, week, suspension, version, work or test."""
    alert_id: int | None = Field(default=None, foreign_key="alert.id", index=True)
    escalation_id: int | None = Field(default=None, foreign_key="alert_escalation.id")
    day: date | None = None
    """The last day of the week that it tells of."""
    title: str
    body: str
    status: str = Field(default=WAITING, index=True)
    attempts: int = 0
    outcome: str = ""
    """What became of the last attempt, without an address."""
    queued_at: datetime
    tried_at: datetime | None = None
    delivered_at: datetime | None = None
    record: str = ""
    """The record that it tells of, such as SUS-0001, where that is no alert."""
    page_digest: str = ""
    """A PDF in the vault that goes with it where the channel takes files."""


@dataclass(frozen=True, slots=True)
class ToTell:
    """What a route is to be told and is not yet: an alert, or a step of its escalation."""

    route: MessageRoute
    alert: Alert
    escalation: AlertEscalation | None = None


def alerts_to_tell(session: Session) -> list[ToTell]:
    """Alerts raised since a route stands that carries them, of which it was not told yet."""
    told = {
        (one.route_id, one.alert_id)
        for one in session.exec(select(Message).where(Message.kind == ALERT))
    }
    found = []
    for route in active_routes(session):
        query = select(Alert).where(
            col(Alert.raised_at) >= route.registered_at, Alert.status != "closed"
        )
        for alert in session.exec(query.order_by(col(Alert.id))):
            if (route.id, alert.id) not in told and _carries(session, route, alert, ALERT):
                found.append(ToTell(route, alert))
    return found


def escalations_to_tell(session: Session) -> list[ToTell]:
    """Steps of escalation of which nobody was told yet, each with the routes to its role.

    Where no route leads to the role, every route that carries escalations is told: nobody else is.
    """
    routes = active_routes(session)
    if not routes:
        return []
    told = select(Message.id).where(Message.escalation_id == AlertEscalation.id)
    query = select(AlertEscalation).where(
        ~told.exists(),
        col(AlertEscalation.escalated_at) >= min(one.registered_at for one in routes),
    )
    found = []
    for step in session.exec(query.order_by(col(AlertEscalation.id))):
        alert = session.get_one(Alert, step.alert_id)
        carrying = [
            one for one in routes
            if one.registered_at <= step.escalated_at and _carries(session, one, alert, ESCALATION)
        ]
        role = Role(step.role)
        reached = routes_to(carrying, role, holders_of(session, role)) or carrying
        found += [ToTell(one, alert, step) for one in reached]
    return found


def _carries(session: Session, route: MessageRoute, alert: Alert, kind: str) -> bool:
    return route.carries(
        kind, alert_class=rules_of(session, alert).class_of(*alert.charts), site=alert.site
    )


def due_messages(session: Session, now: datetime) -> list[Message]:
    """What waits and whose pause after the last attempt is over, oldest first."""
    query = select(Message).where(Message.status == WAITING).order_by(col(Message.id))
    return [one for one in session.exec(query) if one.tried_at is None or now >= _next_try(one)]


def _next_try(one: Message) -> datetime:
    assert one.tried_at is not None
    return one.tried_at + PAUSES[min(one.attempts, len(PAUSES) - 1)]


def begin_attempt(tx: Session, one: Message, *, now: datetime) -> None:
    """Note, before anything is sent, that it will be."""
    one.attempts += 1
    one.tried_at = now
    one.outcome = BEGUN
    tx.add(one)


def settle(tx: Session, one: Message, *, fault: str, now: datetime) -> None:
    """Write down what became of an attempt; no fault: the server took it.

    After the last attempt, and where the route is withdrawn, it is given up, and administrators are
    given a notice.
    """
    one.outcome = fault or "taken by the server"
    if not fault:
        wanted = DELIVERED
        one.delivered_at = now
    else:
        stands = tx.get_one(MessageRoute, one.route_id).status == ACTIVE
        wanted = WAITING if stands and one.attempts < len(PAUSES) else UNDELIVERABLE
    if wanted != one.status:
        check_transition("Message", one.subject, one.status, wanted)
        one.status = wanted
    tx.add(one)
    if wanted == UNDELIVERABLE:
        raise_notice(
            tx, NoticeKind.MESSAGE_LOST, one.subject,
            f"{one.label} ({one.title}) was given up after {one.attempts} attempts: {fault}.",
            now=now,
        )
