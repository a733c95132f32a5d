"""Windows against a reference: bounds that hold, beside SciPy's exact tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.roc import placements
from measures.window_tests import (
    area_fall,
    exact_share_limits,
    findable_distance,
    findable_share_change,
    knots_distance,
    knots_of,
    window_distance_limit,
    window_distance_p,
)

numbers = st.lists(st.integers(-5, 5).map(float) | st.just(float("nan")), min_size=1, max_size=40)


@given(numbers, numbers)
def test_the_distance_is_the_largest_at_any_value_while_every_value_is_kept(
    before: list[float], now: list[float]
) -> None:
    one, two = (np.array([x for x in side if x == x]) for side in (before, now))
    if not len(one) or not len(two):
        with pytest.raises(ValueError, match="nothing to compare"):
            knots_distance(knots_of(before), now)
        return
    found, _ = knots_distance(knots_of(before), now)
    largest = max(abs((one <= x).mean() - (two <= x).mean()) for x in [*one, *two])
    assert abs(found) == pytest.approx(largest)


def test_few_knots_see_a_little_less_and_never_more() -> None:
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(1)
    for shift in (0.0, 0.1, 3.0, -9.0):
        before, now = rng.normal(size=5000), rng.normal(shift, 1.0, 700)
        whole = ks_2samp(before, now, method="asymp").statistic
        found, _ = knots_distance(knots_of(before, most=500), now)
        assert whole - 0.0041 <= abs(found) <= whole + 1e-12


@pytest.mark.parametrize(("n", "m"), [(30, 30), (200, 30), (500, 210), (80, 79)])
def test_the_bound_is_never_below_the_exact_law(n: int, m: int) -> None:
    from scipy.stats import ks_2samp

    for moved in range(1, n // 2, max(n // 15, 1)):
        before, now = np.arange(n, dtype=float), np.linspace(0, n - 1, m) + moved + 0.5
        exact = ks_2samp(before, now, method="exact")
        assert window_distance_p(float(exact.statistic), n, m) >= exact.pvalue * (1 - 1e-9)


def test_a_sentinel_in_the_reference_hides_nothing() -> None:
    rng = np.random.default_rng(2)
    clean, now = rng.normal(size=50_000), rng.normal(0.5, 1.0, 5000)
    dirty = np.append(clean, 999_999.0)
    one, other = (knots_distance(knots_of(side), now)[0] for side in (clean, dirty))
    assert one == pytest.approx(other, abs=0.002)
    assert one == pytest.approx(0.197, abs=0.02)


@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.2, 0.05, 0.001]))
def test_share_limits_are_fishers(hits: int, seen: int, alpha: float) -> None:
    from scipy.stats import hypergeom

    n, m = 60, 40
    found = exact_share_limits(hits, n, seen, m, alpha=alpha)
    law = hypergeom(n + m, hits + seen, m)
    assert law.cdf(found.low) <= alpha / 2 + 1e-12 or found.low == -1
    assert law.sf(found.high - 1) <= alpha / 2 + 1e-12
    assert law.cdf(found.low + 1) > alpha / 2 - 1e-12
    assert law.sf(found.high - 2) > alpha / 2 - 1e-12


def test_limits_swap_with_the_mark_and_hold_at_a_million() -> None:
    one = exact_share_limits(300, 1000, 40, 100, alpha=0.01)
    other = exact_share_limits(700, 1000, 60, 100, alpha=0.01)
    assert (100 - one.low, 100 - one.high) == (other.high, other.low)
    many = exact_share_limits(300_000, 1_000_000, 300_000, 1_000_000, alpha=0.0001)
    assert many.high - 300_000 == pytest.approx(3.89 * np.sqrt(0.3 * 0.7 * 1e6 / 2), rel=0.01)


def test_what_could_have_been_seen_is_seen_that_often() -> None:
    rng = np.random.default_rng(3)
    n, m, alpha = 4000, 300, 0.001
    shift = findable_distance(n, m, alpha=alpha)
    limit = window_distance_limit(n, m, alpha=alpha)
    seen = 0
    for _ in range(200):  # a share of the studies moves beyond all others: distance = that share
        now = np.where(rng.random(m) < shift, 9.0, rng.normal(size=m))
        seen += abs(knots_distance(knots_of(rng.normal(size=n)), now)[0]) >= limit
    assert seen >= 150
    change = findable_share_change(0.2, n, m, alpha=alpha)
    found = 0
    for _ in range(400):
        hits, now_hits = int(rng.binomial(n, 0.2)), int(rng.binomial(m, 0.2 + change))
        found += now_hits >= exact_share_limits(hits, n, now_hits, m, alpha=alpha).high
    assert 0.7 <= found / 400 <= 0.92


def test_an_area_falls_at_the_stated_rate_even_with_few_cases() -> None:
    rng = np.random.default_rng(4)
    alpha, wrong, repeats = 0.02, 0, 600
    for _ in range(repeats):
        truth = np.repeat([1, 0], [400, 1200])
        first = placements(truth, rng.normal(size=1600) + 1.5 * truth)
        few = np.repeat([1, 0], [30, 90])
        now = placements(few, rng.normal(size=120) + 1.5 * few)
        fall = area_fall((first.area, first.variance), now.variance, studies=30, alpha=alpha)
        wrong += now.area <= fall.limit
    assert wrong / repeats <= 0.035


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        knots_of([1.0, float("inf")])
    with pytest.raises(ValueError, match="shape"):
        knots_of([[1.0]])
    with pytest.raises(ValueError, match="nothing to compare"):
        window_distance_p(0.1, 0, 5)
    with pytest.raises(ValueError, match="alpha"):
        window_distance_limit(5, 5, alpha=0.0)
    with pytest.raises(ValueError, match="not counts"):
        exact_share_limits(5, 4, 0, 3, alpha=0.1)
    with pytest.raises(ValueError, match="no fall to judge"):
        area_fall((1.0, 0.0), 0.1, studies=5, alpha=0.1)
