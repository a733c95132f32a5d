"""What a validation recorded comes back table by table, each figure from its row."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlmodel import select

from measures.clusters import Resampling
from models.tasks import Outcomes, task_named
from monitoring.clinical_readings import Reading, beside_readers
from monitoring.evaluate import EvaluationFacts, record_evaluation
from monitoring.group_differences import Asked
from monitoring.intersections import intersections
from monitoring.shortcut_tests import edges_masked
from monitoring.stress import gaps, side_by_side, thresholds
from monitoring.supplementary import supplement
from records.product import ModelVersion
from records.store import Store
from records.surveillance import VALIDATION, EvaluationResult
from regulatory.gathering.validation import gather_validation
from regulatory.gathering.validation_beyond import beyond_of
from tests.regulatory.gathering.conftest import basis_in
from tests.regulatory.gathering.small_store import at

TASK = task_named("classification")


def rows(n: int, seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        score = float(1 / (1 + np.exp(-rng.normal(2.5 * (number % 2 - 0.5), 1.0))))
        found.append({
            "study": f"s{number}", "patient": f"p{number}", "truth": number % 2, "score": score,
            "decision": score >= 0.5,
        })  # fmt: skip
    return found


def outcomes(cases: list[dict[str, Any]]) -> Outcomes:
    truth, score, decision, patient = (
        np.array([row[name] for row in cases])
        for name in ("truth", "score", "decision", "patient")
    )
    return Outcomes(truth, score, decision.astype(int), patient)


def cuts(found: Outcomes) -> list[dict[str, Any]]:
    return thresholds(found.truth, found.score, 0.5, probability=True)


def validate(store: Store, figures: dict[str, Any], estimates: list[Any]) -> None:
    facts = EvaluationFacts(VALIDATION, estimates, figures, "sha256:0", 160, 160)
    with store.transaction("demo.engineer", "validate", now=at(13)) as tx:
        record_evaluation(tx, tx.get_one(ModelVersion, 1), facts, now=at(13))


@pytest.fixture
def validated(judged: Store) -> Store:
    """The same, with a validation beyond the locked tests on record."""
    tested, tuning = outcomes(rows(160, 1)), outcomes(rows(120, 2))
    groups = {"sex": np.array(["F", "M", "M", "F"] * 40, dtype=object)}
    asked = Asked(0.5, (0.05,), 20, Resampling(seed=1, replicates=200))
    more = supplement(TASK, replace(tested, subgroups=groups), tuning, asked)
    meeting, beside, masked = further(tested, groups, asked)
    figures = more.figures | beside.figures | {
        "thresholds": cuts(tested), "failures": {}, "intersections": meeting[1],
        "shortcut_tests": masked.tests,
    }  # fmt: skip
    validate(judged, figures, [*gaps(TASK, {"tuning": tuning, "internal test": tested}),
                               *more.estimates, *meeting[0], *beside.estimates,
                               *masked.estimates])  # fmt: skip
    return judged


def further(tested: Outcomes, groups: dict[str, Any], asked: Asked) -> tuple[Any, Any, Any]:
    """Intersections on two tests, readings of two arms, and a border masked."""
    two = groups | {"view": np.array(["PA", "PA", "AP", "AP"] * 40, dtype=object)}
    both = replace(tested, subgroups=two)
    cases = rows(160, 1)
    readings = [
        Reading(one["study"], who, bool(one["truth"]) != (number % 7 == 0), aided)
        for who, aided in (("R1", False), ("R2", False), ("R3", True), ("R4", True))
        for number, one in enumerate(cases)
    ]
    return (
        intersections(TASK, {"internal test": both, "external test": both}, asked),
        beside_readers(TASK, cases, readings, minimum_n=20),
        edges_masked(TASK, tested, {"border masked": tested}, minimum_n=20),
    )


def test_every_estimate_is_shown_once_and_is_the_stored_one(validated: Store) -> None:
    with validated.reader() as reader:
        facts = gather_validation(reader, basis_in(reader))
        found = facts.beyond
        assert found is not None
        assert "p-values adjusted by Holm and by Benjamini-Hochberg" in facts.multiplicity
        stored = {
            one.label: one
            for one in reader.exec(
                select(EvaluationResult).where(EvaluationResult.evaluation_id == 3)
            )
        }
    both = (*found.rules, *found.prevalences)
    pairs = [one for pair in both for one in (pair.first, pair.second)]
    asked = [*found.groups, *(test for one in found.meetings for test in one.tests)]
    groups = [one for test in asked for one in (test.gap, test.worst) if one is not None]
    tables = (*found.meetings, *found.readers, *found.shortcuts)
    shown = [*found.conditions, *found.further, *pairs, *groups,
             *(one for table in tables for one in table.measures),
             *(one for table in found.meetings for one in table.worst)]  # fmt: skip
    assert sorted(one.record for one in shown) == sorted(stored)
    for one in shown:
        assert (one.estimate.value, one.estimate.low, one.estimate.n) == (
            stored[one.record].value, stored[one.record].low, stored[one.record].n,
        )  # fmt: skip
    assert [one.estimate.subgroup for one in found.conditions] == ["internal test minus tuning"]
    assert [one.value for one in found.prevalences] == [0.05]
    assert found.rules[0].value == 0.5
    assert [one.operating_point for one in found.cuts].count(True) == 1
    assert found.groups[0].worst is not None
    assert found.groups[0].worst.estimate.subgroup.startswith("sex: ")
    assert [one.part for one in found.meetings] == ["internal test", "external test"]
    assert found.meetings[0].measures[0].estimate.subgroup.startswith("sex and view: ")
    assert [one.name for one in found.readers] == [
        "internal test: R1, unaided", "internal test: R2, unaided", "internal test: R3, aided",
        "internal test: R4, aided", "internal test: average over 2 readers, unaided",
        "internal test: average over 2 readers, aided",
        "internal test: readers, aided minus unaided",
    ]  # fmt: skip
    assert [one.name for one in found.shortcuts] == ["border and corners, border masked"]


def test_an_older_record_has_thresholds_without_net_benefit_and_says_what_is_missing(
    judged: Store,
) -> None:
    old = [{name: value for name, value in one.items() if name not in ("net_benefit", "act_on_all")}
           for one in cuts(outcomes(rows(60, 3)))]  # fmt: skip
    validate(judged, {"thresholds": old, "failures": {}}, [])
    with judged.reader() as reader:
        found = beyond_of(reader, reader.get_one(ModelVersion, 1))
    assert found is not None
    assert found.unavailable == "the record is older than they are"
    assert found.cuts[0].net_benefit == (None, None, None)
    assert found.studies == 160


def test_parts_stand_side_by_side_with_the_stored_flag_and_what_was_not_made_with_its_reason(
    judged: Store,
) -> None:
    """A gap stands in the row of its part, and no longer among the conditions."""
    parts = {name: outcomes(rows(n, seed)) for name, n, seed in
             (("training", 300, 4), ("tuning", 0, 5), ("internal test", 200, 6))}  # fmt: skip
    estimates, told = side_by_side(TASK, parts, {"tuning": "none was kept"}, minimum_n=20)
    told[2]["flagged"] = True
    failure = {"image": "INS-0001", "site": "a", "score": 0.2, "measure": "dice", "words": "far"}
    validate(judged, {"parts": told, "failures": {"outline": [failure]},
                      "not_asked": {"calibration": "no probability"}}, estimates)  # fmt: skip
    with judged.reader() as reader:
        found = beyond_of(reader, reader.get_one(ModelVersion, 1))
    assert found is not None
    assert found.conditions == ()
    assert [(one.name, one.reason, one.flagged) for one in found.parts] == [
        ("training", "", False), ("tuning", "none was kept", False), ("internal test", "", True),
    ]  # fmt: skip
    assert found.parts[2].gap is not None
    assert found.parts[2].gap.estimate.subgroup == "internal test minus training"
    shown = {one.estimate.measure for one in found.parts[2].measures}
    assert shown == {"auc", "sensitivity", "specificity"}
    (worst,) = found.failures
    assert (worst.kind, worst.measure, worst.words) == ("outline", "dice", "far")
    assert found.not_asked == (("calibration", "no probability"),)
