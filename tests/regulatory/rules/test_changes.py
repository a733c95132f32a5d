"""Changes: question trees walked to each result, the bounds of a plan, and new identifiers."""

from itertools import product
from typing import Any

import pytest

from regulatory.rules.facts import FactsMissing
from regulatory.rules.question_trees import trees
from tests.regulatory.rules.asking import (
    IN_BOUNDS,
    LEGACY,
    SOFTWARE_NO,
    ask,
    shows,
    without,
)

Q = list(SOFTWARE_NO)
AT = ("Q1", "Q2", "Q3a", "Q3b", "Q4", "Q5")
ON_YES = ("LETTER_TO_FILE", "LETTER_TO_FILE", "NEW_510K", "NEW_510K", "NEW_510K", "NEW_510K")


@pytest.mark.parametrize("place", range(6))
def test_the_first_yes_decides_an_fda_software_change(place: int) -> None:
    facts = SOFTWARE_NO | {Q[place]: True}
    found = ask("CHG-FDA-SW", facts)
    shows(found, result=ON_YES[place], stopped_at=AT[place])
    assert ("unless" in found) == (found["result"] == "NEW_510K")
    also = facts | dict.fromkeys(Q[place + 1 :], True)
    shows(ask("CHG-FDA-SW", also), result=ON_YES[place], stopped_at=AT[place])
    reached = {name: facts[name] for name in Q[: place + 1]}
    shows(ask("CHG-FDA-SW", reached), result=ON_YES[place], not_reached=list(AT[place + 1 :]))
    shows(ask("CHG-FDA-SW", facts | {Q[place]: None}), result="BLOCKED", stopped_at=AT[place],
          open_facts=[Q[place]])  # fmt: skip
    with pytest.raises(FactsMissing, match=Q[place]):
        ask("CHG-FDA-SW", without(facts, Q[place]))


def test_no_to_all_is_a_letter_to_file() -> None:
    shows(ask("CHG-FDA-SW", SOFTWARE_NO), result="LETTER_TO_FILE", stopped_at="Q5")


def test_a_change_within_the_plan_stops_and_one_outside_goes_on() -> None:
    weights = SOFTWARE_NO | {"q4_clinical_functionality_or_performance": True}
    shows(ask("CHG-FDA-SW PCCP-01", weights | IN_BOUNDS), result="PCCP_IN_BOUNDS", stopped_at="P0")
    outside = ask("CHG-FDA-SW PCCP-01", weights | IN_BOUNDS, modification_listed=False)
    shows(outside, result="NEW_510K", stopped_at="Q4", reasons=["modification_listed"])
    assert "unless" not in outside
    shows(ask("CHG-FDA-SW PCCP-01", weights | IN_BOUNDS, modification_listed=None),
          result="BLOCKED", stopped_at="P0")  # fmt: skip
    assert ask("CHG-FDA-SW", weights)["unless"] == "PCCP_IN_BOUNDS"


LABEL: dict[str, Any] = dict.fromkeys((
    "indications_changed", "contraindication_added", "contraindication_deleted",
    "warnings_or_precautions_changed", "directions_for_use_affected", "prescription_to_otc",
    "name_or_readability_only", "new_disease_condition_or_population",
    "new_or_significantly_modified_risks",
), False)  # fmt: skip
INDICATED = {"indications_changed": True}
WARNED = {"warnings_or_precautions_changed": True}


@pytest.mark.parametrize(
    ("changes", "result", "stopped"),
    [
        ({}, "LETTER_TO_FILE", "A4"),
        (INDICATED, "LETTER_TO_FILE", "A1.5"),
        (INDICATED | {"single_use_to_reusable": True}, "NEW_510K", "A1.1"),
        (INDICATED | {"prescription_to_otc": True}, "NEW_510K", "A1.2"),
        (INDICATED | {"name_or_readability_only": True}, "LETTER_TO_FILE", "A1.3"),
        (INDICATED | {"new_disease_condition_or_population": True}, "NEW_510K", "A1.4"),
        (INDICATED | {"new_or_significantly_modified_risks": True}, "NEW_510K", "A1.5"),
        ({"contraindication_added": True}, "NEW_510K", "A2"),
        ({"contraindication_deleted": True}, "NEW_510K", "A2"),
        (WARNED, "LETTER_TO_FILE", "A1.5"),
        (WARNED | {"new_or_significantly_modified_risks": True}, "NEW_510K", "A1.5"),
        ({"directions_for_use_affected": True}, "LETTER_TO_FILE", "A1.5"),
        ({"contraindication_added": None}, "BLOCKED", "A2"),
    ],
)
def test_labelling_changes(changes: dict[str, Any], result: str, stopped: str) -> None:
    found = ask("CHG-FDA-LBL", LABEL, **changes)
    shows(found, result=result, stopped_at=stopped)
    added = changes.get("contraindication_added") is True
    assert (found.get("route") == "CHANGES_BEING_EFFECTED") == added


def test_of_software_and_labelling_the_stricter_counts() -> None:
    both = SOFTWARE_NO | LABEL
    assert ask("CHG-FDA-SW CHG-FDA-LBL", both)["result"] == "LETTER_TO_FILE"
    assert ask("CHG-FDA-SW CHG-FDA-LBL", both, contraindication_added=True)["result"] == "NEW_510K"
    assert ask("CHG-FDA-SW CHG-FDA-LBL", both, contraindication_added=None)["result"] == "BLOCKED"
    assert ask("CHG-FDA-SW CHG-FDA-LBL", both, q5_other_factors=True)["result"] == "NEW_510K"
    alone = ask("CHG-FDA-SW", SOFTWARE_NO, labeling_change=True)
    assert alone["also_needed"] == ["R-CHG-FDA-LBL"]


BREAKS: dict[str, tuple[Any, str]] = {
    "pccp_authorized": (False, "NO_PCCP"),
    "modification_listed": (False, "OUT_OF_BOUNDS"),
    "intended_use_unchanged": (False, "OUT_OF_BOUNDS"),
    "parameters_within_bounds": (False, "OUT_OF_BOUNDS"),
    "executed_version": ("PCCP-1.1", "OUT_OF_BOUNDS"),
    "rollout_scope_allowed": (False, "OUT_OF_BOUNDS"),
    "cumulative_change_within_limit": (False, "OUT_OF_BOUNDS"),
    "new_unmitigated_risk": (True, "OUT_OF_BOUNDS"),
    "all_protocol_steps_done": (False, "PROTOCOL_DEVIATION"),
    "deviations": (["one reader fewer"], "PROTOCOL_DEVIATION"),
    "test_set_sequestered": (False, "PROTOCOL_DEVIATION"),
    "acceptance_overall_pass": (False, "DO_NOT_IMPLEMENT"),
    "acceptance_subgroups_fail": (["age below 2"], "DO_NOT_IMPLEMENT"),
    "update_procedure_ready": (False, "HOLD"),
}
GRAVEST = ("NO_PCCP", "OUT_OF_BOUNDS", "PROTOCOL_DEVIATION", "DO_NOT_IMPLEMENT", "HOLD")


@pytest.mark.requirement("REG-092")
@pytest.mark.parametrize("name", BREAKS)
def test_each_line_of_the_plan_can_be_broken(name: str) -> None:
    wrong, result = BREAKS[name]
    shows(ask("PCCP-01", IN_BOUNDS, **{name: wrong}), result=result, reasons=[name])
    unknown = ask("PCCP-01", IN_BOUNDS, **{name: None})
    shows(unknown, result="BLOCKED", open_facts=[name])
    with pytest.raises(FactsMissing, match=name):
        ask("PCCP-01", without(IN_BOUNDS, name))


def test_all_broken_lines_are_told_and_the_gravest_is_the_result() -> None:
    for one, two in product(BREAKS, repeat=2):
        found = ask("PCCP-01", IN_BOUNDS, **{name: BREAKS[name][0] for name in (one, two)})
        verdicts = {BREAKS[one][1], BREAKS[two][1]}
        assert found["result"] == next(name for name in GRAVEST if name in verdicts)
        if "pccp_authorized" not in (one, two):
            assert set(found["reasons"]) == {one, two}


@pytest.mark.parametrize(
    ("changes", "significant", "stopped"),
    [
        ({}, False, "MD"),
        ({"legacy_device": False}, None, "M0"),
        ({"corrective_action_accepted_by_ca": True, "C1": True}, False, "M1"),
        ({"intended_purpose_change": True, "A1": True}, False, "MD"),
        ({"intended_purpose_change": True, "A1": False, "A2": True}, True, "A2"),
        ({"intended_purpose_change": True, "A1": False, "A2": False, "A3": True}, True, "A3"),
        ({"intended_purpose_change": True, "A1": False, "A2": False, "A3": False, "A4": True},
         True, "A4"),
        ({"intended_purpose_change": True, "A1": False, "A2": False, "A3": False, "A4": False},
         False, "MD"),
        ({"design_change": True, "B1": True}, True, "B1"),
        ({"design_change": True, "B1": False, "B2": True}, True, "B2"),
        ({"design_change": True, "B1": False, "B2": False}, False, "MD"),
        ({"C1": True}, True, "C1"),
        ({"C2": True, "algorithm_change_may_alter_diagnosis": True}, True, "C2"),
        ({"C2": True}, False, "MD"),  # an algorithm that alters no diagnosis
        ({"C2": True, "architecture_or_database_change": True}, True, "C2"),
        ({"C2": True, "algorithm_change_may_alter_diagnosis": None}, None, "C2"),
        ({"C3": True}, True, "C3"),
        ({"C4": True}, True, "C4"),
        ({"C5": True}, True, "C5"),
        ({"C5": None}, None, "C5"),
        ({"software_change": False, "C1": True}, False, "MD"),
        ({"substance_or_sterilisation_change": True}, None, "MD"),
    ],
)
def test_a_change_of_a_legacy_device(
    changes: dict[str, Any], significant: bool | None, stopped: str
) -> None:
    found = ask("CHG-EU-LEG", LEGACY, **changes)
    shows(found, significant=significant, stopped_at=stopped)
    wanted = {True: "MDR_CERTIFICATE_NEEDED_BEFORE_PLACING_CHANGED_DEVICE",
              False: "DOCUMENT_ASSESSMENT", None: None}[significant]  # fmt: skip
    assert found["consequence"] == wanted
    assert found["mdcg_2020_3_applicable"] is (stopped != "M0")


def test_a_legacy_question_on_the_way_is_needed() -> None:
    for name in LEGACY:
        facts = without(LEGACY | {"C2": True}, name)
        if name == "C2":
            facts = without(LEGACY, "C2")
        with pytest.raises(FactsMissing, match=name):
            ask("CHG-EU-LEG", facts)
    for need, given in (("A1", {"intended_purpose_change": True}), ("B1", {"design_change": True})):
        with pytest.raises(FactsMissing, match=need):
            ask("CHG-EU-LEG", LEGACY, **given)


CERTIFIED = {"legacy_device": False, "class_": "IIb", "td_assessment_certificate": False,
             "could_affect_safety_performance_or_conditions": True}  # fmt: skip
COULD = "could_affect_safety_performance_or_conditions"


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, "NB_NOTIFY_BEFORE_IMPLEMENTATION"),
        ({"td_assessment_certificate": True}, "NB_PRIOR_APPROVAL"),
        ({"intended_purpose_change": True}, "NB_PRIOR_APPROVAL"),
        ({COULD: False}, "DOCUMENT_ONLY"),
        ({COULD: False, "substantial_qms_change": True}, "NB_NOTIFY_BEFORE_IMPLEMENTATION"),
        ({COULD: False, "contract_lists_change": True}, "AS_THE_CONTRACT_SAYS"),
        ({COULD: None}, "BLOCKED"), ({"td_assessment_certificate": None}, "BLOCKED"),
        ({"intended_purpose_change": None}, "BLOCKED"),
    ],
)  # fmt: skip
def test_a_change_of_a_certified_device(changes: dict[str, Any], result: str) -> None:
    for rules in ("CHG-EU-MDR", "CHG-EU-LEG CHG-EU-MDR"):
        shows(ask(rules, CERTIFIED, **changes), result=result, mdcg_2020_3_applicable=False)


def test_what_the_facts_do_not_tell_of_a_certified_device_is_told() -> None:
    assert ask("CHG-EU-MDR", CERTIFIED)["not_asked"] == ["N1"]
    assert ask("CHG-EU-MDR", CERTIFIED, **{COULD: False})["not_asked"] == ["N1", "N4", "N5"]
    for name in (COULD, "td_assessment_certificate"):
        with pytest.raises(FactsMissing, match=name):
            ask("CHG-EU-MDR", without(CERTIFIED, name))
    legacy = ask("CHG-EU-LEG CHG-EU-MDR", LEGACY | {"C1": True, COULD: True})
    shows(legacy, result="SIGNIFICANT", mdcg_2020_3_applicable=True)


UDI = {"changes_original_performance": False, "changes_safety_or_intended_use": False,
       "changes_interpretation_of_data": False, "minor_revision": True}  # fmt: skip


def test_any_of_three_needs_a_new_device_identifier() -> None:
    assert ask("CHG-UDI", UDI)["eu_udi"] == "NEW_UDI_PI"
    assert ask("CHG-UDI", UDI, minor_revision=False)["eu_udi"] == "NO_NEW_UDI"
    assert ask("CHG-UDI", UDI, minor_revision=None)["eu_udi"] == "BLOCKED"
    for name in list(UDI)[:3]:
        assert ask("CHG-UDI", UDI, **{name: True})["eu_udi"] == "NEW_UDI_DI"
        assert ask("CHG-UDI", UDI, **{name: None})["eu_udi"] == "BLOCKED"
        others = [one for one in list(UDI)[:3] if one != name]
        assert ask("CHG-UDI", UDI, **{name: True, others[0]: None})["eu_udi"] == "NEW_UDI_DI"
        with pytest.raises(FactsMissing, match=name):
            ask("CHG-UDI", without(UDI, name))
    us = ask("CHG-UDI", UDI, new_version_or_model=True, changed_local_date="2026-11-16")
    shows(us, us_udi="NEW_DI", gudid_update_by="2026-12-01")


@pytest.mark.requirement("REG-091")
def test_every_tree_is_whole_and_ends() -> None:
    for tree in trees().values():
        assert all(one.ask.endswith(("?", ")")) for one in tree.questions.values())
        targets = {one.yes for one in tree.questions.values()}
        targets |= {one.no for one in tree.questions.values()}
        assert targets <= set(tree.questions) | set(tree.results)
        assert set(tree.results) <= targets
        assert (targets & set(tree.questions)) | {tree.start} == set(tree.questions)
        order = list(tree.questions)
        back = [one.id for one in tree.questions.values() for to in (one.yes, one.no)
                if to in order and order.index(to) <= order.index(one.id)]  # fmt: skip
        assert back in ([], ["A3", "A4"]), tree.id  # labelling goes back to A1.1, once
