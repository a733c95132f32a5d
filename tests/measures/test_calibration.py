from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given

from measures.calibration import (
    brier,
    calibration_in_the_large,
    calibration_intercept,
    calibration_slope,
    log_loss,
)
from measures.estimate import Estimate
from tests.measures.columns import Column, truth_and_score

SCORES = truth_and_score()
BOTH = truth_and_score(both_classes=True)


def simulated(seed: int, n: int = 400) -> tuple[Column, Column]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    truth = (rng.random(n) < 1 / (1 + np.exp(-(0.4 + 0.7 * x)))).astype(float)
    return truth, 1 / (1 + np.exp(-x))


def standard_error(found: Estimate) -> float:
    assert found.low is not None
    assert found.high is not None
    return (found.high - found.low) / 2 / 1.959963984540054


@pytest.mark.requirement("REG-126")
@pytest.mark.parametrize("seed", range(5))
def test_recalibration_agrees_with_statsmodels(seed: int) -> None:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    truth, score = simulated(seed)
    logit = np.log(score / (1 - score))
    joint = GLM(truth, np.column_stack([np.ones(truth.size), logit]), family=Binomial()).fit()
    fixed = GLM(truth, np.ones(truth.size), family=Binomial(), offset=logit).fit()
    for found, value, error in [
        (calibration_intercept(truth, score), joint.params[0], joint.bse[0]),
        (calibration_slope(truth, score), joint.params[1], joint.bse[1]),
        (calibration_in_the_large(truth, score), fixed.params[0], fixed.bse[0]),
    ]:
        assert found.value == pytest.approx(value, abs=1e-6)
        assert standard_error(found) == pytest.approx(error, abs=1e-6)


@given(columns=SCORES)
def test_brier_is_bounded_and_never_certain(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    found = brier(truth, score)
    if found.value is None:
        assert truth.size < 2
        return
    assert found.value == pytest.approx(np.mean((score - truth) ** 2), abs=1e-12)
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1.0
    assert found.high > found.low


@given(columns=SCORES)
def test_brier_is_the_same_with_the_classes_swapped(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    mirrored = brier(1 - truth, 1 - score)
    if mirrored.value is not None:
        assert mirrored.value == pytest.approx(brier(truth, score).value, abs=1e-12)


def test_brier_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    covered, true_brier = 0, 1 / 6  # scores uniform and honest: E[p (1 - p)]
    for _ in range(1000):
        score = rng.random(150)
        found = brier(rng.random(150) < score, score)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= true_brier <= found.high
    assert 0.93 <= covered / 1000 <= 0.97


@given(columns=BOTH)
def test_recalibration_is_finite_or_gives_a_reason(columns: tuple[Column, Column]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for measure in (calibration_slope, calibration_intercept, calibration_in_the_large):
            found = measure(*columns)
            assert found.estimable or found.reason


@given(columns=BOTH)
def test_turning_the_scores_round_turns_the_slope(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    there, back = calibration_slope(truth, score), calibration_slope(truth, 1 - score)
    assert there.estimable == back.estimable
    if there.value is not None:
        assert back.value == pytest.approx(-there.value, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("truth", "score", "reason"),
    [
        ([1, 1, 1], [0.2, 0.4, 0.6], "only one class"),
        ([], [], "only one class"),
        ([1, 0, 1], [0.4, 0.4, 0.4], "all scores are equal"),
        ([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], "separate"),
        ([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], "separate"),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], "separate"),
    ],
)
def test_what_cannot_be_fitted_gives_a_reason(
    truth: list[int], score: list[float], reason: str
) -> None:
    for measure in (calibration_slope, calibration_intercept):
        found = measure(truth, score)
        assert found.value is None
        assert reason in found.reason


def test_classes_that_barely_overlap_do_not_break_the_fit() -> None:
    found = calibration_slope([0, 0, 0, 1, 0, 1, 1, 1], [0, 0.1, 0.2, 0.3, 0.3 + 1e-9, 0.5, 0.9, 1])
    assert found.estimable or "separate" in found.reason


def test_scores_of_nought_and_one_are_kept_off_the_edge() -> None:
    assert calibration_slope([0, 1, 1, 0, 1, 0], [0, 1, 0, 1, 1, 0.5]).estimable


@pytest.mark.parametrize("seed", range(3))
def test_slope_with_a_fixed_intercept_agrees_with_statsmodels(seed: int) -> None:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    truth, score = simulated(seed)
    logit = np.log(score / (1 - score))
    fit = GLM(truth, logit, family=Binomial(), offset=np.full(truth.size, 0.3)).fit()
    found = calibration_slope(truth, score, intercept=0.3)
    assert found.value == pytest.approx(fit.params[0], abs=1e-6)
    assert standard_error(found) == pytest.approx(fit.bse[0], abs=1e-6)


@given(columns=SCORES)
def test_brier_and_log_loss_agree_with_scikit_learn(columns: tuple[Column, Column]) -> None:
    from sklearn.metrics import brier_score_loss
    from sklearn.metrics import log_loss as sklearn_log_loss

    truth, score = columns
    found = log_loss(truth, score)
    if found.value is None:
        return
    kept = np.clip(score, 1e-7, 1 - 1e-7)
    assert found.value == pytest.approx(sklearn_log_loss(truth, kept, labels=[0, 1]), abs=1e-9)
    assert brier(truth, score).value == pytest.approx(
        brier_score_loss(truth, score, labels=[0, 1]), abs=1e-12
    )


@pytest.mark.parametrize(
    ("truth", "score", "told"),
    [
        ([1, 0], [0.5], "truth has 2, score has 1"),
        ([1, 2], [0.5, 0.5], "truth: entries must be 0 or 1"),
        ([1, 0], [0.5, float("nan")], "score: 1 of 2 entries are missing"),
        ([1, 0], [0.5, float("inf")], "score: 1 of 2 entries are missing"),
        ([1, 0], [2.5, -1.0], "score: entries must be probabilities"),
    ],
)
def test_malformed_columns_are_refused_by_name(
    truth: list[float], score: list[float], told: str
) -> None:
    for measure in (brier, log_loss, calibration_slope, calibration_in_the_large):
        with pytest.raises(ValueError, match=told):
            measure(truth, score)


def test_log_loss_of_nothing_one_or_equal_losses_is_not_estimable() -> None:
    assert "at least two" in log_loss([], []).reason
    assert "at least two" in log_loss([1], [0.5]).reason
    assert "no spread" in log_loss([1, 0], [0.5, 0.5]).reason


@pytest.mark.parametrize("score", [[1.0] * 4, [0.0, 1.0] * 2, [1.0, 0.0, 0.0, 1.0], [1e-12] * 4])
def test_certain_scores_have_no_log_odds_to_move(score: list[float]) -> None:
    found = calibration_in_the_large([0, 1, 0, 1], score)
    assert found.reason == "every score is 0 or 1, so there are no log odds to move"
    for line in (calibration_slope, calibration_intercept):
        assert line([0, 1, 0, 1], score).reason == found.reason
    assert calibration_slope([0, 1, 0, 1], score, intercept=0.0).reason == found.reason
