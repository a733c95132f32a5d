"""How well the score separates diseased from healthy studies, wherever it is cut."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.clusters import weighted_by
from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers, truth_and_score
from measures.proportions import clopper_pearson_limits, normal_quantile

__all__ = [
    "Placements",
    "RocPoints",
    "area_limits",
    "auc",
    "placements",
    "roc_points",
]


@dataclass(frozen=True, slots=True)
class RocPoints:
    """The ROC curve, from 'nothing flagged' to 'everything flagged'.

    threshold: descending, shape (points,); a study is flagged when score >= threshold; the first
    is infinity. sensitivity, specificity: shape (points,), shares of the diseased and the healthy.
    """

    threshold: Numbers
    sensitivity: Numbers
    specificity: Numbers


@dataclass(frozen=True, slots=True)
class Placements:
    """Where each diseased study stands among the healthy ones, and the reverse (DeLong 1988).

    diseased: shape (diseased studies,), share of healthy studies scored lower, ties half.
    healthy: shape (healthy studies,), share of diseased studies scored higher, ties half.
    """

    diseased: Numbers
    healthy: Numbers

    @property
    def area(self) -> float:
        """The area under the curve; NaN-free because both classes are present.

        >>> placements([1, 0, 0], [0.5, 0.5, 0.1]).area
        0.75
        """
        return float(self.diseased.mean())

    @property
    def variance(self) -> float:
        """DeLong variance of the area, sample variances with n - 1; needs two of each class.

        >>> round(placements([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1]).variance, 4)
        0.125
        """
        return float(
            self.diseased.var(ddof=1) / self.diseased.size
            + self.healthy.var(ddof=1) / self.healthy.size
        )


def placements(truth: ArrayLike, score: ArrayLike) -> Placements:
    """Placement values of every study, in O(n log n) by sorting (Sun and Xu 2014).

    truth: 0/1, score: finite, both of shape (studies,). Raises ValueError when malformed or when
    only one class is present.

    >>> placements([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1]).diseased.tolist()
    [1.0, 0.5]
    """
    diseased, marks = truth_and_score(truth, score)
    _refuse_one_class(diseased)
    high, low = marks[diseased], marks[~diseased]
    return Placements(_share_below(high, np.sort(low)), 1.0 - _share_below(low, np.sort(high)))


def _weighted_auc(truth: Numbers, score: Numbers, weights: Numbers) -> Numbers:
    order = np.argsort(score, kind="stable")
    ranked, sick = score[order], truth[order] == 1.0
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    diseased = np.add.reduceat(weights[:, order] * sick, starts, axis=1)
    healthy = np.add.reduceat(weights[:, order] * ~sick, starts, axis=1)
    below = np.cumsum(healthy, axis=1) - healthy / 2.0
    pairs = diseased.sum(axis=1) * healthy.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        area: Numbers = (diseased * below).sum(axis=1) / pairs
    return area


@weighted_by(_weighted_auc)
def auc(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Chance that a diseased study is scored above a healthy one, with DeLong's interval.

    Ties count half. The interval is formed on the logit scale and brought back, so it stays within
    0 and 1 and is not symmetric (Pepe 2003, 5.2). Where DeLong's variance is zero (perfect
    separation, or all scores equal) the interval is the exact binomial one on as many independent
    pairs as the smaller class allows, which is honest and wide; the method says so.

    truth: 0/1, score: any finite scale, higher means more suspicious; both of shape (studies,).
    n is the number of studies. Not estimable with fewer than two of either class. With a handful
    of cases in a class DeLong's interval is too short: a plan's minimum n must see to that.
    Raises ValueError for unequal lengths, a truth other than 0/1, or a missing score.

    >>> print(auc([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.3, 0.4, 0.2, 0.1]))
    auc 0.889 (95 % interval 0.261 to 0.995, n = 6)
    >>> auc([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1]).method
    'exact binomial on 2 independent pairs (DeLong variance is zero)'
    """
    diseased, marks = truth_and_score(truth, score)
    sick, n = int(diseased.sum()), diseased.size
    if min(sick, n - sick) < 2:
        reason = f"needs two of each: {sick} diseased and {n - sick} healthy studies"
        return Estimate.not_estimable("auc", reason, n=n)
    found = _placements_in_order(np.sort(marks[diseased]), np.sort(marks[~diseased]))
    low, high, method = area_limits(
        found.area, found.variance, named="DeLong", pairs=min(sick, n - sick), level=level
    )
    return Estimate("auc", n, found.area, low, high, level, method)


def area_limits(
    area: float, variance: float, *, named: str, pairs: int, level: float = 0.95
) -> tuple[float, float, str]:
    """Limits and method of an area under the curve, from the area's variance of that name: on the
    logit scale, or exact binomial on so many independent pairs where the variance says nothing.

    Raises ValueError for an area outside 0 to 1, a negative variance, NaN or infinity.

    >>> area_limits(1.0, 0.0, named="DeLong", pairs=2)[2]
    'exact binomial on 2 independent pairs (DeLong variance is zero)'
    """
    if not (0.0 <= area <= 1.0 and 0.0 <= variance < math.inf):
        raise ValueError(f"area, variance: {area!r} with variance {variance!r} is impossible")
    if variance <= 1e-15 or not 0.0 < area < 1.0:
        low, high = clopper_pearson_limits(area * pairs, pairs, level=level)
        method = f"exact binomial on {pairs} independent pairs ({named} variance is zero)"
        return float(low), float(high), method
    middle = math.log(area / (1.0 - area))
    half = normal_quantile(level) * math.sqrt(variance) / (area * (1.0 - area))
    return _expit(middle - half), _expit(middle + half), f"{named}, logit"


def roc_points(truth: ArrayLike, score: ArrayLike) -> RocPoints:
    """Every operating point the score allows, for drawing the ROC curve.

    truth: 0/1, score: finite, both of shape (studies,). Raises ValueError when malformed or when
    only one class is present (there is no curve then).

    >>> points = roc_points([1, 1, 0, 0], [0.9, 0.4, 0.4, 0.1])
    >>> points.threshold.tolist(), points.sensitivity.tolist(), points.specificity.tolist()
    ([inf, 0.9, 0.4, 0.1], [0.0, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.0])
    """
    diseased, marks = truth_and_score(truth, score)
    _refuse_one_class(diseased)
    order = np.argsort(-marks, kind="stable")
    ranked, sick = marks[order], diseased[order]
    last = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    hits = np.cumsum(sick)[last] / sick.sum()
    alarms = np.cumsum(~sick)[last] / (~sick).sum()
    return RocPoints(
        threshold=np.r_[math.inf, ranked[last]],
        sensitivity=np.r_[0.0, hits],
        specificity=np.r_[1.0, 1.0 - alarms],
    )


def _refuse_one_class(diseased: Decisions) -> None:
    if diseased.all() or not diseased.any():
        raise ValueError("truth: both diseased and healthy studies are needed")


def _placements_in_order(high: Numbers, low: Numbers) -> Placements:
    """Both columns sorted: looking up sorted scores is far faster, and sums do not mind the order.

    One look-up serves both sides: a diseased score lies above the healthy score at position j
    exactly when at least j + 1 healthy scores lie below it.
    """
    below = np.searchsorted(low, high, "left")
    reached = below.copy()
    tied = np.append(low, np.nan)[below] == high
    if tied.any():
        reached[tied] = np.searchsorted(low, high[tied], "right")
    counted = [np.bincount(at, minlength=low.size + 1)[: low.size] for at in (below, reached)]
    not_above = np.cumsum(counted[0] + counted[1])
    return Placements((below + reached) / (2.0 * low.size), 1.0 - not_above / (2.0 * high.size))


def _share_below(values: Numbers, ranked: Numbers) -> Numbers:
    twice = np.searchsorted(ranked, values, "left") + np.searchsorted(ranked, values, "right")
    share: Numbers = twice / (2.0 * ranked.size)
    return share


def _expit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))
