"""The facts of a risk management report: the file in force, its items, what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from measures.estimate import Estimate
from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Note, Notes
from regulatory.documents.trace_facts import ControlEntry


@dataclass(frozen=True, slots=True)
class RiskFileEntry:
    """A version of the risk file."""

    record: str
    version: str
    status: str
    digest: str
    recorded_by: str
    recorded_at: datetime
    in_force_at: datetime | None
    signed: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskEntry:
    """A way in which the device may harm; verdicts are those of the file's own matrix.

    before, after: band of probability and verdict without and with the controls.
    """

    record: str
    code: str
    category: str
    hazard: str
    sequence: str
    situation: str
    harm: str
    severity: str
    before: str
    before_verdict: str
    after: str
    after_verdict: str
    basis: str
    controls: tuple[str, ...]
    residual: str
    benefit_risk: str


@dataclass(frozen=True, slots=True)
class ObservedEntry:
    """An item's estimate in use beside what a review found, as the review holds it.

    events, exposure: None where they could not be counted, with the reason.
    """

    code: str
    hazard: str
    estimated: float | None
    observed: Estimate
    events: int | None
    exposure: int | None
    unit: str
    verdict: str
    reason: str
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """A review of a period; conclusion: the reviewer's own words."""

    record: str
    file: str
    period: tuple[date, date]
    studies: int
    rows: tuple[ObservedEntry, ...]
    new_hazards: tuple[tuple[str, str, int], ...]
    conclusion: Note
    signed: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskReportFacts:
    """Everything a risk management report quotes.

    file: the version in force; None where there is none, with the reason in why_not.
    matrix: each band of probability with the verdicts of severities 1 to 5.
    """

    edition: Edition
    traces: tuple[Trace, ...]
    why_not: str
    file: RiskFileEntry | None = None
    scope: str = ""
    policy: str = ""
    overall: Note | None = None
    severities: tuple[tuple[str, str], ...] = ()
    matrix: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    items: tuple[RiskEntry, ...] = ()
    controls: tuple[ControlEntry, ...] = ()
    control_gaps: tuple[str, ...] = ()
    versions: tuple[RiskFileEntry, ...] = ()
    review: ReviewEntry | None = None
    earlier_reviews: tuple[tuple[str, str, str, str], ...] = ()
    open_hazards: tuple[tuple[str, str], ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=dict)
