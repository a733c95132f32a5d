from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.calibration import brier
from measures.calibration_error import expected_calibration_error, maximum_calibration_error
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.reliability import (
    BrierDecomposition,
    Equal,
    bin_edges,
    brier_decomposition,
    reliability_bins,
)
from tests.measures.columns import Column, truth_and_score

SCORES = truth_and_score()
BOTH = truth_and_score(both_classes=True)
FEW = Resampling(seed=7, replicates=200)


@given(columns=SCORES, bins=st.integers(1, 25))
def test_every_study_falls_into_one_bin(columns: tuple[Column, Column], bins: int) -> None:
    truth, score = columns
    points = reliability_bins(truth, score, bins)
    assert sum(point.observed.n for point in points) == truth.size
    assert sum(point.observed.numerator or 0 for point in points) == truth.sum()
    for point in points:
        assert point.low - 1e-12 <= point.mean_score <= point.high + 1e-12


def test_points_agree_with_scikit_learn() -> None:
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(0)
    score = rng.random(500)
    truth = rng.random(500) < score**2
    points = reliability_bins(truth, score, 8)
    shares, means = calibration_curve(truth, score, n_bins=8)
    assert [point.observed.value for point in points] == pytest.approx(shares)
    assert [point.mean_score for point in points] == pytest.approx(means)


@given(columns=SCORES, bins=st.integers(1, 12))
def test_bins_of_equal_count_hold_every_study_and_no_score_twice(
    columns: tuple[Column, Column], bins: int
) -> None:
    truth, score = columns
    points = reliability_bins(truth, score, bins, equal="count")
    assert sum(point.observed.n for point in points) == truth.size
    assert all(one.high <= other.low for one, other in pairwise(points))


def test_bins_of_equal_count_are_equally_full_without_ties() -> None:
    score = np.random.default_rng(1).random(1000)
    points = reliability_bins(score > 0.5, score, 10, equal="count")
    assert [point.observed.n for point in points] == [100] * 10


@settings(max_examples=40)
@given(columns=BOTH, bins=st.integers(1, 12), equal=st.sampled_from(["width", "count"]))
def test_the_parts_of_the_brier_score_add_up(
    columns: tuple[Column, Column], bins: int, equal: Equal
) -> None:
    found = brier_decomposition(*columns, bins, equal=equal, resampling=FEW)
    assert isinstance(found, BrierDecomposition)
    reliability, resolution, doubt = (
        part.value for part in (found.reliability, found.resolution, found.uncertainty)
    )
    assert reliability is not None
    assert resolution is not None
    assert doubt is not None
    whole = brier(*columns).value
    assert reliability - resolution + doubt + found.within_bins == pytest.approx(whole, abs=1e-12)
    assert reliability >= 0.0
    assert 0.0 <= resolution <= doubt + 1e-12
    for part in (found.reliability, found.resolution, found.uncertainty):
        assert part.low is not None
        assert part.high is not None
        assert part.value is not None
        assert 0.0 <= part.low <= part.value <= part.high


@settings(max_examples=40)
@given(columns=BOTH, bins=st.integers(1, 12), equal=st.sampled_from(["width", "count"]))
def test_calibration_errors_are_ordered_and_lie_in_their_intervals(
    columns: tuple[Column, Column], bins: int, equal: Equal
) -> None:
    plain = expected_calibration_error(*columns, bins, equal=equal, resampling=FEW)
    less = expected_calibration_error(*columns, bins, equal=equal, resampling=FEW, debiased=True)
    most = maximum_calibration_error(*columns, bins, equal=equal)
    for found in (plain, less, most):
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        assert 0.0 <= found.low <= found.value <= found.high
    assert less.value is not None
    assert plain.value is not None
    assert most.value is not None
    assert less.value <= plain.value + 1e-12 <= most.value + 2e-12


@settings(max_examples=40)
@given(columns=BOTH)
def test_order_of_studies_and_swapped_classes_change_nothing(
    columns: tuple[Column, Column],
) -> None:
    truth, score = columns
    turned = maximum_calibration_error(1 - truth, 1 - score, 1)
    assert turned.value == pytest.approx(maximum_calibration_error(truth, score, 1).value)
    order = np.random.default_rng(0).permutation(truth.size)
    shuffled = expected_calibration_error(truth[order], score[order], 5, resampling=FEW)
    given_order = expected_calibration_error(truth, score, 5, resampling=FEW)
    assert shuffled.value == pytest.approx(given_order.value)


def test_debiasing_takes_part_of_chance_off_honest_scores() -> None:
    rng = np.random.default_rng(2)
    plain: list[float] = []
    less: list[float] = []
    for _ in range(40):
        score = rng.random(300)
        truth = rng.random(300) < score
        for values, debiased in ((plain, False), (less, True)):
            found = expected_calibration_error(truth, score, resampling=FEW, debiased=debiased)
            values.append(found.value or 0.0)
    assert np.mean(plain) > 0.04
    assert np.mean(less) < 0.7 * np.mean(plain)


def test_patients_with_many_studies_widen_the_interval() -> None:
    rng = np.random.default_rng(3)
    score = np.repeat(rng.random(60), 10)
    truth = np.repeat(rng.random(60) < score[::10] ** 2, 10)
    patients = np.repeat(np.arange(60), 10)
    alone = expected_calibration_error(truth, score, 5, resampling=FEW)
    together = expected_calibration_error(truth, score, 5, resampling=FEW, patients=patients)

    def width(found: Estimate) -> float:
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(together) > 1.5 * width(alone)
    assert "patients" in together.method


def test_the_same_seed_gives_the_same_interval_and_another_does_not() -> None:
    rng = np.random.default_rng(4)
    score = rng.random(100)
    truth = rng.random(100) < score
    one, again, other = (
        expected_calibration_error(truth, score, resampling=Resampling(seed, 200))
        for seed in (1, 1, 2)
    )
    assert one == again
    assert (one.low, one.high) != (other.low, other.high)


def test_one_class_gives_a_reason_and_malformed_input_is_refused() -> None:
    for truth, score in (([], []), ([1, 1], [0.5, 0.6])):
        assert "one class" in expected_calibration_error(truth, score, resampling=FEW).reason
        assert "one class" in maximum_calibration_error(truth, score).reason
        found = brier_decomposition(truth, score, resampling=FEW)
        assert isinstance(found, Estimate)
        assert "one class" in found.reason
    with pytest.raises(ValueError, match="score: 1 of 2 entries are missing"):
        expected_calibration_error([1, 0], [0.5, float("nan")], resampling=FEW)
    with pytest.raises(ValueError, match="truth has 2, score has 1"):
        maximum_calibration_error([1, 0], [0.5])
    with pytest.raises(ValueError, match="truth has 2, patients has 1"):
        expected_calibration_error([1, 0], [0.5, 0.6], resampling=FEW, patients=["a"])
    with pytest.raises(ValueError, match="bins must be at least 1"):
        reliability_bins([1, 0], [0.5, 0.1], 0)
    with pytest.raises(ValueError, match="equal must be"):
        bin_edges(np.array([0.5]), 3, equal="mass")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level"):
        maximum_calibration_error([1, 0], [0.5, 0.1], level=95.0)
