"""The truth list of a site: what each study turned out to be, and when that became known."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

from imaging.sources.base import ReaderRow, SourceRefused, TruthRow
from imaging.sources.cells import utf8_text
from records.errors import InvalidInput
from records.reference_kinds import FINAL, STATES, kind_of_source, read_kind

CLASS, OUTLINE, KIND, STATE = "class", "outline", "kind", "state"
"""Further columns: of lists for a device of several classes the class of each study, or its
findings where several may be present, separated by |, with ? where nobody knows; for one that
outlines the PNG of the true mask, seen from the list's folder; by what the truth is known, and
whether it is final, preliminary or withdrawn (:mod:`records.reference_kinds`)."""
COLUMNS = (
    "study_uid", "site", "study_date", "finding", "source", "readers", "delay_days",
    "reader", "reader_finding",
)  # fmt: skip


class WithTruth(Protocol):
    """A study whose truth may be known, and perhaps a clinician's reading."""

    @property
    def truth(self) -> TruthRow | None: ...
    @property
    def reading(self) -> ReaderRow | None: ...


def write_truth_csv(studies: Sequence[WithTruth], path: Path) -> None:
    """List what each study truly shows, in the order given; defective files have no truth.

    Studies that no clinician read have no reader. An empty ``delay_days`` means that the truth
    never arrives. Same studies, same bytes.
    """
    part = path.with_name(path.name + ".part")
    rows = [study.truth for study in studies if study.truth is not None]
    further = {
        CLASS: any(row.class_name for row in rows), OUTLINE: any(row.outline for row in rows)
    }
    named = [name for name, there in further.items() if there]
    with part.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow((*COLUMNS, *named))
        for study in studies:
            if study.truth is not None:
                more = {CLASS: study.truth.class_name, OUTLINE: study.truth.outline}
                cells = _cells(study.truth, study.reading)
                writer.writerow((*cells, *(more[name] for name in named)))
    part.replace(path)


def read_truth_csv(path: Path) -> list[tuple[TruthRow, ReaderRow | None]]:
    """Read a truth list back, each study's truth beside a clinician's reading or None.

    Raises SourceRefused naming line and column where the list cannot be read.
    """
    with utf8_text(path) as handle:
        reader = csv.DictReader(handle)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise SourceRefused(
                f"columns missing: {', '.join(missing)}",
                where=str(path),
                hint=f"A truth list has the columns {', '.join(COLUMNS)}",
            )
        return [_rows(cells, path, reader.line_num) for cells in reader]


def _cells(truth: TruthRow, reading: ReaderRow | None) -> list[str | int]:
    delay = "" if truth.delay_days is None else truth.delay_days
    said = ("", "") if reading is None else (reading.reader, reading.finding)
    return [
        truth.study_uid, truth.site, truth.study_date.isoformat(), truth.finding, truth.source,
        ";".join(truth.readers), delay, *said,
    ]  # fmt: skip


def _rows(
    cells: dict[str, str], path: Path, line: int
) -> tuple[TruthRow, ReaderRow | None]:
    where = f"{path}, line {line}"
    uid = cells["study_uid"]
    truth = TruthRow(
        study_uid=uid,
        site=cells["site"],
        study_date=_day(cells["study_date"], where=where),
        finding=_finding(cells["finding"], where=where, column="finding"),
        source=cells["source"],
        readers=tuple(name for name in cells["readers"].split(";") if name),
        delay_days=_delay(cells["delay_days"], where=where),
        class_name=(cells.get(CLASS) or "").strip(),
        outline=(cells.get(OUTLINE) or "").strip(),
        kind=_kind(cells.get(KIND) or "", cells["source"], where=where),
        state=_state(cells.get(STATE) or "", where=where),
        line=line,
    )
    if not cells["reader"]:
        return truth, None
    said = _finding(cells["reader_finding"], where=where, column="reader_finding")
    return truth, ReaderRow(study_uid=uid, reader=cells["reader"], finding=said)


def _finding(cell: str | None, *, where: str, column: str) -> int:
    if cell not in ("0", "1"):
        raise SourceRefused(
            f"column {column} holds {cell!r}", where=where, hint="Write 0 (absent) or 1 (present)"
        )
    return int(cell)


def _kind(cell: str, source: str, *, where: str) -> str:
    if not cell.strip():
        return kind_of_source(source)
    try:
        return read_kind(cell)
    except InvalidInput as wrong:
        raise SourceRefused(
            f"column {KIND} holds {cell!r}", where=where, hint=wrong.hint.removesuffix(".")
        ) from None


def _state(cell: str, *, where: str) -> str:
    state = cell.strip().casefold() or FINAL
    if state not in STATES:
        raise SourceRefused(
            f"column {STATE} holds {cell!r}", where=where,
            hint=f"Write {', '.join(STATES[:-1])} or {STATES[-1]}, or leave it empty for {FINAL}",
        )
    return state


def _day(cell: str, *, where: str) -> date:
    try:
        return date.fromisoformat(cell)
    except (TypeError, ValueError):
        raise SourceRefused(
            f"column study_date holds {cell!r}", where=where, hint="Write YYYY-MM-DD"
        ) from None


def _delay(cell: str, *, where: str) -> int | None:
    if cell == "":
        return None
    if not (cell or "").isdigit():
        raise SourceRefused(
            f"column delay_days holds {cell!r}",
            where=where,
            hint="Write whole days, or leave it empty where the truth never arrives",
        )
    return int(cell)
