"""Ratios of rates: exact limits against scipy's own exact tests, and Holm's levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, poisson_means_test

from measures.event_excess import conditional_excess
from measures.multiplicity import holm, holm_levels
from measures.rate_ratio import counted_rate_ratio, fixed_rate_ratio


@pytest.mark.requirement("REG-126")
@pytest.mark.parametrize(("events", "before"), [(0, 4), (3, 1), (18, 100), (40, 7)])
def test_limits_of_a_ratio_are_those_of_the_binomial_share(events: int, before: int) -> None:
    found = counted_rate_ratio("ratio", events, 50_000, before, 500_000)
    theirs = binomtest(events, events + before).proportion_ci(method="exact")
    low, high = (10 * one / (1 - one) for one in (theirs.low, theirs.high))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.value == pytest.approx(10 * events / before)


@pytest.mark.parametrize("events", [0, 1, 18])
def test_limits_over_a_known_rate_are_garwoods(events: int) -> None:
    found = fixed_rate_ratio("ratio", events, 50_000, 0.0002)
    low = chi2.ppf(0.025, 2 * events) / 20 if events else 0.0
    assert (found.low, found.high) == pytest.approx(
        (low, chi2.ppf(0.975, 2 * events + 2) / 20), rel=1e-9
    )


@pytest.mark.parametrize(("events", "before"), [(8, 3), (12, 4), (25, 10)])
def test_scipys_unconditional_test_agrees_nearly(events: int, before: int) -> None:
    """The E-test is less conservative than the exact conditional one, and never by much here."""
    ours = conditional_excess(events, 100.0, before, 100.0).p_value
    theirs = poisson_means_test(events, 100.0, before, 100.0, alternative="greater").pvalue
    assert ours is not None
    assert theirs <= ours < 2.5 * theirs


def test_a_ratio_that_cannot_be_told_says_why() -> None:
    assert counted_rate_ratio("r", 3, 10, 0, 10).reason == "no event was counted before"
    assert counted_rate_ratio("r", 3, 0, 1, 10).reason == "there was no exposure"
    assert not fixed_rate_ratio("r", 0, 0, 0.1).estimable
    for wrong in (lambda: fixed_rate_ratio("r", 1, 1, 0.0),
                  lambda: counted_rate_ratio("r", -1, 1, 1, 1)):  # fmt: skip
        with pytest.raises(ValueError, match="r: "):
            wrong()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.2))
def test_a_question_is_answered_at_its_level_where_holm_answers_it(
    p_values: list[float], alpha: float
) -> None:
    at_level = np.asarray(p_values) <= holm_levels(p_values, alpha)
    by_holm = holm(p_values) <= alpha * (1 + 1e-12)
    near = np.isclose(holm(p_values), alpha, rtol=1e-9)
    assert ((at_level == by_holm) | near).all()


def test_levels_need_an_alpha() -> None:
    with pytest.raises(ValueError, match="alpha"):
        holm_levels([0.1], 1.0)
