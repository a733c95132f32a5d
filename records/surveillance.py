"""Surveillance: evaluations, the monitoring plan, its runs, charts, alerts and revalidations."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from records.base import Record

VALIDATION = "validation"
"""The purpose of an evaluation beyond the locked tests."""

TRUTH_KINDS = "kinds of truth"
"""The purpose of the comparison of a version's accuracy by each way of knowing the truth."""

RETRAINING = "retraining"
"""The purpose of the comparison of a retrained version with every version released before it."""


class Evaluation(Record, table=True):
    """A model version measured on a set of studies; every look at a locked set is counted."""

    __tablename__ = "evaluation"
    PREFIX: ClassVar[str] = "EVA"

    id: int | None = Field(default=None, primary_key=True)
    model_version_id: int = Field(foreign_key="model_version.id")
    dataset_version_id: int | None = Field(default=None, foreign_key="dataset_version.id")
    purpose: str
    """internal_test, external_test, validation (beyond the locked tests), retraining (against every
    earlier version), revalidation, or kinds of truth (each way of knowing it, side by side)."""
    site_id: int | None = Field(default=None, foreign_key="site.id")
    period_from: date | None = None
    period_to: date | None = None
    attempt: int
    studies: int
    patients: int
    figures: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Two-by-two table, ROC points, reliability bins and counts by score: what figures are drawn
    from, and another threshold judged by."""
    inputs_digest: str
    """Digest of the rows that were judged: study, score, decision, truth."""
    evaluated_at: datetime


class EvaluationResult(Record, table=True):
    """One estimate of an evaluation, with n and interval, or the reason why there is none."""

    __tablename__ = "evaluation_result"
    __table_args__ = (UniqueConstraint("evaluation_id", "measure", "subgroup"),)
    PREFIX: ClassVar[str] = "EVR"

    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id", index=True)
    measure: str
    subgroup: str
    n: int
    numerator: int | None = None
    denominator: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float
    method: str = ""
    reason: str = ""


class AcceptanceResult(Record, table=True):
    """A declared acceptance criterion beside what was found: met, not met or not estimable."""

    __tablename__ = "acceptance_result"
    __table_args__ = (UniqueConstraint("evaluation_id", "criterion"),)
    PREFIX: ClassVar[str] = "ACR"

    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int | None = Field(default=None, foreign_key="evaluation.id")
    model_version_id: int = Field(foreign_key="model_version.id", index=True)
    evaluation_result_id: int | None = Field(default=None, foreign_key="evaluation_result.id")
    criterion: str
    statement: str
    verdict: str
    """met, not met, not estimable or not available."""
    observed: float | None = None
    bound: float
    reason: str = ""
    judged_at: datetime


class MonitoringPlan(Record, table=True):
    """The charts, windows, limits and the false-alarm budget that a device declared."""

    __tablename__ = "monitoring_plan"
    __table_args__ = (UniqueConstraint("device_id", "content_digest"),)
    PREFIX: ClassVar[str] = "MPL"

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    content_digest: str
    effective_at: datetime


class ChartBaseline(Record, table=True):
    """The frozen reference of a chart at a site and the limit solved for it, before day one."""

    __tablename__ = "chart_baseline"
    __table_args__ = (UniqueConstraint("plan_id", "model_version_id", "chart", "site_id"),)
    PREFIX: ClassVar[str] = "CHB"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="monitoring_plan.id")
    model_version_id: int = Field(foreign_key="model_version.id")
    site_id: int = Field(foreign_key="site.id")
    chart: str
    n: int
    alpha: float
    """The chart's share of the plan's false-alarm budget."""
    prepared: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = ""
    """Why the chart cannot run, where it cannot."""
    frozen_at: datetime


class MonitoringRun(Record, table=True):
    """One day's surveillance, all sites together."""

    __tablename__ = "monitoring_run"
    __table_args__ = (UniqueConstraint("plan_id", "day"),)
    PREFIX: ClassVar[str] = "MRN"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="monitoring_plan.id")
    model_version_id: int = Field(foreign_key="model_version.id")
    day: date
    studies: int
    counts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Per site: studies, predictions, quarantined, truth received."""
    run_at: datetime


class ChartPoint(Record, table=True):
    """One point of one chart at one site (or 'all sites'), of all its studies or of a subgroup."""

    __tablename__ = "chart_point"
    __table_args__ = (
        UniqueConstraint("run_id", "chart", "site"),
        Index("chart_point_series", "chart", "site", "day"),
    )
    PREFIX: ClassVar[str] = "CHP"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"subgroup": ""}

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="monitoring_run.id", index=True)
    chart: str
    site: str
    day: date
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    statistic: float | None = None
    limit: float | None = None
    signal: bool = False
    reason: str = ""
    subgroup: str = ""
    """Level of a subgroup that it watches, such as 'sex=F'; empty: all studies of the site."""
    state: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class DriftReport(Record, table=True):
    """A report of Evidently over all sites: verdict per column, the HTML kept in the vault."""

    __tablename__ = "drift_report"
    PREFIX: ClassVar[str] = "DRR"

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="monitoring_run.id", index=True)
    day: date
    occasion: str
    """weekly or alert."""
    reference_rows: int
    current_rows: int
    verdicts: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    html_digest: str
    json_digest: str


class Alert(Record, table=True):
    """A chart has signalled, or several from one cause: a person must look."""

    __tablename__ = "alert"
    PREFIX: ClassVar[str] = "ALT"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "plan_id", "chart_point_id", "chart", "site", "severity", "summary", "evidence",
        "raised_at", "acknowledged_by", "acknowledged_at", "root_cause", "disposition", "action",
        "closed_by",
    )
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"root_cause": "", "action": "", "closed_by": ""}

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="monitoring_plan.id")
    chart_point_id: int = Field(foreign_key="chart_point.id")
    chart: str
    site: str
    severity: str
    summary: str
    evidence: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    onset_estimate: date | None = None
    raised_on: date
    raised_at: datetime
    status: str = "open"
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    disposition: str = ""
    closed_at: datetime | None = None
    root_cause: str = ""
    """Why it was raised, as whoever closed it concluded; empty before, and of older alerts."""
    action: str = ""
    """What became of the action that the plan demands."""
    closed_by: str = ""

    @property
    def charts(self) -> tuple[str, ...]:
        """Every chart that the alert covers: the leading one, then those with the same cause."""
        return (self.chart, *(str(one["chart"]) for one in self.evidence.get("also", ())))


class Revalidation(Record, table=True):
    """The deployed version judged again: on schedule, or on field data after a trigger."""

    __tablename__ = "revalidation"
    PREFIX: ClassVar[str] = "RVL"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "alert_id", "model_version_id", "site", "trigger", "period_from", "period_to", "comparison",
        "outcome", "conclusion", "verdict", "judgement", "revalidated_at",
    )
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"verdict": "", "judgement": {}}

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int | None = Field(default=None, foreign_key="alert.id")
    model_version_id: int = Field(foreign_key="model_version.id")
    site: str
    trigger: str
    period_from: date
    period_to: date
    before_evaluation_id: int | None = Field(default=None, foreign_key="evaluation.id")
    after_evaluation_id: int | None = Field(default=None, foreign_key="evaluation.id")
    comparison: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    outcome: str
    """maintained, degraded or not estimable."""
    conclusion: str
    revalidated_at: datetime
    verdict: str = ""
    """passed, inferior, not decided or not reproduced, by the plan's rules for revalidation; ''
    where the plan has none."""
    judgement: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """By what it was judged: bounds, studies needed and had, each row with its interval, whether
    the locked studies were answered as before."""
