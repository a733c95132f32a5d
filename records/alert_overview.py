"""Alerts as people work through them: what is late first, each with what its plan demands."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.alert_assignments import assigned_now
from records.alert_escalations import due_at, escalations_of, overdue_alerts
from records.alert_rules import read_alert_rules
from records.awareness import candidates_of
from records.message_routes import MessageRoute
from records.messages import Message
from records.overview import AlertStanding, alerts
from records.surveillance import Alert, MonitoringPlan


def alerts_by_urgency(reader: Session, *, now: datetime) -> list[AlertStanding]:
    """All alerts: the longest overdue first, then the newest first."""
    plans = {
        one.id: read_alert_rules(one.content) for one in reader.exec(select(MonitoringPlan))
    }
    rows = {one.id: one for one in reader.exec(select(Alert))}
    late = {one.alert.id: one for one in overdue_alerts(reader, now=now)}
    given = assigned_now(reader, [one.id or 0 for one in rows.values()])
    found = []
    for one in alerts(reader):
        alert = rows[one.id]
        rules = plans[alert.plan_id]
        rule = rules.rule_of(*alert.charts)
        overdue = late.get(alert.id)
        found.append(
            replace(
                one, alert_class=rules.class_of(*alert.charts), demanded=rule.words,
                due_at=due_at(alert, rules), overdue=overdue.words if overdue else "",
                signed=rule.signed, owner=rules.owner.value,
                assigned_to=given[one.id].owner if one.id in given else "",
            )
        )
    order = list(late)
    return sorted(
        found, key=lambda one: order.index(one.id) if one.id in late else len(order)
    )


ORDERS: Final = ("deadline", "severity", "site", "newest")
"""How a list of alerts may be ordered."""

_SEVERITIES: Final = ("high", "moderate")


def in_order(found: Sequence[AlertStanding], by: str) -> list[AlertStanding]:
    """The alerts by one of :data:`ORDERS`; what is closed stands last, the newest first among equal
    ones. Raises KeyError for an order that is none."""
    newest = sorted(found, key=lambda one: (one.raised_on, one.id), reverse=True)
    never = datetime.max.replace(tzinfo=UTC)
    keys: dict[str, Callable[[AlertStanding], Any]] = {
        "deadline": lambda one: one.due_at or never,
        "severity": lambda one: (_SEVERITIES.index(one.severity) if one.severity in _SEVERITIES
                                 else len(_SEVERITIES)),
        "site": lambda one: one.site,
        "newest": lambda _one: 0,
    }  # fmt: skip
    key = keys[by]
    return sorted(newest, key=lambda one: (one.status == "closed", key(one)))


def said_of(one: AlertStanding) -> dict[str, str]:
    """The class of an alert and what is due of it, in the words of a list."""
    due = "" if one.due_at is None else f"due {one.due_at:%Y-%m-%d}"
    return {"class": one.alert_class, "due": f"OVERDUE: {one.overdue}" if one.overdue else due}


def history_of(reader: Session, alert: Alert) -> dict[str, Any]:
    """To whom an alert went, who was told, and what it opened, each in a sentence."""
    told = (
        select(Message, MessageRoute)
        .join(MessageRoute, col(MessageRoute.id) == Message.route_id)
        .where(Message.alert_id == alert.id)
        .order_by(col(Message.id))
    )
    return {
        "escalations": [
            f"{one.label}: not {one.missed}d in time; to {one.role} on "
            f"{one.escalated_at:%Y-%m-%d} ({', '.join(one.holders) or 'nobody has the role'})"
            for one in escalations_of(reader, alert)
        ],
        "messages": [
            f"{message.label}: {route.words}, {message.status}"
            + (f" ({message.outcome})" if message.outcome else "")
            for message, route in reader.exec(told)
        ],
        "awareness": [
            f"{one.label}: {one.grounds}, known since {one.known_at:%Y-%m-%d %H:%M} UTC"
            for one in candidates_of(reader, alert)
        ],
    }
