"""Clinicians' readings from a table, joined to the pseudonymous studies and put on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from imaging.named_studies import NamedStudies, uid_or_label
from imaging.sources.assessments import AssessmentRow, read_assessments_csv, refuse_lines
from imaging.study_days import days_taken
from records.cases import Prediction
from records.errors import InvalidInput
from records.queries import studies_by_uid
from records.reader_answers import (
    Answer,
    Slot,
    contradiction,
    latest_of,
    outputs_named,
    record_answers,
    task_of,
)
from records.store import Store


@dataclass(frozen=True, slots=True)
class AssessmentsReport:
    """What became of a table: readings recorded (of these, corrections), known before word for
    word, and of studies that were never taken in."""

    recorded: int
    known: int
    without_study: int
    corrections: int = 0


def receive_assessments(
    store: Store, path: Path, *, finding: str, actor: str, now: datetime, corrections: bool = False
) -> AssessmentsReport:
    """Record the readings of a table, all of them or none.

    A reader has one reading of a study without and one with the output on record. The same line
    again adds nothing; one that says something else is refused, or with ``corrections`` recorded as
    a new version. finding: what was looked for. The day of a reading is held against the true day
    of its study, where the identity mapping keeps that.

    Raises:
        InvalidInput: There is no such file, or naming each line that cannot be read, contradicts
            the record, names no result of its study, or lies in the future or before its study was
            made.
        IntegrityBroken: The identity mapping is damaged.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no table of readings {path}.")
    rows = read_assessments_csv(path)
    named = NamedStudies(store)
    with store.reader() as reader:
        studies, uids = _studies(reader, rows, named)
    taken = days_taken(store, uids.values())
    with store.transaction(actor, f"readings of {finding}", now=now) as tx:
        known = latest_of(tx, set(studies.values()))
        outputs = outputs_named(tx, {one.prediction for one in rows if one.prediction})
        wrong: list[str] = []
        fresh: dict[Slot, tuple[AssessmentRow, Answer]] = {}
        for one in rows:
            study = studies.get(one.study)
            if one.read_on > now.date():
                wrong.append(f"line {one.line}, column read_on: lies in the future")
            if study is None:
                continue
            taken_on = taken.get(uids[study])
            if taken_on is not None and one.read_on < taken_on:
                wrong.append(f"line {one.line}, column read_on: lies before its study was made")
            answer = _answer(tx, one, study, finding, outputs, wrong)
            on_record = known.get(answer.slot)
            if on_record is None or (corrections and not answer.says_as(on_record)):
                before, _ = fresh.setdefault(answer.slot, (one, answer))
                if before is not one:
                    wrong.append(f"line {one.line}: study and reader as in line {before.line}")
            elif not answer.says_as(on_record):
                wrong.append(
                    f"line {one.line}: another reading of this study by this reader is on record"
                )
        refuse_lines(path, wrong)
        made = record_answers(tx, [answer for _, answer in fresh.values()], now=now)
    nowhere = sum(one.study not in studies for one in rows)
    corrected = sum(one.supersedes_id is not None for one in made)
    return AssessmentsReport(len(made), len(rows) - nowhere - len(made), nowhere, corrected)


def _answer(
    tx: Session, one: AssessmentRow, study: int, finding: str,
    outputs: Mapping[str, Prediction], wrong: list[str],
) -> Answer:
    """A line as it is recorded; what is wrong with the output that it names is added."""
    said = outputs.get(one.prediction)
    if one.prediction and (said is None or said.study_id != study):
        wrong.append(f"line {one.line}, column prediction: no result of this study")
    elif said is not None and (
        why := contradiction(task_of(tx, said), one.response, one.present)
    ):
        wrong.append(f"line {one.line}, column response: {why}")
    return Answer(
        study, one.reader, finding, one.present, one.saw_output, one.read_on,
        response=one.response, reading_order=one.reading_order,
        prediction=said.id if said is not None else None,
    )


def _studies(
    reader: Session, rows: list[AssessmentRow], named: NamedStudies
) -> tuple[dict[str, int], dict[int, str]]:
    """The number of each study that is here, by what the table calls it; and the study UIDs."""
    names = {one.study: uid_or_label(one.study) for one in rows}
    means = named.pseudonyms(reader, set(names.values()))
    by_uid = studies_by_uid(reader, {uid for uids in means.values() for uid in uids})
    numbers = {
        text: by_uid[uid].id or 0
        for text, name in names.items() for uid in means[name] if uid in by_uid
    }
    return numbers, {one.id or 0: uid for uid, one in by_uid.items()}
