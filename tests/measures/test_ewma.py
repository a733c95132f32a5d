"""An average that forgets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.ewma import ewma, ewma_delay, ewma_limit, ewma_run_length
from measures.shewhart import shewhart_run_length


@given(st.floats(0.02, 1.0), st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_the_average_stays_between_the_points_and_the_start(weight: float, x: list[float]) -> None:
    levels = ewma(x, weight=weight)
    assert levels.max() <= max(0.0, *x) + 1e-12
    assert levels.min() >= min(0.0, *x) - 1e-12


def test_with_weight_one_it_is_a_shewhart_chart() -> None:
    assert ewma([1.0, -2.0], weight=1.0).tolist() == [1.0, -2.0]
    for shift in (0.0, 1.0):
        found = ewma_run_length(1.0, 3.0, shift=shift)
        assert found == pytest.approx(shewhart_run_length(3.0, shift=shift), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.02, 1.0), st.floats(20.0, 5000.0))
def test_the_limit_for_a_run_length_has_that_run_length(weight: float, wanted: float) -> None:
    found = ewma_run_length(weight, ewma_limit(weight, run_length=wanted))
    assert found == pytest.approx(wanted, rel=1e-6)


def test_a_narrow_step_is_resolved() -> None:
    """By the integrated law of the average: steps of 1 % of its SD, checked by simulation."""
    rng, edge = np.random.default_rng(3), 1.5 * np.sqrt(0.01 / 1.99)
    level, lengths = np.zeros(4000), []
    for point in range(1, 20_000):
        level = 0.99 * level + 0.01 * rng.standard_normal(len(level))
        out = np.abs(level) > edge
        lengths += [point] * int(out.sum())
        level = level[~out]
    assert ewma_run_length(0.01, 1.5) == pytest.approx(np.mean(lengths), rel=0.05)


def test_the_delay_after_quiet_days_is_a_little_shorter_than_from_the_start() -> None:
    delay = ewma_delay(0.1, 2.814, shift=1.0)
    assert 0.9 < delay / ewma_run_length(0.1, 2.814, shift=1.0) < 1.0


def test_a_run_length_beyond_what_is_resolved_is_refused_not_guessed() -> None:
    with pytest.raises(ValueError, match="lower limit"):
        ewma_run_length(0.1, 9.0)
