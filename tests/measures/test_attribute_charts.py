"""Charts of counts, with limits that move with the day's size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.attribute_charts import (
    p_chart,
    p_chart_limit,
    p_chart_run_length,
    u_chart,
    u_chart_limit,
    u_chart_run_length,
)
from measures.shewhart import shewhart_run_length

shares, sizes = st.floats(0.02, 0.98), st.integers(5, 400)


@settings(max_examples=40, deadline=None)
@given(shares, sizes, st.floats(1.0, 4.0))
def test_a_p_chart_signals_for_exactly_the_counts_its_run_length_sums(
    share: float, n: int, limit: float
) -> None:
    from scipy.stats import binom

    counts = np.arange(n + 1)
    chart = p_chart(counts, np.full(n + 1, n), share=share, limit=limit)
    chance = binom.pmf(counts, n, share)[chart.beyond].sum()
    found = p_chart_run_length(share, n, limit)
    assert (found == np.inf and chance < 1e-300) or found * chance == pytest.approx(1.0, rel=1e-6)
    assert (chart.low >= 0.0).all() and (chart.high <= 1.0).all()


@settings(deadline=None)
@given(shares, sizes, st.floats(10.0, 2000.0))
def test_the_least_p_limit_keeps_the_run_length_and_a_lesser_one_does_not(
    share: float, n: int, wanted: float
) -> None:
    limit = p_chart_limit(share, n, run_length=wanted)
    assert p_chart_run_length(share, n, limit) >= wanted * (1 - 1e-9)
    if limit > 1e-9:
        assert p_chart_run_length(share, n, limit * (1 - 1e-9)) < wanted * (1 + 1e-9)


@settings(deadline=None)
@given(st.floats(0.5, 50.0), st.floats(10.0, 2000.0))
def test_the_least_u_limit_keeps_the_run_length(rate: float, wanted: float) -> None:
    limit = u_chart_limit(rate, 1.0, run_length=wanted)
    assert u_chart_run_length(rate, 1.0, limit) >= wanted * (1 - 1e-9)
    assert u_chart_run_length(rate, 1.0, limit * (1 - 1e-9)) < wanted * (1 + 1e-9)


def test_many_studies_come_to_the_normal_run_length() -> None:
    normal = shewhart_run_length(3.0)
    assert p_chart_run_length(0.5, 10**6, 3.0) == pytest.approx(normal, rel=0.02)
    assert u_chart_run_length(10**6, 1.0, 3.0) == pytest.approx(normal, rel=0.02)


def test_a_change_is_found_sooner_and_exposure_counts() -> None:
    quiet = p_chart_run_length(0.1, 50, 3.0)
    assert p_chart_run_length(0.1, 50, 3.0, true_share=0.2) < quiet / 10
    assert u_chart_run_length(4.0, 1.0, 3.0, true_rate=8.0) < u_chart_run_length(4.0, 1.0, 3.0) / 10
    assert u_chart_run_length(2.0, 2.0, 3.0) == u_chart_run_length(4.0, 1.0, 3.0)


def test_days_of_different_size_have_limits_of_their_own() -> None:
    chart = p_chart([3, 30], [10, 100], share=0.1, limit=3.0)
    assert chart.beyond.tolist() == [False, True]
    assert chart.high[0] > chart.high[1]


@pytest.mark.parametrize(
    ("events", "studies", "reason"),
    [([1], [0], "at least one study"), ([5], [3], "no more events"), ([-1], [3], "whole numbers"),
     ([0.5], [3], "whole numbers"), ([1, 2], [3], "one entry per study")],
)  # fmt: skip
def test_counts_that_cannot_be_are_refused(
    events: list[int], studies: list[int], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        p_chart(events, studies, share=0.1, limit=3.0)


def test_exposure_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="exposure"):
        u_chart([1, 1], [1.0, 0.0], rate=4.0, limit=3.0)
