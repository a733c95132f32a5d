"""Deadlines, for regulatory staff: each day with its rule, what it is counted from, and whose."""

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.links import to_record
from dashboards.views import event_decisions
from dashboards.work import all_work, own_work
from journeys.calendar_feed import CALENDAR
from journeys.deadlines import (
    Deadline,
    ReportingClock,
    deadlines,
    narrowed,
    periodic_schedule,
    reporting_clocks,
)  # fmt: skip
from journeys.work_calendar import calendar_of
from records.calendar_tokens import make_calendar_token
from records.owed_work import OVERDUE, SOON, TODAY, OwedWork
from records.permissions import Action
from regulatory.documents.surveillance_tables import european
from regulatory.periodic_schedule import ScheduledReport
from regulatory.rules.catalogue import Rule

_STATES: dict[str, tuple[str, look.Tone]] = {
    OVERDUE: ("OVERDUE", "bad"), TODAY: ("today", "waiting"), SOON: ("within 7 days", "waiting"),
}  # fmt: skip
_SCHEDULED: dict[str, look.Tone] = {
    "OVERDUE": "bad", "IN_PREPARATION": "waiting", "UNKNOWN": "unknown", "RUNNING": "plain",
}  # fmt: skip
FORM = "calendar-address"


def show(desk: Desk) -> None:
    """The days that come first; the clocks of reporting; the schedule of periodic reports."""
    look.title(
        "Deadlines",
        "Every day that a law, a rule or a plan sets: what it is counted from, by which rule, and "
        "who answers. What no rule sets a day for stands in My work.",
    )
    work = all_work(desk)
    today = desk.now.date()
    found = narrowed(deadlines(desk.reader, work, today), device=desk.selection.device)
    shown = _filtered(found)
    _days(desk, shown)
    event_decisions.another_day(desk, work)
    device = desk.selection.device
    clocks = [one for one in reporting_clocks(desk.reader) if device in ("", one.device)]
    _clocks(clocks)
    _schedule(desk, periodic_schedule(
        desk.reader, [device] if device else desk.visible.devices, today))  # fmt: skip
    of_days = [rule for one in shown for rule in one.rules]
    _rules(of_days + [rule for one in clocks for rule in one.rules])
    _calendar(desk, [one.work for one in shown])


def _filtered(found: list[Deadline]) -> list[Deadline]:
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    known = sorted({one.jurisdiction for one in found})
    place = left.selectbox("Jurisdiction", [None, *known], key="deadline-jurisdiction",
                           format_func=lambda one: "All" if one is None else one or
                           "none: a plan or a person sets the day")  # fmt: skip
    late = right.toggle("Only overdue", key="deadline-overdue")
    if place is not None:
        found = [one for one in found if one.jurisdiction == place]
    return narrowed(found, overdue=late)


def _days(desk: Desk, found: list[Deadline]) -> None:
    late = sum(one.state == OVERDUE for one in found)
    if late:
        look.notice(f"{late} of {len(found)} days have passed: these come first.", "bad")
    elif found:
        look.notice(f"None of {len(found)} days has passed.", "good")
    look.section("What has a day")
    look.table(
        ["Due", "Record", "What", "Jurisdiction", "Day 0", "Rule and article", "Whose"],
        [_line(one) for one in found],
        empty=desk.none_of("No day is set for anything that is owed", "My work has the rest."),
        wide="What",
    )  # fmt: skip


def _line(one: Deadline) -> list[look.Cell]:
    work = one.work
    words, tone = _STATES.get(one.state, ("later", "plain"))
    small = [words]
    if work.computed:
        small.append(f"set by {work.override}, computed {work.computed}")
    if work.last_legal_day and work.last_legal_day != work.due:
        small.append(f"the law's last day is {work.last_legal_day}")
    rules = ", ".join(rule.id for rule in one.rules)
    return [
        look.Mark(str(work.due), tone, "; ".join(small)), to_record(work.label),
        look.Mark(work.what, small=one.device or "not of one device"),
        one.jurisdiction or "no law sets it", work.day_0 or "none named",
        look.Mark(rules or european(work.citation) or "none",
                  small=european(work.citation) if rules else ""),
        work.owner or ", ".join(work.roles) or "nobody is named",
    ]  # fmt: skip


def _clocks(found: list[ReportingClock]) -> None:
    look.section("Clocks of reporting", "Of every incident by jurisdiction, also those that ended.")
    look.table(
        ["Incident", "Jurisdiction", "Clock", "Day 0", "Work towards", "Legal", "State", "Rules",
         "Text checked"],
        [[to_record(one.incident, small=one.label), one.jurisdiction, one.clock,
          one.day_0 or "none", one.due or "no date", one.legal or "no date",
          look.Mark(one.state, "waiting" if one.state == "running" else "plain"),
          ", ".join(rule.id for rule in one.rules) or "none loaded",
          "yes" if one.checked else "no, summary only"] for one in found],
        empty="No incident was assessed yet: 'Complaints and incidents' has the questions.",
    )  # fmt: skip


def _schedule(desk: Desk, found: list[ScheduledReport]) -> None:
    look.section("Periodic reports", "Each period that is not reported yet; where a fact is "
                 "missing no day is given, and it is said what is needed.")  # fmt: skip
    today = desk.now.date()
    look.table(
        ["Report", "Device", "Period", "Issue by", "State", "What it says", "Article"],
        [[one.name, one.device,
          look.span(one.period_start, one.period_end), one.issue_due or "no day",
          look.Mark(one.state(today).replace("_", " ").lower(),
                    _SCHEDULED.get(one.state(today), "plain")),
          european(f"{one.says}. {one.submission}".strip()),
          look.Mark(european(one.citation), small=one.checked)]
         for one in found],
        empty="No periodic report is known: the device's definition names them "
        "(periodic_reports).", wide="What it says",
    )  # fmt: skip


def _rules(named: list[Rule]) -> None:
    rules = {one.id: one for one in named}
    if not rules:
        return
    with st.expander("The rules in words"):
        look.table(
            ["Rule", "Title", "What it says", "Where it ends", "Article", "What was read"],
            [[look.Number(one.id), european(one.title), european(one.logic),
              european(one.edge) or "nothing noted", european(one.citation), one.checked]
             for one in rules.values()],
            empty="", wide="What it says",
        )  # fmt: skip


def _calendar(desk: Desk, shown: list[OwedWork]) -> None:
    """The days as a file, and the address that a calendar program reads."""
    look.section("Calendar", "Labels and what is to be done only: no words of any record.")
    with st.container(horizontal=True):
        st.download_button("These days (iCalendar)", calendar_of(desk.reader, shown),
                           file_name="deadlines.ics", mime="text/calendar",
                           key="deadlines-ics")  # fmt: skip
        st.download_button("What waits for me (iCalendar)",
                           calendar_of(desk.reader, own_work(desk)), file_name="my-work.ics",
                           mime="text/calendar", key="my-work-ics")  # fmt: skip
    if not desk.may(Action.SUBSCRIBE_CALENDAR):
        return
    with st.expander("An address that a calendar program reads"), st.form(FORM):
        st.markdown(
            "Whoever has the address reads labels and days of what waits for you, until it is "
            "revoked ('radvigil work unsubscribe'). It is shown once, and answers where 'radvigil "
            "work serve' runs."
        )
        at = st.text_input("Where it runs", "https://127.0.0.1:8446", key=f"{FORM}-at")
        reason = st.text_input("Reason", key=f"{FORM}-reason")
        pressed = st.form_submit_button("Make the address", key=f"{FORM}-submit")
    if not pressed:
        return

    def make() -> str:
        with desk.act_on(desk.person, "address of a calendar", reason) as (tx, person, now):
            made, token = make_calendar_token(tx, by=person, now=now)
            return f"{made.label}: {at.rstrip('/')}{CALENDAR}{token}.ics (shown this once)"

    act(make, reason=reason)
