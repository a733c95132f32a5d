from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.clusters import Resampling
from measures.study_means import LEFT_OUT, mean_over_studies

HOW = Resampling(seed=3, replicates=400)


@given(steps=st.lists(st.integers(0, 1000), min_size=2, max_size=30, unique=True))
def test_interval_holds_the_mean_between_the_extremes(steps: list[int]) -> None:
    values = [step / 1000 for step in steps]
    found = mean_over_studies(
        "dice", values, patients=range(len(values)), resampling=HOW, bounds=(0, 1)
    )
    assert found.value == pytest.approx(np.mean(values))
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found.n == len(values)


def test_the_same_seed_gives_the_same_interval_in_any_order_of_one_study_patients() -> None:
    values = np.random.default_rng(0).random(25)
    found = mean_over_studies("ssim", values.tolist(), patients=range(25), resampling=HOW)
    again = mean_over_studies("ssim", values.tolist(), patients=range(25), resampling=HOW)
    assert found == again
    assert "25 patients, 400 resamples, seed 3" in found.method


def test_studies_of_one_patient_widen_the_interval() -> None:
    values = np.repeat(np.random.default_rng(1).random(20), 5).tolist()
    alone = mean_over_studies("dice", values, patients=range(100), resampling=HOW)
    grouped = mean_over_studies("dice", values, patients=np.repeat(range(20), 5), resampling=HOW)
    assert alone.low is not None
    assert alone.high is not None
    assert grouped.low is not None
    assert grouped.high is not None
    assert grouped.high - grouped.low > 1.8 * (alone.high - alone.low)


def test_a_study_without_a_value_is_never_dropped_unsaid() -> None:
    values = [1.0, 3.0, None, 5.0, 2.0]
    silent = mean_over_studies("hd95", values, patients=range(5), resampling=HOW)
    assert silent.reason == "1 of 5 studies have no value: say what they count as"
    out = mean_over_studies("hd95", values, patients=range(5), resampling=HOW, undefined=LEFT_OUT)
    assert (out.value, out.n) == (2.75, 4)
    assert out.method.endswith("1 of 5 studies without a value left out")
    worst = mean_over_studies("hd95", values, patients=range(5), resampling=HOW, undefined=50.0)
    assert worst.value == pytest.approx(12.2)
    assert worst.method.endswith("1 of 5 studies without a value counted as 50")


def test_perfect_studies_are_not_certainty() -> None:
    found = mean_over_studies("dice", [1.0] * 20, patients=range(20), resampling=HOW, bounds=(0, 1))
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(0.025 ** (1 / 20))
    none = mean_over_studies("dice", [0.0] * 20, patients=range(20), resampling=HOW, bounds=(0, 1))
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 20))


@pytest.mark.parametrize("values", [[0.4] * 6, [0.0] * 6])
def test_equal_values_without_a_bound_give_no_interval(values: list[float]) -> None:
    found = mean_over_studies("hd95", values, patients=range(6), resampling=HOW)
    assert "same value" in found.reason
    assert found.n == 6


def test_one_patient_or_no_study_gives_a_reason() -> None:
    found = mean_over_studies("dice", [0.2, 0.8], patients=["a", "a"], resampling=HOW)
    assert "fewer than two patients" in found.reason
    found = mean_over_studies("dice", [None], patients=["a"], resampling=HOW, undefined=LEFT_OUT)
    assert found.reason == "no study with a value"
    found = mean_over_studies("dice", [], patients=[], resampling=HOW)
    assert found.reason == "no study with a value"


def test_malformed_values_are_refused() -> None:
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match="dice: 1 of 2"):
            mean_over_studies("dice", [0.5, wrong], patients=[1, 2], resampling=HOW)
    with pytest.raises(ValueError, match="dice has 2, patients has 3"):
        mean_over_studies("dice", [0.5, 0.6], patients=[1, 2, 3], resampling=HOW)
    with pytest.raises(ValueError, match="without a patient"):
        mean_over_studies("dice", [0.5, 0.6], patients=[1, None], resampling=HOW)
    with pytest.raises(ValueError, match="between 0 and 1"):
        mean_over_studies("dice", [0.5, 1.6], patients=[1, 2], resampling=HOW, bounds=(0, 1))
    with pytest.raises(ValueError, match="undefined: a finite number or 'left out'"):
        mean_over_studies("dice", [0.5, None], patients=[1, 2], resampling=HOW, undefined="drop")
