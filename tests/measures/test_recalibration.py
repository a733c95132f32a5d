from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from measures.calibration import calibration_in_the_large
from measures.recalibration import (
    IsotonicCurve,
    LogisticCurve,
    class_temperature,
    derived_prevalence,
    isotonic,
    platt,
    platt_fit,
    prevalence_shift,
    temperature,
)
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)


def simulated(seed: int, n: int = 400) -> tuple[Column, Column]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    truth = (rng.random(n) < 1 / (1 + np.exp(-(0.4 + 0.7 * x)))).astype(float)
    return truth, 1 / (1 + np.exp(-x))


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


@given(columns=BOTH)
def test_isotonic_curve_is_that_of_scikit_learn(columns: tuple[Column, Column]) -> None:
    from sklearn.isotonic import IsotonicRegression

    truth, score = columns
    peer = IsotonicRegression(out_of_bounds="clip").fit(score, truth)
    new = np.linspace(-0.5, 1.5, 41)
    assert isotonic(truth, score).apply(new) == pytest.approx(peer.predict(new), abs=1e-9)


def test_weighted_isotonic_curve_is_that_of_scikit_learn_and_of_repeated_studies() -> None:
    from sklearn.isotonic import IsotonicRegression

    truth, score = simulated(1)
    weights = np.random.default_rng(2).integers(0, 4, truth.size)
    peer = IsotonicRegression(out_of_bounds="clip").fit(score, truth, sample_weight=weights)
    found = isotonic(truth, score, weights=weights).apply(score)
    assert found == pytest.approx(peer.predict(score), abs=1e-9)
    again = isotonic(np.repeat(truth, weights), np.repeat(score, weights)).apply(score)
    assert found == pytest.approx(again, abs=1e-9)


@given(columns=BOTH)
def test_isotonic_curve_rises_and_keeps_the_number_of_diseased(
    columns: tuple[Column, Column],
) -> None:
    truth, score = columns
    curve = isotonic(truth, score)
    new = np.sort(np.random.default_rng(0).random(50))
    assert np.all(np.diff(curve.apply(new)) >= 0)
    assert curve.apply(score).sum() == pytest.approx(truth.sum(), abs=1e-9)


def test_temperature_minimises_log_loss_and_leaves_a_half_alone() -> None:
    from scipy.optimize import minimize_scalar

    truth, score = simulated(3)
    odds = np.log(score / (1 - score))

    def loss(slope: float) -> float:
        return float(np.sum(np.logaddexp(0, slope * odds) - truth * slope * odds))

    curve = temperature(truth, score)
    best = minimize_scalar(loss, bounds=(0.01, 10), method="bounded", options={"xatol": 1e-10})
    assert curve.slope == pytest.approx(best.x, abs=1e-5)
    assert curve.apply([0.5])[0] == 0.5


def test_recalibrated_scores_are_calibrated_where_they_were_fitted() -> None:
    truth, score = simulated(4, 3000)
    for curve in (platt(truth, score), isotonic(truth, score)):
        after = np.clip(curve.apply(score), 0.001, 0.999)
        large = calibration_in_the_large(truth, after)
        assert large.value == pytest.approx(0.0, abs=0.02)


def test_prevalence_shift_mends_calibration_in_the_large_and_can_be_undone() -> None:
    truth, score = simulated(5, 2000)
    derived = derived_prevalence(truth, score)
    assert derived.value is not None
    curve = prevalence_shift(before=derived.value, now=float(truth.mean()))
    after = curve.apply(score)
    large = calibration_in_the_large(truth, after)
    assert large.value == pytest.approx(0.0, abs=1e-9)
    back = prevalence_shift(before=float(truth.mean()), now=derived.value)
    assert back.apply(after) == pytest.approx(score, abs=1e-9)


def test_scores_of_one_prevalence_tell_it_wherever_they_are_used() -> None:
    rng = np.random.default_rng(6)
    truth = rng.random(40000) < 0.1
    x = rng.normal(size=40000) + 1.5 * truth
    odds = 1.5 * x - 1.125 + np.log(0.4 / 0.6)  # right for a prevalence of 0.4
    found = derived_prevalence(truth, 1 / (1 + np.exp(-odds)))
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.4 < found.high
    assert found.high - found.low < 0.05


def test_what_cannot_be_fitted_is_refused_by_name() -> None:
    for fit in (temperature, platt, isotonic):
        with pytest.raises(ValueError, match="both diseased and healthy"):
            fit([1, 1], [0.2, 0.4])
        with pytest.raises(ValueError, match="both diseased and healthy"):
            fit([], [])
        with pytest.raises(ValueError, match="truth has 2, score has 1"):
            fit([1, 0], [0.4])
        with pytest.raises(ValueError, match="score: 1 of 2 entries are missing"):
            fit([1, 0], [0.4, float("nan")])
    with pytest.raises(ValueError, match="nothing to calibrate"):
        temperature([1, 0], [0.5, 0.5])
    with pytest.raises(ValueError, match="no finite temperature"):
        temperature([1, 0], [0.9, 0.1])
    with pytest.raises(ValueError, match="no finite temperature"):
        temperature([1, 0], [0.1, 0.9])
    with pytest.raises(ValueError, match="sum to zero"):
        isotonic([1, 0], [0.1, 0.9], weights=[0, 0])
    with pytest.raises(ValueError, match="sum to zero"):
        isotonic([1, 0], [0.1, 0.9], weights=[-1, 2])
    with pytest.raises(ValueError, match="before: a prevalence"):
        prevalence_shift(before=0.0, now=0.1)
    assert "one class" in derived_prevalence([1, 1], [0.4, 0.5]).reason
    assert "equal" in derived_prevalence([1, 0], [0.5, 0.5]).reason


def test_curves_refuse_scores_they_were_not_made_for() -> None:
    with pytest.raises(ValueError, match="score"):
        LogisticCurve(1.0, 0.0).apply([1.2])
    with pytest.raises(ValueError, match="score"):
        IsotonicCurve((0.0, 1.0), (0.0, 1.0)).apply([float("inf")])


def test_the_temperature_of_classes_minimises_the_loss_of_its_softened_truth() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 4, 300)
    logit = 3 * np.eye(4)[truth] + 2 * rng.normal(size=(300, 4))
    sizes = np.bincount(truth)
    soft = np.repeat((1 / (sizes + 4))[truth][:, None], 4, axis=1)
    soft[np.arange(300), truth] = ((sizes + 1) / (sizes + 4))[truth]

    def loss(slope: float) -> float:
        scaled = slope * logit
        return float(-(soft * (scaled - np.logaddexp.reduce(scaled, axis=1)[:, None])).sum())

    found = class_temperature(logit, truth)
    assert loss(found) < min(loss(0.99 * found), loss(1.01 * found))
    assert class_temperature(10 * logit + 5, truth) == pytest.approx(found / 10)


def test_the_temperature_of_classes_stays_finite_where_they_are_told_apart_fully() -> None:
    truth = np.repeat([0, 1, 2], 10)
    found = class_temperature(np.eye(3)[truth], truth)
    chance = np.exp(found) / (np.exp(found) + 2)
    assert chance == pytest.approx(11 / 13)


@pytest.mark.parametrize(
    ("logit", "truth", "words"),
    [
        ([0.0, 1.0], [0, 1], "is needed, got shape"),
        ([[0.0, np.inf]], [0], "finite"),
        ([[0.0, 1.0], [1.0, 0.0]], [0, 2], "numbers of classes from 0 to 1"),
        ([[0.0, 1.0], [1.0, 0.0]], [0, 0], "a study of every class"),
        ([[1.0, 1.0], [2.0, 2.0]], [0, 1], "nothing to calibrate"),
        ([[0.0, 1.0], [1.0, 0.0]], [0, 1], "tell no classes apart"),
    ],
)
def test_classes_that_cannot_be_calibrated_are_refused(
    logit: list, truth: list, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        class_temperature(logit, truth)
