from __future__ import annotations

import numpy as np
import pytest

from measures.clusters import Resampling
from measures.integrated_calibration import (
    Smoother,
    _smoothed,
    calibration_curve,
    integrated_calibration_index,
)
from tests.measures.columns import Column

FEW = Resampling(seed=1, replicates=200)


def simulated(seed: int, n: int, bent: float = 1.0) -> tuple[Column, Column]:
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    return (rng.random(n) < score**bent).astype(float), score


def test_curve_of_local_lines_is_the_lowess_of_statsmodels_in_any_order_of_studies() -> None:
    from statsmodels.nonparametric.smoothers_lowess import lowess

    truth, score = simulated(1, 300)
    peer = lowess(truth, score, frac=0.75, it=0, delta=0.001, return_sorted=True)
    found = calibration_curve(truth, score, smoother="lowess")
    assert found[np.argsort(score)] == pytest.approx(peer[:, 1], abs=1e-12)


def test_curve_of_local_parabolas_is_the_same_in_any_order_of_studies() -> None:
    truth, score = simulated(1, 300)
    found = calibration_curve(truth, score)
    order = np.random.default_rng(2).permutation(300)
    assert calibration_curve(truth[order], score[order]) == pytest.approx(found[order], abs=1e-12)


@pytest.mark.parametrize("smoother", ["loess", "lowess"])
def test_interpolation_moves_the_index_less_than_it_matters(smoother: Smoother) -> None:
    truth, score = simulated(6, 400, 1.5)
    exact = np.abs(_smoothed(truth > 0, score, smoother, 0.75, 0.0) - score).mean()
    found = integrated_calibration_index(truth, score, smoother=smoother, resampling=FEW)
    assert found.value == pytest.approx(exact, abs=1e-5)


def test_the_span_is_declared_and_stands_in_the_method() -> None:
    truth, score = simulated(8, 60, 2.0)
    usual, half = (
        integrated_calibration_index(truth, score, resampling=FEW, span=span)
        for span in (0.75, 0.5)
    )
    assert usual == integrated_calibration_index(truth, score, resampling=FEW)
    assert usual.value != half.value
    assert "span 0.75" in usual.method
    assert "span 0.5" in half.method
    for wrong in (0.0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="span"):
            calibration_curve(truth, score, span=wrong)


@pytest.mark.parametrize("smoother", ["loess", "lowess", "logistic"])
def test_index_finds_bent_scores_and_not_honest_ones(smoother: Smoother) -> None:
    honest = integrated_calibration_index(
        *simulated(3, 800),
        smoother=smoother,
        resampling=FEW,
    )
    bent = integrated_calibration_index(
        *simulated(3, 800, 2.0),
        smoother=smoother,
        resampling=FEW,
    )
    assert honest.value is not None
    assert bent.low is not None
    assert honest.value < 0.03
    assert bent.low > 0.1  # the mean of score - score^2 is 1/6
    assert bent.value == pytest.approx(1 / 6, abs=0.03)


def test_interval_holds_the_value_and_is_drawn_from_the_seed() -> None:
    truth, score = simulated(4, 100)
    one = integrated_calibration_index(truth, score, resampling=FEW)
    again = integrated_calibration_index(truth, score, resampling=FEW)
    assert one == again
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    assert 0.0 <= one.low <= one.value <= one.high


def test_patients_are_drawn_whole() -> None:
    truth, score = simulated(5, 60, 3.0)
    patients = np.repeat(np.arange(60), 5)
    found = integrated_calibration_index(
        np.repeat(truth, 5), np.repeat(score, 5),
        smoother="logistic", resampling=FEW, patients=patients,
    )  # fmt: skip
    alone = integrated_calibration_index(
        np.repeat(truth, 5), np.repeat(score, 5), smoother="logistic", resampling=FEW
    )
    assert found.high is not None
    assert found.low is not None
    assert alone.high is not None
    assert alone.low is not None
    assert found.high - found.low > alone.high - alone.low


def test_refusals_name_the_reason() -> None:
    def why(truth: list[int], score: list[float], smoother: Smoother = "loess") -> str:
        return integrated_calibration_index(
            truth,
            score,
            smoother=smoother,
            resampling=FEW,
        ).reason

    assert "one class" in why([], [])
    assert "one class" in why([1] * 30, [0.5] * 30)
    assert "at least 20" in why([1, 0], [0.5, 0.6])
    assert "equal" in why([1, 0] * 15, [0.5] * 30)
    assert "separate" in why([1, 0], [0.9, 0.1], "logistic")
    with pytest.raises(ValueError, match="local fits need at least 20"):
        calibration_curve([1, 0], [0.5, 0.6])
    with pytest.raises(ValueError, match="smoother: one of"):
        why([1, 0], [0.5, 0.6], "spline")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="score: 1 of 2"):
        why([1, 0], [0.5, float("nan")])
    with pytest.raises(ValueError, match="truth has 2, score has 1"):
        why([1, 0], [0.5])
