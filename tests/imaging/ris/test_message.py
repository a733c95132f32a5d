"""A message is taken apart as the standard says, or refused by a code that quotes nothing."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.ris.acknowledgement import acknowledgement
from imaging.ris.facts import PatientNumber, Purpose, read_facts, require_born_in_time
from imaging.ris.faults import Fault, MessageRefused
from imaging.ris.message import broken_header, read_header, read_segments
from tests.imaging.ris.sending import merge, message, pid, update
from tests.proof.writer import NOW


def fault_of(content: bytes) -> Fault | None:
    try:
        read_facts(read_header(content), content)
    except MessageRefused as refused:
        return refused.fault
    return None


def test_a_merge_says_who_is_given_up_and_who_stays() -> None:
    content = merge("A-1", "B-2", name="Nussbaum^Rosa^M^III^Dr", control="7")
    header = read_header(content)
    facts = read_facts(header, content)
    (found,) = facts.merges
    assert (header.application, header.facility, header.control_id) == ("RIS", "NORTH", "7")
    assert (found.prior, found.surviving) == (PatientNumber("A-1", ""), PatientNumber("B-2", ""))
    assert found.person.name == "Nussbaum^Rosa^M^Dr^III"
    assert facts.purpose is Purpose.MERGE


def test_numbers_are_paired_by_their_assigning_authority() -> None:
    content = message(
        "ADT^A40", pid("B1^^^EAST&1.2&ISO^MR~B2^^^WEST^PI~123^^^TAX^SS"),
        "MRG|A2^^^WEST^PI~A1^^^EAST^MR",
    )
    found = [(one.prior.number, one.surviving.number, one.prior.issuer)
             for one in read_facts(read_header(content), content).merges]  # fmt: skip
    assert found == [("A2", "B2", "WEST"), ("A1", "B1", "EAST")]


def test_several_pairs_of_patients_in_one_message() -> None:
    content = message("ADT^A40", "EVN||20260301", pid("B"), "PD1|", "MRG|A", "PV1||", pid("D"),
                      "MRG|C")  # fmt: skip
    found = read_facts(read_header(content), content).merges
    assert [(one.prior.number, one.surviving.number) for one in found] == [("A", "B"), ("C", "D")]


@pytest.mark.parametrize(
    ("charset", "name"),
    [("8859/1", "Müller^Zoë"), ("UNICODE UTF-8", "Łukasz^山田"), ("8859/1", r"M\XFC\ller^Zo\XEB\ "),
     ("UNICODE UTF-8", r"O\S\X\T\Y\R\Z\F\W\E\V")],
)  # fmt: skip
def test_character_sets_and_escapes_give_what_was_meant(charset: str, name: str) -> None:
    content = message("ADT^A08", pid("A", name=name), charset=charset)
    if "\\S" in name:  # a caret in a name cannot be a DICOM person name
        assert fault_of(content) is Fault.DATA_TYPE
        (segment,) = read_segments(content)
        assert segment.text(5) == "O^X&Y~Z|W\\V"
        return
    (person,) = read_facts(read_header(content), content).persons
    assert person.name in {"Müller^Zoë", "Łukasz^山田"}


REFUSED = {
    Fault.NOT_HL7: [b"", b"PID|1", b"MSH|^^^^|A", b"MSH|^~", b"MSHA^~\\&AAA"],
    Fault.CHARSET: [message("ADT^A08", pid("A"), charset="8859/1~8859/2"),
                    message("ADT^A08", pid("A"), charset="ISO IR87")],
    Fault.CHARACTERS: [merge("A", "B") + b"\xff", merge("A", "B\x0b")],
    Fault.ESCAPE: [update("A", name=r"A\Q\B"), update("A", name="A\\B"),
                   update("A", name=r"A\X1\B"), update("A", name=r"\C2842\B")],
    Fault.SEGMENT: [message("ADT^A40", pid("B")), message("ADT^A40", "MRG|A", pid("B")),
                    message("ADT^A08", pid("A"), pid("B")), message("ADT^A08"),
                    message("ADT^A08", pid("A"), "pv1|1"), merge("A", "B") + merge("A", "B"),
                    message("ORU^R01", pid("A"), "OBR|1"), message("ORM^O01", pid("A"))],
    Fault.REQUIRED: [message("ADT^A08", "PID|1||^^^X^MR"), message("ADT^A40", pid("B"), "MRG|"),
                     message("ADT", pid("A")), message("ADT^A08", 'PID|1||""^^^^MR')],
    Fault.DATA_TYPE: [update("A" * 65), update("A", born="19611305"), update("A", sex="X"),
                      update("A", sent_at="yesterday"), message("ADT^A08", pid("A"), control="ä"),
                      message("ADT^A08", pid("A"), control="1" * 200)],
    Fault.MESSAGE_TYPE: [message("SIU^S12", pid("A"))],
    Fault.EVENT: [message("ADT^A01", pid("A")), message("ORU^R30", pid("A"))],
    Fault.UNMERGE: [message("ADT^A37", pid("A"), pid("B")), message("ADT^A43", pid("A"))],
    Fault.PROCESSING_ID: [message("ADT^A08", pid("A"), processing="T")],
    Fault.VERSION: [message("ADT^A08", pid("A"), version="3.0")],
    Fault.AMBIGUOUS: [message("ADT^A40", pid("B^^^E^MR~C^^^E^MR"), "MRG|A^^^E^MR"),
                      message("ADT^A40", pid("B^^^E^MR~C^^^W^MR"), "MRG|A^^^X^MR")],
    Fault.SAME_PATIENT: [merge("A", "A")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "content"), [(fault, one) for fault, all_of in REFUSED.items() for one in all_of]
)
def test_what_cannot_be_read_is_refused_by_its_fault(fault: Fault, content: bytes) -> None:
    assert fault_of(content) is fault


@pytest.mark.parametrize(
    ("content", "at"),
    [
        (update("A", sex="X"), ("PID", 1, 8)), (update("A", born="19611305"), ("PID", 1, 7)),
        (update("A", name=r"A\Q\B"), ("PID", 1, 5)), (message("ADT^A08"), ("PID", 1)),
        (update("A", sent_at="yesterday"), ("MSH", 1, 7)),
        (message("ADT^A40", pid("B"), "MRG|A", pid("D"), "MRG|"), ("MRG", 2, 1)),
        (message("ADT^A40", pid("B"), "MRG|A", pid("D"), pid("E")), ("PID", 3)),
        (message("ORU^R01", pid("A"), "OBR|1"), ("OBX", 1)),
        (message("ADT^A01", pid("A")), ("MSH", 1, 9)),
        (message("ADT^A08", pid("A"), processing="T"), ("MSH", 1, 11)),
    ],
)  # fmt: skip
def test_a_refusal_says_which_field_of_which_segment(
    content: bytes, at: tuple[str | int, ...]
) -> None:
    with pytest.raises(MessageRefused) as refused:
        read_facts(read_header(content), content)
    assert refused.value.at == at
    said = acknowledgement(broken_header(content), refused.value.fault, now=NOW, at=at)
    assert said.decode().split("\r")[2].split("|")[2] == "^".join(map(str, at))


@pytest.mark.parametrize(
    ("born", "possible"),
    [("18491231", False), ("18500101", True), ("20260303", True), ("20260304", False),
     ("29990101", False), ("2999", True), ("", True)],
)  # fmt: skip
def test_nobody_is_born_in_the_future_or_before_1850(born: str, possible: bool) -> None:
    """A year alone says nothing and is not applied; tomorrow may be today elsewhere."""
    content = message("ADT^A40", pid("B"), "MRG|A", pid("D", born=born), "MRG|C")
    facts = read_facts(read_header(content), content)
    if possible:
        require_born_in_time(facts, today=date(2026, 3, 2))
        return
    with pytest.raises(MessageRefused) as refused:
        require_born_in_time(facts, today=date(2026, 3, 2))
    assert (refused.value.fault, refused.value.at) == (Fault.BIRTH_DATE, ("PID", 2, 7))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_bytes_whatever_raise_anything_but_a_fault_that_quotes_nothing(
    data: st.DataObject,
) -> None:
    content = bytearray(merge("A1", "B2", name="Zwetschkenbaum^Ottilie", control="7"))
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    try:
        read_facts(read_header(bytes(content)), bytes(content))
    except MessageRefused as refused:
        assert str(refused) == str(refused.fault)
    answer = acknowledgement(broken_header(bytes(content)), Fault.NOT_HL7, now=NOW)
    assert b"Zwetschkenbaum" not in answer
    assert answer.count(b"\r") == 3


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20))
def test_every_text_survives_escaping(text: str) -> None:
    escaped = text
    for sign, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        escaped = escaped.replace(sign, f"\\{code}\\") if sign != "\\" else escaped.replace(
            "\\", "\x00"
        )  # fmt: skip
    escaped = escaped.replace("\x00", "\\E\\")
    (segment,) = read_segments(message("ADT^A08", f"ZZZ|x|{escaped}|x"))
    assert segment.text(2) == ("" if text.strip() == '""' else text.strip())


def test_the_answer_repeats_who_and_which_and_nothing_else() -> None:
    content = merge("A1", "B2", name="Zwetschkenbaum^Ottilie", control="7")
    lines = acknowledgement(read_header(content), None, now=NOW).decode().split("\r")
    assert lines[0].split("|")[2:6] == ["RADVIGIL", "RADIOLOGY", "RIS", "NORTH"]
    assert lines[0].split("|")[8] == "ACK^A40^ACK"
    assert lines[1:] == ["MSA|AA|7", ""]
    refused = acknowledgement(read_header(content), Fault.CYCLE, now=NOW).decode().split("\r")
    assert refused[1].startswith("MSA|AE|7|")
    assert refused[2] == "ERR|||204^merge_cycle^HL70357|E"
