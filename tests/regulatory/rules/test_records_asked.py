"""Signatures, complaints, retention and de-identification as rules, as the program does them."""

from typing import Any

import pytest

from imaging.attribute_table import Option, table_rows
from records.errors import InvalidInput
from regulatory.rules.facts import FactsMissing
from tests.regulatory.rules.asking import HARMLESS, ask, shows, without

SIGNED = {"signed_hash": "a1", "current_hash": "a1", "document_state": "EFFECTIVE"}


@pytest.mark.parametrize(
    ("state", "action"),
    [("EFFECTIVE", "NEW_REVISION_REQUIRED"), ("APPROVED", "NEW_REVISION_REQUIRED"),
     ("OBSOLETE", "NEW_REVISION_REQUIRED"), ("DRAFT", "SIGN_AGAIN"), ("IN_REVIEW", "SIGN_AGAIN")],
)  # fmt: skip
def test_a_signature_is_of_its_content(state: str, action: str) -> None:
    shows(ask("P11-70", SIGNED), signature_valid=True, action=None)
    changed = SIGNED | {"current_hash": "b2", "document_state": state}
    shows(ask("P11-70", changed), signature_valid=False, action=action)
    for name in SIGNED:
        with pytest.raises(FactsMissing, match=name):
            ask("P11-70", without(changed, name))


@pytest.mark.parametrize(
    ("session", "index", "components"),
    [("CONTINUOUS", 1, "ALL_COMPONENTS"), ("CONTINUOUS", 2, "AT_LEAST_ONE_PRIVATE_COMPONENT"),
     ("SEPARATE", 2, "ALL_COMPONENTS"), ("TIMED_OUT", 5, "ALL_COMPONENTS")],
)  # fmt: skip
def test_later_signings_of_one_session_need_less(session: str, index: int, components: str) -> None:
    shows(ask("P11-200", {"session": session, "signing_index": index}),
          components_required=components, first_signing_required="ALL_COMPONENTS")  # fmt: skip


def test_a_first_signing_is_number_1_and_a_control_is_not_applied() -> None:
    with pytest.raises(InvalidInput, match="signing_index"):
        ask("P11-200", {"session": "CONTINUOUS", "signing_index": 0})
    with pytest.raises(InvalidInput, match="R-P11-10e is met by a control"):
        ask("P11-10e", {})


RECORD: dict[str, Any] = {
    "device_name": "Chest triage", "date_received": "2026-11-23", "udi": "04012345678901",
    "complainant": "the radiology department", "nature": "a nodule was not marked",
    "correction": "none needed yet", "reply": "sent on 2026-11-25",
}  # fmt: skip


def test_a_complaint_record_is_complete_or_says_what_it_lacks() -> None:
    shows(ask("CMP-01", {"investigated": True, "record": RECORD}), complete=True, missing=[])
    for name in RECORD:
        for empty in (None, "", "UNKNOWN", {"unknown": True}, {"value": "unknown", "reason": " "}):
            found = ask("CMP-01", {"investigated": True, "record": RECORD | {name: empty}})
            shows(found, complete=False, missing=[name],
                  accepted_if="explicitly unknown with reason")  # fmt: skip
        said = {"unknown": True, "reason": "the caller did not leave it"}
        told = ask("CMP-01", {"investigated": True, "record": RECORD | {name: said}})
        shows(told, complete=True, missing=[])
        absent = ask("CMP-01", {"investigated": True, "record": without(RECORD, name)})
        assert absent["complete"] is False
        assert len(absent["missing"]) == 1


def test_a_part_of_an_element_that_is_empty_is_named() -> None:
    caller = {"name": "M. Okafor", "address": None, "phone": {"status": "UNKNOWN"}}
    found = ask("CMP-01", {"investigated": True, "record": RECORD | {"complainant": caller}})
    shows(found, complete=False, missing=["complainant.address", "complainant.phone"])
    asked = caller | {"address": "Leeds", "phone": {"status": "UNKNOWN", "reason": "asked twice"}}
    told = ask("CMP-01", {"investigated": True, "record": RECORD | {"complainant": asked}})
    shows(told, complete=True, missing=[])
    assert ask("CMP-01", {"record": RECORD | {"reply": {}}})["missing"] == ["reply"]


LEFT = {"investigated": False, "similar_prior": "CMP-2026-0012", "justification_present": True}


def test_a_complaint_that_is_not_investigated_says_why() -> None:
    shows(ask("CMP-01", LEFT), complete=True,
          record_required=["justification_for_not_investigating", "link_to_prior"])  # fmt: skip
    for change, lacks in (
        ({"justification_present": False}, ["justification_for_not_investigating"]),
        ({"justification_present": None}, ["justification_for_not_investigating"]),
        ({"similar_prior": None}, ["link_to_prior"]), ({"investigated": None}, ["investigated"]),
        ({"must_be_investigated": True}, ["investigation"]),
    ):  # fmt: skip
        shows(ask("CMP-01", LEFT, **change), complete=False, missing=lacks)
    for name in LEFT:
        with pytest.raises(FactsMissing, match=name):
            ask("CMP-01", without(LEFT, name))
    with pytest.raises(FactsMissing, match="record"):
        ask("CMP-01", {"investigated": True})
    beside = ask("CMP-01 803-02", HARMLESS)
    shows(beside, classification="NOT_REPORTABLE", complete=None)


TECHNICAL = {"record": "TECHNICAL_DOCUMENTATION", "jurisdictions": ["EU"], "implantable": False,
             "last_unit_placed": "2029-06-30"}  # fmt: skip
VALIDATED = {"record": "VALIDATION_REPORT", "jurisdictions": ["EU", "US"],
             "last_unit_placed": "2027-12-31", "release_date": "2026-11-23",
             "device_lifetime_years": 5, "legal_hold": False}  # fmt: skip


@pytest.mark.requirement("REG-120")
@pytest.mark.parametrize(
    ("facts", "until"),
    [
        (TECHNICAL, "2039-06-30"),
        (TECHNICAL | {"implantable": True}, "2044-06-30"),
        (TECHNICAL | {"implantable": None}, "2044-06-30"),  # not known keeps longer
        (TECHNICAL | {"last_unit_placed": "2028-02-29"}, "2038-02-28"),
        (TECHNICAL | {"last_unit_placed": None}, None),
        ({"record": "MDR_EVENT_FILE", "jurisdictions": ["US"], "event_date": "2026-11-01",
          "expected_life_years": 1}, "2028-11-01"),
        ({"record": "CORRECTION_OR_REMOVAL", "jurisdictions": ["US"], "event_date": "2026-11-01",
          "expected_life_years": 5}, "2033-11-01"),
        ({"record": "QMS_RECORD", "jurisdictions": ["US"], "release_date": "2026-11-23",
          "device_lifetime_years": 1}, "2028-11-23"),
        ({"record": "AUDIT_TRAIL", "jurisdictions": ["US"]}, None),
        (VALIDATED, "2037-12-31"),
        (VALIDATED | {"jurisdictions": ["US"]}, "2031-11-23"),
    ],
)
def test_the_longest_period_counts(facts: dict[str, Any], until: str | None) -> None:
    found = ask("RET-01", facts)
    shows(found, retain_until=until, deletion_blocked=until is None)


def test_a_hold_blocks_and_one_that_is_not_known_of_too() -> None:
    shows(ask("RET-02", VALIDATED), deletion_allowed_on="2038-01-01", deletion_blocked=False)
    for held in (True, None):
        shows(ask("RET-02", VALIDATED, legal_hold=held), retain_until="2037-12-31",
              deletion_blocked=True)  # fmt: skip
    for name in VALIDATED:
        with pytest.raises(FactsMissing, match=name):
            ask("RET-02", without(VALIDATED, name))
    for wrong in ({"record": "NOTE"}, {"jurisdictions": ["JP"]}):
        with pytest.raises(InvalidInput, match=r"not known"):
            ask("RET-02", VALIDATED, **wrong)


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(
    ("element", "value", "action", "out"),
    [
        ("PatientAge", "092Y", "GENERALIZE", "090Y"), ("PatientAge", "090Y", "GENERALIZE", "090Y"),
        ("PatientAge", "089Y", "KEEP", "089Y"), ("PatientAge", "018M", "KEEP", "018M"),
        ("StudyDate", "2026-11-23", "GENERALIZE", "2026"),
        ("StudyDate", "20261123", "GENERALIZE", "2026"),
        ("PatientName", "x", "REMOVE", None), ("AccessionNumber", "x", "REMOVE", None),
        ("PatientSex", "F", "KEEP", "F"), ("ZIP", "03601", "GENERALIZE", "000"),
    ],
)  # fmt: skip
def test_safe_harbor_element_by_element(
    element: str, value: str, action: str, out: str | None
) -> None:
    found = ask("DEID-HIPAA", {"element": element, "value": value, "method": "SAFE_HARBOR",
                               "zip3_population_gt_20000": False})  # fmt: skip
    shows(found, action=action, value_out=out)


def test_a_postal_area_counts_as_small_until_it_is_known() -> None:
    zip_code = {"element": "ZIP", "value": "10027", "method": "SAFE_HARBOR"}
    for many, out in ((True, "100"), (False, "000"), (None, "000")):
        assert ask("DEID-HIPAA", zip_code, zip3_population_gt_20000=many)["value_out"] == out
    with pytest.raises(FactsMissing, match="zip3_population_gt_20000"):
        ask("DEID-HIPAA", zip_code)
    for element, value in (("ZIP", "1002"), ("PatientAge", "92"), ("StudyDate", "yesterday")):
        with pytest.raises(InvalidInput, match="value"):
            ask("DEID-HIPAA", zip_code | {"element": element, "value": value},
                zip3_population_gt_20000=True)  # fmt: skip
    with pytest.raises(InvalidInput, match="element"):
        ask("DEID-HIPAA", zip_code | {"element": "Shoe"})
    born = {"element": "PatientBirthDate", "value": "1936-05-01", "method": "SAFE_HARBOR"}
    assert ask("DEID-HIPAA", born, event_date="2026-11-23")["action"] == "REMOVE"
    assert ask("DEID-HIPAA", born, event_date="2025-11-23")["value_out"] == "1936"


TAGS = ["(0010,0010)", "(0008,0020)", "(0010,0040)", "(0008,103E)", "(0020,000D)", "(0018,1000)",
        "(0008,0080)", "(6002,3000)", "(0009,1001)", "(0008,0070)", "(0018,1002)"]  # fmt: skip


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(
    ("options", "codes", "dates"),
    [
        ([], "Z Z Z X U X/Z/D X/Z/D X X K U", "REMOVED"),
        (["113107", "113108"], "Z C K X U X/Z/D X/Z/D X X K U", "MODIFIED"),
        (["113106"], "Z K Z X U X/Z/D X/Z/D X X K U", "UNMODIFIED"),
        (["113105", "113103"], "Z Z Z C U X/Z/D X/Z/D C X K U", "REMOVED"),
        (["113110"], "Z Z Z X K X/Z/D X/Z/D X X K K", "REMOVED"),
        (["113109", "113112", "113111"], "Z Z Z X U K K X K K K", "REMOVED"),
    ],
)
def test_the_dicom_profile_tag_by_tag(options: list[str], codes: str, dates: str) -> None:
    found = ask("DEID-PS315", {"options": options, "tags": TAGS})
    assert found["actions"] == dict(zip(TAGS, codes.split(), strict=True))
    shows(found, set_attributes={"(0012,0062)": "YES", "(0028,0303)": dates},
          method_codes=["113100", *sorted(options)])  # fmt: skip
    harbor = not set(options) & {"113106", "113107", "113109", "113110"}
    shows(found, dicom_conformant=True, safe_harbor=harbor)


def test_every_row_of_the_table_is_answered_as_the_program_de_identifies() -> None:
    rows = [row for row in table_rows() if row.number is not None]
    tags = [f"({row.tag[:4]},{row.tag[4:]})" for row in rows]
    found = ask("DEID-PS315", {"options": ["113107"], "tags": tags})["actions"]
    assert [found[tag] for tag in tags] == [
        row.code(frozenset([Option.MODIFIED_DATES])) for row in rows
    ]


@pytest.mark.parametrize(
    ("burned", "modality", "options", "result"),
    [
        ("YES", None, [], "REJECT_OBJECT"), ("YES", None, ["113101"], "CLEAN_PIXEL_DATA"),
        ("NO", None, [], "ACCEPT_OBJECT"), ("UNKNOWN", "US", [], "REJECT_OBJECT"),
        (None, "SC", [], "REJECT_OBJECT"), ("UNKNOWN", "CT", [], "ACCEPT_OBJECT"),
        (None, "XA", ["113101"], "CLEAN_PIXEL_DATA"),
    ],
)  # fmt: skip
def test_letters_in_pixels_are_cleaned_or_the_object_is_refused(
    burned: str | None, modality: str | None, options: list[str], result: str
) -> None:
    facts = {"burned_in_annotation": burned, "options": options}
    facts |= {"modality": modality} if modality else {}
    assert ask("DEID-PS315", facts)["result"] == result


def test_unknown_options_and_tags_are_refused() -> None:
    for wrong in ({"options": ["113199"]}, {"tags": ["0010,0010"]}, {"tags": ["(0010,001G)"]}):
        with pytest.raises(InvalidInput):
            ask("DEID-PS315", {"options": [], "tags": []} | wrong)
    for name in ("options", "tags"):
        with pytest.raises(FactsMissing, match=name):
            ask("DEID-PS315", without({"options": [], "tags": []}, name))
