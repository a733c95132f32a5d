"""How many times as often events come as before: the ratio of two Poisson rates, with exact limits.

The one-sided tests that decide stand in :mod:`measures.event_excess`; a ratio describes.
"""

from __future__ import annotations

from measures.estimate import Estimate
from measures.event_rate import events_per_exposure

__all__ = ["counted_rate_ratio", "fixed_rate_ratio"]


def fixed_rate_ratio(
    measure: str, events: int, exposure: int, rate: float, *, level: float = 0.95
) -> Estimate:
    """The rate seen over a rate that is known: both limits of Garwood's interval over it.

    events: from 0. exposure: such as studies, which is n; not estimable without it. rate: events
    for each unit of it, above 0. Raises ValueError for anything else.

    >>> print(fixed_rate_ratio("ratio", 18, 50_000, 0.0002))
    ratio 1.800 (95 % interval 1.067 to 2.845, n = 50000)
    """
    if not rate > 0:
        raise ValueError(f"{measure}: a rate above 0 is needed, not {rate!r}")
    seen = events_per_exposure(measure, events, exposure, level=level)
    if seen.value is None or seen.low is None or seen.high is None:
        return seen
    return Estimate(
        measure, seen.n, seen.value / rate, seen.low / rate, seen.high / rate, level,
        "exact Poisson over a known rate",
    )


def counted_rate_ratio(
    measure: str, events: int, exposure: int, before: int, exposure_before: int, *,
    level: float = 0.95,
) -> Estimate:
    """The rate seen over a rate that was counted too, with the uncertainty of both.

    Given the sum of both counts, those of the period are binomial, so the exact limits of that
    share are turned into limits of the ratio (Clopper and Pearson, Biometrika 1934;26:404;
    Przyborowski and Wilenski, Biometrika 1940;31:313). n is both exposures. Not estimable where
    one of them is 0, or no event was counted before. Counts from 0; raises ValueError otherwise.

    >>> print(counted_rate_ratio("ratio", 18, 50_000, 100, 500_000))
    ratio 1.800 (95 % interval 1.025 to 2.993, n = 550000)
    """
    from measures.proportions import clopper_pearson_limits

    if min(events, before, exposure, exposure_before) < 0:
        raise ValueError(f"{measure}: counts and exposures are numbers from 0")
    n = exposure + exposure_before
    if not exposure or not exposure_before:
        return Estimate.not_estimable(measure, "there was no exposure", n=n)
    if not before:
        return Estimate.not_estimable(measure, "no event was counted before", n=n)
    limits = clopper_pearson_limits([events], [events + before], level=level)
    low, high = (float(one[0]) for one in limits)
    scale = exposure_before / exposure
    return Estimate(
        measure, n, events / before * scale, low / (1 - low) * scale, high / (1 - high) * scale,
        level, "exact conditional binomial",
    )
