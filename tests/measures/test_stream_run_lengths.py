from __future__ import annotations

import numpy as np
import pytest

from measures.hoeffding_streams import HddmW
from measures.page_hinkley import PageHinkley, page_hinkley_run_length
from measures.stream_run_lengths import bernoulli_values, normal_values, simulated_run_length
from measures.streams import ALARM, QUIET


class EveryError:
    binary = True

    def update(self, value: float) -> str:
        return ALARM if value == 1.0 else QUIET


def test_the_mean_of_a_geometric_run_length_lies_in_the_interval() -> None:
    found = simulated_run_length(EveryError, bernoulli_values(0.05), runs=2000, seed=3)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 20.0 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * 19.5 / 2000**0.5, rel=0.1)


def test_page_hinkley_without_forgetting_runs_as_long_as_was_solved() -> None:
    found = simulated_run_length(
        lambda: PageHinkley(delta=0.5, threshold=3.0, alpha=1.0), normal_values(), runs=1000, seed=4
    )
    solved = page_hinkley_run_length(0.5, 3.0)
    assert found.value == pytest.approx(solved, rel=0.1)


def test_the_seed_decides_the_result() -> None:
    one, two, other = (
        simulated_run_length(HddmW, bernoulli_values(0.3), runs=100, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == two
    assert one.value != other.value


def test_runs_without_an_alarm_give_no_mean() -> None:
    found = simulated_run_length(EveryError, bernoulli_values(0.0), runs=100, seed=1, longest=50)
    assert not found.estimable
    assert found.reason.startswith("100 of 100 runs had no alarm within 50 values (cut there")


@pytest.mark.parametrize("rate", [-0.1, 1.1, np.nan])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        bernoulli_values(rate)


def test_too_few_runs_and_no_spread_are_refused() -> None:
    with pytest.raises(ValueError, match="runs"):
        simulated_run_length(HddmW, bernoulli_values(0.1), runs=10, seed=1)
    with pytest.raises(ValueError, match="sd"):
        normal_values(0.0)
