from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.net_benefit import decision_curve, net_benefit
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)


@given(columns=BOTH, threshold=st.floats(0.01, 0.99))
def test_it_counts_hits_less_weighed_false_alarms(
    columns: tuple[Column, Column], threshold: float
) -> None:
    truth, score = columns
    found = net_benefit(truth, score, threshold)
    flagged = score >= threshold
    weight = threshold / (1 - threshold)
    gain = (flagged & (truth == 1)).mean() - weight * (flagged & (truth == 0)).mean()
    assert found.value == pytest.approx(gain, abs=1e-12)
    assert found.low is not None and found.high is not None and found.value is not None
    assert found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high
    assert found.high > found.low
    assert found.high <= 1.0


@given(columns=BOTH)
def test_the_curve_is_the_single_numbers_and_treating_all_its_left_end(
    columns: tuple[Column, Column],
) -> None:
    cuts = [0.5, 0.1, 0.3]
    curve = decision_curve(*columns, cuts)
    for i, cut in enumerate(cuts):
        one = net_benefit(*columns, cut)
        assert (curve.value[i], curve.low[i], curve.high[i]) == (one.value, one.low, one.high)
    everyone = decision_curve(columns[0], np.ones(columns[0].size), cuts)
    assert curve.treat_all == pytest.approx(everyone.value)
    assert np.all(curve.treat_all_low < curve.treat_all)
    assert np.all(curve.treat_all < curve.treat_all_high)


def test_no_false_alarm_is_not_certainty() -> None:
    found = net_benefit([1] * 5 + [0] * 20, [0.9] * 5 + [0.0] * 20, 0.5)
    assert found.value == pytest.approx(0.2)
    assert found.low is not None and found.low < 0.1


def test_one_class_alone_or_a_threshold_out_of_range_is_refused() -> None:
    assert "both diseased and healthy" in net_benefit([1, 1], [0.5, 0.9], 0.5).reason
    with pytest.raises(ValueError, match="both diseased and healthy"):
        decision_curve([1, 1], [0.5, 0.9], [0.5])
    for cut in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="thresholds"):
            net_benefit([1, 0], [0.5, 0.9], cut)
    with pytest.raises(ValueError, match="probabilities"):
        net_benefit([1, 0], [0.5, 1.9], 0.5)
