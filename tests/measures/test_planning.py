"""An aim is stated whole, or refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.planning import Aim, SampleSize, decision_power, refuse_sizes, smallest_size


@pytest.mark.parametrize(
    ("aim", "words"),
    [
        ({"kind": "superiority"}, "none of difference"),
        ({"kind": "difference", "margin": 0.1}, "has none"),
        ({"kind": "equivalence"}, "margin: must lie"),
        ({"kind": "non-inferiority", "margin": math.nan}, "margin: must lie"),
        ({"kind": "difference", "alpha": 0.0}, "alpha"),
        ({"kind": "difference", "alpha": math.nan}, "alpha"),
    ],
)
def test_an_aim_without_sense_is_refused(aim: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Aim(**aim)


@given(difference=st.floats(-0.3, 0.3), se=st.floats(0.005, 0.2), alpha=st.floats(0.01, 0.2))
def test_power_is_a_chance_and_alpha_at_the_hypothesis(
    difference: float, se: float, alpha: float
) -> None:
    for aim in (Aim("difference", alpha), Aim("non-inferiority", alpha, 0.1)):
        assert 0.0 <= decision_power(difference, lambda _: se, se, aim) <= 1.0
    null = decision_power(0.0, lambda _: se, se, Aim("difference", alpha))
    assert null == pytest.approx(alpha)
    edge = decision_power(-0.1, lambda _: se, se, Aim("non-inferiority", alpha, 0.1))
    assert edge == pytest.approx(alpha)
    both = decision_power(0.1, lambda _: se, se, Aim("equivalence", alpha, 0.1))
    assert both <= alpha + 1e-12


@given(wanted=st.integers(2, 10**6))
def test_the_smallest_size_is_the_smallest(wanted: int) -> None:
    assert smallest_size(lambda n: 0.9 if n >= wanted else 0.1, 0.8) == (wanted, 0.9)


def test_sizes_are_summed_and_refused() -> None:
    assert SampleSize({"diseased": 3, "healthy": 4}, 0.8, "").n == 7
    with pytest.raises(ValueError, match="healthy_per_diseased: above 0"):
        refuse_sizes(healthy_per_diseased=math.nan)
