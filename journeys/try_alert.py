"""Test this alert: the whole way of a message, with a message that says TEST, and no alert.

Every route that an alert of this chart at this site would take is used, at once, and the message
stays on record with what became of it: who was reached, and who was not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from journeys.tell_people import Send, marked, send_one, where_to_look
from records.accounts import require_on_record
from records.alert_rules import read_alert_rules
from records.errors import InvalidInput, Refused
from records.lookup import sites_named
from records.message_routes import ALERT, TEST, MessageRoute, active_routes
from records.messages import Message
from records.people import find_actor
from records.permissions import Action
from records.queries import effective_plan, find_device
from records.store import Store


@dataclass(frozen=True, slots=True)
class Trial:
    """An alert that might be: of which device, chart and site; empty parts are left open."""

    device: str
    chart: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of the test over one route."""

    message: str
    recipient: str
    channel: str
    status: str
    outcome: str


def try_alert(
    store: Store, trial: Trial, *, actor: str, clock: Callable[[], datetime], pages: str = "",
    send: Send | None = None,
) -> list[Reached]:
    """Send a test over every route that such an alert would take; one attempt each, now.

    What fails waits and is sent again like any other message.

    Raises:
        NotAllowed: The person has no role that may run surveillance.
        NotFound, InvalidInput: There is no such device, chart or site.
        Refused: No plan is in force, or no route would carry the alert.
    """
    with store.reader() as reader:
        require_on_record(store, find_actor(reader, actor), Action.WATCH, now=clock())
    with store.transaction(actor, "test how people are told", now=clock()) as tx:
        routes = _routes_of(tx, trial)
        title = f"{marked(tx)}TEST, no alert: {trial.site or 'all sites'}"
        messages = [
            Message(
                route_id=one.id or 0, kind=TEST, title=title,
                body=_words(trial, actor, pages), queued_at=clock(),
            )
            for one in routes
        ]
        tx.add_all(messages)
    found = []
    for route, message in zip(routes, messages, strict=True):
        settled = send_one(store, message, actor=actor, clock=clock, send=send)
        found.append(
            Reached(
                settled.label, route.recipient, route.scheme, settled.status, settled.outcome
            )
        )
    return found


def _routes_of(tx: Session, trial: Trial) -> list[MessageRoute]:
    plan = effective_plan(tx, find_device(tx, trial.device))
    if plan is None:
        raise Refused(
            f"No monitoring plan of '{trial.device}' is in force: nothing would raise an alert.",
            hint="Put the device's definition into force first.",
        )
    rules = read_alert_rules(plan.content)
    if trial.chart and trial.chart not in rules.charts:
        raise InvalidInput(
            f"The plan has no chart {trial.chart!r}.", hint=f"It has: {', '.join(rules.charts)}."
        )
    if trial.site:
        sites_named(tx, [trial.site])
    alert_class = rules.class_of(trial.chart) if trial.chart else ""
    routes = [
        one for one in active_routes(tx)
        if ALERT in one.about and one.carries(ALERT, alert_class=alert_class, site=trial.site)
    ]
    if not routes:
        raise Refused(
            "No route would carry this alert: nobody would be told.",
            hint="Set one with 'radvigil alert route'.",
        )
    return routes


def _words(trial: Trial, actor: str, pages: str) -> str:
    of = ", ".join(one for one in (trial.chart, trial.site) if one) or "any chart at any site"
    return (
        f"TEST of how people are told of alerts of {trial.device} ({of}), started by {actor}. "
        f"No alert was raised. Nothing is to be done.\n{where_to_look('', pages)}"
    )
