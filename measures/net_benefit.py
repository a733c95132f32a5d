"""Whether acting on the score does more good than acting on all studies or none: decision curves.

A clinician who would act from a probability t on holds a false alarm to be t / (1 - t) times as bad
as a missed disease. Net benefit counts hits less false alarms at that rate, per study (Vickers and
Elkin, Med Decis Making 2006;26:565).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.inputs import (
    Decisions,
    Numbers,
    binary_column,
    number_column,
    probability_column,
    refuse_unequal,
)
from measures.proportions import normal_quantile, wilson_limits

__all__ = ["DecisionCurve", "curve_of_counts", "decision_curve", "net_benefit"]


@dataclass(frozen=True, slots=True)
class DecisionCurve:
    """Net benefit at each threshold probability, shape (thresholds,): acting on the score with its
    interval, acting on every study (with its interval), and on none, which is always 0.
    """

    threshold: Numbers
    value: Numbers
    low: Numbers
    high: Numbers
    treat_all: Numbers
    treat_all_low: Numbers
    treat_all_high: Numbers
    n: int
    level: float


def net_benefit(
    truth: ArrayLike, probability: ArrayLike, threshold: float, *, level: float = 0.95
) -> Estimate:
    """Hits less false alarms per study, where a false alarm weighs threshold / (1 - threshold).

    Flag when probability >= threshold. The two shares come from the same studies: their Wilson
    limits are combined as squared distances with their multinomial correlation (Zou and Donner,
    Stat Med 2008;27:1693), so that no false alarm does not mean certainty.

    truth: 0/1, probability: within 0 and 1 and calibrated, both of shape (studies,); threshold:
    above 0 and below 1. n is the number of studies, as sampled: net benefit holds at their
    prevalence. Not estimable without a study or without both classes. Raises ValueError if
    malformed.

    >>> print(net_benefit([1, 1, 0, 0, 0], [0.9, 0.4, 0.6, 0.1, 0.1], 0.5))
    net_benefit 0.000 (95 % interval -0.492 to 0.492, n = 5)
    """
    diseased, _, _ = _columns(truth, probability, [threshold])
    if diseased.all() or not diseased.any():
        reason = "both diseased and healthy studies are needed"
        return Estimate.not_estimable("net_benefit", reason, n=diseased.size)
    curve = decision_curve(truth, probability, [threshold], level=level)
    value, low, high = (float(column[0]) for column in (curve.value, curve.low, curve.high))
    method = f"Wilson limits, squared and added, at threshold {threshold:g}"
    return Estimate("net_benefit", curve.n, value, low, high, level, method)


def decision_curve(
    truth: ArrayLike, probability: ArrayLike, thresholds: ArrayLike, *, level: float = 0.95
) -> DecisionCurve:
    """Net benefit at many thresholds, beside acting on every study, for drawing the decision curve.

    As :func:`net_benefit`; thresholds: above 0 and below 1, any order, kept. Intervals hold one
    threshold at a time. Raises ValueError if malformed or where a class is missing.

    >>> curve = decision_curve([1, 1, 0, 0, 0], [0.9, 0.4, 0.6, 0.1, 0.1], [0.2, 0.5])
    >>> curve.value.round(3).tolist(), curve.treat_all.round(3).tolist()
    ([0.35, 0.0], [0.25, -0.2])
    """
    diseased, marks, cuts = _columns(truth, probability, thresholds)
    if diseased.all() or not diseased.any():
        raise ValueError("truth: both diseased and healthy studies are needed")
    n, sick = diseased.size, int(diseased.sum())
    hits = sick - np.searchsorted(np.sort(marks[diseased]), cuts, "left")
    alarms = n - sick - np.searchsorted(np.sort(marks[~diseased]), cuts, "left")
    return curve_of_counts(cuts, hits, alarms, (sick, n - sick), level=level)


def curve_of_counts(
    cuts: Numbers, hits: NDArray[np.int64], alarms: NDArray[np.int64], sizes: tuple[int, int], *,
    level: float = 0.95,
) -> DecisionCurve:
    """The same from counts: diseased and healthy studies at or above each cut, shape (cuts,).

    cuts: probabilities above 0 and below 1. sizes: diseased and healthy studies, neither 0.

    >>> curve_of_counts(np.array([0.5]), np.array([1]), np.array([1]), (2, 3)).value.tolist()
    [0.0]
    """
    sick, n = sizes[0], sum(sizes)
    weight = cuts / (1.0 - cuts)
    value, low, high = _limits(hits / n, alarms / n, weight, (n, level))
    everyone = sick / n - weight * (1.0 - sick / n)
    few, many = (float(limit) for limit in wilson_limits(sick, n, level=level))
    return DecisionCurve(
        cuts, value, low, high, everyone, few - weight * (1 - few), many - weight * (1 - many),
        n, level,
    )  # fmt: skip


def _columns(
    truth: ArrayLike, probability: ArrayLike, thresholds: ArrayLike
) -> tuple[Decisions, Numbers, Numbers]:
    diseased, marks = binary_column("truth", truth), probability_column("probability", probability)
    refuse_unequal(truth=diseased, probability=marks)
    cuts = number_column("thresholds", thresholds)
    if cuts.size == 0 or not np.all((cuts > 0.0) & (cuts < 1.0)):
        raise ValueError("thresholds: at least one is needed, each above 0 and below 1")
    return diseased, marks, cuts


def _limits(
    p: Numbers, q: Numbers, weight: Numbers, asked: tuple[int, float]
) -> tuple[Numbers, Numbers, Numbers]:
    """Of p - weight * q, two shares of the same n studies that exclude each other."""
    n, level = asked
    normal_quantile(level)
    (l1, u1), (l2, u2) = (wilson_limits(share * n, n, level=level) for share in (p, q))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = -np.sqrt(p * q / ((1.0 - p) * (1.0 - q)))
    correlation = np.where((p < 1.0) & (q < 1.0), correlation, 0.0)
    value = p - weight * q

    def apart(one: Numbers, other: Numbers) -> Numbers:
        square: Numbers = np.sqrt(
            np.maximum(one**2 + (weight * other) ** 2 - 2 * correlation * weight * one * other, 0.0)
        )
        return square

    return value, value - apart(p - l1, u2 - q), value + apart(u1 - p, q - l2)
