from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.partial_auc import partial_auc
from measures.roc import auc, roc_points
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)
RANGE = st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2).map(sorted)


@given(columns=BOTH)
def test_over_all_specificities_it_is_delongs_interval_of_the_area(
    columns: tuple[Column, Column],
) -> None:
    part, whole = partial_auc(*columns, specificity=(0.0, 1.0)), auc(*columns)
    assert (part.value, part.low, part.high) == pytest.approx(
        (whole.value, whole.low, whole.high), abs=1e-9
    )


@given(columns=BOTH, between=RANGE)
def test_the_area_is_that_under_the_drawn_curve(
    columns: tuple[Column, Column], between: list[float]
) -> None:
    low, high = between
    if high - low < 1e-3:
        return
    found = partial_auc(*columns, specificity=(low, high))
    points = roc_points(*columns)
    alarms = 1.0 - points.specificity
    grid = np.unique(np.r_[1.0 - high, 1.0 - low, alarms[(alarms > 1 - high) & (alarms < 1 - low)]])
    middle = 0.5 * (grid[1:] + grid[:-1])
    expected = np.diff(grid) @ np.interp(middle, alarms, points.sensitivity)
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low is not None and found.high is not None and found.value is not None
    assert -1e-12 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= high - low + 1e-12
    assert found.high > found.low


@given(columns=BOTH, most=st.floats(0.01, 1.0))
def test_the_standardised_area_agrees_with_scikit_learn(
    columns: tuple[Column, Column], most: float
) -> None:
    from sklearn.metrics import roc_auc_score

    found = partial_auc(*columns, specificity=(1.0 - most, 1.0), standardised=True)
    assert found.value == pytest.approx(roc_auc_score(*columns, max_fpr=most), abs=1e-7)


def test_the_interval_is_as_wide_as_drawing_studies_makes_it() -> None:
    rng = np.random.default_rng(4)
    truth = np.repeat([1.0, 0.0], [150, 350])
    score = np.round(rng.normal(size=500) + 1.2 * truth, 1)
    found = partial_auc(truth, score, specificity=(0.8, 1.0))
    sick, healthy = score[truth == 1], score[truth == 0]
    drawn = [
        partial_auc(
            truth, np.r_[rng.choice(sick, 150), rng.choice(healthy, 350)], specificity=(0.8, 1.0)
        ).value
        for _ in range(1000)
    ]
    assert found.high is not None and found.low is not None
    low, high = np.quantile(drawn, [0.025, 0.975])  # type: ignore[arg-type]
    assert found.high - found.low == pytest.approx(high - low, rel=0.1)


def test_perfect_separation_is_not_certainty() -> None:
    found = partial_auc([1] * 20 + [0] * 30, [2.0] * 20 + [1.0] * 30)
    assert found.value == pytest.approx(0.1)
    assert found.low is not None and found.low < 0.05
    assert "3 independent pairs" in found.method or "2 independent pairs" in found.method


@pytest.mark.parametrize("between", [(0.9, 0.9), (1.0, 0.9), (-0.1, 1.0), (0.5, 1.5), (0.5,)])
def test_a_range_out_of_order_is_refused(between: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="specificity"):
        partial_auc([1, 1, 0, 0], [4, 2, 3, 1], specificity=between)
