"""The timeline of a case: what happened when, as it was recorded, in order."""

from __future__ import annotations

from collections.abc import Iterator

from regulatory.documents.action_facts import SubmissionEntry
from regulatory.documents.blocks import Block, Cell, Column
from regulatory.documents.case_blocks import table_or
from regulatory.documents.event_facts import CaseFacts, IncidentEntry, JurisdictionEntry
from regulatory.documents.wording import cell, instant

_TOLD_BY_THE_RECORD = ("closed", "implemented")
"""Steps that have an instant of their own in the record."""
Moment = tuple[str, str, str]
"""When (an instant with who acted, or a day), what, and the record that says so."""


def timeline(facts: CaseFacts) -> Block:
    """Every instant of the case that a record tells, the earliest first."""
    moments = sorted((one for one in _moments(facts) if one[0]),
                     key=lambda one: one[0].partition(" by ")[0])  # fmt: skip
    columns = (Column("When", width=1.3), Column("By", width=1.0), Column("What", width=3.2),
               Column("Record", width=0.9))  # fmt: skip
    rows = (_row(*one) for one in moments)
    return table_or(
        "What happened when", columns, rows, "Nothing of the case has a time on record (0).",
        note="Instants in UTC as they were recorded; a day alone is one that a person gave. Steps "
        "in between are those of the audit trail.",
    )


def _row(when: str, what: str, record: str) -> tuple[Cell, ...]:
    at, _, by = when.partition(" by ")
    return (Cell(at), cell(by, absent="not said"), Cell(what), cell(record, record))


def _moments(facts: CaseFacts) -> Iterator[Moment]:
    for one in facts.complaints:
        yield one.received, "the complaint was received", one.record
        yield one.recorded, "the complaint was taken in", one.record
        yield from _moved(facts, one.record, "complaint")
        yield one.closed, f"the complaint was decided: {one.status}", one.record
    for event in facts.incidents:
        yield from _of_incident(facts, event)
    for form in facts.forms:
        yield form.filled, f"form {form.form} about {form.about} was filled", form.record
    for sent in facts.form_submissions:
        yield from _attempts(sent)
    yield from _of_actions(facts)
    for capa in facts.capas:
        yield capa.opened, "the CAPA was opened", capa.record
        yield from _moved(facts, capa.record, "CAPA")
        yield capa.implemented, "the CAPA was implemented", capa.record
        yield capa.closed, f"the CAPA was closed: {capa.closed_as}", capa.record
    for none in facts.no_capas:
        yield none.decided, f"no CAPA is needed for {none.source}", none.record


def _moved(facts: CaseFacts, record: str, what: str) -> Iterator[Moment]:
    """The steps in between, of which the record keeps no instant of its own."""
    for one in facts.moves:
        if one.record == record and one.now not in _TOLD_BY_THE_RECORD:
            yield f"{one.at} by {one.by}", f"the {what} went from {one.was} to {one.now}", record


def _attempts(sent: SubmissionEntry) -> Iterator[Moment]:
    """Each attempt to send, with what came of it: '2026-03-01 09:00:00 UTC by ada, ESG: taken'."""
    for attempt in sent.attempts:
        when, _, outcome = attempt.partition(", ")
        yield when, f"{sent.of} to {sent.authority}, {outcome}", sent.record


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _of_incident(facts: CaseFacts, one: IncidentEntry) -> Iterator[Moment]:
    yield one.opened, "the incident was opened", one.record
    for fact in one.awareness:
        yield (f"{instant(fact.known_at)} by {fact.person}",
               f"{fact.person_class} became aware: {fact.how}", fact.record)  # fmt: skip
    if one.governing:
        yield one.governing.decided, f"{one.governing.fact} counts first", one.governing.record
    for asked in one.questions:
        yield (f"{instant(asked.asked_at)}{_by(asked.asked_by)}",
               f"{asked.asked} was asked: {asked.question}", asked.record)  # fmt: skip
        if asked.answered_at:
            noted = _by(facts.moved_by(asked.record, "answered"))
            yield (f"{instant(asked.answered_at)}{noted}", f"{asked.asked} answered: "
                   f"{asked.answer}", asked.record)  # fmt: skip
    for at in one.jurisdictions:
        yield from _of_place(facts, at)
    yield one.closed, "the incident was closed", one.record


def _of_place(facts: CaseFacts, at: JurisdictionEntry) -> Iterator[Moment]:
    for clock in at.clocks:
        yield clock.assessed, f"assessed in {at.jurisdiction}: {clock.said}", clock.record
    for made in at.decisions:
        yield made.decided, f"decided in {at.jurisdiction}: {made.decision}", made.record
    for report in at.reports:
        yield (report.prepared, f"{report.kind} report in {at.jurisdiction}, version "
               f"{report.version}", report.record)  # fmt: skip
    for sent in at.submissions:
        yield from _attempts(sent)
        if sent.acknowledged:
            noted = _by(facts.moved_by(sent.record, "acknowledged"))
            yield (f"{instant(sent.acknowledged)}{noted}", f"{sent.authority} acknowledged "
                   f"{sent.of}, number {sent.reference or sent.reference_status}",
                   sent.record)  # fmt: skip


def _of_actions(facts: CaseFacts) -> Iterator[Moment]:
    for one in facts.actions:
        yield one.opened, f"the {one.kind} was opened", one.record
        yield one.in_force, "the field action and its notice were signed", one.record
        for step in one.steps:
            yield f"{step.on} by {step.site}", f"{step.step}", step.record
        for check in one.checks:
            yield check.decided, f"check whether it worked: {check.result}", check.record
    for asked in facts.corrections:
        yield instant(asked.initiated_at), "the correction was initiated", asked.record
        yield asked.assessed, "whether it is reported was answered", asked.record
