"""What complaints and incidents still ask of somebody, with the day that the law sets, if it does.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, func, select

from records.awareness import AwarenessCandidate
from records.breaches import Breach, open_duties
from records.complaints import Complaint
from records.earlier_receipts import earlier_receipts
from records.incidents import CandidateScreening, Incident
from records.owed_work import OwedWork, sources_read
from records.permissions import Action
from records.regulatory_reports import InformationRequest, RegulatoryReport, Submission
from records.reportabilities import AI_ACT, ClockInstance, Reportability, latest_instances
from records.security_screenings import owed_screenings
from records.work_steps import roles_of

LAW: Final = {"US": "21 CFR 803", "EU": "MDR Art. 87", AI_ACT: "AI Act Art. 73"}
"""By jurisdiction the law that sets the day; the rule's own citations stand with the clock."""
_SCREEN: Final = roles_of(Action.SCREEN_EVENT)
_DECIDE: Final = roles_of(Action.DECIDE_REPORTABILITY)
_ASSESS: Final = roles_of(Action.ASSESS_EVENT)
_CLOSE: Final = roles_of(Action.CLOSE_EVENT)
_RECORD: Final = roles_of(Action.RECORD_EVENT)


def owed_work(reader: Session, now: datetime) -> list[OwedWork]:  # noqa: ARG001  (asked alike)
    """Every open step, the soonest due first, those without a date after them by age.

    A day is the one to work towards: the earliest of what a clock's readings give.
    """
    found = [
        *_candidates(reader), *_complaints(reader), *_incidents(reader), *_receipts(reader),
        *_verdicts(reader), *_follow_ups(reader), *_requests(reader), *owed_screenings(reader),
        *_breaches(reader),
    ]
    return sorted(found, key=lambda one: (one.due or date.max, one.since, one.label))


def _candidates(reader: Session) -> list[OwedWork]:
    screened = select(CandidateScreening.candidate_id)
    query = select(AwarenessCandidate).where(col(AwarenessCandidate.id).not_in(screened))
    return [
        OwedWork(one.label, "awareness candidate", f"screen: {one.grounds} at {one.site}", _SCREEN,
                 None, "21 CFR 803.53(a)", one.known_at, words=one.words)
        for one in reader.exec(query)
    ]  # fmt: skip


def _complaints(reader: Session) -> list[OwedWork]:
    query = select(Complaint).where(col(Complaint.closed_at).is_(None))
    words = {"open": ("screen", _SCREEN), "screened": ("close", _CLOSE)}
    return [
        OwedWork(one.label, "complaint", f"{words[one.status][0]} the complaint",
                 words[one.status][1], None, "21 CFR 820.35(a)", one.received_at, words=one.words)
        for one in reader.exec(query)
    ]  # fmt: skip


def _incidents(reader: Session) -> list[OwedWork]:
    """Incidents that no jurisdiction was looked at for, and those that only wait to be closed."""
    counts = reader.exec(
        select(Incident, func.count(col(Reportability.id)))
        .join(Reportability, col(Reportability.incident_id) == Incident.id, isouter=True)
        .where(Incident.status == "open").group_by(col(Incident.id))
    ).all()
    return [
        OwedWork(one.label, "incident", "close it once all is reported" if rows else
                 "assess it for each jurisdiction where the device is sold",
                 _CLOSE if rows else _ASSESS, None, "" if rows else "21 CFR 803.17; MDR Art. 87",
                 one.opened_at, words=f"{one.site}: {one.words}")
        for one, rows in counts
    ]  # fmt: skip


def _receipts(reader: Session) -> list[OwedWork]:
    """Incidents whose complaint came on an earlier day than anybody is on record as aware."""
    return [
        OwedWork(one.incident.label, "incident", "record the receipt of its complaint as a "
                 "fact, or sign which fact governs: day 0 may be earlier", _RECORD, None,
                 "21 CFR 803.3(b); MDR Art. 87", one.incident.opened_at, step="receipt",
                 words=one.words)
        for one in earlier_receipts(reader)
    ]  # fmt: skip


def rows_reported() -> Any:
    """A question for the numbers of the rows of which a version of the report was sent."""
    return (
        select(RegulatoryReport.reportability_id)
        .join(Submission, col(Submission.report_id) == RegulatoryReport.id)
        .where(col(Submission.status).in_(("sent", "acknowledged")))
    )


def _verdicts(reader: Session) -> list[OwedWork]:
    """Rows that are undecided, and reportable ones whose initial report was not sent."""
    latest = latest_instances()
    query = (
        select(Reportability, Incident, ClockInstance)
        .join(Incident, col(Incident.id) == Reportability.incident_id)
        .join(latest, latest.c.reportability_id == Reportability.id, isouter=True)
        .join(ClockInstance, (col(ClockInstance.reportability_id) == latest.c.reportability_id)
              & (col(ClockInstance.version) == latest.c.version), isouter=True)
        .where(col(Reportability.status).in_(("open", "reportable")),
               (col(Reportability.status) == "open")
               | col(Reportability.id).not_in(rows_reported()))
    )  # fmt: skip
    found = []
    for row, incident, clock in reader.exec(query):
        undecided = row.status == "open"
        what = "decide whether it is reported" if undecided else "submit the report"
        found.append(OwedWork(
            row.label, "reportability", f"{what} in {row.jurisdiction}",
            _DECIDE if undecided else _ASSESS, None if clock is None else clock.work_by,
            LAW.get(row.jurisdiction, ""), row.opened_at,
            legal=clock is not None and clock.work_by is not None,
            rules=() if clock is None else tuple(clock.rule_ids),
            checked="" if clock is None else sources_read(clock.answer.get("checked", {})),
            legal_day=None if clock is None else clock.due_legal,
            day_0=None if clock is None else first_day(clock.clocks),
            words=f"{incident.label} at {incident.site}: {incident.words}",
        ))  # fmt: skip
    return found


def first_day(clocks: Iterable[Mapping[str, Any]]) -> date | None:
    """The earliest day 0 of the clocks of an assessment; None where none runs."""
    days = [date.fromisoformat(str(one["day0"])) for one in clocks if one.get("day0")]
    return min(days, default=None)


def _follow_ups(reader: Session) -> list[OwedWork]:
    sent = select(Submission.report_id).where(
        col(Submission.status).in_(("sent", "acknowledged")), col(Submission.report_id).is_not(None)
    )
    query = select(RegulatoryReport).where(
        RegulatoryReport.version > 1, col(RegulatoryReport.id).not_in(sent)
    )
    waiting = select(Submission).where(Submission.status == "sent")
    return [
        *(OwedWork(one.label, "report", f"submit version {one.version}", _ASSESS, one.due,
                   "21 CFR 803.56" if one.due else "", one.prepared_at)
          for one in reader.exec(query)),
        *(OwedWork(one.label, "submission", f"keep the acknowledgement of {one.authority}",
                   _ASSESS, None, "21 CFR 803.18(b)(1)(iii)", one.opened_at)
          for one in reader.exec(waiting)),
    ]  # fmt: skip


def _breaches(reader: Session) -> list[OwedWork]:
    """Whom the law wants told of a breach and nobody told yet, by its ceiling."""
    query = select(Breach).where(Breach.status == "open").order_by(col(Breach.id))
    return [
        OwedWork(one.label, "breach", f"tell the {duty.to}", roles_of(Action.RECORD_BREACH),
                 duty.due_at.date(), duty.clause, one.aware_at, legal=True, step=duty.to,
                 status=one.status, words=one.what, day_0=one.aware_at.date())
        for one in reader.exec(query) for duty in open_duties(one)
    ]  # fmt: skip


def _requests(reader: Session) -> list[OwedWork]:
    query = select(InformationRequest).where(InformationRequest.status == "open")
    return [
        OwedWork(one.label, "information request", f"answer of {one.asked} is awaited",
                 roles_of(Action.RECORD_EVENT), None, "21 CFR 803.50(b)", one.asked_at)
        for one in reader.exec(query)
    ]  # fmt: skip
