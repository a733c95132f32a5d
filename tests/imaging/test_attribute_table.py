from collections import Counter

import pytest
from pydicom.datadict import keyword_for_tag

from imaging.attribute_table import MEANINGS, Option, resolved, table_rows
from imaging.confidentiality import BASIC, PROFILES, Profile, rules
from imaging.elements import tag

NONE: frozenset[Option] = frozenset()
DX, CT, ENHANCED_CT = (f"1.2.840.10008.5.1.4.1.1.{one}" for one in ("1.1", "2", "2.1"))
ROWS = {row.attribute: row for row in table_rows()}
# What may stand in for each code: the same, or what keeps less of the person.
STRICTER = {
    "K": "KCWZDXU", "C": "CWXZD", "U": "UX", "D": "DXZ", "Z": "ZDX", "X": "X", "X/Z": "XZ",
    "X/D": "XD", "Z/D": "ZDX", "X/Z/D": "XZD", "X/Z/U*": "XZU",
}  # fmt: skip


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(
    ("attribute", "code"),
    [("PatientName", "Z"), ("PatientID", "Z/D"), ("StudyDate", "Z"), ("SeriesDescription", "X"),
     ("StudyInstanceUID", "U"), ("PatientSex", "Z"), ("PatientAge", "X"), ("SeriesDate", "X/D"),
     ("AcquisitionDate", "X/Z"), ("ContentDate", "Z/D"), ("InstitutionName", "X/Z/D"),
     ("DetectorID", "X/D"), ("ContentSequence", "D"), ("OriginalAttributesSequence", "X"),
     ("RequestedProcedureDescription", "X/Z"), ("OperatorsName", "X/Z/D")],
)  # fmt: skip
def test_the_basic_profile_is_that_of_the_standard(attribute: str, code: str) -> None:
    assert ROWS[attribute].code(NONE) == code


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(
    ("attribute", "option", "code"),
    [("StudyDate", Option.MODIFIED_DATES, "C"), ("StudyDate", Option.FULL_DATES, "K"),
     ("TimezoneOffsetFromUTC", Option.MODIFIED_DATES, "C"), ("PatientBirthDate", None, "Z"),
     ("PatientAge", Option.PATIENT_CHARACTERISTICS, "K"), ("Allergies", None, "X"),
     ("Allergies", Option.CLEAN_DESCRIPTORS, "C"), ("StudyDescription", Option.CLEAN_DESCRIPTORS,
     "C"), ("StationName", Option.DEVICE_IDENTITY, "K"), ("DeviceUID", Option.DEVICE_IDENTITY, "K"),
     ("SOPInstanceUID", Option.UIDS, "K"), ("InstitutionName", Option.INSTITUTION, "K"),
     ("ContentSequence", Option.CLEAN_STRUCTURED, "C"),
     ("GraphicAnnotationSequence", Option.CLEAN_GRAPHICS, "C"),
     ("PatientBirthDate", Option.MODIFIED_DATES, "Z")],
)  # fmt: skip
def test_an_option_answers_before_the_basic_profile(
    attribute: str, option: Option | None, code: str
) -> None:
    assert ROWS[attribute].code(NONE if option is None else frozenset([option])) == code


def test_two_options_that_answer_keep_the_less() -> None:
    both = frozenset([Option.FULL_DATES, Option.MODIFIED_DATES])
    assert ROWS["StudyDate"].code(both) == "C"


def test_the_table_is_whole_and_says_where_its_cells_are_from() -> None:
    rows = table_rows()
    assert len({row.tag for row in rows}) == len(rows) == 656
    assert Counter(row.basic for row in rows) == {
        "X": 416, "D": 93, "U": 55, "Z": 42, "X/D": 23, "X/Z": 11, "X/Z/D": 8, "Z/D": 6, "X/Z/U*": 2
    }  # fmt: skip
    assert {row.options_from for row in rows} == {"read", "rule"}
    assert {cell for row in rows for cell in row.cells} <= {str(one) for one in Option}
    assert set(MEANINGS) == {"113100"} | {str(one) for one in Option}


@pytest.mark.parametrize(
    ("code", "attribute", "sop_class", "action"),
    [("X/Z/D", "DeviceSerialNumber", DX, "X"), ("X/Z/D", "DeviceSerialNumber", ENHANCED_CT, "D"),
     ("X/Z", "AcquisitionContextSequence", DX, "Z"), ("X/Z", "AcquisitionContextSequence", CT, "X"),
     ("X/D", "SeriesDate", CT, "X"), ("Z/D", "ContentDate", CT, "Z"),
     ("Z/D", "ContentDate", ENHANCED_CT, "D"), ("X/Z/D", "StationName", "", "X"),
     ("Z/D", "PatientID", "", "Z"), ("X/Z/U*", "ReferencedImageSequence", DX, "X"), ("K", "X", "",
     "K")],
)  # fmt: skip
def test_a_conditional_code_is_resolved_by_the_kind_of_object(
    code: str, attribute: str, sop_class: str, action: str
) -> None:
    number = 0 if attribute == "X" else int(tag(attribute))
    assert resolved(code, number, sop_class) == action


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.name)
def test_no_rule_keeps_more_than_the_table_allows(profile: Profile) -> None:
    mine = rules(profile.options)
    weaker = [
        (row.attribute, row.code(profile.options), mine[row.number])
        for row in table_rows()
        if row.number is not None
        and not set(mine[row.number].replace("/", "")) <= set(STRICTER[row.code(profile.options)])
    ]
    allowed = {"PatientID", "PatientName"}  # a pseudonym is the dummy that Z allows
    assert [one for one in weaker if one[0] not in allowed] == []
    assert not [number for number in mine if not keyword_for_tag(number) and mine[number] == "K"]


@pytest.mark.parametrize(
    ("modality", "declared", "scanned"),
    [("DX", "", False), ("DX", "NO", False), ("DX", "YES", True), ("US", "", True), ("US", "NO",
     False), ("", "", True), ("OT", "", True), ("CT", "", False), ("XC", "YES", True)],
)  # fmt: skip
def test_the_profile_says_which_pixels_are_looked_through(
    modality: str, declared: str, scanned: bool
) -> None:
    assert BASIC.scans(modality, declared) is scanned
    assert Profile("all", BASIC.options, always=frozenset([modality])).scans(modality, declared)
