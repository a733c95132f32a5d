"""People are told of alerts: late ones escalated, messages queued, sent, and settled.

What is to be told is found from the records, so that a kill at any moment loses nothing. Sending
never holds up a day of surveillance: it comes last, a channel that failed is left alone for the
rest of the round, and a round ends after its time.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from records.alert_escalations import AlertEscalation, due_at, escalate_overdue, rules_of
from records.clock import is_demonstration
from records.errors import RadvigilError
from records.message_routes import (
    ALERT,
    ESCALATION,
    MessageRoute,
    active_routes,
    address_of,
)
from records.messages import (
    DELIVERED,
    Message,
    ToTell,
    alerts_to_tell,
    begin_attempt,
    due_messages,
    escalations_to_tell,
    settle,
)
from records.store import Store
from records.surveillance import Alert
from records.vault import Vault

ROUND = timedelta(seconds=60)
"""After so long no further message of a round is begun; the next round goes on."""

Send = Callable[..., str]
"""From address, title and body, and a page where there is one, to what was wrong; empty where the
server took it."""


@dataclass
class TellReport:
    """What one round did; ``faults``: what failed, in words by the label of the message."""

    escalated: list[AlertEscalation] = field(default_factory=list)
    queued: int = 0
    delivered: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    busy: bool = False
    """Another process was sending: what waits is its."""


def tell_people(
    store: Store, *, actor: str, clock: Callable[[], datetime], pages: str = "",
    send: Send | None = None,
) -> TellReport:
    """Escalate what is late, queue what is to be told, send what is due.

    pages: where people open the pages, for the links.
    """
    report = TellReport(escalated=escalate_alerts(store, actor=actor, now=clock()))
    report.queued = queue_messages(store, actor=actor, now=clock(), pages=pages)
    send_messages(store, report, actor=actor, clock=clock, send=send)
    return report


def escalate_alerts(store: Store, *, actor: str, now: datetime) -> list[AlertEscalation]:
    """Take every alert that nobody answered in time one role further, where its time is over."""
    from records.alert_escalations import overdue_alerts

    with store.reader() as reader:
        if not any(one.is_due(now) for one in overdue_alerts(reader, now=now)):
            return []
    with store.transaction(actor, "nobody answered in the plan's time", now=now) as tx:
        return escalate_overdue(tx, now=now)


def queue_messages(store: Store, *, actor: str, now: datetime, pages: str = "") -> int:
    """Write down what each route is to be told of alerts and escalations; how many messages."""
    with store.reader() as reader:
        if not (alerts_to_tell(reader) or escalations_to_tell(reader)):
            return 0
    with store.transaction(actor, "tell people of alerts", now=now) as tx:
        told = [*alerts_to_tell(tx), *escalations_to_tell(tx)]
        tx.add_all([_message(tx, one, pages, now) for one in told])
    return len(told)


def send_messages(
    store: Store, report: TellReport, *, actor: str, clock: Callable[[], datetime],
    send: Send | None = None,
) -> None:
    """Send what is due, each attempt noted before and settled after."""
    with store.reader() as reader:
        if not due_messages(reader, clock()):
            return
    with alone(store) as mine:
        report.busy = not mine
        if not mine:
            return
        with store.reader() as reader:
            due = due_messages(reader, clock())
        broken: set[int] = set()
        begun = _now()
        for one in due:
            if one.route_id not in broken and _now() - begun < ROUND:
                settled = send_one(store, one, actor=actor, clock=clock, send=send)
                if settled.status == DELIVERED:
                    report.delivered += 1
                else:
                    report.faults[settled.label] = settled.outcome
                    broken.add(one.route_id)


def send_one(
    store: Store, message: Message, *, actor: str, clock: Callable[[], datetime],
    send: Send | None = None,
) -> Message:
    """One attempt for one message: noted, made, settled."""
    if send is None:
        from monitoring.channels import send_message

        send = send_message
    with store.transaction(actor, "tell people of alerts", now=clock()) as tx:
        begin_attempt(tx, tx.get_one(Message, message.id), now=clock())
        route = tx.get_one(MessageRoute, message.route_id)
    try:
        page = _page(store, message)
        address = address_of(store, route)
        fault = send(address, message.title, message.body, *page)
    except RadvigilError as wrong:
        fault = wrong.message
    with store.transaction(actor, "tell people of alerts", now=clock()) as tx:
        settled = tx.get_one(Message, message.id)
        settle(tx, settled, fault=fault, now=clock())
    return settled


def _page(store: Store, message: Message) -> tuple[bytes, ...]:
    """What goes with a message, from the vault."""
    if not message.page_digest:
        return ()
    return (Vault(store.workspace.vault).fetch(message.page_digest, of=message.label),)


@contextmanager
def alone(store: Store) -> Iterator[bool]:
    """Whether this process sends alone: two would tell people the same."""
    descriptor = os.open(store.workspace.home / "messages.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def nobody_is_told(session: Session) -> str:
    """A sentence where no route carries alerts; empty where one does."""
    if any(ALERT in one.about for one in active_routes(session)):
        return ""
    return "Nobody is told of alerts by e-mail or chat: no route is set ('radvigil alert route')."


def _message(tx: Session, one: ToTell, pages: str, now: datetime) -> Message:
    kind = ALERT if one.escalation is None else ESCALATION
    title, body = _words(tx, one.alert, one.escalation, pages)
    return Message(
        route_id=one.route.id or 0, kind=kind, alert_id=one.alert.id,
        escalation_id=one.escalation.id if one.escalation else None, title=title, body=body,
        queued_at=now,
    )


def _words(
    tx: Session, alert: Alert, step: AlertEscalation | None, pages: str
) -> tuple[str, str]:
    """Title and text: label, site, the sentence, what is due; nothing of any patient."""
    rules = rules_of(tx, alert)
    rule, due = rules.rule_of(*alert.charts), due_at(alert, rules)
    title = f"{marked(tx)}{alert.label}, {alert.severity}: {alert.site}"
    lines = [alert.summary, ""]
    if step is not None:
        title = f"{marked(tx)}{alert.label} unattended: {alert.site}"
        late = "acknowledged" if step.missed == "acknowledge" else "closed"
        lines = [
            f"{alert.label} was not {late} by {step.due_at:%Y-%m-%d %H:%M} UTC. It goes to the "
            f"role {step.role} (step {step.step}).", *lines,
        ]  # fmt: skip
    lines += [
        f"Class: {rules.class_of(*alert.charts)}. Owner: {rules.owner.value}. "
        f"{_sentence(rule.words)}"
    ]
    if due is not None:
        answer = "acknowledgement" if alert.status == "open" else "closing"
        lines.append(f"Due: {answer} by {due:%Y-%m-%d %H:%M} UTC.")
    return title, "\n".join([*lines, where_to_look(alert.label, pages)])


def marked(session: Session) -> str:
    """How the title of a message begins: a demonstration says that it is one."""
    return "Radvigil DEMONSTRATION: " if is_demonstration(session) else "Radvigil: "


def where_to_look(label: str, pages: str) -> str:
    """Where an alert is read and answered; ``label`` is empty where none is meant."""
    label = f" {label}" if label else ""
    if pages:
        return f"{pages.rstrip('/')}/alerts{f'?open={label.strip()}' if label else ''}"
    return f"Read it on the page 'Alerts', or with 'radvigil alert show{label}'."


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _now() -> timedelta:
    """The machine's own running time, which no clock of a workspace changes."""
    from time import monotonic

    return timedelta(seconds=monotonic())
