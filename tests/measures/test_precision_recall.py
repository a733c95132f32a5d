from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from measures.precision_recall import average_precision, precision_recall_points
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)


@given(columns=BOTH)
def test_value_and_curve_agree_with_scikit_learn(columns: tuple[Column, Column]) -> None:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    found = average_precision(*columns)
    assert found.value == pytest.approx(average_precision_score(*columns), abs=1e-12)
    assert found.low is not None and found.high is not None and found.value is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert found.high > found.low
    precision, recall, cuts = precision_recall_curve(*columns)
    points = precision_recall_points(*columns)
    assert points.threshold == pytest.approx(cuts[::-1])
    assert points.precision == pytest.approx(precision[:-1][::-1])
    assert points.recall == pytest.approx(recall[:-1][::-1])


def test_the_interval_is_as_wide_as_drawing_studies_makes_it() -> None:
    rng = np.random.default_rng(5)
    truth = (rng.random(800) < 0.15).astype(np.float64)
    score = np.round(rng.normal(size=800) + 1.5 * truth, 1)
    found = average_precision(truth, score)
    drawn = []
    for _ in range(1000):
        rows = rng.integers(800, size=800)
        drawn.append(average_precision(truth[rows], score[rows]).value)
    low, high = np.quantile(drawn, [0.025, 0.975])  # type: ignore[arg-type]
    assert found.high is not None and found.low is not None
    assert found.high - found.low == pytest.approx(high - low, rel=0.1)


@given(columns=BOTH)
def test_only_the_ranking_counts_and_not_the_order_of_studies(
    columns: tuple[Column, Column],
) -> None:
    truth, score = columns
    order = np.random.default_rng(1).permutation(truth.size)
    found = average_precision(truth, score)
    for other in (
        average_precision(truth[order], score[order]), average_precision(truth, np.exp(3 * score)),
    ):  # fmt: skip
        assert (other.value, other.low, other.high) == pytest.approx(
            (found.value, found.low, found.high), abs=1e-9
        )


def test_a_useless_score_gives_the_prevalence_and_a_perfect_one_no_certainty() -> None:
    assert average_precision([1] * 3 + [0] * 7, [0.5] * 10).value == pytest.approx(0.3)
    perfect = average_precision([1] * 10 + [0] * 30, [2.0] * 10 + [1.0] * 30)
    assert perfect.value == perfect.high == 1.0
    assert perfect.low is not None and perfect.low < 0.8
