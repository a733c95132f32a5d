"""The facts of a demonstration: the tables that come with its device, taken in like anybody's."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from records.fact_kinds import FACT_KINDS
from records.facts import Fact, columns_of
from records.people import find_actor
from records.queries import find_device
from records.recorded_facts import take_facts
from records.settings import REPOSITORY
from records.store import Store
from regulatory.fact_tables import read_fact_rows


def shipped_tables(device: str) -> dict[str, Path]:
    """The tables of facts that come with a device, by kind; none where none come."""
    folder = REPOSITORY / "devices" / "facts" / device
    tables = {kind: folder / f"{kind}.csv" for kind in FACT_KINDS}
    return {kind: path for kind, path in tables.items() if path.exists()}


def take_in_shipped_facts(store: Store, device: str, *, by: str, now: datetime) -> int:
    """Take in the tables that come with a device; what was taken in before changes nothing.

    They tell of the 60 days of the whole demonstration. In a shorter one the rows of days that
    have not come are left out.

    Returns:
        How many facts they hold that have come.
    """
    tables = {kind: path.read_bytes() for kind, path in shipped_tables(device).items()}
    if not tables:
        return 0
    count = 0
    with store.transaction(by, "made-up facts of the demonstration", now=now) as tx:
        for kind, content in tables.items():
            table = FACT_KINDS[kind]
            rows = [(number, cells) for number, cells in read_fact_rows(content, table)
                    if _has_come(table, cells, now.date())]  # fmt: skip
            taken = take_facts(
                tx, table, find_device(tx, device), rows, by=find_actor(tx, by), now=now
            )
            count += len(taken.made) + len(taken.unchanged)
    return count


def _has_come(table: type[Fact], cells: Mapping[str, str], today: date) -> bool:
    past = [one.name for one in columns_of(table) if one.past]
    return all((cells.get(name) or "") <= today.isoformat() for name in past)
