from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.calibration import (
    brier,
    calibration_in_the_large,
    calibration_intercept,
    calibration_slope,
    platt_fit,
    reliability_bins,
)
from measures.estimate import Estimate
from tests.measures.columns import Column, truth_and_score
from tests.measures.oracle_cases import oracle_case

ORACLES = ["calibration/calzone-well", "calibration/prevalence-shift"]
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
@pytest.mark.parametrize("name", ORACLES)
def test_recalibration_agrees_with_calzone_and_r(name: str) -> None:
    case = oracle_case(name)
    truth, score = case.numbers("y"), case.numbers("p")
    expected = case.expected["logistic_recalibration"]
    slope, intercept = calibration_slope(truth, score), calibration_intercept(truth, score)
    assert slope.value == pytest.approx(expected["slope"], abs=1e-6)
    assert (slope.low, slope.high) == pytest.approx(expected["slope_ci95"], abs=1e-6)
    assert intercept.value == pytest.approx(expected["intercept"], abs=1e-6)
    assert (intercept.low, intercept.high) == pytest.approx(expected["intercept_ci95"], abs=1e-6)
    large = calibration_in_the_large(truth, score)
    citl = expected["calibration_in_the_large_slope_fixed_1"]
    assert large.value == pytest.approx(citl, abs=1e-6)
    expected_error = expected["calibration_in_the_large_se"]
    assert standard_error(large) == pytest.approx(expected_error, abs=1e-6)
    assert brier(truth, score).value == pytest.approx(case.expected["scores"]["brier"], abs=1e-6)


@pytest.mark.parametrize("name", ORACLES)
def test_reliability_points_agree_with_calzone(name: str) -> None:
    case = oracle_case(name)
    for count in case.asked["inputs"]["bins"]:
        table = case.expected[f"bins_{count}"]["equal_width"]["table"]
        points = reliability_bins(case.numbers("y"), case.numbers("p"), count)
        assert [point.observed.n for point in points] == table["n"]
        assert [p.mean_score for p in points] == pytest.approx(table["predicted"], abs=1e-6)
        assert [p.observed.value for p in points] == pytest.approx(table["observed"], abs=1e-6)


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
    assert calibration_slope([0, 1, 1, 0, 1, 0], [0, 1, 0, 1, 1, 0]).estimable


@given(columns=SCORES, bins=st.integers(1, 25))
def test_every_study_falls_into_one_bin(columns: tuple[Column, Column], bins: int) -> None:
    truth, score = columns
    points = reliability_bins(truth, score, bins)
    assert sum(point.observed.n for point in points) == truth.size
    assert sum(point.observed.numerator or 0 for point in points) == truth.sum()
    for point in points:
        assert point.low - 1e-12 <= point.mean_score <= point.high + 1e-12


def test_platt_fit_minimises_its_loss() -> None:
    from scipy.optimize import minimize

    truth, score = simulated(9, 60)
    raw = 40 * np.log(score / (1 - score)) + 1000  # a network's unit is its own affair
    sick = truth.sum()
    target = np.where(truth == 1, (sick + 1) / (sick + 2), 1 / (truth.size - sick + 2))
    z = (raw - raw.mean()) / raw.std()

    def loss(beta: Column) -> float:
        eta = beta[0] * z + beta[1]
        return float(np.sum(np.logaddexp(0, eta) - target * eta))

    best = minimize(loss, np.zeros(2), tol=1e-12)
    slope, intercept = platt_fit(raw, truth)
    assert slope * raw.std() == pytest.approx(best.x[0], abs=1e-4)
    assert intercept + slope * raw.mean() == pytest.approx(best.x[1], abs=1e-4)


def test_platt_fit_stays_finite_under_separation_and_refuses_what_it_cannot_do() -> None:
    slope, _ = platt_fit([-5.0, -4.0, 4.0, 5.0], [0, 0, 1, 1])
    assert 0.0 < slope < 2.0
    with pytest.raises(ValueError, match="both diseased and healthy"):
        platt_fit([1.0, 2.0], [1, 1])
    with pytest.raises(ValueError, match="all outputs are equal"):
        platt_fit([1.0, 1.0], [1, 0])


def test_probabilities_are_asked_for() -> None:
    with pytest.raises(ValueError, match="score: entries must be probabilities"):
        brier([1, 0], [2.5, -1.0])
    with pytest.raises(ValueError, match="bins"):
        reliability_bins([1, 0], [0.5, 0.1], 0)
