"""HL7 over real sockets: malformed, repeated, out of order, merged; nothing is lost or misfiled."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from imaging.identity import identity_store
from imaging.ris.applying import merge_arrived, message_journal
from imaging.ris.listening import Limits
from records.settings import REPOSITORY
from records.store import Store
from records.verify import verify_records
from tests.conftest import NOW
from tests.imaging.ris.sending import Client, merge, message, pid, update
from tests.journeys.ris_workspace import (
    add_studies,
    corrections,
    hearing,
    patients,
    prepare,
    pseudonym,
    states,
)

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3000)]

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
MESSAGES, PATIENTS, KILLS = (10_000, 400, 6) if FULL else (200, 30, 1)


@dataclass
class Truth:
    """What must be on record, by rules written anew: a merge gives up a root, once and for ever."""

    into: dict[str, str] = field(default_factory=dict)
    studies: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)

    def root(self, patient: str) -> str:
        while patient in self.into:
            patient = self.into[patient]
        return patient

    def here(self, patient: str) -> bool:
        return any(self.root(one) == patient for one in self.studies)

    def arrive(self, patient: str) -> None:
        self.studies.append(patient)
        self.names.setdefault(patient, f"Zwetschkenbaum^{patient}")
        self._name_on(patient)

    def _name_on(self, patient: str) -> None:
        while patient in self.into:
            self.names.setdefault(self.into[patient], self.names[patient])
            patient = self.into[patient]

    def merge(self, prior: str, into: str) -> str:
        if prior == into:
            return "AE"
        if self.root(prior) == self.root(into):
            return "AE" if self.root(prior) == prior else "AA"
        if prior in self.into:
            return "AE"
        here = self.here(prior)
        self.into[prior] = into
        if here:
            self._name_on(prior)
        return "AA"

    def update(self, patient: str, name: str, at: int) -> str:
        if self.here(patient) and at >= self.said.get(patient, 0):
            self.names[patient], self.said[patient] = name, at
        return "AA"


def malformed(draw: random.Random, content: bytes) -> bytes:
    """A message that must be rejected, whatever it was."""
    return draw.choice([
        content[: draw.randrange(len(content) // 2)],
        content.replace(b"\rPID", b"\rPIX", 1),
        content.replace(b"|2.5.1|", b"|3.0|", 1),
        content.replace(b"|P|", b"|T|", 1),
        content.replace(b"|RIS|", b"|SIR|", 1),
        content + b"ZZZ|" + b"\xff\xfe",
        content + b"ZZZ|a\\Q\\b",
        content + b"\x0b" + content,
        content[draw.randrange(1, 3) :],
        draw.randbytes(draw.randrange(200)).replace(b"\x1c", b""),
    ])  # fmt: skip


class Fuzz:
    """Draws a message, says what must be answered, and sends it on one of four connections."""

    def __init__(self, store: Store, port: int, seed: int) -> None:
        self.store, self.port, self.draw, self.truth = store, port, random.Random(seed), Truth()
        self.people = [f"QX{number:04d}Z" for number in range(PATIENTS)]
        self.sent: list[tuple[bytes, str]] = []
        self.clients = [Client(port) for _ in range(4)]
        self.kept = Counter[str]()
        self.number = 0

    def arrive(self, count: int) -> None:
        """Studies come in, of patients whom the RIS may have merged before."""
        some = [self.draw.choice(self.people) for _ in range(count)]
        came = add_studies(self.store, some)
        merge_arrived(self.store, came, actor="service:intake", now=NOW)
        for one in some:
            self.truth.arrive(one)

    def step(self) -> None:
        self.number += 1
        what = self.draw.choices(
            ["merge", "update", "order", "again", "malformed", "half", "reused"],
            [25, 25, 8, 12, 20, 5, 5],
        )[0]  # fmt: skip
        at = self.draw.randrange(4)
        if what == "half":
            self.clients[at].socket.sendall(b"\x0b" + self.valid()[: self.draw.randrange(60)])
            self.clients[at].socket.close()
            self.clients[at] = Client(self.port)
            return
        content, code = getattr(self, what)()
        with suppress(ConnectionError):
            self.clients[at].socket.sendall(b"\x0b" + content + b"\x1c\r")
        answer = self.clients[at].answer()
        assert answer[0] == code, (what, content, answer)
        if code == "AR":  # whoever is not known is cut off
            self.clients[at].socket.close()
            self.clients[at] = Client(self.port)

    def valid(self) -> bytes:
        """A merge that would move somebody, if it were taken."""
        return merge(*self.draw.sample(self.people, 2), control=f"CTRL{self.number}")

    def merge(self) -> tuple[bytes, str]:
        prior, into = self.draw.choices(self.people, k=2)
        return self.new(
            merge(prior, into, control=f"CTRL{self.number}", sent_at="20200101000000"),
            self.truth.merge(prior, into),
        )

    def update(self) -> tuple[bytes, str]:
        patient, second = self.draw.choice(self.people), self.draw.randrange(60)
        name = f"Nussbaum^Rosa{self.number}"
        return self.new(
            update(patient, name=name, sent_at=f"202603011011{second:02d}",
                   control=f"CTRL{self.number}"),
            self.truth.update(patient, name, second),
        )  # fmt: skip

    def order(self) -> tuple[bytes, str]:
        kind = self.draw.choice(["ORM^O01", "ORU^R01", "OMI^O23"])
        self.kept[kind] += 1
        more = ("ORC|NW|P1", "OBR|1|P1", "OBX|1|TX|||No finding.||||||F")
        patient = pid(self.draw.choice(self.people))
        return self.new(message(kind, patient, *more, control=f"CTRL{self.number}"), "AA")

    def new(self, content: bytes, code: str) -> tuple[bytes, str]:
        self.sent.append((content, code))
        return content, code

    def again(self) -> tuple[bytes, str]:
        return self.draw.choice(self.sent[-200:]) if self.sent else self.merge()

    def malformed(self) -> tuple[bytes, str]:
        return malformed(self.draw, self.valid()), "AR"

    def reused(self) -> tuple[bytes, str]:
        accepted = [one for one, code in self.sent[-200:] if code == "AA"]
        if not accepted:
            return self.merge()
        control = self.draw.choice(accepted).split(b"|")[9].decode()
        return update("QX9999Z", name="Wrong^Name", control=control), "AR"


def test_nothing_is_lost_or_misfiled(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    prepare(store)
    with hearing(store, limits=Limits(message_seconds=5.0)) as listener:
        fuzz = Fuzz(store, listener.port, seed=6)
        fuzz.arrive(PATIENTS // 3)
        try:
            for number in range(MESSAGES):
                fuzz.step()
                if number % (MESSAGES // 20) == 7:
                    fuzz.arrive(2)
        finally:
            for client in fuzz.clients:
                client.socket.close()
    truth = fuzz.truth
    assert patients(store) == [pseudonym(store, truth.root(one)) for one in truth.studies]
    told = identity_store(store).known(
        {pseudonym(store, one): one for one in truth.names}
    )
    for patient, name in truth.names.items():
        assert told[pseudonym(store, patient)]["PatientName"] == name
        assert told[pseudonym(store, patient)]["PatientID"] == patient
    counts = states(store)
    reports = counts.get(("ORU^R01", "applied", ""), 0)  # they wait, sealed, for their study
    kept = sum(n for (kind, state, _), n in counts.items() if state == "kept")
    assert (reports, kept + reports) == (fuzz.kept["ORU^R01"], sum(fuzz.kept.values()))
    never_here = [one for one in truth.into if one not in truth.names]
    assert counts.get(("ADT^A40", "waiting", ""), 0) == len(never_here)
    assert not any(state == "received" for _, state, _ in counts)
    moves = [(one.study_id, one.patient_before) for one in corrections(store)
             if one.kind == "merge"]  # fmt: skip
    assert len(moves) == len(set(moves))
    with store.reader() as reader:
        assert verify_records(reader).whole
    assert_nobody_is_named(store, caplog.text)


def assert_nobody_is_named(store: Store, logged: str) -> None:
    """Not in the records, their trail or the log; the mapping is encrypted."""
    store.engine.dispose()
    home = store.workspace.home
    held = logged.encode() + b"".join(
        one.read_bytes() for one in home.rglob("*")
        if one.is_file() and one != store.workspace.messages
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
    add_studies(store, [f"QX{number:04d}Z" for number in range(count)])
    store.engine.dispose()
    server, draw = Killed(store.workspace.home, tmp_path / "log"), random.Random(4)
    client = server.connected()
    for number in range(count):
        said = merge(f"QX{number:04d}Z", f"QY{number:04d}Z", control=f"CTRL{number}")
        if number % each == each - 1 and number < count - 1:
            client.socket.sendall(b"\x0b" + said + b"\x1c\r")
            time.sleep(draw.random() * 0.05)
            server.end(signal.SIGKILL)
            server.start()
        with suppress(ConnectionError):
            if client.send(said)[:1] == ["AA"]:
                continue
        client.socket.close()
        client = server.connected()
        assert client.send(said)[0] == "AA"
    client.socket.close()
    server.end(signal.SIGTERM)
    assert "Ended: " in server.log.read_text()
    assert patients(store) == [pseudonym(store, f"QY{number:04d}Z") for number in range(count)]
    assert len(corrections(store)) == count
    assert states(store) == {("ADT^A40", "applied", ""): count}
    journal = message_journal(store)
    assert journal.unapplied() == []
    journal.close()
    assert_nobody_is_named(store, server.log.read_text())
