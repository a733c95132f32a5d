"""What is owed as a calendar (RFC 5545): labels and what is to be done, no words of any record.

A line keeps its identity from file to file, so that a calendar that takes it again moves an entry
and adds none. What has no day is in no calendar. The same work gives the same bytes.
"""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlmodel import Session, select

from records.clock import is_demonstration
from records.owed_work import OwedWork
from records.product import WorkspaceMark

if TYPE_CHECKING:
    from icalendar import Event, Todo

FIRST, LATER = 1, 5
"""Priority of a task (RFC 5545, 3.8.1.9): of a day that a law sets, and of others."""


def calendar_of(session: Session, work: Iterable[OwedWork]) -> bytes:
    """The calendar of these lines: for each day that is set an entry, told of the day before, and
    a task."""
    from icalendar import Alarm, Calendar, Event, Todo

    mark = session.exec(select(WorkspaceMark)).first()
    place = sha256(f"{mark.created_at.isoformat() if mark else ''}".encode()).hexdigest()[:16]
    shown = "DEMONSTRATION, " if is_demonstration(session) else ""
    made = Calendar()
    made.add("prodid", "-//Radvigil//what is owed//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", f"Radvigil: {shown}what is owed")
    for one in work:
        if one.due is None:
            continue
        entry = _described(Event(), one, f"{one.key.replace(' ', '-')}@{place}.radvigil")
        entry.add("dtstart", one.due)
        entry.add("dtend", one.due + timedelta(days=1))
        entry.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"{one.label} is due")
        alarm.add("trigger", timedelta(days=-1))
        entry.add_component(alarm)
        made.add_component(entry)
        task = _described(Todo(), one, f"todo-{one.key.replace(' ', '-')}@{place}.radvigil")
        task.add("due", one.due)
        task.add("status", "NEEDS-ACTION")
        task.add("priority", FIRST if one.legal else LATER)
        made.add_component(task)
    return bytes(made.to_ical())


def _described(entry: "Event | Todo", one: OwedWork, uid: str) -> "Event | Todo":
    """What an entry and its task say alike; the stamp is when it became owed."""
    said = [one.citation, ", ".join(one.roles) or one.owner]
    if one.computed is not None:
        said.append(f"set by {one.override}; computed: {one.computed}")
    if one.checked:
        said.append(one.checked)
    entry.add("uid", uid)
    entry.add("dtstamp", one.since)
    entry.add("summary", f"{one.label}: {one.what}")
    entry.add("description", "; ".join(part for part in said if part))
    entry.add("categories", [one.kind])
    return entry
