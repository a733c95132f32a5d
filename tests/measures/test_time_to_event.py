from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given

from measures.estimate import Estimate
from measures.follow_up import accepted_follow_up, kaplan_meier
from measures.roc import auc
from measures.time_to_event import auc_at_horizon, harrell_c, uno_c, uno_c_difference
from tests.measures.followed import Followed, followed_patients

Measure = Callable[..., Estimate]
EACH: list[Measure] = [harrell_c, partial(uno_c, horizon=9.0), partial(auc_at_horizon, horizon=6.0)]
NAMES = ["harrell_c", "uno_c", "auc_at_horizon"]


def cohort() -> Followed:
    """200 patients made by arithmetic, no two times equal."""
    i = np.arange(1, 201)
    risk = np.round(((i * 37) % 101) / 25.0 - 2.0, 1)
    came = 10.0 * np.exp(-0.8 * risk) * -np.log(((i * 73) % 199 + 0.5) / 200.0)
    left = 1.0 + 24.0 * ((i * 59) % 211) / 211.0
    return np.minimum(came, left), (came <= left).astype(float), risk


def pair_by_pair(followed: Followed, until: float, weighed: bool) -> float:
    """C by its definition, one pair at a time."""
    time, event, risk = followed
    seen = kaplan_meier(accepted_follow_up(time, event), censoring=True).just_before(time)
    right = total = 0.0
    for i in range(time.size):
        if not event[i] or time[i] >= until:
            continue
        weight = seen[i] ** -2 if weighed else 1.0
        for j in range(time.size):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                total += weight
                right += weight * (1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0)
    return right / total if total else np.nan


@given(patients=followed_patients())
def test_c_is_its_definition_pair_by_pair(patients: Followed) -> None:
    found = harrell_c(*patients)
    expected = pair_by_pair(patients, np.inf, weighed=False)
    assert (found.value is None) == bool(np.isnan(expected))
    if found.value is not None:
        assert found.value == pytest.approx(expected, abs=1e-12)
    weighed = uno_c(*patients, horizon=9.0)
    if weighed.value is not None:
        assert weighed.value == pytest.approx(pair_by_pair(patients, 9.0, weighed=True), abs=1e-9)


SCIKIT_SURVIVAL = [0.9281224378245422, 0.9266277431926438, 0.933551234441109]


@pytest.mark.parametrize(
    ("measure", "expected"), list(zip(EACH, SCIKIT_SURVIVAL, strict=True)), ids=NAMES
)
def test_it_reaches_values_of_scikit_survival(measure: Measure, expected: float) -> None:
    """scikit-survival 0.28.0 on the cohort made by arithmetic: concordance_index_censored,
    concordance_index_ipcw (tau 9) and cumulative_dynamic_auc (at 6).
    """
    assert measure(*cohort()).value == pytest.approx(expected, abs=1e-9)


@given(patients=followed_patients(smallest=4))
def test_without_censoring_the_auc_is_that_of_the_roc_curve(patients: Followed) -> None:
    time, _, risk = patients
    found = auc_at_horizon(time, np.ones(time.size), risk, horizon=6.0)
    plain = auc(time <= 6.0, risk)
    assert found.estimable == plain.estimable
    if found.value is not None:
        assert found.value == pytest.approx(plain.value, abs=1e-12)


@given(patients=followed_patients(smallest=4))
def test_without_censoring_uno_is_harrell(patients: Followed) -> None:
    time, _, risk = patients
    harrell = harrell_c(time, np.ones(time.size), risk)
    found = uno_c(time, np.ones(time.size), risk, horizon=100.0)
    assert (found.value, found.low, found.high) == (harrell.value, harrell.low, harrell.high)


@pytest.mark.parametrize("measure", EACH, ids=NAMES)
@given(patients=followed_patients(smallest=4))
def test_only_the_order_of_risks_counts_and_turning_it_mirrors(
    measure: Measure, patients: Followed
) -> None:
    time, event, risk = patients
    found = measure(time, event, risk)
    same, turned = measure(time, event, np.exp(risk) - 9.0), measure(time, event, -risk)
    assert same == found
    if found.value is not None and found.low is not None and found.high is not None:
        assert turned.value == pytest.approx(1.0 - found.value)
        assert turned.high == pytest.approx(1.0 - found.low)
        assert 0.0 <= found.low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.high <= 1.0
        assert found.high > found.low


@pytest.mark.parametrize("measure", EACH, ids=NAMES)
def test_the_order_of_patients_does_not_matter(measure: Measure) -> None:
    columns = cohort()
    order = np.random.default_rng(2).permutation(200)
    found, shuffled = measure(*columns), measure(*(column[order] for column in columns))
    assert (shuffled.value, shuffled.low, shuffled.high) == pytest.approx(
        (found.value, found.low, found.high), abs=1e-9
    )


@pytest.mark.parametrize("measure", EACH, ids=NAMES)
def test_perfect_order_is_not_certainty(measure: Measure) -> None:
    found = measure(np.arange(1.0, 21.0), np.ones(20), np.arange(20.0, 0.0, -1.0))
    assert found.value == found.high == 1.0
    assert found.low is not None
    assert 0.3 < found.low < 0.9


@pytest.mark.parametrize("measure", EACH, ids=NAMES)
def test_all_censored_and_nobody_give_a_reason(measure: Measure) -> None:
    censored = measure([10, 11, 12], [0, 0, 0], [1, 2, 3])
    assert "censored" in censored.reason or "needs two of each" in censored.reason
    assert censored.n == 3
    assert measure([], [], []).value is None
    assert measure([10], [1], [1]).value is None


def test_nothing_is_said_beyond_the_end_of_follow_up() -> None:
    columns = [1, 2, 3, 4], [1, 1, 0, 0], [4, 3, 2, 1]
    for measure in (uno_c, auc_at_horizon):
        assert "nobody was followed as long as 6" in measure(*columns, horizon=6.0).reason


@pytest.mark.parametrize("measure", EACH, ids=NAMES)
def test_malformed_columns_are_refused(measure: Measure) -> None:
    with pytest.raises(ValueError, match="risk: 1 of 2"):
        measure([1, 2], [1, 0], [np.nan, 1])
    with pytest.raises(ValueError, match="risk: 1 of 2"):
        measure([1, 2], [1, 0], [np.inf, 1])
    with pytest.raises(ValueError, match="time has 2, risk has 3"):
        measure([1, 2], [1, 0], [1, 2, 3])
    with pytest.raises(ValueError, match="above 0"):
        measure([0, 2], [1, 0], [1, 2])
    with pytest.raises(ValueError, match="level"):
        measure(*cohort(), level=95.0)


def test_horizons_that_make_no_sense_are_refused() -> None:
    for measure in (uno_c, auc_at_horizon):
        for wrong in (0.0, np.nan, np.inf):
            with pytest.raises(ValueError, match="horizon"):
                measure([1, 2], [1, 0], [1, 2], horizon=wrong)


def test_a_difference_is_that_of_the_two_and_as_wide_as_patients_drawn_anew_say() -> None:
    time, event, risk = cohort()
    rng = np.random.default_rng(5)
    other = risk + rng.normal(0, 0.8, risk.size)
    found = uno_c_difference(time, event, risk, other, horizon=9.0)
    one, two = (uno_c(time, event, each, horizon=9.0) for each in (risk, other))
    assert found.value == pytest.approx(one.value - two.value, abs=1e-12)
    assert found.n == 200
    drawn = []
    for _ in range(250):
        rows = rng.integers(0, 200, 200)
        seen = (time[rows], event[rows])
        drawn.append(
            uno_c(*seen, risk[rows], horizon=9.0).value
            - uno_c(*seen, other[rows], horizon=9.0).value
        )
    wide = found.high - found.low
    assert wide == pytest.approx(2 * 1.96 * np.std(drawn), rel=0.25)
    assert wide < np.hypot(one.high - one.low, two.high - two.low)
    back = uno_c_difference(time, event, other, risk, horizon=9.0)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


def test_a_difference_of_the_same_order_is_nought_and_not_certain() -> None:
    time, event, risk = cohort()
    same = uno_c_difference(time, event, risk, 2 * risk + 1, horizon=9.0)
    assert same.value == 0
    assert same.n == 200
    assert same.low < -0.01 < 0.01 < same.high
    late = uno_c_difference(time, event, risk, risk, horizon=900.0)
    assert "nobody was followed as long as 900" in late.reason
    assert late.n == 200
