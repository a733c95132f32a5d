"""One number for both kinds of mistake: balanced accuracy and Matthews' correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.binary import two_by_two, weighted_table
from measures.clusters import weighted_by
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import normal_quantile, shares_of_groups

__all__ = ["balanced_accuracy", "balanced_accuracy_limits", "mcc", "mcc_limits"]

_Four = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]
_Limits = tuple[Numbers, Numbers, Numbers]  # value, low, high


def balanced_accuracy_limits(table: _Four, *, level: float = 0.95) -> _Limits:
    """Value and limits of balanced accuracy for many 2 x 2 tables at once.

    table: true positives, false positives, false negatives, true negatives, equal shapes. NaN
    where a class is missing. Raises ValueError for impossible counts.

    >>> [round(float(x), 3) for x in balanced_accuracy_limits((44, 1, 7, 168))]
    [0.928, 0.867, 0.963]
    """
    hit, alarm, miss, quiet = (np.asarray(count, dtype=np.float64) for count in table)
    (one, l1, u1), (other, l2, u2) = (
        shares_of_groups(right, n, level=level)
        for right, n in ((hit, hit + miss), (quiet, quiet + alarm))
    )
    value: Numbers = 0.5 * (one + other)
    low = value - 0.5 * np.hypot(one - l1, other - l2)
    high = value + 0.5 * np.hypot(u1 - one, u2 - other)
    return value, low, high


def mcc_limits(table: _Four, *, level: float = 0.95) -> _Limits:
    """Value and limits of Matthews' correlation for many 2 x 2 tables at once.

    table: as for :func:`balanced_accuracy_limits`. NaN where a row or a column is empty. Raises
    ValueError for a count that is below 0, missing or infinite.

    >>> [round(float(x), 3) for x in mcc_limits((44, 1, 7, 168))]
    [0.896, 0.802, 0.947]
    """
    z = normal_quantile(level)
    counts = np.stack([np.asarray(count, dtype=np.float64) for count in table])
    if not np.all(np.isfinite(counts) & (counts >= 0.0)):
        raise ValueError("table: a count is below 0, missing or infinite")
    value = _correlation(counts)[0]
    # An empty cell understates the variance; half a study in each keeps the interval open.
    counts = counts + 0.5 * np.any(counts == 0.0, axis=0)
    centre, variance = _correlation(counts)
    middle, half = np.arctanh(centre), z * np.sqrt(variance) / (1.0 - centre**2)
    low, high = np.tanh(middle - half), np.tanh(middle + half)
    return value, np.minimum(low, value), np.maximum(high, value)


@weighted_by(
    weighted_table(
        lambda t: (
            t[0] * (t[1] + t[3]) + t[3] * (t[0] + t[2]),
            2.0 * (t[0] + t[2]) * (t[1] + t[3]),
        )
    )
)
def balanced_accuracy(truth: ArrayLike, decision: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean of sensitivity and specificity: accuracy where both classes were equally common.

    Wilson limits of the two, which rest on different studies, combined as squared distances
    (Zou and Donner, Stat Med 2008;27:1693); never of zero width.

    truth, decision: 0/1 of shape (studies,). n is the number of studies; not estimable without
    both classes. Raises ValueError if malformed.

    >>> print(balanced_accuracy([1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1]))
    balanced_accuracy 0.625 (95 % interval 0.322 to 0.852, n = 6)
    """
    found = two_by_two(truth, decision)
    sick = found.true_positive + found.false_negative
    if sick in (0, found.n):
        reason = "both diseased and healthy studies are needed"
        return Estimate.not_estimable("balanced_accuracy", reason, n=found.n)
    limits = balanced_accuracy_limits(found.counts, level=level)
    value, low, high = (float(part) for part in limits)
    method = "Wilson limits of both classes, squared and added"
    return Estimate("balanced_accuracy", found.n, value, low, high, level, method)


@weighted_by(
    weighted_table(
        lambda t: (
            t[0] * t[3] - t[1] * t[2],
            np.sqrt((t[0] + t[1]) * (t[0] + t[2]) * (t[3] + t[1]) * (t[3] + t[2])),
        )
    )
)
def mcc(truth: ArrayLike, decision: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Correlation of decision and truth (Matthews 1975): 1 perfect, 0 no better than chance.

    Delta-method variance under multinomial sampling (Bishop, Fienberg and Holland 1975, 11.3),
    limits by Fisher's z (Itaya et al., Stat Med 2025;44:e10303). Where a cell is empty, half a
    study is added to each for the limits. It depends on prevalence.

    truth, decision: 0/1 of shape (studies,). n is the number of studies. Not estimable where all
    studies are of one class or all decisions the same. Raises ValueError if malformed.

    >>> print(mcc([1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0, 0, 1]))
    mcc 0.500 (95 % interval -0.246 to 0.874, n = 8)
    """
    found = two_by_two(truth, decision)
    sick = found.true_positive + found.false_negative
    flagged = found.true_positive + found.false_positive
    if sick in (0, found.n) or flagged in (0, found.n):
        reason = "all studies are of one class" if sick in (0, found.n) else "all decisions agree"
        return Estimate.not_estimable("mcc", reason, n=found.n)
    value, low, high = (float(part) for part in mcc_limits(found.counts, level=level))
    return Estimate("mcc", found.n, value, low, high, level, "delta method, Fisher z")


def _correlation(counts: Numbers) -> tuple[Numbers, Numbers]:
    hit, alarm, miss, quiet = counts
    n = counts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        sick, flagged = (hit + miss) / n, (hit + alarm) / n
        rows, columns = sick * (1.0 - sick), flagged * (1.0 - flagged)
        phi = (hit * quiet - alarm * miss) / (n * n * np.sqrt(rows * columns))
        phi = np.where(rows * columns > 0.0, np.clip(phi, -1.0, 1.0), np.nan)
        one, other = 2.0 * sick - 1.0, 2.0 * flagged - 1.0
        variance = 1.0 - phi**2 + phi * (1.0 + phi**2 / 2.0) * one * other / np.sqrt(rows * columns)
        variance -= 0.75 * phi**2 * (one**2 / rows + other**2 / columns)
    return phi, np.maximum(variance, 0.0) / n
