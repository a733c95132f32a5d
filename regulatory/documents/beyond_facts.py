"""The facts of a validation beyond the locked tests: degraded images, cuts, groups, calibration."""

from __future__ import annotations

from dataclasses import dataclass

from measures.estimate import Estimate
from regulatory.documents.facts import Measured

Interval = tuple[float | None, float | None, float | None]
"""Value and both limits of a share; None where it is not estimable."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the version would do at a threshold, with the net benefit of acting on its score."""

    threshold: float
    operating_point: bool
    flagged: int
    missed: int
    shares: tuple[Interval, Interval, Interval, Interval]
    """Sensitivity, specificity, PPV, NPV."""
    net_benefit: Interval
    act_on_all: float | None


@dataclass(frozen=True, slots=True)
class PairAt:
    """Two estimates under one condition: a rule's cut, or a prevalence; with what names it."""

    name: str
    value: float | None
    first: Measured
    second: Measured


@dataclass(frozen=True, slots=True)
class GroupTest:
    """Whether a measure differs between the groups of a characteristic, p-values plain and
    adjusted; None where nothing could be compared, with the reason."""

    characteristic: str
    measure: str
    test: str
    gap: Measured | None
    worst: Measured | None
    p: float | None
    holm: float | None
    benjamini_hochberg: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class WorstFailure:
    """An image in which the device failed, with how badly: a value, and of what."""

    kind: str
    image: str
    site: str
    words: str
    value: float
    measure: str
    study: str = ""
    truth: str = ""
    picture: str = ""
    """A small PNG in base64: the image as displayed, with true region and the device's."""
    absent: str = ""
    """Why there is no picture, where there is none."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """The intersections of two characteristics on one test set: those large enough, the worst of
    each share, whether they differ, and what follows."""

    part: str
    groups: int
    too_small: int
    measures: tuple[Measured, ...]
    worst: tuple[Measured, ...]
    tests: tuple[GroupTest, ...]
    conclusion: str


@dataclass(frozen=True, slots=True)
class OfReaders:
    """Clinicians' figures on the test studies, unaided or aided: of one, or the average over all.

    conclusion: of an average what follows; '' of one reader.
    """

    name: str
    studies: int
    measures: tuple[Measured, ...]
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class ShortcutTest:
    """Whether the device answers from something beside the finding: what was found and follows."""

    name: str
    measures: tuple[Measured, ...]
    conclusion: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the data: its measures, and the gap of the main one to the part before."""

    name: str
    studies: int
    reason: str
    measures: tuple[Measured, ...]
    gap: Measured | None
    flagged: bool


@dataclass(frozen=True, slots=True)
class SmoothCurves:
    """Points of the precision-recall curve and of the smooth calibration curve."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]
    score: tuple[float, ...]
    share: tuple[float, ...]
    average_precision: Estimate
    calibration_index: Estimate | None
    """None where the score is no probability."""


@dataclass(frozen=True, slots=True)
class BeyondFacts:
    """All that a validation found beyond the locked tests, with its record."""

    record: str
    conditions: tuple[Measured, ...]
    """Degraded images, an earlier version; in older records gaps between parts of the data."""
    parts: tuple[Part, ...] = ()
    failures: tuple[WorstFailure, ...] = ()
    not_asked: tuple[tuple[str, str], ...] = ()
    """Parts of a validation that were not made, each with the reason."""
    studies: int = 0
    """Studies of the internal test that the tables below rest on, one a patient."""
    unavailable: str = ""
    """Why there are no such tables, where there are none."""
    cuts: tuple[Cut, ...] = ()
    rules: tuple[PairAt, ...] = ()
    prevalences: tuple[PairAt, ...] = ()
    groups: tuple[GroupTest, ...] = ()
    further: tuple[Measured, ...] = ()
    own: tuple[Measured, ...] = ()
    """What the task alone tells: calibration of each class, agreement of areas."""
    curves: SmoothCurves | None = None
    meetings: tuple[Meeting, ...] = ()
    readers: tuple[OfReaders, ...] = ()
    shortcuts: tuple[ShortcutTest, ...] = ()
    stability: tuple[Measured, ...] = ()
    """Of a model of radiomic features: how each holds when the outline is drawn otherwise."""
