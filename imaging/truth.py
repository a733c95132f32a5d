"""Truth and readers' assessments from the sites' lists, joined to the pseudonymous studies."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from imaging.sources.base import ReaderRow, TruthRow
from records.batches import add_batch
from records.cases import ReaderAssessment, ReferenceStandard, Study
from records.queries import readers_of, studies_by_uid
from records.reference_kinds import PRELIMINARY
from records.truth import OnRecord, truths_on_record


@dataclass(frozen=True)
class KnownTruth:
    """A row of a site's list under the pseudonym of its study."""

    study_uid: str
    truth: TruthRow
    reading: ReaderRow | None


@dataclass(frozen=True)
class TruthReport:
    """What became of a list of truths: recorded, known before, without a study here; how many of
    those known before say otherwise than the same source on record, which stays as it is; how many
    recorded ones are a new version of what their source said (corrected), and how many stand
    beside what another source says of the study (beside), of which some say otherwise
    (disagreeing). left_out: a sentence for each line that cannot be used, while the others are."""

    recorded: int
    known: int
    without_study: int
    contradicting: int = 0
    corrected: int = 0
    beside: int = 0
    disagreeing: int = 0
    left_out: tuple[str, ...] = ()


@dataclass
class _Sorted:
    """The rows of a list by what is to become of them."""

    new: list[tuple[KnownTruth, OnRecord | None]] = field(default_factory=list)
    """Each with the version that it follows."""
    known: int = 0
    contradicting: int = 0
    corrected: int = 0
    beside: int = 0
    disagreeing: int = 0


def record_truth(
    tx: Session,
    rows: Sequence[KnownTruth],
    *,
    finding: str,
    until: date,
    adjudicated: bool = False,
    corrects: bool = False,
    now: datetime,
) -> TruthReport:
    """Record the reference standards known by a day, and the readings made before the output.

    Rows whose truth becomes known later, or never, are left for a later call. Doing it again
    adds nothing. What another source says of a study is recorded beside what is on record, and the
    strongest stands. What a source says otherwise than before is a new version where the list
    ``corrects``, or where the source had called it preliminary; else it is left out and counted as
    contradicting. ``adjudicated``: the whole list was settled by ``until``, whatever its delays
    (development studies). A correction is known from ``until`` on: it never changes what was known
    before.
    """
    due = [row for row in rows if adjudicated or known_by(row.truth, until)]
    found = _sort(due, truths_on_record(tx), corrects=corrects)
    studies = studies_by_uid(tx, {row.study_uid for row, _ in found.new})
    here = [(row, before) for row, before in found.new if row.study_uid in studies]
    add_batch(tx, ReferenceStandard, [
        _standard(row, before, studies[row.study_uid], finding, until, adjudicated, now)
        for row, before in here
    ])  # fmt: skip
    _record_readings(tx, [row for row, _ in here], studies, finding, now)
    return TruthReport(
        len(here), found.known, len(found.new) - len(here), found.contradicting, found.corrected,
        found.beside, found.disagreeing,
    )


def _sort(
    rows: Sequence[KnownTruth], settled: dict[tuple[str, str], OnRecord], *, corrects: bool
) -> _Sorted:
    """What is new, known, contradicting, a correction, or by another source."""
    found = _Sorted()
    said: dict[str, set[bool]] = {}
    for (uid, _), one in settled.items():
        said.setdefault(uid, set()).add(one.present)
    for key, row in _last_of_each(rows, found, corrects=corrects).items():
        before, present = settled.get(key), bool(row.truth.finding)
        if before is None:
            if row.study_uid in said:
                found.beside += 1
                found.disagreeing += said[row.study_uid] != {present}
            found.new.append((row, None))
        elif _says_the_same(row.truth, before):
            found.known += 1
        elif corrects or before.state == PRELIMINARY:
            found.corrected += 1
            found.new.append((row, before))
        else:
            found.known += 1
            found.contradicting += 1
    return found


def _last_of_each(
    rows: Sequence[KnownTruth], found: _Sorted, *, corrects: bool
) -> dict[tuple[str, str], KnownTruth]:
    """Of several lines of one source about one study the one known last; the others are counted."""
    last: dict[tuple[str, str], KnownTruth] = {}
    for row in rows:
        key = row.study_uid, row.truth.source
        if (other := last.get(key)) is None:
            last[key] = row
            continue
        found.known += 1
        earlier, later = sorted((other, row), key=lambda one: one.truth.known_on or date.max)
        last[key] = later
        apart = (earlier.truth.finding, earlier.truth.class_name) != (
            later.truth.finding, later.truth.class_name
        )
        found.contradicting += apart and earlier.truth.state != PRELIMINARY and not corrects
    return last


def _says_the_same(truth: TruthRow, before: OnRecord) -> bool:
    """A kind that the record does not state is no difference: lists without the column came so."""
    return (
        bool(truth.finding) == before.present and truth.state == before.state
        and truth.class_name in ("", before.finding)
        and (not before.kind or truth.kind in ("", before.kind))
    )


def _standard(
    row: KnownTruth, before: OnRecord | None, study: Study, finding: str, until: date,
    adjudicated: bool, now: datetime,
) -> dict[str, Any]:
    known_on = until if adjudicated else row.truth.known_on or until
    if before is not None:  # what was known before it was corrected stays so
        known_on = max(until, before.known_on)
    return {
        "study_id": study.id, "finding": row.truth.class_name or finding,
        "present": bool(row.truth.finding), "source": row.truth.source,
        "reader": "+".join(row.truth.readers), "known_on": known_on, "received_at": now,
        "kind": row.truth.kind, "state": row.truth.state, "evidence": row.truth.evidence,
        "version": before.version + 1 if before else 1,
        "supersedes_id": before.id if before else None,
    }


def _record_readings(
    tx: Session, rows: Sequence[KnownTruth], studies: dict[str, Study], finding: str, now: datetime
) -> None:
    assessed = readers_of(tx, [int(studies[row.study_uid].id or 0) for row in rows])
    readings: dict[tuple[int, str], dict[str, Any]] = {}
    for row in rows:
        study, said = studies[row.study_uid], row.reading
        if said is not None and (key := (int(study.id or 0), said.reader)) not in assessed:
            readings[key] = {
                "study_id": study.id, "reader": said.reader, "finding": finding,
                "present": bool(said.finding), "saw_output": False,
                "assessed_on": study.arrived_on, "received_at": now,
            }
    add_batch(tx, ReaderAssessment, list(readings.values()))


def known_by(truth: TruthRow, until: date) -> bool:
    """Whether a site knows the truth by a day."""
    return truth.known_on is not None and truth.known_on <= until
