"""How clean the flags are as the cut is lowered: the precision-recall curve and its summary."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.clusters import weighted_by
from measures.estimate import Estimate
from measures.inputs import Numbers, truth_and_score
from measures.proportions import normal_quantile, wilson_limits
from measures.roc import roc_points

__all__ = ["PrecisionRecallPoints", "average_precision", "precision_recall_points"]


@dataclass(frozen=True, slots=True)
class PrecisionRecallPoints:
    """The precision-recall curve, from the highest score down.

    threshold: descending, shape (points,); a study is flagged when score >= threshold. precision
    (PPV), recall (sensitivity): shape (points,).
    """

    threshold: Numbers
    precision: Numbers
    recall: Numbers


def precision_recall_points(truth: ArrayLike, score: ArrayLike) -> PrecisionRecallPoints:
    """PPV and sensitivity at every distinct score, for drawing the precision-recall curve.

    truth: 0/1, score: finite, both of shape (studies,). Raises ValueError when malformed or when
    only one class is present.

    >>> points = precision_recall_points([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1])
    >>> points.precision.round(3).tolist(), points.recall.tolist()
    ([1.0, 0.5, 0.667, 0.5], [0.5, 0.5, 1.0, 1.0])
    """
    diseased, marks = truth_and_score(truth, score)
    points = roc_points(diseased, marks)
    sick = diseased.sum()
    hits = points.sensitivity[1:] * sick
    alarms = (1.0 - points.specificity[1:]) * (diseased.size - sick)
    return PrecisionRecallPoints(
        points.threshold[1:], hits / (hits + alarms), points.sensitivity[1:]
    )


def _weighted_average_precision(truth: Numbers, score: Numbers, weights: Numbers) -> Numbers:
    order = np.argsort(-score, kind="stable")
    ranked, sick = score[order], truth[order]
    last = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    by_score = weights[:, order]
    flagged = np.cumsum(by_score, axis=1)[:, last]
    hits = np.cumsum(by_score * sick, axis=1)[:, last]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(flagged > 0.0, hits / flagged, 0.0)
        found: Numbers = (np.diff(hits, axis=1, prepend=0.0) * precision).sum(axis=1) / hits[:, -1]
    return found


@weighted_by(_weighted_average_precision)
def average_precision(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """PPV averaged over the diseased studies, each cut at its own score: how clean the flags stay.

    Sum of the gain in recall times the precision at each distinct score, without interpolation (as
    scikit-learn). A useless score gives the prevalence, not 0.5, so it holds at this prevalence
    only. Limits on the logit scale (Boyd, Eng and Page, ECML PKDD 2013), with the variance of the
    study-by-study influence of diseased and healthy studies on the curve, O(n log n), and
    Student's t at (diseased - 1); where the variance is zero (perfect separation), Wilson's on the
    diseased studies.

    truth: 0/1, score: finite, both of shape (studies,). n is the number of studies. Not estimable
    with fewer than two of either class. Raises ValueError if malformed.

    >>> print(average_precision([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.3, 0.4, 0.2, 0.1]))
    average_precision 0.917 (95 % interval 0.024 to 1.000, n = 6)
    """
    from scipy.special import stdtrit

    diseased, marks = truth_and_score(truth, score)
    sick, n = int(diseased.sum()), diseased.size
    if min(sick, n - sick) < 2:
        reason = f"needs two of each: {sick} diseased and {n - sick} healthy studies"
        return Estimate.not_estimable("average_precision", reason, n=n)
    value, variance = _with_variance(diseased.astype(np.float64), marks)
    if variance <= 1e-15 or not 0.0 < value < 1.0:
        low, high = (float(x) for x in wilson_limits(value * sick, sick, level=level))
        method = f"Wilson on {sick} diseased studies (influence variance is zero)"
        return Estimate("average_precision", n, value, low, high, level, method)
    middle = math.log(value / (1.0 - value))
    normal_quantile(level)
    half = -float(stdtrit(sick - 1, (1.0 - level) / 2.0)) * math.sqrt(variance)
    half /= value * (1.0 - value)
    low, high = (0.5 * (1.0 + math.tanh(0.5 * (middle + side * half))) for side in (-1, 1))
    return Estimate("average_precision", n, value, low, high, level, "influence, logit, t")


def _with_variance(sick: Numbers, marks: Numbers) -> tuple[float, float]:
    """Average precision and the variance of its influence function.

    With A and B the shares of all studies that are diseased, or healthy, and score at least s, the
    value is the mean over the diseased of A / (A + B) at their score.
    """
    n, prevalence = sick.size, float(sick.mean())
    order = np.argsort(-marks, kind="stable")
    ranked, ill = marks[order], sick[order]
    last = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    group = np.repeat(np.arange(last.size), np.diff(last, prepend=-1))
    a, b = np.cumsum(ill)[last] / n, np.cumsum(1.0 - ill)[last] / n
    mass = np.diff(a, prepend=0.0) / prevalence
    precision = a / (a + b)
    value = float(mass @ precision)
    # How a study moves the precision at every cut at or below its own score.
    of_ill, of_well = mass * b / (a + b) ** 2, -mass * a / (a + b) ** 2
    below = [np.cumsum(part[::-1])[::-1][group] for part in (of_ill, of_well)]
    moved = np.where(ill == 1.0, below[0], below[1]) - float(of_ill @ a + of_well @ b)
    influence = ill * (precision[group] - value) / prevalence + moved
    return value, float(influence @ influence) / (n - 1) / n
