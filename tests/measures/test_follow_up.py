from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.follow_up import accepted_follow_up, event_chance, kaplan_meier
from measures.proportions import wilson_limits
from tests.measures.followed import Followed, followed_patients


@given(patients=followed_patients())
def test_the_curve_is_the_product_over_event_times(patients: Followed) -> None:
    time, event, _ = patients
    curve = kaplan_meier(accepted_follow_up(time, event))
    share = 1.0
    for at, found in zip(curve.time, curve.share, strict=True):
        share *= 1.0 - event[time == at].sum() / (time >= at).sum()
        assert found == pytest.approx(share, abs=1e-12)
    assert (np.diff(curve.share) <= 1e-12).all()


@given(patients=followed_patients())
def test_staying_under_observation_and_free_of_the_event_multiply(patients: Followed) -> None:
    """Patients leave by one or the other: the curves multiply to the share still there."""
    time, event, _ = patients
    followed = accepted_follow_up(time, event)
    free, seen = kaplan_meier(followed), kaplan_meier(followed, censoring=True)
    still = np.array([(time > at).mean() for at in free.time])
    assert free.share * seen.share == pytest.approx(still, abs=1e-9)


@given(n=st.integers(2, 60), hits=st.integers(0, 60))
def test_without_censoring_it_is_a_share_of_patients_with_wilsons_limits(n: int, hits: int) -> None:
    hits = min(hits, n)
    time = np.r_[np.full(hits, 1.0), np.full(n - hits, 3.0)]
    found = event_chance(time, time < 2, horizon=2)
    low, high = wilson_limits(hits, n)
    assert found.value == pytest.approx(hits / n)
    assert (found.low, found.high) == pytest.approx((float(low), float(high)))


@given(patients=followed_patients(), horizon=st.integers(1, 12))
def test_limits_hold_the_share_and_never_close(patients: Followed, horizon: int) -> None:
    found = event_chance(*patients[:2], horizon=horizon)
    if found.value is not None and found.low is not None and found.high is not None:
        assert 0.0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1.0
        assert found.high > found.low


def test_it_reaches_values_of_lifelines() -> None:
    """KaplanMeierFitter of lifelines 0.30.3 on this cohort, made by arithmetic."""
    i = np.arange(1, 61)
    time, event = (i * 37) % 61 + 0.5, (i * 11) % 7 < 4
    curve = kaplan_meier(accepted_follow_up(time, event))
    assert curve.at(np.array([10.0, 30.0, 55.0])) == pytest.approx(
        [0.9444444444444443, 0.6623931623931624, 0.31354515050167225], abs=1e-12
    )


def test_nothing_is_said_beyond_the_end_of_follow_up() -> None:
    found = event_chance([1, 2, 3], [1, 0, 0], horizon=4)
    assert found.reason.startswith("nobody was followed as long as 4")
    assert event_chance([1, 2, 3], [1, 0, 1], horizon=4).value == 1.0
    assert event_chance([], [], horizon=4).reason == "no patient"


def test_malformed_follow_up_is_refused() -> None:
    with pytest.raises(ValueError, match="time: must be above 0; 1 of 2"):
        event_chance([0, 2], [1, 0], horizon=1)
    with pytest.raises(ValueError, match="time: 1 of 2 entries are missing"):
        event_chance([np.nan, 2], [1, 0], horizon=1)
    with pytest.raises(ValueError, match="time: 1 of 2 entries are missing"):
        event_chance([np.inf, 2], [1, 0], horizon=1)
    with pytest.raises(ValueError, match="event: entries must be 0 or 1"):
        event_chance([1, 2], [1, 3], horizon=1)
    with pytest.raises(ValueError, match="time has 2, event has 1"):
        event_chance([1, 2], [1], horizon=1)
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="horizon"):
            event_chance([1, 2], [1, 0], horizon=wrong)
