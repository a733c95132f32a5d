"""Truth and readers' assessments from the sites' lists, joined to the pseudonymous studies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from imaging.sources.base import ReaderRow, TruthRow
from records.batches import add_batch
from records.cases import ReaderAssessment, ReferenceStandard
from records.queries import readers_of, studies_by_uid, truths_on_record


@dataclass(frozen=True)
class KnownTruth:
    """A row of a site's list under the pseudonym of its study."""

    study_uid: str
    truth: TruthRow
    reading: ReaderRow | None


@dataclass(frozen=True)
class TruthReport:
    """What became of a list of truths: recorded, known before, without a study here; and how many
    of those known before say otherwise than the record, which stays as it is. left_out: a sentence
    for each line that cannot be used, while the others are."""

    recorded: int
    known: int
    without_study: int
    contradicting: int = 0
    left_out: tuple[str, ...] = ()


def record_truth(
    tx: Session,
    rows: Sequence[KnownTruth],
    *,
    finding: str,
    until: date,
    adjudicated: bool = False,
    now: datetime,
) -> TruthReport:
    """Record the reference standards known by a day, and the readings made before the output.

    Rows whose truth becomes known later, or never, are left for a later call. Doing it again
    adds nothing. ``adjudicated``: the whole list was settled by ``until``, whatever its delays
    (development studies).
    """
    due = [row for row in rows if adjudicated or known_by(row.truth, until)]
    settled = truths_on_record(tx)
    fresh = {row.study_uid: row for row in due if row.study_uid not in settled}
    studies = studies_by_uid(tx, fresh)
    assessed = readers_of(tx, [study.id for study in studies.values() if study.id])
    truths: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    for uid, study in studies.items():
        row = fresh[uid]
        truths.append(
            {
                "study_id": study.id, "finding": row.truth.class_name or finding,
                "present": bool(row.truth.finding),
                "source": row.truth.source, "reader": "+".join(row.truth.readers),
                "known_on": until if adjudicated else row.truth.known_on or until,
                "received_at": now,
            }
        )
        if row.reading is not None and (study.id, row.reading.reader) not in assessed:
            readings.append(
                {
                    "study_id": study.id, "reader": row.reading.reader, "finding": finding,
                    "present": bool(row.reading.finding), "saw_output": False,
                    "assessed_on": study.arrived_on, "received_at": now,
                }
            )
    add_batch(tx, ReferenceStandard, truths)
    add_batch(tx, ReaderAssessment, readings)
    otherwise = sum(
        settled.get(row.study_uid, row.truth.finding) != bool(row.truth.finding) for row in due
    )
    return TruthReport(
        len(studies), len(due) - len(fresh), len(fresh) - len(studies), otherwise
    )


def known_by(truth: TruthRow, until: date) -> bool:
    """Whether a site knows the truth by a day."""
    return truth.known_on is not None and truth.known_on <= until
