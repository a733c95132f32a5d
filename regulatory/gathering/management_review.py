"""The facts of the input to the management review (ISO 13485:2016, 5.6.2), since the last one."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.capas import CAPA
from records.complaints import Complaint
from records.correction_assessments import CorrectionAssessment
from records.field_actions import FieldAction
from records.incidents import Incident
from records.known_facts import standing_facts
from records.nonconformities import Nonconformity
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.regulatory_reports import RegulatoryReport, Submission
from records.reportabilities import Reportability
from records.rule_set_approvals import RuleSetApproval
from records.surveillance import Alert, MonitoringPlan, MonitoringRun, Revalidation
from records.suspensions import Suspension
from records.work_reminders import WorkReminder
from regulatory.documents.review_facts import (
    Counted,
    ManagementFacts,
    Remarkable,
    ReviewInput,
)
from regulatory.documents.vigilance_kinds import MANAGEMENT_REVIEW
from regulatory.documents.wording import instant
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.review_window import window_of
from regulatory.gathering.subjects import of_device

OVERDUE: Final = "overdue"


class _Input:
    """Counts the records of the window, and keeps them for the trace."""

    def __init__(self, since: datetime | None) -> None:
        self.since = since
        self.kept: dict[str, list[Any]] = {}

    def count(
        self, section: str, what: str, found: Iterable[Any], at: str, state: Callable[[Any], str]
    ) -> Counted:
        """Those of the window by state. at: the field that says when."""
        inside = [one for one in found if self.since is None or getattr(one, at) > self.since]
        self.kept.setdefault(section, []).extend(inside)
        by_state = Counter(map(state, inside))
        return Counted(what, tuple(sorted(by_state.items())), tuple(one.label for one in inside))


def gather_management_review(session: Session, basis: Basis) -> ManagementFacts:
    """Counts of what happened since the last approved review, of this device."""
    window, _ = window_of(session, basis)
    told = _Input(window.since)
    inputs = (
        _complaints(session, basis.device, told), _reports(session, basis.device, told),
        _nonconformities(session, basis.device, told), _processes(session, basis.device, told),
        _product(session, basis.device, told), *_capas(session, basis.device, told),
        _changes(session, basis.device, told), _rules(session, told),
    )
    return ManagementFacts(
        edition=edition_of(MANAGEMENT_REVIEW, basis), window=window, inputs=inputs,
        traces=tuple(trace(section, "records of this input", records)
                     for section, records in told.kept.items() if records), notes={},
    )  # fmt: skip


def _status(one: Any) -> str:
    return str(one.status)


def _complaints(session: Session, device: Device, told: _Input) -> ReviewInput:
    found = of_device(session, Complaint, device)
    return ReviewInput("2", "Complaint handling", (
        told.count("2", "Complaints by status", found, "received_at", _status),
        told.count("2", "Complaints by channel", found, "received_at", lambda one: one.channel),
    ))  # fmt: skip


def _reports(session: Session, device: Device, told: _Input) -> ReviewInput:
    incidents = of_device(session, Incident, device)
    rows = session.exec(
        select(Reportability)
        .where(col(Reportability.incident_id).in_([one.id for one in incidents]))
        .order_by(col(Reportability.id))
    ).all()
    sent = session.exec(
        select(Submission)
        .join(RegulatoryReport, col(RegulatoryReport.id) == Submission.report_id)
        .where(col(RegulatoryReport.reportability_id).in_([one.id for one in rows]))
        .order_by(col(Submission.id))
    ).all()
    actions = of_device(session, FieldAction, device)
    asked = of_device(session, CorrectionAssessment, device)
    return ReviewInput("3", "Reporting to regulatory authorities", (
        told.count("3", "Incidents by status", incidents, "opened_at", _status),
        told.count("3", "Incidents by jurisdiction and decision", rows, "opened_at",
                   lambda one: f"{one.jurisdiction}: {one.status}"),
        told.count("3", "Submissions by status", sent, "opened_at", _status),
        told.count("3", "Field actions by status", actions, "opened_at", _status),
        told.count("3", "Corrections by status of their assessment", asked, "opened_at", _status),
    ))  # fmt: skip


def _nonconformities(session: Session, device: Device, told: _Input) -> ReviewInput:
    standing = standing_facts(session, Nonconformity, device.name)
    return ReviewInput("4", "Audits and nonconformities", (
        told.count("4", "Nonconformities by what found them", standing, "recorded_at",
                   lambda one: one.found_by),
        told.count("4", "Nonconformities by disposition", standing, "recorded_at",
                   lambda one: one.disposition),
    ))  # fmt: skip


def _processes(session: Session, device: Device, told: _Input) -> ReviewInput:
    reminders = session.exec(select(WorkReminder).order_by(col(WorkReminder.id))).all()
    late = [one for one in reminders if one.step.startswith(OVERDUE)]
    runs = _of_plans(session, device, MonitoringRun)
    return ReviewInput("5", "Monitoring and measurement of processes", (
        told.count("5", "Days of surveillance", runs, "run_at", lambda _: "days watched"),
        told.count("5", "Reminders of work that was overdue, by kind", late, "reminded_at",
                   lambda one: one.kind),
    ))  # fmt: skip


def _of_plans(session: Session, device: Device, table: Any) -> list[Any]:
    plans = [one.id for one in of_device(session, MonitoringPlan, device)]
    query = select(table).where(col(table.plan_id).in_(plans))
    return list(session.exec(query.order_by(col(table.id))))


def _product(session: Session, device: Device, told: _Input) -> ReviewInput:
    versions = [one.id for one in of_device(session, ModelVersion, device)]
    judged = session.exec(
        select(Revalidation).where(col(Revalidation.model_version_id).in_(versions))
        .order_by(col(Revalidation.id))
    ).all()
    alerts = _of_plans(session, device, Alert)
    stopped = of_device(session, Suspension, device)
    return ReviewInput("6", "Monitoring and measurement of the product", (
        told.count("6", "Alerts by severity", alerts, "raised_at", lambda one: one.severity),
        told.count("6", "Alerts by status", alerts, "raised_at", _status),
        told.count("6", "Revalidations by outcome", judged, "revalidated_at",
                   lambda one: one.outcome),
        told.count("6", "Suspensions by status", stopped, "proposed_at", _status),
    ))  # fmt: skip


def _capas(session: Session, device: Device, told: _Input) -> tuple[ReviewInput, ReviewInput]:
    found = of_device(session, CAPA, device)
    lines = tuple(
        Remarkable(one.label, f"'{one.status}': {one.problem}", instant(one.opened_at),
                   one.owner or "nobody is named",
                   "; ".join(f"{step} by {day}" for step, day in sorted(one.due.items()))
                   or "no day is set")
        for one in found if one.status != "closed"
    )  # fmt: skip
    preventive = [one for one in found if one.preventive_action]
    return (
        ReviewInput("7", "Corrective action", (
            told.count("7", "CAPAs by status", found, "opened_at", _status),
            told.count("7", "CAPAs by how they were closed", [one for one in found
                       if one.closed_as], "opened_at", lambda one: one.closed_as),
        ), lines),
        ReviewInput("8", "Preventive action", (
            told.count("8", "CAPAs with a preventive action, by status", preventive, "opened_at",
                       _status),
        )),
    )  # fmt: skip


def _changes(session: Session, device: Device, told: _Input) -> ReviewInput:
    found = of_device(session, ChangeRequest, device)
    return ReviewInput("10", "Changes", (
        told.count("10", "Change requests by status", found, "proposed_at", _status),
    ))  # fmt: skip


def _rules(session: Session, told: _Input) -> ReviewInput:
    found = session.exec(select(RuleSetApproval).order_by(col(RuleSetApproval.id))).all()
    return ReviewInput("12", "New or revised regulatory requirements", (
        told.count("12", "Rule sets that were approved, by kind", found, "approved_at",
                   lambda one: one.kind),
    ))  # fmt: skip
