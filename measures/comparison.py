"""Is the candidate at least as good: differences with intervals, paired on the same studies.

Every difference is the first named minus the second. A non-inferiority claim reads the interval,
never the p-value: :mod:`measures.non_inferiority`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import binary_column, refuse_unequal
from measures.proportion_methods import wilson_corrected_limits
from measures.proportions import normal_quantile, wilson_limits
from measures.roc import Placements, auc, placements
from measures.score_limits import miettinen_nurminen_limits, tango_limits

__all__ = [
    "Comparison",
    "independent_difference",
    "mcnemar",
    "miettinen_nurminen_difference",
    "newcombe_difference",
    "newcombe_limits",
    "paired_auc_difference",
    "paired_proportion_difference",
    "unpaired_auc_difference",
]


_Share = tuple[float, float, float]  # value, low, high
_Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference with its interval, and the two-sided p-value of 'no difference'.

    Both are None when the difference is not estimable or its variance is zero (`test` says so);
    statistic alone is None for an exact test.
    """

    difference: Estimate
    test: str
    p_value: float | None = None
    statistic: float | None = None


def paired_auc_difference(
    truth: ArrayLike, first: ArrayLike, second: ArrayLike, *, level: float = 0.95
) -> Comparison:
    """Difference between two scores' AUCs on the same studies, by DeLong's paired test.

    Normal interval cut at -1 and 1. Where the variance is zero (both separate perfectly) the
    interval is built from the two single intervals, as if unpaired: wide, never zero-width.

    truth: 0/1, first, second: finite scores, all of shape (studies,). n is the number of studies;
    not estimable with fewer than two of either class. Raises ValueError if malformed
    (DeLong, Biometrics 1988;44:837).

    >>> found = paired_auc_difference([1, 1, 1, 0, 0, 0], [9, 8, 3, 4, 2, 1], [9, 2, 3, 4, 8, 1])
    >>> round(found.difference.value, 3), round(found.p_value, 3)
    (0.333, 0.221)
    """
    test = "DeLong, paired"
    one, two = auc(truth, first, level=level), auc(truth, second, level=level)
    if one.value is None:
        return Comparison(_no_difference(one), test)
    a, b = placements(truth, first), placements(truth, second)
    variance = _paired_variance(a, b)
    difference = a.area - b.area
    if variance <= 1e-15:
        return Comparison(
            _from_single_intervals(one, two, one.n), f"{test}: no test, zero variance"
        )
    z = difference / math.sqrt(variance)
    half = normal_quantile(level) * math.sqrt(variance)
    found = _bounded("auc_difference", one.n, (difference, half), level, test)
    return Comparison(found, test, math.erfc(abs(z) / math.sqrt(2.0)), z)


def unpaired_auc_difference(
    first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike], *, level: float = 0.95
) -> Comparison:
    """Difference between AUCs from different studies, such as two sites or two periods.

    Welch's t with Satterthwaite's degrees of freedom on DeLong's variances. For the same studies
    use :func:`paired_auc_difference`, which needs far fewer.

    first, second: (truth, score) each, columns as in :func:`measures.roc.auc`. n is the number of
    studies in both. Not estimable when either AUC is not. Raises ValueError if malformed.

    >>> site_a = [1, 1, 1, 0, 0, 0], [9, 8, 3, 4, 2, 1]
    >>> site_b = [1, 1, 1, 0, 0, 0], [9, 2, 3, 4, 8, 1]
    >>> found = unpaired_auc_difference(site_a, site_b)
    >>> round(found.difference.value, 3), found.difference.n, round(found.p_value, 3)
    (0.333, 12, 0.373)
    """
    from scipy.special import stdtr, stdtrit

    test = "Welch on DeLong variances, unpaired"
    one, two = auc(*first, level=level), auc(*second, level=level)
    n = one.n + two.n
    for single in (one, two):
        if not single.estimable:
            return Comparison(_no_difference(single, n), test)
    a, b = placements(*first), placements(*second)
    variance = a.variance + b.variance
    if min(a.variance, b.variance) <= 1e-15:
        return Comparison(_from_single_intervals(one, two, n), f"{test}: no test, zero variance")
    freedom = variance**2 / (a.variance**2 / (one.n - 1) + b.variance**2 / (two.n - 1))
    t = (a.area - b.area) / math.sqrt(variance)
    half = -float(stdtrit(freedom, (1.0 - level) / 2.0)) * math.sqrt(variance)
    found = _bounded("auc_difference", n, (a.area - b.area, half), level, test)
    return Comparison(found, test, float(2.0 * stdtr(freedom, -abs(t))), t)


def newcombe_difference(
    first: Estimate, second: Estimate, *, continuity_corrected: bool = False
) -> Estimate:
    """Difference between two shares from different studies, such as sensitivity at two sites.

    Newcombe's hybrid score interval (Stat Med 1998;17:873, method 10): Wilson limits of each,
    squared and added; with the continuity correction (method 11) wider, rarely too short. Both
    estimates need their counts and the same measure and level, else ValueError; not estimable when
    either is not. n is the number of studies in both.

    >>> from measures.proportions import wilson
    >>> print(newcombe_difference(wilson("ppv", 56, 70), wilson("ppv", 48, 80)))
    ppv_difference 0.200 (95 % interval 0.052 to 0.334, n = 150)
    """
    n, counts = _counted("newcombe_difference", first, second)
    if isinstance(counts, Estimate):
        return counts
    limits = wilson_corrected_limits if continuity_corrected else wilson_limits
    shares = [_with_limits(hits, size, limits, first.level) for hits, size in counts]
    low, high = _squared_and_added(shares[0], shares[1])
    value = shares[0][0] - shares[1][0]
    method = "Newcombe, continuity corrected" if continuity_corrected else "Newcombe"
    return Estimate(f"{first.measure}_difference", n, value, low, high, first.level, method)


def newcombe_limits(
    hits: tuple[int, int], n: tuple[int, int], *, level: float = 0.95
) -> tuple[float, float]:
    """The limits alone of :func:`newcombe_difference`, from counts: for charts with many shares.

    >>> [round(one, 3) for one in newcombe_limits((56, 48), (70, 80))]
    [0.052, 0.334]
    """
    low, high = wilson_limits(hits, n, level=level)
    first, second = (
        (hits[one] / n[one], float(low[one]), float(high[one])) for one in (0, 1)
    )
    return _squared_and_added(first, second)


def independent_difference(
    first: Estimate, second: Estimate, *, bounds: tuple[float, float] | None = (0.0, 1.0)
) -> Estimate:
    """Difference between two estimates from different patients, from their single intervals.

    For what no closer method is known of: mean Dice, macro AUC, share of lesions found. The limits'
    distances are squared and added (MOVER: Zou and Donner, Stat Med 2008;27:1693); with two Wilson
    intervals it is Newcombe's method 10. It holds its level as far as the single intervals do.

    bounds: between which the measure lies; None where it has none, as a mean PSNR. Both within
    them, of the same measure and level, else ValueError; not estimable when either is not. n is the
    number in both.

    >>> from measures.proportions import wilson
    >>> print(independent_difference(wilson("ppv", 56, 70), wilson("ppv", 48, 80)))
    ppv_difference 0.200 (95 % interval 0.052 to 0.334, n = 150)
    """
    if first.measure != second.measure or first.level != second.level:
        raise ValueError("independent_difference: needs the same measure at the same level twice")
    n = first.n + second.n
    for single in (first, second):
        if not single.estimable:
            return _no_difference(single, n)
    one, two = _numbers(first), _numbers(second)
    bottom, top = bounds or (-math.inf, math.inf)
    if not all(bottom - 1e-9 <= side <= top + 1e-9 for side in (*one, *two)):
        raise ValueError(
            f"independent_difference: needs estimates and limits between {bottom:g} and {top:g}"
        )
    low, high = _squared_and_added(one, two, most=top - bottom)
    method = "single intervals squared and added (MOVER)"
    return Estimate(
        f"{first.measure}_difference", n, one[0] - two[0], low, high, first.level, method
    )


def miettinen_nurminen_difference(first: Estimate, second: Estimate) -> Estimate:
    """Difference between two shares from different studies, with the score interval that the test
    of a margin inverts: for a non-inferiority claim on different studies.

    As :func:`newcombe_difference`; limits of Miettinen and Nurminen (Stat Med 1985;4:213,
    :mod:`measures.score_limits`), which hold their coverage with few studies or shares near 1.

    >>> from measures.proportions import wilson
    >>> print(miettinen_nurminen_difference(wilson("ppv", 56, 70), wilson("ppv", 48, 80)))
    ppv_difference 0.200 (95 % interval 0.053 to 0.338, n = 150)
    """
    n, counts = _counted("miettinen_nurminen_difference", first, second)
    if isinstance(counts, Estimate):
        return counts
    (hits, size), (others, other) = counts
    low, high = miettinen_nurminen_limits(hits, size, others, other, level=first.level)
    return Estimate(
        f"{first.measure}_difference", n, hits / size - others / other, float(low), float(high),
        first.level, "Miettinen-Nurminen",
    )  # fmt: skip


def paired_proportion_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    measure: str = "share_difference",
    level: float = 0.95,
    interval: Literal["newcombe", "tango"] = "newcombe",
    test: Literal["exact", "mid-p"] = "exact",
) -> Comparison:
    """Difference between two shares on the same studies, such as two versions' sensitivity on the
    same diseased studies, with McNemar's test.

    interval: Newcombe's for pairs (Stat Med 1998;17:2635, method 10: squared and added, with the
    continuity-corrected correlation), or Tango's score interval (Stat Med 1998;17:891), which the
    test of a margin inverts. test: as :func:`mcnemar`.

    first, second: 0/1 of shape (studies,), such as 'flagged' by each version. n is the number of
    studies; not estimable without one. Raises ValueError if malformed.

    >>> found = paired_proportion_difference([1] * 19 + [0] * 22, [1] * 14 + [0] * 27)
    >>> print(found.difference)
    share_difference 0.122 (95 % interval 0.011 to 0.226, n = 41)
    >>> found.p_value
    0.0625
    """
    if interval not in ("newcombe", "tango"):
        raise ValueError(f"interval: 'newcombe' or 'tango', not {interval!r}")
    one, two = binary_column("first", first), binary_column("second", second)
    refuse_unequal(first=one, second=two)
    n = one.size
    both, neither = int(np.sum(one & two)), int(np.sum(~one & ~two))
    gained, lost = int(np.sum(one & ~two)), int(np.sum(~one & two))
    p = mcnemar(gained, lost, test=test)
    if n == 0:
        return Comparison(Estimate.not_estimable(measure, "no study", n=0), f"McNemar, {test}")
    if interval == "tango":
        limits = tango_limits(gained, lost, n, level=level)
        low, high, method = float(limits[0]), float(limits[1]), "Tango"
    else:
        shares = [_with_limits(int(column.sum()), n, wilson_limits, level) for column in (one, two)]
        phi = _corrected_phi(both, gained, lost, neither)
        (low, high), method = _squared_and_added(shares[0], shares[1], phi), "Newcombe, paired"
    found = Estimate(measure, n, (gained - lost) / n, low, high, level, method)
    return Comparison(found, f"McNemar, {test}", p)


def mcnemar(gained: int, lost: int, *, test: Literal["exact", "mid-p"] = "exact") -> float:
    """How surprising so unequal a split of the differing studies is, were neither side better.

    "exact": two-sided binomial, never too often significant, often too seldom. "mid-p": half of the
    observed split's own chance is left off (Fagerland, Lydersen and Laake, BMC Med Res Methodol
    2013;13:91), close to its level already with few differing studies.

    gained, lost: studies that only the first, only the second counts; ValueError below 0.

    >>> round(mcnemar(1, 7), 4), round(mcnemar(1, 7, test="mid-p"), 4)
    (0.0703, 0.0391)
    """
    from scipy.special import bdtr

    if test not in ("exact", "mid-p"):
        raise ValueError(f"test: 'exact' or 'mid-p', not {test!r}")
    if min(gained, lost) < 0:
        raise ValueError(f"gained, lost: counts of studies, not {gained!r} and {lost!r}")
    differing, fewer = gained + lost, min(gained, lost)
    if differing == 0:
        return 1.0
    up_to = float(bdtr(fewer, differing, 0.5))
    if test == "exact":
        return min(1.0, 2.0 * up_to)
    own = up_to - float(bdtr(fewer - 1, differing, 0.5)) if fewer else up_to
    return 1.0 - own / 2.0 if gained == lost else 2.0 * up_to - own


def _counted(
    name: str, first: Estimate, second: Estimate
) -> tuple[int, tuple[tuple[int, int], tuple[int, int]] | Estimate]:
    """Studies in both, and the counts of each; or the estimate that says why there are none."""
    if first.measure != second.measure or first.level != second.level:
        raise ValueError(f"{name}: needs the same measure at the same level twice")
    n = first.n + second.n
    for single in (first, second):
        if not single.estimable:
            return n, _no_difference(single, n)
    counts = []
    for single in (first, second):
        if single.numerator is None or single.denominator is None:
            raise ValueError(f"{name}: {single.measure} is not a share with counts")
        counts.append((single.numerator, single.denominator))
    return n, (counts[0], counts[1])


def _paired_variance(a: Placements, b: Placements) -> float:
    sick, healthy = a.diseased - b.diseased, a.healthy - b.healthy
    return float(sick.var(ddof=1) / sick.size + healthy.var(ddof=1) / healthy.size)


def _corrected_phi(both: int, gained: int, lost: int, neither: int) -> float:
    n = both + gained + lost + neither
    margins = (both + gained) * (lost + neither) * (both + lost) * (gained + neither)
    if margins == 0:
        return 0.0
    excess: float = both * neither - gained * lost
    if excess > 0:
        excess = max(excess - n / 2.0, 0.0)
    return excess / math.sqrt(margins)


def _squared_and_added(
    first: _Share, second: _Share, correlation: float = 0.0, *, most: float = 1.0
) -> _Limits:
    (p1, l1, u1), (p2, l2, u2) = first, second
    below, above = (p1 - l1, u2 - p2), (u1 - p1, p2 - l2)
    reach = [
        math.sqrt(max(0.0, x * x - 2.0 * correlation * x * y + y * y)) for x, y in (below, above)
    ]
    return max(-most, p1 - p2 - reach[0]), min(most, p1 - p2 + reach[1])


def _with_limits(hits: int, n: int, limits: Callable[..., Any], level: float) -> _Share:
    low, high = limits(hits, n, level=level)
    return hits / n, float(low), float(high)


def _from_single_intervals(one: Estimate, two: Estimate, n: int) -> Estimate:
    a, b = _numbers(one), _numbers(two)
    low, high = _squared_and_added(a, b)
    method = "single intervals squared and added (DeLong variance is zero)"
    return Estimate("auc_difference", n, a[0] - b[0], low, high, one.level, method)


def _numbers(single: Estimate) -> _Share:
    assert single.value is not None and single.low is not None and single.high is not None
    return single.value, single.low, single.high


def _bounded(
    name: str, n: int, centre_and_half: tuple[float, float], level: float, method: str
) -> Estimate:
    value, half = centre_and_half
    return Estimate(name, n, value, max(-1.0, value - half), min(1.0, value + half), level, method)


def _no_difference(single: Estimate, n: int | None = None) -> Estimate:
    return Estimate.not_estimable(
        f"{single.measure}_difference", single.reason, n=single.n if n is None else n
    )
