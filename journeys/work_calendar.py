"""What is owed as a calendar (RFC 5545): labels and what is to be done, no words of any record.

A line keeps its identity from file to file, so that a calendar that takes it again moves an entry
and adds none. What has no day is in no calendar.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session, select

from records.owed_work import OwedWork
from records.product import WorkspaceMark


def calendar_of(session: Session, work: Iterable[OwedWork], *, now: datetime) -> bytes:
    """The calendar of these lines: an entry for each day that is set, told of the day before."""
    from icalendar import Alarm, Calendar, Event

    mark = session.exec(select(WorkspaceMark)).first()
    place = sha256(f"{mark.created_at.isoformat() if mark else ''}".encode()).hexdigest()[:16]
    made = Calendar()
    made.add("prodid", "-//Radvigil//what is owed//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Radvigil: what is owed")
    for one in work:
        if one.due is None:
            continue
        entry = Event()
        entry.add("uid", f"{one.key.replace(' ', '-')}@{place}.radvigil")
        entry.add("dtstamp", now)
        entry.add("dtstart", one.due)
        entry.add("dtend", one.due + timedelta(days=1))
        entry.add("summary", f"{one.label}: {one.what}")
        entry.add("description", f"{one.citation}; {', '.join(one.roles) or one.owner}")
        entry.add("categories", [one.kind])
        entry.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"{one.label} is due")
        alarm.add("trigger", timedelta(days=-1))
        entry.add_component(alarm)
        made.add_component(entry)
    return bytes(made.to_ical())
