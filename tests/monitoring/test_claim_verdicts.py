"""Verdicts by the lower limit: what passes, what falls short, what cannot be told; how often wrong.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from models.tasks.base import Outcomes
from monitoring.claim_verdicts import (
    NON_INFERIOR,
    Basis,
    Judgement,
    Reproduction,
    judge_basis,
    judgement_of,
)
from records.definition import DeviceDefinition, find_definition, load_definition
from records.errors import InvalidInput
from records.revalidation_rules import (
    INFERIOR,
    NOT_DECIDED,
    NOT_REPRODUCED,
    PASSED,
    RevalidationRules,
    read_revalidation,
)

SECTION: dict[str, Any] = {
    "every_days": 90, "splits": ["internal_test"], "minimum_n": 30,
    "measures": {"sensitivity": {"value": 0.9, "margin": 0.1},
                 "specificity": {"value": 0.8, "margin": 0.1}},
}  # fmt: skip
RULES = read_revalidation({"revalidation": SECTION})
assert RULES is not None
SAME = Reproduction("internal_test", 100, "EVA-0001", reproduced=True)


@cache
def definition() -> DeviceDefinition:
    return load_definition(find_definition("chest-radiograph-pneumonia"))


def outcomes(
    n: int, sensitivity: float, specificity: float, *, sex: dict[str, float] | None = None,
    seed: int = 1, exact: bool = True,
) -> Outcomes:  # fmt: skip
    """Half diseased; each share met exactly, or drawn. sex: another sensitivity of a group."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    label = np.where(np.arange(n) // 2 % 2, "F", "M").astype(object)
    share = np.where(truth, sensitivity, specificity).astype(float)
    for name, own in (sex or {}).items():
        share[(label == name) & (truth == 1)] = own
    if exact:
        right = np.zeros(n, bool)
        for one in np.unique(share):
            for of in (0, 1):
                rows = np.flatnonzero((share == one) & (truth == of))
                right[rows[: round(one * len(rows))]] = True
    else:
        right = rng.random(n) < share
    decision = np.where(right, truth, 1 - truth)
    score = np.clip(0.5 + 0.3 * (decision - 0.5) + rng.normal(0, 0.05, n), 0, 1)
    patient = np.array([f"P{number}" for number in range(n)], dtype=object)
    return Outcomes(truth.astype(np.int8), score, decision.astype(np.int8), patient, {"sex": label})


def basis(*given: Any, **more: Any) -> Basis:
    assert RULES is not None
    return judge_basis(definition(), RULES, outcomes(*given, **more), name="recent truth at north")


def verdict(*bases: Basis, reproductions: tuple[Reproduction, ...] = (SAME,)) -> Judgement:
    return judgement_of(bases, reproductions)


def row(found: Basis, measure: str, subgroup: str = "all") -> Any:
    return next(
        one for one in found.rows if (one.measure, one.subgroup) == (measure, subgroup)
    )


def test_with_studies_enough_and_both_limits_above_the_bounds_it_passes() -> None:
    found = basis(1200, 0.9, 0.8)
    one = row(found, "sensitivity")
    assert (one.verdict, one.n, one.bound) == (NON_INFERIOR, 600, 0.8)
    assert one.method == "Clopper-Pearson"
    assert 0.8 < one.low < 0.9 < one.high
    assert one.had["studies"] == 600 >= one.needed["studies"] == 113
    judged = verdict(found)
    assert judged.verdict == PASSED
    assert "sensitivity 0.900" in judged.conclusion
    assert "n = 600" in judged.conclusion


def test_too_few_studies_never_pass_however_good_they_look() -> None:
    found = basis(80, 1.0, 1.0)
    one = row(found, "sensitivity")
    assert one.low > one.bound
    assert (one.verdict, one.enough) == (NOT_DECIDED, False)
    assert "too few: 40 of 113 studies needed (assumed true 0.9, power 0.8)" in one.reason
    assert verdict(found).verdict == NOT_DECIDED


def test_a_share_shown_below_its_bound_is_inferior_also_with_few_studies() -> None:
    found = basis(80, 0.5, 0.9)
    assert row(found, "sensitivity").verdict == INFERIOR
    judged = verdict(found)
    assert judged.verdict == INFERIOR
    assert "recent truth at north: sensitivity 0.500" in judged.conclusion


def test_an_interval_across_the_bound_decides_nothing() -> None:
    found = basis(1200, 0.81, 0.8)
    assert row(found, "sensitivity").verdict == NOT_DECIDED
    assert "the interval reaches the bound" in row(found, "sensitivity").words
    assert verdict(found).verdict == NOT_DECIDED


def test_one_subgroup_that_falls_short_fails_the_whole() -> None:
    found = basis(1200, 0.95, 0.85, sex={"F": 0.6})
    assert row(found, "sensitivity", "sex=F").verdict == INFERIOR
    assert row(found, "sensitivity", "sex=M").verdict != INFERIOR
    assert verdict(found).verdict == INFERIOR
    assert "in sex=F" in verdict(found).conclusion


def test_subgroups_are_tested_only_after_all_studies_together() -> None:
    found = basis(1200, 0.81, 0.8)
    group = row(found, "specificity", "sex=F")
    assert group.verdict == NOT_DECIDED
    assert "after all studies together" in group.reason
    held = basis(2400, 0.92, 0.85)
    assert row(held, "specificity", "sex=F").verdict == NON_INFERIOR
    assert row(held, "specificity", "sex=F").p_above > 0


def test_the_locked_studies_answered_otherwise_are_a_verdict_of_their_own() -> None:
    changed = Reproduction("internal_test", 100, "EVA-0001", differing=3, decisions_changed=1,
                           largest=0.25, reproduced=False)  # fmt: skip
    judged = verdict(basis(1200, 0.9, 0.8), reproductions=(changed,))
    assert judged.verdict == NOT_REPRODUCED
    assert "3 of 100 studies of the internal test" in judged.conclusion
    untried = Reproduction("internal_test", 0, "", reason="no evaluation")
    judged = verdict(basis(1200, 0.9, 0.8), reproductions=(untried,))
    assert judged.verdict == NOT_DECIDED
    assert "not asked again: no evaluation" in judged.conclusion


def test_no_truth_is_not_estimable_and_not_decided() -> None:
    found = basis(0, 0.9, 0.8)
    assert row(found, "sensitivity").value is None
    assert verdict(found).verdict == NOT_DECIDED
    assert "not estimable (no study" in verdict(found).conclusion
    assert verdict().verdict == NOT_DECIDED


def test_several_studies_of_a_patient_count_by_the_spread_that_was_seen() -> None:
    assert RULES is not None
    one = outcomes(400, 0.9, 0.8)
    several = Outcomes(one.truth, one.score, one.decision,
                       np.repeat(np.arange(100), 4).astype(str).astype(object))  # fmt: skip
    found = judge_basis(definition(), RULES, several, name="x")
    assert row(found, "sensitivity").method != "Clopper-Pearson"
    assert row(found, "sensitivity").needed["studies"] > 0


def test_error_rates_at_the_bound_are_those_of_the_plan() -> None:
    """120 draws with both shares at their bound: of each error at most alpha, within 95 %."""
    passes = fails = 0
    for seed in range(120):
        judged = verdict(basis(600, 0.8, 0.7, seed=seed, exact=False))
        passes += judged.verdict == PASSED
        fails += judged.verdict == INFERIOR
    assert passes / 120 <= 0.025 + 1.96 * (0.025 * 0.975 / 120) ** 0.5
    assert fails / 120 <= 0.025 + 1.96 * (0.025 * 0.975 / 120) ** 0.5


def test_the_planned_number_of_studies_passes_about_as_often_as_the_power_says() -> None:
    assert RULES is not None
    needed = row(basis(1200, 0.9, 0.8), "sensitivity").needed["studies"]
    shown = sum(
        row(basis(2 * needed, 0.9, 0.9, seed=seed, exact=False), "sensitivity").verdict
        == NON_INFERIOR
        for seed in range(80)
    )
    assert 0.7 <= shown / 80 <= 0.95


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"every_days": 3}, "revalidation.every_days: a whole number from 7"),
        ({"splits": ["train"]}, "revalidation.splits: 'train' is no locked test"),
        ({"fail_safe": {"when": "often", "act": "suspend"}}, "fail_safe.when: 'often'"),
        ({"fail_safe": {"when": "inferior", "act": "warn"}}, "fail_safe.act: 'suspend' is needed"),
        ({"mesures": {}}, "unknown field mesures"),
        ({"measures": {"auc": {"valu": 1}}}, "measures.auc: unknown field valu"),
    ],
)
def test_a_wrong_section_is_refused_naming_the_field(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_revalidation({"revalidation": SECTION | change})


def test_bounds_need_a_claim_and_something_that_can_be_shown() -> None:
    def rules(**measures: Any) -> RevalidationRules:
        found = read_revalidation({"revalidation": SECTION | {"measures": measures}})
        assert found is not None
        return found

    with pytest.raises(InvalidInput, match=r"measures\.auc: it is not claimed"):
        rules(auc={"margin": 0.1}).bounds(definition().claims)
    with pytest.raises(InvalidInput, match=r"sensitivity\.assumed: 0\.5 does not lie above"):
        rules(sensitivity={"assumed": 0.5}).bounds(definition().claims)
    assert read_revalidation({}) is None


@pytest.mark.parametrize(
    ("measures", "why"),
    [({"dice": {"value": 0.9, "margin": 0.1}}, "the task gives no dice"), ({}, "no measure")],
)
def test_what_the_task_does_not_give_or_nobody_asks_is_never_passed(
    measures: dict[str, Any], why: str
) -> None:
    rules = read_revalidation({"revalidation": SECTION | {"measures": measures}})
    assert rules is not None
    claims = definition().claims if measures else []
    found = judge_basis(
        definition().model_copy(update={"claims": claims}), rules, outcomes(4000, 0.99, 0.99),
        name="recent truth at north",
    )
    judged = verdict(found)
    assert judged.verdict == NOT_DECIDED
    assert why in judged.conclusion


def test_no_study_and_studies_of_one_class_are_never_passed() -> None:
    assert RULES is not None
    whole = outcomes(4000, 0.99, 0.99)
    for rows in (whole.truth > 1, whole.truth == 1, whole.truth == 0):
        part = Outcomes(
            whole.truth[rows], whole.score[rows], whole.decision[rows], whole.patient[rows],
            {"sex": whole.subgroups["sex"][rows]},
        )
        found = judge_basis(definition(), RULES, part, name="recent truth at north")
        assert verdict(found).verdict == NOT_DECIDED
    assert verdict(basis(4000, 0.99, 0.99)).verdict == PASSED
