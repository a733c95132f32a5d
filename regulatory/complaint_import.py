"""Complaints from a table: old numbers kept, each fault named by its row.

Columns: number, words, channel, received_at (with offset), and as the table has them site,
received_by, event_from, event_to, involved (labels, separated by blanks).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlmodel import Session

from records.complaints import Complaint, receive_complaint
from records.errors import InvalidInput, RadvigilError, Refused
from records.people import Actor
from records.product import Device
from regulatory.old_tables import Rows, read_table

NEEDED: Final = ("number", "words", "channel", "received_at")
OTHERS: Final = ("site", "received_by", "event_from", "event_to", "involved")


@dataclass(slots=True)
class ImportReport:
    """What was taken in, and the fault of each row that was not, by its line in the file."""

    made: list[Complaint] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_complaint_rows(content: bytes) -> Rows:
    """The rows of a table of complaints, each with the line on which it ends.

    Raises:
        InvalidInput: No UTF-8, a column that is missing or unknown, or no row.
    """
    return read_table(content, needed=NEEDED, others=OTHERS)


def import_complaints(
    tx: Session, device: Device, rows: Rows, *, by: Actor,
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
