"""Readers' answers to results come in files (DICOM SR, HL7 v2 ORU) and go on record.

One answer that cannot be taken is told by file and place and leaves the others alone; what is on
record word for word is known; what says something else is a correction, a new version.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlmodel import Session

from imaging.sources.response_oru import read_response_oru
from imaging.sources.response_sr import read_response_sr
from imaging.sources.responses import Response, Unreadable
from records.cases import Prediction, ReaderAssessment
from records.errors import InvalidInput
from records.reader_answers import (
    BEFORE,
    Answer,
    Slot,
    Task,
    contradiction,
    latest_of,
    outputs_named,
    record_answers,
    task_of,
)
from records.store import Store

MOST_BYTES = 16 * 1024 * 1024
"""Of a file; an answer has some thousand."""


@dataclass
class ResponsesReport:
    """What became of the answers: recorded (of these, corrections), known before, and refused with
    why, by file and place; no value of a file is quoted."""

    recorded: int = 0
    corrections: int = 0
    known: int = 0
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Come:
    place: str
    origin: str
    evidence: str
    said: Response


def receive_responses(
    store: Store, paths: Sequence[Path], *, actor: str, now: datetime, reader: str = ""
) -> ResponsesReport:
    """Record the answers in these files, in the order of their days.

    reader: the code of who read, where a structured report does not say one.

    Raises:
        InvalidInput: There is no such file.
    """
    report, come = ResponsesReport(), list[_Come]()
    for number, path in enumerate(paths, start=1):
        if not path.is_file():
            raise InvalidInput(f"There is no file of answers {path}.")
        come += _read(path, f"file {number}", reader, report)
    with store.transaction(actor, "answers of readers", now=now) as tx:
        _record(tx, sorted(come, key=lambda one: one.said.read_on), report, now=now)
    return report


def receive_answers(
    store: Store, content: bytes, *, actor: str, now: datetime
) -> ResponsesReport:
    """Record the answers in an HL7 message that the listener took."""
    report = ResponsesReport()
    come = sorted(_read_message(content, "message", report), key=lambda one: one.said.read_on)
    if come:
        with store.transaction(actor, "answers of readers", now=now) as tx:
            _record(tx, come, report, now=now)
    return report


def _read(path: Path, place: str, reader: str, report: ResponsesReport) -> Iterable[_Come]:
    """The answers of a file; its name is not told, as it may hold a patient's."""
    if path.stat().st_size > MOST_BYTES:
        report.refused[place] = "it is too large for an answer"
        return
    content = path.read_bytes()
    if content.lstrip(b"\x0b\r\n ").startswith(b"MSH"):
        message = content.strip(b"\x0b\x1c\r\n ").replace(b"\r\n", b"\r").replace(b"\n", b"\r")
        yield from _read_message(message + b"\r", place, report)
        return
    try:
        yield _Come(place, "SR", _evidence(content), read_response_sr(content, reader=reader))
    except Unreadable as wrong:
        report.refused[place] = str(wrong)


def _evidence(content: bytes) -> str:
    return f"file {sha256(content).hexdigest()[:16]}"


def _read_message(content: bytes, place: str, report: ResponsesReport) -> Iterable[_Come]:
    evidence = _evidence(content)
    try:
        found = read_response_oru(content)
    except Unreadable as wrong:
        report.refused[place] = str(wrong)
        return
    if not found:
        report.refused[place] = "no result is named (AI-RESULT)"
    for one in found:
        if isinstance(one, Response):
            yield _Come(f"{place}, {one.where}", "ORU", evidence, one)
        else:
            report.refused[f"{place}, {one[0]}"] = one[1]


def _record(
    tx: Session, come: Sequence[_Come], report: ResponsesReport, *, now: datetime
) -> None:
    outputs = outputs_named(tx, {name for one in come for name in one.said.results})
    last = latest_of(tx, {one.study_id for one in outputs.values()})
    tasks: dict[int | None, Task] = {}
    fresh: dict[Slot, Answer] = {}
    for one in come:
        found = {
            outputs[name].id: outputs[name] for name in one.said.results if name in outputs
        }
        if len(found) != 1:
            report.refused[one.place] = (
                "it names several results" if found else "it names no result that is known here"
            )
            continue
        (prediction,) = found.values()
        task = tasks.setdefault(prediction.id, task_of(tx, prediction))
        try:
            answer = _answer(one, prediction, task, now)
        except Unreadable as wrong:
            report.refused[one.place] = str(wrong)
            continue
        if answer.slot in fresh:  # a correction of what came with it: that goes on record first
            _settle(tx, fresh, last, report, now=now)
        before = last.get(answer.slot)
        if before is not None and answer.says_as(before):
            report.known += 1
        elif before is not None and answer.assessed_on < before.assessed_on:
            report.refused[one.place] = "it is older than what is on record of this reader"
        else:
            fresh[answer.slot] = answer
    _settle(tx, fresh, last, report, now=now)


def _settle(
    tx: Session, fresh: dict[Slot, Answer], last: dict[Slot, ReaderAssessment],
    report: ResponsesReport, *, now: datetime,
) -> None:
    """Record what is new, in one batch."""
    for slot, one in zip(fresh, record_answers(tx, list(fresh.values()), now=now), strict=True):
        last[slot] = one
        report.recorded += 1
        report.corrections += one.supersedes_id is not None
    fresh.clear()


def _answer(one: _Come, prediction: Prediction, task: Task, now: datetime) -> Answer:
    """The answer, held against what the device said.

    Raises:
        Unreadable: It contradicts that, or lies ahead.
    """
    said = one.said
    if said.read_on > now.date():
        raise Unreadable("its day lies in the future")
    finding, present = task.finding, said.present
    if present is None:
        if said.response != "accepted":
            raise Unreadable("it says no finding beside the answer")
        finding, present = task.meant_by_device
    if wrong := contradiction(task, said.response, present):
        raise Unreadable(wrong)
    # a finding told before the output was seen, without an answer to it, is an unaided reading
    aided = bool(said.response) or said.reading_order != BEFORE
    return Answer(
        prediction.study_id, said.reader, finding, present, aided, said.read_on,
        response=said.response, reading_order=said.reading_order, prediction=prediction.id,
        origin=one.origin, evidence=one.evidence,
    )
