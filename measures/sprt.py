"""The sequential probability ratio test: which of two rates, with as few cases as possible?

Wald 1945. After each case the likelihood ratio is compared with two bounds. Wald's bounds are
simple and careful: because the ratio overshoots them, the errors actually made are smaller (or a
little off). The errors and sample sizes here are exact: summed over the lattice of counts for
yes/no cases, solved from the integral equation for normal ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers, binary_column
from measures.run_lengths import (
    chart_points,
    finite_number,
    gauss_legendre,
    mean_times,
    normal_density,
    positive_number,
)

__all__ = ["SprtCourse", "SprtPerformance", "bernoulli_sprt", "bernoulli_sprt_performance",
           "normal_sprt_performance", "wald_bounds"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SprtCourse:
    """The log likelihood ratio after each case, and where it ended.

    ratios: shape (cases,). decision: ``"alternative"``, ``"null"`` or ``""`` (go on). at: index of
    the deciding case.
    """

    ratios: Numbers
    decision: str
    at: int | None


@dataclass(frozen=True, slots=True)
class SprtPerformance:
    """alternative: chance of ending with the alternative; cases: expected number until the end."""

    alternative: float
    cases: float


def wald_bounds(*, alpha: float, beta: float) -> tuple[float, float]:
    """Wald's bounds of the log likelihood ratio: accept the null below, the alternative above.

    alpha: wanted chance of a wrong alternative; beta: of a wrong null. Lower
    ``log(beta / (1 - alpha))``, upper ``log((1 - beta) / alpha)``. Raises ValueError unless both
    are above 0 and their sum below 1.

    >>> [round(bound, 4) for bound in wald_bounds(alpha=0.05, beta=0.1)]
    [-2.2513, 2.8904]
    """
    if not (0.0 < alpha < 1.0 and 0.0 < beta < 1.0 and alpha + beta < 1.0):
        raise ValueError(f"alpha and beta: above 0, their sum below 1; got {alpha!r} and {beta!r}")
    return math.log(beta / (1.0 - alpha)), math.log((1.0 - beta) / alpha)


def bernoulli_sprt(
    outcomes: ArrayLike, *, null: float, alternative: float, alpha: float, beta: float
) -> SprtCourse:
    """Is an error rate the tolerable or the intolerable one? Decided as early as can be.

    outcomes: shape (cases,), 1 for an error; null, alternative: the two rates. Raises ValueError
    for rates that are equal or not between 0 and 1, an empty series, and entries other than 0, 1.

    >>> course = bernoulli_sprt([1, 1, 0, 1], null=0.05, alternative=0.15, alpha=0.05, beta=0.1)
    >>> course.decision, course.at
    ('alternative', 3)
    """
    wrong = binary_column("outcomes", outcomes)
    chart_points(wrong)
    hit, miss = _steps(null, alternative)
    ratios = np.cumsum(np.where(wrong, hit, miss))
    low, high = wald_bounds(alpha=alpha, beta=beta)
    ended = np.flatnonzero((ratios <= low) | (ratios >= high))
    if not ended.size:
        return SprtCourse(ratios, "", None)
    at = int(ended[0])
    return SprtCourse(ratios, "alternative" if ratios[at] >= high else "null", at)


def bernoulli_sprt_performance(
    true_rate: float, *, null: float, alternative: float, alpha: float, beta: float
) -> SprtPerformance:
    """The error that Wald's bounds really make on yes/no cases, and how many cases they take.

    Exact: the law of the count is stepped case by case until less than 1e-12 of it goes on.
    At ``true_rate = null`` `alternative` is the actual alpha; at the alternative, 1 - beta.

    >>> found = bernoulli_sprt_performance(0.05, null=0.05, alternative=0.15, alpha=0.05, beta=0.1)
    >>> round(found.alternative, 4), round(found.cases, 1)
    (0.0346, 41.8)
    """
    hit, miss = _steps(null, alternative)
    low, high = wald_bounds(alpha=alpha, beta=beta)
    if not 0.0 <= finite_number("true rate", true_rate) <= 1.0:
        raise ValueError(f"true rate: must lie between 0 and 1, got {true_rate!r}")
    law, first, n = np.array([1.0]), 0, 0
    accepted, cases, alive = 0.0, 0.0, 1.0
    while alive > 1e-12:
        n, cases = n + 1, cases + alive
        law = np.append(law * (1.0 - true_rate), 0.0) + np.append(0.0, law * true_rate)
        ratio = first * hit + (n - first) * miss
        while law.size and not low < ratio < high:  # the fewest errors have reached a bound
            accepted += float(law[0]) if ratio >= high else 0.0
            law, first, ratio = law[1:], first + 1, ratio + hit - miss
        ratio += (law.size - 1) * (hit - miss)
        while law.size and not low < ratio < high:  # the most errors have
            accepted += float(law[-1]) if ratio >= high else 0.0
            law, ratio = law[:-1], ratio - hit + miss
        alive = float(law.sum())
    return SprtPerformance(accepted, cases)


def normal_sprt_performance(
    true_shift: float, *, alternative: float, alpha: float, beta: float
) -> SprtPerformance:
    """The error that Wald's bounds really make on normal values with known SD, and how many.

    Null: mean 0; alternative: mean `alternative`, both in SD; true_shift: the true mean. Solved on
    64 Gauss-Legendre nodes between the bounds.

    >>> found = normal_sprt_performance(0.0, alternative=0.5, alpha=0.05, beta=0.1)
    >>> round(found.alternative, 4), round(found.cases, 1)
    (0.0384, 18.8)
    """
    from scipy.special import ndtr

    step = abs(finite_number("alternative", alternative))
    if step == 0.0:
        raise ValueError("alternative: must differ from the null, 0")
    low, high = wald_bounds(alpha=alpha, beta=beta)
    drift = math.copysign(finite_number("true shift", true_shift), true_shift * alternative)
    places, weights = gauss_legendre(max(64, math.ceil(4.0 * (high - low) / step)))
    half = (high - low) / 2.0
    states = np.append(low + half * (places + 1.0), 0.0)
    away = (states[None, :-1] - states[:, None]) / step + step / 2.0 - drift
    onward = weights * half / step * normal_density(away)
    over = ndtr((states - high) / step - step / 2.0 + drift)
    inside = onward[:-1]
    ends = np.linalg.solve(np.eye(places.size) - inside, over[:-1])
    return SprtPerformance(
        float(over[-1] + onward[-1] @ ends), float(1.0 + onward[-1] @ mean_times(inside))
    )


def _steps(null: float, alternative: float) -> tuple[float, float]:
    for name, rate in (("null", null), ("alternative", alternative)):
        if not 0.0 < positive_number(name, rate) < 1.0:
            raise ValueError(f"{name}: must lie between 0 and 1, got {rate!r}")
    if null == alternative:
        raise ValueError("alternative: must differ from the null")
    return math.log(alternative / null), math.log((1.0 - alternative) / (1.0 - null))
