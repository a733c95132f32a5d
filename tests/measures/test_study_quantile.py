"""What the worst studies do not exceed, with an interval that draws patients."""

import numpy as np
import pytest

from measures.clusters import Resampling
from measures.study_quantile import value_of_lowest

HOW = Resampling(seed=2, replicates=400)


def lowest(values: np.ndarray, patients: np.ndarray | None = None) -> object:
    whose = np.arange(len(values)) if patients is None else patients
    return value_of_lowest("dice", values, share=0.05, patients=whose, resampling=HOW)


def test_it_is_the_empirical_quantile() -> None:
    values = np.random.default_rng(1).beta(30, 2, 333)
    found = lowest(values)
    assert found.value == np.quantile(values, 0.05, method="inverted_cdf")
    assert found.low < found.value < found.high


def test_the_interval_covers_the_true_value_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    true = np.quantile(rng.beta(30, 2, 400_000), 0.05)
    found = [lowest(rng.beta(30, 2, 200)) for _ in range(120)]
    assert np.mean([one.low <= true <= one.high for one in found]) > 0.88


def test_studies_of_one_patient_widen_it() -> None:
    rng = np.random.default_rng(5)
    each = np.repeat(rng.beta(30, 2, 60), 5)
    alone, together = lowest(each), lowest(each, np.repeat(np.arange(60), 5))
    assert together.high - together.low > alone.high - alone.low


def test_few_studies_have_no_worst_share() -> None:
    found = lowest(np.linspace(0.8, 0.9, 99))
    assert found.value is None
    assert found.reason == "the lowest 5 % of 99 studies are fewer than 5"


def test_a_share_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        value_of_lowest("dice", [0.5], share=1.0, patients=[1], resampling=HOW)
