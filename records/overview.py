"""What a first page asks: what waits for a person, what runs where, what arrived, how good it was.

Every answer quotes stored rows; nothing is computed from them but an order. No question asks the
database once for each row.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.cases import Quarantine
from records.correction_assessments import CorrectionAssessment
from records.deletions import waiting_deletions
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Document
from records.surveillance import (
    Alert,
    Evaluation,
    EvaluationResult,
    MonitoringPlan,
    MonitoringRun,
    Revalidation,
)
from records.suspensions import IN_FORCE, PROPOSED, Suspension


@dataclass(frozen=True, slots=True)
class OpenWork:
    """A record that waits for a person."""

    kind: str
    """suspension, correction, alert, change request, document or deletion."""
    label: str
    summary: str
    status: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DeviceStanding:
    """The latest revision of a device's definition."""

    label: str
    name: str
    trade_name: str
    revision: int
    status: str
    intended_purpose: str
    definition_digest: str
    defined_at: datetime


@dataclass(frozen=True, slots=True)
class RunningVersion:
    """What runs at a site now; ``mode`` is empty where nothing runs."""

    site: str
    site_status: str
    mode: str = ""
    version: str = ""
    version_digest: str = ""
    version_status: str = ""
    since: datetime | None = None
    suspended: str = ""
    """The suspension in force there: studies are taken in and not read."""
    device: str = ""
    country: str = ""
    """Where the site lies, '' where nobody recorded it."""


@dataclass(frozen=True, slots=True)
class AlertStanding:
    """An alert with what was decided about it and what revalidation found."""

    id: int
    label: str
    chart: str
    site: str
    severity: str
    summary: str
    evidence: dict[str, Any]
    raised_on: date
    onset_estimate: date | None
    status: str
    acknowledged_by: str
    acknowledged_at: datetime | None
    disposition: str
    closed_at: datetime | None
    revalidations: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    """Every chart that the alert covers, the leading one first."""
    plan_id: int = 0
    root_cause: str = ""
    action: str = ""
    """What became of the action that the plan demands."""
    closed_by: str = ""
    alert_class: str = ""
    owner: str = ""
    demanded: str = ""
    """What the plan says of answering it."""
    due_at: datetime | None = None
    overdue: str = ""
    """What is late, in words; empty where nothing is."""
    signed: bool = False
    """Whether closing it needs a signature."""
    device: str = ""
    assigned_to: str = ""
    """The account that it was given to; empty where to nobody by name."""

    @property
    def verdicts(self) -> str:
        """What revalidation found, in a few words: 'RVL-0001: degraded.'; empty without one."""
        return " ".join(f"{words.split('. ')[0]}." for words in self.revalidations)


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """A stored estimate with the evaluation that it belongs to."""

    evaluation: str
    record: str
    version: str
    """The label of the model version that was judged."""
    purpose: str
    site: str
    period_from: date | None
    period_to: date | None
    evaluated_at: datetime
    measure: str
    subgroup: str
    n: int
    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    reason: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class DayVolume:
    """How much arrived at a site on a day; None where the run did not count it."""

    day: date
    site: str
    counts: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """How many files of a site were refused for a reason, and when last."""

    site: str
    reason: str
    files: int
    last_on: date


WAITING = ("draft", "in review", "approved")
"""The statuses of a document in which somebody has to do something with it."""


def open_work(reader: Session) -> list[OpenWork]:
    """What waits for a person: use suspended or proposed to be, whether that must be reported, open
    alerts, then by kind and age."""
    alerts = reader.exec(select(Alert).where(col(Alert.status) != "closed"))
    changes = reader.exec(
        select(ChangeRequest).where(col(ChangeRequest.status).not_in(["released", "refused"]))
    )
    documents = reader.exec(
        select(Document).where(col(Document.status).in_(WAITING))
    )
    work = [
        OpenWork("alert", one.label, one.summary, one.status, one.raised_at)
        for one in alerts
    ]
    work += [
        OpenWork("change request", one.label, one.title, one.status, one.proposed_at)
        for one in changes
    ]
    work += [
        OpenWork(
            "document", f"{one.number} v{one.version}", one.title, one.status, one.compiled_at
        )
        for one in documents
    ]
    work += [
        OpenWork("deletion", one.label, one.words, one.status, one.proposed_at)
        for one in waiting_deletions(reader)
    ]
    work += _of_suspensions(reader)
    urgency = {
        f"suspension {PROPOSED}": 0, f"suspension {IN_FORCE}": 1, "correction open": 2,
        "alert open": 3, "alert acknowledged": 4,
    }  # fmt: skip
    return sorted(
        work,
        key=lambda one: (
            urgency.get(f"{one.kind} {one.status}", len(urgency)), one.kind, one.since
        ),
    )


def _of_suspensions(reader: Session) -> list[OpenWork]:
    standing = reader.exec(
        select(Suspension).where(col(Suspension.status).in_([PROPOSED, IN_FORCE]))
    )
    asked = reader.exec(select(CorrectionAssessment).where(CorrectionAssessment.status == "open"))
    return [
        OpenWork("suspension", one.label, f"{one.site}: {one.grounds}", one.status,
                 one.in_force_at or one.proposed_at)
        for one in standing
    ] + [
        OpenWork("correction", one.label, f"{one.site}: {one.words}", one.status, one.aware_at)
        for one in asked
    ]  # fmt: skip


def devices(reader: Session) -> list[DeviceStanding]:
    """The latest revision of every device, by name."""
    latest = select(func.max(Device.id)).group_by(Device.name)
    rows = reader.exec(select(Device).where(col(Device.id).in_(latest)).order_by(Device.name))
    return [
        DeviceStanding(
            label=one.label, name=one.name, trade_name=one.trade_name, revision=one.revision,
            status=one.status, definition_digest=one.definition_digest,
            intended_purpose=str(one.definition.get("intended_purpose", "")),
            defined_at=one.defined_at,
        )
        for one in rows
    ]


def running_versions(reader: Session) -> list[RunningVersion]:
    """What runs at every site now, live or as a shadow, and where use is suspended; sites where
    nothing runs are listed too."""
    suspended = {
        (name, one.site): one.label
        for name, one in reader.exec(
            select(Device.name, Suspension)
            .join(Device, col(Device.id) == Suspension.device_id)
            .where(Suspension.status == IN_FORCE)
        )
    }
    rows = reader.exec(
        select(Site, Deployment, ModelVersion, Device)
        .outerjoin(
            Deployment,
            (col(Deployment.site_id) == Site.id) & col(Deployment.ended_at).is_(None),
        )
        .outerjoin(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .outerjoin(Device, col(Device.id) == ModelVersion.device_id)
        .order_by(Site.name)
    )
    return [
        RunningVersion(site.name, site.status, country=site.country)
        if deployment is None or version is None or device is None
        else RunningVersion(
            site=site.name, site_status=site.status, mode=deployment.mode,
            version=f"{version.label} {version.name}", version_digest=version.version_digest,
            version_status=version.status, since=deployment.started_at,
            suspended=suspended.get((device.name, site.name), ""), device=device.name,
            country=site.country,
        )
        for site, deployment, version, device in rows
    ]


def alerts(reader: Session) -> list[AlertStanding]:
    """All alerts, the newest first, each with what revalidation concluded."""
    concluded: dict[int | None, list[str]] = {}
    for one in reader.exec(select(Revalidation).order_by(col(Revalidation.id))):
        words = f"{one.label}: {one.outcome}. {one.conclusion}"
        concluded.setdefault(one.alert_id, []).append(words)
    return [
        AlertStanding(
            id=one.id or 0, label=one.label, chart=one.chart, site=one.site,
            severity=one.severity, summary=one.summary, evidence=one.evidence,
            raised_on=one.raised_on, onset_estimate=one.onset_estimate, status=one.status,
            acknowledged_by=one.acknowledged_by, acknowledged_at=one.acknowledged_at,
            disposition=one.disposition, closed_at=one.closed_at,
            revalidations=tuple(concluded.get(one.id, ())), charts=one.charts,
            root_cause=one.root_cause,
            action=one.action, closed_by=one.closed_by, plan_id=one.plan_id, device=device,
        )
        for one, device in reader.exec(
            select(Alert, Device.name)
            .join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
            .join(Device, col(Device.id) == MonitoringPlan.device_id)
            .order_by(col(Alert.id).desc())
        )
    ]


def estimates(reader: Session, *, subgroup: str | None = "all") -> list[EstimateRow]:
    """The stored estimates of every evaluation, the newest evaluation first.

    Args:
        reader: Where to look.
        subgroup: Only this subgroup; None for all of them.
    """
    query = (
        select(Evaluation, EvaluationResult, Site.name, Device.name)
        .join(EvaluationResult, col(EvaluationResult.evaluation_id) == Evaluation.id)
        .join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .outerjoin(Site, col(Site.id) == Evaluation.site_id)
        .order_by(col(Evaluation.id).desc(), col(EvaluationResult.id))
    )
    if subgroup is not None:
        query = query.where(EvaluationResult.subgroup == subgroup)
    return [
        EstimateRow(
            evaluation=evaluation.label, record=one.label,
            version=f"{ModelVersion.PREFIX}-{evaluation.model_version_id:04d}",
            purpose=evaluation.purpose,
            site=site or "", period_from=evaluation.period_from, period_to=evaluation.period_to,
            evaluated_at=evaluation.evaluated_at, measure=one.measure, subgroup=one.subgroup,
            n=one.n, value=one.value, low=one.low, high=one.high, level=one.level,
            method=one.method, reason=one.reason, device=device,
        )
        for evaluation, one, site, device in reader.exec(query)
    ]


def day_volumes(reader: Session, *, device: str = "") -> list[DayVolume]:
    """How much arrived a day and site, as each day's surveillance of a device counted it."""
    query = select(MonitoringRun).order_by(col(MonitoringRun.day))
    if device:
        query = query.join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
        query = query.join(Device, col(Device.id) == MonitoringPlan.device_id)
        query = query.where(Device.name == device)
    runs = reader.exec(query)
    return [
        DayVolume(run.day, site, counted if isinstance(counted, dict) else {"studies": counted})
        for run in runs
        for site, counted in sorted(run.counts.items())
    ]


@dataclass(frozen=True, slots=True)
class ChangedTruth:
    """Truths of a site that changed after a chart had counted them, and the last day of it."""

    site: str
    truths: int
    last_on: date


def changed_truths(reader: Session, *, device: str = "") -> list[ChangedTruth]:
    """By site, as each day's surveillance counted it; charts keep what was known then."""
    found: dict[str, ChangedTruth] = {}
    for one in day_volumes(reader, device=device):
        if more := int(one.counts.get("truth_changed") or 0):
            before = found.get(one.site)
            found[one.site] = ChangedTruth(
                one.site, more + (before.truths if before else 0), one.day
            )
    return [found[site] for site in sorted(found)]


def quarantine_counts(reader: Session) -> list[QuarantineCount]:
    """How many files were refused, by site and reason."""
    query: Any = (
        select(Site.name, Quarantine.reason, func.count(), func.max(Quarantine.arrived_on))
        .join(Site, col(Site.id) == Quarantine.site_id)
        .group_by(Site.name, Quarantine.reason)
        .order_by(Site.name, func.count().desc())
    )
    return [QuarantineCount(*row) for row in reader.exec(query)]
