"""People are reminded of what is owed: which steps have come, whom they go to, over which routes.

A step and the message that tells of it are written in one transaction: after a kill the next run
finds either both or neither, and what was written is sent as every message is. A message says
label, kind and day; what a record says stays where people sign in.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from journeys.my_work import owed_work
from journeys.tell_people import marked
from records.counting import counted
from records.message_routes import WORK, MessageRoute, active_routes
from records.messages import Message
from records.notices import NoticeKind, raise_notice
from records.store import Store
from records.work_reminders import DueReminder, WorkReminder, due_reminders, record_reminder


@dataclass(frozen=True, slots=True)
class Reminded:
    """What one run wrote down: the steps, and how many messages tell of them."""

    reminders: list[WorkReminder] = field(default_factory=list)
    messages: int = 0


def remind_of_work(
    store: Store, *, actor: str, now: datetime, pages: str = ""
) -> Reminded:
    """Write down each step that has come and its messages; nothing where none has.

    pages: where people open the pages, for the link.
    """
    with store.reader() as reader:
        work = owed_work(reader, now)
        if not due_reminders(reader, work, on=now.date()):
            return Reminded()
    with store.transaction(actor, "remind of what is owed", now=now) as tx:
        due = due_reminders(tx, work, on=now.date())  # a run beside this one may have written
        routes = [one for one in active_routes(tx) if one.carries(WORK)]
        by_route: dict[int, list[tuple[DueReminder, WorkReminder]]] = defaultdict(list)
        made = []
        for one in due:
            over = _routes_for(one, routes)
            kept = record_reminder(tx, one, routes=[route.label for route in over], now=now)
            made.append(kept)
            if not one.holders and one.step.escalates_to is not None:
                raise_notice(tx, NoticeKind.WORK_UNATTENDED, kept.subject,
                             f"{kept.record} ({kept.kind}) was due {kept.due}, and nobody has the "
                             f"role {kept.role} or another that may do it.", now=now)  # fmt: skip
            for route in over:
                by_route[route.id or 0].append((one, kept))
        tx.add_all([
            _message(tx, route, by_route[route.id or 0], pages, now)
            for route in routes if route.id in by_route
        ])  # fmt: skip
    return Reminded(made, len(by_route))


def _routes_for(one: DueReminder, routes: Sequence[MessageRoute]) -> list[MessageRoute]:
    """The routes to the people and roles that it waits for; what is late and leads nowhere, all."""
    wanted = {*one.holders, *one.roles}
    found = [route for route in routes if route.recipient in wanted]
    return found if found or one.step.escalates_to is None else list(routes)


def _message(
    tx: Session, route: MessageRoute, told: Sequence[tuple[DueReminder, WorkReminder]],
    pages: str, now: datetime,
) -> Message:
    """One message a route: the late ones first, a line each."""
    lines = sorted(told, key=lambda pair: pair[1].due)
    late = sum(kept.due < now.date() for _, kept in lines)
    title = f"{marked(tx)}{counted(len(lines), 'day')} of work" + (f", {late} late" if late else "")
    body = [_line(one, kept, now.date()) for one, kept in lines]
    where = (f"{pages.rstrip('/')}/" if pages
             else "Read it on the first page, or with 'radvigil work list --mine'.")  # fmt: skip
    return Message(route_id=route.id or 0, kind=WORK, title=title, body="\n".join([*body, where]),
                   day=now.date(), record=lines[0][1].label, queued_at=now)  # fmt: skip


def _line(one: DueReminder, kept: WorkReminder, today: date) -> str:
    late = (today - kept.due).days
    state = f"OVERDUE since {kept.due}" if late > 0 else f"due {kept.due}"
    law = " (legal day)" if one.work.legal else ""
    went = f"; it goes to the role {kept.role}" if kept.role else ""
    return f"{kept.record} ({kept.kind}): {state}{law}, {kept.step}{went} [{kept.label}]"
