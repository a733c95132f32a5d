"""Chances by a horizon, judged by follow-up that may end before it."""

from dataclasses import replace

import numpy as np
import pytest

from measures.follow_up import event_chance
from measures.time_to_event import uno_c
from models.tasks import Calibration, Outcomes, PrognosisTask
from models.tasks.prognosis import calibration_at_horizon, first_studies

TASK = PrognosisTask()
HORIZON = 90.0


def outcomes(n: int = 600, *, seed: int = 3, flat: bool = False) -> Outcomes:
    """Patients whose hazard is known, so that their true chance is; a third is censored early."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=n)
    rate = 0.003 * np.exp(risk)
    until, censored = rng.exponential(1 / rate), rng.uniform(20, 300, n)
    chance = np.full(n, 0.3) if flat else 1 - np.exp(-rate * HORIZON)
    return Outcomes(
        (until <= censored).astype(int), chance, chance >= 0.3,
        np.array([f"P{at}" for at in range(n)]),
        more={"days": np.minimum(until, censored) + 0.01, "horizon": np.full(n, HORIZON)},
    )


def found_in(given: Outcomes, **asked: int) -> dict:
    return {one.measure: one for one in TASK.estimates(given, **asked) if one.subgroup == "all"}


def test_the_true_chances_are_found_calibrated_and_in_order() -> None:
    given = outcomes()
    found = found_in(given)
    for one in found.values():
        assert one.n <= 600
        assert one.low < one.value < one.high
    assert found["uno_c"].low > 0.65
    assert found["observed_to_expected"].low < 1 < found["observed_to_expected"].high
    assert found["brier_at_horizon"].high < found_in(outcomes(flat=True))["brier_at_horizon"].value
    assert found["event_chance_flagged"].low > found["event_chance_not_flagged"].high
    assert found["event_chance_flagged"].n + found["event_chance_not_flagged"].n == 600


def test_its_measures_are_those_of_the_room_of_measures() -> None:
    given = outcomes()
    days, event = given.more["days"], given.truth
    found = found_in(given)
    assert found["uno_c"] == uno_c(days, event, given.score, horizon=HORIZON)
    whole = event_chance(days, event, horizon=HORIZON)
    assert found["event_chance"] == whole
    flagged = np.asarray(given.decision)
    part = event_chance(days[flagged], event[flagged], horizon=HORIZON)
    assert found["event_chance_flagged"] == replace(part, measure="event_chance_flagged")


def test_a_censored_patient_counts_neither_as_event_nor_as_free_of_it() -> None:
    """All that is known of the censored may change, but for how long they were followed."""
    given = outcomes()
    early = (given.truth == 0) & (given.more["days"] < HORIZON)
    assert early.sum() > 100
    worse = replace(given, score=np.where(early, 1 - given.score, given.score))
    assert found_in(worse)["auc_at_horizon"] == found_in(given)["auc_at_horizon"]
    assert found_in(worse)["brier_at_horizon"] == found_in(given)["brier_at_horizon"]


def test_of_a_patient_with_several_studies_the_first_counts() -> None:
    given = outcomes(100)
    days = np.concatenate([given.more["days"], given.more["days"][:40] / 2])
    again = Outcomes(
        np.concatenate([given.truth, given.truth[:40]]),
        np.concatenate([given.score, np.full(40, 0.99)]),
        np.concatenate([given.decision, np.ones(40, bool)]),
        np.concatenate([given.patient, given.patient[:40]]),
        more={"days": days, "horizon": np.full(140, HORIZON)},
    )
    assert first_studies(again).n == 100
    assert found_in(again) == found_in(given)


def test_follow_up_that_ends_before_the_horizon_is_not_estimable_there() -> None:
    given = outcomes(80)
    late = replace(given, more=dict(given.more) | {"horizon": np.full(80, 4000.0)})
    found = found_in(late)
    for name in ("uno_c", "auc_at_horizon", "brier_at_horizon", "observed_to_expected",
                 "event_chance"):  # fmt: skip
        assert "nobody was followed as long as 4000" in found[name].reason
    assert found["harrell_c"].estimable
    few = found_in(outcomes(12))
    assert {one.reason for one in few.values()} == {"fewer than 20 patients"}


def test_two_horizons_and_outputs_that_are_no_numbers_are_refused() -> None:
    given = outcomes(60)
    mixed = replace(given, more=dict(given.more) | {"horizon": np.arange(60.0) + 1})
    with pytest.raises(ValueError, match="one horizon is expected"):
        TASK.estimates(mixed)
    with pytest.raises(ValueError, match="not finite"):
        TASK.decode([0.0, np.nan], Calibration(1.0, 0.0, 0.5))


def test_groups_of_rising_chance_are_drawn_with_what_was_observed() -> None:
    groups = calibration_at_horizon(outcomes())
    assert groups is not None
    assert len(groups) == 5
    assert sum(one["n"] for one in groups) == 600
    predicted = [one["predicted"] for one in groups]
    assert predicted == sorted(predicted)
    assert sum(one["low"] <= one["predicted"] <= one["high"] for one in groups) >= 4
    assert calibration_at_horizon(outcomes(15)) is None


def test_two_answers_are_held_against_each_other_on_the_same_study_of_a_patient() -> None:
    given = outcomes(100)
    twice = Outcomes(*(
        np.concatenate([column, column]) for column in (
            given.truth, given.score, given.decision, given.patient
        )
    ), more={name: np.concatenate([one, one]) for name, one in given.more.items()})  # fmt: skip
    # of equal follow-up the lower chance counts, and the other answers order the copies otherwise
    first = replace(twice, score=np.concatenate([given.score, given.score + 1]))
    second = replace(twice, score=np.concatenate([given.score, -given.score - 1]))
    (found,) = TASK.paired(first, second)
    assert found.value == 0
    assert found.n == 100


def test_who_was_not_followed_to_the_horizon_is_no_failure_and_in_no_share() -> None:
    days = np.array([10.0, 20.0, 30.0, 200.0, 201.0, 120.0])
    given = Outcomes(
        np.array([1, 1, 0, 0, 0, 1]), np.array([0.1, 0.2, 0.9, 0.8, 0.7, 0.1]),
        np.array([0, 0, 1, 1, 1, 0]), np.array(list("abcdef")),
        more={"days": days, "horizon": np.full(6, HORIZON)},
    )
    found = TASK.failures(given, 5)
    assert [(one.at, one.words) for one in found["event_at_low_risk"]] == [
        (0, "event on day 10"), (1, "event on day 20"),
    ]
    assert [(one.at, one.words) for one in found["no_event_at_high_risk"]] == [
        (3, "free of the event on day 200"), (4, "free of the event on day 201"),
    ]
    assert [at.at for at in TASK.failures(given, 1)["event_at_low_risk"]] == [0]
    events, free = TASK.shares(given)
    assert events.counted.tolist() == [True, True, False, False, False, False]
    assert free.counted.tolist() == [False, False, False, True, True, True]
    assert free.right.tolist() == [True, True, False, False, False, True]
