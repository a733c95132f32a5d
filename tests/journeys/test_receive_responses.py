"""Answers by DICOM SR and HL7 ORU come on record once, to the result that they name, or are told
by place why not."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from imaging.sources.response_oru import read_response_oru
from imaging.sources.response_sr import read_response_sr
from imaging.sources.responses import Response, Unreadable
from journeys.receive_responses import ResponsesReport, receive_responses
from records.cases import ReaderAssessment
from records.lookup import find_events, list_records
from records.result_deliveries import ResultDelivery
from records.store import Store
from tests.journeys.returning import NOW, in_care, receive_at

NAME = "Zwetschkenbaum^Eva"
PERSON, DEVICE = ("121006", "DCM", "Person"), ("121007", "DCM", "Device")
PRESENT, ABSENT = ("52101004", "SCT", "Present"), ("272519000", "SCT", "Absent")


def code(value: tuple[str, str, str]) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value
    return Sequence([item])


def item(kind: str, concept: tuple[str, str, str], value: Any) -> Dataset:
    one = Dataset()
    one.RelationshipType, one.ValueType = "CONTAINS", kind
    one.ConceptNameCodeSequence = code(concept)
    if kind == "CODE":
        one.ConceptCodeSequence = code(value)
    else:
        setattr(one, {"TEXT": "TextValue", "PNAME": "PersonName"}[kind], value)
    return one


def report(
    result: str, *, response: str = "ACCEPTED", state: Any = None, login: str = "R07",
    observer: Any = PERSON, complete: str = "COMPLETE", day: str = "20260214",
) -> bytes:
    """A basic SR of a person who answers the result of that UID."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.22", "1.2.9"
    dataset.PatientName, dataset.PatientID = "Zwetschkenbäumle^Ottilie", "QX-1"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ContentDate, dataset.CompletionFlag = day, complete
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2", result
    dataset.PertinentOtherEvidenceSequence = Sequence([reference])
    dataset.ContentSequence = Sequence([
        item("CODE", ("121005", "DCM", "Observer Type"), observer),
        item("PNAME", ("121008", "DCM", "Person Observer Name"), NAME),
    ])  # fmt: skip
    if login:
        dataset.ContentSequence.append(item("TEXT", ("128774", "DCM", "Login Name"), login))
    if response:
        dataset.ContentSequence.append(item(
            "CODE", ("AI-RESPONSE", "99RADVIGIL", "Response"), (response, "99RADVIGIL", response)
        ))  # fmt: skip
    if state:
        dataset.ContentSequence.append(item("CODE", ("RID5350", "RADLEX", "pneumonia"), state))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def oru(*observations: str, reader: str = "R08", day: str = "20260214") -> bytes:
    lines = [
        f"MSH|^~\\&|RIS|NORTH|RADVIGIL|NORTH|{day}101112||ORU^R01|1|P|2.5.1"
        "||||||UNICODE UTF-8",
        "PID|1||QX-1||Zwetschkenbäumle^Ottilie", f"OBR|1|||CXR|||{day}",
    ]
    for number, one in enumerate(observations, start=1):
        name, value, *more = one.split("=")
        group, state = (more + ["1", "F"][len(more):])[:2]
        who = f"{reader}^Zwetschkenbaum^Eva" if name == "AI-RESPONSE" else ""
        lines.append(
            f"OBX|{number}|ST|{name}^^99RADVIGIL|{group}|{value}||||||{state}|||{day}||{who}"
        )
    return ("\r".join(lines) + "\r").encode()


@pytest.fixture
def care(store: Store, tmp_path: Path) -> Store:
    """Two studies, read and their reports put on the way."""
    in_care(store, tmp_path / "in", studies=2)
    receive_at(store, "PACS1", port=1)
    with store.transaction("service:results", "return results", now=NOW) as tx:
        tx.add_all(
            ResultDelivery(
                prediction_id=number, entity_id=1, kind="report", sop_class="1.2",
                instance_uid=f"2.25.{number}", digest="0" * 64, queued_at=NOW,
            )
            for number in (1, 2)
        )
    return store


def uids(store: Store) -> list[str]:
    with store.reader() as reader:
        return [one.instance_uid for one in list_records(reader, ResultDelivery)]


def receive(store: Store, folder: Path, *contents: bytes, **more: Any) -> ResponsesReport:
    paths = []
    for number, content in enumerate(contents):
        path = folder / f"{NAME} {number}"
        path.write_bytes(content)
        paths.append(path)
    return receive_responses(store, paths, actor="service:readers", now=NOW, **more)


def on_record(store: Store) -> list[tuple[Any, ...]]:
    with store.reader() as reader:
        return [
            (one.prediction_id, one.reader, one.response, one.present, one.origin, one.version)
            for one in list_records(reader, ReaderAssessment)
        ]


def test_answers_by_sr_and_oru_are_recorded_once_under_no_name(
    care: Store, tmp_path: Path
) -> None:
    first, second = uids(care)
    come = (
        report(first), report(second, response="REJECTED", state=ABSENT),
        oru(f"AI-RESULT={first}", "AI-RESPONSE=CHANGED", "AI-FINDING=ABSENT",
            "AI-READING-ORDER=AFTER", "AI-RESULT=PRE-0002=2", "AI-RESPONSE=ACCEPTED=2"),
    )  # fmt: skip
    assert receive(care, tmp_path, *come) == ResponsesReport(recorded=4)
    assert on_record(care) == [
        (1, "R07", "accepted", True, "SR", 1), (2, "R07", "rejected", False, "SR", 1),
        (1, "R08", "changed", False, "ORU", 1), (2, "R08", "accepted", True, "ORU", 1),
    ]  # fmt: skip
    assert receive(care, tmp_path, *come) == ResponsesReport(known=4)
    corrected = report(first, response="CHANGED", state=ABSENT)
    assert receive(care, tmp_path, corrected) == ResponsesReport(recorded=1, corrections=1)
    with care.reader() as reader:
        last = list_records(reader, ReaderAssessment)[-1]
        trail = str([[one.old, one.new, one.reason] for one in find_events(reader)])
    assert (last.version, last.supersedes_id, last.saw_output) == (2, 1, True)
    assert "Zwetschken" not in trail and "QX-1" not in trail


UNFIT_REPORTS: list[tuple[dict[str, Any], str]] = [
    ({"response": "PERHAPS"}, "the response is none of"), ({"login": NAME}, "no code such as R07"),
    ({"login": ""}, "name the reader"), ({"observer": DEVICE}, "no person is named"),
    ({"complete": "PARTIAL"}, "not complete"), ({"response": "CHANGED"}, "says no finding beside"),
    ({"response": "CHANGED", "state": PRESENT}, "changed to what the device said"),
    ({"state": ABSENT}, "says otherwise than the device"), ({"response": ""}, "neither an answer"),
    ({"day": "20260301"}, "lies in the future"), ({"result": "1.2.3"}, "no result that is known"),
]  # fmt: skip
UNFIT_MESSAGES = [
    (oru("AI-RESPONSE=ACCEPTED"), "no result is named"),
    (oru("AI-RESULT=PRE-0001=1=P", "AI-RESPONSE=ACCEPTED"), "not final"),
    (oru("AI-RESULT=PRE-0001", "AI-RESULT=PRE-0002", "AI-RESPONSE=ACCEPTED"), "said twice"),
    (oru("AI-RESULT=PRE-0404", "AI-RESPONSE=ACCEPTED"), "no result that is known"),
    (oru("AI-RESULT=PRE-0001", "AI-RESPONSE=ACCEPTED", reader="Eva"), "no code such as R07"),
    (oru("GROWTH=1"), "no result is named"), (b"MSH|broken", "the message is refused"),
    (b"a picture", "no DICOM file"),
]  # fmt: skip


def test_what_does_not_do_is_told_by_place_and_the_others_stand(
    care: Store, tmp_path: Path
) -> None:
    first, second = uids(care)
    unfit = [(report(**({"result": first} | changes)), why) for changes, why in UNFIT_REPORTS]
    unfit += UNFIT_MESSAGES
    found = receive(care, tmp_path, report(second), *(content for content, _ in unfit))
    assert on_record(care) == [(2, "R07", "accepted", True, "SR", 1)]
    told = {place.partition(",")[0]: said for place, said in found.refused.items()}
    assert len(told) == len(unfit)
    for number, (_, why) in enumerate(unfit, start=2):
        assert why in told[f"file {number}"], number
    assert "Zwetschken" not in str(told)


def test_an_older_answer_does_not_replace_a_later_one(care: Store, tmp_path: Path) -> None:
    first, _ = uids(care)
    receive(care, tmp_path, report(first))
    older = (NOW - timedelta(days=3)).strftime("%Y%m%d")
    found = receive(care, tmp_path, report(first, response="CHANGED", state=ABSENT, day=older))
    assert "older than what is on record" in found.refused["file 1"]
    assert receive(care, tmp_path, report(first, login=""), reader="R09").recorded == 1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=120).map(lambda one: b"MSH|^~\\&|" + one))
def test_whatever_comes_is_read_or_refused_without_a_quote(content: bytes) -> None:
    for read in (read_response_sr, read_response_oru):
        try:
            read(content)  # type: ignore[operator]
        except Unreadable as wrong:
            assert len(str(wrong)) < 120


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_report_cut_or_altered_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    whole = report("1.2.3.4", state=PRESENT)
    at = data.draw(st.integers(0, len(whole) - 1))
    altered = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    for content in (whole[:at], altered):
        try:
            assert isinstance(read_response_sr(content), Response)
        except Unreadable as wrong:
            assert "Zwetschken" not in str(wrong)
