"""What a flag means for a patient elsewhere: likelihood ratios, and predictive values at a stated
prevalence, from studies enriched with disease or not.

The two are one thing: the odds of disease before the device, times the likelihood ratio, are the
odds after it. Limits of a ratio are formed on its logarithm (Simel, Samsa and Matchar, J Clin
Epidemiol 1991;44:763); carried through the odds they are the logit limits of the predictive value
(Mercaldo, Lau and Zhou, Stat Med 2007;26:2170). Where a cell of the table is empty the logarithm
misses variance; there Wilson's limits of both shares are combined (MOVER; Donner and Zou, Stat
Methods Med Res 2012;21:347).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.binary import two_by_two
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import normal_quantile, shares_of_groups

__all__ = [
    "likelihood_ratio_negative",
    "likelihood_ratio_positive",
    "npv_at_prevalence",
    "ppv_at_prevalence",
    "ratio_limits",
]


def ratio_limits(
    first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike], *, level: float = 0.95
) -> tuple[Numbers, Numbers, Numbers]:
    """Value and limits of the ratio of two independent shares, for many pairs at once.

    first, second: (hits, n), equal shapes. Infinite where the second share is 0 (its lower limit
    still says something), NaN where both are, or where a group is empty.

    >>> [round(float(x), 3) for x in ratio_limits((44, 51), (1, 169))]
    [145.804, 20.595, 1032.236]
    >>> [round(float(x), 3) for x in ratio_limits((5, 10), (0, 20))]
    [inf, 2.638, inf]
    """
    z = normal_quantile(level)
    x, m = (np.asarray(column, dtype=np.float64) for column in first)
    y, n = (np.asarray(column, dtype=np.float64) for column in second)
    with np.errstate(divide="ignore", invalid="ignore"):
        (p, *one), (q, *other) = (
            shares_of_groups(hits, of, level=level) for hits, of in ((x, m), (y, n))
        )
        value = p / q
        half = z * np.sqrt(1.0 / x - 1.0 / m + 1.0 / y - 1.0 / n)
        low, high = value * np.exp(-half), value * np.exp(half)
        empty = (x == 0.0) | (y == 0.0) | (x == m) | (y == n)
        low = np.where(empty, _mover(p, q, one[0], other[1])[0], low)
        high = np.where(empty, _mover(p, q, one[1], other[0])[1], high)
    lost = (m == 0.0) | (n == 0.0) | ((x == 0.0) & (y == 0.0))
    low, high = np.where(lost, np.nan, low), np.where(lost | (y > 0.0), high, np.inf)
    return np.where(lost, np.nan, value), low, np.where(lost, np.nan, high)


def likelihood_ratio_positive(
    truth: ArrayLike, decision: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """How many times likelier a flag is in a diseased study than in a healthy one.

    Sensitivity / (1 - specificity). truth, decision: 0/1 of shape (studies,); n is the number of
    studies. Not estimable without both classes, or where no healthy study was flagged: the ratio
    has no upper limit then (:func:`ppv_at_prevalence` still has an interval). Raises ValueError
    if malformed.

    >>> print(likelihood_ratio_positive([1] * 10 + [0] * 10, [1] * 9 + [0] * 9 + [1, 1]))
    likelihood_ratio_positive 4.500 (95 % interval 1.281 to 15.812, n = 20)
    """
    return _ratio("likelihood_ratio_positive", truth, decision, (True, level))


def likelihood_ratio_negative(
    truth: ArrayLike, decision: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """How many times likelier silence is in a diseased study than in a healthy one.

    (1 - sensitivity) / specificity; as :func:`likelihood_ratio_positive`, and not estimable where
    every healthy study was flagged.

    >>> print(likelihood_ratio_negative([1] * 10 + [0] * 10, [1] * 9 + [0] * 9 + [1, 1]))
    likelihood_ratio_negative 0.125 (95 % interval 0.019 to 0.823, n = 20)
    """
    return _ratio("likelihood_ratio_negative", truth, decision, (False, level))


def ppv_at_prevalence(
    truth: ArrayLike, decision: ArrayLike, *, prevalence: float, level: float = 0.95
) -> Estimate:
    """Share of flagged studies that would be diseased where disease is as common as stated.

    truth, decision: 0/1 of shape (studies,), of any mix; prevalence: taken as known, above 0 and
    below 1. n is the number of studies. Not estimable without both classes or without a flagged
    study. Raises ValueError if malformed or for a prevalence out of range.

    >>> truth, decision = [1] * 10 + [0] * 10, [1] * 9 + [0] * 9 + [1, 1]
    >>> print(ppv_at_prevalence(truth, decision, prevalence=0.02))
    ppv_at_prevalence 0.084 (95 % interval 0.025 to 0.244, n = 20)
    """
    odds = _odds(prevalence)

    def carried(ratio: float) -> float:
        return 1.0 if ratio == np.inf else odds * ratio / (odds * ratio + 1.0)

    return _at("ppv_at_prevalence", (truth, decision), carried, (True, prevalence, level))


def npv_at_prevalence(
    truth: ArrayLike, decision: ArrayLike, *, prevalence: float, level: float = 0.95
) -> Estimate:
    """Share of studies not flagged that would be healthy where disease is as common as stated.

    As :func:`ppv_at_prevalence`; not estimable where every study was flagged.

    >>> truth, decision = [1] * 10 + [0] * 10, [1] * 9 + [0] * 9 + [1, 1]
    >>> print(npv_at_prevalence(truth, decision, prevalence=0.02))
    npv_at_prevalence 0.997 (95 % interval 0.983 to 1.000, n = 20)
    """
    odds = _odds(prevalence)

    def carried(ratio: float) -> float:
        return 0.0 if ratio == np.inf else 1.0 / (odds * ratio + 1.0)

    return _at("npv_at_prevalence", (truth, decision), carried, (False, prevalence, level))


def _mover(p: Numbers, q: Numbers, of_p: Numbers, of_q: Numbers) -> tuple[Numbers, Numbers]:
    """The lower and the upper root of (p / q) at one limit of each."""
    reach = of_p * (2.0 * p - of_p)
    root = np.sqrt(np.maximum((p * q) ** 2 - reach * of_q * (2.0 * q - of_q), 0.0))
    lower = np.where(reach == 0.0, 0.0, reach / (p * q + root))
    return lower, (p * q + root) / (of_q * (2.0 * q - of_q))


@dataclass(frozen=True, slots=True)
class _Found:
    n: int
    limits: tuple[float, float, float]
    log: bool  # by the logarithm; else by MOVER, for a cell is empty
    reason: str = ""


def _found(truth: ArrayLike, decision: ArrayLike, positive: bool, level: float) -> _Found:
    table = two_by_two(truth, decision)
    hit, alarm, miss, quiet = table.counts
    first, second = (hit, alarm) if positive else (miss, quiet)
    found = ratio_limits((first, hit + miss), (second, alarm + quiet), level=level)
    reason = ""
    if hit + miss in (0, table.n):
        reason = "both diseased and healthy studies are needed"
    elif first + second == 0:
        reason = "no study was flagged" if positive else "every study was flagged"
    value, low, high = (float(part) for part in found)
    return _Found(table.n, (value, low, high), min(table.counts) > 0, reason)


def _ratio(name: str, truth: ArrayLike, decision: ArrayLike, asked: tuple[bool, float]) -> Estimate:
    positive, level = asked
    found = _found(truth, decision, positive, level)
    reason = found.reason
    if not reason and not np.isfinite(found.limits[0]):
        none = "no healthy study was flagged" if positive else "every healthy study was flagged"
        reason = f"{none}, so the ratio has no upper limit (it is above {found.limits[1]:.3g})"
    if reason:
        return Estimate.not_estimable(name, reason, n=found.n)
    method = "log" if found.log else "MOVER of Wilson limits"
    return Estimate(name, found.n, *found.limits, level, method)


def _at(
    name: str,
    columns: tuple[ArrayLike, ArrayLike],
    carried: Callable[[float], float],
    asked: tuple[bool, float, float],
) -> Estimate:
    positive, prevalence, level = asked
    found = _found(*columns, positive, level)
    if found.reason:
        return Estimate.not_estimable(name, found.reason, n=found.n)
    value, one, other = (carried(limit) for limit in found.limits)
    method = f"{'logit' if found.log else 'MOVER of Wilson limits'}, at prevalence {prevalence:g}"
    return Estimate(name, found.n, value, min(one, other), max(one, other), level, method)


def _odds(prevalence: float) -> float:
    if not 0.0 < prevalence < 1.0:
        raise ValueError(f"prevalence must lie between 0 and 1, not {prevalence!r}")
    return prevalence / (1.0 - prevalence)
