"""The facts of the exceptions report: what was late, reopened, changed, overridden, suppressed."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlmodel import Session, col, select

from records.announced_alerts import announcements
from records.base import Record
from records.capas import CAPA, OTHERWISE
from records.day_overrides import DayOverride
from records.incidents import GoverningFact, Incident
from records.lifecycle import FIRST_STATUS, LIFECYCLES
from records.messages import UNDELIVERABLE, Message
from records.quality import DECLARED_BY, Document
from records.regime_decisions import RegimeDecision
from records.regulatory_reports import RegulatoryReport, Submission
from records.renewed_references import RenewedReference
from records.reportabilities import (
    REPORTABLE,
    ClockInstance,
    Reportability,
    ReportabilityDecision,
)
from records.surveillance import MonitoringPlan
from records.tables import RECORDS
from regulatory.documents.review_facts import ExceptionsFacts, Remarkable, Window
from regulatory.documents.vigilance_kinds import EXCEPTIONS_REPORT
from regulatory.documents.wording import instant
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.late_corrections import late_corrections
from regulatory.gathering.review_window import window_of

_STEPS: Final = (("implemented", "implemented_at", "implemented_by"),
                 ("closed", "closed_at", "closed_by"))  # fmt: skip


def gather_exceptions(session: Session, basis: Basis) -> ExceptionsFacts:
    """Every exception since the last approved report, of the whole installation."""
    window, events = window_of(session, basis)
    late = sorted((*_late_reports(session, window, basis), *_late_capas(session, window, basis),
                   *late_corrections(session, basis, window.since)),
                  key=lambda one: (one.on, one.record))  # fmt: skip
    overrides = tuple(sorted(_overrides(session, window), key=lambda one: (one.on, one.record)))
    limits = tuple(_limits(session, window))
    named = {one.record for one in (*late, *overrides, *limits)}
    return ExceptionsFacts(
        edition=edition_of(EXCEPTIONS_REPORT, basis), window=window, late=tuple(late),
        reopened=tuple(_reopened(events)), limits=limits, overrides=overrides,
        suppressed=tuple(_suppressed(session, window)),
        traces=(trace("1", "records of the exceptions", _named(session, named)),), notes={},
    )


def _named(session: Session, labels: Iterable[str]) -> list[Record]:
    """The records of these labels, in order of their kinds; one query a kind."""
    by_prefix: dict[str, list[int]] = {}
    for label in labels:
        prefix, _, number = label.rpartition("-")
        by_prefix.setdefault(prefix, []).append(int(number))
    tables = {one.PREFIX: one for one in RECORDS}
    found: list[Record] = []
    for prefix in sorted(by_prefix):
        table: Any = tables[prefix]
        query = select(table).where(col(table.id).in_(by_prefix[prefix])).order_by(col(table.id))
        found += session.exec(query)
    return found


def _inside(window: Window, at: datetime | None) -> bool:
    return at is not None and (window.since is None or at > window.since)


def _late_reports(session: Session, window: Window, basis: Basis) -> Iterator[Remarkable]:
    """Reportable rows whose report was first sent, or decided, after the last day by law."""
    standing: dict[int, ClockInstance] = {}
    for clock in session.exec(select(ClockInstance).order_by(col(ClockInstance.version))):
        standing[clock.reportability_id] = clock
    sent = _first_sent(session)
    rows = session.exec(select(Reportability).order_by(col(Reportability.id))).all()
    for row in rows:
        clock_of = standing.get(row.id or 0)
        due = clock_of.due_legal if clock_of else None
        if row.status != REPORTABLE or due is None:
            continue
        went = sent.get(row.id or 0)
        what = f"report of {Incident.label_of(row.incident_id)} in {row.jurisdiction}"
        if went is None and basis.freeze_at.date() > due:
            yield Remarkable(row.label, f"{what}: not sent", str(due), "nobody",
                             f"last day by law {due}, {_days(due, basis.freeze_at.date())} past "
                             "at the data freeze")  # fmt: skip
        elif went is not None and went.date() > due and _inside(window, went):
            yield Remarkable(row.label, f"{what}: sent late", instant(went), "see the submission",
                             f"last day by law {due}, {_days(due, went.date())} late")  # fmt: skip
    by_row = {row.id: row for row in rows}
    for made in session.exec(select(ReportabilityDecision).order_by(col(ReportabilityDecision.id))):
        clock_of = standing.get(made.reportability_id)
        due = clock_of.due_legal if clock_of else None
        if due and made.decided_at.date() > due and _inside(window, made.decided_at):
            row = by_row[made.reportability_id]
            yield Remarkable(made.label, f"signed decision on {row.label} after the last day by "
                             "law", instant(made.decided_at), made.decided_by,
                             f"last day by law {due}: {made.grounds}")  # fmt: skip


def _days(due: date, on: date) -> str:
    number = (on - due).days
    return f"{number} day{'' if number == 1 else 's'}"


def _first_sent(session: Session) -> dict[int, datetime]:
    """By row the instant at which a report of it was first sent."""
    found: dict[int, datetime] = {}
    query = (
        select(RegulatoryReport.reportability_id, Submission)
        .join(Submission, col(Submission.report_id) == RegulatoryReport.id)
        .where(col(Submission.status).in_(("sent", "acknowledged")))
    )
    for row, one in session.exec(query):
        at = datetime.fromisoformat(one.attempts[-1]["at"])
        found[row] = min(found.get(row, at), at)
    return found


def _late_capas(session: Session, window: Window, basis: Basis) -> Iterator[Remarkable]:
    """Steps of CAPAs that were taken, or are still open, after their day."""
    for one in session.exec(select(CAPA).order_by(col(CAPA.id))):
        for step, when, who in _STEPS:
            day = one.due.get(step)
            if not day:
                continue
            due, done = date.fromisoformat(str(day)), getattr(one, when)
            if done is None and basis.freeze_at.date() > due:
                yield Remarkable(one.label, f"step to '{step}': not taken", str(due),
                                 one.owner or "nobody is named", f"due {due}, "
                                 f"{_days(due, basis.freeze_at.date())} past at the data freeze")
            elif done is not None and done.date() > due and _inside(window, done):
                yield Remarkable(one.label, f"step to '{step}': taken late", instant(done),
                                 getattr(one, who), f"due {due}, {_days(due, done.date())} late")


def leads_back(kind: str, old: str, new: str) -> bool:
    """Whether a change of status goes back: to one that comes earlier in the life of the record.

    >>> leads_back("Document", "in review", "draft"), leads_back("Document", "draft", "in review")
    (True, False)
    """
    depth = _depth(kind)
    return old in depth and new in depth and depth[new] < depth[old]


@cache
def _depth(kind: str) -> dict[str, int]:
    """How many steps each status is from where a record of the kind begins."""
    graph = LIFECYCLES.get(kind, {})
    follows = {one for wanted in graph.values() for one in wanted}
    begins = FIRST_STATUS.get(kind) or graph.keys() - follows or list(graph)[:1]
    found, waiting = dict.fromkeys(begins, 0), sorted(begins)
    while waiting:
        here = waiting.pop(0)
        for further in sorted(graph.get(here, ())):
            if further not in found:
                found[further] = found[here] + 1
                waiting.append(further)
    return found


def _reopened(events: list[dict[str, Any]]) -> Iterator[Remarkable]:
    prefixes = {one.__name__: one for one in RECORDS}
    for event in events:
        if event["action"] != "change status":
            continue
        kind, _, number = event["subject"].partition(":")
        old, new = (json.loads(event[name]) or {} for name in ("old", "new"))
        was, now = str(old.get("status", "")), str(new.get("status", ""))
        if kind in prefixes and leads_back(kind, was, now):
            yield Remarkable(
                prefixes[kind].label_of(int(number)), f"from '{was}' back to '{now}'",
                event["at"][:19].replace("T", " ") + " UTC", event["actor"], event["reason"],
            )


def _limits(session: Session, window: Window) -> Iterator[Remarkable]:
    """Plans of monitoring after the first of a device, and references that were taken afresh."""
    seen: set[int] = set()
    for one in session.exec(select(MonitoringPlan).order_by(col(MonitoringPlan.id))):
        if one.device_id in seen and _inside(window, one.effective_at):
            yield Remarkable(one.label, "a monitoring plan with other content took effect",
                             instant(one.effective_at), "see the audit trail",
                             f"digest {one.content_digest[:12]}…")  # fmt: skip
        seen.add(one.device_id)
    for new in session.exec(select(RenewedReference).order_by(col(RenewedReference.id))):
        if _inside(window, new.confirmed_at):
            yield Remarkable(new.label, f"a chart's reference was taken afresh (n = {new.n})",
                             instant(new.confirmed_at), new.confirmed_by, new.grounds)  # fmt: skip


def _overrides(session: Session, window: Window) -> Iterator[Remarkable]:
    """Where a person decided otherwise than what was computed, or than the usual way asks."""
    for day in session.exec(select(DayOverride)):
        if _inside(window, day.decided_at):
            law = ", later than the law's" if day.beyond_law else ""
            yield Remarkable(day.label, f"{day.key}: {day.day} instead of {day.computed}{law}",
                             instant(day.decided_at), day.decided_by, day.grounds)  # fmt: skip
    for made in session.exec(select(ReportabilityDecision)
                             .where(col(ReportabilityDecision.against_rules).is_(True))):
        if _inside(window, made.decided_at):
            yield Remarkable(made.label, f"'{made.decision}' against the rules",
                             instant(made.decided_at), made.decided_by, made.grounds)  # fmt: skip
    for fact in session.exec(select(GoverningFact)):
        if fact.set_aside and _inside(window, fact.decided_at):
            yield Remarkable(fact.label, f"awareness set aside: {', '.join(fact.set_aside)}",
                             instant(fact.decided_at), fact.decided_by, fact.grounds)  # fmt: skip
    for change in session.exec(select(RegimeDecision)):
        if change.override and _inside(window, change.assessed_at):
            said = change.override
            yield Remarkable(change.label, f"{said['field']}: {said['stated']} instead of "
                             f"{said['computed']}", instant(change.assessed_at),
                             change.assessed_by, str(said["reason"]))  # fmt: skip
    yield from _unusual_ways(session, window)


def _unusual_ways(session: Session, window: Window) -> Iterator[Remarkable]:
    for capa in session.exec(select(CAPA).where(CAPA.closed_as == OTHERWISE)):
        if capa.closed_at is not None and _inside(window, capa.closed_at):
            yield Remarkable(capa.label, f"closed as '{OTHERWISE}'", instant(capa.closed_at),
                             capa.closed_by, capa.effectiveness_result)  # fmt: skip
    for report in session.exec(select(RegulatoryReport)):
        why = str(report.content.get("no_form", ""))
        if why and _inside(window, report.prepared_at):
            yield Remarkable(report.label, "a report without a form filled here",
                             instant(report.prepared_at), report.prepared_by, why)  # fmt: skip
    for document in session.exec(select(Document).order_by(col(Document.id))):
        told = [gap for gap in document.gaps if gap.get(DECLARED_BY)]
        if told and _inside(window, document.compiled_at):
            who = ", ".join(sorted({str(gap[DECLARED_BY]) for gap in told}))
            yield Remarkable(document.label, f"{len(told)} gaps declared unknown",
                             instant(document.compiled_at), who,
                             "; ".join(str(gap["missing"]) for gap in told[:5]))  # fmt: skip


def _suppressed(session: Session, window: Window) -> Iterator[Remarkable]:
    """Alerts that an announced change accounts for, and messages that were given up."""
    for one in announcements(session):
        if one.alerts and _inside(window, one.announced_at):
            late = " after the fact" if one.after_the_fact else ""
            yield Remarkable(one.label, f"alerts accounted to an announced change: "
                             f"{', '.join(one.alerts)}", instant(one.announced_at),
                             one.announced_by, f"{one.kind} at {one.site}, announced{late}: "
                             f"{one.description}")  # fmt: skip
    for lost in session.exec(select(Message).where(Message.status == UNDELIVERABLE)
                             .order_by(col(Message.id))):  # fmt: skip
        if _inside(window, lost.queued_at):
            yield Remarkable(lost.label, f"a message of the kind '{lost.kind}' was given up",
                             instant(lost.queued_at), "the program",
                             lost.outcome or "no outcome is recorded")  # fmt: skip
