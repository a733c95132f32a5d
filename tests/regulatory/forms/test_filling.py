"""What a form lacks is told by its number, and unknown is not empty."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import InvalidInput
from regulatory.forms.catalogue import TYPES, FormField, find_form, forms
from regulatory.forms.conditions import words_of
from regulatory.forms.filling import fill_form, missing_fields
from tests.regulatory.forms.whole_forms import so_that_it_is_needed, whole

NEEDED = [(form.id, one) for form in forms().values() for one in form.fields if one.needed]
UNKNOWN_IS_NONE = [pair for pair in NEEDED if pair[1].unknown is None]


def name_of(part: object) -> str:
    return part.key if isinstance(part, FormField) else str(part)


def lacking(form: str, facts: dict[str, Any]) -> dict[str, str]:
    return {one.key: one.why for one in missing_fields(fill_form(form, facts))}


@pytest.mark.requirement("REG-080")
@pytest.mark.parametrize(("form_id", "field"), NEEDED, ids=name_of)
def test_a_needed_field_without_an_answer_is_listed_by_its_number(
    form_id: str, field: FormField
) -> None:
    facts = so_that_it_is_needed(find_form(form_id), field)
    (found,) = [one for one in missing_fields(fill_form(form_id, facts)) if one.key == field.key]
    assert (found.number, found.name) == (field.number, field.name)
    assert found.why.startswith("needed")
    assert str(found).startswith(f"{field.number} ")
    assert not [one for one in missing_fields(fill_form(form_id, facts | {
        field.key: whole(form_id)[field.key]})) if one.key == field.key]  # fmt: skip


@pytest.mark.parametrize("form_id", forms())
def test_a_form_with_every_field_lacks_nothing_and_an_empty_one_all_that_is_always_needed(
    form_id: str,
) -> None:
    assert lacking(form_id, whole(form_id)) == {}
    always = {one.key for one in find_form(form_id).fields if one.needed is True}
    assert always <= lacking(form_id, {}).keys()


@pytest.mark.parametrize("form_id", forms())
def test_a_form_is_well_made(form_id: str) -> None:
    form = find_form(form_id)
    keys = [one.key for one in form.fields]
    assert len(keys) == len(set(keys))
    assert form.source and form.numbers and form.xml and form.unknown_is_written
    assert not form.primary_text_checked
    assert form.field(form.reference).needed is True
    assert {one for pair in form.in_order for one in pair} <= set(keys)
    for one in form.fields:
        assert one.type in TYPES and one.number and one.name
        assert (one.type in ("choice", "choices")) == bool(one.choices)
        assert (one.type == "codes") == bool(one.annex)
        if not isinstance(one.needed, bool):
            assert {one.needed.get("field", keys[0]), *one.needed.get("differ", [])} <= set(keys)
            assert words_of(one.needed)


@pytest.mark.parametrize("nothing", [None, "", "  ", []])
def test_null_and_blank_are_no_answer(nothing: Any) -> None:
    assert lacking("MIR", whole("MIR") | {"device_name": nothing}) == {"device_name": "needed"}


def test_unknown_with_its_reason_answers_where_the_form_lets_it() -> None:
    unknown = {"unknown": "The hospital does not know."}
    assert lacking("MIR", whole("MIR") | {"operator": unknown}) == {}
    assert "reason" in lacking("MIR", whole("MIR") | {"operator": {"unknown": " - "}})["operator"]


@pytest.mark.parametrize(("form_id", "field"), UNKNOWN_IS_NONE, ids=name_of)
def test_unknown_is_no_answer_elsewhere(form_id: str, field: FormField) -> None:
    facts = so_that_it_is_needed(find_form(form_id), field)
    facts[field.key] = {"unknown": "Nobody knows.", "attempts": ["Asked."]}
    assert "no answer" in lacking(form_id, facts)[field.key]


@pytest.mark.requirement("REG-035", "REG-084")
def test_fda_is_told_what_was_done_to_learn_what_is_unknown() -> None:
    bare = {"unknown": "The site did not answer."}
    facts = whole("3500A")
    assert "what was done" in lacking("3500A", facts | {"patient_age": bare})["patient_age"]
    asked = bare | {"attempts": ["IRQ-0001: asked by telephone on 2026-03-04."]}
    assert lacking("3500A", facts | {"patient_age": asked}) == {}


def test_the_literal_unknown_of_an_authority_is_allowed_from_the_follow_up_on() -> None:
    unknown = {"unknown": "Not yet given."}
    first = lacking("MIR", whole("MIR") | {"authority_reference": unknown})
    assert "only if" in first["authority_reference"]
    later = whole("MIR") | {"report_type": "FOLLOW_UP", "authority_reference": unknown}
    assert lacking("MIR", later) == {}


def test_what_does_not_apply_says_why_and_is_no_answer_to_what_must_be_told() -> None:
    none = {"not_applicable": "No patient was involved."}
    assert lacking("3500A", whole("3500A") | {"patient_age": none}) == {}
    assert "no answer" in lacking("3500A", whole("3500A") | {"brand_name": none})["brand_name"]
    bare = {"not_applicable": ""}
    assert "not said" in lacking("3500A", whole("3500A") | {"patient_age": bare})["patient_age"]


def test_a_need_that_cannot_be_told_is_listed() -> None:
    facts = whole("MIR") | {"report_type": None, "root_cause": None, "next_report": None}
    found = lacking("MIR", facts)
    assert "not known" in found["root_cause"] and "not known" in found["next_report"]


def test_a_condition_that_does_not_hold_asks_for_nothing() -> None:
    facts = whole("MIR") | {"report_type": "INITIAL", "root_cause": None, "no_review_reason": None}
    assert lacking("MIR", facts) == {}


def test_what_hangs_on_a_question_that_is_not_asked_is_not_asked() -> None:
    left = {"risk_assessment_reviewed": None, "risk_assessment_adequate": None,
            "no_review_reason": None}  # fmt: skip
    assert lacking("MIR", whole("MIR") | left | {"report_type": "INITIAL"}) == {}
    final = lacking("MIR", whole("MIR") | left | {"report_type": "FINAL_REPORTABLE"})
    assert final.keys() == left.keys()


def test_what_is_no_field_and_a_wrong_mark_are_refused() -> None:
    with pytest.raises(InvalidInput, match="no field colour"):
        fill_form("MIR", {"colour": "red"})
    with pytest.raises(InvalidInput, match="There are 3500A"):
        fill_form("XYZ", {})
    for wrong in ({"unknown": "x", "not_applicable": "y"}, {"unknown": None}, {"odd": 1}, {}):
        with pytest.raises(InvalidInput, match="is needed, or a value"):
            fill_form("MIR", {"operator": wrong})


@given(st.sets(st.sampled_from([one.key for one in find_form("MIR").fields])))
@settings(max_examples=25, deadline=None)
def test_saying_more_never_makes_an_always_needed_field_missing(gone: set[str]) -> None:
    facts = {key: value for key, value in whole("MIR").items() if key not in gone}
    always = {one.key for one in find_form("MIR").fields if one.needed is True}
    assert lacking("MIR", facts).keys() & always == gone & always
