"""What the audit trail costs: the same rows with it and without, in turns, in one run.

    python -m benchmarks.audited_writes [POSTGRESQL_ADDRESS]

SQLite in a folder of its own (WAL, synchronous=FULL in every arm), and a database of its own on
the PostgreSQL server named, or on the one that answers on this machine. Three pairs: a transaction
a row, a transaction of 1,000 rows, one batch.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from benchmarks.databases import emptied, server
from records.batches import add_batch
from records.cases import Study
from records.product import Site
from records.settings import Workspace
from records.store import Store, open_store

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ROUNDS = 7
Rows = list[dict[str, Any]]
Arm = Callable[[Store, Rows], None]
NUMBERS = count()


def studies(size: int) -> Rows:
    """The columns of so many studies, each another one."""
    return [
        {
            "study_uid": f"2.25.{number}",
            "patient": f"P{number % 997}",
            "site_id": 1,
            "purpose": "clinical",
            "arrived_on": NOW.date(),
            "received_at": NOW,
            "modality": "DX",
            "body_part": "CHEST",
            "view": "PA",
            "age_years": 40.0 + number % 50,
            "sex": "F",
            "manufacturer": "Phantom Medical",
            "model_name": "PM-3",
            "software_version": "2.1",
            "tube_voltage_kv": 120.0,
            "exposure_mas": number / 7,
            "spacing_mm": 0.14,
            "rows": 160,
            "columns": 160,
            "invalid_tags": [],
            "assigned": [],
        }
        for number in (next(NUMBERS) for _ in range(size))
    ]


def row_by_row(store: Store, rows: Rows) -> None:
    """Without audit, a transaction a row."""
    for row in rows:
        with Session(store.engine) as session:
            session.add(Study(**row))
            session.commit()


def row_by_row_audited(store: Store, rows: Rows) -> None:
    """With audit, a transaction a row."""
    for row in rows:
        with store.transaction("ada", now=NOW) as tx:
            tx.add(Study(**row))


def together(store: Store, rows: Rows) -> None:
    """Without audit, all rows in one transaction."""
    with Session(store.engine) as session:
        session.add_all([Study(**row) for row in rows])
        session.commit()


def together_audited(store: Store, rows: Rows) -> None:
    """With audit, all rows in one transaction."""
    with store.transaction("ada", now=NOW) as tx:
        tx.add_all([Study(**row) for row in rows])


def bare_insert(store: Store, rows: Rows) -> None:
    """Without audit, one insert of the list."""
    with store.engine.begin() as connection:
        connection.execute(insert(Study), rows)


def batch(store: Store, rows: Rows) -> None:
    """With audit, one batch."""
    with store.transaction("ada", now=NOW) as tx:
        add_batch(tx, Study, rows)


PAIRS: tuple[tuple[str, int, Arm, Arm], ...] = (
    ("a transaction a row", 300, row_by_row, row_by_row_audited),
    ("a transaction of all rows", 1_000, together, together_audited),
    ("a batch", 10_000, bare_insert, batch),
)


def seconds(store: Store, arm: Arm, rows: Rows) -> float:
    """Wall seconds of one arm over these rows."""
    begin = time.perf_counter()
    arm(store, rows)
    return time.perf_counter() - begin


def measure(store: Store) -> None:
    """Print rows a second with and without audit, and the ratio: medians, the arms in turns."""
    print(f"{store.engine.dialect.name:<28}{'bare/s':>10}{'audited/s':>12}{'ratio':>8}")
    for name, size, bare, audited in PAIRS:
        taken: dict[Arm, list[float]] = {bare: [], audited: []}
        for _ in range(ROUNDS):
            for arm, times in taken.items():
                times.append(seconds(store, arm, studies(size)))
        floor, cost = (statistics.median(taken[arm]) for arm in (bare, audited))
        print(f"{name:<28}{size / floor:10.0f}{size / cost:12.0f}{floor / cost:8.2f}")


def main() -> None:
    """One kind of database after the other."""
    named = sys.argv[1] if len(sys.argv) > 1 else server()
    if not named:
        print("No PostgreSQL server answers: measured on SQLite only.")
    for address in ("", named) if named else ("",):
        with tempfile.TemporaryDirectory() as folder, emptied(address) as empty:
            store = open_store(Workspace(Path(folder) / "workspace").create(), url=empty)
            with store.transaction("ada", now=NOW) as tx:
                tx.add(Site(name="northfield", registered_at=NOW))
            measure(store)
            store.close()


if __name__ == "__main__":
    main()
