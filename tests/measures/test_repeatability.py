"""Limits of agreement and the repeatability coefficient, with exact intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.repeatability import bland_altman, repeatability

# Bland and Altman 1986: peak flow of 17 subjects by two meters, l/min, first and second readings
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
WRIGHT_AGAIN = [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]


def test_published_limits_of_agreement_are_met() -> None:
    found = bland_altman(WRIGHT, MINI)
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    # the paper rounds 1.96 to 2: -79.7 and 75.5 with SD 38.8
    spread = (found.upper.value - found.lower.value) / (2 * 1.959964)  # type: ignore[operator]
    assert spread == pytest.approx(38.8, abs=0.05)
    # its approximate intervals are -114.3 to -45.1 and 40.9 to 110.1; exact ones reach further out
    assert found.upper.low == pytest.approx(50.1, abs=3.0)
    assert found.upper.high is not None
    assert found.upper.high > 110.1


def test_published_repeatability_is_met() -> None:
    # the paper: coefficient of repeatability 43.2 (2 SD of differences) for the large meter,
    # from within-subject variance alone 1.96 sqrt(2) 15.3 = 42.4
    found = repeatability(np.transpose([WRIGHT, WRIGHT_AGAIN]))
    assert found.within_sd.value == pytest.approx(15.3, abs=0.05)
    assert found.coefficient.value == pytest.approx(42.4, abs=0.15)


@given(n=st.integers(3, 60), level=st.sampled_from([0.9, 0.95, 0.99]))
def test_limits_agree_with_scipys_non_central_t(n: int, level: float) -> None:
    from scipy.stats import nct

    values = np.random.default_rng(n).normal(size=n)
    found = bland_altman(values, np.zeros(n), level=level).upper
    step = values.std(ddof=1) / math.sqrt(n)
    tails = [(1 - level) / 2, (1 + level) / 2]
    expected = values.mean() + step * nct.ppf(tails, n - 1, 1.959963984540054 * math.sqrt(n))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-6)


@given(seed=st.integers(0, 10_000), n=st.integers(3, 30))
def test_swapping_the_two_turns_the_limits_and_units_scale(seed: int, n: int) -> None:
    first, second = np.random.default_rng(seed).normal(size=(2, n))
    there, back = bland_altman(first, second), bland_altman(second, first)
    assert back.upper.value == pytest.approx(-there.lower.value)  # type: ignore[operator]
    assert back.upper.high == pytest.approx(-there.lower.low)  # type: ignore[operator]
    cubic = bland_altman(1000 * first, 1000 * second)
    assert cubic.upper.value == pytest.approx(1000 * there.upper.value)  # type: ignore[operator]
    for one in (there.bias, there.lower, there.upper):
        assert one.low is not None
        assert one.value is not None
        assert one.high is not None
        assert one.low < one.value < one.high


@given(seed=st.integers(0, 10_000), n=st.integers(3, 20), k=st.integers(2, 4))
def test_what_patients_have_of_their_own_does_not_count(seed: int, n: int, k: int) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, k))
    one = repeatability(values)
    two = repeatability(values + 100 * random.normal(size=(n, 1)))
    assert two.coefficient.value == pytest.approx(one.coefficient.value)
    assert one.coefficient.value is not None
    assert one.within_sd.value is not None
    assert one.coefficient.value / one.within_sd.value == pytest.approx(2.7718, abs=1e-4)
    assert one.lower.value == pytest.approx(-one.coefficient.value)
    assert (one.lower.low, one.lower.high) == pytest.approx(
        (-one.coefficient.high, -one.coefficient.low)  # type: ignore[operator]
    )


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([1.0, math.nan, 2.0], [1.0, 2.0, 3.0], "first: 1 of 3"),
        ([1.0, 2.0, 3.0], [1.0, math.inf, 3.0], "second: 1 of 3"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "first has 2, second has 3"),
    ],
)
def test_malformed_columns_are_refused(first: Any, second: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bland_altman(first, second)


def test_what_cannot_be_estimated_says_why() -> None:
    assert "fewer than three" in bland_altman([], []).bias.reason
    assert "fewer than three" in bland_altman([1.0, 2.0], [2.0, 1.0]).upper.reason
    assert "all differences are equal" in bland_altman([1, 2, 3], [2, 3, 4]).lower.reason
    assert "fewer than three" in repeatability([[1.0], [2.0], [3.0]]).coefficient.reason
    assert "no spread" in repeatability([[1, 1], [2, 2], [3, 3]]).within_sd.reason
    with pytest.raises(ValueError, match="shape"):
        repeatability([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="values: 1 of 4"):
        repeatability([[1.0, math.nan], [2.0, 3.0]])
