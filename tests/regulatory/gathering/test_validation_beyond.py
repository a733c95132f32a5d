"""What a validation recorded comes back table by table, each figure from its row."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlmodel import select

from measures.clusters import Resampling
from models.tasks import Outcomes, task_named
from monitoring.evaluate import EvaluationFacts, record_evaluation
from monitoring.group_differences import Asked
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
    figures = more.figures | {"thresholds": cuts(tested), "failures": {}}
    validate(judged, figures, [*gaps(TASK, {"tuning": tuning, "internal test": tested}),
                               *more.estimates])  # fmt: skip
    return judged


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
    groups = [one for test in found.groups for one in (test.gap, test.worst) if one is not None]
    shown = [*found.conditions, *found.further, *pairs, *groups]
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
