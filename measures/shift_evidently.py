"""What Evidently would say, from our own distances: to compare with, not to alarm by.

Evidently 0.7: bins by Sturges' rule on both columns pooled, value by value up to 20 distinct
reference values; natural logarithms; empty cells 0.0001; Hellinger on Sturges bins of the distinct
values; Wasserstein in population SDs of the reference, at least 0.001; chi-square as goodness of
fit to a reference taken for exact; Mann-Whitney one-sided, t with equal variances. Its default
changes from p-values to distances between 1,000 and 1,001 reference rows. What an alert rests on
is :mod:`measures.shift`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from measures.inputs import Numbers
from measures.rank_statistics import (
    cramer_von_mises_statistic,
    cramer_von_mises_tail,
    ks_tail,
    mann_whitney_z,
    share_above,
)
from measures.reference_summary import (
    CategorySummary,
    CountTable,
    NumberSummary,
    level_table,
    rank_table,
    value_table,
)
from measures.shift_bins import binned_table
from measures.shift_distances import (
    energy_distance,
    hellinger_distance,
    jensen_shannon_distance,
    ks_distance,
    kullback_leibler,
    population_stability_index,
    wasserstein_distance,
)

__all__ = ["EVIDENTLY_THRESHOLDS", "EvidentlyDrift", "evidently_default", "evidently_drift"]

EvidentlyMethod = Literal[
    "ks", "mannw", "cramer_von_mises", "t_test", "chisquare", "z", "wasserstein", "ed", "psi",
    "kl_div", "jensenshannon", "hellinger",
]  # fmt: skip
Column = NumberSummary | CategorySummary

EVIDENTLY_THRESHOLDS: dict[str, float] = {
    "ks": 0.05, "mannw": 0.05, "t_test": 0.05, "chisquare": 0.05, "z": 0.05,
    "cramer_von_mises": 0.1, "wasserstein": 0.1, "ed": 0.1, "psi": 0.1, "kl_div": 0.1,
    "jensenshannon": 0.1, "hellinger": 0.1,
}  # fmt: skip
"""The tool's own default limits, by its own names of the methods."""

_AT_OR_BELOW = ("ks", "cramer_von_mises")
_BELOW = ("mannw", "t_test", "chisquare", "z")
_BY_CELL: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "psi": population_stability_index,
    "kl_div": kullback_leibler,
    "jensenshannon": lambda p, q: jensen_shannon_distance(p, q, base=math.e),
}


@dataclass(frozen=True, slots=True)
class EvidentlyDrift:
    """value: a p-value for ks, mannw, cramer_von_mises, t_test, chisquare and z, else a distance.
    drifted: by the tool's own side of its own threshold.
    """

    value: float
    threshold: float
    drifted: bool


def evidently_default(reference: Column, current: Column) -> EvidentlyMethod:
    """The method that Evidently takes of itself, by kind, rows and distinct values of a column.

    Up to 1,000 reference rows a test (ks; chisquare up to 5 distinct values and for kinds; z up to
    2), above a distance (wasserstein; jensenshannon up to 5 values and for kinds).

    >>> from measures.reference_summary import summarise_numbers
    >>> now = summarise_numbers(range(10))
    >>> [evidently_default(summarise_numbers(range(n)), now) for n in (1000, 1001)]
    ['ks', 'wasserstein']
    """
    table = _exact_table(reference, current)
    distinct, large = table.reference.size, reference.n > 1000
    if isinstance(reference, NumberSummary) and distinct > 5:
        return "wasserstein" if large else "ks"
    if large:
        return "jensenshannon"
    return "chisquare" if distinct > 2 else "z"


def evidently_drift(
    reference: Column, current: Column, *, method: EvidentlyMethod
) -> EvidentlyDrift:
    """The value and the verdict that Evidently 0.7 gives for two columns; missing entries left out.

    Raises ValueError for a method that the kind of column does not have, two kinds of column, or
    a side without a value.

    >>> from measures.reference_summary import summarise_categories
    >>> before, now = summarise_categories("AAAB" * 9), summarise_categories("AABB" * 9)
    >>> found = evidently_drift(before, now, method="z")
    >>> round(found.value, 4), found.drifted
    (0.0285, True)
    """
    if method not in EVIDENTLY_THRESHOLDS:
        known = ", ".join(EVIDENTLY_THRESHOLDS)
        raise ValueError(f"method: unknown {method!r}; known: {known}")
    threshold = EVIDENTLY_THRESHOLDS[method]
    value = _value(reference, current, method)
    if method in _AT_OR_BELOW:
        drifted = value <= threshold
    elif method in _BELOW:
        drifted = value < threshold
    else:
        drifted = value > threshold if method == "ed" else value >= threshold
    return EvidentlyDrift(value, threshold, drifted)


def _value(reference: Column, current: Column, method: EvidentlyMethod) -> float:
    table = _exact_table(reference, current)
    if method == "chisquare":
        return _goodness_of_fit_p(table)
    if method == "z":
        return _two_shares_p(table)
    if isinstance(reference, NumberSummary) and isinstance(current, NumberSummary):
        if method in _BY_CELL or method == "hellinger":
            rule: Literal["sturges", "sturges_distinct"] = "sturges"
            if method == "hellinger":
                rule = "sturges_distinct"
            table = binned_table(reference, current, binning=rule)
        else:
            return _of_numbers(reference, current, method)
    if method == "hellinger":
        return float(hellinger_distance(*table.shares))
    if method not in _BY_CELL:
        raise ValueError(f"method: {method!r} needs numbers, not levels")
    return float(_BY_CELL[method](*table.shares))


def _of_numbers(reference: NumberSummary, current: NumberSummary, method: str) -> float:
    if method in ("wasserstein", "ed"):
        table = value_table(reference, current)
        assert table.values is not None
        if method == "ed":
            return float(energy_distance(table.values, *table.shares))
        moved = float(wasserstein_distance(table.values, *table.shares))
        return moved / max(reference.deviation, 0.001)
    if method == "ks":
        distance = float(ks_distance(*rank_table(reference, current).shares))
        return ks_tail(reference, current, distance)
    if method == "cramer_von_mises":
        return _cramer_von_mises_p(reference, current)
    if method == "mannw":
        return _one_sided_mann_whitney_p(reference, current)
    from scipy.stats import ttest_ind_from_stats

    sides = [
        (side.mean, side.deviation * math.sqrt(side.n / (side.n - 1)), side.n)
        for side in (reference, current)
    ]
    return float(ttest_ind_from_stats(*sides[0], *sides[1]).pvalue)


def _exact_table(reference: Column, current: Column) -> CountTable:
    if isinstance(reference, NumberSummary) and isinstance(current, NumberSummary):
        return value_table(reference, current)
    if isinstance(reference, CategorySummary) and isinstance(current, CategorySummary):
        return level_table(reference, current)
    raise ValueError("reference and current must both hold numbers or both hold levels")


def _goodness_of_fit_p(table: CountTable) -> float:
    """As if the reference were known without error; an unseen level gives 0."""
    from scipy.special import chdtrc

    p, _ = table.shares
    expected = p * table.current.sum()
    if (expected == 0.0).any():
        return 0.0
    statistic = float(((table.current - expected) ** 2 / expected).sum())
    return float(chdtrc(expected.size - 1, statistic)) if expected.size > 1 else float("nan")


def _two_shares_p(table: CountTable) -> float:
    """Pooled z test that the share of the first value is the same; 1 where there is but one."""
    if table.reference.size == 1:
        return 1.0
    n, m = table.reference.sum(), table.current.sum()
    p, q = 1.0 - table.reference[0] / n, 1.0 - table.current[0] / m
    pooled = (p * n + q * m) / (n + m)
    error = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    return math.erfc(abs(p - q) / error / math.sqrt(2.0))


def _cramer_von_mises_p(reference: NumberSummary, current: NumberSummary) -> float:
    if max(reference.n, current.n) <= 20:
        from scipy.stats import cramervonmises_2samp

        return float(cramervonmises_2samp(reference.entries(), current.entries()).pvalue)
    statistic = cramer_von_mises_statistic(reference, current)
    return cramer_von_mises_tail(statistic, reference.n, current.n)


def _one_sided_mann_whitney_p(reference: NumberSummary, current: NumberSummary) -> float:
    """Only a rise of the current column is seen, as the tool releases it."""
    if min(reference.n, current.n) <= 8:
        from scipy.stats import mannwhitneyu

        entries = reference.entries(), current.entries()
        return float(mannwhitneyu(*entries, alternative="less").pvalue)
    above = float(share_above(*rank_table(reference, current).shares))
    z = mann_whitney_z(reference, current, above=above)
    return 0.5 * math.erfc(z / math.sqrt(2.0))
