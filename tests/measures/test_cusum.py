"""Sums, run lengths and delays of the CUSUM."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.cusum import (
    cusum,
    cusum_allowance,
    cusum_delay,
    cusum_limit,
    cusum_run_length,
    one_sided_lengths,
)

# Lucas & Crosier 1982, two-sided, k 0.5, headstart half of h, three digits; recalled, not re-read
FIR = {
    5.0: {0.0: 430.0, 0.25: 122.0, 0.5: 28.7, 0.75: 11.2, 1.0: 6.35, 1.5: 3.37, 2.0: 2.36},
    4.0: {0.0: 149.0, 0.25: 62.7, 0.5: 20.1, 0.75: 8.97, 1.0: 5.29, 1.5: 2.86, 2.0: 2.01},
}


@pytest.mark.parametrize("limit", FIR)
def test_run_lengths_from_a_headstart_are_the_printed_ones(limit: float) -> None:
    for shift, printed in FIR[limit].items():
        found = cusum_run_length(0.5, limit, shift=shift, headstart=limit / 2.0)
        assert found == pytest.approx(printed, rel=4e-3)


def test_a_headstart_signals_sooner_and_is_refused_beyond_its_reach() -> None:
    points = [0.9] * 12
    plain, ahead = (cusum(points, allowance=0.5, limit=4.0, headstart=one) for one in (0.0, 2.0))
    assert plain.first_signal == 10
    assert ahead.first_signal == 5
    assert cusum_run_length(0.5, 4.0, headstart=0.0) == cusum_run_length(0.5, 4.0)
    assert cusum_run_length(0.5, 4.0, sides=1, headstart=3.9) < cusum_run_length(0.5, 4.0, sides=1)
    with pytest.raises(ValueError, match="headstart"):
        cusum_run_length(0.5, 4.0, headstart=3.0)
    with pytest.raises(ValueError, match="headstart"):
        cusum(points, allowance=0.5, limit=4.0, headstart=4.5)


allowances, limits = st.floats(0.0, 1.5), st.floats(0.1, 8.0)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), allowances)
def test_sums_equal_their_closed_form(x: list[float], allowance: float) -> None:
    found = cusum(x, allowance=allowance, limit=1e9)
    for arm, points in ((found.high, np.array(x)), (found.low, -np.array(x))):
        total = np.cumsum(points - allowance)
        lowest = np.minimum(np.minimum.accumulate(total), 0.0)
        assert arm == pytest.approx(total - lowest, abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), allowances, limits)
def test_a_fall_mirrors_a_rise(x: list[float], allowance: float, limit: float) -> None:
    rise = cusum(x, allowance=allowance, limit=limit)
    fall = cusum(-np.array(x), allowance=allowance, limit=limit)
    assert rise.high.tolist() == fall.low.tolist()
    assert rise.first_signal == fall.first_signal


@settings(deadline=None)
@given(allowances, limits, st.floats(0.0, 3.0))
def test_run_lengths_grow_with_limit_and_allowance_and_fall_with_the_shift(
    allowance: float, limit: float, shift: float
) -> None:
    here = cusum_run_length(allowance, limit, shift=shift)
    assert here >= 1.0
    assert cusum_run_length(allowance, limit + 0.1, shift=shift) > here
    assert cusum_run_length(allowance + 0.1, limit, shift=shift) > here
    assert cusum_run_length(allowance, limit, shift=shift + 0.1) < here
    assert cusum_run_length(allowance, limit, shift=-shift) == pytest.approx(here, rel=1e-9)


@settings(deadline=None)
@given(allowances, limits)
def test_watching_both_sides_halves_the_run_length_in_control(k: float, h: float) -> None:
    assert cusum_run_length(k, h, sides=1) == pytest.approx(2.0 * cusum_run_length(k, h), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 1.0), st.floats(20.0, 2000.0), st.sampled_from([1, 2]))
def test_limit_and_allowance_undo_the_run_length(k: float, wanted: float, sides: int) -> None:
    limit = cusum_limit(k, run_length=wanted, sides=sides)
    assert cusum_run_length(k, limit, sides=sides) == pytest.approx(wanted, rel=1e-6)
    found = cusum_allowance(limit, run_length=wanted, sides=sides)
    assert found == pytest.approx(k, abs=1e-6)


@pytest.mark.parametrize(("k", "h"), [(0.5, 0.01), (0.5, 4.0), (0.25, 20.0), (1.0, 14.0), (0.0, 9)])
def test_more_nodes_change_nothing_even_where_a_run_lasts_for_ever(k: float, h: float) -> None:
    fine = one_sided_lengths(k, h, 0.0, nodes=400)[0]
    assert one_sided_lengths(k, h, 0.0)[0] == pytest.approx(fine, rel=1e-10)


def test_long_run_lengths_follow_the_exponential_law_of_the_limit() -> None:
    ratio = cusum_run_length(1.0, 15.0) / cusum_run_length(1.0, 14.0)
    assert ratio == pytest.approx(np.exp(2.0), rel=1e-8)


def test_many_charts_are_solved_as_each_alone() -> None:
    together = one_sided_lengths([0.5, 0.3], [4.0, 2.0], [0.0, 0.7])[:, 0]
    alone = [one_sided_lengths(0.5, 4.0, 0.0)[0], one_sided_lengths(0.3, 2.0, 0.7)[0]]
    assert together == pytest.approx(alone, rel=1e-12)


def test_the_delay_after_a_long_quiet_run_agrees_with_simulation() -> None:
    assert cusum_delay(0.6568, 4.0, shift=0.3) == pytest.approx(_simulated_delay(0.3), rel=0.015)


def test_the_markov_chain_comes_to_the_same_delay_as_its_cells_grow_smaller() -> None:
    exact = cusum_delay(0.2996, 4.0, shift=0.3)
    off = [abs(cusum_delay(0.2996, 4.0, shift=0.3, cells=n) - exact) for n in (8, 16, 24)]
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.01 * exact


def test_a_flat_series_never_signals() -> None:
    flat = cusum(np.zeros(50), allowance=0.5, limit=1.0)
    assert (flat.first_signal, flat.direction, flat.onset) == (None, "", None)


def test_sides_and_cells_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="sides"):
        cusum_run_length(0.5, 4.0, sides=3)
    with pytest.raises(ValueError, match="cells"):
        cusum_delay(0.5, 4.0, shift=1.0, cells=1)


def _simulated_delay(shift: float, charts: int = 40_000) -> float:
    rng = np.random.default_rng(9)
    high, low = np.zeros(charts), np.zeros(charts)
    delay, quiet = 0.0, 0
    for day in range(1, 3000):
        moved = shift if day > 60 else 0.0
        draw = rng.standard_normal(len(high)) + moved
        high, low = np.maximum(high + draw - 0.6568, 0), np.maximum(low - draw - 0.6568, 0)
        kept = (high <= 4.0) & (low <= 4.0)
        if day == 61:
            quiet = len(high)
        delay += (day - 60) * float((~kept).sum()) if day > 60 else 0.0
        high, low = high[kept], low[kept]
    return delay / quiet
