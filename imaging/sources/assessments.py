"""A table of clinicians' readings: who read which study, what was said, and what was in view."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from imaging.sources.base import SourceRefused
from imaging.sources.cells import utf8_text
from imaging.sources.responses import READER, Unreadable, order_of, response_of
from records.reader_answers import AFTER, WITH

COLUMNS = ("study", "reader", "present", "saw_output", "read_on")
ANSWERED = ("response", "reading_order", "prediction")
"""Columns that a table may have beside them: what was made of which output, and when it was read
(before, with or after the output)."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """One reading. study: its label (STU-0001), or the Study Instance UID of the hospital's files.

    line: of the table. saw_output: whether the device's output was in view. response: accepted,
    changed or rejected; prediction: which output, by a label such as PRE-0001 or by the SOP
    Instance UID of the result; '' where not said, as the reading order.
    """

    line: int
    study: str
    reader: str
    present: bool
    saw_output: bool
    read_on: date
    response: str = ""
    reading_order: str = ""
    prediction: str = ""


def read_assessments_csv(path: Path) -> list[AssessmentRow]:
    """All readings of a table, in its order; every wrong line is told, none is taken.

    Raises SourceRefused with line and column of what is wrong, never the value of a cell: it may
    be a person's name.
    """
    with utf8_text(path) as handle:
        table = csv.DictReader(handle, restval="")
        missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise SourceRefused(
                f"columns missing: {', '.join(missing)}", where=path.name,
                hint=f"A table of readings has the columns {', '.join(COLUMNS)}",
            )
        wrong: list[str] = []
        rows = [_row(table.line_num, cells, wrong) for cells in table]
    found = [one for one in rows if one is not None]
    first: dict[tuple[str, str, bool], int] = {}
    for one in found:
        before = first.setdefault((one.study, one.reader, one.saw_output), one.line)
        if before != one.line:
            wrong.append(
                f"line {one.line}, columns study, reader and saw_output: the same as in line "
                f"{before}; a reader reads a study once without and once with the output"
            )
    refuse_lines(path, wrong)
    return found


def refuse_lines(path: Path, wrong: list[str]) -> None:
    """Refuse a table with everything that is wrong with its lines; nothing where nothing is."""
    if not wrong:
        return
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    raise SourceRefused(
        "; ".join(wrong[:_SHOWN]) + more, where=path.name,
        hint="Correct these lines and give the table again: nothing of it was recorded",
    )


def _row(line: int, cells: dict[str, str], wrong: list[str]) -> AssessmentRow | None:
    held = {name: str(cells.get(name) or "").strip() for name in (*COLUMNS, *ANSWERED)}
    before = len(wrong)

    def said(column: str, what: str) -> None:
        wrong.append(f"line {line}, column {column}: {what}")

    if not held["study"]:
        said("study", "empty")
    if not READER.fullmatch(held["reader"]):
        said("reader", "no code such as R07; a name is not taken in")
    for name in ("present", "saw_output"):
        if held[name] not in ("0", "1"):
            said(name, "neither 0 nor 1")
    try:
        day = date.fromisoformat(held["read_on"])
    except ValueError:
        said("read_on", "no day such as 2026-02-14")
    response = order = ""
    try:
        response = response_of(held["response"])
    except Unreadable:
        said("response", "none of accepted, changed and rejected")
    try:
        order = order_of(held["reading_order"])
    except Unreadable:
        said("reading_order", "none of before, with and after")
    if response and not held["prediction"]:
        said("prediction", "empty; an answer is to one output, such as PRE-0001")
    if response and held["saw_output"] == "0":
        said("saw_output", "0, and an output that was not in view is not answered")
    if order in (WITH, AFTER) and held["saw_output"] == "0":
        said("reading_order", "with or after the output, which was not in view")
    if len(wrong) > before:
        return None
    return AssessmentRow(
        line, held["study"], held["reader"], held["present"] == "1", held["saw_output"] == "1", day,
        response, order, held["prediction"],
    )
