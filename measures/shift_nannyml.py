"""What NannyML would say, from our own distances: to compare with, not to alarm by.

NannyML 0.13: bins by Doane's rule on the reference and a bin for what lies outside;
Jensen-Shannon to base 2; the limit is the mean plus 3 population SDs of the distance over the
reference's own chunks; chi-square alerts on p < 0.05, with Yates' correction in a 2 x 2 table.
Three SDs of ten numbers are no error rate: with 20 quiet columns 63 to 73 of 100 chunks alert.
What an alert rests on is :mod:`measures.shift`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers
from measures.rank_statistics import ks_tail
from measures.reference_summary import (
    CategorySummary,
    NumberSummary,
    level_table,
    rank_table,
    summarise_categories,
    summarise_numbers,
    value_table,
)
from measures.shift_bins import binned_table, counts_between
from measures.shift_distances import (
    hellinger_distance,
    jensen_shannon_distance,
    ks_distance,
    l_infinity_distance,
    wasserstein_distance,
)

__all__ = ["ChunkedDrift", "NannyMLMethod", "nannyml_chunks"]

NannyMLMethod = Literal[
    "kolmogorov_smirnov", "wasserstein", "jensen_shannon", "hellinger", "chi2", "l_infinity"
]
_OF_NUMBERS = ("kolmogorov_smirnov", "wasserstein", "jensen_shannon", "hellinger")
_OF_LEVELS = ("chi2", "l_infinity", "jensen_shannon", "hellinger")
GRID_BINS = 10_000
_Summary = NumberSummary | CategorySummary
_Found = tuple[float, float]  # distance, p-value (NaN where the method has none)


@dataclass(frozen=True, slots=True)
class ChunkedDrift:
    """One distance a chunk of consecutive studies, the limit, and which chunks lie above it.

    values: shape (chunks,), NaN for a chunk without a value (which never alerts). p_values: of
    kolmogorov_smirnov and chi2, else NaN. upper_threshold: None for chi2, which has none.
    """

    values: Numbers
    alerts: tuple[bool, ...]
    upper_threshold: float | None
    p_values: Numbers


def nannyml_chunks(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    method: NannyMLMethod,
    chunk_size: int,
    levels: bool = False,
    grid: bool = False,
) -> ChunkedDrift:
    """The distance of each chunk from the whole reference, held to the reference's own chunks.

    Kolmogorov-Smirnov and Wasserstein are the exact two-sample values. With `grid` they are what
    NannyML releases: taken from 10,000 equal bins between the extremes of the reference where it
    has 10,000 studies or more, which one far value spoils, and with the studies below the bins
    counted one too many.

    reference, current: one entry per study in order of time, NaN or None where missing. levels:
    whether the entries are kinds rather than numbers. The last chunk may be shorter. Raises
    ValueError for a method that the kind of column does not have, a chunk size below 1, or a side
    without a value.

    >>> before, now = np.arange(1000) % 97, np.arange(300) % 97 + 60
    >>> found = nannyml_chunks(before, now, method="kolmogorov_smirnov", chunk_size=100)
    >>> found.alerts, round(found.upper_threshold, 4)
    ((True, True, True), 0.0337)
    """
    known = _OF_LEVELS if levels else _OF_NUMBERS
    if method not in get_args(NannyMLMethod) or method not in known:
        kind = "levels" if levels else "numbers"
        raise ValueError(f"method: {method!r} is none for {kind}; known: {', '.join(known)}")
    if chunk_size < 1:
        raise ValueError(f"chunk_size must be 1 or more, not {chunk_size!r}")
    before, now = np.asarray(reference), np.asarray(current)
    whole = _summary(before, levels)
    if whole.n == 0 or _summary(now, levels).n == 0:
        raise ValueError("reference and current each need an entry with a value")

    distance = _distance_from(whole, method, grid)

    def over_chunks(column: NDArray[Any]) -> Numbers:
        parts = [_summary(part, levels) for part in _cut(column, chunk_size)]
        nothing = float("nan"), float("nan")
        return np.array([distance(one) if one.n else nothing for one in parts])

    found = over_chunks(now)
    values, p_values = found[:, 0], found[:, 1]
    if method == "chi2":
        return ChunkedDrift(values, _which(p_values < 0.05), None, p_values)
    own = over_chunks(before)[:, 0]
    limit = float(np.nanmean(own) + 3.0 * np.nanstd(own))
    if method == "kolmogorov_smirnov":
        limit = min(limit, 1.0)
    return ChunkedDrift(values, _which(values > limit), limit, p_values)


def _distance_from(whole: _Summary, method: str, grid: bool) -> Callable[[_Summary], _Found]:
    if grid and isinstance(whole, NumberSummary) and whole.n >= GRID_BINS:
        if method == "kolmogorov_smirnov":
            return _ks_on_grid(whole)
        if method == "wasserstein":
            return _wasserstein_on_grid(whole)
    return lambda part: _distance(whole, part, method)


def _ks_on_grid(whole: NumberSummary) -> Callable[[_Summary], _Found]:
    edges = np.linspace(whole.values[0], whole.values[-1], GRID_BINS + 1)
    known = np.cumsum(counts_between(whole, edges)) / whole.n

    def distance(part: _Summary) -> _Found:
        assert isinstance(part, NumberSummary)
        below = part.below[np.searchsorted(part.values, edges[0])]
        found = (below + np.cumsum(counts_between(part, edges))) / part.n
        return float(np.abs(known - found).max()), float("nan")

    return distance


def _wasserstein_on_grid(whole: NumberSummary) -> Callable[[_Summary], _Found]:
    edges = np.linspace(whole.values[0], whole.values[-1], GRID_BINS + 1)
    known = np.cumsum(counts_between(whole, edges)) / whole.n

    def distance(part: _Summary) -> _Found:
        assert isinstance(part, NumberSummary)
        entries = part.entries()
        low, high = edges[0] - entries, entries - edges[-1]
        below = int((low > 0.0).sum())
        shift = (below + 1) / part.n if below else 0.0  # as released: one study too many
        found = np.cumsum(counts_between(part, edges)) / part.n + shift
        within = float(np.abs(known - found).sum() * (edges[1] - edges[0]))
        outside = float(low[low > 0.0].sum() + high[high > 0.0].sum()) / part.n
        return within + outside, float("nan")

    return distance


def _distance(whole: _Summary, part: _Summary, method: str) -> _Found:
    if isinstance(whole, CategorySummary) or isinstance(part, CategorySummary):
        assert isinstance(whole, CategorySummary)
        assert isinstance(part, CategorySummary)
        table = level_table(whole, part)
        if method == "chi2":
            from scipy.stats import chi2_contingency

            tested = chi2_contingency(np.stack([table.reference, table.current]))
            return float(tested.statistic), float(tested.pvalue)
        if method == "l_infinity":
            return float(l_infinity_distance(*table.shares)), float("nan")
    elif method == "kolmogorov_smirnov":
        distance = float(ks_distance(*rank_table(whole, part).shares))
        return distance, ks_tail(whole, part, distance)
    elif method == "wasserstein":
        table = value_table(whole, part)
        assert table.values is not None
        return float(wasserstein_distance(table.values, *table.shares)), float("nan")
    else:
        table = binned_table(whole, part, binning="doane")
    far = jensen_shannon_distance if method == "jensen_shannon" else hellinger_distance
    return float(far(*table.shares)), float("nan")


def _summary(column: NDArray[Any], levels: bool) -> _Summary:
    return summarise_categories(column.tolist()) if levels else summarise_numbers(column)


def _cut(column: NDArray[Any], size: int) -> Iterator[NDArray[Any]]:
    return (column[start : start + size] for start in range(0, column.shape[0], size))


def _which(alerts: NDArray[np.bool_]) -> tuple[bool, ...]:
    return tuple(bool(alert) for alert in alerts)
