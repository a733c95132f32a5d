"""The class by Rule 11 and the product code with its pathway, each by its questions."""

from itertools import product
from typing import Any

import pytest

from records.market_regulation import UsRoute
from regulatory.rules.applying import apply_rules
from regulatory.rules.catalogue import find_rule
from regulatory.rules.facts import FactsMissing
from regulatory.rules.question_trees import trees

DECIDES = {"medical_device_software": True,
           "information_for_diagnostic_or_therapeutic_decisions": True,
           "decision_may_cause_death_or_irreversible_deterioration": False,
           "decision_may_cause_serious_deterioration_or_surgery": False,
           "monitors_vital_parameters_with_immediate_danger": False}  # fmt: skip
PREDICATE = {"predicate_with_same_intended_use": True,
             "different_technology_raises_new_questions": False}  # fmt: skip
STRICTNESS = ("I", "IIa", "IIb", "III")


@pytest.mark.parametrize(
    ("changes", "class_", "high_risk"),
    [
        ({}, "IIa", True),
        ({"decision_may_cause_serious_deterioration_or_surgery": True}, "IIb", True),
        ({"decision_may_cause_death_or_irreversible_deterioration": True}, "III", True),
        ({"monitors_vital_parameters_with_immediate_danger": True}, "IIb", True),
        ({"information_for_diagnostic_or_therapeutic_decisions": False,
          "monitors_physiological_processes": True}, "IIa", True),
        ({"information_for_diagnostic_or_therapeutic_decisions": False,
          "monitors_physiological_processes": False}, "I", False),
        ({"medical_device_software": False}, None, False),
        ({"decision_may_cause_serious_deterioration_or_surgery": None}, None, None),
    ],
)  # fmt: skip
def test_rule_11_and_what_follows_for_the_ai_act(
    changes: dict[str, Any], class_: str | None, high_risk: bool | None
) -> None:
    said = apply_rules(["R-CLASS-EU-11"], DECIDES | changes)
    assert (said["class_"], said["high_risk_art_6_1"]) == (class_, high_risk)


def test_the_class_never_falls_when_an_answer_gets_worse() -> None:
    names = list(DECIDES)[2:]
    classes = {
        bits: STRICTNESS.index(apply_rules(
            ["R-CLASS-EU-11"], DECIDES | dict(zip(names, bits, strict=True)))["class_"])
        for bits in product((False, True), repeat=3)
    }  # fmt: skip
    for bits, found in classes.items():
        for place, bit in enumerate(bits):
            if not bit:
                assert classes[(*bits[:place], True, *bits[place + 1:])] >= found


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"triage_or_notification": True, "suspicious_for_cancer": False}, "QAS"),
        ({"triage_or_notification": True, "suspicious_for_cancer": True}, "QFM"),
        ({"triage_or_notification": False, "diagnoses_lesions": True, "suspicious_for_cancer": True,
          "detects_lesions": True}, "QDQ"),
        ({"triage_or_notification": False, "diagnoses_lesions": True, "suspicious_for_cancer": True,
          "detects_lesions": False}, "POK"),
        ({"triage_or_notification": False, "diagnoses_lesions": False, "detects_lesions": True},
         "MYN"),
        ({"triage_or_notification": False, "diagnoses_lesions": False, "detects_lesions": False,
          "quantifies_or_displays": True}, "QIH"),
        ({"triage_or_notification": False, "diagnoses_lesions": True,
          "suspicious_for_cancer": False}, None),
    ],
)  # fmt: skip
def test_the_product_code_by_what_the_software_does(facts: dict[str, Any], code: str) -> None:
    said = apply_rules(["R-CLASS-US"], facts | PREDICATE)
    assert (said["product_code"], said["pathway"]) == (code, "510(k)")
    assert (said["regulation"] is None) == (code is None)


def test_without_a_predicate_it_is_de_novo_or_pma_and_unknown_blocks() -> None:
    triage = {"triage_or_notification": True, "suspicious_for_cancer": False,
              "predicate_with_same_intended_use": False}  # fmt: skip
    ways = {
        known: apply_rules(["R-CLASS-US"], triage | {"general_and_special_controls_suffice": known})
        for known in (True, False, None)
    }
    assert [ways[one]["pathway"] for one in (True, False, None)] == ["De Novo", "PMA", None]
    assert ways[None]["result"] == "BLOCKED"
    with pytest.raises(FactsMissing, match="general_and_special_controls_suffice"):
        apply_rules(["R-CLASS-US"], triage)


def test_the_codes_are_ones_that_a_definition_can_hold_and_nobody_checked_the_text() -> None:
    for code in trees()["US-CODE"].results[:-1]:
        assert UsRoute(pathway="510(k)", product_code=code)
    assert not find_rule("R-CLASS-US").primary_text_checked
    assert not find_rule("R-CLASS-EU-11").primary_text_checked
