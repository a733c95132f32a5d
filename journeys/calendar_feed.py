"""The calendar behind a personal address: what waits for that person, as it stands now."""

from records.calendar_tokens import person_of_calendar
from records.clock import now_in
from records.store import Store

CALENDAR = "/calendar/"
"""Where a server has the calendars; the token and '.ics' follow."""


def feed_of(store: Store, token: str) -> bytes | None:
    """The calendar of whoever has this token; None where it gives nothing, whatever the cause."""
    from journeys.my_work import my_work, owed_work
    from journeys.work_calendar import calendar_of

    with store.reader() as reader:
        person = person_of_calendar(reader, token)
        if person is None:
            return None
        now = now_in(reader)
        work = owed_work(reader, now)
        return calendar_of(reader, my_work(reader, work, person, on=now.date()))
