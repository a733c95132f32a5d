"""The facts of a validation report: what was promised, tested on which data, with what result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from measures.estimate import Estimate
from regulatory.documents.beyond_facts import BeyondFacts
from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import (
    Curve,
    Edition,
    FlowStep,
    FreeResponse,
    Measured,
    ModelName,
    Note,
    Reliability,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A performance the labelling claims, with the margin allowed."""

    measure: str
    value: float
    margin: float
    split: str


@dataclass(frozen=True, slots=True)
class IntendedUse:
    """What the device is for, as its accepted definition says."""

    record: str
    purpose: str
    users: tuple[str, ...]
    population: str
    indications: str
    contraindications: tuple[str, ...]
    input_requirements: tuple[tuple[str, str], ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """An acceptance criterion as declared, what was observed, and the stored verdict.

    basis: 'low' (the interval's lower bound must reach the limit) or 'value'.
    verdict: 'met', 'not met' or 'not estimable'.
    """

    id: str
    measure: str
    split: str
    subgroup: str
    basis: str
    at_least: float | None
    at_most: float | None
    observed: Estimate | None
    verdict: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class CriteriaPlan:
    """When and by whom the acceptance criteria were fixed, and the digest of what was fixed."""

    record: str
    digest: str
    declared_at: datetime
    first_evaluated_at: datetime | None
    criteria: tuple[CriterionResult, ...]
    signed: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitCount:
    """One part of the dataset: studies, patients, diseased, and the sites they came from."""

    split: str
    studies: int
    patients: int
    positives: int
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteCount:
    """What one site contributed; None where the records do not say."""

    site: str
    split: str
    studies: int
    patients: int
    positives: int
    female: int | None
    male: int | None
    sex_missing: int
    age_median: float | None
    age_missing: int
    equipment: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissingField:
    """A fact that some studies lack, and what that means for the results."""

    field: str
    missing: int
    total: int
    consequence: str


@dataclass(frozen=True, slots=True)
class DatasetCheck:
    """One rule that the dataset was held against before it was frozen, as recorded.

    state: 'met', 'limitation', 'refused' or 'not estimable'. n: images looked at.
    """

    rule: str
    subject: str
    state: str
    n: int
    said: str
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """The frozen data: where from, what left on the way and why, how it was de-identified."""

    record: str
    name: str
    digest: str
    frozen_at: datetime
    source: str
    design: str
    flow: tuple[FlowStep, ...]
    splits: tuple[SplitCount, ...]
    sites: tuple[SiteCount, ...]
    missing: tuple[MissingField, ...]
    assigned: tuple[str, ...] = ()
    eligibility: tuple[str, ...] = ()
    deidentification: tuple[tuple[str, str], ...] = ()
    deidentification_record: str = ""
    gate_record: str = ""
    gate_passed: int | None = None
    gate_total: int | None = None
    legal_basis: str = ""
    consent: str = ""
    checks: tuple[DatasetCheck, ...] = ()
    positives: str = "With finding"
    """What is counted as a positive study, as the head of a column."""


@dataclass(frozen=True, slots=True)
class ReferenceFacts:
    """How the truth was established; None or empty where the records do not say."""

    definition: str
    source: str
    readers: int | None = None
    blinded: bool | None = None
    adjudication: str = ""
    agreement: Measured | None = None
    record: str = ""
    unread: str = ""
    """Why there are no readers, where nobody reads the truth off an image."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many patients two parts of the data share; the check that must come out at zero.

    known: by whose knowledge of who is who: 'at the freeze', or 'now', after patients were merged.
    studies: labels of these patients' studies in the two parts.
    """

    first: str
    second: str
    patients: int
    known: str = "at the freeze"
    studies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartitionFacts:
    """How the data were divided, and the check that no patient stands on both sides.

    moved: studies of the data that are of another patient now than at the freeze; None where it
    was not looked at.
    """

    unit: str
    method: str
    seed: int | None
    overlaps: tuple[Overlap, ...]
    earlier_uses: int | None
    record: str = ""
    external: str = ""
    moved: int | None = None


@dataclass(frozen=True, slots=True)
class FeatureFacts:
    """A radiomic feature that a model reads, under its IBSI identifier ('' where IBSI has none).

    coefficient: change of the log odds a standard deviation of the training regions. stability:
    ICC(A,1) between outlines of the training regions, drawn a little otherwise.
    """

    key: str
    ibsi: str
    name: str
    unit: str
    mean: float
    standard_deviation: float
    coefficient: float
    stability: Estimate


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The model version under test: what it is made of and how it was made."""

    version: ModelName
    inputs: str
    outputs: str
    details: tuple[tuple[str, str], ...]
    software: tuple[tuple[str, str], ...]
    training: tuple[tuple[str, str], ...]
    operating_point: float
    operating_rule: str
    operating_split: str
    """The split that the threshold was chosen on; empty where it was given at registration."""
    calibration: str = ""
    dataset_record: str = ""
    """The dataset version it was trained on; empty where the maker trained it elsewhere."""
    unstated: tuple[str, ...] = ()
    """What the maker of a registered model does not state, each a gap."""
    features: tuple[FeatureFacts, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """Of a model of radiomic features: those that it does not read, each with the reason."""


@dataclass(frozen=True, slots=True)
class Method:
    """How one measure is computed and how its interval is formed."""

    measure: str
    definition: str
    interval: str


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """Device decision against truth, counted in studies."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    without_output: int = 0
    not_known: int = 0
    """Studies of which the reference standard does not say it."""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """Studies of each true class (rows) by the class that they were put into."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class SplitResult:
    """All that was found on one test set, or why there is no such test set."""

    split: str
    record: str
    at: datetime | None = None
    counts: TwoByTwo | None = None
    classes: ClassCounts | None = None
    findings: tuple[tuple[str, TwoByTwo], ...] = ()
    """Of a device whose findings may be present together, those of each."""
    measures: tuple[Measured, ...] = ()
    subgroups: tuple[Measured, ...] = ()
    roc: Curve | None = None
    reliability: Reliability | None = None
    froc: FreeResponse | None = None
    unavailable: str = ""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A departure from the plan and what it does to the result."""

    description: str
    effect: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The stored overall outcome ('met', 'not met', 'not estimable') and what it leads to."""

    outcome: str
    recommendation: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class ValidationFacts:
    """Everything a validation report quotes."""

    edition: Edition
    intended: IntendedUse
    plan: CriteriaPlan
    dataset: DatasetFacts
    reference: ReferenceFacts
    partition: PartitionFacts
    model: ModelFacts
    methods: tuple[Method, ...]
    results: tuple[SplitResult, ...]
    verdict: Verdict
    traces: tuple[Trace, ...]
    clustering: str = ""
    multiplicity: str = ""
    deviations: tuple[Deviation, ...] = ()
    beyond: BeyondFacts | None = None
    """What was found beyond the locked tests; None where the version was not validated."""
    main_measure: str = "auc"
    notes: Mapping[str, Note] = field(default_factory=dict)
