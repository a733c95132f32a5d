"""Whether events came more often, or were graver, than expected: exact one-sided tests of counts.

For trend reports (MDR Art. 88), where the method, the baseline and the limit are the plan's.
"""

from __future__ import annotations

from measures.significance import SignificanceTest

__all__ = ["conditional_excess", "fixed_rate_excess", "severity_excess"]


def fixed_rate_excess(events: int, exposure: float, rate: float) -> SignificanceTest:
    """P(X >= events) where events are Poisson with mean rate x exposure: the baseline is known.

    events: how many, from 0. exposure: such as studies, above 0. rate: events for each unit of it.
    Raises ValueError for anything else.

    >>> round(fixed_rate_excess(18, 50_000, 0.0002).p_value, 5)
    0.01428
    """
    from scipy.special import gammainc

    _refuse("events", events, whole=True)
    if not exposure > 0 or not rate > 0:
        raise ValueError("exposure and rate: above 0 is needed")
    mean = rate * exposure
    p = float(gammainc(events, mean)) if events else 1.0
    return SignificanceTest("exact Poisson", events, statistic=events / mean, p_value=p)


def conditional_excess(
    events: int, exposure: float, baseline_events: int, baseline_exposure: float
) -> SignificanceTest:
    """P(Binomial(both counts, share of exposure) >= events): the baseline was counted itself.

    Conditions on the sum of both counts, so the baseline's uncertainty is in it (Przyborowski and
    Wilenski, Biometrika 1940;31:313). Counts from 0, exposures above 0; raises ValueError for
    anything else.

    >>> round(conditional_excess(18, 50_000, 100, 500_000).p_value, 4)
    0.0204
    """
    from scipy.special import betainc

    _refuse("events", events, whole=True)
    _refuse("baseline_events", baseline_events, whole=True)
    if not exposure > 0 or not baseline_exposure > 0:
        raise ValueError("exposures: above 0 is needed")
    share = exposure / (exposure + baseline_exposure)
    p = float(betainc(events, baseline_events + 1, share)) if events else 1.0
    ratio = None
    if baseline_events:
        ratio = (events / exposure) / (baseline_events / baseline_exposure)
    return SignificanceTest(
        "exact conditional binomial", events + baseline_events, statistic=ratio, p_value=p
    )


def severity_excess(
    grave: int, total: int, grave_before: int, total_before: int
) -> SignificanceTest:
    """Fisher's exact test, one-sided: whether the share of grave events rose.

    Whole numbers from 0, no more grave events than events (Fisher, J R Stat Soc 1922;85:87). Not
    estimable where one period had no event. Raises ValueError for anything else.

    >>> round(severity_excess(12, 30, 4, 40).p_value, 6)
    0.003713
    """
    from math import comb

    for name, part, whole in (
        ("period", grave, total), ("baseline", grave_before, total_before)
    ):  # fmt: skip
        _refuse(name, part, whole=True)
        _refuse(name, whole, whole=True)
        if part > whole:
            raise ValueError(f"{name}: {part} grave events of {whole} cannot be")
    n = total + total_before
    if not total or not total_before:
        return SignificanceTest("Fisher exact", n, reason="a period without events")
    all_grave = grave + grave_before
    ways = sum(
        comb(total, k) * comb(total_before, all_grave - k)
        for k in range(grave, min(total, all_grave) + 1)
    )
    before = grave_before / total_before
    ratio = (grave / total) / before if before else None
    return SignificanceTest(
        "Fisher exact", n, statistic=ratio, p_value=ways / comb(n, all_grave)
    )


def _refuse(name: str, value: float, *, whole: bool) -> None:
    if value < 0 or (whole and value != int(value)):
        raise ValueError(f"{name}: {value!r} is no whole number from 0")
