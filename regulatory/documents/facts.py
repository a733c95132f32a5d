"""The facts that several documents share; the records fill them, the builders only quote them.

Record identifiers (`record`) are what a reader looks up: 'EVR-0012'. An empty one means that no
single record stands behind the fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from measures.estimate import Estimate
from regulatory.documents.blocks import Signed
from regulatory.documents.content import Freeze


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model version as people say it and as machines check it."""

    record: str
    name: str
    weights_hash: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A role that has to sign and what its signature means; the signature once it is there."""

    role: str
    meaning: str
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """What every document states of itself: number, version, status, device, freeze, maker."""

    number: str
    version: str
    status: str
    device: str
    udi: str
    risk_class_eu: str
    risk_class_us: str
    manufacturer: str
    model_versions: tuple[ModelName, ...]
    period: tuple[date, date] | None
    freeze: Freeze
    prepared_by: str
    generator: str
    signers: tuple[Signer, ...] = ()
    marking: str = ""
    confidentiality: str = "Confidential"


@dataclass(frozen=True, slots=True)
class Note:
    """What a named person wrote for a place in a document that only a person may fill."""

    text: str
    author: str
    role: str
    at: datetime
    record: str = ""


Notes = Mapping[str, Note]


@dataclass(frozen=True, slots=True)
class Measured:
    """A stored estimate: on which split or in which site, and in which record it stands."""

    estimate: Estimate
    record: str
    split: str = ""
    site: str = ""
    version: str = ""
    """The model version, where a document tells several apart."""


@dataclass(frozen=True, slots=True)
class Curve:
    """An ROC curve as stored: points from (0, 0) to (1, 1), its AUC, and the operating point."""

    label: str
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    auc: Estimate
    operating_point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FreeResponse:
    """A free-response ROC curve as stored, its score, and the operating point: false positives per
    image and share of lesions found."""

    label: str
    false_positives: tuple[float, ...]
    sensitivity: tuple[float, ...]
    score: Estimate
    operating_point: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Observed shares against predicted probabilities, one point a bin."""

    label: str
    predicted: tuple[float, ...]
    observed: tuple[Estimate, ...]
    across: str = "Predicted probability (bin mean)"
    up: str = "Observed share with finding"


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A count of studies, and what left before the next count, with reasons."""

    label: str
    count: int
    removed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One control chart at one site: the statistic and its limits by day, and where it signalled.

    None stands for a day on which the chart could not be run, for example too few studies.
    """

    site: str
    days: tuple[date, ...]
    statistic: tuple[float | None, ...]
    upper: tuple[float | None, ...] = ()
    lower: tuple[float | None, ...] = ()
    signals: tuple[date, ...] = ()
