"""No fact is guessed: absent is missing, null is not known, and what is not a fact is refused."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import InvalidInput, RadvigilError, Refused
from records.yaml_source import read_yaml
from regulatory.rules.applying import COUNTED_ALREADY, FUNCTIONS, apply_rules
from regulatory.rules.catalogue import catalogue, find_rule
from regulatory.rules.dictionary import DATA, KINDS, fact_dictionary
from regulatory.rules.facts import Facts, FactsMissing
from regulatory.rules.parameters import parameters
from regulatory.rules.rule_sheet import rule_list, rule_sheet
from tests.regulatory.rules.asking import (
    CORRECTION,
    HARMLESS,
    IN_BOUNDS,
    LEGACY,
    SERIOUS,
    SOFTWARE_NO,
    TREND,
    US_EVENT,
    ask,
    shows,
    without,
)

WHOLE: dict[str, tuple[dict[str, Any], frozenset[str]]] = {
    "803-02": (HARMLESS | dict.fromkeys(
        ("serious_injury", "fails_performance_spec_or_labeling_claim"), True), frozenset()),
    "803-03": (US_EVENT, frozenset({"remedial_action_needed", "fda_5day_request",
                                    "awareness_person_class"})),
    "803-04": (US_EVENT | {"remedial_action_needed": True}, frozenset()),
    "806-01": (CORRECTION, frozenset({"initiated_local_date"})),
    "EU87-02": (SERIOUS, frozenset()),
    "EU88-01": (TREND, frozenset()),
    "PCCP-01": (IN_BOUNDS, frozenset()),
    "CHG-FDA-SW": (SOFTWARE_NO, frozenset()),
    "CHG-EU-LEG": (LEGACY, frozenset({"algorithm_change_may_alter_diagnosis"})),
}  # fmt: skip
"""Facts that are whole for a rule, and which of them it does not need, the others being so."""
PLACES = [(rule, name) for rule, (facts, _) in WHOLE.items() for name in facts]


@pytest.mark.parametrize(("rule", "name"), PLACES)
def test_every_single_fact_is_missed_by_name_or_is_not_needed(rule: str, name: str) -> None:
    facts, unneeded = WHOLE[rule]
    if name in unneeded:
        whole, fewer = ask(rule, facts), ask(rule, without(facts, name))
        told = ("facts_used", "by_rule")
        assert without(whole, *told) == without(fewer, *told)
        return
    with pytest.raises(FactsMissing, match=name):
        apply_rules([f"R-{rule}"], without(facts, name))


@pytest.mark.parametrize("rule", sorted(FUNCTIONS))
def test_no_rule_answers_without_any_fact(rule: str) -> None:
    with pytest.raises(FactsMissing, match="Missing facts: "):
        apply_rules([rule], {})
    place = {"jurisdiction": find_rule(rule).jurisdiction or "US"}
    with pytest.raises(FactsMissing, match="Missing facts: "):
        apply_rules([rule], place)


CODED = {name: one for name, one in fact_dictionary().items()
         if one.kind in ("code", "member_state", "country", "yes_no")}  # fmt: skip


@pytest.mark.parametrize("name", CODED)
def test_a_coded_value_outside_the_list_is_refused_whether_it_is_read_or_not(name: str) -> None:
    for wrong in ("NO_SUCH_VALUE", "yes", "", 1, [], {}):
        with pytest.raises(InvalidInput, match=name):
            Facts({name: wrong})
    for value in (*CODED[name].values, None):
        assert Facts({name: value}).value(name) == value


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("awareness_local_date", "2026-02-29"), ("awareness_local_date", "20261123"),
        ("awareness_local_date", "2026-11-23T08:00:00"), ("awareness_local_date", 20261123),
        ("awareness_local_date", "2026-W48-1"), ("planned_start_local", "2026-10-05T08:00:00"),
        ("planned_start_local", "2026-10-05"), ("hq_tz", "Berlin"), ("n", -1), ("n", 1.5),
        ("n", True), ("expected_life_years", -1), ("expected_life_years", "5"),
        ("death", "true"), ("death", 0), ("deviations", "none"), ("plan", []),
        ("member_states", ["DE", "XX"]), ("member_states", ["DE", None]),
        ("member_states_affected", ["Germany"]), ("jurisdictions", ["CA"]), ("signed_hash", " "),
        ("record", 7),
    ],
)  # fmt: skip
def test_a_malformed_fact_is_refused_by_name(name: str, wrong: Any) -> None:
    with pytest.raises(InvalidInput, match=name) as refused:
        Facts({name: wrong})
    assert refused.value.exit_code == 2


def test_a_name_that_no_rule_knows_is_told_and_changes_nothing() -> None:
    plain = ask("EU87-02", SERIOUS)
    typo = ask("EU87-02", SERIOUS, awarness_local_date="2026-01-01")
    shows(typo, facts_not_known_here=["awarness_local_date"])
    assert without(typo, "facts_not_known_here") == without(plain, "facts_not_known_here")


def test_null_is_missing_where_the_rule_cannot_do_without() -> None:
    for name in ("awareness_local_date", "member_state"):
        with pytest.raises(FactsMissing, match=f"{name} is not known"):
            ask("EU87-02", SERIOUS, **{name: None})


@pytest.mark.requirement("REG-079")
def test_a_jurisdiction_without_rules_has_no_date() -> None:
    for rules, facts in (("EU87-02", SERIOUS), ("803-03", US_EVENT)):
        shows(ask(rules, facts, jurisdiction="JP"), state="NO_RULES_LOADED", clock=None,
              due_legal=None, no_clock_because="no rules are loaded for JP")  # fmt: skip
    with pytest.raises(Refused, match="no rule of US"):
        ask("EU87-02", SERIOUS, jurisdiction="US")
    with pytest.raises(InvalidInput, match="jurisdiction"):
        ask("EU87-02", SERIOUS, jurisdiction="Japan")


@pytest.mark.requirement("REG-077")
def test_rules_of_two_jurisdictions_have_no_common_verdict() -> None:
    with pytest.raises(Refused, match="no common answer"):
        ask("803-03 EU87-02", SERIOUS | US_EVENT)


@pytest.mark.requirement("REG-124")
def test_the_same_facts_and_version_give_the_same_answer_whatever_the_order() -> None:
    rules = ["R-803-02", "R-803-03", "R-TIME-01"]
    facts = without(US_EVENT, "classification") | HARMLESS | {
        "serious_injury": True, "device_may_have_caused_or_contributed": True}  # fmt: skip
    one = json.dumps(apply_rules(rules, facts), sort_keys=True)
    two = json.dumps(apply_rules(rules[::-1], dict(reversed(facts.items()))), sort_keys=True)
    assert one == two
    answer = apply_rules(rules, facts)
    assert answer["rule_version"].startswith("1.1+")
    assert set(answer["citations"]) == set(answer["checked"]) == set(rules)
    assert answer["primary_text_checked"] is False  # R-803-02 was written down in part from memory
    assert ask("803-03", US_EVENT)["primary_text_checked"] is True


def test_rules_that_are_not_there_are_refused_with_one_that_is() -> None:
    with pytest.raises(InvalidInput, match="Did you mean R-803-03"):
        apply_rules(["R-803-3"], US_EVENT)
    with pytest.raises(InvalidInput, match="rule_ids"):
        apply_rules([], US_EVENT)


FACT_NAMES = sorted(fact_dictionary())
ANY = st.one_of(st.none(), st.booleans(), st.integers(-2, 40), st.text(max_size=12),
                st.sampled_from(("2026-11-23", "2028-02-29", "DE", "EU", "US", "DEATH")),
                st.lists(st.text(max_size=3), max_size=2),
                st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rule=st.sampled_from(sorted(FUNCTIONS)), rest=st.dictionaries(
    st.sampled_from(FACT_NAMES), ANY, max_size=8))  # fmt: skip
def test_whatever_is_given_the_answer_is_one_or_a_sentence(rule: str, rest: dict[str, Any]) -> None:
    facts: dict[str, Any] = {}
    for whole, _ in WHOLE.values():
        facts |= whole
    facts["jurisdiction"] = find_rule(rule).jurisdiction or "US"
    try:
        answer = apply_rules([rule], facts | rest)
    except RadvigilError as refused:
        assert str(refused).strip()
    else:
        assert json.loads(json.dumps(answer)) == answer


def test_every_rule_is_written_down_and_every_applied_one_has_a_function() -> None:
    rules = catalogue()
    assert set(FUNCTIONS) <= set(rules)
    assert {one for one in rules if one not in FUNCTIONS} == {
        name for name, one in rules.items() if one.family == "Part 11"} - {"R-P11-70", "R-P11-200"}
    for one in rules.values():
        assert one.title
        assert len(one.citation) > 3
        assert len(one.logic) > 8
        assert one.read
        assert set(one.read) <= {"text", "summary", "general knowledge", "own proposal"}
        assert one.written_on
        assert one.version >= 1
        assert set(one.reads) <= set(fact_dictionary()), one.id
        assert bool(one.reads) == (one.id in FUNCTIONS), one.id


@pytest.mark.parametrize("rule", sorted(FUNCTIONS))
def test_the_facts_that_a_rule_looks_at_are_those_that_its_sheet_names(rule: str) -> None:
    for facts, _ in WHOLE.values():
        try:
            used = set(ask(rule[2:], without(facts, "jurisdiction"))["facts_used"])
        except RadvigilError:
            continue
        assert used <= set(find_rule(rule).reads) | {"jurisdiction"}


def test_a_sheet_tells_source_parameters_calendars_and_questions() -> None:
    sheet = rule_sheet("R-EU87-02")
    assert set(sheet["clocks"]) == {"MDR87_15D", "MDR87_10D", "MDR87_2D"}
    assert sheet["primary_text_checked"] is True
    assert "nobody here has confirmed it" in sheet["checked"]
    assert {one["calendar"] for one in sheet["calendars"]} >= {"DE-NATIONAL", "XI-NATIONAL"}
    assert not any(one["primary_text_checked"] for one in sheet["calendars"])
    assert rule_sheet("R-CHG-FDA-SW")["questions"][2]["ask"].startswith("Is the only aim")
    assert rule_list("vigilance")[0]["rule"] == "R-EU87-01"
    assert rule_list("no such family") == []


@cache
def raw(name: str) -> dict[str, Any]:
    return read_yaml(DATA / name).content


def test_the_dictionary_and_the_parameters_name_what_there_is() -> None:
    for name, one in fact_dictionary().items():
        assert one.kind in KINDS, name
        assert one.item is None or one.item.kind in KINDS
        assert (one.kind == "code") == bool(one.values), name
        assert set(raw("facts.yaml")["facts"][name]) <= {"kind", "values", "or", "of"}
    for tree in raw("trees.yaml")["trees"].values():
        for question in tree["questions"].values():
            assert set(question) <= {"if", "yes", "no", "ask", "open", "always", "part_of",
                                     "leave_out"}  # fmt: skip
    for clock in parameters()["clocks"].values():
        assert clock["days"] > 0
        assert set(clock["rules"]) <= set(FUNCTIONS)
    for time_rule, beside in COUNTED_ALREADY.items():
        assert {time_rule, *beside} <= set(FUNCTIONS)
