"""The page Deadlines: each day with its rule, day 0 and whose it is; clocks, schedule, calendar."""

import re
from html import unescape

from icalendar import Calendar

from journeys.deadlines import all_deadlines, narrowed, reporting_clocks
from journeys.work_calendar import calendar_of
from records.calendar_tokens import calendar_tokens
from records.incidents import Incident
from records.lookup import list_records
from records.people import find_actor
from records.store import Store
from regulatory.reportability import assess_incident
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import TODAY
from tests.dashboards.test_incidents_page import TOLD, opened

DEVICE = "chest-radiograph-pneumonia"


def assessed(records: Store) -> None:
    """An incident that the rules of the US find reportable."""
    opened(records)
    given = {name: value == "true" for name, value in TOLD.items()}
    with records.transaction("demo.quality", "a call", now=TODAY) as tx:
        (one,) = list_records(tx, Incident)
        assess_incident(tx, one, "US", given, grounds="the call",
                        by=find_actor(tx, "demo.quality"), now=TODAY)  # fmt: skip


def test_a_clock_has_its_rule_day_0_and_who_answers(visit: Visit, records: Store) -> None:
    assessed(records)
    with records.reader() as reader:
        (one,) = narrowed(all_deadlines(reader, TODAY), jurisdiction="US")
        (clock,) = reporting_clocks(reader)
        days = calendar_of(reader, [one.work])
    assert (one.work.label, one.device, one.state) == ("RPB-0001", DEVICE, "later")
    assert str(one.work.day_0) == clock.day_0 == "2026-03-06"
    assert [rule.id for rule in one.rules] == ["R-803-02", "R-803-01"]
    assert (clock.incident, clock.state) == ("INC-0001", "running")
    assert len(Calendar.from_ical(days).walk("VEVENT")) == 1
    app = visit("demo.regulatory", "deadlines")
    assert not app.exception
    words = unescape(text_of(app))
    for said in ("None of ", "RPB-0001", "2026-04-03", "R-803-02", "21 CFR 803", "regulatory"):
        assert said in words, said
    app.toggle(key="deadline-overdue").set_value(True).run()
    assert "No day is set for anything that is owed" in text_of(app)


def test_the_address_of_a_calendar_is_made_and_shown_once(visit: Visit, records: Store) -> None:
    app = visit("demo.regulatory", "deadlines")
    app.text_input(key="calendar-address-reason").set_value("for my calendar")
    app.button(key="calendar-address-submit").click().run()
    assert re.search(r"CLT-0001: https://127\.0\.0\.1:8446/calendar/\S{43}\.ics", text_of(app))
    assert "/calendar/" not in text_of(app.run())
    with records.reader() as reader:
        assert len(calendar_tokens(reader)) == 1
