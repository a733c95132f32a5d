"""A fact that tells the finding is named; facts that say nothing are not, whatever their number."""

import numpy as np
import pytest

from imaging.dataset_checks.shortcuts import TOGETHER, shortcuts
from imaging.dataset_checks.told_apart import cross_validated_auc, patient_folds, rearranged
from measures.roc import auc
from records.dataset_rules import DatasetRules
from tests.imaging.dataset_checks.made import dataset

RULES = DatasetRules()


@pytest.mark.parametrize("field", ["site", "view", "arrival", "age_years", "rows"])
def test_a_planted_shortcut_is_found_and_named(field: str) -> None:
    facts, _ = dataset(300)
    rng = np.random.default_rng(1)
    told = np.where(rng.random(300) < 0.85, facts["finding"], 1 - facts["finding"])
    facts[field] = np.where(told == 1, "x", "y") if field in ("site", "view") else 40 + 3 * told
    found = {one.subject: one for one in shortcuts(facts, RULES)}
    assert found[field].state == "limitation"
    assert found[field].estimate is not None
    assert found[field].estimate.value == pytest.approx(0.85, abs=0.06)
    assert found[field].p_value is not None
    assert found[field].p_value <= 0.05
    assert {name for name, one in found.items() if not one.passed} == {field, TOGETHER}


def test_a_fact_that_is_missing_with_the_finding_is_a_shortcut_too() -> None:
    facts, _ = dataset(300)
    facts.loc[facts["finding"] == 1, "age_years"] = np.nan
    found = {one.subject: one for one in shortcuts(facts, RULES)}
    assert not found["age_years"].passed


def test_a_number_whose_middle_has_the_finding_is_seen() -> None:
    facts, _ = dataset(400)
    facts["age_years"] = np.where(facts["finding"] == 1, 50, facts["order"] % 2 * 60 + 20)
    assert not {one.subject: one for one in shortcuts(facts, RULES)}["age_years"].passed


def test_facts_that_say_nothing_are_named_as_rarely_as_said() -> None:
    named = sum(
        any(not one.passed for one in shortcuts(dataset(160, seed=k)[0], RULES)) for k in range(40)
    )
    assert named <= 6  # 5 % of 40 are 2; more than 6 has a chance of 0.3 %


def test_alike_pictures_of_few_patients_are_no_evidence() -> None:
    """40 patients of ten pictures each with one label and one age: the age tells the patient."""
    named = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        facts, _ = dataset(400, seed=seed)
        facts["patient"] = [f"P{k // 10}" for k in range(400)]
        facts["finding"] = np.repeat(rng.permutation(np.arange(40) % 2), 10)
        facts["age_years"] = np.repeat(rng.uniform(20, 90, 40), 10)
        found = {one.subject: one for one in shortcuts(facts[["patient", "finding", "age_years"]],
                                                       RULES)}  # fmt: skip
        named += not found["age_years"].passed
    assert named <= 4


def test_what_cannot_be_told_says_why() -> None:
    found = {one.subject: one for one in shortcuts(dataset(30)[0], RULES)}
    assert {one.state for one in found.values()} == {"not estimable"}
    assert "15 patients with the finding, and 20 are needed" in found["sex"].said
    event = {one.subject: one for one in shortcuts(dataset(30)[0], RULES, told="event")}["sex"]
    assert event.said.startswith("whether the event can be told from sex")
    same = {one.subject: one for one in shortcuts(dataset(80)[0], RULES)}["manufacturer"]
    assert (same.state, same.passed) == ("not estimable", True)
    assert "the same for every picture" in same.said


def test_one_fold_gives_the_ordinary_area() -> None:
    rng = np.random.default_rng(0)
    truth, guesses = rng.integers(0, 2, 300).astype(float), rng.random(300)
    found = cross_validated_auc(
        truth, guesses, np.zeros(300, dtype=np.intp), np.arange(300).astype(str)
    )
    plain = auc(truth, guesses)
    assert found.value == pytest.approx(plain.value)
    assert found.low == pytest.approx(plain.low, abs=0.002)
    assert found.high == pytest.approx(plain.high, abs=0.002)


def test_a_patient_is_in_one_fold_and_changes_place_whole() -> None:
    rng = np.random.default_rng(0)
    patients = rng.integers(0, 60, 300).astype(str)
    folds = patient_folds(patients, seed=3)
    assert all(len(set(folds[patients == one])) == 1 for one in set(patients))
    truth = np.array([int(one) % 2 for one in patients], dtype=float)
    arranged = rearranged(truth, patients, seed=3)
    assert (arranged.sum(axis=0) == truth.sum()).all()
    for one in set(patients):
        assert (np.ptp(arranged[patients == one], axis=0) == 0).all()
    assert (arranged != truth[:, None]).any()
