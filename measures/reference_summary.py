"""A column counted once, so that a daily window is compared without reading the reference again.

A column of numbers becomes its distinct values with their counts, a column of kinds its levels.
Two summaries meet in a :class:`CountTable`: the same cells, counted on either side. Every distance
and every test of shift reads such a table and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers

__all__ = [
    "CategorySummary",
    "CountTable",
    "NumberSummary",
    "level_table",
    "rank_table",
    "summarise_categories",
    "summarise_numbers",
    "value_table",
]

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class NumberSummary:
    """A column of numbers, sorted and counted: all that a later comparison needs of it.

    values: distinct, rising, shape (values,); counts: studies at each, same shape. missing:
    entries that were NaN. whole: whether the column came as whole numbers (bin rules differ).
    mean, deviation: of the present entries, the latter with divisor n; NaN when there are none.
    """

    values: Numbers
    counts: Counts
    missing: int
    whole: bool
    mean: float
    deviation: float

    @cached_property
    def n(self) -> int:
        """Studies with a value."""
        return int(self.counts.sum())

    @cached_property
    def below(self) -> Counts:
        """How many studies lie below each distinct value, and at the end all; shape (values + 1,).

        >>> summarise_numbers([5, 7, 7]).below.tolist()
        [0, 1, 3]
        """
        return np.concatenate([[0], np.cumsum(self.counts)])

    @cached_property
    def tie_sum(self) -> int:
        """Sum of t^3 - t over the groups of t equal values: what rank tests subtract."""
        t = self.counts.astype(object) if self.n > 1_000_000 else self.counts
        return int((t**3 - t).sum())

    @cached_property
    def spread(self) -> float:
        """The SD that the middle half of the studies suggests (interquartile range / 1.349), which
        one sentinel of 999999 does not move; the plain SD where the middle half is constant.

        >>> round(summarise_numbers([1, 2, 3, 4, 999999]).spread, 3)
        1.483
        """
        if self.n == 0:
            return float("nan")
        low, high = np.quantile(self.entries(), [0.25, 0.75])
        return float(high - low) / 1.349 if high > low else self.deviation

    @cached_property
    def doane_edges(self) -> Numbers:
        """Edges of equal bins by Doane's rule (numpy), made once of this column."""
        edges: Numbers = np.histogram_bin_edges(self.entries(), bins="doane")
        return edges

    @cached_property
    def decile_edges(self) -> Numbers:
        """The deciles of this column, open at both ends; a value that holds two or more of them
        gets a cell of its own, so that what lies just above it is not taken for it.

        >>> summarise_numbers(range(1, 11)).decile_edges.round(1).tolist()[:3]
        [-inf, 1.9, 2.8]
        """
        deciles = np.quantile(self.entries(), np.arange(1, 10) / 10.0)
        inner, times = np.unique(deciles, return_counts=True)
        after = np.nextafter(inner[times > 1], np.inf)
        return np.concatenate([[-np.inf], np.union1d(inner, after), [np.inf]])

    def entries(self) -> Numbers:
        """The present entries again, rising."""
        return np.repeat(self.values, self.counts)


@dataclass(frozen=True, slots=True)
class CategorySummary:
    """A column of kinds, counted. levels: names in order, counts: studies of each."""

    levels: tuple[str, ...]
    counts: Counts
    missing: int

    @property
    def n(self) -> int:
        """Studies with a level."""
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True)
class CountTable:
    """Reference and current counted in the same cells.

    reference, current: counts, shape (cells,). values: what each cell holds, rising, where a cell
    is one value; None where it is a range or a level.
    """

    reference: Numbers
    current: Numbers
    values: Numbers | None = None

    @property
    def shares(self) -> tuple[Numbers, Numbers]:
        """Shares of either side, each summing to 1."""
        return self.reference / self.reference.sum(), self.current / self.current.sum()


def summarise_numbers(values: ArrayLike) -> NumberSummary:
    """Sort and count a column of numbers once; a missing entry (NaN) is counted, not guessed.

    values: shape (studies,), may be empty. Raises ValueError when not one-dimensional, not
    numeric, or when an entry is infinite.

    >>> one = summarise_numbers([60, 80, 80, float("nan")])
    >>> one.values.tolist(), one.counts.tolist(), one.missing, round(one.mean, 2)
    ([60.0, 80.0], [1, 2], 1, 73.33)
    """
    given = np.asarray(values)
    try:
        column = given.astype(np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError("values: entries must be numbers") from problem
    if column.ndim != 1:
        raise ValueError(f"values: needs one entry per study, got shape {column.shape}")
    if np.isinf(column).any():
        raise ValueError(f"values: {int(np.isinf(column).sum())} of {column.size} are infinite")
    present = column[~np.isnan(column)]
    distinct, counts = np.unique(present, return_counts=True)
    mean = float(present.mean()) if present.size else float("nan")
    deviation = float(present.std()) if present.size else float("nan")
    whole = np.issubdtype(given.dtype, np.integer)
    return NumberSummary(
        distinct, counts.astype(np.int64), column.size - present.size, whole, mean, deviation
    )


def summarise_categories(values: Iterable[object]) -> CategorySummary:
    """Count a column of kinds once; None and NaN are missing, whole numbers lose their ``.0``.

    values: one entry per study, may be empty. Raises ValueError for a table.

    >>> one = summarise_categories(["PA", "AP", "PA", None])
    >>> one.levels, one.counts.tolist(), one.missing
    (('AP', 'PA'), [1, 2], 1)
    """
    try:
        counted = Counter(values.tolist() if isinstance(values, np.ndarray) else values)
    except TypeError as problem:
        raise ValueError("values: needs one level per study, not a table") from problem
    missing, found = 0, Counter[str]()
    for value, times in counted.items():
        if value is None or value != value:
            missing += times
        else:
            found[_level(value)] += times
    levels = sorted(found)
    counts = np.array([found[level] for level in levels], dtype=np.int64)
    return CategorySummary(tuple(levels), counts, missing)


def value_table(reference: NumberSummary, current: NumberSummary) -> CountTable:
    """Every value of either side with how often it occurs on each.

    Raises ValueError when a side has no value.

    >>> table = value_table(summarise_numbers([1, 2, 2]), summarise_numbers([2, 5]))
    >>> table.values.tolist(), table.reference.tolist(), table.current.tolist()
    ([1.0, 2.0, 5.0], [1.0, 2.0, 0.0], [0.0, 1.0, 1.0])
    """
    _refuse_empty(reference, current)
    values = np.union1d(reference.values, current.values)
    counted = []
    for side in (reference, current):
        column = np.zeros(values.size)
        column[np.searchsorted(values, side.values)] = side.counts
        counted.append(column)
    return CountTable(counted[0], counted[1], values)


def rank_table(reference: NumberSummary, current: NumberSummary) -> CountTable:
    """As :func:`value_table`, the reference between two neighbouring current values taken together.

    Cells alternate: below the first current value, at it, between it and the next, and so on.
    Cumulative shares at the ends of cells are those of the full table wherever they can differ
    most, so rank statistics are exact, for the price of the current window alone.
    Raises ValueError when a side has no value.

    >>> table = rank_table(summarise_numbers([1, 2, 2, 3, 9]), summarise_numbers([2, 5]))
    >>> table.reference.tolist(), table.current.tolist()
    ([1.0, 2.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0, 0.0])
    """
    _refuse_empty(reference, current)
    place = np.searchsorted(reference.values, current.values)
    known = np.minimum(place, reference.values.size - 1)
    same = reference.values[known] == current.values
    ends = reference.below[np.column_stack([place, place + same]).ravel()]
    inside = np.zeros(2 * current.values.size + 1)
    inside[1::2] = current.counts
    return CountTable(np.diff(ends, prepend=0, append=reference.n).astype(np.float64), inside)


def level_table(reference: CategorySummary, current: CategorySummary) -> CountTable:
    """Every level of either side with how often it occurs; an unseen level is a cell of its own.

    Raises ValueError when a side has no value.

    >>> table = level_table(summarise_categories("AAB"), summarise_categories("AC"))
    >>> table.reference.tolist(), table.current.tolist()
    ([2.0, 1.0, 0.0], [1.0, 0.0, 1.0])
    """
    _refuse_empty(reference, current)
    levels = sorted({*reference.levels, *current.levels})
    sides = [dict(zip(s.levels, s.counts.tolist(), strict=True)) for s in (reference, current)]
    first, second = (np.array([float(side.get(level, 0)) for level in levels]) for side in sides)
    return CountTable(first, second)


def _refuse_empty(
    reference: NumberSummary | CategorySummary, current: NumberSummary | CategorySummary
) -> None:
    for name, side in (("reference", reference), ("current", current)):
        if side.n == 0:
            raise ValueError(f"{name}: no entry with a value ({side.missing} missing)")


def _level(value: object) -> str:
    if isinstance(value, Real) and float(value).is_integer():
        return str(int(float(value)))
    return str(value)
