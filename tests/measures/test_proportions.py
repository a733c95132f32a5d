from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.estimate import Estimate
from measures.proportion_methods import (
    jeffreys,
    jeffreys_limits,
    logit,
    logit_limits,
    mid_p,
    mid_p_limits,
    wald_limits,
    wilson_corrected,
    wilson_corrected_limits,
)
from measures.proportions import (
    ProportionInterval,
    clopper_pearson,
    clopper_pearson_limits,
    wilson,
    wilson_limits,
)

INTERVALS: list[ProportionInterval] = [
    wilson, clopper_pearson, wilson_corrected, mid_p, jeffreys, logit,
]  # fmt: skip
COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

# Newcombe, Stat Med 1998;17:857, Table I: hits, n, Wilson (method 3), Clopper-Pearson (method 5)
PUBLISHED = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


def limits(found: Estimate) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.requirement("REG-126")
@pytest.mark.parametrize(("hits", "n", "score", "exact"), PUBLISHED)
def test_published_limits_are_met(
    hits: int, n: int, score: tuple[float, float], exact: tuple[float, float]
) -> None:
    assert limits(wilson("share", hits, n)) == pytest.approx(score, abs=5.1e-5)
    assert limits(clopper_pearson("share", hits, n)) == pytest.approx(exact, abs=5.1e-5)


@pytest.mark.requirement("REG-126")
@given(counts=COUNTS)
def test_limits_agree_with_scipy_and_statsmodels(counts: tuple[int, int]) -> None:
    from scipy.stats import binomtest
    from statsmodels.stats.proportion import proportion_confint

    hits, n = counts
    test = binomtest(hits, n)
    for interval, method in (
        (wilson, "wilson"), (wilson_corrected, "wilsoncc"), (clopper_pearson, "exact"),
    ):  # fmt: skip
        theirs = test.proportion_ci(method=method)
        assert limits(interval("share", hits, n)) == pytest.approx(
            (theirs.low, theirs.high), abs=1e-9
        )
    theirs = proportion_confint(hits, n, method="jeffreys")
    assert tuple(map(float, jeffreys_limits(hits, n))) == pytest.approx(theirs, abs=1e-9)


@given(counts=COUNTS, level=st.floats(0.5, 0.99))
def test_mid_p_limits_leave_half_the_tails_by_definition(
    counts: tuple[int, int], level: float
) -> None:
    from scipy.stats import binom

    hits, n = counts
    low, high = limits(mid_p("share", hits, n, level=level))
    for p, tail in ((low, binom.sf(hits, n, low)), (high, binom.cdf(hits - 1, n, high))):
        if 0.0 < p < 1.0:
            half = tail + 0.5 * binom.pmf(hits, n, p)
            assert half == pytest.approx((1 - level) / 2, abs=1e-7)


@given(hits=st.integers(1, 500), misses=st.integers(1, 500))
def test_logit_limits_are_the_logistic_regression_of_a_constant(hits: int, misses: int) -> None:
    low, high = limits(logit("share", hits, hits + misses))
    half = 1.959964 * (1 / hits + 1 / misses) ** 0.5
    odds = np.log(hits / misses)
    assert np.log(low / (1 - low)) == pytest.approx(odds - half, abs=1e-5)
    assert np.log(high / (1 - high)) == pytest.approx(odds + half, abs=1e-5)


def test_many_shares_at_once_are_the_single_ones() -> None:
    hits, n = np.array([0, 3, 20]), np.array([7, 9, 20])
    for many, one in (
        (wilson_corrected_limits, wilson_corrected), (mid_p_limits, mid_p), (logit_limits, logit),
    ):  # fmt: skip
        for i, (low, high) in enumerate(zip(*many(hits, n), strict=True)):
            assert (low, high) == limits(one("share", int(hits[i]), int(n[i])))


@pytest.mark.parametrize("interval", INTERVALS)
@given(counts=COUNTS, level=st.floats(0.5, 0.999))
def test_limits_hold_the_share_stay_in_bounds_and_never_close(
    interval: ProportionInterval, counts: tuple[int, int], level: float
) -> None:
    found = interval("share", *counts, level=level)
    low, high = limits(found)
    assert found.value is not None
    assert 0.0 <= low <= found.value + 1e-12
    assert found.value - 1e-12 <= high <= 1.0
    assert high > low


@pytest.mark.parametrize("interval", INTERVALS)
@given(counts=COUNTS)
def test_misses_mirror_hits(interval: ProportionInterval, counts: tuple[int, int]) -> None:
    hits, n = counts
    low, high = limits(interval("share", hits, n))
    mirrored = limits(interval("share", n - hits, n))
    assert mirrored == pytest.approx((1.0 - high, 1.0 - low), abs=1e-9)


@pytest.mark.parametrize("interval", INTERVALS)
def test_no_study_gives_a_reason_and_impossible_counts_are_refused(
    interval: ProportionInterval,
) -> None:
    assert interval("share", 0, 0).reason == "no study to count"
    with pytest.raises(ValueError, match="3 hits out of 2"):
        interval("share", 3, 2)
    with pytest.raises(ValueError, match="level"):
        interval("share", 1, 2, level=95.0)


@pytest.mark.parametrize("counts", [(6, 5), (-1, 5), (0, 0), (np.nan, 5), (1, np.inf), ([1, 9], 5)])
@pytest.mark.parametrize(
    "of", [wilson_limits, clopper_pearson_limits, wilson_corrected_limits, mid_p_limits,
           jeffreys_limits, logit_limits, wald_limits],
)  # fmt: skip
def test_no_method_gives_limits_of_impossible_counts(
    of: Callable[..., object], counts: tuple[object, object]
) -> None:
    with pytest.raises(ValueError, match="is impossible"):
        of(*counts)


@given(size=st.floats(1e-3, 1e6), share=st.floats(0.0, 1.0))
def test_what_rounding_left_outside_is_no_impossible_count(size: float, share: float) -> None:
    low, high = wilson_limits(share * size * (1.0 + 1e-13), size)
    assert 0.0 <= low <= high <= 1.0
