"""Values are held to type, code and order; the data set is JSON by its schema, and names nobody."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from records.errors import InvalidInput, Refused
from records.settings import REPOSITORY
from regulatory.forms.catalogue import find_form, forms
from regulatory.forms.checking import validate
from regulatory.forms.codes import read_codes, starter_terms
from regulatory.forms.filling import fill_form
from regulatory.forms.identities import refuse_identities
from regulatory.forms.prefill import facts_of_incident
from regulatory.forms.writing import as_json, as_xml, data_set, facts_of, refilled
from tests.regulatory.forms.whole_forms import whole

SCHEMA = json.loads((REPOSITORY / "docs" / "submission-data.schema.json").read_text())
WRONG: dict[str, Any] = {
    "text": 3, "texts": "V2", "date": "2026-02-30", "number": True, "count": 1.5, "yes_no": "yes",
    "choice": "odd", "choices": ["odd"], "codes": ["Z9"], "country": "Germany", "countries": ["de"],
    "table": [{"odd": 1}],
}  # fmt: skip
ONE_OF_EACH = {one.type: (form.id, one) for form in forms().values() for one in form.fields}


def faults(form: str, facts: dict[str, Any], **more: Any) -> list[str]:
    return [str(one) for one in validate(fill_form(form, facts), **more)]


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_a_value_of_another_kind_is_told_by_its_number(kind: str) -> None:
    form, field = ONE_OF_EACH[kind]
    (found,) = faults(form, {field.key: WRONG[kind]})
    assert found.startswith(f"{field.number} {field.name}: ")


@pytest.mark.parametrize("form_id", forms())
def test_a_whole_form_goes_through_json_by_the_schema_and_back(form_id: str) -> None:
    content = data_set(fill_form(form_id, whole(form_id)))
    assert content["missing"] == content["faults"] == []
    back = json.loads(as_json(content))
    jsonschema.validate(back, SCHEMA)
    assert facts_of(back) == whole(form_id)
    assert as_json(data_set(refilled(back))) == as_json(content)


def test_an_empty_form_is_a_data_set_that_lists_what_it_lacks() -> None:
    content = json.loads(as_json(data_set(fill_form("806", {}))))
    jsonschema.validate(content, SCHEMA)
    assert content["missing"][0]["number"] == "(c)(1)"
    assert content["form_digest"] == find_form("806").digest


def test_unknown_is_told_apart_from_a_value_and_written_as_the_form_writes_it() -> None:
    said = {"unknown": "Not yet given.", "attempts": []}
    facts = whole("MIR") | {
        "report_type": "FOLLOW_UP", "authority_reference": said, "operator": said,
    }  # fmt: skip
    content = data_set(fill_form("MIR", facts))
    jsonschema.validate(json.loads(as_json(content)), SCHEMA)
    told = {one["key"]: (one["state"], one["written"]) for one in content["fields"]}
    assert told["authority_reference"] == ("unknown", "Unknown")
    assert told["operator"] == ("unknown", None)
    assert facts_of(content)["operator"] == said


def test_dates_out_of_order_and_texts_too_long_are_faults() -> None:
    late = whole("MIR") | {"awareness_incident": "2026-03-09"}
    assert any("1.2d" in one and "lies before 1.2c" in one for one in faults("MIR", late))
    assert "4000 at most" in faults("MIR", {"event_description": "x" * 4001})[0]
    assert "6 at most" in faults("MIR", {"imdrf_a": ["A0101"] * 7})[0]


def test_codes_are_held_against_the_list_that_was_loaded(tmp_path: Path) -> None:
    path = tmp_path / "release-1.csv"
    path.write_text("code,term,until\nA01,One,\nA02,Two,2026-01-31\n")
    codes = read_codes(path)
    day = {"submission_date": "2026-02-01"}
    assert faults("MIR", day | {"imdrf_a": ["A01"]}, codes=codes) == []
    assert "not in the list" in faults("MIR", day | {"imdrf_a": ["A03"]}, codes=codes)[0]
    assert "withdrawn" in faults("MIR", day | {"imdrf_a": ["A02"]}, codes=codes)[0]
    assert faults("MIR", {"submission_date": "2026-01-31", "imdrf_a": ["A02"]}, codes=codes) == []
    assert data_set(fill_form("MIR", day), codes=codes)["codes"]["release"] == "release-1"


@pytest.mark.parametrize(
    "text",
    ["code\nA01\n", "code,term\nX1,One\n", "code,term\nA01,One\nA01,Two\n", "code,term\n",
     "code,term,until\nA01,One,soon\n", "code,term\nA01,One,more\n"],
)  # fmt: skip
def test_a_wrong_list_of_codes_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"codes\.csv"):
        read_codes(path)


def test_the_starter_terms_bear_no_code_numbers() -> None:
    assert starter_terms()["finding missed"] == ("False Negative Result",)


@pytest.mark.requirement("REG-112")
def test_a_planted_identity_is_refused_with_the_number_of_the_field() -> None:
    for key, text in (
        ("event_description", "Patient Zwetschkenbaum was sent home."),
        ("patient_sex", {"unknown": "MRN 4711234 has no sex on file"}),
        ("similar_basis", "born 3 May 1956"),
        ("manufacturer_contact", "born 3 May 1956"),
    ):
        filled = fill_form("MIR", whole("MIR") | {key: text})
        with pytest.raises(Refused) as refused:
            refuse_identities(filled)
        assert str(refused.value).startswith(find_form("MIR").field(key).number)
        assert "Zwetschkenbaum" not in str(refused.value) and "4711234" not in str(refused.value)


def test_who_answers_for_the_maker_is_named_in_the_fields_for_it() -> None:
    contact = "Mrs. Zwetschkenbaum, regulatory affairs, reg@maker.example"
    refuse_identities(fill_form("MIR", whole("MIR") | {"manufacturer_contact": contact}))


@pytest.mark.requirement("REG-082")
def test_a_follow_up_keeps_its_number_and_lists_what_changed() -> None:
    first = data_set(fill_form("3500A", whole("3500A") | {"patient_weight": None}))
    facts = whole("3500A") | {
        "report_kind": "FOLLOW_UP", "event_type": "SERIOUS_INJURY", "returned_on": None,
    }  # fmt: skip
    content = data_set(fill_form("3500A", facts), follows=first)
    jsonschema.validate(json.loads(as_json(content)), SCHEMA)
    assert content["sequence"] == 2
    assert {(one["key"], one["change"]) for one in content["changed"]} == {
        ("patient_weight", "new"), ("returned_on", "gone"), ("report_kind", "changed"),
        ("event_type", "changed"),
    }  # fmt: skip
    with pytest.raises(Refused, match="keeps the number"):
        data_set(fill_form("3500A", facts | {"report_number": "1234567-2026-00002"}), follows=first)
    with pytest.raises(Refused, match="follows an earlier report"):
        data_set(fill_form("3500A", facts | {"report_kind": "INITIAL"}), follows=first)
    with pytest.raises(Refused, match="cannot follow"):
        data_set(fill_form("MIR", whole("MIR")), follows=first)


@pytest.mark.parametrize("form_id", forms())
def test_no_xml_is_made_and_the_form_says_why(form_id: str) -> None:
    with pytest.raises(Refused, match="No XML is made"):
        as_xml(fill_form(form_id, {}))


def test_an_incident_fills_what_it_knows_and_guesses_no_day() -> None:
    said = {"label": "INC-0001", "words": "A finding was missed.", "version": "V2",
            "event_from": date(2026, 3, 1), "event_to": date(2026, 3, 4)}  # fmt: skip
    eu = facts_of_incident(find_form("MIR"), **said, aware_on=date(2026, 3, 5))
    assert (eu["own_reference"], eu["incident_to"]) == ("INC-0001", "2026-03-04")
    assert eu["awareness_incident"] == "2026-03-05"
    assert "awareness_reportability" not in eu, "nothing was decided"
    us = facts_of_incident(find_form("3500A"), **said, aware_on=None)
    assert "event_date" not in us and "date_received" not in us and us["device_version"] == "V2"
    assert not {"own_reference", "report_number"} & us.keys()
    for form in forms().values():
        fill_form(form.id, facts_of_incident(form, **said, aware_on=None))
