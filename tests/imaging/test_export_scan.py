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
    "1.2.826.0.1.3680043.2.1125.1", " ", ".", "-", "_", "\"", "\\", "\n", "/", "(", "<", "é", "–",
    "7",
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
