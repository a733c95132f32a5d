"""All tables, so that one import knows them: migrations, verification and queries start here."""

from records.application_entities import ApplicationEntity
from records.base import Record
from records.cases import (
    GateResult,
    Instance,
    Prediction,
    Quarantine,
    ReaderAssessment,
    ReferenceStandard,
    Study,
)
from records.notices import Notice
from records.people import Actor
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
from records.service_tokens import ServiceToken
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

RECORDS: tuple[type[Record], ...] = (
    WorkspaceMark, WorkspaceKey, JourneyStep, Actor, Qualification, Device, Site, DatasetVersion,
    ModelVersion, ChangeRequest, Deployment, Study, Instance, Quarantine, GateResult, Prediction,
    ReferenceStandard, ReaderAssessment, Evaluation, EvaluationResult, AcceptanceResult,
    MonitoringPlan, ChartBaseline, MonitoringRun, ChartPoint, DriftReport, Alert, Revalidation,
    Release, Signature, Document, Notice,
    ServiceToken, ApplicationEntity,
)

