"""A process that writes as hard as it can and tells its parent what was committed.

Three threads write together: changes of status, signatures, batches. Each transaction holds several
rows, so that a half-written one would show: see :func:`require_all_or_nothing`.
"""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from threading import Thread

from sqlmodel import Session, select

from records.batches import add_batch
from records.cases import Study
from records.errors import Unavailable
from records.people import Meaning, Role, find_actor, register_person
from records.product import Device, Site
from records.qualifications import qualify
from records.quality import Signature
from records.settings import Workspace
from records.signatures import is_valid, sign
from records.store import Store, open_store
from records.verify import verify_records
from tests.people import prepare_to_sign

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
PASSWORD = "correct horse battery"
BATCH = 25

Act = Callable[[Session, str], None]


def prepare(store: Store) -> None:
    """Who signs, and the site that studies come from."""
    with store.transaction("setup", now=NOW) as tx:
        ada, olga = (
            register_person(
                tx, name, full_name=name.title(), roles=[role], password=PASSWORD, now=NOW
            )
            for name, role in (("ada", Role.ENGINEER), ("olga", Role.ADMINISTRATOR))
        )
        qualify(
            tx, ada, [Meaning.AUTHOR], until=date(2027, 1, 5), evidence="training 1",
            recorded_by=olga, now=NOW,
        )
        prepare_to_sign(tx, NOW)
        tx.add(Site(name="all", status="confirmed", registered_at=NOW))


def confirm_site(tx: Session, name: str) -> None:
    """A row and its change of status: two flushes, two events."""
    site = Site(name=name, registered_at=NOW)
    tx.add(site)
    tx.flush()
    site.status = "confirmed"


def sign_device(tx: Session, name: str) -> None:
    """A row and a signature on it."""
    device = Device(
        name=name, revision=1, trade_name=name, definition={}, definition_digest="d", defined_at=NOW
    )
    tx.add(device)
    tx.flush()
    sign(
        tx, device, signer=find_actor(tx, "ada"), password=PASSWORD, meaning=Meaning.AUTHOR,
        reason="made", now=NOW,
    )


def add_studies(tx: Session, name: str) -> None:
    """A batch of rows in one event."""
    rows = [
        {"study_uid": f"{name}.{k}", "patient": name, "site_id": 1, "purpose": "clinical",
         "arrived_on": date(2026, 1, 5), "received_at": NOW, "rows": 8, "columns": 8}
        for k in range(BATCH)
    ]
    add_batch(tx, Study, rows)


ACTS: dict[str, Act] = {"site": confirm_site, "device": sign_device, "batch": add_studies}


def write(workspace: Workspace, url: str, label: str, failures: int, tell: int) -> None:
    """Write in three threads until killed, or until each was refused so often by the database.

    tell: where a line goes for each commit ('+ NAME') and each refusal ('! CLASS: MESSAGE').
    """
    store = open_store(workspace, url=url)

    def repeat(kind: str) -> None:
        left = failures
        for number in count():
            name = f"{kind}-{label}-{number}"
            try:
                with store.transaction("ada", f"make {name}", now=NOW) as tx:
                    ACTS[kind](tx, name)
                line = f"+ {name}"
            except Exception as refused:
                line = f"! {type(refused).__name__}: {' '.join(str(refused).split())[:300]}"
                left -= 1
            os.write(tell, f"{line}\n".encode())
            if left == 0 or (line[0] == "!" and f"! {Unavailable.__name__}" not in line):
                return

    threads = [Thread(target=repeat, args=(kind,)) for kind in ACTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()


@contextmanager
def writing(
    workspace: Workspace, url: str, label: str, *, failures: int = 1,
    before: Callable[[], None] = lambda: None,
) -> Iterator[tuple[multiprocessing.Process, Callable[[], list[str]]]]:
    """A child that writes, and what gives all that it told, once it has ended.

    The parent must hold no connection to the database while the child is forked.
    """
    hear, tell = os.pipe()

    def run() -> None:
        os.close(hear)
        before()
        write(workspace, url, label, failures, tell)

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    os.close(tell)
    told: list[bytes] = []
    listener = Thread(target=lambda: told.extend(iter(lambda: os.read(hear, 65536), b"")))
    listener.start()

    def all_told() -> list[str]:
        child.join()
        listener.join()
        return b"".join(told).decode().splitlines()

    try:
        yield child, all_told  # type: ignore[misc]
    finally:
        child.kill()
        all_told()
        os.close(hear)


def require_all_or_nothing(store: Store, acknowledged: set[str]) -> None:
    """Everything acknowledged is there, whatever is there is complete, and the chain is one."""
    with store.reader() as reader:
        verdict = verify_records(reader)
        assert verdict.whole, verdict.findings
        sites = reader.exec(select(Site).where(Site.name != "all")).all()
        assert {site.status for site in sites} <= {"confirmed"}
        devices = reader.exec(select(Device)).all()
        signed = {one.subject_name: one for one in reader.exec(select(Signature))}
        assert len(signed) == len(devices)
        assert all(is_valid(signed[device.subject], device) for device in devices)
        batches = Counter(reader.exec(select(Study.patient)))
        assert set(batches.values()) <= {BATCH}
        there = {site.name for site in sites} | {device.name for device in devices} | set(batches)
    assert acknowledged - there == set(), "acknowledged, and lost"


def together(
    workspace: Workspace, url: str, *, writers: int, each: int
) -> tuple[set[str], float]:
    """What so many processes wrote at the same time, and the longest that one had to wait (s).

    Each change is two events. An error in any of them is raised here.
    """
    jobs = [(workspace, url, f"{number}", each) for number in range(writers)]
    with multiprocessing.get_context("fork").Pool(writers) as pool:
        found = pool.starmap(_confirm_sites, jobs, chunksize=1)
    return {name for names, _ in found for name in names}, max(longest for _, longest in found)


def _confirm_sites(
    workspace: Workspace, url: str, label: str, each: int
) -> tuple[list[str], float]:
    store = open_store(workspace, url=url)
    names = [f"site-{label}-{number}" for number in range(each)]
    longest = 0.0
    for name in names:
        began = time.monotonic()
        with store.transaction(f"writer-{label}", f"make {name}", now=NOW) as tx:
            confirm_site(tx, name)
        longest = max(longest, time.monotonic() - began)
    store.close()
    return names, longest
