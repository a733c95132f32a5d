from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.roc import area_limits, auc, placements, roc_points
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)


@given(columns=BOTH)
def test_area_is_the_share_of_pairs_in_order(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    gaps = score[truth == 1][:, None] - score[truth == 0][None, :]
    assert auc(truth, score).value == pytest.approx(np.mean((np.sign(gaps) + 1) / 2), abs=1e-12)


@pytest.mark.requirement("REG-126")
@given(columns=BOTH)
def test_area_and_curve_agree_with_scikit_learn(columns: tuple[Column, Column]) -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    truth, score = columns
    assert auc(truth, score).value == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
    alarms, hits, cuts = roc_curve(truth, score, drop_intermediate=False)
    points = roc_points(truth, score)
    assert points.threshold == pytest.approx(cuts)
    assert points.sensitivity == pytest.approx(hits)
    assert 1 - points.specificity == pytest.approx(alarms)


@given(columns=BOTH)
def test_variance_is_delongs_by_definition(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    gaps = score[truth == 1][:, None] - score[truth == 0][None, :]
    order = (np.sign(gaps) + 1) / 2
    expected = sum(np.var(order.mean(axis=i), ddof=1) / order.shape[1 - i] for i in (0, 1))
    assert placements(truth, score).variance == pytest.approx(expected, abs=1e-12)


@given(columns=BOTH)
def test_the_fast_interval_is_that_of_the_placements(columns: tuple[Column, Column]) -> None:
    found, placed = auc(*columns), placements(*columns)
    limits = area_limits(
        placed.area, placed.variance, named="DeLong",
        pairs=int(min(columns[0].sum(), (1 - columns[0]).sum())),
    )  # fmt: skip
    assert found.value == pytest.approx(placed.area, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(limits[:2], abs=1e-9)


@given(columns=BOTH, level=st.floats(0.5, 0.99))
def test_interval_holds_the_area_in_bounds_and_never_closes(
    columns: tuple[Column, Column], level: float
) -> None:
    found = auc(*columns, level=level)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1.0
    assert found.high > found.low


@given(columns=BOTH)
def test_only_the_ranking_of_scores_counts(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    assert auc(truth, np.exp(3.0 * score) - 7.0) == auc(truth, score)


@given(columns=BOTH)
def test_reversing_score_or_truth_mirrors_the_area(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    found, turned, swapped = auc(truth, score), auc(truth, -score), auc(1 - truth, score)
    assert found.value is not None
    assert found.low is not None
    assert turned.value == pytest.approx(1.0 - found.value)
    assert swapped.value == pytest.approx(1.0 - found.value)
    assert turned.high == pytest.approx(1.0 - found.low)
    assert swapped.high == pytest.approx(1.0 - found.low)


@given(columns=BOTH)
def test_the_order_of_studies_does_not_matter(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    order = np.random.default_rng(1).permutation(truth.size)
    found, shuffled = auc(truth, score), auc(truth[order], score[order])
    assert (shuffled.value, shuffled.low, shuffled.high) == pytest.approx(
        (found.value, found.low, found.high), abs=1e-9
    )


def test_perfect_separation_is_not_certainty() -> None:
    found = auc([1] * 20 + [0] * 30, [2.0] * 20 + [1.0] * 30)
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(0.025 ** (1 / 20))  # 20 of 20 independent pairs
    assert "variance is zero" in found.method


def test_equal_scores_give_a_half_and_a_wide_interval() -> None:
    found = auc([1] * 10 + [0] * 10, [0.3] * 20)
    assert found.value == 0.5
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.25
    assert found.high > 0.75


@pytest.mark.parametrize("truth", [[], [1, 1, 1], [0, 0], [1, 0, 0]])
def test_too_few_of_a_class_gives_a_reason(truth: list[int]) -> None:
    found = auc(truth, [0.1 * i for i in range(len(truth))])
    assert found.value is None
    assert "needs two of each" in found.reason
    assert found.n == len(truth)


def test_malformed_input_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="score: 1 of 2"):
        auc([1, 0], [0.1, np.nan])
    with pytest.raises(ValueError, match="truth has 2, score has 3"):
        auc([1, 0], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="both diseased and healthy"):
        roc_points([1, 1], [0.1, 0.2])


@pytest.mark.parametrize(("area", "variance"), [(1.2, 0.1), (-0.1, 1), (0.5, -0.1), (math.nan, 1)])
def test_no_limits_of_an_impossible_area(area: float, variance: float) -> None:
    with pytest.raises(ValueError, match="impossible"):
        area_limits(area, variance, named="DeLong", pairs=9)
