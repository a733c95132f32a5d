"""A later version is released only where every regime is answered and reviewed by another."""

import copy
from typing import Any

import pytest

from journeys.assess_change import standing_of
from journeys.release import propose_version
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.lookup import list_records
from records.product import ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import Regime, RegimeDecision, decisions_on, words_of
from records.store import Store
from regulatory.change_gate import gate_of, passes
from regulatory.rules.facts import FactsMissing
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.later_version import (
    ANSWERS,
    answer,
    candidate,
    in_use,
    proposed,
    release,
    review,
)

WORDS = {
    "pccp": "Predetermined change control plan", "fda-labelling": "FDA labelling",
    "fda-software": "FDA software change", "eu-change": "EU MDR significant change",
    "udi": "Unique device identification", "ai-act": "AI Act substantial modification",
}  # fmt: skip


def without(regime: str, **sections: Any) -> dict[str, Any]:
    """The answers with one regime left out, or with other parts of sections."""
    made = copy.deepcopy(ANSWERS)
    made["regimes"].pop(regime, None)
    for name, section in sections.items():
        made["regimes"][name.replace("_", "-")] |= section
    return made


def decisions(store: Store) -> dict[Regime, RegimeDecision]:
    with store.reader() as reader:
        return decisions_on(reader, 2)


@pytest.mark.requirement("REG-090")
def test_the_first_version_has_no_change_to_assess(store: Store) -> None:
    in_use(store)
    with store.reader() as reader:
        assert reader.get_one(ChangeRequest, 1).status == "released"
        assert list_records(reader, RegimeDecision) == []


@pytest.mark.requirement("REG-090", "REG-053")
def test_a_later_version_is_refused_naming_each_regime_that_is_open(store: Store) -> None:
    proposed(store)
    with pytest.raises(Refused) as why:
        release(store)
    for words in (*WORDS.values(), "affected items, risk review, verification plan"):
        assert words in str(why.value)
    with store.reader() as reader:
        assert reader.get_one(ChangeRequest, 2).status == "assessed"


@pytest.mark.requirement("REG-090", "REG-091")
def test_a_later_version_is_released_once_all_is_answered_and_reviewed(store: Store) -> None:
    proposed(store)
    answer(store)
    with pytest.raises(Refused, match="Unique device identification: RGD-0005 is 'assessed'"):
        release(store)
    review(store)
    with store.reader() as reader:
        change = reader.get_one(ChangeRequest, 2)
        assert passes(gate_of(reader, reader.get_one(ModelVersion, 2)))
        assert [row["status"] for row in standing_of(reader, change)] == ["reviewed"] * 6
    release(store)
    found = decisions(store)
    assert {one.value: decision.result for one, decision in found.items()} == {
        "pccp": "IN_BOUNDS", "fda-labelling": "LETTER_TO_FILE", "fda-software": "PCCP_IN_BOUNDS",
        "eu-change": "NB_NOTIFY_BEFORE_IMPLEMENTATION", "udi": "NEW_UDI_DI",
        "ai-act": "NO_NEW_ASSESSMENT",
    }  # fmt: skip
    assert {one["approved_by"] for one in found[Regime.UDI].rule_sets} == {"demo.regulatory"}


@pytest.mark.requirement("REG-090", "REG-053")
def test_one_open_regime_blocks_and_is_named(store: Store) -> None:
    proposed(store)
    answer(store, without("udi"))
    review(store)
    with pytest.raises(Refused, match="not released: Unique device identification: not answered"):
        release(store)


@pytest.mark.requirement("REG-091")
def test_every_question_is_kept_also_those_not_reached_and_why(store: Store) -> None:
    proposed(store)
    answer(store)
    questions = {one["id"]: one for one in words_of(decisions(store)[Regime.FDA_SOFTWARE])}
    assert list(questions) == ["P0", "L0", "Q1", "Q2", "Q3a", "Q3b", "Q4", "Q5"]
    assert (questions["P0"]["answer"], questions["P0"]["by"]) == (True, "records")
    assert not questions["Q4"]["reached"]
    assert questions["Q4"]["why_not"] == "the answers led past it and ended at P0"
    plan = {one["id"]: one for one in words_of(decisions(store)[Regime.PCCP])}
    assert plan["deviations"]["by"] == "a person"
    assert plan["deviations"]["rationale"]


@pytest.mark.requirement("REG-091")
def test_a_found_answer_is_stated_otherwise_only_with_the_reason_which_is_kept(
    store: Store,
) -> None:
    proposed(store)
    other = {"udi": {"facts": {"changes_original_performance": False, "minor_revision": True,
                               "changes_safety_or_intended_use": False,
                               "changes_interpretation_of_data": False},
                     "rationale": dict.fromkeys(("U1", "U2"), "equivalent in every test"),
                     "settled": ANSWERS["regimes"]["udi"]["settled"]}}  # fmt: skip
    with pytest.raises(InvalidInput, match=r"original_performance is stated as False.*weights"):
        answer(store, {"regimes": other})
    other["udi"]["overrides"] = {"changes_original_performance": "equivalence was shown",
                                 "minor_revision": "equivalence was shown"}  # fmt: skip
    answer(store, {"regimes": other})
    decision = decisions(store)[Regime.UDI]
    assert decision.result == "NEW_UDI_PI"
    assert decision.found["changes_original_performance"]["value"] is True
    assert words_of(decision)[0]["differs_because"] == ["equivalence was shown"]


@pytest.mark.requirement("REG-091")
def test_what_is_not_answered_or_has_no_grounds_is_refused_and_nothing_is_recorded(
    store: Store,
) -> None:
    proposed(store)
    for section, error, words in UNFIT:
        with pytest.raises(error, match=words):
            answer(store, {"regimes": section})
    assert decisions(store) == {}


UNFIT: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"ai-act": {}}, FactsMissing, "foreseen_in_conformity_assessment"),
    ({"ai-act": {"facts": {"foreseen_in_conformity_assessment": True}}}, InvalidInput,
     "no rationale for foreseen_in_conformity_assessment"),
    ({"ai-act": {"facts": {"foreseen": True}}}, InvalidInput, "no rule knows foreseen"),
    ({"ai-act": {"not_applicable": "-"}}, InvalidInput, "needs its reason"),
    ({"udi": {"settled": {"reference": "x"}}}, InvalidInput, "settled lacks on, evidence"),
    ({"udi": {"result_override": {"field": "eu_udi", "value": "NO_NEW_UDI"}}}, InvalidInput,
     "a value and a reason"),
    ({"gdpr": {}}, Refused, "gdpr is no regime"),
    ({"fda-software": {"why": "?"}}, FactsMissing, "pccp_in_bounds"),
]  # fmt: skip


@pytest.mark.requirement("REG-091")
def test_who_assessed_does_not_review_and_a_review_may_send_back(store: Store) -> None:
    proposed(store)
    answer(store, by="demo.quality")
    with pytest.raises(NotAllowed, match=r"'demo\.quality' made RGD-0001"):
        review(store, "pccp", by="demo.quality")
    review(store, "pccp", by="demo.regulatory", agrees=False)
    assert decisions(store)[Regime.PCCP].status == "returned"
    with pytest.raises(TransitionRefused, match="'returned'"):
        review(store, "pccp", by="demo.regulatory")
    with pytest.raises(Refused, match="RGD-0001 is 'returned'"):
        release(store)
    answer(store, {"regimes": {"pccp": ANSWERS["regimes"]["pccp"]}})
    assert decisions(store)[Regime.PCCP].label == "RGD-0007"


@pytest.mark.requirement("REG-090")
def test_a_result_that_asks_for_more_blocks_until_it_is_settled(store: Store) -> None:
    proposed(store)
    answer(store, without("", udi={"settled": {}}, eu_change={"settled": {}}))
    review(store)
    with pytest.raises(Refused, match=r"NB_NOTIFY_BEFORE_IMPLEMENTATION needs what settles it.*"
                                      "NEW_UDI_DI needs"):  # fmt: skip
        release(store)


def test_a_computed_result_is_overridden_with_the_reason_and_both_stay(store: Store) -> None:
    proposed(store)
    reason = {"field": "eu_udi", "value": "NO_NEW_UDI", "reason": "the issuing entity said so"}
    answer(store, without("", udi={"result_override": reason, "settled": {}}))
    found = decisions(store)[Regime.UDI]
    assert (found.result, found.override["computed"]) == ("NO_NEW_UDI", "NEW_UDI_DI")
    assert found.answer["eu_udi"] == "NEW_UDI_DI"


def test_what_the_definition_does_not_say_is_never_taken_for_not_applicable(store: Store) -> None:
    proposed(store, regulation=None)
    with store.reader() as reader:
        rows = standing_of(reader, reader.get_one(ChangeRequest, 2))
    assert all(row["needed"] for row in rows)
    with pytest.raises(FactsMissing, match="legacy_device"):
        answer(store, {"regimes": {"eu-change": {"why": "?"}}})
    answer(store, {"regimes": {"eu-change": {"not_applicable": "never sold in the EU"}}})
    found = decisions(store)[Regime.EU_CHANGE]
    assert (found.result, found.rationale) == ("NOT_APPLICABLE", "never sold in the EU")


def test_a_device_of_one_market_is_asked_for_its_own_regimes(store: Store) -> None:
    proposed(store, regulation={
        "jurisdictions": ["EU"],
        "eu": {"certificate": "legacy", "technical_documentation_certificate": False},
    })
    with store.reader() as reader:
        rows = {row["regime"]: row for row in standing_of(reader, reader.get_one(ChangeRequest, 2))}
    assert [name for name, row in rows.items() if row["needed"]] == ["eu-change", "udi", "ai-act"]
    assert "names EU and not US" in rows["pccp"]["because"]
    facts = dict.fromkeys(("corrective_action_accepted_by_ca", "design_change", "C1", "C3", "C4",
                           "C5"), False)  # fmt: skip
    facts |= {"algorithm_change_may_alter_diagnosis": True}
    answer(store, {"regimes": {"eu-change": {
        "facts": facts, "rationale": dict.fromkeys(("M1", "MB", "C1", "C2", "C2a"), "known"),
    }}})  # fmt: skip
    found = decisions(store)[Regime.EU_CHANGE]
    assert (found.rule, found.result) == ("R-CHG-EU-LEG", "SIGNIFICANT")


def test_on_rules_that_nobody_approved_nothing_is_decided(store: Store) -> None:
    in_use(store)
    version = candidate(store)
    propose_version(store, version, reason="x1", actor="demo.engineer", now=TODAY)
    with pytest.raises(Refused, match=r"Not approved for use: rules, question-trees.*rule approve"):
        answer(store)
