"""Complaints and incidents: what is due first, one incident with its clocks, and the decisions."""

from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from dashboards.views import event_decisions
from dashboards.views.assessment_wizard import show_wizard
from dashboards.views.complaint_forms import show_complaints
from dashboards.views.corrections import show_corrections
from dashboards.views.incident_forms import show_candidates, show_incident_forms
from dashboards.views.trends import show_trends
from records.day_overrides import override_words, with_overrides
from records.earlier_receipts import earlier_receipts
from records.event_terms import HARMS
from records.event_work import owed_work
from records.incidents import PERSONS, Incident, awareness_of, governing_decision
from records.lookup import list_records
from records.owed_work import OwedWork
from records.permissions import Action, roles_named
from records.regulatory_reports import requests_of, versions_of_report
from records.reportabilities import (
    DECISIONS,
    ClockInstance,
    Reportability,
    day_of_version,
    decide_reportability,
    decisions_of,
    instances_of,
    rows_of,
)
from records.signature_policy import has_acknowledged
from regulatory.documents.surveillance_tables import european
from regulatory.event_places import otherwise_placed_incident


def show(desk: Desk) -> None:
    """What is due, the complaints, the trends, and one incident in full."""
    look.title(
        "Complaints and incidents",
        "What was alleged against the device, who must be told of it in which jurisdiction, and by "
        "when. A date is only given where a rule sets one.",
    )
    signing.ready_to_sign(desk)
    work = with_overrides(desk.reader, owed_work(desk.reader, desk.now))
    _owed(desk, work)
    event_decisions.screening(desk, work)
    event_decisions.another_day(desk, work)
    show_complaints(desk)
    show_candidates(desk)
    show_trends(desk)
    _incidents(desk)
    show_corrections(desk)


def _incidents(desk: Desk) -> None:
    incidents = [one for one in reversed(list_records(desk.reader, Incident)) if desk.shows(
        one, site=one.site or None, day=one.opened_at)]  # fmt: skip
    look.section("Incidents")
    if not incidents:
        look.quiet(desk.none_of("No incident was opened", "Open one for a complaint above."))
        return
    labels = {f"{one.label}, {one.site or 'no site'}, {one.status}": one for one in incidents}
    _one(desk, choose(desk, "Incident", labels, key="event-incident"))


def _owed(desk: Desk, work: list[OwedWork]) -> None:
    look.section("What is due", "The soonest first; what no rule sets a day for comes after.")
    today = desk.now.date()
    look.table(
        ["Due", "Record", "What", "By", "Article"],
        [
            [look.Mark("OVERDUE", "bad", str(one.due)) if one.due and one.due < today
             else one.due or "no day is set", to_record(one.label), one.what,
             ", ".join(one.roles), _article(one)]
            for one in work
        ],
        empty="Nothing is owed of complaints and incidents.", wide="What",
    )  # fmt: skip


def _article(one: OwedWork) -> str:
    """The article, and beside a day that a person set the one that was computed."""
    set_by = f"; set by {one.override}, computed {one.computed}" if one.computed else ""
    return (european(one.citation) or "none") + set_by


def _one(desk: Desk, one: Incident) -> None:
    days = f"{one.event_from} to {one.event_to}" if one.event_from else "on an unknown day"
    look.quiet(f"{one.words} It happened {days}. Harm: {HARMS[one.harm]}.")
    decided = governing_decision(desk.reader, one)
    aside = decided.set_aside if decided else []
    look.table(
        ["Fact", "Who became aware", "When", "Zone", "How", "Counts"],
        [
            [look.Number(each.label),
             look.Mark(each.person, small=PERSONS[each.person_class]), each.known_at, each.zone,
             each.how, "set aside" if each.label in aside else "yes"]
            for each in awareness_of(desk.reader, one)
        ],
        empty="Nobody is on record as aware.", wide="How",
    )  # fmt: skip
    for early in earlier_receipts(desk.reader, one):
        st.warning(early.words)
    rows = rows_of(desk.reader, one)
    for row in rows:
        _jurisdiction(desk, one, row)
    for asked in requests_of(desk.reader, one):
        look.quiet(f"{asked.label} ({asked.status}), {asked.asked}: {asked.question} "
                   f"{asked.answer}")  # fmt: skip
    if one.status == "open":
        show_incident_forms(desk, one)
        show_wizard(desk, one)
        _decision(desk, [row for row in rows if row.status == "open"])


def _jurisdiction(desk: Desk, one: Incident, row: Reportability) -> None:
    look.section(f"{row.jurisdiction}: {row.status}", row.label)
    instances = list(reversed(instances_of(desk.reader, row)))
    look.table(
        ["Instance", "By the rules", "Clock", "Day 0", "Work towards", "Legal", "Text checked"],
        [cells for place, each in enumerate(instances) for cells in _clocks(each, place == 0)],
        empty="It was not assessed.", wide="By the rules",
    )  # fmt: skip
    if instances and (words := otherwise_placed_incident(desk.reader, one, instances[0].facts)):
        st.warning(f"{words}.".capitalize())
    for made in decisions_of(desk.reader, row):
        against = " against the rules" if made.against_rules else ""
        look.quiet(f"{made.label}: {made.decision}{against}, {made.decided_by}: {made.grounds}")
    for words in override_words(desk.reader, row.label,
                                instances[0].work_by if instances else None):  # fmt: skip
        look.quiet(words)
    for report in versions_of_report(desk.reader, row):
        day = day_of_version(desk.reader, row, report.version, report.due)
        look.quiet(f"{report.label}: version {report.version}, {report.kind}, due "
                   f"{day or 'on no day that a rule sets'}: {report.changed}")  # fmt: skip


def _clocks(one: ClockInstance, stands: bool) -> list[list[look.Cell]]:
    """The rows of an instance; one without a clock has one row that says why."""
    said = {True: "reportable", False: "not reportable", None: "open"}[one.reportable]
    state = str(one.answer.get("state") or one.answer.get("classification") or "")
    verdict = look.Mark(said if stands else "superseded", "waiting" if stands else "plain",
                        state if stands else f"{said} {state}".strip())  # fmt: skip
    checked = "yes" if one.primary_text_checked else "no, summary only"
    why = str(one.answer.get("no_clock_because") or "none runs")
    clocks: list[dict[str, Any]] = one.clocks or [{"clock": why}]
    return [
        [look.Number(one.label), verdict,
         f"{clock.get('clock', '')} {clock.get('member_state', '')}".strip(),
         clock.get("day0", "none"),
         clock.get("due_strict") or clock.get("due_target") or "no date",
         clock.get("due_legal", "no date"), checked]
        for clock in clocks
    ]  # fmt: skip


def _decision(desk: Desk, rows: list[Reportability]) -> None:
    if not rows:
        return
    look.section("Decide", "Signed; also that nothing is reported is a record with its reason.")
    if not desk.may(Action.DECIDE_REPORTABILITY):
        look.quiet(f"It is decided by: {roles_named(Action.DECIDE_REPORTABILITY)}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        return
    places = {one.jurisdiction: one for one in rows}
    with st.form("decide-reportability"):
        row = places[st.selectbox("For", list(places), key="event-decide-place")]
        decision = st.selectbox("Decision", list(DECISIONS), key="event-decision")
        against = st.checkbox("Against the rules, knowingly", key="event-against")
        reason = st.text_input("Reason", key="event-decide-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="event-decide-password")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign the decision", type="primary", key="event-decide")
    if not pressed:
        return

    def decide() -> str:
        with desk.act_on(row, "decision", reason) as (tx, person, now):
            made = decide_reportability(
                tx, tx.get_one(Reportability, row.id), str(decision), grounds=reason, by=person,
                password=password, now=now, against_rules=against,
            )
            return f"{made.label}: {row.jurisdiction} is '{decision}'."

    act(decide, reason=reason)
