from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.operating_points import (
    sensitivity_at_specificity,
    specificity_at_sensitivity,
    threshold_at_cost,
    threshold_at_sensitivity,
    threshold_at_specificity,
    threshold_youden,
)
from measures.roc import roc_points
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)


@given(columns=BOTH, target=st.floats(0.01, 1.0))
def test_threshold_reaches_its_target_and_no_higher_cut_does(
    columns: tuple[Column, Column], target: float
) -> None:
    truth, score = columns
    cut = threshold_at_sensitivity(truth, score, target)
    sick = score[truth == 1]
    assert (sick >= cut).mean() >= target - 1e-9
    higher = score[score >= cut].min()
    assert (sick > higher).mean() < target - 1e-12


@given(columns=BOTH)
def test_youden_gain_is_the_largest_of_the_curve(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    points = roc_points(truth, score)
    flagged = score >= threshold_youden(truth, score)
    gain = flagged[truth == 1].mean() + (~flagged[truth == 0]).mean()
    assert gain == pytest.approx((points.sensitivity + points.specificity)[1:].max())


@given(columns=BOTH, target=st.floats(0.01, 1.0))
def test_threshold_spares_its_target_and_no_lower_cut_does(
    columns: tuple[Column, Column], target: float
) -> None:
    truth, score = columns
    cut = threshold_at_specificity(truth, score, target)
    healthy = score[truth == 0]
    assert (healthy < cut).mean() >= target - 1e-9
    lower = score[score < cut].max()
    assert (healthy < lower).mean() < target - 1e-12


def test_no_cut_spares_a_healthy_study_with_the_highest_score() -> None:
    assert threshold_at_specificity([1, 0], [0.2, 0.9], 1.0) == math.inf


@given(columns=BOTH, false_alarm=st.floats(0.01, 100), prevalence=st.floats(0.01, 0.99))
def test_no_cut_of_the_curve_costs_less(
    columns: tuple[Column, Column], false_alarm: float, prevalence: float
) -> None:
    truth, score = columns

    def cost(cut: float) -> float:
        flagged = score >= cut
        missed = prevalence * (~flagged[truth == 1]).mean()
        return float(missed + (1 - prevalence) * false_alarm * flagged[truth == 0].mean())

    chosen = threshold_at_cost(
        truth, score, missed=1.0, false_alarm=false_alarm, prevalence=prevalence
    )
    best = min(cost(cut) for cut in roc_points(truth, score).threshold)
    assert cost(chosen) == pytest.approx(best, rel=1e-9, abs=1e-12)


def test_equal_costs_at_even_prevalence_choose_youdens_cut() -> None:
    truth, score = [1, 1, 0, 0, 0], [0.75, 0.5, 0.625, 0.25, 0.1]
    even = threshold_at_cost(truth, score, missed=2.0, false_alarm=2.0, prevalence=0.5)
    assert even == threshold_youden(truth, score)


@given(columns=BOTH, fixed=st.floats(0.05, 0.95))
def test_the_rate_at_a_fixed_rate_lies_in_its_interval_and_on_the_curve(
    columns: tuple[Column, Column], fixed: float
) -> None:
    truth, score = columns
    found = sensitivity_at_specificity(truth, score, fixed)
    assert found.value is not None and found.low is not None and found.high is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert found.high > found.low
    points = roc_points(truth, score)
    there = np.interp(1.0 - fixed, 1.0 - points.specificity, points.sensitivity)
    assert found.value == pytest.approx(there, abs=1e-12)
    turned = specificity_at_sensitivity(1 - truth, -score, fixed)
    assert (turned.value, turned.low, turned.high) == (found.value, found.low, found.high)


def test_a_rate_is_read_straight_between_points_and_highest_where_the_curve_rises() -> None:
    """What pROC 1.18 does: coords(roc, x, "specificity", ret = "sensitivity")."""
    truth, score = [1, 1, 1, 0, 0, 0], [9.0, 6.0, 3.0, 8.0, 4.0, 1.0]
    # curve, from the right: (1, 0) (1, 1/3) (2/3, 1/3) (2/3, 2/3) (1/3, 2/3) (1/3, 1) (0, 1)
    for specificity, wanted in ((2 / 3, 2 / 3), (1 / 3, 1.0), (5 / 6, 1 / 3), (0.5, 2 / 3)):
        found = sensitivity_at_specificity(truth, score, specificity).value
        assert found == pytest.approx(wanted, abs=1e-12)
    tied = sensitivity_at_specificity([1, 1, 0, 0], [2, 1, 2, 1], 0.75).value
    assert tied == pytest.approx(0.25), "halfway along a slope that ties make"
    turned = specificity_at_sensitivity(truth, score, 2 / 3).value
    assert turned == pytest.approx(2 / 3), "the best where the curve runs level"
    rng = np.random.default_rng(2)
    for healthy in (7, 30, 49, 98):
        marks = rng.permutation(healthy + 40)
        sick = np.arange(healthy + 40) >= healthy
        for spared in range(1, healthy):
            fixed = spared / healthy
            cut = np.sort(marks[~sick])[spared - 1]
            share = float((marks[sick] > cut).mean())
            found = sensitivity_at_specificity(sick, marks, fixed).value
            assert found == pytest.approx(share, abs=1e-12)


def test_few_healthy_studies_bound_nothing_from_below() -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat([1.0, 0.0], [200, 71])
    few = sensitivity_at_specificity(truth, rng.normal(size=271) + 2 * truth, 0.95)
    truth = np.repeat([1.0, 0.0], [200, 400])
    many = sensitivity_at_specificity(truth, rng.normal(size=600) + 2 * truth, 0.95)
    assert few.low == 0.0
    assert many.low is not None and many.low > 0.3


@pytest.mark.parametrize("target", [0.0, -0.1, 90.0, float("nan")])
def test_a_target_that_is_no_rate_is_refused(target: float) -> None:
    for rule in (threshold_at_sensitivity, threshold_at_specificity):
        with pytest.raises(ValueError, match="target"):
            rule([1, 0], [0.1, 0.2], target)
    with pytest.raises(ValueError, match="specificity must lie"):
        sensitivity_at_specificity([1, 0], [0.1, 0.2], target)


def test_a_missing_class_or_a_senseless_cost_is_refused() -> None:
    with pytest.raises(ValueError, match="no diseased study"):
        threshold_at_sensitivity([0, 0], [0.1, 0.2], 0.9)
    with pytest.raises(ValueError, match="no healthy study"):
        threshold_at_specificity([1, 1], [0.1, 0.2], 0.9)
    with pytest.raises(ValueError, match="costs must be above 0"):
        threshold_at_cost([1, 0], [0.1, 0.2], missed=0.0, false_alarm=1.0, prevalence=0.5)
    with pytest.raises(ValueError, match="prevalence"):
        threshold_at_cost([1, 0], [0.1, 0.2], missed=1.0, false_alarm=1.0, prevalence=1.0)
