"""Clinical facts as somebody's system gives them: a CSV of one fact a row, or FHIR Observations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from imaging.sources.base import SourceRefused
from imaging.sources.cells import read_cells
from imaging.sources.columns import plain
from records.clinical_facts import DeclaredFact

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "patient": ("patient", "patientid", "subject", "subjectid"),
    "file": ("file", "filename", "image", "imageindex"),
    "code": ("code", "loinc", "snomed"),
    "value": ("value", "result", "valuequantity"),
    "unit": ("unit", "units", "ucum"),
    "time": ("time", "datetime", "date", "effective", "effectivedatetime", "measuredat"),
    "days_before": ("daysbefore", "daysbeforestudy"),
}


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact: of which patient or file, which declared fact, its value, when, and its place.

    subject: the patient, or the file where ``of_file``. at: date and time without a zone, or None
    where ``days_before`` the study is said instead.
    """

    subject: str
    of_file: bool
    name: str
    value: float | str
    at: datetime | None
    days_before: float | None
    where: str


def read_facts(path: Path, declared: Sequence[DeclaredFact]) -> list[FactLine]:
    """Every fact of a file, each a declared one, in its declared unit, with a believable value.

    path: a CSV with the columns patient (or file), code, value, unit, and time (or days_before);
    or FHIR R4 Observations as a bundle (.json) or one a line (.ndjson).

    Raises SourceRefused naming file and row of a code that is not declared, another unit, what is
    no number, a value outside its limits, a code that is no value of the fact, and a missing time.
    """
    if not path.is_file():
        raise SourceRefused(
            "there is no such file of facts", where=str(path), hint="Name one with --facts"
        )
    if path.suffix.casefold() in (".json", ".ndjson"):
        from imaging.sources.fhir_observations import read_observations

        return read_observations(path, declared)
    return _read_csv(path, declared)


def _read_csv(path: Path, declared: Sequence[DeclaredFact]) -> list[FactLine]:
    header, rows = read_cells(path)
    columns = _columns_of(header, path)
    by_code = {one.code: one for one in declared}
    lines = []
    for number, row in enumerate(rows, start=2):
        cell = {name: row[column].strip() for name, column in columns.items()}
        where = f"{path}, row {number}"
        fact = declared_fact(cell["code"], by_code, where=where)
        value = value_of(fact, cell["value"], cell.get("unit", ""), where=where)
        at, before = _when(cell, where)
        subject = cell.get("file") or cell.get("patient") or ""
        if not subject:
            raise SourceRefused(
                "nobody's fact", where=where, hint="Write the patient, or the image file"
            )
        lines.append(FactLine(subject, "file" in cell, fact.name, value, at, before, where))
    return lines


def _columns_of(header: Sequence[str], path: Path) -> dict[str, str]:
    by_name = {plain(name): name for name in reversed(header)}
    found = {
        name: next((by_name[one] for one in names if one in by_name), "")
        for name, names in _COLUMNS.items()
    }
    missing = [name for name in ("code", "value") if not found[name]]
    missing += [] if found["patient"] or found["file"] else ["patient or file"]
    missing += [] if found["time"] or found["days_before"] else ["time or days_before"]
    if missing:
        raise SourceRefused(
            f"no column says {', '.join(missing)}", where=str(path),
            hint="A table of facts has the columns patient, code, value, unit, time; there are "
            + ", ".join(header),
        )
    return {name: column for name, column in found.items() if column}


def declared_fact(
    code: str, by_code: Mapping[str, DeclaredFact], *, where: str
) -> DeclaredFact:
    """The declared fact of a code; raises SourceRefused for any other code."""
    if code not in by_code:
        known = ", ".join(f"{one.code} ({one.name})" for one in by_code.values())
        raise SourceRefused(
            f"code {code!r} is no fact that the device declares", where=where,
            hint=f"Declared are {known}; take other rows out, or declare the fact",
        )
    return by_code[code]


def value_of(fact: DeclaredFact, said: str, unit: str, *, where: str) -> float | str:
    """The value of a fact, a number in its unit or a code of it.

    Raises SourceRefused where it is neither, in another unit, or outside the declared limits.
    """
    if fact.values is not None:
        if said not in fact.values:
            known = ", ".join(f"{code} ({what})" for code, what in fact.values.items())
            raise SourceRefused(
                f"{said!r} is no value of {fact.name}", where=where, hint=f"Write one of {known}"
            )
        return said
    if unit != fact.unit:
        raise SourceRefused(
            f"{fact.name} is in {unit!r}, and the device declares {fact.unit!r}", where=where,
            hint="Convert the value and write the declared UCUM unit; nothing is converted here",
        )
    try:
        number = float(said)
    except ValueError:
        number = float("nan")
    if number != number:
        raise SourceRefused(
            f"{said!r} is no number for {fact.name}", where=where,
            hint="Write the number alone; leave the row out where it was not measured",
        )
    assert fact.least is not None
    assert fact.most is not None
    if not fact.least <= number <= fact.most:
        raise SourceRefused(
            f"{fact.name} of {number:g} {unit} lies outside {fact.least:g} to {fact.most:g}",
            where=where, hint="Correct the value, or take the row out",
        )
    return number


def moment(said: str, *, where: str) -> datetime:
    """A date, or a date and time, as written at the place where it was measured.

    Raises SourceRefused for what is neither, such as a year alone.
    """
    text = said.strip()
    try:
        if not text:
            raise ValueError
        # the zone is that of the hospital, as is the study's date: local times are compared
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        what = "the time is missing" if not text else f"{text!r} is no date or time"
        raise SourceRefused(
            what, where=where, hint="Write YYYY-MM-DD, or YYYY-MM-DDTHH:MM"
        ) from None


def _when(cell: Mapping[str, str], where: str) -> tuple[datetime | None, float | None]:
    if not cell.get("days_before"):
        return moment(cell.get("time", ""), where=where), None
    try:
        before = float(cell["days_before"])
    except ValueError:
        before = float("nan")
    if not abs(before) < float("inf"):
        raise SourceRefused(
            f"{cell['days_before']!r} is no number of days", where=where,
            hint="Write how many days before the study the fact was measured",
        )
    return None, before
