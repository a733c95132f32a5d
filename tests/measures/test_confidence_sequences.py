"""Intervals that may be read every day."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.confidence_sequences import (
    bernoulli_confidence_sequence,
    bounded_mean_confidence_sequence,
    bounded_mean_limits,
    mixture_rho,
    normal_mean_confidence_sequence,
    normal_mixture_bound,
)
from measures.proportions import wilson


@settings(deadline=None)
@given(st.integers(1, 300), st.floats(0.0, 1.0), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_interval_of_a_share_holds_it_and_is_mirrored_for_its_complement(
    n: int, share: float, alpha: float
) -> None:
    x = round(share * n)
    found = bernoulli_confidence_sequence("share", x, n, alpha=alpha)
    other = bernoulli_confidence_sequence("share", n - x, n, alpha=alpha)
    assert found.low is not None and found.high is not None
    assert 0.0 <= found.low <= x / n <= found.high <= 1.0
    assert (other.low, other.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-6)


def test_looking_every_day_costs_width() -> None:
    once = wilson("share", 80, 100)
    always = bernoulli_confidence_sequence("share", 80, 100)
    assert None not in (always.low, always.high, once.low, once.high)
    assert always.high - always.low > once.high - once.low  # type: ignore[operator]


def test_no_case_is_not_estimable_rather_than_zero() -> None:
    assert not bernoulli_confidence_sequence("sensitivity", 0, 0).estimable
    assert not normal_mean_confidence_sequence("minutes", [], sd=1.0).estimable
    assert not bounded_mean_confidence_sequence("Dice", []).estimable


def test_all_right_and_all_wrong_keep_the_value_inside_the_interval() -> None:
    for successes in (0, 400):
        found = bernoulli_confidence_sequence("share", successes, 400)
        assert found.low is not None and found.high is not None and found.value is not None
        assert found.low <= found.value <= found.high
        assert found.high - found.low < 0.05


def test_the_interval_of_a_share_holds_at_every_look_at_once() -> None:
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(150):
        right = np.cumsum(rng.random(300) < 0.85)
        sizes = (10, 40, 150, 300)
        looks = [bernoulli_confidence_sequence("s", int(right[n - 1]), n) for n in sizes]
        missed += any(not (e.low or 0.0) <= 0.85 <= (e.high or 1.0) for e in looks)
    assert missed / 150 <= 0.05


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60), st.floats(1.0, 50.0))
def test_limits_of_a_bounded_mean_scale_with_the_unit_and_mirror(
    x: list[float], unit: float
) -> None:
    low, high = bounded_mean_limits(x)
    assert ((low >= 0.0) & (low <= high) & (high <= 1.0)).all()
    scaled = bounded_mean_limits(unit * np.array(x), high=unit)
    assert scaled[0] == pytest.approx(unit * low, abs=1e-9)
    mirrored = bounded_mean_limits(1.0 - np.array(x))
    assert mirrored[0] == pytest.approx(1.0 - high, abs=1e-9)


def test_limits_after_each_value_do_not_know_the_later_ones() -> None:
    x = np.random.default_rng(1).beta(8, 2, 90)
    assert bounded_mean_limits(x[:40])[0] == pytest.approx(bounded_mean_limits(x)[0][:40])


def test_a_mean_of_little_spread_has_a_narrower_interval_than_a_share() -> None:
    dice = bounded_mean_confidence_sequence("Dice", [0.84, 0.86] * 300)
    yes_no = bounded_mean_confidence_sequence("share", ([1.0] * 17 + [0.0] * 3) * 30)
    assert dice.high - dice.low < 0.3 * (yes_no.high - yes_no.low)  # type: ignore[operator]


@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4), st.sampled_from([0.01, 0.05]))
def test_the_normal_bound_is_tightest_where_it_was_tuned(
    v: float, v_opt: float, alpha: float
) -> None:
    tuned = normal_mixture_bound(v, alpha=alpha, v_opt=v)
    assert normal_mixture_bound(v, alpha=alpha, v_opt=v_opt) >= tuned * (1.0 - 1e-3)
    assert normal_mixture_bound(v, alpha=alpha, v_opt=v_opt, sides=1) < normal_mixture_bound(
        v, alpha=alpha, v_opt=v_opt
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: mixture_rho(nan, alpha=0.05),
        lambda: mixture_rho(100.0, alpha=1.0),
        lambda: normal_mixture_bound(0.0, alpha=0.05, v_opt=1.0),
        lambda: normal_mixture_bound(1.0, alpha=0.05, v_opt=inf),
        lambda: normal_mixture_bound(1.0, alpha=0.05, v_opt=1.0, sides=3),
        lambda: bernoulli_confidence_sequence("s", 3, 2),
        lambda: bernoulli_confidence_sequence("s", 1, 2, alpha=0.0),
        lambda: normal_mean_confidence_sequence("m", [1.0, nan], sd=1.0),
        lambda: normal_mean_confidence_sequence("m", [1.0], sd=0.0),
        lambda: bounded_mean_confidence_sequence("m", [1.5]),
        lambda: bounded_mean_confidence_sequence("m", [nan]),
        lambda: bounded_mean_limits([]),
        lambda: bounded_mean_limits([0.5], low=1.0, high=1.0),
    ],
)
def test_what_cannot_be_bounded_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call()
