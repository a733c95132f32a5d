"""Messages over HL7 drawn at random, each with the answer that it must get, on four connections."""

import random
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from imaging.reports.intake import reports_arrived
from imaging.ris.applying import merge_arrived
from journeys.receive_results import apply_waiting
from records.cases import Prediction
from records.product import Deployment
from records.store import Store
from tests.conftest import NOW
from tests.imaging.external.dialects import oru
from tests.imaging.ris.reporting import obx, result
from tests.imaging.ris.sending import Client, merge, message, pid, update
from tests.journeys import external_workspace as outside
from tests.journeys.ris_workspace import add_studies
from tests.proof.hl7_truth import Answer, Message, Outside, Report, ResultsTruth, Truth

KINDS: Final = {
    "merge": 20, "update": 18, "order": 5, "again": 12, "malformed": 16, "half": 5, "reused": 5,
    "report": 20, "answer": 9, "product": 9, "mixed": 4, "for_nobody": 2,
}  # fmt: skip
ROOT: Final = "1.2.3.4"
"""Of the Study Instance UIDs."""
START: Final = datetime(2026, 3, 1, tzinfo=UTC)


def output_of_each(store: Store, own: Deployment, studies: Iterable[int]) -> dict[int, str]:
    """The own device finds something in each of these studies; the labels of its outputs."""
    with store.transaction("service:surveillance", "read", now=NOW) as tx:
        made = [
            Prediction(study_id=number, model_version_id=own.model_version_id, score=0.9,
                       decision=True, deployment_id=own.id, out_of_distribution=0.1,
                       predicted_at=NOW, returned_to_care=True)
            for number in studies
        ]  # fmt: skip
        tx.add_all(made)
    return {one.study_id: one.label for one in made}


def malformed(draw: random.Random, content: bytes) -> bytes:
    """A message that must be rejected, whatever it was."""
    return draw.choice([
        content[: draw.randrange(50)],
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

    def __init__(
        self, store: Store, own: Deployment, *, seed: int, messages: int, patients: int
    ) -> None:
        """own: of a version that reads each study. A third as many studies as patients come before
        the messages, 40 between them."""
        self.store, self.own, self.draw, self.truth = store, own, random.Random(seed), Truth()
        self.messages, self.before = messages, patients // 3
        self.people = [f"QX{number:04d}Z" for number in range(patients)]
        self.owners = [self.draw.choice(self.people) for _ in range(self.before + 40)]
        self.results = ResultsTruth(self.truth, self.owners)
        self.outputs: dict[int, str] = {}
        self.moments = self.draw.sample(range(1_000_000), messages * 2)
        self.port = 0
        self.clients: list[Client] = []
        self.sent: list[tuple[bytes, str]] = []
        self.orders = self.number = 0

    def connect(self, port: int) -> None:
        self.port, self.clients = port, [Client(port) for _ in range(4)]

    def arrive(self, count: int) -> None:
        """Studies come in, of patients whom the RIS may have merged before, and the own device
        reads them; then what waited for them is taken, as intake and the day's watch do."""
        before = len(self.truth.studies)
        some = self.owners[before : before + count]
        came = add_studies(self.store, some, accession=True, root=ROOT)
        merge_arrived(self.store, came, actor="service:intake", now=NOW)
        self.outputs |= output_of_each(self.store, self.own, range(before + 1, before + count + 1))
        now = datetime.now(UTC)
        reports_arrived(self.store, actor="service:intake", now=now)
        apply_waiting(self.store, outside.DEVICE, actor="service:intake", now=now)
        for one in some:
            self.truth.arrive(one)
        self.results.arrived()

    def send_all(self, port: int) -> None:
        self.connect(port)
        self.arrive(self.before)
        try:
            for number in range(self.messages):
                self.step()
                if number % (self.messages // 20) == 7:
                    self.arrive(2)
        finally:
            for client in self.clients:
                client.socket.close()

    def step(self) -> None:
        self.number += 1
        what = self.draw.choices(list(KINDS), list(KINDS.values()))[0]
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
        self.orders += 1
        patient = pid(self.draw.choice(self.people))
        kind = self.draw.choice(["ORM^O01", "OMI^O23"])
        rows = (patient, "ORC|NW|P1", "OBR|1|P1")
        return self.new(message(kind, *rows, control=f"CTRL{self.number}"), "AA")

    def study(self) -> tuple[int, str]:
        """A study by number, one that comes later or never among them, and a number that some
        system knows its patient by: the first one, the one that survived, or a wrong one."""
        number, known = self.draw.randrange(1, len(self.owners) + 4), len(self.owners)
        owner = self.owners[number - 1] if number <= known else self.draw.choice(self.people)
        some = [owner, self.truth.root(owner), self.draw.choice(self.people)]
        return number, self.draw.choices(some, [45, 45, 10])[0]

    def report(self) -> tuple[bytes, str]:
        return self.of_ris(*self.some_report())

    def answer(self) -> tuple[bytes, str]:
        return self.of_ris(*self.some_answer())

    def mixed(self) -> tuple[bytes, str]:
        """A report, and an answer to another study's result beside it."""
        one, rows = self.some_report()
        other, more = self.some_answer()
        return self.of_ris(Message(one.reports, other.answers), [*rows, *more])

    def some_report(self) -> tuple[Message, list[str]]:
        study, number = self.study()
        status, mark = self.draw.choice("PFFFCX"), f"{self.number % 89 + 10} x {self.number} mm"
        made = Report(study, number, status, "" if status == "X" else mark, self.moments.pop())
        closing = self.draw.choice(["Pneumonia.", "No pneumonia.", "Seen by Zwetschkenbaum."])
        text = f"FINDINGS: Consolidation of {mark}.\nIMPRESSION: {closing}"
        return Message(reports=(made,)), [obx(1, text, status=status)]

    def some_answer(self) -> tuple[Message, list[str]]:
        study = self.draw.choice([*self.outputs, 0])
        readable = self.draw.random() > 0.1
        reader = f"R{self.draw.randrange(3)}" if readable else "Zwetschkenbaum"
        made = Answer(study, reader, self.draw.choice(["accepted", "rejected"]),
                      self.draw.randrange(1, 29), readable)  # fmt: skip
        said = {"AI-RESULT": self.outputs.get(study, "PRE-99999999"),
                "AI-RESPONSE": made.response.upper()}  # fmt: skip
        if made.response == "rejected":
            said["AI-FINDING"] = "ABSENT"
        return Message(answers=(made,)), [
            f"OBX|{at}|ST|{name}^^99RADVIGIL|1|{value}||||||F|||202603{made.day:02d}||{reader}"
            for at, (name, value) in enumerate(said.items(), start=2)
        ]

    def of_ris(self, holds: Message, rows: list[str]) -> tuple[bytes, str]:
        """A result of the RIS; a study is named by UID or accession number."""
        said = holds.reports[0] if holds.reports else Report(1, self.owners[0], "F", "", 0)
        uid = f"{ROOT}.{said.study}" if self.draw.random() < 0.5 else ""
        content = result(
            said.number, *rows, uid=uid, accession=f"ACC{said.study}", filler=f"RP{said.study}",
            status=said.status, said_at=f"{START + timedelta(seconds=said.at):%Y%m%d%H%M%S}",
            control=f"CTRL{self.number}",
        )
        self.results.come(holds)
        return self.new(content, "AA")

    def product(self) -> tuple[bytes, str]:
        """A result of another maker's product, in a message of its own."""
        study, at = self.study()[0], self.moments.pop()
        # before its study comes by one way alone: which of two ways is taken first hangs on when
        # the listener looks
        named = self.draw.random() < 0.5 if self.results.here(study) else study % 2 == 0
        readable = self.draw.random() > 0.1
        made = Outside(study, self.draw.randrange(1, 100), named, at, readable)
        content = oru(
            f"{ROOT}.{study}" if named else "", score=made.score if readable else 6000,
            answer="present" if made.score >= 50 else "absent", accession=f"ACC{study}",
            at=START + timedelta(seconds=at), control=f"CTRL{self.number}",
        )
        self.results.come(Message(outside=(made,)))
        return self.new(content, "AA")

    def for_nobody(self) -> tuple[bytes, str]:
        """A result that is nobody's here: of the laboratory."""
        self.results.come(Message())
        rows = ("OBR|1|P1" + "|" * 22 + "LAB|F", "OBX|1|NM|K||4.1")
        patient = pid(self.draw.choice(self.people))
        return self.new(message("ORU^R01", patient, *rows, control=f"CTRL{self.number}"), "AA")

    def new(self, content: bytes, code: str) -> tuple[bytes, str]:
        self.sent.append((content, code))
        return content, code

    def again(self) -> tuple[bytes, str]:
        return self.draw.choice(self.sent[-200:]) if self.sent else self.merge()

    def malformed(self) -> tuple[bytes, str]:
        valid = self.valid()
        if self.draw.random() < 0.5:  # a report that would stand, if it were taken
            study = self.draw.randrange(len(self.truth.studies))
            valid = result(self.owners[study], obx(1, "IMPRESSION: Wrongly taken."),
                           accession=f"ACC{study + 1}", filler=f"RP{study + 1}",
                           said_at="20261101101112", control=f"CTRL{self.number}")  # fmt: skip
        return malformed(self.draw, valid), "AR"

    def reused(self) -> tuple[bytes, str]:
        accepted = [one for one, code in self.sent[-200:] if code == "AA" and b"|RIS|" in one]
        if not accepted:
            return self.merge()
        control = self.draw.choice(accepted).split(b"|")[9].decode()
        return update("QX9999Z", name="Wrong^Name", control=control), "AR"
