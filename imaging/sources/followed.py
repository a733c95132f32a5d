"""Facts and follow-up beside each picture of a table: what was known by the study, and what came.

A fact later than the study is refused as leakage: it would tell the model what it is to foresee.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from imaging.clinical_course import ClinicalCourse, KnownFact
from imaging.sources.base import SourceRefused
from imaging.sources.fact_lines import FactLine, read_facts
from imaging.sources.rows import TableRow
from records.clinical_facts import DeclaredFact


def place_courses(
    rows: Sequence[TableRow], followed: Sequence[float], declared: Sequence[DeclaredFact],
    facts: Path | None, dates: Mapping[str, date | None], notes: dict[str, int],
) -> tuple[TableRow, ...]:  # fmt: skip
    """The rows, each with its clinical course; ``label`` says whether the event came.

    facts: None where there are none; every fact is missing then. dates: of each file, when its
    study was made. notes counts, of each fact, the studies without it and why.

    Raises SourceRefused as :func:`facts_of_studies`.
    """
    lines = read_facts(facts, declared) if facts else []
    asked = [(row.file, row.patient, dates.get(row.file)) for row in rows]
    found = facts_of_studies(lines, asked, declared, notes)
    return tuple(
        replace(row, course=ClinicalCourse(found[row.file], days, bool(row.label)).text)
        for row, days in zip(rows, followed, strict=True)
    )


@dataclass(slots=True)
class _Study:
    """One study, and the lines of each fact that were known by it."""

    day: date | None
    known: dict[str, list[tuple[float, FactLine]]] = field(default_factory=dict)


def facts_of_studies(
    lines: Sequence[FactLine], studies: Sequence[tuple[str, str, date | None]],
    declared: Sequence[DeclaredFact], notes: dict[str, int],
) -> dict[str, Mapping[str, KnownFact]]:  # fmt: skip
    """Of each study the latest value of each fact before it, unless that is too old.

    studies: file, patient and day of each. Of a patient with several studies a fact belongs to
    those after it. A fact of the study's own day counts as known: a study is dated by the day.

    Raises SourceRefused naming the row of a fact that is later than every study of its patient
    (leakage), of a study without a day where the fact has one, and of two values of one moment.
    """
    by_file = {file: _Study(day) for file, _, day in studies}
    by_patient: dict[str, list[_Study]] = {}
    for file, patient, _ in studies:
        by_patient.setdefault(patient, []).append(by_file[file])
    for line in lines:
        own = [by_file[line.subject]] if line.of_file and line.subject in by_file else (
            [] if line.of_file else by_patient.get(line.subject, [])
        )
        if not own:
            _count(notes, "fact of nobody in the table, left out")
            continue
        ages = [_days_before(line, one.day) for one in own]
        if max(ages) < 0:
            raise SourceRefused(
                f"leakage: {line.name} was measured {-max(ages):g} days after the study",
                where=line.where, hint="Take out what was not known when the image was read",
            )
        for one, age in zip(own, ages, strict=True):
            if age >= 0:
                one.known.setdefault(line.name, []).append((age, line))
    return {file: _latest(one, declared, notes) for file, one in by_file.items()}


def _days_before(line: FactLine, day: date | None) -> float:
    if line.days_before is not None:
        return line.days_before
    assert line.at is not None
    if day is None:
        raise SourceRefused(
            f"when {line.name} was measured cannot be compared with a study without a date",
            where=line.where,
            hint="Name the column of the study's date with --date-column, or give days_before",
        )
    return float((day - line.at.date()).days)


def _latest(
    study: _Study, declared: Sequence[DeclaredFact], notes: dict[str, int]
) -> Mapping[str, KnownFact]:
    found: dict[str, KnownFact] = {}
    for fact in declared:
        known = study.known.get(fact.name, [])
        if not known:
            _count(notes, f"{fact.name}: study without it")
            continue
        newest = max(known, key=_how_new)
        if newest[0] > fact.oldest_days:
            _count(notes, f"{fact.name}: older than {fact.oldest_days:g} days, taken as missing")
            continue
        other = next(
            (line for age, line in known
             if _how_new((age, line)) == _how_new(newest) and line.value != newest[1].value), None
        )  # fmt: skip
        if other is not None:
            raise SourceRefused(
                f"{fact.name} has another value at the same time", where=other.where,
                hint=f"See {newest[1].where}, and take one of the two out",
            )
        found[fact.name] = KnownFact(newest[1].value, newest[0])
    return found


def _how_new(known: tuple[float, FactLine]) -> tuple[float, str]:
    age, line = known
    return -age, "" if line.at is None else line.at.isoformat()


def _count(notes: dict[str, int], note: str) -> None:
    notes[note] = notes.get(note, 0) + 1


def read_follow_up(cell: str, *, where: str) -> float:
    """Days from the study to the event or the end of follow-up.

    Raises SourceRefused where it is no number above 0.
    """
    try:
        days = float(cell.strip())
    except ValueError:
        days = float("nan")
    if not 0 < days < float("inf"):
        raise SourceRefused(
            f"{cell!r} is no number of days above 0", where=where,
            hint="Write the days from the study to the event or, without one, to the last contact",
        )
    return days


__all__ = ["facts_of_studies", "place_courses", "read_follow_up"]
