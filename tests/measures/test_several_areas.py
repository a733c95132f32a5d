from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from measures.comparison import paired_auc_difference
from measures.roc import placements
from measures.several_areas import area_covariance, equal_areas
from tests.measures.columns import Column, truth_and_score


@given(columns=truth_and_score(both_classes=True))
def test_two_scores_give_delongs_paired_test(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    other = np.round(score + np.random.default_rng(2).normal(size=score.size), 1)
    pair, all_of_them = (
        paired_auc_difference(truth, score, other),
        equal_areas(truth, [score, other]),
    )
    if all_of_them.p_value is not None and pair.p_value is not None:
        assert all_of_them.p_value == pytest.approx(pair.p_value, abs=1e-9)
    covariance = area_covariance(truth, [score, other])
    assert covariance == pytest.approx(covariance.T)
    assert covariance[0, 0] == pytest.approx(placements(truth, score).variance, abs=1e-12)


def test_the_order_of_the_scores_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    truth = np.repeat([1.0, 0.0], [30, 50])
    scores = list(rng.normal(size=(3, 80)) + np.array([[1.5], [1.0], [0.5]]) * truth)
    one, other = equal_areas(truth, scores), equal_areas(truth, scores[::-1])
    assert one.chi_square == pytest.approx(other.chi_square)
    assert (one.freedom, one.n) == (2, 80)


def test_scores_that_rank_alike_give_a_reason_and_malformed_ones_are_refused() -> None:
    truth, score = [1, 1, 0, 0], [0.4, 0.3, 0.35, 0.1]
    alike = equal_areas(truth, [score, np.exp(score)])
    assert alike.p_value is None and "rank alike" in alike.reason
    with pytest.raises(ValueError, match="at least two"):
        equal_areas(truth, [score])
    with pytest.raises(ValueError, match="needs two of each"):
        area_covariance([1, 0, 0], [[1, 2, 3]])
    with pytest.raises(ValueError, match="score has 3"):
        area_covariance(truth, [score, [1, 2, 3]])
