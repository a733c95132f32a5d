"""How fast verification reads, beside a loop that reads the same rows and hashes stored bytes.

    python -m benchmarks.verification [EVENTS] [POSTGRESQL_ADDRESS]

The loop and the check of the chain take turns; the comparison of rows with events is given as
rows a second; the peak of memory is given before and after, for it is not to grow with the trail.
"""

import hashlib
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session

from benchmarks.audited_writes import NOW, studies
from records.audit import read_events
from records.cases import Study
from records.product import Site
from records.settings import Workspace
from records.store import Store, open_store
from records.verify import verify_chain, verify_records

ROUNDS = 5


def fill(store: Store, events: int) -> None:
    """So many studies, an event each."""
    with store.transaction("ada", now=NOW) as tx:
        tx.add(Site(name="northfield", registered_at=NOW))
    for _ in range(events // 1000):
        with store.transaction("ada", now=NOW) as tx:
            tx.add_all([Study(**row) for row in studies(1000)])


def read_and_hash(reader: Session) -> None:
    """The floor: the same rows read, and the stored texts hashed."""
    for event in read_events(reader):
        hashlib.sha256("".join(map(str, event.values())).encode()).hexdigest()


def check_chain(reader: Session) -> None:
    """The chain recomputed and compared."""
    assert verify_chain(reader).whole


def check_all(reader: Session) -> None:
    """The chain, and every row against what the events rebuild."""
    assert verify_records(reader).whole


def seconds(store: Store, work: Callable[[Session], None]) -> float:
    """Wall seconds of one pass."""
    with store.reader() as reader:
        begin = time.perf_counter()
        work(reader)
        return time.perf_counter() - begin


def peak_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Fill a database and measure."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    address = sys.argv[2] if len(sys.argv) > 2 else ""
    works = (read_and_hash, check_chain, check_all)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Workspace(Path(folder) / "workspace").create(), url=address)
        fill(store, events)
        before = peak_mb()
        taken: dict[Callable[[Session], None], list[float]] = {work: [] for work in works}
        for _ in range(ROUNDS):
            for work, times in taken.items():
                times.append(seconds(store, work))
        after = peak_mb()
        store.close()
    floor, chain, whole = (statistics.median(taken[work]) for work in works)
    print(f"{events} events and rows: reading and hashing {events / floor:.0f}/s, "
          f"chain {events / chain:.0f}/s (ratio {floor / chain:.2f}), "
          f"chain and rows {events / whole:.0f}/s; "
          f"peak memory {before:.0f} MB before, {after:.0f} MB after")  # fmt: skip


if __name__ == "__main__":
    main()
