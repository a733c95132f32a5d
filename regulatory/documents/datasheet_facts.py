"""The facts of a dataset datasheet: each dataset version in use, from its source to its uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Note
from regulatory.documents.validation_facts import DatasetFacts, PartitionFacts, ReferenceFacts


@dataclass(frozen=True, slots=True)
class Composed:
    """How many studies have one value of a characteristic, by the part of the data."""

    characteristic: str
    value: str
    development: int
    external: int


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """What a dataset version was used for: learning, or one look at a part of it.

    attempt: the count of looks at the part; None where it was learnt from.
    """

    record: str
    purpose: str
    version: str
    at: datetime
    attempt: int | None = None
    studies: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold that stands, by its record, and its reason."""

    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """One dataset version.

    device: the definition that it was frozen for. chosen: by reason how many studies in operation a
    run of the retraining protocol took or left out; then the studies are not those collected for
    development, and `composed` is empty. collected: by part the first and last day of arrival of
    its studies. studied: studies of each part (development, external) that `composed` counts.
    """

    data: DatasetFacts
    reference: ReferenceFacts
    partition: PartitionFacts
    device: str
    content_digest: str
    folder: str
    files: int
    commit: str
    used_by: tuple[str, ...]
    composed: tuple[Composed, ...]
    studied: tuple[int, int]
    collected: tuple[tuple[str, date, date], ...]
    chosen: tuple[tuple[str, int], ...]
    run: str
    uses: tuple[DatasetUse, ...]
    kept_until: str
    kept_because: str


@dataclass(frozen=True, slots=True)
class DatasheetFacts:
    """Everything that a datasheet quotes: of the device's intended use, and each dataset in use."""

    edition: Edition
    device: str
    population: str
    purpose: str
    eligibility: tuple[str, ...]
    expected: tuple[tuple[str, str], ...]
    """Each declared share of the population that the device is for, in words."""
    sheets: tuple[SheetFacts, ...]
    holds: tuple[Hold, ...]
    """Legal holds that stand, whatever they cover; a pseudonym in a scope is not printed."""
    traces: tuple[Trace, ...]
    notes: Mapping[str, Note] = field(default_factory=dict)
