"""Complaints from a table: old numbers kept, each fault named by its row.

Columns: number, words, channel, received_at (with offset), and as the table has them site,
received_by, event_from, event_to, involved (labels, separated by blanks).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlmodel import Session

from records.complaints import Complaint, receive_complaint
from records.errors import InvalidInput, RadvigilError, Refused
from records.people import Actor
from records.product import Device

NEEDED: Final = ("number", "words", "channel", "received_at")
OTHERS: Final = ("site", "received_by", "event_from", "event_to", "involved")


@dataclass(slots=True)
class ImportReport:
    """What was taken in, and the fault of each row that was not, by its line in the file."""

    made: list[Complaint] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_complaint_rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file in UTF-8, each with the line on which it ends.

    Raises:
        InvalidInput: No UTF-8, a column that is missing or unknown, or no row.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise InvalidInput(f"The file is no table in UTF-8: {wrong}.") from wrong
    names = list(reader.fieldnames or [])
    lacking = [name for name in NEEDED if name not in names]
    strange = [name for name in names if name not in (*NEEDED, *OTHERS)]
    if lacking or strange or len(set(names)) < len(names):
        raise InvalidInput(
            f"The table lacks {', '.join(lacking) or 'nothing'}, has unknown or repeated columns: "
            f"{', '.join(strange) or 'none'}.",
            hint=f"Columns: {', '.join(NEEDED)}; and {', '.join(OTHERS)}.",
        )
    if not rows:
        raise InvalidInput("The table has no row.")
    return rows


def import_complaints(
    tx: Session, device: Device, rows: Sequence[tuple[int, dict[str, str]]], *, by: Actor,
    now: datetime, accept_good: bool = False,
) -> ImportReport:
    """Take the complaints of a table in; nothing where a row is wrong, unless the good are wanted.

    Raises:
        NotAllowed: No role that may.
        Refused: A row is wrong and the good ones alone are not wanted; all faults are named.
    """
    report = ImportReport()
    for line, row in rows:
        try:
            report.made.append(_received(tx, device, row, by=by, now=now))
        except (RadvigilError, ValueError) as wrong:
            report.faults.append(f"line {line}: {getattr(wrong, 'message', wrong)}")
    if report.faults and not accept_good:
        raise Refused(
            f"Nothing was imported. {' '.join(report.faults)}",
            hint="Correct these rows, or take the others with --accept-good.",
        )
    return report


def _received(
    tx: Session, device: Device, row: dict[str, str], *, by: Actor, now: datetime
) -> Complaint:
    told = {name: (row.get(name) or "").strip() for name in (*NEEDED, *OTHERS)}
    if None in row or not told["number"]:
        raise InvalidInput("The row has more cells than the table, or no number.")
    received_at = datetime.fromisoformat(told["received_at"])
    if received_at.tzinfo is None:
        raise InvalidInput(f"received_at: {told['received_at']} has no offset such as +01:00.")
    days = [date.fromisoformat(told[name]) if told[name] else None
            for name in ("event_from", "event_to")]  # fmt: skip
    return receive_complaint(
        tx, device=device, words=row["words"], channel=told["channel"], received_at=received_at,
        by=by, now=now, received_by=told["received_by"], site=told["site"],
        event=(days[0], days[1]), involved=told["involved"].split(), old_number=told["number"],
    )
