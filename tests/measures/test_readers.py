"""Readings go in as rows and come out as a block, or are refused by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.readers import Readings, gather_readings, mean_over_readers
from tests.measures.reader_studies import reader_studies, rows, simulated


@given(block=reader_studies(), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(block: Readings, seed: int) -> None:
    table = rows(block)
    order = np.random.default_rng(seed).permutation(len(table["rating"]))
    shuffled = {name: [column[i] for i in order] for name, column in table.items()}
    one, two = gather_readings(**table), gather_readings(**shuffled)  # type: ignore[arg-type]
    assert one.arms == two.arms == block.arms
    assert np.array_equal(one.ratings, two.ratings, equal_nan=True)
    assert np.array_equal(one.diseased, two.diseased)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rating": [math.nan, 1, 1, 1]}, "rating: 1 of 4"),
        ({"rating": [math.inf, 1, 1, 1]}, "rating: 1 of 4"),
        ({"truth": [2, 0, 1, 0]}, "truth: entries must be 0 or 1"),
        ({"truth": [1, 0, 0, 0]}, "both diseased and healthy"),
        ({"reader": ["a", "a", None, "b"]}, "reader: an entry is missing"),
        ({"study": ["s", "t", "", "t"]}, "study: an entry is missing"),
        ({"study": ["s", "s", "s", "t"], "truth": [1, 1, 1, 0]}, "read a study twice"),
        ({"reader": ["a"]}, "has"),
        ({"arm": ["x"]}, "has"),
    ],
)
def test_malformed_readings_are_refused_by_name(changed: dict[str, Any], words: str) -> None:
    table: dict[str, Any] = {
        "reader": ["a", "a", "b", "b"], "study": ["s", "t", "s", "t"], "truth": [1, 0, 1, 0],
        "rating": [3, 1, 2, 2],
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        gather_readings(**(table | changed))


def test_no_reading_is_refused() -> None:
    with pytest.raises(ValueError, match="no reading"):
        gather_readings([], [], [], [])


def test_an_unknown_arm_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="aided, alone"):
        simulated(1).position("film")
    with pytest.raises(ValueError, match="aided, alone"):
        simulated(1).position(None)


@pytest.mark.parametrize(("variance", "words"), [(-0.1, "negative"), (0.0, "zero")])
def test_without_a_variance_there_is_a_value_but_no_interval(variance: float, words: str) -> None:
    found = mean_over_readers("auc", 0.8, variance, 5.0, readers=4, n=9, method="t", null=0.5)
    assert not found.estimate.estimable
    assert words in found.estimate.reason
    assert (found.value, found.se, found.p_value) == (0.8, None, None)
    with pytest.raises(ValueError, match="no limits"):
        found.limits()
    with pytest.raises(ValueError, match="nothing is tested"):
        found.p_with(math.inf)


@given(value=st.floats(0.01, 0.99), variance=st.floats(1e-8, 0.2), level=st.floats(0.5, 0.99))
def test_limits_lie_within_the_bounds_around_the_value(
    value: float, variance: float, level: float
) -> None:
    found = mean_over_readers("auc", value, variance, 5, readers=4, n=9, method="t", level=level)
    low, high = found.estimate.low, found.estimate.high
    assert low is not None
    assert high is not None
    assert 0.0 <= low <= value <= high <= 1.0
    plain = found.limits(level=level)
    assert plain[0] + plain[1] == pytest.approx(2 * value)
