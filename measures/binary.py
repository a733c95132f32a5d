"""How often the device's yes or no is right, beside the truth: the two-by-two table and its shares.

Also the doorstep to the rest of the binary family: intervals (:mod:`measures.proportions`), the
score before it is cut (:mod:`measures.roc`), and several studies of a patient
(:mod:`measures.bootstrap`). The truth must come from a reference standard; beside anything less
use :mod:`measures.agreement` (FDA, Statistical Guidance on Reporting Results from Studies
Evaluating Diagnostic Tests, 2007).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.clusters import WeightedForm, weighted_by
from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, refuse_unequal
from measures.operating_points import threshold_at_sensitivity, threshold_youden
from measures.proportions import (
    ProportionInterval,
    clopper_pearson,
    wilson,
    wilson_limits,
)
from measures.roc import RocPoints, auc, roc_points

__all__ = [
    "RocPoints",
    "TwoByTwo",
    "accuracy",
    "auc",
    "clopper_pearson",
    "f1",
    "npv",
    "ppv",
    "roc_points",
    "sensitivity",
    "specificity",
    "threshold_at_sensitivity",
    "threshold_youden",
    "two_by_two",
    "weighted_table",
    "wilson",
]

_Table = tuple[Numbers, Numbers, Numbers, Numbers]


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """Studies by what was true and what the device said."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def n(self) -> int:
        """All studies in the table.

        >>> TwoByTwo(44, 1, 7, 168).n
        220
        """
        return sum(self.counts)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """True positives, false positives, false negatives, true negatives.

        >>> TwoByTwo(44, 1, 7, 168).counts
        (44, 1, 7, 168)
        """
        return dataclasses.astuple(self)


def two_by_two(truth: ArrayLike, decision: ArrayLike) -> TwoByTwo:
    """Count studies by truth and decision.

    truth, decision: 0/1 of shape (studies,). Raises ValueError for unequal lengths or other values.

    >>> two_by_two([1, 1, 0, 0], [1, 0, 1, 0])
    TwoByTwo(true_positive=1, false_positive=1, false_negative=1, true_negative=1)
    """
    diseased, flagged = binary_column("truth", truth), binary_column("decision", decision)
    refuse_unequal(truth=diseased, decision=flagged)
    hit = int(np.count_nonzero(diseased & flagged))
    sick, alarms = int(np.count_nonzero(diseased)), int(np.count_nonzero(flagged))
    return TwoByTwo(hit, alarms - hit, sick - hit, diseased.size - sick - alarms + hit)


def weighted_table(share: Callable[[_Table], tuple[Numbers, Numbers]]) -> WeightedForm:
    """The weighted form of a measure of the 2 x 2 table: a numerator and a denominator of it.

    share: of true positives, false positives, false negatives and true negatives, by weight.

    >>> form = weighted_table(lambda t: (t[0], t[0] + t[2]))
    >>> form(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0]), np.array([[2.0, 1.0, 1.0]]))
    array([0.66666667])
    """

    def form(truth: Numbers, decision: Numbers, weights: Numbers) -> Numbers:
        flagged, spared = truth * decision, (1.0 - truth) * (1.0 - decision)
        cells = np.stack([flagged, decision - flagged, truth - flagged, spared], axis=1)
        hit, alarm, miss, quiet = (weights @ cells).T
        top, bottom = share((hit, alarm, miss, quiet))
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Numbers = top / bottom
        return found

    return form


@weighted_by(weighted_table(lambda t: (t[0], t[0] + t[2])))
def sensitivity(
    truth: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of diseased studies that the device flags, with a Wilson 95 % interval.

    truth, decision: 0/1 of shape (studies,); interval: :func:`wilson` or :func:`clopper_pearson`.
    n is the number of diseased studies; not estimable without one. Raises ValueError if malformed.

    >>> sensitivity([1, 1, 0], [1, 0, 0]).value
    0.5
    """
    table = two_by_two(truth, decision)
    sick = table.true_positive + table.false_negative
    if sick == 0:
        return Estimate.not_estimable("sensitivity", "no diseased study", n=0)
    return interval("sensitivity", table.true_positive, sick, level=level)


@weighted_by(weighted_table(lambda t: (t[3], t[1] + t[3])))
def specificity(
    truth: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of healthy studies that the device leaves alone, with a Wilson 95 % interval.

    As :func:`sensitivity`; n is the number of healthy studies.

    >>> specificity([1, 0, 0, 0, 0], [1, 0, 0, 0, 1]).value
    0.75
    """
    table = two_by_two(truth, decision)
    healthy = table.true_negative + table.false_positive
    if healthy == 0:
        return Estimate.not_estimable("specificity", "no healthy study", n=0)
    return interval("specificity", table.true_negative, healthy, level=level)


@weighted_by(weighted_table(lambda t: (t[0], t[0] + t[1])))
def ppv(
    truth: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of flagged studies that are diseased, at the prevalence of these studies.

    As :func:`sensitivity`; n is the number of flagged studies.

    >>> ppv([1, 0, 0], [1, 1, 0]).value
    0.5
    """
    table = two_by_two(truth, decision)
    flagged = table.true_positive + table.false_positive
    if flagged == 0:
        return Estimate.not_estimable("ppv", "no study was flagged", n=0)
    return interval("ppv", table.true_positive, flagged, level=level)


@weighted_by(weighted_table(lambda t: (t[3], t[2] + t[3])))
def npv(
    truth: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of studies not flagged that are healthy, at the prevalence of these studies.

    As :func:`sensitivity`; n is the number of studies not flagged.

    >>> npv([1, 0, 0], [0, 1, 0]).value
    0.5
    """
    table = two_by_two(truth, decision)
    quiet = table.true_negative + table.false_negative
    if quiet == 0:
        return Estimate.not_estimable("npv", "every study was flagged", n=0)
    return interval("npv", table.true_negative, quiet, level=level)


@weighted_by(weighted_table(lambda t: (t[0] + t[3], t[0] + t[1] + t[2] + t[3])))
def accuracy(
    truth: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of studies that the device gets right, at the prevalence of these studies.

    As :func:`sensitivity`; n is the number of studies.

    >>> accuracy([1, 0, 0, 1], [1, 0, 1, 1]).value
    0.75
    """
    table = two_by_two(truth, decision)
    if table.n == 0:
        return Estimate.not_estimable("accuracy", "no study", n=0)
    return interval("accuracy", table.true_positive + table.true_negative, table.n, level=level)


@weighted_by(weighted_table(lambda t: (2.0 * t[0], 2.0 * t[0] + t[1] + t[2])))
def f1(truth: ArrayLike, decision: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Balance of missed disease and false alarms (harmonic mean of sensitivity and PPV).

    F1 = 2J / (1 + J), where J is the share of correctly flagged among studies that are diseased or
    flagged: an ordinary proportion. Its Wilson limits pass through the same rising formula, which
    to first order is the delta-method interval, but stays within 0 and 1 and never has zero width.

    truth, decision: 0/1 of shape (studies,). n is the number of studies diseased or flagged; not
    estimable without one. Raises ValueError if malformed.

    >>> print(f1([1, 1, 1, 0, 0], [1, 1, 0, 1, 0]))
    f1 0.667 (95 % interval 0.261 to 0.919, n = 4)
    """
    table = two_by_two(truth, decision)
    n = table.n - table.true_negative
    if n == 0:
        return Estimate.not_estimable("f1", "no study is diseased or flagged", n=0)
    low, high = (float(limit) for limit in wilson_limits(table.true_positive, n, level=level))
    shared = wilson("f1", table.true_positive, n, level=level)
    return dataclasses.replace(
        shared,
        value=2.0 * table.true_positive / (table.true_positive + n),
        low=2.0 * low / (1.0 + low),
        high=2.0 * high / (1.0 + high),
        method="Wilson on the Jaccard share, transformed",
        numerator=None,
        denominator=None,
    )
