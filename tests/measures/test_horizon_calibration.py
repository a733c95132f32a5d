from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.calibration import brier
from measures.follow_up import event_chance
from measures.horizon_calibration import brier_at_horizon, calibration_groups, observed_to_expected
from tests.measures.followed import Followed, followed_patients
from tests.measures.test_time_to_event import cohort


@given(patients=followed_patients(smallest=3), horizon=st.integers(2, 10))
def test_without_censoring_it_is_the_brier_score(patients: Followed, horizon: int) -> None:
    time, _, risk = patients
    chance = risk / 6.0
    found = brier_at_horizon(time, np.ones(time.size), chance, horizon=horizon)
    assert found.value == pytest.approx(brier(time <= horizon, chance).value, abs=1e-12)


@given(patients=followed_patients(smallest=3), horizon=st.integers(2, 10))
def test_limits_hold_the_score_within_its_bounds(patients: Followed, horizon: int) -> None:
    time, event, risk = patients
    found = brier_at_horizon(time, event, risk / 6.0, horizon=horizon)
    if found.value is not None and found.low is not None and found.high is not None:
        assert 0.0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1.0


def test_it_reaches_the_brier_score_of_scikit_survival() -> None:
    """brier_score of scikit-survival 0.28.0 on the cohort made by arithmetic, at 6."""
    time, event, risk = cohort()
    chance = 1.0 - np.exp(-0.6 * np.exp(0.8 * risk))
    found = brier_at_horizon(time, event, chance, horizon=6.0)
    assert found.value == pytest.approx(0.11771603430006365, abs=1e-9)


@given(patients=followed_patients(smallest=6), groups=st.integers(1, 6))
def test_groups_hold_every_patient_once_in_rising_order(patients: Followed, groups: int) -> None:
    time, event, risk = patients
    found = calibration_groups(time, event, risk / 6.0, horizon=5.0, groups=groups)
    assert sum(one.observed.n for one in found) == time.size
    predicted = [one.predicted for one in found]
    assert predicted == sorted(predicted)
    assert len(found) <= groups
    if groups == 1:
        assert found[0].observed == event_chance(time, event, horizon=5.0)


def test_a_ratio_of_one_is_found_where_predictions_are_true() -> None:
    time, event, _ = cohort()
    observed = event_chance(time, event, horizon=6.0)
    assert observed.value is not None
    assert observed.low is not None
    found = observed_to_expected(time, event, np.full(200, observed.value), horizon=6.0)
    assert found.value == pytest.approx(1.0)
    assert found.low == pytest.approx(observed.low / observed.value)
    half = observed_to_expected(time, event, np.full(200, observed.value / 2), horizon=6.0)
    assert half.value == pytest.approx(2.0)


def test_what_cannot_be_said_is_said_so() -> None:
    for measure in (brier_at_horizon, observed_to_expected):
        assert "followed as long" in measure([1, 2], [1, 0], [0.1, 0.2], horizon=5).reason
        assert measure([], [], [], horizon=5).reason == "no patient"
    zeros = observed_to_expected([1, 9], [1, 0], [0, 0], horizon=5)
    assert zeros.reason == "all predicted chances are 0"
    assert brier_at_horizon([9], [0], [0.2], horizon=5).reason == "one patient only"
    beyond = calibration_groups([1, 2, 9], [1, 0, 0], [0.1, 0.2, 0.9], horizon=5, groups=3)
    assert [one.observed.estimable for one in beyond] == [True, False, True]


def test_malformed_columns_are_refused() -> None:
    for measure in (brier_at_horizon, observed_to_expected, calibration_groups):
        for wrong in (np.nan, np.inf, 1.2, -0.1):
            with pytest.raises(ValueError, match="predicted"):
                measure([1, 2], [1, 0], [0.1, wrong], horizon=1)
        with pytest.raises(ValueError, match="time has 2, predicted has 1"):
            measure([1, 2], [1, 0], [0.1], horizon=1)
        with pytest.raises(ValueError, match="horizon"):
            measure([1, 2], [1, 0], [0.1, 0.2], horizon=0)
    for groups in (0, 3):
        with pytest.raises(ValueError, match="groups"):
            calibration_groups([1, 2], [1, 0], [0.1, 0.2], horizon=1, groups=groups)
