from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.estimate import Estimate

GOOD = Estimate("auc", n=80, value=0.9, low=0.81, high=0.95, method="DeLong, logit")


@pytest.mark.requirement("REG-061")
@pytest.mark.parametrize(
    "change",
    [
        {"low": None},
        {"high": None},
        {"value": None},
        {"value": None, "low": None, "high": None},
        {"value": float("nan")},
        {"high": float("inf")},
        {"low": 0.96},
        {"n": 0},
        {"n": -1},
        {"n": 2.5},
        {"n": True},
        {"level": 1.0},
        {"measure": ""},
        {"subgroup": ""},
        {"reason": "one class"},
        {"numerator": 3},
        {"numerator": 3, "denominator": 2},
    ],
)
def test_a_number_without_its_company_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"auc|measure"):
        dataclasses.replace(GOOD, **change)  # type: ignore[arg-type]


@given(
    n=st.integers(1, 10**6),
    limits=st.tuples(*[st.floats(-1e6, 1e6)] * 3).map(sorted),
    subgroup=st.text(min_size=1),
)
def test_an_estimate_survives_json(n: int, limits: list[float], subgroup: str) -> None:
    low, value, high = limits
    original = Estimate("auc", n, value, low, high, method="m").for_subgroup(subgroup)
    assert Estimate.from_dict(json.loads(json.dumps(original.to_dict()))) == original


def test_an_unknown_or_missing_field_is_refused_on_reading() -> None:
    with pytest.raises(ValueError, match="unknown: \\['p'\\], missing: \\['n'\\]"):
        Estimate.from_dict({"measure": "auc", "p": 0.1})


def test_an_estimate_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        GOOD.value = 1.0  # type: ignore[misc]
