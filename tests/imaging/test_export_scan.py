import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imaging.export_scan import KnownIdentities, require_no_identifier, scan_content
from records.errors import Refused

KNOWN = KnownIdentities([
    {"PatientName": "Zwetschkenbaum^Ottilie Eva", "PatientID": "QX-4471-Z"},
    {"AccessionNumber": "20261103", "StudyInstanceUID": "1.2.826.0.1.3680043.2.1125.1"},
    {"PatientName": "Patient^Test", "PatientID": "17"},
    {"PatientName": "", "PatientID": "471", "AccessionNumber": "A12"},
])  # fmt: skip


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize(
    ("text", "attribute"),
    [("the study of qx-4471-z was read twice", "PatientID"), ("(QX-4471-Z)", "PatientID"),
     ("Mrs Ottilie Zwetschkenbaum called", "PatientName"), ("accession 20261103.",
     "AccessionNumber"), ("ZWETSCHKENBAUM^EVA", "PatientName"), ("ssn 078-05-1120",
     "social security number"), ("1.2.826.0.1.3680043.2.1125.1", "StudyInstanceUID")],
)  # fmt: skip
def test_a_name_or_number_that_somebody_typed_is_found(text: str, attribute: str) -> None:
    assert KNOWN.found_in(text) == attribute


@pytest.mark.parametrize(
    "text",
    ["a test of the patient list", "17 of 20 studies", "Ottilie signed", "QX-4471", "2026-11-03",
     "Zwetschkenbaum street", "", "P0123456789abcdef"],
)  # fmt: skip
def test_what_names_nobody_is_let_through(text: str) -> None:
    assert KNOWN.found_in(text) == ""


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize(("field", "text"), [
    ("why", "patient 471 was read twice"), ("why", "the Patient ID: 471."),
    ("why", "PID=471, late"), ("why", "MRN #471"),
    ("why", "pat.-nr. 471"), ("old", '{"patient": "471", "n": 3}'),
    ("why", "accession no. A12"), ("reason", "471"), ("reason", " 471. "), ("patient", "471"),
    ("patient_id", "a12"), ("patient_id", "17"), ("patient", " 17 "), ("PID", "17."),
])  # fmt: skip
def test_a_short_number_is_found_where_it_is_said_to_be_somebodys(field: str, text: str) -> None:
    content = json.dumps([{field: text}] * 2).encode()
    found = list(scan_content(content, KNOWN))
    assert [one.where for one in found] == [f"[0].{field}", f"[1].{field}"]
    assert {one.attribute for one in found} <= {"PatientID", "AccessionNumber"}
    lines = b"\n".join(json.dumps({field: text}).encode() for _ in range(2))
    places = [one.where for one in scan_content(lines, KNOWN)]
    assert places == [f"line 1.{field}", f"line 2.{field}"]


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize(("field", "text"), [
    ("why", "471 studies"), ("why", "471"), ("why", "patients: 471"), ("n", "471"),
    ("reason", "471 of 500 studies were read"), ("why", "patient 4711"), ("why", "patient 47"),
    ("patient", "P0471"), ("reason", "17"), ("why", "DEV-0471"), ("software", "A12"),
    ("why", "compatible 471"), ("why", "patient 17"), ("why", "17"), ("patients", "17"),
    ("per_patient", "17"), ("inpatient", "17"), ("patient", "17 of 20"), ("patient", "P17"),
    ("patient", "7"),
])  # fmt: skip
def test_a_count_that_is_like_a_short_number_is_let_through(field: str, text: str) -> None:
    assert list(scan_content(json.dumps({field: text}).encode(), KNOWN)) == []


@pytest.mark.requirement("REG-112")
def test_every_place_is_said_the_first_by_name_and_how_many_more() -> None:
    lines = [json.dumps({"reason": f"claim {n} of QX-4471-Z"}) for n in range(25)]
    with pytest.raises(Refused) as caught:
        require_no_identifier({"jsonl": "\n".join(lines).encode()}, KNOWN, "DOC-0002")
    assert "25 places name somebody" in str(caught.value)
    assert "; line 20.reason holds the PatientID; and 5 more places." in str(caught.value)
    assert "line 21." not in str(caught.value)
    assert "QX-4471" not in str(caught.value)


@pytest.mark.requirement("REG-112")
def test_a_field_that_is_called_by_a_number_is_not_named() -> None:
    content = json.dumps({"by_study": {"1.2.826.0.1.3680043.2.1125.1": {"of": "QX-4471-Z"}}})
    found = list(scan_content(content.encode(), KNOWN))
    assert [one.where for one in found] == ["by_study.(a field)", "by_study.(a field).of"]


@pytest.mark.requirement("REG-112")
def test_the_place_is_said_and_never_the_value() -> None:
    content = json.dumps({"blocks": [{"text": "fine"}, {"text": "re: Ottilie Zwetschkenbaum"}]})
    with pytest.raises(Refused) as caught:
        require_no_identifier({"pdf": b"%PDF", "json": content.encode()}, KNOWN, "DOC-0002")
    assert "blocks[1].text holds the PatientName" in str(caught.value)
    assert "Zwetschkenbaum" not in str(caught.value) + repr(KNOWN)


@pytest.mark.requirement("REG-112")
def test_a_copy_of_the_trail_is_looked_through_line_by_line() -> None:
    lines = "\n".join(json.dumps({"reason": one}) for one in ("a claim", "claim of QX-4471-Z"))
    (found,) = scan_content(lines.encode(), KNOWN)
    assert (found.where, found.attribute) == ("line 2.reason", "PatientID")
    require_no_identifier({"jsonl": b'{"reason": "a claim"}\n{"reason": "b"}'}, KNOWN, "X")


PIECE = st.sampled_from([
    "QX-4471-Z", "qx-4471-z", "20261103", "Ottilie", "Zwetschkenbaum", "078-05-1120", "1.2.826",
    "1.2.826.0.1.3680043.2.1125.1", "patient", "471", "a12", " ", ".", "-", "_", "\"",
    "\\", "\n", "/", "(", "<", "é", "–", "7",
])  # fmt: skip
TEXT = st.lists(PIECE, max_size=6).map("".join)


@given(st.lists(TEXT, max_size=5))
@example(["Ottilie", "Zwetschkenbaum"])
@example(["1078-05-1120", "-078-05-1120 078-05-1120"])
def test_looking_at_many_texts_together_overlooks_nobody(texts: list[str]) -> None:
    named = [text for text in texts if KNOWN.found_in(text)]
    found = list(scan_content(json.dumps(texts).encode(), KNOWN))
    assert len(found) == len(named)
    as_written = [json.dumps({"why": text}, ensure_ascii=False) for text in texts]
    lines = list(scan_content("\n".join(as_written).encode(), KNOWN))
    assert len(lines) == len(named)
    reasons = [json.dumps({"reason": text}) for text in texts]
    told = [text for text in texts if KNOWN.found_in(text, "reason")]
    assert len(list(scan_content("\n".join(reasons).encode(), KNOWN))) == len(told)
