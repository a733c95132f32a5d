"""The time by which it has come, against scipy's Kaplan-Meier; reasons where it cannot be said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from measures.follow_up import event_chance
from measures.waiting_time import waiting_time

WAITS = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(waits=WAITS, share=st.sampled_from([0.5, 0.9]))
def test_the_value_is_scipys_quantile_and_the_limits_hold_it(
    waits: list[tuple[int, bool]], share: float
) -> None:
    time, came = np.array([one[0] for one in waits]), np.array([one[1] for one in waits])
    found = waiting_time(time, came, share=share)
    curve = stats.ecdf(stats.CensoredData.right_censored(time, ~came)).cdf
    reached = curve.quantiles[curve.probabilities >= share - 1e-9]
    if found.value is None:
        assert "it has come for" in found.reason
        return
    assert found.value == reached[0]
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    at_low = event_chance(time, came, horizon=found.low)
    assert at_low.high is None or at_low.high >= share


def test_of_all_that_came_it_is_the_order_statistic_and_too_few_is_a_reason() -> None:
    assert waiting_time(range(1, 102), [1] * 101).value == 51
    assert waiting_time([], []).reason == "no study"
    assert "too few to say when at the latest" in waiting_time([1, 2, 5], [1, 1, 0]).reason
    assert "fewer than 90 %" in waiting_time([1, 2, 5], [1, 1, 0], share=0.9).reason
    with pytest.raises(ValueError, match="share"):
        waiting_time([1], [1], share=1.0)


def test_the_interval_covers_the_median_where_a_third_still_waits() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        wait, seen = rng.exponential(10, 80), rng.uniform(5, 40, 80)
        found = waiting_time(np.minimum(wait, seen), wait <= seen)
        covered += (
            found.low is not None and found.high is not None
            and found.low <= 10 * np.log(2) <= found.high
        )
    assert covered >= 180
