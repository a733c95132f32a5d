from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures import balanced, binary, predictive_values
from measures.estimate import Estimate
from measures.threshold_table import threshold_table
from tests.measures.columns import Column, truth_and_score


def single(name: str) -> Callable[..., Estimate]:
    homes: list[Any] = [binary, balanced, predictive_values]
    found: Callable[..., Estimate] = next(
        getattr(home, name) for home in homes if hasattr(home, name)
    )
    return found


@given(
    columns=truth_and_score(smallest=1),
    cuts=st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=6),
)
def test_each_row_is_what_the_single_functions_say_of_that_decision(
    columns: tuple[Column, Column], cuts: list[float]
) -> None:
    truth, score = columns
    table = threshold_table(truth, score, cuts, level=0.9)
    for row, cut in enumerate(cuts):
        decision = (score >= cut).astype(float)
        counts = (
            table.true_positive[row], table.false_positive[row],
            table.false_negative[row], table.true_negative[row],
        )  # fmt: skip
        assert counts == binary.two_by_two(truth, decision).counts
        for name in table.measures:
            found = single(name)(truth, decision, level=0.9)
            of = table.measures[name]
            if found.value is None:
                assert not np.isfinite(of.value[row])
            else:
                assert (of.value[row], of.low[row], of.high[row]) == pytest.approx(
                    (found.value, found.low, found.high), abs=1e-12
                )


def test_without_thresholds_every_distinct_score_is_a_row() -> None:
    table = threshold_table([1, 0, 1, 0], [0.2, 0.2, 0.9, 0.1])
    assert table.threshold.tolist() == [0.9, 0.2, 0.1]
    assert table.true_positive.tolist() == [1, 2, 2]


def test_nothing_to_cut_or_no_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="no study"):
        threshold_table([], [])
    with pytest.raises(ValueError, match="thresholds: none"):
        threshold_table([1, 0], [0.1, 0.2], [])
    with pytest.raises(ValueError, match="thresholds: 1 of 1"):
        threshold_table([1, 0], [0.1, 0.2], [np.inf])
