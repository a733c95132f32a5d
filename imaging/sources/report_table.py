"""A table of reports: study, text, status, when it was reported, and by whom."""

import csv
import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from imaging.reports.arrived import ArrivedReport
from imaging.sources.assessments import refuse_lines
from imaging.sources.base import SourceRefused
from imaging.sources.cells import delimiter_of, utf8_text
from records.reports import CANCELLED, CORRECTED, FINAL, PRELIMINARY

COLUMNS = ("study", "text", "status", "reported_on", "reader")
REPORT = "report"
"""The column with the report's own number, where a study has several; it may be left out."""
STATUSES = (PRELIMINARY, FINAL, CORRECTED, CANCELLED)
_UID = re.compile(r"[012](?:\.\d+)+")
_LABEL = re.compile(r"STU-\d+", re.IGNORECASE)


def read_reports_csv(path: Path) -> list[ArrivedReport]:
    """All reports of a table, oldest first, of one day in the order of their status; every wrong
    line is told, none is taken. Lines that say different things of one study, report, day and
    status are wrong: which of them came last, a table does not tell.

    study: its label (STU-0001), the Study Instance UID of the hospital's files, or an accession
    number.

    Raises SourceRefused with line and column of what is wrong, never the value of a cell.
    """
    with utf8_text(path) as handle:
        table = csv.DictReader(handle, restval="", delimiter=delimiter_of(handle))
        missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise SourceRefused(
                f"columns missing: {', '.join(missing)}", where=path.name,
                hint=f"A table of reports has the columns {', '.join(COLUMNS)}",
            )
        wrong: list[str] = []
        rows = [(table.line_num, _row(table.line_num, cells, wrong)) for cells in table]
    found = [(line, one) for line, one in rows if one is not None]
    wrong += _contradictions(found)
    refuse_lines(path, wrong)
    return sorted(
        (one for _, one in found),
        key=lambda one: (one.reported_on or date.min, STATUSES.index(one.status)),
    )


def _contradictions(rows: list[tuple[int, ArrivedReport]]) -> Iterator[str]:
    first: dict[tuple[object, ...], tuple[int, ArrivedReport]] = {}
    for line, one in rows:
        slot = (one.study.upper(), one.accession, one.number, one.reported_on, one.status)
        before, other = first.setdefault(slot, (line, one))
        differ = [name for name in ("text", "reader") if getattr(one, name) != getattr(other, name)]
        if differ:
            yield (f"lines {before} and {line}: one study, report, day and status, and another "
                   f"{' and '.join(differ)}")  # fmt: skip


def _row(line: int, cells: dict[str, str], wrong: list[str]) -> ArrivedReport | None:
    held = {name: str(cells.get(name) or "").strip() for name in (*COLUMNS, REPORT)}
    before = len(wrong)
    if not held["study"]:
        wrong.append(f"line {line}, column study: empty")
    if held["status"] not in STATUSES:
        wrong.append(f"line {line}, column status: none of {', '.join(STATUSES)}")
    if not held["text"] and held["status"] != CANCELLED:
        wrong.append(f"line {line}, column text: empty, and the report is not cancelled")
    try:
        day = date.fromisoformat(held["reported_on"])
    except ValueError:
        wrong.append(f"line {line}, column reported_on: not a day in the form 2026-02-14")
    if len(wrong) > before:
        return None
    named = bool(_UID.fullmatch(held["study"]) or _LABEL.fullmatch(held["study"]))
    whole = "\x1f".join(held.values())
    return ArrivedReport(
        origin="CSV", status=held["status"], text=held["text"],
        source_digest=hashlib.sha256(whole.encode()).hexdigest(),
        study=held["study"] if named else "", accession="" if named else held["study"],
        number=held[REPORT], reader=held["reader"], reported_on=day,
    )  # fmt: skip
