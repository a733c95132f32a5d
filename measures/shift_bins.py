"""Cells for a column of numbers, by the rules that are in use: which rule is always stated.

``deciles``: the reference's own deciles, open at both ends, each about a tenth of the reference; a
sentinel of 999999 moves none of them. ``doane``: equal bins by Doane's rule on the reference, and
one more cell for current values outside (NannyML). ``sturges``: equal bins by Sturges' rule on
both together where the reference has more than 20 distinct values, else value by value
(Evidently). ``sturges_distinct``: the same rule on the distinct values of both (Evidently's
Hellinger distance).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from measures.inputs import Numbers
from measures.reference_summary import CountTable, NumberSummary, value_table

__all__ = ["Binning", "binned_table", "counts_between"]

Binning = Literal["deciles", "doane", "sturges", "sturges_distinct"]
FEW_VALUES = 20


def binned_table(
    reference: NumberSummary, current: NumberSummary, *, binning: Binning
) -> CountTable:
    """Reference and current counted in the cells of the named rule; nothing is left out.

    Raises ValueError for an unknown rule or when a side has no value.

    >>> from measures.reference_summary import summarise_numbers
    >>> before = summarise_numbers(range(100))
    >>> table = binned_table(before, summarise_numbers([5, 5, 250]), binning="deciles")
    >>> table.reference.tolist()[:3], table.current.tolist()[0], table.current.tolist()[-1]
    ([10.0, 10.0, 10.0], 2.0, 1.0)
    """
    if binning not in get_args(Binning):
        raise ValueError(f"binning: unknown {binning!r}; known: {', '.join(get_args(Binning))}")
    for name, side in (("reference", reference), ("current", current)):
        if side.n == 0:
            raise ValueError(f"{name}: no entry with a value ({side.missing} missing)")
    if binning == "deciles":
        edges = reference.decile_edges
    elif binning == "doane":
        edges = reference.doane_edges
    elif binning == "sturges" and reference.values.size <= FEW_VALUES:
        return value_table(reference, current)
    else:
        edges = _sturges_edges(reference, current, distinct=binning == "sturges_distinct")
    first, second = counts_between(reference, edges), counts_between(current, edges)
    outside = reference.n - first.sum(), current.n - second.sum()
    if any(outside):
        first, second = np.append(first, outside[0]), np.append(second, outside[1])
    return CountTable(first, second)


def counts_between(column: NumberSummary, edges: Numbers) -> Numbers:
    """Studies in each bin, left edge inside, right edge outside but for the last.

    edges: rising, shape (bins + 1,).

    >>> from measures.reference_summary import summarise_numbers
    >>> counts_between(summarise_numbers([1, 2, 2, 3]), np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 3.0]
    """
    places = np.searchsorted(column.values, edges, "left")
    places[-1] = np.searchsorted(column.values, edges[-1], "right")
    return np.diff(column.below[places]).astype(np.float64)


def _sturges_edges(reference: NumberSummary, current: NumberSummary, *, distinct: bool) -> Numbers:
    """numpy's equal bins by Sturges' rule, from the extremes and the number alone.

    Whole numbers get bins no narrower than 1, as numpy does it.
    """
    low = min(reference.values[0], current.values[0])
    high = max(reference.values[-1], current.values[-1])
    n = reference.n + current.n
    if distinct:
        n = int(np.union1d(reference.values, current.values).size)
    width = (high - low) / (np.log2(n) + 1.0)
    if reference.whole and current.whole:
        width = max(width, 1.0)
    if high == low:
        low, high = low - 0.5, high + 0.5
    bins = int(np.ceil((high - low) / width)) if width > 0.0 else 1
    edges: Numbers = np.linspace(low, high, max(bins, 1) + 1)
    return edges
