"""How fast verification reads, beside a loop that reads the same rows and hashes stored bytes.

    python -m benchmarks.verification [EVENTS ...] [POSTGRESQL_ADDRESS]

The loop and the check of the chain take turns; the comparison of rows with events is given as
rows a second. The ratio is of wall seconds (medians), and of processor seconds (the least), which
other work on the machine changes less. Each size is filled in one process and verified in another,
whose peak of memory is given before and after: it is not to grow with the trail.
"""

import hashlib
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session

from benchmarks.audited_writes import NOW, studies
from benchmarks.databases import emptied
from records.audit import CREATE, note, read_events
from records.base import recorded
from records.cases import Study
from records.product import Site
from records.settings import Workspace
from records.store import Store, open_store
from records.verify import verify_chain, verify_records

ROUNDS = 5
FEWER_ROUNDS, MANY = 3, 1_000_000


def fill(store: Store, events: int) -> None:
    """So many studies, an event each: those that a flush writes, without the work of one."""
    with store.transaction("ada", now=NOW) as tx:
        tx.add(Site(name="northfield", registered_at=NOW))
    for start in range(0, events, 1000):
        rows = [{"id": start + k, **row} for k, row in enumerate(studies(1000), start=1)]
        with store.transaction("ada", now=NOW) as tx:
            tx.connection().execute(insert(Study), rows)
            for row in rows:
                note(tx, CREATE, f"Study:{row['id']}", new=recorded(Study, row))


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


def seconds(store: Store, work: Callable[[Session], None]) -> tuple[float, float]:
    """Wall seconds of one pass, and seconds of this process's processor."""
    with store.reader() as reader:
        wall, processor = time.perf_counter(), time.process_time()
        work(reader)
        return time.perf_counter() - wall, time.process_time() - processor


def peak_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill_workspace(home: Path, events: int, address: str) -> None:
    """Make the workspace, in a process of its own."""
    store = open_store(Workspace(home).create(), url=address)
    fill(store, events)
    store.close()


def measure_workspace(home: Path, events: int, address: str) -> None:
    """Verify it, in a process of its own, and print a line."""
    store = open_store(Workspace(home), url=address)
    before = peak_mb()
    works = (read_and_hash, check_chain, check_all)
    taken: dict[Callable[[Session], None], list[tuple[float, float]]] = {w: [] for w in works}
    for _ in range(ROUNDS if events < MANY else FEWER_ROUNDS):
        for work, times in taken.items():
            times.append(seconds(store, work))
    after = peak_mb()
    floor, chain, whole = (statistics.median(wall for wall, _ in taken[w]) for w in works)
    shares = [min(processor for _, processor in taken[w]) for w in works]
    name = store.engine.dialect.name
    print(f"{name:<11}{events:>10}{events / floor:>12.0f}{events / chain:>10.0f}"
          f"{floor / chain:>7.2f}{shares[0] / shares[1]:>11.2f}{events / whole:>12.0f}"
          f"{before:>11.0f}{after:>10.0f}")  # fmt: skip
    store.close()


def main() -> None:
    """Fill databases and verify them, one size after the other."""
    given = sys.argv[1:]
    address = next((one for one in given if "://" in one), "")
    sizes = [int(one) for one in given if "://" not in one] or [20_000, 200_000]
    print(f"{'database':<11}{'events':>10}{'read+hash/s':>12}{'chain/s':>10}{'ratio':>7}"
          f"{'processor':>11}{'and rows/s':>12}{'MB before':>11}{'MB after':>10}")  # fmt: skip
    alone = multiprocessing.get_context("spawn")
    for events in sizes:
        with tempfile.TemporaryDirectory() as folder, emptied(address) as empty:
            home = Path(folder) / "workspace"
            for work in (fill_workspace, measure_workspace):
                child = alone.Process(target=work, args=(home, events, empty))
                child.start()
                child.join()
                if child.exitcode:
                    sys.exit(child.exitcode)


if __name__ == "__main__":
    main()
