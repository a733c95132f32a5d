"""The facts of a demonstration: the tables that come with its device, taken in like anybody's."""

from datetime import datetime
from pathlib import Path

from records.fact_kinds import FACT_KINDS
from records.people import find_actor
from records.queries import find_device
from records.settings import REPOSITORY
from records.store import Store
from regulatory.fact_import import import_fact_table


def shipped_tables(device: str) -> dict[str, Path]:
    """The tables of facts that come with a device, by kind; none where none come."""
    folder = REPOSITORY / "devices" / "facts" / device
    tables = {kind: folder / f"{kind}.csv" for kind in FACT_KINDS}
    return {kind: path for kind, path in tables.items() if path.exists()}


def take_in_shipped_facts(store: Store, device: str, *, by: str, now: datetime) -> int:
    """Take in the tables that come with a device; what was taken in before changes nothing.

    Returns:
        How many facts they hold.
    """
    tables = {kind: path.read_bytes() for kind, path in shipped_tables(device).items()}
    if not tables:
        return 0
    count = 0
    with store.transaction(by, "made-up facts of the demonstration", now=now) as tx:
        for kind, content in tables.items():
            taken = import_fact_table(tx, FACT_KINDS[kind], find_device(tx, device), content,
                                      by=find_actor(tx, by), now=now)  # fmt: skip
            count += len(taken.made) + len(taken.unchanged)
    return count
