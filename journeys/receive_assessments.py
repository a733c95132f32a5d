"""Clinicians' readings from a table, joined to the pseudonymous studies and put on record."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from imaging.deidentify import Deidentifier
from imaging.sources.assessments import AssessmentRow, read_assessments_csv, refuse_lines
from imaging.study_days import days_taken
from records.batches import add_batch
from records.cases import ReaderAssessment, Study
from records.errors import InvalidInput
from records.keys import workspace_key
from records.queries import studies_by_uid
from records.store import Store

_LABEL = re.compile(r"STU-\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AssessmentsReport:
    """What became of a table: readings recorded, known before word for word, and of studies that
    were never taken in."""

    recorded: int
    known: int
    without_study: int


def receive_assessments(
    store: Store, path: Path, *, finding: str, actor: str, now: datetime
) -> AssessmentsReport:
    """Record the readings of a table, all of them or none.

    A reader has one reading of a study on record. The same line again adds nothing; one that says
    something else is refused. finding: what was looked for. The day of a reading is held against
    the true day of its study, where the identity mapping keeps that.

    Raises:
        InvalidInput: There is no such file, or naming each line that cannot be read, contradicts
            the record, or lies in the future or before its study was made.
        IntegrityBroken: The identity mapping is damaged.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no table of readings {path}.")
    rows = read_assessments_csv(path)
    pseudonyms = Deidentifier(workspace_key(store, "pseudonym"))
    with store.reader() as reader:
        studies, uids = _studies(reader, rows, pseudonyms)
    taken = days_taken(store, uids.values())
    with store.transaction(actor, f"readings of {finding}", now=now) as tx:
        known = _on_record(tx, studies)
        wrong: list[str] = []
        fresh: dict[tuple[int, str], AssessmentRow] = {}
        for one in rows:
            study = studies.get(one.study)
            if one.read_on > now.date():
                wrong.append(f"line {one.line}, column read_on: lies in the future")
            if study is None:
                continue
            made = taken.get(uids[study])
            if made is not None and one.read_on < made:
                wrong.append(f"line {one.line}, column read_on: lies before its study was made")
            on_record = known.get((study, one.reader))
            if on_record is None:
                before = fresh.setdefault((study, one.reader), one)
                if before is not one:
                    wrong.append(f"line {one.line}: study and reader as in line {before.line}")
            elif on_record != (finding, one.present, one.saw_output, one.read_on):
                wrong.append(
                    f"line {one.line}: another reading of this study by this reader is on record"
                )
        refuse_lines(path, wrong)
        add_batch(tx, ReaderAssessment, [
            {
                "study_id": study, "reader": reader, "finding": finding, "present": one.present,
                "saw_output": one.saw_output, "assessed_on": one.read_on, "received_at": now,
            }
            for (study, reader), one in fresh.items()
        ])  # fmt: skip
    nowhere = sum(one.study not in studies for one in rows)
    return AssessmentsReport(len(fresh), len(rows) - nowhere - len(fresh), nowhere)


def _studies(
    reader: Session, rows: list[AssessmentRow], pseudonyms: Deidentifier
) -> tuple[dict[str, int], dict[int, str]]:
    """The number of each study that is here, by what the table calls it; and the study UIDs."""
    named = {one.study for one in rows}
    labels = {one: int(one.rpartition("-")[2]) for one in named if _LABEL.fullmatch(one)}
    query = select(Study.id, Study.study_uid).where(col(Study.id).in_(labels.values()))
    uids = {number or 0: uid for number, uid in reader.exec(query)}
    names = {one: pseudonyms.study_pseudonym(one) for one in named - labels.keys()}
    by_uid = studies_by_uid(reader, names.values())
    numbers = {name: number for name, number in labels.items() if number in uids}
    numbers |= {name: by_uid[uid].id or 0 for name, uid in names.items() if uid in by_uid}
    return numbers, uids | {one.id or 0: uid for uid, one in by_uid.items()}


def _on_record(tx: Session, studies: dict[str, int]) -> dict[tuple[int, str], tuple[object, ...]]:
    query = select(ReaderAssessment).where(
        col(ReaderAssessment.study_id).in_(set(studies.values()))
    )
    return {
        (one.study_id, one.reader): (one.finding, one.present, one.saw_output, one.assessed_on)
        for one in tx.exec(query)
    }
