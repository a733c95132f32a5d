"""Where to cut the score: rules that choose a threshold, and what the device does at a fixed rate.

Flag when score >= threshold. A chosen cut lies half-way to the next lower score seen, so that a
rounding difference in another machine's scores does not move a study across it. A cut chosen on
these studies looks better on them than on the next ones: choose on one set, measure on another.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers, truth_and_score
from measures.proportions import wilson_limits
from measures.roc import roc_points

__all__ = [
    "just_below",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
    "threshold_at_cost",
    "threshold_at_sensitivity",
    "threshold_at_specificity",
    "threshold_youden",
]


def threshold_at_sensitivity(truth: ArrayLike, score: ArrayLike, target: float) -> float:
    """The highest cut that still flags at least the target share of diseased studies.

    truth: 0/1, score: finite, both of shape (studies,); target: above 0, at most 1.
    Raises ValueError when malformed, when no study is diseased, or for a target out of range.

    >>> threshold_at_sensitivity([1, 1, 0, 0], [0.75, 0.5, 0.625, 0.25], 0.5)
    0.6875
    """
    if not 0.0 < target <= 1.0:
        raise ValueError(f"target must be above 0 and at most 1, not {target!r}")
    diseased, marks = truth_and_score(truth, score)
    sick = np.sort(marks[diseased])[::-1]
    if sick.size == 0:
        raise ValueError("truth: no diseased study, so no threshold reaches a sensitivity")
    needed = math.ceil(target * sick.size - 1e-9)
    return just_below(float(sick[needed - 1]), marks)


def threshold_at_specificity(truth: ArrayLike, score: ArrayLike, target: float) -> float:
    """The lowest cut that still leaves at least the target share of healthy studies alone.

    Where only 'nothing flagged' does (a healthy study has the highest score), the cut is infinite.

    truth: 0/1, score: finite, both of shape (studies,); target: above 0, at most 1.
    Raises ValueError when malformed, when no study is healthy, or for a target out of range.

    >>> threshold_at_specificity([1, 1, 0, 0], [0.75, 0.5, 0.625, 0.25], 0.5)
    0.375
    """
    if not 0.0 < target <= 1.0:
        raise ValueError(f"target must be above 0 and at most 1, not {target!r}")
    diseased, marks = truth_and_score(truth, score)
    healthy = np.sort(marks[~diseased])
    if healthy.size == 0:
        raise ValueError("truth: no healthy study, so no threshold reaches a specificity")
    needed = math.ceil(target * healthy.size - 1e-9)
    above = marks[marks > healthy[needed - 1]]
    return just_below(float(above.min()), marks) if above.size else math.inf


def threshold_youden(truth: ArrayLike, score: ArrayLike) -> float:
    """The cut with the largest sensitivity + specificity - 1 (Youden 1950); among equals the one
    with the highest sensitivity.

    Raises ValueError when malformed or one class is missing.

    >>> threshold_youden([1, 1, 0, 0], [0.75, 0.5, 0.625, 0.25])
    0.375
    """
    _, marks = truth_and_score(truth, score)
    points = roc_points(truth, score)
    gain = (points.sensitivity + points.specificity)[1:]
    best = np.flatnonzero(gain >= gain.max() - 1e-12)[-1]
    return just_below(float(points.threshold[1:][best]), marks)


def threshold_at_cost(
    truth: ArrayLike, score: ArrayLike, *, missed: float, false_alarm: float, prevalence: float
) -> float:
    """The cut with the least expected cost of missed disease and false alarms at a prevalence
    (Metz, Semin Nucl Med 1978;8:283); among equals the one with the highest sensitivity.

    May be infinite: flag nothing. missed, false_alarm: cost of one, above 0, in any one unit;
    prevalence: where the device is used, between 0 and 1. Raises ValueError when malformed, one
    class is missing, or a number is out of range.

    >>> threshold_at_cost([1, 1, 0, 0], [0.75, 0.5, 0.625, 0.25],
    ...                   missed=1, false_alarm=5, prevalence=0.5)
    0.6875
    """
    if not (0.0 < missed < math.inf and 0.0 < false_alarm < math.inf):
        raise ValueError("missed, false_alarm: costs must be above 0 and finite")
    if not 0.0 < prevalence < 1.0:
        raise ValueError(f"prevalence must lie between 0 and 1, not {prevalence!r}")
    _, marks = truth_and_score(truth, score)
    points = roc_points(truth, score)
    cost = prevalence * missed * (1.0 - points.sensitivity)
    cost = cost + (1.0 - prevalence) * false_alarm * (1.0 - points.specificity)
    best = np.flatnonzero(cost <= cost.min() + 1e-12 * cost.max())[-1]
    return just_below(float(points.threshold[best]), marks) if best else math.inf


def sensitivity_at_specificity(
    truth: ArrayLike, score: ArrayLike, specificity: float, *, level: float = 0.95
) -> Estimate:
    """Share of diseased studies flagged where the score is cut for this specificity, with an
    interval that knows that the cut itself was estimated.

    Read off the ROC curve, straight between its points, the highest where the curve rises at that
    specificity: what pROC's `coords` and `ci.se` read. Between two points no single cut does this
    (a lot would have to be drawn between two, Fawcett 2006); what a cut of these scores does is
    told by :func:`threshold_at_specificity`. Two sources of chance are combined as
    squared distances (MOVER; Zou and Donner, Stat Med 2008;27:1693): the diseased, by Wilson's
    limits at the cut; and the healthy that place the cut, by the order statistics between which the
    true cut lies. Where all healthy studies may lie below it (fewer than 72 at a specificity of
    0.95), nothing bounds the share from below but 0. Covers more than nominal in small samples.

    truth: 0/1, score: finite, both of shape (studies,); specificity: above 0 and below 1. n is the
    number of studies. Not estimable without both classes. Raises ValueError if malformed.

    >>> print(sensitivity_at_specificity([1, 1, 1, 1, 0, 0, 0, 0], [9, 8, 6, 3, 7, 4, 2, 1], 0.75))
    sensitivity_at_specificity 0.750 (95 % interval 0.000 to 1.000, n = 8)
    """
    _refuse_rate("specificity", specificity)
    diseased, marks = truth_and_score(truth, score)
    return _at_fixed("sensitivity_at_specificity", (diseased, marks), specificity, level)


def specificity_at_sensitivity(
    truth: ArrayLike, score: ArrayLike, sensitivity: float, *, level: float = 0.95
) -> Estimate:
    """Share of healthy studies left alone where the score is cut for this sensitivity, with an
    interval that knows that the cut itself was estimated; as :func:`sensitivity_at_specificity`.

    >>> print(specificity_at_sensitivity([1, 1, 1, 1, 0, 0, 0, 0], [9, 8, 6, 3, 7, 4, 2, 1], 0.75))
    specificity_at_sensitivity 0.750 (95 % interval 0.000 to 1.000, n = 8)
    """
    _refuse_rate("sensitivity", sensitivity)
    diseased, marks = truth_and_score(truth, score)
    # Seen from the other side: the healthy are to be found, by the score turned round.
    return _at_fixed("specificity_at_sensitivity", (~diseased, -marks), sensitivity, level)


def _at_fixed(
    name: str, columns: tuple[Decisions, Numbers], fixed: float, level: float
) -> Estimate:
    wanted, marks = columns
    hits, n = int(wanted.sum()), wanted.size
    if hits in (0, n):
        return Estimate.not_estimable(name, "both diseased and healthy studies are needed", n=n)
    points = roc_points(wanted, marks)
    false_alarms = 1.0 - points.specificity
    at = np.abs(false_alarms - (1.0 - fixed)) < 1e-12  # equal, whatever the last bit says
    value = float(np.interp(1.0 - fixed, false_alarms, points.sensitivity))
    value = float(points.sensitivity[at].max()) if at.any() else value
    below, above = _at_the_true_cut(np.sort(marks[wanted]), np.sort(marks[~wanted]), fixed, level)
    low, high = (float(limit) for limit in wilson_limits(value * hits, hits, level=level))
    low = max(0.0, value - math.hypot(value - low, max(value - below, 0.0)))
    high = min(1.0, value + math.hypot(high - value, max(above - value, 0.0)))
    method = f"Wilson and order statistics, squared and added; read at {fixed:g}"
    return Estimate(name, n, value, low, high, level, method)


def _at_the_true_cut(
    wanted: Numbers, others: Numbers, fixed: float, level: float
) -> tuple[float, float]:
    """Share of the wanted that score above the cut, at both ends of where the true cut may lie.

    The number of `others` above the true cut is binomial. If it may be none, the cut may lie
    beyond all of them, and nothing bounds the share from below.
    """
    from scipy.special import bdtrik

    tail, n = (1.0 - level) / 2.0, others.size
    reached = (float(bdtrik(chance, n, 1.0 - fixed)) for chance in (tail, 1.0 - tail))
    fewest, most = (min(max(math.ceil(count - 1e-9), 0), n) for count in reached)
    below = 0
    if fewest > 0:
        below = wanted.size - int(np.searchsorted(wanted, others[n - fewest], "left"))
    above = wanted.size
    if most < n:
        above -= int(np.searchsorted(wanted, others[n - most - 1], "right"))
    return below / wanted.size, above / wanted.size


def _refuse_rate(name: str, rate: float) -> None:
    if not 0.0 < rate < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, not {rate!r}")


def just_below(cut: float, marks: Numbers) -> float:
    """Halfway from a score to the next lower one: the same studies are flagged, and none of them
    lies on the cut, where rounding would decide.

    >>> just_below(0.75, np.array([0.25, 0.5, 0.75]))
    0.625
    """
    lower = marks[marks < cut]
    if lower.size == 0:
        return cut
    next_lower = float(lower.max())
    middle = next_lower + (cut - next_lower) / 2.0
    return middle if next_lower < middle <= cut else cut
