"""The facts of a revalidation report: what was judged again at each site, why, what followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from measures.estimate import Estimate
from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Measured, ModelName, Note
from regulatory.documents.retraining_facts import LimitEntry


@dataclass(frozen=True, slots=True)
class RevalidationEntry:
    """A revalidation in one line. verdict: by the plan's rules, else the outcome."""

    record: str
    site: str
    trigger: str
    alert: str
    period: tuple[date, date]
    at: datetime
    version: str
    verdict: str
    latest: bool


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One measure of one group beside the bound that it must keep, as it was judged.

    needed, had: studies by class in words; '' of a subgroup. p_above: adjusted p-value that it lies
    above the bound; None where that was not tested.
    """

    estimate: Estimate
    claim: float
    bound: float
    needed: str
    had: str
    p_above: float | None
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class JudgedBasis:
    """The rows of one set of studies; missing: what could not be judged of it at all."""

    name: str
    studies: int
    patients: int
    rows: tuple[JudgedRow, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """A locked test asked again: whether it is answered as in its evaluation; None: not tried."""

    split: str
    studies: int
    evaluation: str
    differing: int
    decisions_changed: int
    largest: float
    figures: tuple[str, ...]
    reproduced: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class FieldData:
    """Studies in operation before or since, by the evaluation that measured them."""

    record: str
    when: str
    period: tuple[date, date] | None
    studies: int
    patients: int
    measures: tuple[Measured, ...]
    subgroups: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Consequence:
    """What was recorded because of a revalidation or its alert: kind, what it says, its status."""

    record: str
    kind: str
    said: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SiteRevalidation:
    """The newest revalidation of a site with all that it rests on.

    without_truth: studies since the onset whose truth was not known; None where it was not counted.
    by_rules: whether the plan had rules by which it was judged. plan, plan_since: the monitoring
    plan in force when it was judged, and since when; None where none was. next_due: by the plan in
    force; None where it sets no schedule. current: the version in use at the site; None where none
    runs there.
    """

    entry: RevalidationEntry
    model: ModelName
    current: ModelName | None
    outcome: str
    conclusion: str
    by_rules: bool
    plan: str
    plan_since: datetime | None
    level: str
    bases: tuple[JudgedBasis, ...]
    repeated: tuple[Repeated, ...]
    remarks: tuple[str, ...]
    field_data: tuple[FieldData, ...]
    differences: tuple[Estimate, ...]
    without_truth: int | None
    below_claim: tuple[str, ...]
    consequences: tuple[Consequence, ...]
    signed: tuple[Signed, ...]
    next_due: date | None


@dataclass(frozen=True, slots=True)
class LockedResult:
    """A measure of all studies of a locked test, of one version."""

    version: str
    attempt: int
    measured: Measured


@dataclass(frozen=True, slots=True)
class RevalidationFacts:
    """Everything that a revalidation report quotes.

    cleared: None where no version was released. locked: of the versions judged and of the cleared
    one. paired: comparisons on record of a version judged with earlier ones. rules: of the plan in
    force, name and words; empty where it has none.
    """

    edition: Edition
    all: tuple[RevalidationEntry, ...]
    sites: tuple[SiteRevalidation, ...]
    cleared: ModelName | None
    locked: tuple[LockedResult, ...]
    paired: tuple[LimitEntry, ...]
    plan_record: str
    rules: tuple[tuple[str, str], ...]
    risk_file: str
    decisions: tuple[Consequence, ...]
    charts: int
    traces: tuple[Trace, ...]
    notes: Mapping[str, Note] = field(default_factory=dict)
