"""A table of reports: study, text, status, when it was reported, and by whom."""

import csv
import hashlib
import re
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
    """All reports of a table, in its order; every wrong line is told, none is taken.

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
        rows = [_row(table.line_num, cells, wrong) for cells in table]
    refuse_lines(path, wrong)
    return [one for one in rows if one is not None]


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
