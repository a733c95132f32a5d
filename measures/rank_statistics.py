"""Rank statistics of two summarised columns: how often one exceeds the other, and Anderson's T."""

from __future__ import annotations

import math
import warnings

import numpy as np

from measures.inputs import Numbers
from measures.reference_summary import NumberSummary, rank_table

__all__ = [
    "cramer_von_mises_statistic",
    "cramer_von_mises_tail",
    "ks_tail",
    "mann_whitney_z",
    "share_above",
]


def share_above(reference: Numbers, current: Numbers) -> Numbers:
    """Probability that a current study exceeds a reference one, ties half, from shares.

    >>> float(share_above(np.array([0.5, 0.5]), np.array([0.0, 1.0])))
    0.75
    """
    lower = np.cumsum(reference, axis=-1) - reference / 2.0
    return np.asarray((current * lower).sum(axis=-1))


def mann_whitney_z(reference: NumberSummary, current: NumberSummary, *, above: float) -> float:
    """Standard normal deviate of a probability of exceeding, with tie and continuity correction.

    >>> from measures.reference_summary import summarise_numbers
    >>> one = summarise_numbers([1, 2, 3, 4])
    >>> round(mann_whitney_z(one, one, above=1.0), 3)
    2.219
    """
    n, m = reference.n, current.n
    total = n + m
    _, at, cur = np.intersect1d(reference.values, current.values, return_indices=True)
    a, b = reference.counts[at].astype(float), current.counts[cur].astype(float)
    ties = reference.tie_sum + current.tie_sum + float((3.0 * a * b * (a + b)).sum())
    variance = n * m / 12.0 * ((total + 1) - ties / (total * (total - 1)))
    if variance <= 0.0:
        return 0.0
    return (n * m * (above - 0.5) - 0.5) / math.sqrt(variance)


def cramer_von_mises_statistic(reference: NumberSummary, current: NumberSummary) -> float:
    """Anderson's T with mid-ranks (Ann Math Stat 1962;33:1148, equation 9).

    >>> from measures.reference_summary import summarise_numbers
    >>> round(cramer_von_mises_statistic(summarise_numbers([1, 3]), summarise_numbers([2, 4])), 4)
    0.125
    """
    table = rank_table(reference, current)
    sides = table.reference, table.current
    n, m = reference.n, current.n
    summed = 0.0
    for weight, one, other in ((n, *sides), (m, *sides[::-1])):
        below = np.cumsum(other) - other / 2.0
        summed += weight * float((one * below**2).sum())
    summed += (n * reference.tie_sum + m * current.tie_sum) / 12.0
    return summed / (n * m * (n + m)) - (4 * n * m - 1) / (6.0 * (n + m))


def cramer_von_mises_tail(statistic: float, n: int, m: int) -> float:
    """Probability of a larger T among very many studies, T first brought to mean and variance of
    its limit (Anderson 1962, equations 11, 14, 15; Csorgo and Faraway 1996, equation 1.2).

    >>> round(cramer_von_mises_tail(0.461, 10_000, 10_000), 3)
    0.05
    """
    from scipy.special import gammaln, kve

    total, product = n + m, n * m
    mean = (1.0 + 1.0 / total) / 6.0
    variance = (total + 1.0) * (4.0 * product * total - 3.0 * (n**2 + m**2) - 2.0 * product)
    variance /= 45.0 * total**2 * 4.0 * product
    x = 1.0 / 6.0 + (statistic - mean) / math.sqrt(45.0 * variance)
    if x < 0.003:
        return 1.0
    k = np.arange(20 + math.ceil(5.0 * math.sqrt(x)))  # terms fall as exp(-2 k^2 / x)
    y = 4.0 * k + 1.0
    q = y**2 / (16.0 * x)
    scale = np.exp(gammaln(k + 0.5) - gammaln(k + 1.0)) / (math.pi**1.5 * math.sqrt(x))
    # kve(q) = kv(q) e^q, so the product with e^-q holds e^-2q and never underflows to 0 * inf
    cumulative = float((scale * np.sqrt(y) * np.exp(-2.0 * q) * kve(0.25, q)).sum())
    return min(max(1.0 - cumulative, 0.0), 1.0)


def ks_tail(reference: NumberSummary, current: NumberSummary, distance: float) -> float:
    """Probability of a larger Kolmogorov-Smirnov distance between columns without equal values.

    By counting paths up to 10,000 studies on the larger side, beyond by the exact distribution of
    one sample at the effective size: SciPy's choice. With many equal values it is too large, the
    more so the more there are; :func:`measures.shift_tests.ks_test` is not.

    >>> from measures.reference_summary import summarise_numbers
    >>> one, two = summarise_numbers([1, 2, 3, 4]), summarise_numbers([5, 6, 7, 8])
    >>> round(ks_tail(one, two, 1.0), 4)
    0.0286
    """
    from scipy.stats import ks_2samp, kstwo

    n, m = reference.n, current.n
    if max(n, m) <= 10_000:
        with warnings.catch_warnings():
            # where paths are too many to count, SciPy says that it takes the other way
            warnings.simplefilter("ignore", RuntimeWarning)
            return float(ks_2samp(reference.entries(), current.entries()).pvalue)
    return min(float(kstwo.sf(distance, np.round(n * m / (n + m)))), 1.0)
