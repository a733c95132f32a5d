"""The reading order reaches the systems that ask: in its order, under original names, on record."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from imaging.node.storage import Node, NodeSettings
from imaging.results.statement import FOR_REVIEW
from journeys.run_node import run_node
from journeys.tell_worklist import WorklistTeller
from records.application_entities import Sender, register_entity, senders
from records.base import digest_of
from records.cases import ReaderAssessment, Study
from records.errors import InvalidInput
from records.identity_access import REIDENTIFIED, access_report
from records.lookup import find_events, list_records
from records.people import find_actor
from records.product import Device
from records.store import Store
from records.study_corrections import Corrected, record_corrections
from tests.imaging.node.test_matching import dataset
from tests.imaging.node.test_querying import ask
from tests.journeys.returning import NOW, SITE, in_care

DEVICE = "chest-radiograph-pneumonia"
ASKED = dataset(
    PatientName="",
    PatientID="",
    ScheduledProcedureStepPriority="",
    ScheduledProcedureStepStartDateTime="",
    CommentsOnTheScheduledProcedureStep="",
    ReferencedRequestSequence=[],
)


@pytest.fixture
def waiting(store: Store, tmp_path: Path) -> Store:
    """Four studies that came five minutes apart; the third is flagged, the fourth has no answer."""
    in_care(store, tmp_path / "in", studies=4, scores=(0.1, 0.1, 0.9, None))
    with store.transaction("setup", "setup", now=NOW) as tx:
        register_entity(tx, "RIS", SITE, asks=True, by=find_actor(tx, "ada"), now=NOW)
        register_entity(tx, "CR1", SITE, by=find_actor(tx, "ada"), now=NOW)
    return store


def at(store: Store, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """What time it is, as the node reads the workspace's clock."""
    now = NOW + timedelta(minutes=minutes)
    monkeypatch.setattr("journeys.tell_worklist.now_in", lambda _: now)


@contextmanager
def running(store: Store) -> Iterator[Node]:
    settings = NodeSettings("RADVIGIL", "127.0.0.1", 0)
    with run_node(store, settings, actor="service:node", worklist_of=DEVICE) as node:
        yield node


def numbers(found: list[Dataset]) -> list[str]:
    return [str(one.ReferencedRequestSequence[0].AccessionNumber) for one in found]


def reidentified(store: Store) -> list[tuple[str, str]]:
    with store.reader() as reader:
        return [(one.subject, one.new) for one in find_events(reader, action=REIDENTIFIED)]


@pytest.mark.requirement("REG-111")
def test_a_flagged_study_is_told_first_under_its_original_patient_and_each_is_on_record(
    waiting: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 20)
    with running(waiting) as node:
        found, status = ask(node, ASKED)
        assert status.Status == 0
        assert numbers(found) == ["ACC-3", "ACC-1", "ACC-2", "ACC-4"]
        assert [one.PatientID for one in found] == ["QX-3", "QX-1", "QX-2", "QX-4"]
        assert {str(one.PatientName) for one in found} == {"Zwetschkenb\u00e4umle^Ottilie"}
        priorities = [str(one.ScheduledProcedureStepPriority) for one in found]
        assert priorities == ["HIGH", "MEDIUM", "MEDIUM", "MEDIUM"]
        why = [str(one.CommentsOnTheScheduledProcedureStep) for one in found]
        assert why[0].startswith("moved up: score at least")
        assert why[1] == f"in its turn. {FOR_REVIEW}"
        events = reidentified(waiting)
        assert {subject for subject, _ in events} == {f"Study:{number}" for number in range(1, 5)}
        assert all("worklist to AET-0001" in new for _, new in events)
        assert not any("QX-" in new or "ACC-" in new for _, new in events)
        ask(node, ASKED)
        assert reidentified(waiting) == events, "told again, not opened again"
    with waiting.reader() as reader:
        patient = list_records(reader, Study)[0].patient
        assert "worklist to AET-0001" in {row["purpose"] for row in access_report(reader, patient)}


def test_none_waits_longer_than_the_cap_because_it_was_not_flagged(
    waiting: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 126)  # the cap of the definition is 120 minutes
    with running(waiting) as node:
        found, _ = ask(node, ASKED)
    assert numbers(found) == ["ACC-1", "ACC-2", "ACC-3", "ACC-4"]
    priorities = [str(one.ScheduledProcedureStepPriority) for one in found]
    assert priorities == ["HIGH", "HIGH", "HIGH", "MEDIUM"]
    by_priority = sorted(found, key=lambda one: (
        str(one.ScheduledProcedureStepPriority), str(one.ScheduledProcedureStepStartDateTime)
    ))  # fmt: skip
    assert by_priority == found


def test_a_study_without_an_answer_keeps_its_turn_and_one_that_was_read_is_gone(
    waiting: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 20)
    with waiting.transaction("setup", "setup", now=NOW) as tx:
        tx.add(ReaderAssessment(
            study_id=3, reader="R1", finding="pneumonia", present=True, saw_output=False,
            assessed_on=NOW.date(), received_at=NOW,
        ))  # fmt: skip
    with running(waiting) as node:
        found, _ = ask(node, ASKED)
    assert numbers(found) == ["ACC-1", "ACC-2", "ACC-4"]
    assert {str(one.ScheduledProcedureStepPriority) for one in found} == {"MEDIUM"}


@pytest.mark.requirement("R-P11-10h")
def test_a_system_that_may_only_send_is_refused_on_record(
    waiting: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 20)
    with running(waiting) as node:
        found, status = ask(node, ASKED, title="CR1")
    assert (found, status.Status) == ([], 0x0124)
    assert reidentified(waiting) == []
    with waiting.reader() as reader:
        (event,) = find_events(reader, action="worklist refused")
    assert "CR1" in event.new


def test_a_site_is_told_its_own_studies_only(
    waiting: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 20)
    teller = WorklistTeller(waiting, DEVICE, actor="service:node")
    assert teller.waiting(Sender("OTHER", "westhaven", "", "AET-0009", asks=True)).items == []
    assert reidentified(waiting) == []


def test_what_is_remembered_ends_with_the_hour_with_the_waiting_and_with_the_mapping(
    waiting: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 20)
    teller = WorklistTeller(waiting, DEVICE, actor="service:node")
    with waiting.reader() as reader:
        ris = senders(reader)["RIS"]
    assert len(teller.waiting(ris).items) == 4
    assert len(reidentified(waiting)) == 4
    at(waiting, monkeypatch, 79)
    teller.waiting(ris)
    assert len(reidentified(waiting)) == 4
    at(waiting, monkeypatch, 80)
    teller.waiting(ris)
    assert len(reidentified(waiting)) == 8
    waiting.workspace.identity.unlink()
    told = teller.waiting(ris)
    assert (told.items, told.unnamed) == ([], 4), "nobody is told from memory without a mapping"
    teller.waiting(ris)
    assert len(reidentified(waiting)) == 16


def test_a_corrected_study_is_told_anew_at_once(
    waiting: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 20)
    teller = WorklistTeller(waiting, DEVICE, actor="service:node")
    with waiting.reader() as reader:
        ris = senders(reader)["RIS"]
        study = list_records(reader, Study)[0]
    teller.waiting(ris)
    before = len(reidentified(waiting))
    assert study.id is not None
    said = Corrected(study.id, study.patient, ("AccessionNumber",), None, "", digest_of("again"))
    with waiting.transaction("service:intake", "sent again", now=NOW) as tx:
        record_corrections(tx, [said], by="service:intake", now=NOW)
    teller.waiting(ris)
    assert len(reidentified(waiting)) == before + 1
    teller.waiting(ris)
    assert len(reidentified(waiting)) == before + 1


def test_a_device_without_a_worklist_is_refused_before_the_node_listens(waiting: Store) -> None:
    with waiting.transaction("setup", "setup", now=NOW) as tx:
        device = list_records(tx, Device)[0]
        content = {**device.definition, "worklist": None}
        tx.add(Device(
            name=device.name, revision=2, trade_name=device.trade_name, definition=content,
            definition_digest=digest_of(content), defined_at=NOW,
        ))  # fmt: skip
    with pytest.raises(InvalidInput, match="declares no worklist"), running(waiting):
        pass
