"""A version that answers from something beside the finding is told from one that looks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imaging.dataset_checks.outcome import CheckOutcome
from measures.estimate import Estimate
from models.tasks import TASKS, Outcomes
from monitoring.shortcut_tests import (
    ALONE,
    ELSEWHERE,
    METADATA,
    NO_REGION,
    NO_SCORE,
    REGION,
    REMOVED,
    STRATA,
    conclusion_from_metadata,
    edges_masked,
    facts_and_strata,
    region_masked,
)
from records.dataset_rules import DatasetRules

TASK = TASKS["classification"]


def case(n: int = 400, *, from_site: float, from_disease: float) -> tuple[list[Any], Outcomes]:
    rng = np.random.default_rng(6)
    site = rng.random(n) < 0.5
    truth = (rng.random(n) < np.where(site, 0.7, 0.3)).astype(int)
    score = 1 / (1 + np.exp(
        -(rng.normal(size=n) + from_site * (site - 0.5) + from_disease * (truth - 0.5))
    ))  # fmt: skip
    rows = [
        {"site": "north" if one else "south", "manufacturer": "Maker", "view": "PA", "sex": "",
         "age_years": float(rng.uniform(20, 90))} for one in site
    ]  # fmt: skip
    patients = np.array([f"p{at}" for at in range(n)], dtype=object)
    return rows, Outcomes(truth, score, (score >= 0.5).astype(int), patients)


@pytest.fixture(scope="module")
def told() -> dict[bool, dict[str, Any]]:
    """By whether the score rests on the site: conclusions by test, and estimates."""
    found = {}
    for shortcut in (True, False):
        rows, outcomes = case(from_site=3.0 * shortcut, from_disease=1.6 * (not shortcut))
        one = facts_and_strata(TASK, rows, outcomes, DatasetRules())
        found[shortcut] = {"estimates": {(e.measure, e.subgroup): e for e in one.estimates},
                           "told": {t["test"]: t["conclusion"] for t in one.tests}}  # fmt: skip
    return found


def test_a_flag_that_a_fact_tells_is_named_also_among_studies_without_the_finding(
    told: dict[bool, dict[str, Any]],
) -> None:
    healthy = f"{METADATA}, the flag of a study without the finding"
    assert "from site" in told[True]["told"][healthy]
    assert "is not shown, and from" in told[False]["told"][healthy]
    by = told[True]["estimates"]
    assert by["auc_of_metadata", "the flag from site"].low > 0.6
    same = by["auc_of_metadata", "the flag from manufacturer"]
    assert same.reason == "the same for every picture"


def test_an_auc_that_falls_within_sites_is_called_simpsons_paradox(
    told: dict[bool, dict[str, Any]],
) -> None:
    by = told[True]["estimates"]
    assert by["stratified_auc_difference", "within site"].high < 0
    assert "(Simpson's paradox)" in told[True]["told"][STRATA]
    assert by["stratified_auc", "within site"].low < 0.5
    assert told[False]["estimates"]["stratified_auc", "within site"].low > 0.6
    assert ("stratified_auc", "within sex") not in by  # nowhere on record


def test_an_answer_that_needs_the_border_changes_without_it_and_another_does_not() -> None:
    _, before = case(from_site=0.0, from_disease=3.0)
    lost = replace(before, score=before.score * 0.5, decision=before.decision * 0)
    found = edges_masked(
        TASK, before, {"border masked": lost, "corners masked": before}, minimum_n=20
    )
    by = {(one.measure, one.subgroup): one for one in found.estimates}
    assert by["score_change", "border masked"].high < 0
    assert by["flagged_change", "border masked"].value == pytest.approx(-before.decision.mean())
    first, second = (one["conclusion"] for one in found.tests)
    assert first.startswith("The answers change (score change and flagged change)")
    assert second.startswith("Answers are not shown to change")


@pytest.mark.parametrize(
    ("without_it", "beside_it", "says"),
    [(0.2, 0.9, "looks where the finding is"), (0.9, 0.2, "Do not release"),
     (0.9, 0.9, "is not shown")],
)  # fmt: skip
def test_a_score_that_does_not_fall_without_the_finding_rests_on_something_else(
    without_it: float, beside_it: float, says: str
) -> None:
    rng = np.random.default_rng(8)
    ones = np.ones(60, dtype=int)

    def said(level: float) -> Outcomes:
        score = np.clip(level + rng.normal(0, 0.03, 60), 0, 1)
        return Outcomes(ones, score, (score >= 0.5).astype(int), np.arange(60).astype(str))

    after = {REMOVED: said(without_it), ELSEWHERE: said(beside_it), ALONE: said(0.9)}
    (test,) = region_masked(said(0.9), after, minimum_n=20).tests
    assert test["test"] == REGION
    assert says in test["conclusion"]
    few = region_masked(said(0.9), after, minimum_n=61)
    assert few.reasons == {REGION: f"{NO_REGION}: 60 of 61"}


def test_a_task_without_a_score_of_a_finding_names_what_is_not_asked() -> None:
    rows, outcomes = case(from_site=0.0, from_disease=1.0)
    found = facts_and_strata(TASKS["segmentation"], rows, outcomes, DatasetRules())
    assert found.reasons == {METADATA: NO_SCORE, STRATA: NO_SCORE}
    assert found.tests == []


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.66, 0.61, 0.71, "can be told without the picture, from sex"),
        (0.66, 0.58, 0.74, "is not shown, and from sex not excluded"),
        (0.55, 0.49, 0.61, "is not shown, and from sex not excluded"),
        (0.52, 0.46, 0.58, "the upper limits of their intervals lie below it"),
    ],
)
def test_what_follows_from_metadata_rests_on_the_limits_and_not_on_the_value(
    value: float, low: float, high: float, said: str
) -> None:
    estimate = Estimate(
        "auc", n=200, value=value, low=low, high=high, level=0.95, method="cross-validated"
    )
    outcome = CheckOutcome(
        "shortcuts", "sex", "warn", value < 0.6, 200, 0, "field", "", estimate=estimate,
        p_value=0.01,
    )
    assert said in conclusion_from_metadata("the finding", [outcome], DatasetRules())
