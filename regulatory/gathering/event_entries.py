"""Incidents and complaints as documents tell them: who knew when, each jurisdiction, what was sent.

Queries only; each table is asked once for all records of a case.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from records.awareness import AwarenessCandidate
from records.base import Record
from records.complaints import ELEMENTS, Complaint
from records.incidents import PERSONS, AwarenessFact, GoverningFact, Incident
from records.people import Actor
from records.product import ModelVersion
from records.regulatory_reports import InformationRequest, RegulatoryReport, Submission
from records.reportabilities import ClockInstance, Reportability, ReportabilityDecision
from regulatory.documents.action_facts import SubmissionEntry
from regulatory.documents.blocks import Signed
from regulatory.documents.event_facts import (
    AwarenessEntry,
    ClockEntry,
    ClockRow,
    ComplaintEntry,
    DecisionEntry,
    GoverningEntry,
    IncidentEntry,
    JurisdictionEntry,
    QuestionEntry,
    ReportEntry,
)
from regulatory.documents.wording import NOT_RECORDED, instant, spaced
from regulatory.gathering.case_records import CaseRecords, grouped, signatures_by
from regulatory.question_words import WORDS

UNKNOWN_DAYS: Final = "unknown"
_MARK: Final = re.compile(r"\s*\[[^\]]*\]")
_MDR: Final = re.compile(r"(?<!EU )\bMDR\b(?= A(?:rt|RT))")
FIVE_DAYS: Final = ("remedial_action_needed", "fda_5day_request")
"""The facts of the test of five work days (21 CFR 803.53)."""

Signatures = Callable[[Record], tuple[Signed, ...]]


def cited(words: str) -> str:
    """A citation without the marks of its source, and the EU MDR by its whole name."""
    return _MDR.sub("EU MDR", _MARK.sub("", words)).strip()


def by_at(at: datetime | None, by: str) -> str:
    """Who did it and when; '' where it was not done."""
    return f"{instant(at)} by {by or NOT_RECORDED}" if at is not None else ""


def days_of(first: date | None, last: date | None) -> str:
    """The days of an event as people read them."""
    if first is None:
        return UNKNOWN_DAYS
    return str(first) if last in (None, first) else f"{first} to {last}"


def categories_of(codes: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Own categories with the terms of IMDRF Annex A to look up."""
    terms = {one["category"]: ", ".join(one.get("annex_a_terms") or []) for one in codes}
    return tuple(f"{name} (IMDRF Annex A term: {said or 'none named'})"
                 for name, said in terms.items())  # fmt: skip


def full_names(session: Session) -> dict[str, str]:
    """The printed name of each account."""
    return {one.name: one.full_name or one.name for one in session.exec(select(Actor))}


def version_names(session: Session) -> dict[int | None, str]:
    """Each model version as documents name it, by its number."""
    return {one.id: f"{one.name} ({one.label})" for one in session.exec(select(ModelVersion))}


def submission_entry(one: Submission, of: str) -> SubmissionEntry:
    """A submission as documents tell it."""
    return SubmissionEntry(
        one.label, of, one.authority, one.channel,
        tuple(f"{each['at'][:19].replace('T', ' ')} UTC by {each['by']}, {each['channel']}: "
              f"{each['outcome']}" for each in one.attempts),
        one.status, one.reference, one.reference_status, one.acknowledged_at,
        one.acknowledgement_digest,
    )  # fmt: skip


def incident_entries(
    session: Session, case: CaseRecords
) -> tuple[tuple[IncidentEntry, ...], dict[str, list[Any]]]:
    """Every incident of a case, and the records behind them by the question that found them."""
    ids = [one.id for one in case.incidents]
    aware = grouped(session, AwarenessFact, "incident_id", ids)
    governing = grouped(session, GoverningFact, "incident_id", ids)
    rows = grouped(session, Reportability, "incident_id", ids)
    of_rows = [row.id for found in rows.values() for row in found]
    clocks = grouped(session, ClockInstance, "reportability_id", of_rows)
    decisions = grouped(session, ReportabilityDecision, "reportability_id", of_rows)
    reports = grouped(session, RegulatoryReport, "reportability_id", of_rows)
    sent = grouped(session, Submission, "report_id",
                   [one.id for found in reports.values() for one in found])  # fmt: skip
    asked = grouped(session, InformationRequest, "incident_id", ids)
    decided = [one for found in decisions.values() for one in found]
    signed = signatures_by(session, [*case.incidents, *decided])
    versions = version_names(session)

    def place(row: Reportability, label: str) -> JurisdictionEntry:
        number = row.id or 0
        return JurisdictionEntry(
            row.label, label, row.jurisdiction, row.status,
            _clocks(clocks.get(number, [])),
            tuple(_decision(one, signed) for one in decisions.get(number, ())),
            tuple(_report(one) for one in reports.get(number, ())),
            tuple(submission_entry(each, one.label) for one in reports.get(number, ())
                  for each in sent.get(one.id or 0, ())),
        )  # fmt: skip

    found = tuple(
        _incident(
            one, versions.get(one.model_version_id, ""), aware.get(one.id or 0, []),
            governing.get(one.id or 0, []),
            tuple(place(row, one.label) for row in rows.get(one.id or 0, ())),
            asked.get(one.id or 0, []), signed,
        )
        for one in case.incidents
    )
    told = {
        "incidents": list(case.incidents), "awareness facts": _flat(aware),
        "decisions on awareness": _flat(governing), "rows by jurisdiction": _flat(rows),
        "clock instances": _flat(clocks), "reportability decisions": decided,
        "versions of reports": _flat(reports), "submissions": _flat(sent),
        "questions to sites": _flat(asked),
    }
    return found, told


def _flat(groups: dict[int, list[Any]]) -> list[Any]:
    return [one for found in groups.values() for one in found]


def _incident(
    one: Incident, version: str, aware: list[AwarenessFact], governing: list[GoverningFact],
    places: tuple[JurisdictionEntry, ...], asked: list[InformationRequest], signed: Signatures,
) -> IncidentEntry:
    aside = set(governing[-1].set_aside) if governing else set()
    source = (
        Complaint.label_of(one.complaint_id) if one.complaint_id is not None
        else AwarenessCandidate.label_of(one.candidate_id) if one.candidate_id is not None else ""
    )
    chosen = governing[-1] if governing else None
    return IncidentEntry(
        one.label, source, one.site, version, one.words, days_of(one.event_from, one.event_to),
        one.harm, categories_of(one.codes), one.status, by_at(one.opened_at, one.opened_by),
        one.conclusion, by_at(one.closed_at, one.closed_by),
        tuple(
            AwarenessEntry(
                each.label, each.person, PERSONS.get(each.person_class, each.person_class),
                each.known_at, each.zone,
                each.known_at.astimezone(ZoneInfo(each.zone)).strftime("%Y-%m-%d %H:%M"),
                each.how, each.label not in aside, by_at(each.recorded_at, each.recorded_by),
            )
            for each in sorted(aware, key=lambda fact: (fact.known_at, fact.id))
        ),
        GoverningEntry(
            chosen.label, AwarenessFact.label_of(chosen.fact_id), tuple(chosen.set_aside),
            chosen.grounds, by_at(chosen.decided_at, chosen.decided_by),
        ) if chosen else None,
        places,
        tuple(QuestionEntry(each.label, each.asked, each.channel, each.question, each.asked_by,
                            each.asked_at, each.answer, each.answered_at) for each in asked),
        signed(one),
    )  # fmt: skip


def _clocks(found: list[ClockInstance]) -> tuple[ClockEntry, ...]:
    return tuple(_clock(one, stands=one is found[-1]) for one in found)


def _clock(one: ClockInstance, *, stands: bool) -> ClockEntry:
    answer = one.answer
    citations = answer.get("citations") or {}
    said = {True: "reportable", False: "not reportable", None: "open"}[one.reportable]
    named = next((str(answer[name]) for name in ("classification", "route", "state")
                  if answer.get(name)), "")  # fmt: skip
    return ClockEntry(
        record=one.label, version=one.version, stands=stands, said=said,
        rules=tuple(one.rule_ids), rule_version=one.rule_version,
        citations=tuple(dict.fromkeys(cited(str(citations[each])) for each in one.rule_ids
                                      if each in citations)),
        checked=one.primary_text_checked, classification=cited(spaced(named)),
        facts=tuple((WORDS.get(name, spaced(name).capitalize()), _value(value))
                    for name, value in sorted(one.facts.items())
                    if name not in ("awareness_facts", "jurisdiction")),
        open_facts=tuple(spaced(name) for name in answer.get("open_facts") or ()),
        clocks=tuple(_clock_row(each) for each in one.clocks),
        no_clock=str(answer.get("no_clock_because") or ""), work_by=one.work_by,
        due_legal=one.due_legal, grounds=one.grounds,
        assessed=by_at(one.assessed_at, one.assessed_by),
        five_day=_five_days(one) if "R-803-01" in one.rule_ids else "",
    )  # fmt: skip


def _five_days(one: ClockInstance) -> str:
    """The test of five work days as it was made, used or not (21 CFR 803.53)."""
    told = "; ".join(f"{WORDS.get(name, spaced(name))}: {_value(one.facts.get(name))}"
                     for name in FIVE_DAYS)  # fmt: skip
    runs = any("803.53" in str(each.get("clock", "")) for each in one.clocks)
    return f"{told}. The clock of five work days {'runs' if runs else 'does not run'}."


def _value(value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    code = isinstance(value, str) and value.isupper() and "_" in value
    return spaced(value).lower() if code else str(value)


def _clock_row(one: dict[str, Any]) -> ClockRow:
    other = "; ".join(f"{spaced(name)} {one[name]}" for name in
                      ("due_strict", "due_legal_max", "conservative_target") if one.get(name)
                      and one[name] != one.get("due_legal"))  # fmt: skip
    return ClockRow(
        str(one.get("clock", "")), str(one.get("member_state", "")),
        spaced(str(one.get("trigger") or "")), str(one.get("day0") or ""),
        str(one.get("due_target") or ""), str(one.get("due_legal") or ""), other,
    )


def _decision(one: ReportabilityDecision, signed: Signatures) -> DecisionEntry:
    on = ClockInstance.label_of(one.clock_instance_id) if one.clock_instance_id else ""
    return DecisionEntry(one.label, one.decision, on, one.against_rules, one.grounds,
                         by_at(one.decided_at, one.decided_by), signed(one))  # fmt: skip


def _report(one: RegulatoryReport) -> ReportEntry:
    return ReportEntry(
        one.label, one.version, one.kind, spaced(one.event_type), one.form,
        str(one.content.get("filled_form", "")), one.changed, one.due,
        by_at(one.prepared_at, one.prepared_by), str(one.content.get("no_form", "")),
    )


def complaint_entries(session: Session, case: CaseRecords) -> tuple[ComplaintEntry, ...]:
    """Every complaint of a case."""
    signed, versions = signatures_by(session, case.complaints), version_names(session)
    return tuple(_complaint(one, case, versions, signed) for one in case.complaints)


def _complaint(
    one: Complaint, case: CaseRecords, versions: dict[int | None, str], signed: Signatures
) -> ComplaintEntry:
    investigated = {True: "yes", False: "no", None: ""}[one.investigated]
    return ComplaintEntry(
        one.label, one.old_number, one.words, one.channel, one.site,
        versions.get(one.model_version_id, ""), by_at(one.received_at, one.received_by),
        days_of(one.event_from, one.event_to), tuple(one.involved), one.harm, one.harm_grounds,
        categories_of(one.codes), investigated, one.investigation, one.similar_to,
        tuple((name, _element(one.elements.get(key))) for key, name in ELEMENTS.items()),
        tuple(map(str, one.completeness.get("missing", ()))), bool(one.completeness),
        by_at(one.recorded_at, one.recorded_by), one.status, one.conclusion,
        by_at(one.closed_at, one.closed_by),
        tuple((each.label, Complaint.label_of(each.complaint_id), each.kind,
               Complaint.label_of(each.other_id), f"{each.grounds} "
               f"({by_at(each.linked_at, each.linked_by)})")
              for each in case.links if one.id in (each.complaint_id, each.other_id)),
        signed(one),
    )  # fmt: skip


def _element(said: Any) -> str:
    if isinstance(said, dict):
        return f"unknown: {said.get('reason') or 'no reason is recorded'}"
    return str(said or "")


def form_submissions(session: Session, forms: dict[int | None, str]) -> list[Submission]:
    """The submissions of forms that go out by themselves, in order."""
    query = select(Submission).where(col(Submission.form_version_id).in_(list(forms)))
    return list(session.exec(query.order_by(col(Submission.id))))
