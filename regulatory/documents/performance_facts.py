"""The facts of a performance-monitoring report: what ran where, what was watched, what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from measures.estimate import Estimate
from regulatory.documents.content import Trace
from regulatory.documents.facts import ChartSeries, Edition, Measured, ModelName, Note
from regulatory.documents.truth_facts import TruthFacts


@dataclass(frozen=True, slots=True)
class SitePeriod:
    """One site in the period: which version ran how, how many studies, the truth of how many."""

    site: str
    version: ModelName
    mode: str
    started: date
    ended: date | None
    studies: int
    predictions: int
    quarantined: int
    truth_known: int
    record: str = ""


@dataclass(frozen=True, slots=True)
class WatchedPlan:
    """The monitoring plan in force and its false-alarm budget, in words."""

    record: str
    digest: str
    effective_at: datetime
    budget: str
    error_control: str
    minimum_n: str = ""
    truth_delay: str = ""
    responsibility: str = ""
    """Whose the alerts are, and to whom one goes that nobody answers."""
    answering: tuple[tuple[str, str, str], ...] = ()
    """Each class of alerts with its charts, and by when and how it is answered."""


@dataclass(frozen=True, slots=True)
class ChartFacts:
    """A control chart of the plan over the period, one series a site.

    group: what it watches. axis: the statistic's name on the picture.
    """

    name: str
    question: str
    group: Literal["input", "output", "performance"]
    detector: str
    in_control: str
    budget: str
    axis: str
    series: tuple[ChartSeries, ...]
    logarithmic: bool = False
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftReportFacts:
    """One of Evidently's reports: when, on how many rows, which columns it called drifted."""

    record: str
    day: date
    occasion: str
    reference_rows: int
    current_rows: int
    columns: int
    drifted: tuple[str, ...]
    html_digest: str


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """What the device returned at a site: score, share flagged, share out of distribution."""

    site: str
    score: Estimate
    flagged: Estimate
    out_of_distribution: Estimate
    record: str = ""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """An alert, from the signal to what a person made of it."""

    record: str
    site: str
    chart: str
    severity: str
    summary: str
    raised_at: datetime
    status: str
    onset_estimate: date | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    disposition: str = ""
    closed_at: datetime | None = None
    root_cause: str = ""
    action: str = ""
    escalations: tuple[str, ...] = ()
    """Each step to which it went unanswered, in a sentence."""
    acknowledge_days: int | None = None
    close_days: int | None = None
    """Within how many days since it was raised the plan has it answered."""


@dataclass(frozen=True, slots=True)
class RevalidationFacts:
    """The deployed version judged again after a trigger, before against after."""

    record: str
    alert: str
    site: str
    trigger: str
    period: tuple[date, date]
    outcome: str
    conclusion: str
    rows: tuple[tuple[str, Measured | None, Measured | None, Estimate | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure of the period beside the validation and the period before."""

    measure: str
    group: str
    validation: Measured | None
    period: Measured | None
    previous: Measured | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class VersionMeasured:
    """Of a version that ran in care in the period: how many readings have a truth, how many were
    judged.

    known: readings for care whose truth is known at the freeze. judged: None where the version was
    not measured. since: those of known whose truth became known after the measuring.
    """

    name: str
    record: str
    known: int
    judged: int | None
    since: int = 0
    unmeasured_sites: tuple[str, ...] = ()
    """Sites where truths are known and the version has no evaluation of its own."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: none, investigate, complaint, CAPA, retrain, restrict or stop."""

    record: str
    decision: str
    reason: str
    decided_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PerformanceFacts:
    """Everything a performance-monitoring report quotes."""

    edition: Edition
    plan: WatchedPlan
    sites: tuple[SitePeriod, ...]
    charts: tuple[ChartFacts, ...]
    outputs: tuple[OutputFacts, ...]
    performance: tuple[Measured, ...]
    alerts: tuple[AlertFacts, ...]
    traces: tuple[Trace, ...]
    quarantine: tuple[tuple[str, str, int], ...] = ()
    drift_reports: tuple[DriftReportFacts, ...] = ()
    revalidations: tuple[RevalidationFacts, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    decisions: tuple[Decision, ...] = ()
    previous_report: str = ""
    truth: TruthFacts | None = None
    main_measure: str = "auc"
    score_words: str = "score"
    """What the number that a study is given is called."""
    seen_from_outside: str = ""
    """Of another maker's product, how it is known; '' of a device that is made here."""
    measured: tuple[VersionMeasured, ...] = ()
    """Each version that ran in care, in the order in which they began."""
    in_shadow: int = 0
    """Readings of known truth by a version that ran in shadow beside another."""
    notes: Mapping[str, Note] = field(default_factory=dict)
