"""A window of studies against a long reference, at any number of studies and any error, however
small: what a plan needs that shares one false alarm a year among hundreds of looks.

Limit laws are wrong far out in their tails, and arrangements at random would have to be drawn by
the ten thousand. Here the error holds by finite-sample bounds and exact sums: numbers by the
largest difference of cumulative shares, shares by the hypergeometric distribution. A reference is
kept as at most 1,000 of its own values with exact counts, so a window costs what it holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers
from measures.proportions import normal_quantile

__all__ = [
    "AreaFall", "KnotCells", "NumberKnots", "ShareLimits", "area_fall", "cell_counts",
    "cells_distance", "cells_of", "exact_share_limits", "far_limits", "findable_distance",
    "findable_share_change", "knots_distance", "knots_of", "least_odd", "share_limits_at",
    "window_distance_limit", "window_distance_p",
]  # fmt: skip

MOST_KNOTS = 1000
WEI_DUDLEY = 2.17
"""Factor of the bound of Massart's kind for two samples of any size."""
WIDE = 15.0
"""Standard deviations beyond which the hypergeometric distribution holds no mass that counts."""


@dataclass(frozen=True, slots=True)
class NumberKnots:
    """A reference column of numbers: some of its own values, and how many lie at or below each.

    values: rising, shape (knots,). below: studies at or below each; under: studies below each;
    counts, same shape. n: studies with a value; missing: studies without one.
    """

    values: Numbers
    below: NDArray[np.int64]
    under: NDArray[np.int64]
    n: int
    missing: int


@dataclass(frozen=True, slots=True)
class ShareLimits:
    """Counts of a window that are too rare by chance: at or below `low`, at or above `high`.

    A low of -1, or a high above the window, says that no count on that side would be rare enough.
    """

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class AreaFall:
    """How low an AUC of a window must be to lie below its reference by more than chance."""

    limit: float
    findable: float


def knots_of(values: ArrayLike, *, most: int = MOST_KNOTS) -> NumberKnots:
    """Keep a column of numbers as so many of its own values with exact counts.

    A distance taken at these values is never larger than the whole one, and smaller by at most
    1 / most. One sentinel of 999999 costs nothing, as values are taken by rank. values: shape
    (studies,), NaN where missing. Raises ValueError for a table or an infinite entry.

    >>> one = knots_of([3.0, 1.0, 1.0, float("nan")])
    >>> one.values.tolist(), one.below.tolist(), one.n, one.missing
    ([1.0, 3.0], [2, 3], 3, 1)
    """
    column = _column(values)
    present = np.sort(column[~np.isnan(column)])
    n = present.size
    if n > most:
        places = np.unique(np.linspace(0, n - 1, most).astype(np.int64))
        kept = np.unique(present[places])
    else:
        kept = np.unique(present)
    below, under = (
        np.searchsorted(present, kept, side=side).astype(np.int64) for side in ("right", "left")
    )
    return NumberKnots(kept, below, under, n, column.size - n)


@dataclass(frozen=True, slots=True)
class KnotCells:
    """The line cut at the knots: below the first, at it, between it and the second, and so on.

    knots: the reference. share: of the reference in a cell or below it, shape (cells,), cells =
    2 knots + 1. ridits: share below a cell and half of its own, less one half, with squares and
    cubes, shape (3, cells); the mean over the reference is exactly 0, whatever its ties (Bross,
    Biometrics 1958;14:18).
    """

    knots: NumberKnots
    share: Numbers
    ridits: Numbers


def cells_of(knots: NumberKnots) -> KnotCells:
    """The cells between and at the knots. Raises ValueError for a reference without a value.

    >>> one = cells_of(knots_of([1, 2, 2, 3]))
    >>> one.share.tolist(), one.ridits[0].tolist()
    ([0.0, 0.25, 0.25, 0.75, 0.75, 1.0, 1.0], [-0.5, -0.375, -0.25, 0.0, 0.25, 0.375, 0.5])
    """
    if not knots.n:
        raise ValueError("0 studies with a value: nothing to compare")
    share = np.ones(2 * knots.values.size + 1)
    share[:-1:2], share[1::2] = knots.under / knots.n, knots.below / knots.n
    middle = (np.concatenate([[0.0], share[:-1]]) + share) / 2.0 - 0.5
    return KnotCells(knots, share, np.array([middle, middle**2, middle**3]))


def cell_counts(cells: KnotCells, current: ArrayLike) -> NDArray[np.int64]:
    """Studies in each cell, shape (cells,). current: shape (studies,), NaN where missing.

    >>> cell_counts(cells_of(knots_of([1, 2, 3])), [2, 9, 2, float("nan")]).tolist()
    [0, 0, 0, 2, 0, 0, 1]
    """
    column, values = _column(current), cells.knots.values
    now = column[~np.isnan(column)]
    place = np.searchsorted(values, now)
    at = values[np.minimum(place, values.size - 1)] == now
    return np.bincount(2 * place + at, minlength=cells.share.size)


def cells_distance(cells: KnotCells, counts: NDArray[np.int64]) -> tuple[float, float]:
    """:func:`knots_distance` of studies already counted in cells.

    >>> one = cells_of(knots_of([1, 2, 3, 4]))
    >>> cells_distance(one, cell_counts(one, [3, 4, 5, 6]))
    (0.5, 2.0)
    """
    upto = np.cumsum(counts)
    if not upto[-1]:
        raise ValueError(f"{cells.knots.n} and 0 studies with a value: nothing to compare")
    apart = cells.share - upto / upto[-1]
    where = int(np.argmax(np.abs(apart)))
    return float(apart[where]), float(cells.knots.values[min(where // 2, len(apart) // 2 - 1)])


def knots_distance(knots: NumberKnots, current: ArrayLike) -> tuple[float, float]:
    """Largest difference of the cumulative shares at the knots, and the value where it lies.

    Positive where more of the current studies lie above that value than of the reference. Looked
    at on both sides of each knot, so values beneath all of the reference are not overlooked.
    current: shape (studies,), NaN where missing. Raises ValueError when a side has no value.

    >>> knots_distance(knots_of([1, 2, 3, 4]), [3, 4, 5, 6])
    (0.5, 2.0)
    """
    cells = cells_of(knots)
    return cells_distance(cells, cell_counts(cells, current))


def far_limits(values: ArrayLike) -> tuple[float, float]:
    """Below and above which a value lies far outside these: beyond their range by its own width.

    Chance puts k or more of m further studies above the largest of n with probability
    ``C(m, k) / C(n + m, k)``, whatever the distribution: exactly the tail of
    :func:`exact_share_limits` at 0 of n, so that test holds on either side although the limits
    come from the reference. Where all values are equal, any other lies outside. values: shape
    (studies,), NaN where missing. Raises ValueError where none is known.

    >>> far_limits([60, 80, 100]), far_limits([5, 5])
    ((20.0, 140.0), (5.0, 5.0))
    """
    column = _column(values)
    known = column[~np.isnan(column)]
    if not known.size:
        raise ValueError("0 studies with a value: no range")
    low, high = float(known.min()), float(known.max())
    return low - (high - low), high + (high - low)


def window_distance_p(distance: float, n: int, m: int) -> float:
    """Bound of the probability that chance alone sets two samples this far apart.

    ``2.17 exp(-2 d^2 n m / (n + m))``: the inequality of Dvoretzky, Kiefer and Wolfowitz with
    Massart's exponent for two samples (Wei and Dudley, Stat Probab Lett 2012;82:636); holds for
    any distribution, ties included, and is within a few per cent of the exact law where it is
    small. Raises ValueError for an empty side.

    >>> round(window_distance_p(0.4, 5000, 30), 5)
    0.00016
    """
    return min(1.0, WEI_DUDLEY * math.exp(-2.0 * distance**2 * _effective(n, m)))


def window_distance_limit(n: int, m: int, *, alpha: float) -> float:
    """The distance that chance reaches with probability at most alpha; above 1 where none is.

    >>> round(window_distance_limit(5000, 30, alpha=0.00016), 2)
    0.4
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha!r}")
    return math.sqrt(math.log(WEI_DUDLEY / alpha) / (2.0 * _effective(n, m)))


def findable_distance(n: int, m: int, *, alpha: float, power: float = 0.8) -> float:
    """The true distance that a window of m studies would show with at least this probability.

    At the value where the two laws lie farthest apart the observed difference is about normal with
    an SD of at most ``0.5 / sqrt(n m / (n + m))``; so the power there is at least as stated.

    >>> findable_distance(5000, 2000, alpha=0.001) < findable_distance(5000, 30, alpha=0.001)
    True
    """
    spare = normal_quantile(2.0 * power - 1.0) * 0.5 / math.sqrt(_effective(n, m))
    return window_distance_limit(n, m, alpha=alpha) + spare


def exact_share_limits(hits: int, n: int, seen: int, m: int, *, alpha: float) -> ShareLimits:
    """Which counts of a window are too rare, given how many of both sides together have the mark.

    The conditional distribution of the window's count is hypergeometric, whatever the share is
    (Fisher's exact test, alpha / 2 on each side): right at any size and any error. hits of n
    reference studies, seen of m of the window. Raises ValueError for impossible counts.

    >>> exact_share_limits(0, 2000, 6, 200, alpha=0.001)
    ShareLimits(low=-1, high=5)
    """
    return share_limits_at(hits, n, seen, m, alphas=(alpha,))[0]


def share_limits_at(
    hits: int, n: int, seen: int, m: int, *, alphas: tuple[float, ...]
) -> list[ShareLimits]:
    """:func:`exact_share_limits` at several errors, the law summed once.

    >>> [one.high for one in share_limits_at(0, 2000, 6, 200, alphas=(0.001, 0.5))]
    [5, 2]
    """
    counts = 0 <= hits <= n and 0 <= seen <= m and n > 0 and m > 0
    if not counts or not all(0.0 < alpha < 1.0 for alpha in alphas):
        raise ValueError(f"{hits} of {n} and {seen} of {m} at {alphas!r}: not counts to compare")
    first, up, down = _tails(hits, n, seen, m)
    return [_limits(first, up, down, alpha) for alpha in alphas]


def least_odd(alpha: float) -> float:
    """Standard errors, of the pooled share, below which :func:`exact_share_limits` never rejects.

    The rarest that so small a distance can be: all marked studies on one side, of which the
    logarithm of the probability is about the square of the standard errors. A tenth is left.

    >>> round(least_odd(0.001), 2)
    2.62
    """
    return math.sqrt(0.9 * math.log(2.0 / alpha))


def findable_share_change(
    share: float, n: int, m: int, *, alpha: float, power: float = 0.8
) -> float:
    """The change of a share that a window of m studies would show with about this probability.

    Normal approximation at the share in the middle of the change; 1 where no change would do.

    >>> findable_share_change(0.5, 5000, 2000, alpha=0.001) < 0.06
    True
    """
    quantiles = normal_quantile(1.0 - alpha) + normal_quantile(2.0 * power - 1.0)
    change = 0.0
    for _ in range(6):
        toward = share + change / 2.0 if share <= 0.5 else share - change / 2.0
        middle = min(max(toward, 1.0 / m), 1.0 - 1.0 / m) if m > 1 else 0.5
        change = quantiles * math.sqrt(middle * (1.0 - middle) / _effective(n, m))
    return min(change, 1.0)


def area_fall(
    reference: tuple[float, float], current_variance: float, *, studies: int, alpha: float
) -> AreaFall:
    """Below which AUC a window has fallen from its reference, one-sided.

    On the logit scale, with DeLong's variances of both sides and Student's t at one degree of
    freedom less than the smaller class of the window has studies: normal quantiles would be too
    short for a handful of cases. reference: area and its variance. current_variance: of the
    window's area. findable: the true area that would be called with probability 0.8.
    Raises ValueError where the reference area is not between 0 and 1.

    >>> area_fall((0.9, 0.0001), 0.0009, studies=60, alpha=0.001).limit < 0.85
    True
    """
    from scipy.special import expit, logit, stdtrit

    area, variance = reference
    if not 0.0 < area < 1.0 or studies < 2:
        raise ValueError(f"an area of {area!r} from {studies} studies of a class: no fall to judge")
    slope = 1.0 / (area * (1.0 - area))
    error = slope * math.sqrt(variance + current_variance)
    quantile = -float(stdtrit(studies - 1, alpha))
    spare = float(stdtrit(studies - 1, 0.8))
    limit = float(expit(logit(area) - quantile * error))
    return AreaFall(limit, float(expit(logit(area) - (quantile + spare) * error)))


def _column(values: ArrayLike) -> Numbers:
    column = np.asarray(values, np.float64)
    if column.ndim != 1:
        raise ValueError(f"values: needs one entry per study, got shape {column.shape}")
    if np.isinf(column).any():
        raise ValueError(f"values: {int(np.isinf(column).sum())} of {column.size} are infinite")
    return column


def _effective(n: int, m: int) -> float:
    if n < 1 or m < 1:
        raise ValueError(f"{n} and {m} studies: nothing to compare")
    return n * m / (n + m)


def _tails(hits: int, n: int, seen: int, m: int) -> tuple[int, Numbers, Numbers]:
    """The smallest count with mass, and from it on the probabilities of each count or more, and of
    each or less: a hypergeometric law by the ratios of its neighbours."""
    marked, whole = hits + seen, n + m
    mean = m * marked / whole
    deviation = math.sqrt(max(mean * (1 - marked / whole) * n / max(whole - 1, 1), 1.0))
    low = max(0, marked - n, math.floor(mean - WIDE * deviation))
    high = min(marked, m, math.ceil(mean + WIDE * deviation))
    counts = np.arange(low, high, dtype=np.float64)
    ratio = (marked - counts) * (m - counts) / ((counts + 1.0) * (n - marked + counts + 1.0))
    logs = np.zeros(high - low + 1)
    np.cumsum(np.log(ratio), out=logs[1:])
    share = np.exp(logs - logs.max())
    share /= share.sum()
    return low, np.cumsum(share[::-1])[::-1], np.cumsum(share)


def _limits(first: int, up: Numbers, down: Numbers, alpha: float) -> ShareLimits:
    """up falls and down rises with the count."""
    rare_high = up.size - int(np.searchsorted(up[::-1], alpha / 2.0, side="right"))
    rare_low = int(np.searchsorted(down, alpha / 2.0, side="right"))
    return ShareLimits(first + rare_low - 1 if rare_low else -1, first + rare_high)
