"""Charts that need no distribution: every study is ranked within a frozen reference sample.

A site's reference is a fixed sample of its own studies. In control, a new study is exchangeable
with them: its rank is equally likely to be any. Ranks become normal scores, scores are summed,
sums go on a CUSUM. The reference is finite, so it is a little off itself, and every later day
shares that error: with 100 reference studies the daily mean of 20 wanders by 0.4 of its SD for
good. Limits that ignore it are broken on most charts within months. The limit here is solved
*with* it, for the promise that matters: the probability of any false signal within the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["RankCusumDesign", "normal_scores_against", "rank_cusum_limit", "share_per_column"]

FloatArray = NDArray[np.float64]
CHUNK = 20_000
MOST_CHARTS = 200_000


@dataclass(frozen=True, slots=True)
class RankCusumDesign:
    """What a rank CUSUM must promise: its reference, its volume, its horizon, its false alarms.

    reference_n: studies in the frozen reference. daily_n: studies a day. horizon_days: days the
    promise covers. smallest_shift: shift worth finding, in SD of a study. alpha: probability of
    one or more false signals, either direction, in the horizon.
    """

    reference_n: int
    daily_n: int
    horizon_days: int
    smallest_shift: float
    alpha: float

    def __post_init__(self) -> None:
        if self.reference_n < 20 or self.daily_n < 1 or self.horizon_days < 1:
            raise ValueError(f"too few studies or days for a rank chart: {self}")
        if not 0.0 < self.alpha < 1.0 or not 0.0 < self.smallest_shift < 5.0:
            raise ValueError(f"alpha or smallest shift out of range: {self}")

    @property
    def allowance(self) -> float:
        """Half the shift to be found, per study, in SD: what each study may stray for free.

        Never less than ``4.5 / sqrt(reference_n)``: a reference of 60 may itself be off by 0.4
        SD, and a chart that hunts for less than its own error needs a limit so high that it finds
        nothing. The floor minimised the delay for shifts of 0.75 and 1 SD at 60 to 400.

        >>> RankCusumDesign(100, 20, 90, 0.5, 0.01).allowance
        0.45
        """
        return max(self.smallest_shift, 9.0 / float(np.sqrt(self.reference_n))) / 2.0

    def rounded(self) -> RankCusumDesign:
        """The same design on a coarser grid, never less careful, so that sites share a solution.

        >>> RankCusumDesign(137, 20, 90, 0.5, 0.01).rounded().reference_n
        120
        """
        step = 10 if self.reference_n < 100 else 20 if self.reference_n < 200 else 50
        reference_n = min(self.reference_n // step * step, 400)
        return RankCusumDesign(
            reference_n, self.daily_n, self.horizon_days, self.smallest_shift, self.alpha
        )


def normal_scores_against(reference: ArrayLike, current: ArrayLike) -> FloatArray:
    """How unusual each new study is among the reference studies, in SD; 0 is the middle.

    reference: shape (n0,); current: shape (n,); finite. A study above k of n0 gets the normal
    quantile of (k + 1/2) / (n0 + 1). Among ties it gets the mean score of all places it could
    take: that keeps the mean of exchangeable studies at exactly zero, where mid-ranks would not,
    and needs no random number. Raises ValueError for an empty reference or NaN.

    >>> normal_scores_against([1, 2, 3], [0.5, 2.5, 9.0]).round(2).tolist()
    [-1.15, 0.32, 1.15]
    >>> abs(round(float(normal_scores_against([7, 7, 7], [7.0])[0]), 12))
    0.0
    """
    fixed, new = np.sort(np.asarray(reference, np.float64)), np.asarray(current, np.float64)
    if not len(fixed) or not np.isfinite(fixed).all() or not np.isfinite(new).all():
        raise ValueError("rank scores need a reference and finite values; drop missing ones first")
    grid = _grid_sums(len(fixed))
    below = np.searchsorted(fixed, new, side="left")
    not_above = np.searchsorted(fixed, new, side="right")
    return np.asarray((grid[not_above + 1] - grid[below]) / (not_above + 1 - below))


def share_per_column(alpha: float, columns: int) -> float:
    """Each column's share when several are watched at once and any may signal.

    ``1 - (1 - alpha)^(1/columns)``: exact for independent columns and careful for correlated
    ones, because 'no signal' is a symmetric convex set of near-normal sums (Gaussian correlation
    inequality, Royen 2014). Raises ValueError for no column and an alpha outside 0 to 1.

    >>> round(share_per_column(0.06, 6), 4)
    0.0103
    """
    if columns < 1 or not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha between 0 and 1 and a column are needed: {alpha!r}, {columns!r}")
    return float(-np.expm1(np.log1p(-alpha) / columns))


@lru_cache(maxsize=256)
def rank_cusum_limit(design: RankCusumDesign, *, seed: int = 20_260) -> float:
    """The limit that keeps false signals within their share, reference error included.

    Simulates in-control charts: a fresh reference each (its gaps in probability are a flat
    Dirichlet draw), then days of ``n`` scores whose sum, given the reference, is normal to high
    accuracy because normal scores themselves are. The limit is the quantile of the largest sum
    over the horizon, either direction, taken 1.645 binomial SDs on the careful side. In units of
    ``sqrt(daily_n)`` case scores. Seeded: the same design gives the same limit.

    >>> few, many = RankCusumDesign(60, 20, 60, 1.2, 0.05), RankCusumDesign(400, 20, 60, 1.2, 0.05)
    >>> rank_cusum_limit(few) > rank_cusum_limit(many) > 0.0
    True
    """
    charts = int(min(MOST_CHARTS, max(20_000, 100.0 / design.alpha)))
    rng = np.random.default_rng([seed, design.reference_n, design.daily_n, design.horizon_days])
    largest = np.concatenate(
        [
            _largest_sums(design, min(CHUNK, charts - start), rng)
            for start in range(0, charts, CHUNK)
        ]
    )
    expected = charts * design.alpha
    allowed = max(0, int(expected - 1.645 * np.sqrt(expected)))
    return float(np.partition(largest, charts - 1 - allowed)[charts - 1 - allowed])


def _largest_sums(design: RankCusumDesign, charts: int, rng: np.random.Generator) -> FloatArray:
    """Largest CUSUM level of each simulated in-control chart over the horizon; shape (charts,)."""
    scores = _grid_scores(design.reference_n).astype(np.float32)
    gaps = rng.standard_exponential((charts, len(scores)), dtype=np.float32)
    gaps /= gaps.sum(axis=1, keepdims=True)
    centre = gaps @ scores
    spread = np.sqrt(np.maximum(gaps @ scores**2 - centre**2, 1e-6))
    drift = np.sqrt(np.float32(design.daily_n)) * centre
    allowance = np.float32(np.sqrt(design.daily_n) * design.allowance)
    high, low, most = (np.zeros(charts, np.float32) for _ in range(3))
    for _ in range(design.horizon_days):
        day = rng.standard_normal(charts, dtype=np.float32) * spread + drift
        np.maximum(high + day - allowance, 0.0, out=high)
        np.maximum(low - day - allowance, 0.0, out=low)
        np.maximum(most, np.maximum(high, low), out=most)
    return most.astype(np.float64)


@lru_cache(maxsize=64)
def _grid_sums(reference_n: int) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(_grid_scores(reference_n))])


@lru_cache(maxsize=64)
def _grid_scores(reference_n: int) -> FloatArray:
    from scipy.special import ndtri

    return np.asarray(ndtri((np.arange(reference_n + 1) + 0.5) / (reference_n + 1)))
