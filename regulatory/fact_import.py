"""Facts of a table, CSV or XLSX, taken in: all rows or none."""

from datetime import datetime

from sqlmodel import Session

from records.facts import Fact
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.recorded_facts import Taken, take_facts
from regulatory.fact_tables import read_fact_rows


def import_fact_table(
    tx: Session, table: type[Fact], device: Device, content: bytes, *, by: Actor, now: datetime,
    correct: bool = False, because: str = "",
) -> Taken:
    """Record every row of a table of facts of one kind; nothing where a cell is wrong.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such table, or wrong cells: each with its row and column.
    """
    require(by, Action.RECORD_FACT)
    rows = read_fact_rows(content, table)
    return take_facts(tx, table, device, rows, by=by, now=now, correct=correct, because=because)
