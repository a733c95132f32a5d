"""A CUSUM whose mean and SD come from its own first days."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.baseline_cusum import (
    baseline_cusum_false_alarms,
    baseline_cusum_limit,
    baseline_cusum_run_length,
    cusum_against_baseline,
)
from measures.cusum import cusum_run_length


@given(
    st.lists(st.integers(0, 100), min_size=4, max_size=30, unique=True),
    st.floats(0.1, 50.0),
    st.floats(-20.0, 20.0),
)
def test_unit_and_origin_of_the_series_do_not_matter(x: list[int], unit: float, at: float) -> None:
    plain = cusum_against_baseline(x, baseline=4, allowance=0.5, limit=3.0)
    moved = cusum_against_baseline(unit * np.array(x) + at, baseline=4, allowance=0.5, limit=3.0)
    assert moved.series.high / unit == pytest.approx(plain.series.high, abs=1e-6)


@pytest.mark.parametrize("sides", [1, 2])
def test_a_huge_baseline_is_as_good_as_known_values(sides: int) -> None:
    found = baseline_cusum_run_length(0.5, 3.0, baseline=10**6, sides=sides)
    assert found == pytest.approx(cusum_run_length(0.5, 3.0, sides=sides), rel=1e-4)


def test_a_baseline_of_30_on_aimcu_settings_gives_mean_42_and_median_25() -> None:
    """As simulated elsewhere with 10,000 charts; known values would give 50."""
    assert baseline_cusum_run_length(0.2996, 4.0, baseline=30) == pytest.approx(42.3, abs=0.2)
    share = baseline_cusum_false_alarms(0.2996, 4.0, baseline=30, points=60)
    assert int(np.argmax(share >= 0.5)) + 1 == 25


def test_the_mean_is_the_sum_of_the_shares_still_quiet() -> None:
    share = baseline_cusum_false_alarms(0.3, 1.0, baseline=40, points=250)
    assert 1.0 + (1.0 - share).sum() == pytest.approx(
        baseline_cusum_run_length(0.3, 1.0, baseline=40), rel=1e-6
    )


def test_shares_rise_with_time_and_with_a_shift() -> None:
    quiet = baseline_cusum_false_alarms(0.5, 4.0, baseline=30, points=40)
    moved = baseline_cusum_false_alarms(0.5, 4.0, baseline=30, points=40, shift=1.0)
    assert (np.diff(quiet) >= 0.0).all()
    assert (moved[3:] > quiet[3:]).all()
    assert quiet[0] >= 0.0
    assert moved[-1] <= 1.0


def test_one_side_signals_less_often_than_two() -> None:
    one = baseline_cusum_false_alarms(0.5, 4.0, baseline=30, points=40, sides=1)
    two = baseline_cusum_false_alarms(0.5, 4.0, baseline=30, points=40)
    assert (one <= two).all()


def test_the_limit_for_a_run_length_has_that_run_length() -> None:
    limit = baseline_cusum_limit(0.5, baseline=50, run_length=200.0)
    assert baseline_cusum_run_length(0.5, limit, baseline=50) == pytest.approx(200.0, rel=1e-6)


def test_where_the_mean_is_infinite_it_is_not_given() -> None:
    with pytest.raises(ValueError, match=r"infinite.*longer baseline"):
        baseline_cusum_run_length(0.5, 8.0, baseline=15)


@pytest.mark.parametrize("baseline", [0, 1, 2])
def test_a_baseline_too_short_is_refused(baseline: int) -> None:
    with pytest.raises(ValueError, match="baseline"):
        baseline_cusum_run_length(0.5, 4.0, baseline=baseline)
    with pytest.raises(ValueError, match="baseline of 9"):
        cusum_against_baseline([1.0, 2.0], baseline=9, allowance=0.5, limit=4.0)
    with pytest.raises(ValueError, match="points"):
        baseline_cusum_false_alarms(0.5, 4.0, baseline=30, points=0)
