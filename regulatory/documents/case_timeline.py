"""The timeline of a case: what happened when, as it was recorded, in order."""

from __future__ import annotations

from collections.abc import Iterator

from regulatory.documents.blocks import Block, Cell, Column
from regulatory.documents.case_blocks import table_or
from regulatory.documents.event_facts import CaseFacts, IncidentEntry, JurisdictionEntry
from regulatory.documents.wording import cell, instant

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
        note="Instants in UTC as they were recorded; a day alone is one that a person gave.",
    )


def _row(when: str, what: str, record: str) -> tuple[Cell, ...]:
    at, _, by = when.partition(" by ")
    return (Cell(at), cell(by, absent="not said"), Cell(what), cell(record, record))


def _moments(facts: CaseFacts) -> Iterator[Moment]:
    for one in facts.complaints:
        yield one.received, "the complaint was received", one.record
        yield one.recorded, "the complaint was taken in", one.record
        yield one.closed, f"the complaint was decided: {one.status}", one.record
    for event in facts.incidents:
        yield from _of_incident(event)
    for form in facts.forms:
        yield form.filled, f"form {form.form} about {form.about} was filled", form.record
    for sent in facts.form_submissions:
        yield from ((tried, f"{sent.of} to {sent.authority}", sent.record)
                    for tried in map(_tried, sent.attempts))  # fmt: skip
    yield from _of_actions(facts)
    for capa in facts.capas:
        yield capa.opened, "the CAPA was opened", capa.record
        yield capa.implemented, "the CAPA was implemented", capa.record
        yield capa.closed, f"the CAPA was closed: {capa.closed_as}", capa.record
    for none in facts.no_capas:
        yield none.decided, f"no CAPA is needed for {none.source}", none.record


def _tried(attempt: str) -> str:
    """An attempt's instant and person: '2026-03-01 09:00:00 UTC by ada, ESG: taken'."""
    return attempt.partition(", ")[0]


def _of_incident(one: IncidentEntry) -> Iterator[Moment]:
    yield one.opened, "the incident was opened", one.record
    for fact in one.awareness:
        yield (f"{instant(fact.known_at)} by {fact.person}",
               f"{fact.person_class} became aware: {fact.how}", fact.record)  # fmt: skip
    if one.governing:
        yield one.governing.decided, f"{one.governing.fact} counts first", one.governing.record
    for asked in one.questions:
        yield instant(asked.asked_at), f"{asked.asked} was asked: {asked.question}", asked.record
        if asked.answered_at:
            yield instant(asked.answered_at), f"answered: {asked.answer}", asked.record
    for at in one.jurisdictions:
        yield from _of_place(at)
    yield one.closed, "the incident was closed", one.record


def _of_place(at: JurisdictionEntry) -> Iterator[Moment]:
    for clock in at.clocks:
        yield clock.assessed, f"assessed in {at.jurisdiction}: {clock.said}", clock.record
    for made in at.decisions:
        yield made.decided, f"decided in {at.jurisdiction}: {made.decision}", made.record
    for report in at.reports:
        yield (report.prepared, f"{report.kind} report in {at.jurisdiction}, version "
               f"{report.version}", report.record)  # fmt: skip
    for sent in at.submissions:
        yield from ((tried, f"{sent.of} to {sent.authority}", sent.record)
                    for tried in map(_tried, sent.attempts))  # fmt: skip
        if sent.acknowledged:
            yield (instant(sent.acknowledged), f"{sent.authority} acknowledged {sent.of}, number "
                   f"{sent.reference or sent.reference_status}", sent.record)  # fmt: skip


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
