"""Tests that may be read every day: their error holds over all looks together.

A bet against 'nothing has changed' that is fair while nothing has: its capital is then a
non-negative martingale, and by Ville's inequality it ever reaches 1/alpha with probability at
most alpha, however often one looks and whenever one stops. Capital is thus evidence: 100 means
'as surprising as a p value of 0.01, at any time'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import binary_column, number_column, probability_column, refuse_unequal

__all__ = [
    "CONFORMAL_BETS", "SHORTFALLS", "STAKES", "Capital", "bernoulli_bets", "conformal_bets",
    "conformal_p_columns", "conformal_p_values", "mean_bets",
]  # fmt: skip

FloatArray = NDArray[np.float64]
CONFORMAL_BETS: tuple[tuple[str, float], ...] = (
    ("shift", 0.95), ("shift", 0.5), ("shift", -0.5), ("shift", -0.95),
    ("spread", 0.6), ("spread", -0.4),
)  # fmt: skip
"""The bettors: on higher, on lower values, on wider, on narrower spread."""
SHORTFALLS = (0.4, 0.8, 1.6)
"""The bettors on a proportion: its log odds lie this far below the claim."""

STAKES = (0.1, 0.4, 0.9)
"""The bettors on the mean of a share: what part of his money each loses on a share of 0."""


@dataclass(frozen=True, slots=True)
class Capital:
    """What the bettors own, as natural logarithms; all of it together starts at 1 (log 0).

    Part of the capital sleeps. Each day a share wakes and goes to the bettors in equal parts, so
    that a change on day 80 meets fresh money and not what 79 quiet days left of it. Moving money
    around between days is fair, so the promise of Ville's inequality holds for the total.
    """

    sleeping: float
    bettors: tuple[float, ...]

    @classmethod
    def fresh(cls, bettors: int) -> Capital:
        """All capital asleep.

        >>> Capital.fresh(3).evidence
        0.0
        """
        if bettors < 1:
            raise ValueError(f"bettors: at least one, got {bettors!r}")
        return cls(0.0, (float("-inf"),) * bettors)

    @property
    def evidence(self) -> float:
        """Base-10 logarithm of the total: 2 means 100 to 1 against 'nothing has changed'."""
        total = np.logaddexp.reduce([self.sleeping, *self.bettors])
        return float(total / np.log(10.0))

    def after(self, bets: FloatArray, *, share: float) -> Capital:
        """The capital after one day: a share wakes, then each bettor multiplies his by his bets.

        bets: shape (studies, bettors), each the factor paid on one study, of mean one (or less)
        while nothing has changed. share: part of the sleeping capital that wakes, in (0, 1).

        >>> round(Capital.fresh(1).after(np.array([[3.0]]), share=0.5).evidence, 4) == 0.301
        True
        """
        paid = np.asarray(bets, np.float64)
        if paid.ndim != 2 or paid.shape[1] != len(self.bettors):
            raise ValueError(f"bets: shape (studies, {len(self.bettors)}) needed, got {paid.shape}")
        if not np.isfinite(paid).all() or np.any(paid <= 0.0):
            raise ValueError("bets: factors paid must be finite and above 0")
        if not 0.0 < share <= 1.0:
            raise ValueError(f"share: must lie above 0 and not above 1, got {share!r}")
        woken = self.sleeping + np.log(share) - np.log(len(self.bettors))
        held = np.logaddexp(np.array(self.bettors), woken) + np.log(paid).sum(axis=0)
        return Capital(float(self.sleeping + np.log1p(-share)), tuple(held.tolist()))

    def capped(self, evidence: float) -> Capital:
        """Scaled down so that it shows at most so much evidence; harmless once it has signalled."""
        excess = (self.evidence - evidence) * np.log(10.0)
        if excess <= 0.0:
            return self
        return Capital(
            float(self.sleeping - excess), tuple(float(held - excess) for held in self.bettors)
        )


def conformal_p_values(
    pool: ArrayLike, cells: ArrayLike, uniforms: ArrayLike
) -> tuple[FloatArray, NDArray[np.int64]]:
    """How high each new value stands among all values before it; even on (0, 1) in control.

    pool: shape (k,), how many earlier values (the reference and all since) fell in each ordered
    cell; cells: shape (n,), the cell of each new value in order of arrival; uniforms: shape (n,)
    random numbers in (0, 1) that break ties. If reference and new values are exchangeable, the
    p values are independent and exactly uniform whatever the size of the reference (Vovk et al.
    2003): no baseline is ever taken as known. Small p: high value. Returns p and the grown pool.
    Raises ValueError for an empty pool, a cell outside it, or uniforms that are missing or not
    between 0 and 1.

    >>> p, grown = conformal_p_values([2, 1, 0], [2, 0], [0.5, 0.5])
    >>> p.tolist(), grown.tolist()
    ([0.125, 0.7], [3, 1, 1])
    """
    counts = number_column("pool", pool).astype(np.int64)
    places = number_column("cells", cells).astype(np.int64)
    ties = probability_column("uniforms", uniforms)
    refuse_unequal(cells=places, uniforms=ties)
    if not counts.size or np.any(counts < 0):
        raise ValueError("pool: needs at least one cell, with counts of 0 or more")
    if np.any((places < 0) | (places >= counts.size)):
        raise ValueError(f"cells: must lie between 0 and {counts.size - 1}, the cells of the pool")
    above = counts.sum() - np.cumsum(counts)
    earlier = np.tri(len(places), k=-1, dtype=bool)
    greater = above[places] + (earlier & (places[None, :] > places[:, None])).sum(axis=1)
    equal = counts[places] + (earlier & (places[None, :] == places[:, None])).sum(axis=1) + 1
    seen = counts.sum() + 1 + np.arange(len(places))
    p = (greater + ties * equal) / seen
    return np.asarray(p), counts + np.bincount(places, minlength=len(counts))


def conformal_p_columns(
    pools: NDArray[np.int64], cells: NDArray[np.int64], uniforms: FloatArray
) -> tuple[FloatArray, NDArray[np.int64]]:
    """The same for several measures of the same studies at once, each with a pool of its own.

    pools: shape (measures, k); cells and uniforms: shape (n, measures). Returns p, shape
    (n, measures), and the grown pools. Raises ValueError where the shapes do not fit.

    >>> p, grown = conformal_p_columns(np.array([[2, 1, 0]]), np.array([[2], [0]]),
    ...                                np.full((2, 1), 0.5))
    >>> p[:, 0].tolist(), grown[0].tolist()
    ([0.125, 0.7], [3, 1, 1])
    """
    if cells.ndim != 2 or cells.shape != uniforms.shape or cells.shape[1] != len(pools):
        raise ValueError(f"shapes do not fit: {pools.shape}, {cells.shape}, {uniforms.shape}")
    n, measures = cells.shape
    each = np.arange(measures)
    sizes = pools.sum(axis=1)
    above = sizes[:, None] - np.cumsum(pools, axis=1)
    earlier = np.tri(n, k=-1, dtype=bool)[:, :, None]
    higher = (earlier & (cells[None] > cells[:, None])).sum(axis=1)
    same = (earlier & (cells[None] == cells[:, None])).sum(axis=1)
    greater, equal = above[each, cells] + higher, pools[each, cells] + same + 1
    p = (greater + uniforms * equal) / (sizes + 1 + np.arange(n)[:, None])
    grown = pools.copy()
    np.add.at(grown, (np.broadcast_to(each, cells.shape), cells), 1)
    return np.asarray(p), grown


def conformal_bets(p_values: ArrayLike) -> FloatArray:
    """What each bettor of :data:`CONFORMAL_BETS` is paid on each p value; mean one if uniform.

    Returns shape (n, bettors). Shift bets pay ``1 + b (1 - 2p)``, spread bets
    ``1 + b (3 (1 - 2p)^2 - 1)``. Raises ValueError for NaN or values outside 0 to 1.

    >>> conformal_bets([0.5])[0].round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.4, 1.4]
    """
    height = 1.0 - 2.0 * probability_column("p values", p_values)
    column = {"shift": height, "spread": 3.0 * height**2 - 1.0}
    return np.stack([1.0 + stake * column[kind] for kind, stake in CONFORMAL_BETS], axis=1)


def bernoulli_bets(outcomes: ArrayLike, *, at_least: float) -> FloatArray:
    """What bettors on 'right less often than claimed' are paid on each outcome (1 right, 0 wrong).

    Likelihood ratio of a proportion whose log odds lie :data:`SHORTFALLS` below `at_least`; its
    mean is at most one for every true proportion of `at_least` or more. Shape (n, bettors). Raises
    ValueError for outcomes other than 0 and 1 and for a claim of 0 or 1.

    >>> bernoulli_bets([1, 0], at_least=0.9).round(2).tolist()
    [[0.95, 0.89, 0.72], [1.42, 1.98, 3.55]]
    """
    right = binary_column("outcomes", outcomes)[:, None]
    if not 0.0 < at_least < 1.0:
        raise ValueError(f"at_least: must lie between 0 and 1, got {at_least!r}")
    odds = at_least / (1.0 - at_least) * np.exp(-np.array(SHORTFALLS))
    worse = odds / (1.0 + odds)
    return np.asarray(np.where(right, worse / at_least, (1.0 - worse) / (1.0 - at_least)))


def mean_bets(shares: ArrayLike, *, at_most: float) -> FloatArray:
    """What bettors on 'more than that on average' are paid on each share between 0 and 1.

    ``1 + stake (share / at_most - 1)``, fair where the share expected, given those before, is
    `at_most`, and worse than fair below it, whatever the shares' distribution (Waudby-Smith and
    Ramdas, JRSS B 2024;86:1): what a share is a share of need not be independent. Shape
    (n, bettors). Raises ValueError for shares outside 0 to 1 and an `at_most` of 0 or 1.

    >>> mean_bets([0.0, 0.1], at_most=0.05).round(2).tolist()
    [[0.9, 0.6, 0.1], [1.1, 1.4, 1.9]]
    """
    share = probability_column("shares", shares)[:, None]
    if not 0.0 < at_most < 1.0:
        raise ValueError(f"at_most: must lie between 0 and 1, got {at_most!r}")
    return np.asarray(1.0 + np.array(STAKES) * (share / at_most - 1.0))
