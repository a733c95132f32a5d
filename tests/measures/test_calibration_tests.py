from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from measures.calibration_tests import hosmer_lemeshow, recalibration_test, spiegelhalter
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)
SCORES = truth_and_score()


def honest(seed: int, n: int) -> tuple[Column, Column]:
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    return (rng.random(n) < score).astype(float), score


def test_recalibration_test_agrees_with_statsmodels() -> None:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    truth, score = honest(1, 300)
    odds = np.log(score / (1 - score))
    full = GLM(truth, np.column_stack([np.ones(300), odds]), family=Binomial()).fit()
    stated = float(np.sum(truth * np.log(score) + (1 - truth) * np.log(1 - score)))
    found = recalibration_test(truth, score)
    assert found.statistic == pytest.approx(2 * (full.llf - stated), abs=1e-6)


def test_spiegelhalter_is_the_standardised_brier_score() -> None:
    truth, score = honest(2, 200)
    loss = (truth - score) ** 2
    expected = score * (1 - score)
    variance = np.sum((1 - 2 * score) ** 2 * expected)
    assert spiegelhalter(truth, score).statistic == pytest.approx(
        (loss.sum() - expected.sum()) / np.sqrt(variance)
    )


@pytest.mark.parametrize("name", ["spiegelhalter", "external", "joint"])
def test_honest_scores_are_rejected_as_often_as_the_level_says(name: str) -> None:
    rejected = 0
    for seed in range(400):
        truth, score = honest(seed, 300)
        found = {
            "spiegelhalter": lambda t, s: spiegelhalter(t, s),
            "external": lambda t, s: hosmer_lemeshow(t, s, data="external"),
            "joint": lambda t, s: recalibration_test(t, s),
        }[name](truth, score)
        assert found.p_value is not None
        rejected += found.p_value < 0.05
    assert 0.02 <= rejected / 400 <= 0.09


def test_external_data_take_two_more_degrees_of_freedom_than_development_data() -> None:
    truth, score = honest(3, 300)
    external = hosmer_lemeshow(truth, score, data="external")
    development = hosmer_lemeshow(truth, score, data="development")
    assert external.statistic == development.statistic
    assert external.freedom == 10
    assert development.freedom == 8
    assert external.p_value is not None
    assert development.p_value is not None
    assert external.p_value > development.p_value


def test_empty_bins_are_not_groups() -> None:
    truth, score = honest(4, 300)
    found = hosmer_lemeshow(truth, score / 2, data="external", equal="width")
    assert found.freedom == 5


@given(columns=SCORES)
def test_every_test_gives_numbers_or_a_reason(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    for found in (
        spiegelhalter(truth, score),
        hosmer_lemeshow(truth, score, 4, data="external"),
        hosmer_lemeshow(truth, score, 4, data="development"),
        recalibration_test(truth, score),
    ):
        assert found.n == truth.size
        if found.reason:
            assert found.p_value is None
            assert found.statistic is None
        else:
            assert found.p_value is not None
            assert 0.0 <= found.p_value <= 1.0


@given(columns=BOTH)
def test_swapping_the_classes_changes_no_test(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    one, other = spiegelhalter(truth, score), spiegelhalter(1 - truth, 1 - score)
    if one.statistic is not None:
        assert other.statistic == pytest.approx(one.statistic, abs=1e-9)


def test_refusals_name_the_reason() -> None:
    assert spiegelhalter([], []).reason == "no study"
    assert "variance zero" in spiegelhalter([1, 0], [0.5, 1.0]).reason
    assert hosmer_lemeshow([], [], data="external").reason == "no study"
    assert "degree of freedom" in hosmer_lemeshow([1, 0], [0.1, 0.9], 2, data="development").reason
    assert "one class" in recalibration_test([1, 1], [0.1, 0.9]).reason
    assert "separate" in recalibration_test([1, 0], [0.9, 0.1]).reason
    with pytest.raises(ValueError, match="data must be"):
        hosmer_lemeshow([1, 0], [0.5, 0.6], data="internal")  # type: ignore[arg-type]
    for test in (spiegelhalter, recalibration_test):
        with pytest.raises(ValueError, match="score: 1 of 2 entries are missing"):
            test([1, 0], [0.5, float("nan")])
        with pytest.raises(ValueError, match="truth has 2, score has 1"):
            test([1, 0], [0.5])
