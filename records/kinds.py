"""The kinds of records that are asked for by what they are about: period, device, site.

One table, for drawing samples and for what an auditor is granted: a kind's name, its class, the
instant it is dated by, and how its device and its site are found. A kind without a site is of no
site, so a scope that names sites does not hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false
from sqlmodel import Session, col, select

from records.adjudication import AdjudicationSample
from records.awareness import AwarenessCandidate
from records.base import Record
from records.capas import CAPA
from records.cases import Prediction, Quarantine, ReaderAssessment, ReferenceStandard, Study
from records.checklist_answers import ChecklistAnswer
from records.clearances import Clearance
from records.complaints import Complaint
from records.correction_assessments import CorrectionAssessment
from records.day_overrides import DayOverride
from records.document_texts import DocumentText, ReviewComment
from records.errors import InvalidInput
from records.external_results import ExternalResult
from records.fact_kinds import FACTS
from records.field_actions import FieldAction
from records.form_versions import FormVersion
from records.go_lives import GoLive
from records.incident_replays import IncidentReplay
from records.incidents import Incident
from records.no_capas import NoCAPA
from records.notices import Notice
from records.plan_checks import PlanCheck
from records.planned_changes import PlannedChange
from records.problem_reports import ProblemReport
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.qualifications import Qualification
from records.quality import ChangeRequest, Document, Release, Signature
from records.regime_decisions import RegimeDecision
from records.reports import RadiologyReport
from records.risk import RiskFile, RiskReview
from records.rollbacks import Rollback
from records.rollouts import Rollout, RolloutLook
from records.rule_set_approvals import RuleSetApproval
from records.security_screenings import SecurityScreening
from records.supplied_software import SoupReview, VulnerabilityTriage
from records.surveillance import (
    Alert,
    Evaluation,
    MonitoringPlan,
    MonitoringRun,
    Revalidation,
)
from records.suspensions import Suspension
from records.test_runs import TestRun
from records.trends import TrendDecision, TrendLook
from records.work_reminders import WorkReminder

Found = Callable[[Any], Any]
"""From a class to the expression that names the device or the site of each of its records."""


def _own(column: str) -> Found:
    return lambda table: col(getattr(table, column))


def _through(target: Any, key: str, *, way: Any = None) -> Found:
    """The name of a device or site that a record points to, itself or through another record."""

    def expression(table: Any) -> Any:
        if way is None:
            return select(target.name).where(target.id == getattr(table, key)).scalar_subquery()
        link = {Device: "device_id", Site: "site_id"}[target]
        found = select(target.name).join(way, getattr(way, link) == target.id)
        return found.where(way.id == getattr(table, key)).scalar_subquery()

    return expression


_DEVICE, _SITE = _through(Device, "device_id"), _through(Site, "site_id")
_BY_VERSION = _through(Device, "model_version_id", way=ModelVersion)
_BY_PLAN = _through(Device, "plan_id", way=MonitoringPlan)
_BY_CHANGE = _through(Device, "change_request_id", way=ChangeRequest)
_BY_RISK_FILE = _through(Device, "risk_file_id", way=RiskFile)
_BY_LOOK = _through(Device, "look_id", way=TrendLook)
_BY_DOCUMENT = _through(Device, "document_id", way=Document)
_BY_STUDY = _through(Site, "study_id", way=Study)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record, the column that dates it, and how its device and site are found."""

    table: Any
    dated: str
    device: Found | None = None
    site: Found | None = None


KINDS: dict[str, Kind] = {
    "device": Kind(Device, "defined_at", _own("name")),
    "site": Kind(Site, "registered_at", None, _own("name")),
    "dataset-version": Kind(DatasetVersion, "frozen_at", _DEVICE),
    "model-version": Kind(ModelVersion, "trained_at", _DEVICE),
    "deployment": Kind(Deployment, "started_at", _BY_VERSION, _SITE),
    "study": Kind(Study, "received_at", None, _SITE),
    "quarantine": Kind(Quarantine, "received_at", None, _SITE),
    "prediction": Kind(Prediction, "predicted_at", _BY_VERSION, _BY_STUDY),
    "reference-standard": Kind(ReferenceStandard, "received_at", None, _BY_STUDY),
    "reader-assessment": Kind(ReaderAssessment, "received_at", None, _BY_STUDY),
    "radiology-report": Kind(RadiologyReport, "received_at", None, _BY_STUDY),
    "adjudication-sample": Kind(AdjudicationSample, "drawn_at", _DEVICE),
    "external-result": Kind(ExternalResult, "received_at", _DEVICE, _SITE),
    "evaluation": Kind(Evaluation, "evaluated_at", _BY_VERSION, _SITE),
    "monitoring-plan": Kind(MonitoringPlan, "effective_at", _DEVICE),
    "monitoring-run": Kind(MonitoringRun, "run_at", _BY_VERSION),
    "alert": Kind(Alert, "raised_at", _BY_PLAN, _own("site")),
    "awareness-candidate": Kind(AwarenessCandidate, "recorded_at", _DEVICE, _own("site")),
    "planned-change": Kind(PlannedChange, "announced_at", None, _SITE),
    "revalidation": Kind(Revalidation, "revalidated_at", _BY_VERSION, _own("site")),
    "suspension": Kind(Suspension, "proposed_at", _DEVICE, _own("site")),
    "capa": Kind(CAPA, "opened_at", _DEVICE),
    "no-capa": Kind(NoCAPA, "decided_at", _DEVICE),
    "correction-assessment": Kind(
        CorrectionAssessment, "opened_at", _DEVICE, _own("site")
    ),
    "complaint": Kind(Complaint, "recorded_at", _DEVICE, _own("site")),
    "incident": Kind(Incident, "opened_at", _DEVICE, _own("site")),
    "form-version": Kind(FormVersion, "filled_at", _DEVICE),
    "field-action": Kind(FieldAction, "opened_at", _DEVICE),
    "incident-replay": Kind(IncidentReplay, "replayed_at", _BY_PLAN, _own("site")),
    "risk-file": Kind(RiskFile, "recorded_at", _own("device_name")),
    "risk-review": Kind(RiskReview, "made_at", _BY_RISK_FILE),
    "soup-review": Kind(SoupReview, "reviewed_at"),
    "vulnerability-triage": Kind(VulnerabilityTriage, "opened_at"),
    "test-run": Kind(TestRun, "imported_at"),
    "problem-report": Kind(ProblemReport, "reported_at", _BY_VERSION),
    "change-request": Kind(ChangeRequest, "proposed_at", _DEVICE),
    "regime-decision": Kind(RegimeDecision, "assessed_at", _BY_CHANGE),
    "plan-check": Kind(PlanCheck, "checked_at", _BY_VERSION),
    "rule-set-approval": Kind(RuleSetApproval, "approved_at"),
    "release": Kind(Release, "decided_at", _BY_VERSION),
    "go-live": Kind(GoLive, "proposed_at", _DEVICE, _own("site")),
    "rollout": Kind(Rollout, "proposed_at", _BY_CHANGE),
    "day-override": Kind(DayOverride, "decided_at"),
    "security-screening": Kind(SecurityScreening, "decided_at"),
    "work-reminder": Kind(WorkReminder, "reminded_at"),
    "rollout-look": Kind(RolloutLook, "looked_at"),
    "rollback": Kind(Rollback, "rolled_back_at", _DEVICE, _own("site")),
    "trend-look": Kind(TrendLook, "looked_at", _DEVICE),
    "trend-decision": Kind(TrendDecision, "decided_at", _BY_LOOK),
    "clearance": Kind(Clearance, "recorded_at", _DEVICE),
    "document": Kind(Document, "compiled_at", _DEVICE),
    "document-text": Kind(DocumentText, "written_at", _DEVICE),
    "review-comment": Kind(ReviewComment, "made_at", _BY_DOCUMENT),
    "checklist-answer": Kind(ChecklistAnswer, "answered_at", _BY_DOCUMENT),
    "signature": Kind(Signature, "signed_at"),
    "qualification": Kind(Qualification, "recorded_at"),
    "notice": Kind(Notice, "raised_at"),
    **{one.KIND: Kind(one, "recorded_at", _own("device_name")) for one in FACTS},
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which records are meant; an empty part does not restrict. Days are UTC, both included."""

    devices: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def words(self) -> str:
        """As people read it: 'kinds alert; sites north; since 2026-01-01'."""
        parts = [
            f"{name} {', '.join(values)}"
            for name, values in (
                ("kinds", self.kinds), ("devices", self.devices), ("sites", self.sites)
            ) if values
        ]
        parts += [f"since {self.since}"] if self.since else []
        parts += [f"until {self.until}"] if self.until else []
        return "; ".join(parts) or "everything"


def kind_named(name: str) -> Kind:
    """The kind of that name.

    Raises:
        InvalidInput: There is none; the known ones are named.
    """
    try:
        return KINDS[name]
    except KeyError:
        raise InvalidInput(
            f"'{name}' is no kind of record.", hint=f"Known: {', '.join(KINDS)}."
        ) from None


def name_of_kind(table: type[Record]) -> str | None:
    """The name of the kind that a class is; None where it is none of :data:`KINDS`."""
    return next((name for name, kind in KINDS.items() if kind.table is table), None)


def numbers_in(session: Session, name: str, scope: Scope) -> list[int]:
    """The numbers of the records of a kind that a scope holds, in order."""
    kind = kind_named(name)
    if scope.kinds and name not in scope.kinds:
        return []
    query = select(kind.table.id).where(*_conditions(kind, scope)).order_by(kind.table.id)
    return list(session.exec(query))


def holds(session: Session, scope: Scope, record: Record) -> bool:
    """Whether a scope holds this record."""
    name = name_of_kind(type(record))
    if name is None or (scope.kinds and name not in scope.kinds):
        return False
    kind = KINDS[name]
    query = select(kind.table.id).where(
        kind.table.id == getattr(record, "id", None), *_conditions(kind, scope)
    )
    return session.exec(query).first() is not None


def _conditions(kind: Kind, scope: Scope) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    for found, names in ((kind.device, scope.devices), (kind.site, scope.sites)):
        if names:
            wanted.append(found(kind.table).in_(names) if found is not None else false())
    dated = col(getattr(kind.table, kind.dated))
    if scope.since:
        wanted.append(dated >= _midnight(scope.since))
    if scope.until:
        wanted.append(dated < _midnight(scope.until + timedelta(days=1)))
    return wanted


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
