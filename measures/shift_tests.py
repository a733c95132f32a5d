"""Is it chance: p-values of 'both windows come from the same patients', right at 30 and at 30,000.

From ``ASYMPTOTIC_FROM`` studies on the smaller side a test with a known limit law uses it; below,
or where equal values are so many that the law does not hold, studies change sides at random and
the p-value is the share of such arrangements that lie at least as far apart. That share is right
for any column, ties and rare levels included, because it asks nothing of the distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from measures.inputs import Numbers
from measures.rank_statistics import (
    cramer_von_mises_statistic,
    cramer_von_mises_tail,
    mann_whitney_z,
    share_above,
)
from measures.reference_summary import CountTable, NumberSummary, rank_table, value_table
from measures.shift_distances import ks_distance
from measures.shift_permutation import Statistic, coarse_table, permutation_p

__all__ = [
    "ASYMPTOTIC_FROM",
    "TestResult",
    "chi_square_test",
    "cramer_von_mises_test",
    "ks_test",
    "mann_whitney_test",
    "welch_test",
]

ASYMPTOTIC_FROM = 100
AS_GOOD_AS_ALL = 50


@dataclass(frozen=True, slots=True)
class TestResult:
    """A statistic, its two-sided p-value, and by which law or how many arrangements."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    statistic: float
    p_value: float
    method: str


def ks_test(
    reference: NumberSummary, current: NumberSummary, *, permutations: int = 1999, seed: int = 0
) -> TestResult:
    """Could the largest difference of the cumulative shares be chance? (Kolmogorov-Smirnov)

    Exact distribution of one sample at the effective size ``n m / (n + m)`` without heavy ties and
    from 100 studies a side on, or where one side is 50 times the other and so as good as the law
    itself; else by arrangement. Raises ValueError when a side is empty.

    >>> from measures.reference_summary import summarise_numbers
    >>> ks_test(summarise_numbers(range(500)), summarise_numbers(range(100, 600))).p_value < 1e-6
    True
    """
    table = rank_table(reference, current)
    distance = float(ks_distance(*table.shares))
    if _follows_the_law(reference, current, one_sample=True):
        from scipy.stats import kstwo

        n, m = reference.n, current.n
        p_value = float(kstwo.sf(distance, round(n * m / (n + m))))
        return TestResult(distance, min(p_value, 1.0), "asymptotic")
    return _arranged(distance, value_table(reference, current), ks_distance, permutations, seed)


def cramer_von_mises_test(
    reference: NumberSummary, current: NumberSummary, *, permutations: int = 1999, seed: int = 0
) -> TestResult:
    """Could the squared difference of the cumulative shares, summed over all studies, be chance?

    Anderson's two-sample T with mid-ranks and its limit law (Ann Math Stat 1962;33:1148) from 100
    studies a side on and without heavy ties; else by arrangement of the plain squared
    difference. Raises ValueError when a side is empty.

    >>> from measures.reference_summary import summarise_numbers
    >>> found = cramer_von_mises_test(
    ...     summarise_numbers(range(200)), summarise_numbers(range(50, 250)))
    >>> round(found.statistic, 3), found.method
    (5.208, 'asymptotic')
    """
    statistic = cramer_von_mises_statistic(reference, current)
    if _follows_the_law(reference, current):
        p_value = cramer_von_mises_tail(statistic, reference.n, current.n)
        return TestResult(statistic, p_value, "asymptotic")
    table = value_table(reference, current)
    return _arranged(statistic, table, _squared_difference, permutations, seed)


def mann_whitney_test(
    reference: NumberSummary, current: NumberSummary, *, permutations: int = 1999, seed: int = 0
) -> TestResult:
    """Could it be chance that current studies rank above (or below) the reference ones?

    The statistic is the probability that a current study exceeds a reference study, ties half:
    0.5 is no shift. Normal law with tie and continuity correction from 100 studies a side on, else
    by arrangement. Two-sided: a fall is seen as well as a rise. Raises ValueError when a side is
    empty.

    >>> from measures.reference_summary import summarise_numbers
    >>> mann_whitney_test(summarise_numbers([1, 2, 3]), summarise_numbers([4, 5, 6])).statistic
    1.0
    """
    table = rank_table(reference, current)
    above = float(share_above(*table.shares))
    n, m = reference.n, current.n
    if min(n, m) >= ASYMPTOTIC_FROM:
        z = mann_whitney_z(reference, current, above=abs(above - 0.5) + 0.5)
        return TestResult(above, min(math.erfc(z / math.sqrt(2.0)), 1.0), "asymptotic")
    pooled = value_table(reference, current)
    return _arranged(above, pooled, _from_half, permutations, seed)


def welch_test(
    reference: NumberSummary, current: NumberSummary, *, permutations: int = 1999, seed: int = 0
) -> TestResult:
    """Could the difference of the means be chance, the spread being free to differ? (Welch's t)

    The statistic is t, positive when the current mean is higher. Student's law with
    Satterthwaite's degrees of freedom from 100 studies a side on, else by arrangement of the
    difference. Raises ValueError when a side has fewer than two studies or neither varies.

    >>> from measures.reference_summary import summarise_numbers
    >>> one, two = summarise_numbers(range(100)), summarise_numbers(range(5, 105))
    >>> round(welch_test(one, two).p_value, 4)
    0.2244
    """
    from scipy.special import stdtr

    errors = []
    for name, side in (("reference", reference), ("current", current)):
        if side.n < 2:
            raise ValueError(f"{name}: a spread needs two studies, {side.n} found")
        errors.append(side.deviation**2 / (side.n - 1))
    variance = sum(errors)
    if variance == 0.0:
        raise ValueError("neither side varies, so a difference of means has no error to judge by")
    t = (current.mean - reference.mean) / math.sqrt(variance)
    if min(reference.n, current.n) >= ASYMPTOTIC_FROM:
        freedom = variance**2 / (
            errors[0] ** 2 / (reference.n - 1) + errors[1] ** 2 / (current.n - 1)
        )
        return TestResult(t, float(2.0 * stdtr(freedom, -abs(t))), "asymptotic")
    table = coarse_table(value_table(reference, current))
    assert table.values is not None
    places = table.values

    def apart(p: Numbers, q: Numbers) -> Numbers:
        return np.asarray(np.abs((q - p) @ places))

    return _arranged(t, table, apart, permutations, seed)


def chi_square_test(table: CountTable, *, permutations: int = 1999, seed: int = 0) -> TestResult:
    """Could the change of the mix of levels be chance? (Pearson's chi-square, two samples)

    Both sides vary: taking the reference for exact truth, as a goodness-of-fit test does, rings
    far too often. Limit law where every expected count is 5 or more, else by arrangement, where
    unseen levels do no harm. Raises ValueError with fewer than two levels in all.

    >>> found = chi_square_test(CountTable(np.array([60.0, 40.0]), np.array([40.0, 60.0])))
    >>> round(found.statistic, 3), round(found.p_value, 4)
    (8.0, 0.0047)
    """
    from scipy.special import chdtrc

    pooled = table.reference + table.current
    used = pooled > 0.0
    if used.sum() < 2:
        raise ValueError("levels: only one is present, so there is no mix to compare")
    first, second, pooled = table.reference[used], table.current[used], pooled[used]
    n, m = first.sum(), second.sum()
    statistic = float(n * m * _squared_change(first / n, second / m, pooled).sum())
    if (pooled * min(n, m) / pooled.sum()).min() >= 5.0:
        return TestResult(statistic, float(chdtrc(used.sum() - 1, statistic)), "asymptotic")

    def change(p: Numbers, q: Numbers) -> Numbers:
        return np.asarray(_squared_change(p, q, pooled).sum(axis=-1))

    return _arranged(statistic, CountTable(first, second), change, permutations, seed)


def _follows_the_law(
    reference: NumberSummary, current: NumberSummary, *, one_sample: bool = False
) -> bool:
    """Enough studies, and no value so frequent that steps show: its share is below a tenth of the
    statistic's own error."""
    n, m = reference.n, current.n
    enough = min(n, m) >= ASYMPTOTIC_FROM or (
        one_sample and max(n, m) >= AS_GOOD_AS_ALL * min(n, m)
    )
    largest = (int(reference.counts.max()) + int(current.counts.max())) / (n + m)
    return enough and largest <= 0.1 / math.sqrt(n * m / (n + m))


def _arranged(
    statistic: float, table: CountTable, far: Statistic, permutations: int, seed: int
) -> TestResult:
    found = permutation_p(coarse_table(table), far, permutations=permutations, seed=seed)
    return TestResult(statistic, found, f"{permutations} permutations")


def _squared_difference(p: Numbers, q: Numbers) -> Numbers:
    return np.asarray((((p + q) / 2.0) * np.cumsum(p - q, axis=-1) ** 2).sum(axis=-1))


def _from_half(p: Numbers, q: Numbers) -> Numbers:
    return np.asarray(np.abs(share_above(p, q) - 0.5))


def _squared_change(p: Numbers, q: Numbers, pooled: Numbers) -> NDArray[np.float64]:
    return np.asarray((p - q) ** 2 / pooled)
