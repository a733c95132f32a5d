"""The facts of a model card: one version, what it is for, how it was made, how well it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from regulatory.documents.blocks import Cell
from regulatory.documents.change_facts import ProblemEntry
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Note
from regulatory.documents.validation_facts import (
    CriteriaPlan,
    DatasetFacts,
    IntendedUse,
    ModelFacts,
    ReferenceFacts,
    SplitResult,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A fact with the record that it stands in."""

    name: str
    said: str
    record: str


@dataclass(frozen=True, slots=True)
class CardRelease:
    """A version of the device: when it was made and released, and where it runs."""

    version: str
    record: str
    made_at: datetime
    status: str
    released_at: datetime | None
    change: str
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardRisk:
    """An item of the risk file, as users are concerned: hazard, harm, what remains."""

    record: str
    hazard: str
    harm: str
    residual: str


@dataclass(frozen=True, slots=True)
class CardReaderStudy:
    """A study of readers as it was entered: design, size, result with interval, or none yet."""

    record: str
    title: str
    design: str
    readers: int
    cases: int
    diseased: int
    endpoint: str
    result: Cell


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Everything that a model card quotes.

    model: None where the device has no version, or one that is seen from outside. status, made_at:
    of the version. lacking: what nobody entered of organisations and certificates. monitoring,
    policy: name and words, each with its record.
    """

    edition: Edition
    intended: IntendedUse
    status: str
    made_at: datetime | None
    version: str
    version_record: str
    unmade: str
    """Why there is no model to describe; '' where there is."""
    organisations: tuple[Named, ...]
    certificates: tuple[Named, ...]
    lacking: tuple[str, ...]
    conditions: tuple[Named, ...]
    warnings: tuple[str, ...]
    residual_risks: tuple[str, ...]
    model: ModelFacts | None
    data: DatasetFacts | None
    reference: ReferenceFacts | None
    results: tuple[SplitResult, ...]
    plan: CriteriaPlan | None
    main_measure: str
    readers: tuple[CardReaderStudy, ...]
    problems: tuple[ProblemEntry, ...]
    risk_file: str
    risks: tuple[CardRisk, ...]
    monitoring: tuple[Named, ...]
    monitoring_record: str
    policy: tuple[Named, ...]
    history: tuple[CardRelease, ...]
    disclosure: tuple[Named, ...]
    traces: tuple[Trace, ...]
    notes: Mapping[str, Note] = field(default_factory=dict)
