"""HL7 over real sockets: malformed, repeated, out of order, merged; nothing is lost or misfiled.

Patients' messages and orders by a RIS, and results: its reports, readers' answers to the own
device, and another maker's product, some of them in one message.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from imaging.identity import identity_store
from imaging.reports.finding_studies import OTHER_PATIENT
from imaging.reports.waiting import waiting_reports
from imaging.ris.applying import message_journal
from imaging.ris.listening import Endpoint, Limits, Listener
from journeys.receive_messages import receive_messages
from records.application_entities import register_entity
from records.cases import Prediction, Quarantine, ReaderAssessment
from records.external_results import ExternalResult
from records.lookup import list_records
from records.people import find_actor
from records.product import Deployment
from records.queries import register_site
from records.reports import RadiologyReport
from records.settings import REPOSITORY
from records.store import Store
from records.vault import Vault
from records.verify import verify_records
from tests.conftest import NOW
from tests.imaging.ris.reporting import obx, result
from tests.imaging.ris.sending import Client, merge
from tests.journeys import external_workspace as outside
from tests.journeys.returning import candidate
from tests.journeys.ris_workspace import (
    SENDERS,
    SITE,
    add_studies,
    corrections,
    patients,
    prepare,
    pseudonym,
    states,
)
from tests.proof.hl7_fuzz import Fuzz
from tests.proof.hl7_truth import ResultsTruth

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3000)]

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
MESSAGES, PATIENTS, KILLS = (10_000, 400, 6) if FULL else (200, 30, 1)
STATUS = {"preliminary": "P", "final": "F", "corrected": "C", "cancelled": "X"}


def prepare_results(store: Store) -> Deployment:
    """A RIS, another maker's product that is watched and sends, and a version of an own device."""
    prepare(store)
    outside.accept(store, outside.definition())
    with store.transaction("setup", "setup", now=NOW) as tx:
        register_entity(
            tx, "CAD1", SITE, host="127.0.0.1", by=find_actor(tx, "ada"), now=NOW
        )
        site = register_site(tx, SITE, origin="reported", now=NOW)
        made = Deployment(
            model_version_id=candidate(tx).id or 0, site_id=site.id or 0, mode="live",
            started_at=NOW,
        )
        tx.add(made)
    return made


@contextmanager
def listening(store: Store) -> Iterator[Listener]:
    """A listener that hears the RIS and the other maker's product."""
    endpoint = Endpoint("127.0.0.1", 0, None, Limits(message_seconds=5.0))
    senders = {**SENDERS, ("EXAMPLECAD", "NORTH"): "AET-0002"}
    with receive_messages(store, endpoint, senders, actor="service:hl7") as listener:
        yield listener


def test_nothing_is_lost_or_misfiled(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    own = prepare_results(store)
    fuzz = Fuzz(store, own, seed=6, messages=MESSAGES, patients=PATIENTS)
    with listening(store) as listener:
        fuzz.send_all(listener.port)
    with listening(store):  # what is kept is tried again by each listener that starts
        fuzz.results.started_again()
    truth = fuzz.truth
    assert patients(store) == [pseudonym(store, truth.root(one)) for one in truth.studies]
    told = identity_store(store).known(
        {pseudonym(store, one): one for one in truth.names}
    )
    for patient, name in truth.names.items():
        assert told[pseudonym(store, patient)]["PatientName"] == name
        assert told[pseudonym(store, patient)]["PatientID"] == patient
    counts = states(store)
    never_here = [one for one in truth.into if one not in truth.names]
    assert counts.get(("ADT^A40", "waiting", ""), 0) == len(never_here)
    assert not any(state == "received" for _, state, _ in counts)
    assert sum(n for (kind, state, _), n in counts.items()
               if state == "kept" and not kind.startswith("ORU")) == fuzz.orders  # fmt: skip
    results = (counts.get(("ORU^R01", "applied", ""), 0), counts.get(("ORU^R01", "kept", ""), 0))
    assert results == (fuzz.results.taken, len(fuzz.results.kept))
    moves = [(one.study_id, one.patient_before) for one in corrections(store)
             if one.kind == "merge"]  # fmt: skip
    assert len(moves) == len(set(moves))
    assert_results_stand(store, fuzz.results)
    with store.reader() as reader:
        assert verify_records(reader).whole
    assert_nobody_is_named(store, caplog.text)


def assert_results_stand(store: Store, truth: ResultsTruth) -> None:
    """Every report, answer and result of the product at its study; the others wait or are held."""
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        reports: dict[int, list[tuple[str, str]]] = {}
        for one in list_records(reader, RadiologyReport):
            text = vault.fetch(one.text_digest, of=one.label).decode()
            assert "Zwetschkenbaum" not in text
            (mark,) = re.findall(r"\d+ x \d+ mm", text)
            reports.setdefault(one.study_id, []).append((STATUS[one.status], mark))
        answers: dict[tuple[int, str], list[tuple[str, int]]] = {}
        for said in list_records(reader, ReaderAssessment):
            key = (said.study_id, said.reader)
            answers.setdefault(key, []).append((said.response, said.assessed_on.day))
        external = list_records(reader, ExternalResult)
        given = {
            one.study_id: round(100 * (one.score or 0)) for one in list_records(reader, Prediction)
            if not one.returned_to_care
        }  # fmt: skip
        held = list_records(reader, Quarantine)
    assert reports == {study: said for study, said in truth.reports.items() if said}
    assert answers == {slot: said for slot, said in truth.answers.items() if said}
    assert given == {study: said[0] for study, said in truth.outside.items()}
    changed = sum(len(said) - 1 for said in truth.outside.values())
    waiting = sum(len(said) for said in truth.outside_waiting.values())
    assert Counter(one.status for one in external) == Counter(
        {"applied": len(given), "changed": changed, "waiting": waiting}
    )
    assert Counter(one.reason for one in held) == Counter({OTHER_PATIENT: len(truth.held)})
    assert sum(waiting_reports(store).counts().values()) == len(truth.waiting)
    assert min(len(reports), len(answers), len(given), len(truth.held), truth.waited, changed) > 0
    assert truth.kept and any(len(said) > 1 for said in reports.values())


def assert_nobody_is_named(store: Store, logged: str) -> None:
    """Not in the records, their trail or the log; the mapping is encrypted."""
    store.engine.dispose()
    home = store.workspace.home
    held = logged.encode() + b"".join(
        one.read_bytes() for one in home.rglob("*")
        if one.is_file() and one != store.workspace.messages
        and store.workspace.quarantine not in one.parents  # what is held back is as it came
    )
    for word in (b"Zwetschkenbaum", b"Nussbaum", b"QX00", b"CTRL"):
        assert word not in held


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Killed:
    """``radvigil hl7 run`` as a process of its own, killed and started again."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home, self.log, self.port = home, log, free_port()
        self.start()

    def start(self) -> None:
        command = [
            sys.executable, "-m", "cli", "--home", str(self.home), "hl7", "run", "--sender",
            "AET-0001=RIS@NORTH", "--port", str(self.port),
        ]  # fmt: skip
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=output)

    def connected(self) -> Client:
        """A client, as soon as it listens."""
        until = time.monotonic() + 60
        while True:
            try:
                return Client(self.port)
            except OSError:
                assert time.monotonic() < until, self.log.read_text()
                time.sleep(0.05)

    def end(self, how: signal.Signals) -> None:
        self.running.send_signal(how)
        self.running.wait(30)


def test_a_kill_while_messages_flow_loses_none_and_applies_none_twice(
    store: Store, tmp_path: Path
) -> None:
    """The RIS sends what was not acknowledged once more, as it does."""
    prepare(store)
    each = 40 if FULL else 12
    count = each * (KILLS + 1)
    add_studies(store, [f"QX{number:04d}Z" for number in range(count)], accession=True)
    store.engine.dispose()
    server, draw = Killed(store.workspace.home, tmp_path / "log"), random.Random(4)
    client = server.connected()
    for number in range(count):
        prior, into, control = f"QX{number:04d}Z", f"QY{number:04d}Z", f"CTRL{number}"
        said = [
            merge(prior, into, control=control),
            result(draw.choice([prior, into]), obx(1, "FINDINGS: Consolidation of 12 mm."),
                   accession=f"ACC{number + 1}", control=f"{control}R"),
        ]  # fmt: skip
        at = draw.randrange(2) if number % each == each - 1 and number < count - 1 else None
        for place, content in enumerate(said):
            if place == at:
                client.socket.sendall(b"\x0b" + content + b"\x1c\r")
                time.sleep(draw.random() * 0.05)
                server.end(signal.SIGKILL)
                server.start()
            with suppress(ConnectionError):
                if client.send(content)[:1] == ["AA"]:
                    continue
            client.socket.close()
            client = server.connected()
            assert client.send(content)[0] == "AA"
    client.socket.close()
    server.end(signal.SIGTERM)
    assert "Ended: " in server.log.read_text()
    assert patients(store) == [pseudonym(store, f"QY{number:04d}Z") for number in range(count)]
    assert len(corrections(store)) == count
    assert states(store) == {
        ("ADT^A40", "applied", ""): count, ("ORU^R01", "applied", ""): count
    }
    with store.reader() as reader:
        reports = list_records(reader, RadiologyReport)
    assert sorted(one.study_id for one in reports) == list(range(1, count + 1))
    journal = message_journal(store)
    assert journal.unapplied() == []
    journal.close()
    assert_nobody_is_named(store, server.log.read_text())
