"""A fault that sits in an intersection is found there, and small groups are counted."""

import numpy as np

from models.tasks import Outcomes, task_named
from monitoring.group_differences import Asked
from monitoring.intersections import NOT_TOGETHER, ONE_FIELD, intersections, pairs_of

TASK, ASKED = task_named("classification"), Asked(0.5, (0.1,), 20)


def outcomes(n: int = 800, *, fault: bool) -> Outcomes:
    """Diseased young women are missed more often, if so; men and the old even it out."""
    rng = np.random.default_rng(2)
    truth = np.arange(n) % 2
    sex = np.where(rng.random(n) < 0.5, "F", "M").astype(object)
    age = np.where(rng.random(n) < 0.5, "young", "old").astype(object)
    there = (sex == "F") == (age == "young")
    right = rng.random(n) < np.where(there & fault, 0.7, 0.92)
    decision = np.where(right, truth, 1 - truth)
    site = np.full(n, "north", dtype=object)
    site[:3] = "south"
    sex[5] = ""
    score = 0.5 + (decision - 0.5) * rng.uniform(0.1, 0.9, n)
    return Outcomes(
        truth, score, decision, np.array([f"p{at}" for at in range(n)], dtype=object),
        subgroups={"sex": sex, "age": age, "site": site, "view": np.full(n, "PA", dtype=object)},
    )


def test_a_fault_in_an_intersection_is_named_with_the_questions_asked() -> None:
    found, (told,), reason = intersections(TASK, {"internal test": outcomes(fault=True)}, ASKED)
    assert reason == ""
    by = {(one.measure, one.subgroup): one for one in found}
    bad = by["sensitivity", "internal test: sex and age=F, young"]
    assert bad.high < by["sensitivity", "internal test: sex and age=F, old"].value
    assert bad.n >= 20
    assert "auc" in {measure for measure, _ in told["shown"]}
    assert "sensitivity by sex and age" in told["conclusion"]
    assert f"Holm over {sum(one['p'] is not None for one in told['tests'])} questions" in (
        told["conclusion"]
    )
    measure, group = told["worst"][0]
    assert by[measure, group].subgroup.startswith("internal test: ")
    assert by[measure, group].low < by[measure, group].value
    assert all((one[0], one[1]) in by for one in (*told["shown"], *told["worst"]))


def test_small_intersections_are_counted_not_listed_and_nothing_is_claimed_of_equals() -> None:
    found, (told,), _ = intersections(TASK, {"internal test": outcomes(fault=False)}, ASKED)
    assert told["groups"] > told["too_small"] >= 3  # those of the three studies of the south
    assert not any("south" in one.subgroup for one in found if one.estimable)
    assert told["conclusion"].startswith("No difference between intersections is shown")


def test_a_characteristic_that_all_share_meets_none_and_an_unknown_value_belongs_nowhere() -> None:
    pairs = pairs_of(outcomes(60, fault=False))
    assert set(pairs) == {"sex and age", "sex and site", "age and site"}
    assert pairs["sex and age"][5] == ""


def test_without_two_characteristics_the_reason_is_told() -> None:
    one = outcomes(60, fault=False)
    alone = Outcomes(one.truth, one.score, one.decision, one.patient, {"sex": one.subgroups["sex"]})
    assert intersections(TASK, {"internal test": alone}, ASKED) == ([], [], ONE_FIELD)
    constant = dict.fromkeys(("view", "body part"), one.subgroups["view"])
    same = Outcomes(one.truth, one.score, one.decision, one.patient, constant)
    assert intersections(TASK, {"internal test": same}, ASKED)[2] == NOT_TOGETHER
