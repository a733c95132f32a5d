"""Results reach the system that receives: once, under the original patient, or listed with why."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydicom.uid import SecondaryCaptureImageStorage
from sqlmodel import Session

from imaging.ingest import Arrival, ingest
from journeys.return_results import ReturnReport, _alone, return_results
from journeys.write_fhir import write_fhir
from records.application_entities import ApplicationEntity, retire_entity
from records.cases import Prediction
from records.errors import Refused, TransitionRefused, Unavailable
from records.held_results import give_up_deliveries
from records.identity_access import REIDENTIFIED
from records.lookup import find_events, list_records
from records.named_bytes import named_bytes
from records.people import find_actor
from records.product import Device, ModelVersion
from records.reader_link_acts import issue_link
from records.result_deliveries import (
    DELIVERED,
    PAUSES,
    UNDELIVERABLE,
    WAITING,
    Kept,
    ResultDelivery,
    due_deliveries,
    is_late,
    queue_results,
    readings_to_return,
    resend,
)
from records.settings import REPOSITORY
from records.store import Store, open_store
from records.suspensions import propose_suspension
from records.told import told_of
from records.vault import Vault
from records.verify_workspace import verify_workspace
from tests.cli.conftest import write_radiograph
from tests.journeys.returning import NOW, SITE, WAYS, free_port, in_care, pacs, receive_at


def one_round(store: Store, at: datetime = NOW) -> ReturnReport:
    return return_results(store, WAYS, actor="service:results", clock=lambda: at)


def deliveries(store: Store) -> list[ResultDelivery]:
    with store.reader() as reader:
        return list_records(reader, ResultDelivery)


@pytest.mark.requirement("REG-007", "REG-111")
def test_a_result_lands_under_the_original_patient_study_and_accession_number(
    store: Store, tmp_path: Path
) -> None:
    in_care(store, tmp_path / "in", studies=2)
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        report = one_round(store)
    assert (report.queued, report.delivered, report.faults) == (2, 2, {})
    by_accession = {str(one.AccessionNumber): one for one in receiver.held.values()}
    assert set(by_accession) == {"ACC-1", "ACC-2"}
    one = by_accession["ACC-2"]
    assert str(one.PatientName) == "Zwetschkenbäumle^Ottilie"
    assert (one.PatientID, one.PatientBirthDate) == ("QX-2", "19610523")
    assert one.StudyInstanceUID == "1.2.826.0.1.3680043.2.1125.1.2"
    assert (one.StudyDate, one.StudyTime) == ("20260214", "101112")
    assert [row.status for row in deliveries(store)] == [DELIVERED, DELIVERED]
    with store.reader() as reader:
        events = find_events(reader, action=REIDENTIFIED)
        trail = json.dumps([[one.old, one.new, one.reason] for one in find_events(reader)])
    assert {one.subject for one in events} == {"Study:1", "Study:2"}
    assert {one.actor for one in events} == {"service:results"}
    for said in ("Zwetschken", "QX-", "ACC-", "1.2.826.0.1.3680043.2.1125"):
        assert said not in trail
    assert one_round(store).queued == 0, "what was returned is not returned again"
    assert len(receiver.calls) == 2


def test_what_records_name_of_results_is_kept_and_verified(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    receive_at(store, "PACS1", port=free_port())
    one_round(store)
    (row,) = deliveries(store)
    with store.reader() as reader:
        named = dict(named_bytes(reader, Vault(store.workspace.vault)))
    assert named[row.digest] == "RSD-0001 (digest)"
    Vault(store.workspace.vault).path_of(row.digest).unlink()
    with store.reader() as reader:
        found = verify_workspace(store, reader)
    assert any("RSD-0001" in str(one) for one in found.findings)


def test_a_shadow_returns_nothing_to_care(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in", mode="shadow")
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        assert one_round(store).queued == 0
    assert not receiver.calls
    with store.reader() as reader:
        prediction = reader.get_one(Prediction, 1)
    with (
        pytest.raises(Refused, match="shadow"),
        store.transaction("service:results", "return", now=NOW) as tx,
    ):
        queue_results(
            tx, prediction, [Kept("report", "1.2", "1.2.3", "a" * 64)],
            list_records(tx, ApplicationEntity), now=NOW,
        )


def test_what_was_read_before_a_system_received_is_not_sent_to_it(
    store: Store, tmp_path: Path
) -> None:
    in_care(store, tmp_path / "in")
    with store.transaction("setup", "setup", now=NOW + timedelta(1)) as tx:
        tx.add(ApplicationEntity(title="LATER", site_id=1, host="127.0.0.1", port=1, receives=True,
                                 registered_by="ada", registered_at=NOW + timedelta(1)))
    assert one_round(store, NOW + timedelta(1)).queued == 0


def test_a_system_that_is_down_is_tried_again_with_pauses_and_then_listed(
    store: Store, tmp_path: Path
) -> None:
    in_care(store, tmp_path / "in")
    port = free_port()
    receive_at(store, "PACS1", port=port)
    at = NOW
    assert "is not reached" in one_round(store, at).faults["RSD-0001"]
    assert one_round(store, at).faults == {}, "not due again at once"
    (row,) = deliveries(store)
    assert (row.status, row.attempts) == (WAITING, 1)
    assert not is_late(row, NOW + timedelta(minutes=9))
    assert is_late(row, NOW + timedelta(minutes=11))
    for pause in PAUSES[1:]:
        at += pause
        one_round(store, at)
    (row,) = deliveries(store)
    assert (row.status, row.attempts) == (UNDELIVERABLE, len(PAUSES))
    assert "is not reached" in row.outcome
    with pacs(port=port) as receiver:
        assert one_round(store, at + timedelta(1)).delivered == 0, "given up"
        with store.transaction("ada", "the PACS is back", now=at) as tx:
            resend(tx, tx.get_one(ResultDelivery, 1), by=find_actor(tx, "ada"))
        assert one_round(store, at + timedelta(1)).delivered == 1
        with (
            pytest.raises(TransitionRefused),
            store.transaction("ada", "once more", now=at) as tx,
        ):
            resend(tx, tx.get_one(ResultDelivery, 1), by=find_actor(tx, "ada"))
    assert len(receiver.held) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [(0xA700, "out of resources"), (0xC001, "cannot understand"), (0x0124, "not authorise"),
     (0x0110, "it failed (status 0x0110)")],
)  # fmt: skip
def test_why_a_system_did_not_store_it_is_recorded(
    store: Store, tmp_path: Path, status: int, words: str
) -> None:
    in_care(store, tmp_path / "in")
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        receiver.status = status
        assert words in one_round(store).faults["RSD-0001"]
        receiver.status = 0
        assert one_round(store, NOW + timedelta(hours=1)).delivered == 1


def test_a_system_that_takes_no_reports_is_told_of(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    with pacs(takes=(SecondaryCaptureImageStorage,)) as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        assert "does not take this kind" in one_round(store).faults["RSD-0001"]


def test_one_system_that_is_down_does_not_hold_up_another(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    with pacs() as receiver:
        receive_at(store, "DOWN", port=free_port())
        receive_at(store, "PACS1", port=receiver.port)
        report = one_round(store)
    assert (report.delivered, list(report.faults)) == (1, ["RSD-0001"])


def test_a_system_that_wants_tls_is_not_called_in_clear(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    with pacs() as receiver:
        label = receive_at(store, "PACS1", port=receiver.port, tls=True)
        assert "TLS only" in one_round(store).faults["RSD-0001"]
    assert not receiver.calls
    with store.transaction("ada", "replaced", now=NOW) as tx:
        assert label == "AET-0001"
        retire_entity(tx, tx.get_one(ApplicationEntity, 1), by=find_actor(tx, "ada"))
    assert "was retired" in one_round(store, NOW + timedelta(hours=1)).faults["RSD-0001"]


def test_a_destroyed_mapping_sends_nothing_and_says_so(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        store.workspace.identity.unlink()
        assert "not in the identity mapping" in one_round(store).faults["RSD-0001"]
    assert not receiver.calls


def test_a_missing_image_stops_its_result_and_no_other(store: Store, tmp_path: Path) -> None:
    from records.cases import Instance

    in_care(store, tmp_path / "in", studies=2)
    with store.reader() as reader:
        lost = reader.get_one(Instance, 1).digest
    Vault(store.workspace.vault).path_of(lost).unlink()
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        report = one_round(store)
    assert report.delivered == 1
    assert "INS-0001" in report.faults["PRE-0001"]


def test_two_processes_do_not_send_at_once(store: Store) -> None:
    with _alone(store), pytest.raises(Unavailable, match="Another process"):
        one_round(store)


SENDER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from journeys.return_results import Ways, return_results
from records.settings import Workspace
from records.store import open_store
store = open_store(Workspace(Path(sys.argv[1])), url="")
return_results(store, Ways(), actor="service:results",
               clock=lambda: datetime(2026, 2, 14, 9, tzinfo=UTC))
"""


def sender(home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", SENDER, str(home)], cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


@pytest.mark.parametrize(
    "kept",
    [pytest.param(True, id="it was kept"),
     pytest.param(False, id="it was not kept", marks=pytest.mark.service)],
)  # fmt: skip
def test_a_kill_in_the_middle_loses_nothing_and_sends_nothing_twice(
    store: Store, tmp_path: Path, kept: bool
) -> None:
    in_care(store, tmp_path / "in", studies=3)
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        running: list[subprocess.Popen[bytes]] = []

        def kill_at_the_second() -> None:
            if len(receiver.calls) == 2:
                if not kept:
                    receiver.held.pop(receiver.calls[-1])
                os.kill(running[0].pid, signal.SIGKILL)
                running[0].wait()

        receiver.then = kill_at_the_second
        store.close()
        running.append(sender(store.workspace.home))
        running[0].wait(timeout=120)
        again = open_store(store.workspace, url="")
        try:
            assert [one.status for one in deliveries(again)] == [WAITING] * 3
            report = one_round(again, NOW + timedelta(hours=1))
            assert (report.delivered, report.faults) == (3, {})
        finally:
            again.close()
    assert len(receiver.held) == 3
    twice = {uid for uid in receiver.calls if receiver.calls.count(uid) > 1}
    assert twice == (set() if kept else {receiver.calls[1]})


def test_after_a_merge_at_the_pacs_the_result_bears_the_patient_that_stays(
    store: Store, tmp_path: Path
) -> None:
    """Made under the old pseudonym, sent under the new patient; readings stay with the study."""
    in_care(store, tmp_path / "in")
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        again = write_radiograph(
            tmp_path / "again.dcm", 1, PatientID="NEW-7", PatientName="Nussbaum^Rosa",
            PatientBirthDate="19610523", AccessionNumber="ACC-99", IssuerOfPatientID="North",
        )
        arrival = Arrival(SITE, "clinical", NOW.date())
        report = ingest(store, [again], arrival, actor="service:intake", now=NOW)
        assert (report.duplicate, report.corrected) == (1, 1)
        return_results(store, WAYS, actor="service:results", clock=lambda: NOW)
        (sent,) = receiver.held.values()
    assert (sent.PatientID, str(sent.PatientName)) == ("NEW-7", "Nussbaum^Rosa")
    assert (sent.AccessionNumber, sent.IssuerOfPatientID) == ("ACC-99", "North")


def suspend(store: Store) -> None:
    """Use is suspended by a rule, an hour after the studies were read."""
    at = NOW + timedelta(hours=1)
    with store.transaction("service:surveillance", "revalidation failed", now=at) as tx:
        one = propose_suspension(
            tx, tx.get_one(ModelVersion, 1), SITE, grounds="sensitivity fell",
            by="service:surveillance", rule="MPL-0001, revalidation.fail_safe", now=at,
        )
        give_up_deliveries(
            tx, ResultDelivery, tx.get_one(Device, 1).name, SITE, one.why_not_read
        )


@pytest.mark.requirement("REG-063")
def test_where_use_is_suspended_no_result_leaves_by_any_way(store: Store, tmp_path: Path) -> None:
    (study,) = in_care(store, tmp_path / "in")
    at = NOW + timedelta(hours=2)
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        with store.transaction("service:results", "return results", now=NOW) as tx:
            (pair,) = readings_to_return(tx)
            prediction, entity = pair
            kept = [Kept("report", "1.2", "2.25.1", "a" * 64)]
            assert len(queue_results(tx, prediction, kept, [entity], now=NOW)) == 1
        suspend(store)
        assert one_round(store, at).queued == 0
        (held,) = deliveries(store)
        assert (held.status, held.outcome) == (UNDELIVERABLE, "device suspended (SUS-0001)")
        more = [Kept("report", "1.2", "2.25.2", "a" * 64)]
        with store.transaction("ada", "try", now=at) as tx:
            said = tx.get_one(Prediction, prediction.id)
            assert queue_results(tx, said, more, [entity], now=at) == []
            with pytest.raises(Refused, match="suspended at northfield"):
                resend(tx, tx.get_one(ResultDelivery, held.id), by=find_actor(tx, "ada"))
            with pytest.raises(Refused, match="suspended at northfield"):
                issue_link(tx, said, "R1", by="ada", now=at)
    assert not receiver.calls
    with store.reader() as reader:
        told = told_of(reader, [study.id or 0])[study.id or 0]
    assert (told.reading, told.why) == (
        None, "device suspended (SUS-0001): it was read before use was resumed"
    )
    with pytest.raises(Refused, match="device suspended"):
        write_fhir(store, study.label, tmp_path / "r.json", release="R4", actor="ada", now=at)
    assert not (tmp_path / "r.json").exists()


def test_what_is_given_up_in_the_middle_of_a_round_is_not_sent(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_care(store, tmp_path / "in")

    def due(reader: Session, now: datetime) -> list[ResultDelivery]:
        found = due_deliveries(reader, now)
        suspend(store)
        return found

    monkeypatch.setattr("journeys.return_results.due_deliveries", due)
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        assert one_round(store, NOW).queued == 1
    assert not receiver.calls
    assert [one.status for one in deliveries(store)] == [UNDELIVERABLE]


def test_what_arrived_while_it_was_given_up_is_told_as_delivered(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_care(store, tmp_path / "in")

    def sent(*given: object, **more: object) -> list[str]:
        suspend(store)
        return ["" for _ in given[1]]  # type: ignore[attr-defined]

    monkeypatch.setattr("journeys.return_results.deliver", sent)
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        assert one_round(store, NOW).delivered == 1
    assert [one.status for one in deliveries(store)] == [DELIVERED]
