"""A process that writes as hard as it can and tells its parent what was committed.

Five threads write together: changes of status, signatures, batches, images with their bytes, and
anchors of the trail. Each transaction holds several rows, so that a half-written one would show:
see :func:`require_all_or_nothing`.
"""

import hashlib
import multiprocessing
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from typing import Any

from sqlmodel import Session, select

from records.anchors import read_anchors, verify_anchors, write_anchor
from records.batches import add_batch
from records.cases import Instance, Study
from records.errors import Unavailable
from records.people import Meaning, Role, find_actor, register_person
from records.product import Device, Site
from records.qualifications import qualify
from records.quality import Signature
from records.settings import Workspace
from records.signatures import is_valid, sign
from records.store import Store, open_store
from records.vault import Vault
from records.vault_check import verify_bytes
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


def image_of(name: str) -> bytes:
    """The bytes that are taken in under a name."""
    return f"the image of {name}".encode() * 40


def add_image(tx: Session, name: str) -> None:
    """A study with its image, whose bytes were kept before."""
    study = Study(
        study_uid=name, patient=name, site_id=1, purpose="clinical", arrived_on=NOW.date(),
        received_at=NOW, rows=8, columns=8,
    )
    tx.add(study)
    tx.flush()
    assert study.id is not None
    digest = hashlib.sha256(image_of(name)).hexdigest()
    measures: dict[str, Any] = dict.fromkeys(
        ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation"), 0.5
    )
    tx.add(
        Instance(study_id=study.id, instance_uid=name, digest=digest, source_digest=digest,
                 deidentification={}, **measures)
    )  # fmt: skip


ACTS: dict[str, Act] = {
    "site": confirm_site, "device": sign_device, "batch": add_studies, "image": add_image,
}
ANCHOR, PAUSE = "anchor", 0.03
"""What the fifth thread does, and its seconds of rest: the file is read whole each time."""


def anchors_of(workspace: Workspace) -> Path:
    """Where the anchors of a test's workspace lie: outside it, as of a live one."""
    return workspace.home.parent / "anchors"


def act(store: Store, kind: str, name: str) -> str:
    """Do one act of this kind; the name by which it is acknowledged, empty for none."""
    if kind == ANCHOR:
        time.sleep(PAUSE)
        anchor = write_anchor(store, now=NOW)
        return f"{ANCHOR}-{anchor.sequence}" if anchor else ""
    if kind == "image":
        Vault(store.workspace.vault).put(image_of(name))
    with store.transaction("ada", f"make {name}", now=NOW) as tx:
        ACTS[kind](tx, name)
    return name


def write(workspace: Workspace, url: str, label: str, failures: int, tell: int) -> None:
    """Write in five threads until killed, or until each was refused so often by the database.

    tell: where a line goes for each commit ('+ NAME') and each refusal ('! CLASS: MESSAGE').
    """
    store = open_store(workspace, url=url)
    ended = Event()  # the others: then there is nothing more to anchor

    def repeat(kind: str) -> None:
        left = failures
        for number in count():
            name = f"{kind}-{label}-{number}"
            try:
                done = act(store, kind, name)
                line = f"+ {done}" if done else ""
            except Exception as refused:
                line = f"! {type(refused).__name__}: {' '.join(str(refused).split())[:300]}"
                left -= 1
            if line:
                os.write(tell, f"{line}\n".encode())
            unknown = line[:1] == "!" and f"! {Unavailable.__name__}" not in line
            if unknown or left == 0 or ended.is_set():
                return

    workers = [Thread(target=repeat, args=(kind,)) for kind in ACTS]
    anchors = Thread(target=repeat, args=(ANCHOR,))
    for thread in (*workers, anchors):
        thread.start()
    for thread in workers:
        thread.join()
    ended.set()
    anchors.join()
    store.close()


class Writer:
    """A child that writes, and what it told."""

    def __init__(self, process: multiprocessing.process.BaseProcess, hear: int) -> None:
        self.process = process
        self._told: list[bytes] = []
        self._listener = Thread(
            target=lambda: self._told.extend(iter(lambda: os.read(hear, 65536), b""))
        )
        self._listener.start()

    def lines(self) -> list[str]:
        """All that it told, once it has ended."""
        self.process.join()
        self._listener.join()
        return b"".join(self._told).decode().splitlines()

    def wait_for_commit(self) -> None:
        """Until it tells of one more commit, however busy the machine is."""
        before, until = self._commits(), time.monotonic() + 180
        while self._commits() == before:
            assert self.process.is_alive(), "it ended by itself"
            assert time.monotonic() < until, "it committed nothing for three minutes"
            time.sleep(0.01)

    def kill(self) -> None:
        """Give it no time to finish anything."""
        assert self.process.is_alive(), "it ended by itself"
        self.process.kill()

    def _commits(self) -> int:
        return b"".join(self._told).count(b"+ ")


@contextmanager
def writing(
    workspace: Workspace, url: str, label: str, *, failures: int = 1, room: int | None = None,
) -> Iterator[Writer]:
    """A child that writes until it is killed or was refused so often.

    room: bytes to which it may let a file grow. It starts afresh: a fork of a process with threads
    may wait for ever for a lock that one of them held.
    """
    fresh = multiprocessing.get_context("spawn")
    hear, tell = fresh.Pipe(duplex=False)
    child = fresh.Process(target=_write_alone, args=(workspace, url, label, failures, tell, room))
    child.start()
    tell.close()
    writer = Writer(child, hear.fileno())
    try:
        yield writer
    finally:
        child.kill()
        writer.lines()
        hear.close()


def _write_alone(
    workspace: Workspace, url: str, label: str, failures: int, tell: Connection, room: int | None
) -> None:
    os.environ["RADVIGIL_ANCHORS"] = str(anchors_of(workspace))
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    write(workspace, url, label, failures, tell.fileno())


def require_all_or_nothing(store: Store, acknowledged: set[str]) -> None:
    """Everything acknowledged is there, whatever is there is complete, the chain is one and is
    the one that was anchored, and every image has its bytes.
    """
    with store.reader() as reader:
        verdict = verify_records(reader)
        assert verdict.whole, verdict.findings
        sites = reader.exec(select(Site).where(Site.name != "all")).all()
        assert {site.status for site in sites} <= {"confirmed"}
        devices = reader.exec(select(Device)).all()
        signed = {one.subject_name: one for one in reader.exec(select(Signature))}
        assert len(signed) == len(devices)
        assert all(is_valid(signed[device.subject], device) for device in devices)
        images = set(reader.exec(select(Instance.instance_uid)))
        batches = Counter(reader.exec(select(Study.patient)))
        assert {number for name, number in batches.items() if name not in images} <= {BATCH}
        assert verify_bytes(reader, store)[1] == []
        folder = anchors_of(store.workspace)
        assert verify_anchors(reader, folder).findings == ()
        anchors = {f"{ANCHOR}-{one.sequence}" for one in read_anchors(folder)}
        there = {site.name for site in sites} | {device.name for device in devices}
        there |= set(batches) | anchors
    assert acknowledged - there == set(), "acknowledged, and lost"


def together(
    workspace: Workspace, url: str, *, writers: int, each: int
) -> tuple[set[str], float]:
    """What so many processes wrote at the same time, and the longest that one had to wait (s).

    Each change is two events. An error in any of them is raised here.
    """
    jobs = [(workspace, url, f"{number}", each) for number in range(writers)]
    # a Pool kills its idle workers at the end, and one that is killed while it holds the queue's
    # lock leaves the others, and the end itself, waiting for ever
    with ProcessPoolExecutor(writers, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(_confirm_sites, *zip(*jobs, strict=True)))
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
