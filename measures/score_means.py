"""Do the scores of many studies lie higher or lower than a reference sample's? Sums are enough.

A chart that adds up over weeks keeps no study, only how many there were and the sums of their
scores. Held against the reference by the two-sample permutation test of the mean: under
exchangeability the studies of both sides are one urn, from which the current ones were drawn
without replacement. Its first three moments are exact and the tail is that of a Pearson III law
with them (Mielke and Berry, Permutation Methods, 2nd ed., 2007, ch. 2), so the reference's own
error, ties and lopsided scores are all counted. Clustering is paid for by dividing counts by the
design effect (Rao and Scott, Biometrics 1992;48:577).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers
from measures.window_tests import KnotCells

__all__ = [
    "ScoreLimit", "ScoreSums", "design_effects", "mean_limit", "onset_candidates",
    "onset_edge", "ridit_sums",
]  # fmt: skip

LEAST_SKEW = 1e-4
LAGS = 4


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """Of so many studies, the sums of their scores, of the squares and of the cubes."""

    n: float
    total: float
    squares: float
    cubes: float

    def over(self, design_effect: float) -> ScoreSums:
        """As if of so many fewer studies: what a clustered sample is worth."""
        return ScoreSums(
            self.n / design_effect, self.total / design_effect, self.squares / design_effect,
            self.cubes / design_effect,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoreLimit:
    """difference: current mean less reference mean. error: its standard error where nothing has
    changed. up, down: differences at or beyond which chance alone lies too rarely; down is
    negative."""

    difference: float
    error: float
    up: float
    down: float

    @property
    def beyond(self) -> bool:
        """Whether the means lie farther apart than chance allows."""
        return self.difference >= self.up or self.difference <= self.down


def ridit_sums(cells: KnotCells, counts: NDArray[np.int64]) -> ScoreSums:
    """The sums of the ridits of studies counted in cells.

    Their mean estimates P(theirs > reference) + P(equal) / 2 - 1/2: 0 where nothing has changed,
    from -1/2 to 1/2.

    >>> from measures.window_tests import cell_counts, cells_of, knots_of
    >>> cells = cells_of(knots_of([1, 2, 2, 3]))
    >>> ridit_sums(cells, cell_counts(cells, [2, 9]))
    ScoreSums(n=2.0, total=0.5, squares=0.25, cubes=0.125)
    """
    total, squares, cubes = (cells.ridits @ counts.astype(np.float64)).tolist()
    return ScoreSums(float(counts.sum()), total, squares, cubes)


def mean_limit(reference: ScoreSums, current: ScoreSums, *, alpha: float) -> ScoreLimit:
    """How far apart the means of two sets of studies must lie, alpha / 2 on each side.

    The wider of the normal and the Pearson III quantile on each side: never less careful than a z
    test, and as careful as the tail needs where few studies carry most of the spread. Raises
    ValueError for an empty side or an alpha outside 0 to 1.

    >>> one = mean_limit(ScoreSums(5000, 0, 416.7, 0), ScoreSums(200, 12, 16.9, 0), alpha=0.001)
    >>> round(one.difference, 3), round(one.up, 3), one.beyond
    (0.06, 0.069, False)
    """
    from scipy.special import ndtri

    n, m = current.n, reference.n
    if n <= 0 or m <= 0 or not 0.0 < alpha < 1.0:
        raise ValueError(f"{m} and {n} studies at {alpha!r}: no means to compare")
    whole = n + m
    mean = (reference.total + current.total) / whole
    second = (reference.squares + current.squares) / whole - mean**2
    difference = current.total / n - reference.total / m
    if second <= 1e-12 or whole <= 2.0:
        return ScoreLimit(difference, 0.0, math.inf, -math.inf)
    third = (reference.cubes + current.cubes) / whole - 3.0 * mean * second - mean**3
    error = math.sqrt(second * whole / (whole - 1.0) * (1.0 / n + 1.0 / m))
    skew = (
        third / second**1.5 * (whole - 2.0 * n) * math.sqrt(whole - 1.0)
        / ((whole - 2.0) * math.sqrt(n * m))
    )  # fmt: skip
    plain = -float(ndtri(alpha / 2.0))
    up, down = (max(plain, _skewed_quantile(one, alpha / 2.0)) for one in (skew, -skew))
    return ScoreLimit(difference, error, up * error, -down * error)


def design_effects(sizes: ArrayLike, totals: ArrayLike, variances: ArrayLike) -> Numbers:
    """How much more the means of blocks of studies scatter than those of independent studies.

    sizes: studies of each block, in order of time, shape (blocks,). totals: sums of each score in
    each block, shape (blocks, scores). variances: of each score over studies, shape (scores,).
    Where neighbouring blocks resemble each other by more than luck (10 %), months scatter more
    than weeks do: then times ``1 + 2 c``, c the autocorrelations of lags 1 to 3 with Bartlett's
    weights. At least 1, which is also the answer for a score that does not vary: luck buys
    nothing. Raises ValueError for fewer than 2 blocks with studies.

    >>> sums = [[10, 50], [90, 50], [10, 50], [90, 50]]
    >>> design_effects([100, 100, 100, 100], sums, [0.25, 0.25]).round(3).tolist()
    [85.333, 1.0]
    """
    of = np.asarray(sizes, np.float64)
    sums, spread = np.asarray(totals, np.float64), np.asarray(variances, np.float64)
    held = of > 0
    if held.sum() < 2:
        raise ValueError(f"{int(held.sum())} blocks with studies; a scatter needs 2")
    of, sums = of[held, None], sums[held]
    odd = np.sqrt(of) * (sums / of - sums.sum(axis=0) / of.sum())
    scatter = np.maximum((odd**2).sum(axis=0), 1e-300)
    lags = np.array([1.0 - lag / LAGS for lag in range(1, min(LAGS, len(of)))])
    like = sum(
        weight * (odd[lag:] * odd[:-lag]).sum(axis=0) / scatter
        for lag, weight in enumerate(lags.tolist(), start=1)
    )
    luck = 1.28 * math.sqrt(float((lags**2).sum()) / len(of))
    found = scatter / (len(of) - 1) * np.where(like > luck, 1.0 + 2.0 * np.asarray(like), 1.0)
    safe = np.maximum(spread, 1e-12)
    return np.asarray(np.where(spread > 1e-12, np.maximum(found / safe, 1.0), 1.0))


def onset_edge(level: float) -> float:
    """How far below its largest a log likelihood ratio may lie for a start to stay in the set.

    The larger of two independent exponential variables, one on either side of the true start, lies
    below it with probability ``level`` (Siegmund, Int Stat Rev 1988;56:31).

    >>> round(onset_edge(0.95), 2)
    3.68
    """
    return -math.log(1.0 - math.sqrt(level))


def onset_candidates(z: ArrayLike) -> tuple[int, int, int]:
    """Where a lasting change most likely began, with the first and last start that may be it.

    z: for each possible start, oldest first, the standard errors that all studies since lie from
    the reference, shape (starts,). The 95 % set holds the starts of which the log likelihood
    ratio, z^2 / 2, lies less than 3.68 below the largest: for a change of known size the ratio on
    either side is a random walk with negative drift, whose largest value passes c with probability
    at most exp(-c) (Siegmund, Int Stat Rev 1988;56:31). Raises ValueError when empty.

    >>> onset_candidates([1.0, 3.0, 6.0, 5.5, 1.0])
    (2, 2, 3)
    """
    ratio = np.asarray(z, np.float64) ** 2 / 2.0
    if not ratio.size:
        raise ValueError("z: no start to choose among")
    best = int(np.argmax(ratio))
    kept = np.flatnonzero(ratio > ratio[best] - onset_edge(0.95))
    return best, int(kept[0]), int(kept[-1])


def _skewed_quantile(skew: float, tail: float) -> float:
    """Upper quantile of a standardised Pearson III law; of the normal where it is all but one."""
    from scipy.special import gammainccinv, ndtri

    if skew < LEAST_SKEW:
        return -float(ndtri(tail))
    shape = 4.0 / skew**2
    return float((gammainccinv(shape, tail) - shape) / math.sqrt(shape))
