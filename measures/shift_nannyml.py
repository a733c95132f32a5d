"""What NannyML would say, from our own distances: to compare with, not to alarm by.

NannyML 0.13: bins by Doane's rule on the reference and a bin for what lies outside;
Jensen-Shannon to base 2; the limit is the mean plus 3 population SDs of the distance over the
reference's own chunks; chi-square alerts on p < 0.05, with Yates' correction in a 2 x 2 table.
Three SDs of ten numbers are no error rate: with 20 quiet columns 63 to 73 of 100 chunks alert.
What an alert rests on is :mod:`measures.shift`.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from measures.shift_bins import binned_table
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
) -> ChunkedDrift:
    """The distance of each chunk from the whole reference, held to the reference's own chunks.

    Kolmogorov-Smirnov and Wasserstein are the exact two-sample values; NannyML itself takes them
    from 10,000 equal bins when the reference has 10,000 rows or more, which one far value spoils.

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

    def over_chunks(column: NDArray[Any]) -> Numbers:
        parts = [_summary(part, levels) for part in _cut(column, chunk_size)]
        nothing = float("nan"), float("nan")
        return np.array([_distance(whole, one, method) if one.n else nothing for one in parts])

    found = over_chunks(now)
    values, p_values = found[:, 0], found[:, 1]
    if method == "chi2":
        return ChunkedDrift(values, _which(p_values < 0.05), None, p_values)
    own = over_chunks(before)[:, 0]
    limit = float(np.nanmean(own) + 3.0 * np.nanstd(own))
    if method == "kolmogorov_smirnov":
        limit = min(limit, 1.0)
    return ChunkedDrift(values, _which(values > limit), limit, p_values)


def _distance(
    whole: NumberSummary | CategorySummary, part: NumberSummary | CategorySummary, method: str
) -> _Found:
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


def _summary(column: NDArray[Any], levels: bool) -> NumberSummary | CategorySummary:
    return summarise_categories(column.tolist()) if levels else summarise_numbers(column)


def _cut(column: NDArray[Any], size: int) -> Iterator[NDArray[Any]]:
    return (column[start : start + size] for start in range(0, column.shape[0], size))


def _which(alerts: NDArray[np.bool_]) -> tuple[bool, ...]:
    return tuple(bool(alert) for alert in alerts)
