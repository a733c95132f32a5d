"""A declared criterion is met only by a number that was found; anything else is said."""

from typing import Any

import numpy as np
import pytest

from monitoring.baselines import claim_bounds
from monitoring.evaluate import (
    EvaluationFacts,
    evaluate_rows,
    judge,
    record_evaluation,
    subgroup_labels,
)
from monitoring.promises import find_unmeasured
from monitoring.revalidate import judge_claims, prepare_revalidation
from records.base import digest_of
from records.definition import (
    DeviceDefinition,
    Subgroup,
    find_definition,
    load_definition,
)  # fmt: skip
from records.errors import IntegrityBroken
from records.performance_claims import AcceptanceCriterion
from records.product import DatasetVersion, ModelVersion
from records.store import Store
from records.surveillance import Evaluation, EvaluationResult
from tests.regulatory.gathering.small_store import add_development, add_device, add_version, at


@pytest.fixture(scope="module")
def definition() -> DeviceDefinition:
    return load_definition(find_definition("chest-radiograph-pneumonia"))


def some_rows(n: int, *, seed: int = 1, lift: float = 2.0, **facts: Any) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        truth = bool(k % 3 == 0)
        score = float(1 / (1 + np.exp(-(rng.normal() + lift * truth - 1))))
        rows.append(
            {"study": k, "study_id": k, "patient": f"P{k}", "truth": truth, "score": score,
             "decision": score >= 0.5, "site": "northfield", "sex": "F" if k % 2 else "M",
             "age_years": 20.0 + k % 60, "view": "", "manufacturer": "X"} | facts
        )  # fmt: skip
    return rows


CRITERION = AcceptanceCriterion(
    id="AC-1", split="internal_test", measure="auc", basis="low", at_least=0.8
)
EVALUATION = Evaluation(
    model_version_id=1, purpose="internal_test", attempt=1, studies=9, patients=9, figures={},
    inputs_digest="", evaluated_at=None,
)


def result(**values: Any) -> EvaluationResult:
    basis = {"evaluation_id": 1, "measure": "auc", "subgroup": "all", "n": 90, "level": 0.95}
    return EvaluationResult(**basis | values)


@pytest.mark.parametrize(
    ("evaluation", "found", "verdict"),
    [
        (EVALUATION, result(value=0.9, low=0.81, high=0.95), "met"),
        (EVALUATION, result(value=0.9, low=0.79, high=0.95), "not met"),
        (EVALUATION, result(reason="only one class present"), "not estimable"),
        (EVALUATION, None, "not estimable"),
        (None, None, "not available"),
    ],
)
def test_only_a_found_number_meets_a_criterion(
    evaluation: Evaluation | None, found: EvaluationResult | None, verdict: str
) -> None:
    assert judge(CRITERION, evaluation, found)[0] == verdict


def test_an_upper_bound_is_judged_from_above() -> None:
    criterion = AcceptanceCriterion(
        id="AC-2", split="internal_test", measure="brier", basis="high", at_most=0.2
    )
    low, high = result(value=0.1, low=0.05, high=0.19), result(value=0.1, low=0.05, high=0.21)
    assert judge(criterion, EVALUATION, low)[0] == "met"
    assert judge(criterion, EVALUATION, high)[0] == "not met"


def test_ages_fall_into_half_open_bins_and_missing_stays_missing() -> None:
    group = Subgroup(name="age", field="age_years", bins=[0, 18, 65])
    labels = subgroup_labels(
        [group], [{"age_years": age} for age in (0.0, 17.9, 18.0, 64.9, 65.0, None, float("nan"))]
    )
    assert labels["age"].tolist() == [
        "0 to under 18", "0 to under 18", "18 to under 65", "18 to under 65",
        "outside the declared bins", "", "",
    ]


def test_a_subgroup_without_values_is_not_estimable(definition: DeviceDefinition) -> None:
    facts = evaluate_rows(definition, some_rows(200), purpose="internal_test")
    view = [one for one in facts.estimates if one.subgroup.startswith("view=")]
    assert view
    assert all(one.value is None and "not recorded" in one.reason for one in view)
    assert all(one.value is None or one.low is not None for one in facts.estimates)


def test_the_order_of_rows_changes_no_estimate(definition: DeviceDefinition) -> None:
    rows = some_rows(150)
    forwards = evaluate_rows(definition, rows, purpose="x").estimates
    backwards = evaluate_rows(definition, rows[::-1], purpose="x").estimates
    for one, other in zip(forwards, backwards, strict=True):
        assert one.value == pytest.approx(other.value)


def test_no_rows_give_no_number(definition: DeviceDefinition) -> None:
    facts = evaluate_rows(definition, [], purpose="x")
    assert all(one.value is None and one.reason for one in facts.estimates)
    assert judge_claims(definition, facts)[0] == "not estimable"


def test_one_claim_alone_can_show_a_fall_and_never_that_all_is_well(
    definition: DeviceDefinition,
) -> None:
    diseased = [row | {"truth": True, "decision": True} for row in some_rows(100)]
    found = judge_claims(definition, evaluate_rows(definition, diseased, purpose="x"))
    assert found[0] == "not estimable"
    assert "sensitivity 1.000" in found[1]
    assert "specificity not estimable (no study without the finding)" in found[1]
    missed = [row | {"decision": False} for row in diseased]
    assert judge_claims(definition, evaluate_rows(definition, missed, purpose="x"))[0] == "degraded"


def test_a_fall_below_the_claim_minus_margin_is_degraded(definition: DeviceDefinition) -> None:
    from datetime import date

    before = some_rows(300, seed=2, lift=4.0, arrived_on=date(2026, 6, 1))
    after = [
        row | {"study_id": 1000 + k, "patient": f"Q{k}", "score": 0.99, "decision": True}
        for k, row in enumerate(some_rows(300, seed=3, arrived_on=date(2026, 6, 20)))
    ]
    after[0]["truth"] = None
    facts = prepare_revalidation(
        definition, [*before, *after], site="northfield", onset=date(2026, 6, 10),
        until=date(2026, 6, 30),
    )
    assert facts.outcome == "degraded"
    assert "specificity 0.000" in facts.conclusion
    assert facts.without_truth == 1
    specificity = next(one for one in facts.differences if one.measure.startswith("specificity"))
    assert specificity.high is not None
    assert specificity.high < 0
    assert claim_bounds(definition)["specificity"] == pytest.approx(0.60)


CLASSES = ("normal", "benign", "malignant")


@pytest.fixture(scope="module")
def of_classes() -> DeviceDefinition:
    return load_definition(find_definition("breast-ultrasound-lesion"))


def class_rows(n: int = 120) -> list[dict[str, Any]]:
    """As stored in operation: the truth by its name, the probabilities by theirs."""
    rng, rows = np.random.default_rng(3), some_rows(n)
    for k, row in enumerate(rows):
        odds = np.exp(2 * np.eye(3)[k % 3] + rng.normal(size=3))
        chance = (odds / odds.sum()).tolist()
        row |= {
            "truth": k % 3 > 0, "truth_finding": CLASSES[k % 3],
            "outputs": dict(sorted(zip(CLASSES, chance, strict=True))),
            "score": 1 - chance[0], "decision": bool(np.argmax(chance)),
        }
    return rows


def test_stored_predictions_of_classes_are_judged_as_the_scored_ones(
    of_classes: DeviceDefinition,
) -> None:
    stored = class_rows()
    scored = [
        {name: value for name, value in row.items() if name not in ("outputs", "truth_finding")}
        | {"truth": CLASSES.index(row["truth_finding"]),
           "probabilities": [row["outputs"][name] for name in CLASSES]}
        for row in stored
    ]  # fmt: skip
    one, other = (evaluate_rows(of_classes, rows, purpose="x") for rows in (stored, scored))
    assert one.estimates == other.estimates
    assert one.inputs_digest == other.inputs_digest
    assert one.figures == other.figures
    counts = np.array(one.figures["confusion"]["counts"])
    assert counts.sum(axis=1).tolist() == [
        sum(row["truth_finding"] == name for row in stored) for name in CLASSES
    ]
    found = {(each.measure, each.subgroup): each for each in one.estimates}
    assert found["class_sensitivity", "class=malignant"].n == 40
    assert found["sensitivity", "all"].n == 80


def test_a_prediction_of_other_classes_is_never_judged(of_classes: DeviceDefinition) -> None:
    rows = class_rows(30)
    rows[7]["outputs"] = {"normal": 0.5, "cyst": 0.5}
    with pytest.raises(IntegrityBroken, match="study 7 is not of the device's classes"):
        evaluate_rows(of_classes, rows, purpose="x")


@pytest.mark.parametrize(
    ("measure", "subgroup", "said"),
    [
        ("class_auc", "all", "class=NAME belongs to"),
        ("macro_auc", "class=benign", "class=NAME belongs to"),
        ("class_ppv", "class=cyst", "is needed"),
        ("class_ppv", "site=a, class=benign", ""),
        ("class_ppv", "age=1, class=benign", "is needed"),
        ("macro_auc", "site=a", ""),
    ],
)
def test_a_criterion_names_a_class_where_its_measure_is_of_one(
    of_classes: DeviceDefinition, measure: str, subgroup: str, said: str
) -> None:
    criterion = AcceptanceCriterion(
        id="AC-9", split="internal_test", measure=measure, subgroup=subgroup, at_least=0.5
    )
    faults = find_unmeasured(of_classes.model_copy(update={"acceptance_criteria": [criterion]}))
    assert [said in why for _, why in faults] == ([True] if said else [])


def test_a_claim_is_never_about_one_class(of_classes: DeviceDefinition) -> None:
    claim = of_classes.claims[0].model_copy(update={"measure": "class_ppv"})
    faults = find_unmeasured(of_classes.model_copy(update={"claims": [claim]}))
    assert ["about all studies" in why for _, why in faults] == [True]


def test_a_device_that_promises_to_save_waiting_is_judged_by_it(
    definition: DeviceDefinition,
) -> None:
    """One that tells nothing apart saves nothing; one that knows saves, and costs the others."""
    triage = load_definition(find_definition("chest-triage"))
    classes = triage.task.classes
    rng = np.random.default_rng(2)
    rows = []
    for k in range(120):
        number = int(rng.integers(0, 3)) if k % 2 else 0
        chance = np.full(3, 0.05) + 0.85 * np.eye(3)[number]
        rows.append(
            {"study": k, "patient": f"P{k}", "truth": number > 0, "truth_finding": classes[number],
             "score": float(chance @ np.array(triage.task.weights)), "decision": number > 0,
             "outputs": dict(zip(classes, chance.tolist(), strict=True)), "site": "northfield",
             "sex": "F", "age_years": 50.0, "view": "PA"}
        )  # fmt: skip
    facts = evaluate_rows(triage, rows, purpose="internal_test")
    found = {(one.measure, one.subgroup): one for one in facts.estimates}
    assert found["wait_saved_findings", "all"].low > 3  # type: ignore[operator]
    assert found["wait_saved_others", "all"].high < 0  # type: ignore[operator]
    assert not found["wait_saved_missed", "all"].estimable
    assert found["finding_sensitivity", "class=pneumothorax"].value == 1.0
    assert facts.figures["two_by_two"]["false_negative"] == 0
    assert facts.figures["roc"] is not None
    assert facts.figures["reliability"] is None, "an urgency is no probability"
    blind = [row | {"decision": k % 3 == 0} for k, row in enumerate(rows)]
    nothing = {one.measure: one for one in evaluate_rows(triage, blind, purpose="x").estimates
               if one.subgroup == "all"}["wait_saved_findings"]  # fmt: skip
    assert nothing.value < 0.35 * found["wait_saved_findings", "all"].value  # type: ignore[operator]
    plain = evaluate_rows(definition, some_rows(60), purpose="internal_test").estimates
    assert not any(one.measure.startswith("wait_saved") for one in plain)


@pytest.mark.requirement("REG-093")
def test_looks_at_a_locked_test_are_counted_over_every_retraining_that_kept_it(
    store: Store,
) -> None:
    """A third dataset names the second only; looks at the first count all the same."""
    with store.transaction("demo.engineer", "develop", now=at(9)) as tx:
        device = add_device(tx)
        first = add_development(tx, device)
        version = add_version(tx, device, first)
        datasets = [first]
        for kept in (True, True, False):
            content = first.model_dump(exclude={"id", "datasheet", "manifest_digest"})
            selection = {"locked_from": [datasets[-1].label] if kept else []}
            tx.add(later := DatasetVersion(
                **content, manifest_digest=digest_of(len(datasets)),
                datasheet=first.datasheet | {"selection": selection},
            ))  # fmt: skip
            tx.flush()
            datasets.append(later)
        facts = EvaluationFacts("internal_test", [], {}, "sha256:0", 9, 9)
        number = version.id
    attempts = []
    for dataset in (*datasets, datasets[2]):
        with store.transaction("demo.engineer", "evaluate", now=at(10)) as tx:
            made = record_evaluation(
                tx, tx.get_one(ModelVersion, number), facts,
                dataset=tx.get_one(DatasetVersion, dataset.id), now=at(10),
            )
            attempts.append(made.attempt)
    assert attempts == [1, 2, 3, 1, 4]
