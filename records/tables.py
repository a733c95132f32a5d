"""All tables, so that one import knows them: migrations, verification and queries start here."""

from sqlmodel import SQLModel

from records.absences import Absence
from records.adjudication import AdjudicationCase, AdjudicationReading, AdjudicationSample
from records.alert_assignments import AlertAssignment
from records.alert_escalations import AlertEscalation
from records.application_entities import ApplicationEntity
from records.audit_grants import AuditGrant
from records.awareness import AwarenessCandidate
from records.base import Record
from records.breaches import Breach
from records.calendar_tokens import CalendarToken
from records.capas import CAPA
from records.cases import (
    GateResult,
    Instance,
    Prediction,
    Quarantine,
    ReaderAssessment,
    ReferenceStandard,
    Study,
)
from records.checklist_answers import ChecklistAnswer
from records.clearances import Clearance
from records.complaints import Complaint, ComplaintLink
from records.correction_assessments import CorrectionAssessment
from records.day_counts import CountMark, DayCount
from records.day_overrides import DayOverride
from records.deletions import Deletion
from records.document_texts import DocumentText, ReviewComment
from records.external_results import ExternalResult
from records.fact_kinds import FACTS
from records.field_actions import FieldAction
from records.field_notices import FieldActionCheck, FieldNotice
from records.form_drafts import FormDraft
from records.form_versions import FormVersion
from records.go_lives import GoLive
from records.identity_access import IdentityGrant
from records.identity_checks import IdentityCheck
from records.identity_links import IdentityLink
from records.incident_replays import IncidentReplay
from records.incidents import AwarenessFact, CandidateScreening, GoverningFact, Incident
from records.installation import InstallationCheck, InstallationDeclaration
from records.legal_holds import LegalHold
from records.message_routes import MessageRoute
from records.messages import Message
from records.no_capas import NoCAPA
from records.notices import Notice
from records.people import Actor
from records.plan_checks import PlanCheck
from records.planned_changes import PlannedChange
from records.problem_reports import ProblemReport
from records.product import (
    DatasetVersion,
    Deployment,
    Device,
    JourneyStep,
    ModelVersion,
    Site,
    WorkspaceKey,
    WorkspaceMark,
)
from records.qualifications import Qualification
from records.quality import ChangeRequest, Document, Release, Signature
from records.reader_links import ReaderLink
from records.regime_decisions import RegimeDecision
from records.regulatory_reports import InformationRequest, RegulatoryReport, Submission
from records.renewed_references import RenewedReference
from records.reportabilities import ClockInstance, Reportability, ReportabilityDecision
from records.reports import RadiologyReport
from records.result_deliveries import ResultDelivery
from records.retention_facts import RetentionFact
from records.risk import RiskFile, RiskItem, RiskReview
from records.rollbacks import Rollback
from records.rollouts import Rollout, RolloutLook
from records.rule_set_approvals import RuleSetApproval
from records.security_screenings import SecurityScreening
from records.series_choices import SeriesChoice
from records.service_tokens import ServiceToken
from records.signature_policy import PolicyAcknowledgement
from records.study_corrections import StudyCorrection
from records.supplied_software import SoupReview, VulnerabilityTriage
from records.surveillance import (
    AcceptanceResult,
    Alert,
    ChartBaseline,
    ChartPoint,
    DriftReport,
    Evaluation,
    EvaluationResult,
    MonitoringPlan,
    MonitoringRun,
    Revalidation,
)
from records.suspensions import Resumption, Suspension
from records.test_runs import TestRun
from records.trends import TrendDecision, TrendLook
from records.work_reminders import WorkReminder

RECORDS: tuple[type[Record], ...] = (
    WorkspaceMark, WorkspaceKey, JourneyStep, Actor, Qualification, Device, Site, DatasetVersion,
    ModelVersion, ChangeRequest, Deployment, Study, Instance, Quarantine, GateResult, Prediction,
    ReferenceStandard, ReaderAssessment, Evaluation, EvaluationResult, AcceptanceResult,
    MonitoringPlan, ChartBaseline, MonitoringRun, ChartPoint, DriftReport, Alert, Revalidation,
    Release, Signature, Document, Notice,
    ServiceToken, ApplicationEntity, ResultDelivery,
    IdentityLink, Absence, AuditGrant, PolicyAcknowledgement, IdentityCheck,
    InstallationCheck, InstallationDeclaration, LegalHold, RetentionFact, Deletion,
    IdentityGrant, Breach, SeriesChoice, StudyCorrection, RadiologyReport, ReaderLink,
    AdjudicationSample, AdjudicationCase, AdjudicationReading, ExternalResult,
    AlertEscalation, AlertAssignment, AwarenessCandidate, MessageRoute, Message,
    Suspension, Resumption, CAPA, CorrectionAssessment, IncidentReplay,
    PlannedChange, RenewedReference,
    RuleSetApproval, RegimeDecision, PlanCheck, NoCAPA,
    RiskFile, RiskItem, RiskReview, SoupReview, VulnerabilityTriage, TestRun, ProblemReport,
    Complaint, ComplaintLink, Incident, AwarenessFact, GoverningFact, CandidateScreening,
    Reportability, ClockInstance, ReportabilityDecision, RegulatoryReport, Submission,
    InformationRequest, GoLive, Rollout, RolloutLook, Rollback, Clearance, TrendLook, TrendDecision,
    FormVersion, FieldAction, FieldNotice, FieldActionCheck, DocumentText, ReviewComment,
    ChecklistAnswer, FormDraft,
    WorkReminder, CalendarToken, DayOverride, SecurityScreening, *FACTS,
)

COUNTED: tuple[type[SQLModel], ...] = (DayCount, CountMark)
"""Tables of what follows from records and is made again from them: no records, and not audited."""
