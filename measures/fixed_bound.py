"""Is a measure above a bound that was fixed beforehand, and how many studies does that take?

One sample against a claim less its margin: non-inferiority to a performance goal. For shares the
binomial test is exact: no approximation decides at shares near 1, where claims of sensitivity lie
(A'Hern, Stat Med 2001;20:859). A test that the share lies below the bound is the same from the
other side. For other measures the p-value and the size come from the interval that they have.
"""

from __future__ import annotations

import math

from measures.estimate import Estimate
from measures.planning import SampleSize
from measures.proportions import normal_quantile
from measures.sample_size_auc import planned_area_variance

__all__ = [
    "auc_above_size",
    "interval_above_size",
    "p_above",
    "p_below",
    "share_above_power",
    "share_above_size",
]

_MOST = 200_000


def p_above(estimate: Estimate, bound: float) -> float:
    """One-sided p-value of 'it does not lie above the bound'.

    A share with its counts: chance of at least so many hits were the share the bound (exact). Else
    from the interval: the distance to the bound over the lower half-width, in normal quantiles, so
    that p is below alpha exactly where the lower limit at 1 - 2 alpha lies above the bound.
    Raises ValueError where the estimate is not estimable.

    >>> from measures.proportions import clopper_pearson
    >>> round(p_above(clopper_pearson("sensitivity", 95, 100), 0.9), 4)
    0.0576
    """
    counts = _counts(estimate)
    if counts:
        from scipy.special import bdtrc

        hits, n = counts
        return 1.0 if hits == 0 else float(bdtrc(hits - 1, n, bound))
    value, low, _ = _numbers(estimate)
    return _tail(value - bound, value - low, estimate.level)


def p_below(estimate: Estimate, bound: float) -> float:
    """One-sided p-value of 'it does not lie below the bound'; as :func:`p_above`.

    >>> from measures.proportions import clopper_pearson
    >>> round(p_below(clopper_pearson("sensitivity", 80, 100), 0.9), 4)
    0.002
    """
    counts = _counts(estimate)
    if counts:
        from scipy.special import bdtr

        return float(bdtr(*counts, bound))
    value, _, high = _numbers(estimate)
    return _tail(bound - value, high - value, estimate.level)


def share_above_power(share: float, bound: float, n: int, *, alpha: float) -> float:
    """Chance that the exact test at ``alpha`` (one-sided) shows the share above the bound.

    share: the true share, assumed; bound below it; n studies.

    >>> round(share_above_power(0.95, 0.90, 255, alpha=0.025), 3)
    0.859
    """
    return _power(n, _critical(n, bound, alpha, 0), share)


def share_above_size(
    share: float, bound: float, *, alpha: float = 0.025, power: float = 0.8
) -> SampleSize:
    """Studies from which on the exact test has this power and keeps it with every further study.

    Exact power is a saw-tooth in n: the smallest n that reaches it may lose it with one study more
    (Chernick and Liu, Am Stat 2002;56:149), so that one is not the answer.
    Raises ValueError where share or bound do not lie between 0 and 1 or the bound is not below.

    >>> share_above_size(0.95, 0.90).n
    255
    """
    _refuse(share, bound, alpha, power)
    about = _about(share, bound, alpha, power)
    if about > _MOST / 2:
        raise ValueError(f"more than {_MOST // 2} studies would be needed")
    last, critical, short = math.ceil(2 * about) + 100, 0, 0
    for n in range(1, last + 1):
        critical = _critical(n, bound, alpha, critical)
        if _power(n, critical, share) < power:
            short = n
    n = short + 1
    assumed = f"true share {share:g}, bound {bound:g}, exact binomial test, one-sided {alpha:g}"
    reached = share_above_power(share, bound, n, alpha=alpha)
    return SampleSize({"studies": n}, reached, assumed)


def auc_above_size(
    area: float, bound: float, *, alpha: float = 0.025, power: float = 0.8,
    healthy_per_diseased: float = 1.0,
) -> SampleSize:
    """Studies needed to show that an AUC lies above a bound, by class.

    Normal approximation with the binormal variance at the bound and at the assumed AUC
    (:func:`measures.sample_size_auc.planned_area_variance`; Obuchowski, Stat Methods Med Res
    1998;7:371).

    >>> auc_above_size(0.92, 0.85).groups
    {'diseased': 95, 'healthy': 95}
    """
    _refuse(area, bound, alpha, power)
    if healthy_per_diseased <= 0:
        raise ValueError(f"healthy_per_diseased: above 0, not {healthy_per_diseased!r}")
    z, zb = normal_quantile(1.0 - 2.0 * alpha), normal_quantile(2.0 * power - 1.0)

    def shown(diseased: int) -> bool:
        healthy = math.ceil(healthy_per_diseased * diseased)
        tested, true = (
            math.sqrt(planned_area_variance(one, diseased, healthy)) for one in (bound, area)
        )
        return area - bound >= z * tested + zb * true

    high = 2
    while not shown(high):
        high *= 2
        if high > _MOST:
            raise ValueError(f"more than {_MOST} diseased studies would be needed")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    groups = {"diseased": high, "healthy": math.ceil(healthy_per_diseased * high)}
    return SampleSize(groups, power, f"true AUC {area:g}, bound {bound:g}, one-sided {alpha:g}")


def interval_above_size(
    estimate: Estimate, assumed: float, bound: float, *, alpha: float = 0.025, power: float = 0.8
) -> SampleSize:
    """Studies needed for a measure that is no share, from the spread that was seen.

    The standard error is read from the interval and falls with the root of n:
    n' = n ((z_alpha + z_power) se / (assumed - bound))^2 (ICH E9, 3.5).

    >>> seen = Estimate("dice", 100, 0.9, 0.88, 0.92, method="bootstrap")
    >>> interval_above_size(seen, 0.9, 0.87).n
    91
    """
    _, low, high = _numbers(estimate)
    if not assumed > bound:
        raise ValueError(f"assumed: above the bound {bound:g}, not {assumed:g}")
    error = (high - low) / (2.0 * normal_quantile(estimate.level))
    z = normal_quantile(1.0 - 2.0 * alpha) + normal_quantile(2.0 * power - 1.0)
    n = max(2, math.ceil(estimate.n * (z * error / (assumed - bound)) ** 2))
    said = f"true value {assumed:g}, bound {bound:g}, spread as seen, one-sided {alpha:g}"
    return SampleSize({"studies": n}, power, said)


def _about(share: float, bound: float, alpha: float, power: float) -> float:
    z, zb = normal_quantile(1.0 - 2.0 * alpha), normal_quantile(2.0 * power - 1.0)
    spread = z * math.sqrt(bound * (1 - bound)) + zb * math.sqrt(share * (1 - share))
    return float((spread / (share - bound)) ** 2)


def _critical(n: int, bound: float, alpha: float, at_least: int) -> int:
    """The fewest hits of n with which the test shows it; n + 1 where none do."""
    from scipy.special import bdtrc

    hits = at_least
    while hits <= n and (1.0 if hits == 0 else float(bdtrc(hits - 1, n, bound))) > alpha:
        hits += 1
    return hits


def _power(n: int, critical: int, share: float) -> float:
    from scipy.special import bdtrc

    if critical > n:
        return 0.0
    return 1.0 if critical == 0 else float(bdtrc(critical - 1, n, share))


def _tail(distance: float, half: float, level: float) -> float:
    from scipy.special import ndtr

    if half <= 0.0:
        return 0.0 if distance > 0.0 else 1.0
    return float(ndtr(-normal_quantile(level) * distance / half))


def _counts(estimate: Estimate) -> tuple[int, int] | None:
    """The counts of a share whose studies are independent: its interval is the exact one."""
    if not estimate.method.startswith("Clopper-Pearson"):
        return None
    if estimate.numerator is None or estimate.denominator is None:
        return None
    return estimate.numerator, estimate.denominator


def _numbers(estimate: Estimate) -> tuple[float, float, float]:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        raise ValueError(f"{estimate.measure}: not estimable: {estimate.reason}")
    return estimate.value, estimate.low, estimate.high


def _refuse(value: float, bound: float, alpha: float, power: float) -> None:
    if not 0.0 < bound < value < 1.0:
        raise ValueError(
            f"bound and assumed value: 0 < bound < value < 1, not {bound:g} and {value:g}"
        )
    if not 0.0 < alpha < 0.5 or not 0.5 < power < 1.0:
        raise ValueError(f"alpha below 0.5 and power above 0.5, not {alpha!r} and {power!r}")
