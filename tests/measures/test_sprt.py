"""Wald's test: its bounds, and the errors really made."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.sprt import (
    bernoulli_sprt,
    bernoulli_sprt_performance,
    normal_sprt_performance,
    wald_bounds,
)

ERRORS = {"alpha": 0.05, "beta": 0.1}


@settings(max_examples=10, deadline=None)
@given(st.floats(0.05, 0.4), st.floats(1.5, 3.0), st.floats(0.01, 0.1), st.floats(0.01, 0.1))
def test_the_errors_made_keep_walds_inequalities(
    null: float, ratio: float, alpha: float, beta: float
) -> None:
    rates = {"null": null, "alternative": min(null * ratio, 0.9)}
    wrong = bernoulli_sprt_performance(null, **rates, alpha=alpha, beta=beta)
    right = bernoulli_sprt_performance(rates["alternative"], **rates, alpha=alpha, beta=beta)
    low, high = wald_bounds(alpha=alpha, beta=beta)
    assert wrong.alternative <= np.exp(-high) * right.alternative * (1 + 1e-9)
    assert 1.0 - right.alternative <= np.exp(low) * (1.0 - wrong.alternative) * (1 + 1e-9)
    assert wrong.alternative + (1.0 - right.alternative) <= alpha + beta


def test_cases_agree_with_walds_equation() -> None:
    """Expected ratio at the end = cases x expected step (Wald 1945), for normal values exactly."""
    rng = np.random.default_rng(1)
    low, high = wald_bounds(**ERRORS)
    ratio, ends = np.zeros(30_000), []
    while len(ratio):
        ratio = ratio + 0.5 * rng.standard_normal(len(ratio)) - 0.125
        out = (ratio <= low) | (ratio >= high)
        ends.append(ratio[out])
        ratio = ratio[~out]
    found = normal_sprt_performance(0.0, alternative=0.5, **ERRORS)
    ended = np.concatenate(ends)
    assert found.cases == pytest.approx(ended.mean() / -0.125, rel=0.02)
    assert found.alternative == pytest.approx((ended >= high).mean(), abs=0.004)


def test_a_course_is_the_sum_of_its_steps_and_stops_at_the_first_bound() -> None:
    outcomes = np.random.default_rng(2).random(200) < 0.3
    course = bernoulli_sprt(outcomes, null=0.1, alternative=0.3, **ERRORS)
    steps = np.where(outcomes, log(3.0), log(0.7 / 0.9))
    assert course.ratios == pytest.approx(np.cumsum(steps))
    assert course.decision == "alternative" and course.at is not None
    assert course.ratios[course.at] >= wald_bounds(**ERRORS)[1] > course.ratios[: course.at].max()
    assert bernoulli_sprt([0], null=0.1, alternative=0.3, **ERRORS).decision == ""


def test_a_lower_alternative_mirrors_a_higher_one() -> None:
    up = bernoulli_sprt_performance(0.3, null=0.3, alternative=0.5, **ERRORS)
    down = bernoulli_sprt_performance(0.7, null=0.7, alternative=0.5, **ERRORS)
    assert (up.alternative, up.cases) == pytest.approx((down.alternative, down.cases), rel=1e-9)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, nan, inf])
def test_rates_and_errors_that_cannot_be_are_refused(bad: float) -> None:
    for call in (
        lambda: wald_bounds(alpha=bad, beta=0.1),
        lambda: wald_bounds(alpha=0.6, beta=0.6),
        lambda: bernoulli_sprt([1], null=bad, alternative=0.3, **ERRORS),
        lambda: bernoulli_sprt([1], null=0.3, alternative=0.3, **ERRORS),
        lambda: bernoulli_sprt_performance(0.1, null=0.1, alternative=bad, **ERRORS),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: bernoulli_sprt([], null=0.1, alternative=0.3, **ERRORS),
        lambda: bernoulli_sprt([0, nan], null=0.1, alternative=0.3, **ERRORS),
        lambda: bernoulli_sprt_performance(2.0, null=0.1, alternative=0.3, **ERRORS),
        lambda: normal_sprt_performance(0.0, alternative=0.0, **ERRORS),
        lambda: normal_sprt_performance(nan, alternative=0.5, **ERRORS),
    ],
)
def test_what_cannot_be_tested_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call()
