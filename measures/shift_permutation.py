"""Chance by arrangement: studies change sides at random, the patients stay who they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from measures.inputs import Numbers
from measures.reference_summary import CountTable

__all__ = ["MOST_CELLS", "Statistic", "coarse_table", "permutation_p"]

MOST_CELLS = 100
Statistic = Callable[[Numbers, Numbers], Numbers]


def permutation_p(
    table: CountTable, far: Statistic, *, permutations: int = 1999, seed: int = 0
) -> float:
    """Share of random arrangements of the studies on the two sides that lie at least as far apart.

    ``(1 + as far) / (1 + permutations)``: never zero, and at most ``alpha`` in a share ``alpha``
    of all quiet days (Phipson and Smyth 2010). The counts of the current side are drawn without
    replacement from each cell's studies, so the price depends on the cells, not on the studies.

    far: of shares (..., cells) of both sides, larger is farther. Raises ValueError for an
    empty side or no permutations.

    >>> from measures.shift_distances import ks_distance
    >>> quiet = CountTable(np.array([50.0, 50.0]), np.array([5.0, 5.0]))
    >>> permutation_p(quiet, ks_distance, permutations=99)
    1.0
    """
    n, m = int(table.reference.sum()), int(table.current.sum())
    if n == 0 or m == 0 or permutations < 1:
        raise ValueError(f"{n} and {m} studies and {permutations} permutations: nothing to arrange")
    pooled = (table.reference + table.current).astype(np.int64)
    rng = np.random.default_rng(seed)
    drawn = _drawn_counts(pooled, min(n, m), permutations, rng)
    current = drawn if m <= n else pooled - drawn
    found = far(*table.shares)
    others = far((pooled - current) / n, current / m)
    rounding = 1e-12 * float(np.abs(others).max())
    as_far = int(np.count_nonzero(others >= found - rounding))
    return (1 + as_far) / (1 + permutations)


def coarse_table(table: CountTable, *, most: int = MOST_CELLS) -> CountTable:
    """At most so many cells, of about equal numbers of studies of both sides together.

    Neighbouring values share a cell, whose value is their mean. Which cell a study is in does not
    depend on its side, so a test by arrangement stays exact; it only sees a little less.

    >>> one = CountTable(np.ones(4), np.ones(4), np.arange(4.0))
    >>> coarse_table(one, most=2).values.tolist()
    [0.5, 2.5]
    """
    pooled = table.reference + table.current
    if pooled.size <= most:
        return table
    middle = (np.cumsum(pooled) - pooled / 2.0) / pooled.sum()
    starts = np.flatnonzero(np.diff(np.floor(middle * most), prepend=-1.0) > 0.0)
    first, second, all_of_it = (
        np.add.reduceat(side, starts) for side in (table.reference, table.current, pooled)
    )
    if table.values is None:
        return CountTable(first, second)
    return CountTable(first, second, np.add.reduceat(pooled * table.values, starts) / all_of_it)


def _drawn_counts(pooled: NDArray[np.int64], m: int, permutations: int, rng: Generator) -> Numbers:
    """Counts of m studies drawn without replacement, many times; shape (permutations, cells)."""
    total = int(pooled.sum())
    if m * m > total or m * permutations > 5_000_000:
        drawn = rng.multivariate_hypergeometric(pooled, m, size=permutations)
        return drawn.astype(np.float64)
    # few of many: draw studies and draw again those rows in which one came twice
    places = np.sort(rng.integers(0, total, (permutations, m)), axis=1)
    while (twice := (np.diff(places, axis=1) == 0).any(axis=1)).any():
        places[twice] = np.sort(rng.integers(0, total, (int(twice.sum()), m)), axis=1)
    cells = np.searchsorted(np.cumsum(pooled), places, side="right")
    cells += np.arange(permutations)[:, None] * pooled.size
    counted = np.bincount(cells.ravel(), minlength=permutations * pooled.size)
    return counted.reshape(permutations, pooled.size).astype(np.float64)
