"""A result is a product's, a reader's answer, a report, or several of these: each its own way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imaging.ris.applying import message_journal
from imaging.ris.journal import Journal
from imaging.ris.listening import Endpoint, Limits, Listener
from journeys.receive_messages import MessageDesk, receive_messages
from journeys.run_node import SenderRegister
from records.application_entities import register_entity
from records.cases import Prediction, ReaderAssessment
from records.external_results import ExternalResult
from records.lookup import list_records
from records.people import find_actor
from records.reports import RadiologyReport
from records.store import Store
from tests.imaging.external.dialects import oru
from tests.imaging.ris.reporting import obx, result
from tests.imaging.ris.sending import Client
from tests.journeys import external_workspace as outside
from tests.journeys.returning import NOW, in_care
from tests.journeys.ris_workspace import SITE, add_studies

RIS, CAD = "AET-0001", "AET-0002"
SENDERS = {("RIS", "NORTH"): RIS, ("EXAMPLECAD", "NORTH"): CAD}
TEXT = "FINDINGS: Left basal consolidation.\nIMPRESSION: Pneumonia."
TOLD = "OBX|9|TX|GDT^^L||Pneumonia, says the software.||||||F|||||||ExampleCAD Chest^2.1.0"


@pytest.fixture
def care(store: Store, tmp_path: Path) -> Store:
    """A study that a device of ours has read, another maker's product, and two senders."""
    in_care(store, tmp_path / "in")
    outside.accept(store, outside.definition())
    with store.transaction("ada", "contract 9", now=NOW) as tx:
        for title in ("RIS1", "CAD1"):
            register_entity(
                tx, title, SITE, host="127.0.0.1", by=find_actor(tx, "ada"), now=NOW
            )
    return store


@contextmanager
def listening(store: Store) -> Iterator[Listener]:
    endpoint = Endpoint("127.0.0.1", 0, None, Limits())
    with receive_messages(store, endpoint, SENDERS, actor="service:hl7") as listener:
        yield listener


def report(*rows: str) -> bytes:
    return result("QX-1", *rows, accession="ACC-1")


def answer(response: str, *, reader: str = "R08", result: str = "PRE-0001") -> list[str]:
    """What a reader answers to a result, as OBX of a message."""
    said = {"AI-RESULT": result, "AI-RESPONSE": response}
    if response == "REJECTED":
        said["AI-FINDING"] = "ABSENT"
    return [
        f"OBX|{at}|ST|{name}^^99RADVIGIL|1|{value}||||||F|||20260301||{reader}"
        for at, (name, value) in enumerate(said.items(), start=1)
    ]


def of_product(*, answered: str = "present", control: str = "9") -> bytes:
    """A message that the product itself sends, with a text that reads like a report."""
    said = oru("1.2.3.4.5", score=60, answer=answered, control=control)
    return said + b"\r" + obx(8, TEXT).encode() + b"\r"


def on_record(store: Store) -> tuple[int, int, int]:
    """How many results of products, readers' answers and reports."""
    with store.reader() as reader:
        return tuple(  # type: ignore[return-value]
            len(list_records(reader, one))
            for one in (ExternalResult, ReaderAssessment, RadiologyReport)
        )


def kept(store: Store) -> int:
    """How many results lie in the journal with their content."""
    journal = message_journal(store)
    try:
        return len(journal.results(after=0))
    finally:
        journal.close()


def test_each_result_goes_where_it_belongs_and_a_mixed_one_to_all(care: Store) -> None:
    with listening(care) as listener, Client(listener.port) as client:
        said = of_product()
        assert client.send(said)[0] == client.send(said)[0] == "AA"
        assert on_record(care) == (1, 0, 0), "what a product writes is no report of a radiologist"
        assert client.send(report(*answer("ACCEPTED")))[0] == "AA"
        assert on_record(care) == (1, 1, 0), "an answer is no report"
        assert client.send(report(obx(1, TEXT)))[0] == "AA"
        assert on_record(care) == (1, 1, 1)
        mixed = report(
            obx(1, "IMPRESSION: No pneumonia."), *answer("REJECTED", reader="R09"),
            "OBR|2||RP2|71046^Chest^C4|||20260301||||||||||||||||||RAD|F",
            "OBX|1|ST|110180^Study Instance UID^DCM||1.2.3.4.6||||||F",
            "OBX|2|CWE|PNA^Pneumonia^99EXAI|1|52101004^Present^SCT||||||F|||20260301||"
            "||ExampleCAD Chest^2.1.0",
            "OBX|3|NM|SCORE^Score^99EXAI|1|71||||||F", TOLD,
        )  # fmt: skip
        assert client.send(mixed)[0] == "AA"
    assert on_record(care) == (2, 2, 2)
    assert kept(care) == 0
    with care.reader() as reader:
        product = list_records(reader, ExternalResult)[-1]
        rejected = list_records(reader, ReaderAssessment)[-1]
        last = list_records(reader, RadiologyReport)[-1]
        assert len(list_records(reader, Prediction)) == 1
    assert (product.score, product.decision, product.software) == (0.71, True, "2.1.0")
    assert (rejected.reader, rejected.response, rejected.present) == ("R09", "rejected", False)
    assert last.findings["pneumonia"]["said"] == "absent"


def test_what_is_refused_stays_with_its_message_and_holds_up_nothing(care: Store) -> None:
    with listening(care) as listener, Client(listener.port) as client:
        for content in (
            of_product(answered="", control="1").replace(b"|60|", b"|6000|"),
            report(*answer("ACCEPTED", reader="Zwetschkenbaum")),
            report(obx(1, TEXT), *answer("ACCEPTED", result="PRE-0404")), report(obx(1, TEXT)),
        ):  # fmt: skip
            assert client.send(content)[0] == "AA"
    assert on_record(care) == (0, 0, 1)
    assert kept(care) == 3
    with listening(care):
        pass
    assert (on_record(care), kept(care)) == ((0, 0, 1), 3)


def test_a_products_result_is_taken_when_the_study_of_its_accession_number_comes(
    care: Store,
) -> None:
    said = oru("", score=60, answer="present", accession="ACC2", control="7")
    with listening(care) as listener, Client(listener.port) as client:
        assert client.send(said)[0] == "AA"
        assert (on_record(care), kept(care)) == ((0, 0, 0), 1)
        add_studies(care, ["A"], accession=True)
        assert client.send(report(obx(1, TEXT)))[0] == "AA"
        assert (on_record(care), kept(care)) == ((1, 0, 1), 0)


@pytest.mark.parametrize("step", ["results", "done"])
def test_a_kill_after_a_result_was_kept_loses_nothing_and_records_once(
    care: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = report(obx(1, TEXT), *answer("ACCEPTED"))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for content in (mixed, of_product()):
        with monkeypatch.context() as patched:
            patched.setattr(Journal, step, killed)
            journal = message_journal(care)
            desk = MessageDesk(
                care, journal, SenderRegister(care), SENDERS, actor="service:hl7"
            )
            with pytest.raises(KeyboardInterrupt):
                desk.answer(content, "127.0.0.1")
            journal.close()
        with listening(care):
            pass
    assert on_record(care) == (1, 1, 1)
    assert kept(care) == 0
