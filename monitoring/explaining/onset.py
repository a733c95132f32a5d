"""Since when: the day on which a column changed, with the days that the studies do not rule out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from measures.score_means import onset_edge
from monitoring.detectors.base import FloatArray

__all__ = ["Onset", "estimate_onset"]

LEAST_SINCE = 3
"""Studies since the change, fewer than which make no day of change."""


@dataclass(frozen=True, slots=True)
class Onset:
    """The likeliest first day of the change and the confidence set's ends; None with a reason.

    n: studies that have a value. level: of the set. open_start: the set reaches the first day
    that was looked at: the change may be older.
    """

    n: int
    day: date | None = None
    first: date | None = None
    last: date | None = None
    level: float = 0.95
    open_start: bool = False
    reason: str = ""


def estimate_onset(
    reference: FloatArray, marks: FloatArray, day: NDArray[np.int64], *, level: float = 0.95
) -> Onset:
    """The first day of a lasting change of the mean, by the profile likelihood of one change.

    reference: marks of studies before the watch; marks, day (ordinals): shape (n,), of the
    studies watched, NaN where there is none. Before the change the studies are like the
    reference, since then their mean is another; normal marks (a share's 0 and 1 by their
    binomial likelihood). For every day k the likelihood with the means fitted is compared with
    that of the best day; the set holds the days whose log-likelihood lies less than
    -log(1 - sqrt(level)) below it: the larger of two independent exponential variables, which
    bounds the ratio at the true day on either side of it (Siegmund D. Confidence sets in
    change-point problems. Int Stat Rev 1988;56:31-48). Its first and last day are given: days
    between them may not be in it. Measured coverage: docs/alerts-explained.md.

    >>> marks = np.repeat([0.0, 0.1, -0.1, 2.0, 2.1, 1.9], 5)
    >>> found = estimate_onset(np.tile([0.3, -0.3], 50), marks, np.repeat(np.arange(6), 5) + 738000)
    >>> found.day.toordinal() - 738000, found.first == found.last
    (3, True)
    """
    known = np.isfinite(marks)
    values, days = marks[known], day[known]
    base = reference[np.isfinite(reference)]
    if len(base) < 2:
        return Onset(len(values), level=level, reason="fewer than 2 studies before the change")
    if len(values) < LEAST_SINCE:
        reason = f"{len(values)} studies with a value were watched, {LEAST_SINCE} needed"
        return Onset(len(values), level=level, reason=reason)
    order = np.argsort(days, kind="stable")
    values, days = values[order], days[order]
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]])
    starts = starts[len(values) - starts >= LEAST_SINCE]
    height = _log_likelihoods(base, values, starts)
    best = int(np.argmax(height))
    kept = np.flatnonzero(height[best] - height <= onset_edge(level))
    likeliest, first, last = (
        date.fromordinal(int(days[starts[at]])) for at in (best, kept[0], kept[-1])
    )
    return Onset(len(values), likeliest, first, last, level, open_start=bool(kept[0] == 0))


def _log_likelihoods(
    base: FloatArray, values: FloatArray, starts: NDArray[np.int64]
) -> FloatArray:
    """Profile log-likelihood of a change at each start; constants left out."""
    total, squares = np.cumsum(np.r_[0.0, values]), np.cumsum(np.r_[0.0, values**2])
    n, m = len(base) + len(values), len(values)
    early_n = len(base) + starts
    early = base.sum() + total[starts]
    late_n, late = m - starts, total[m] - total[starts]
    both = np.concatenate([base, values])
    if set(np.unique(both)) <= {0.0, 1.0}:
        return np.asarray(_binomial(early, early_n) + _binomial(late, late_n))
    squared = float((base**2).sum() + squares[m])
    within = squared - early**2 / early_n - late**2 / late_n
    floor = 1e-9 * max(squared, 1e-12)
    return np.asarray(-0.5 * n * np.log(np.maximum(within, floor)))


def _binomial(hits: FloatArray, n: NDArray[np.int64]) -> FloatArray:
    from scipy.special import xlogy

    return np.asarray(xlogy(hits, hits / n) + xlogy(n - hits, 1.0 - hits / n))
