"""A report carries its link to the reader and nowhere else; answers by it come back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journeys.answer_links import AnswerLinks
from journeys.answer_results import answer_result, link_to_study, result_of
from journeys.return_results import Ways, return_results
from records.cases import Study
from records.errors import InvalidInput, NotAllowed, NotFound, Refused, TransitionRefused
from records.lookup import list_records
from records.people import Role, find_actor, register_person
from records.reader_link_acts import LinkAnswer, Standing, find_link, withdraw_link
from records.reader_links import ReaderLink
from records.result_deliveries import PAUSES, ResultDelivery
from records.store import Store
from tests.journeys.returning import NOW, free_port, in_care, pacs, receive_at

AT = "https://answers.hospital.example"
WAYS = Ways("RADVIGIL", answers=AnswerLinks(AT, {"PACS1": "R07"}))


def lines_of(report: Any) -> list[str]:
    return [str(one.TextValue) for one in report.ContentSequence if one.ValueType == "TEXT"]


def one_round(store: Store, at: Any = NOW, ways: Ways = WAYS) -> Any:
    return return_results(store, ways, actor="service:results", clock=lambda: at)


def all_links(store: Store) -> list[ReaderLink]:
    with store.reader() as reader:
        return list_records(reader, ReaderLink)


def test_a_report_carries_the_link_of_its_reader_and_the_vault_does_not(
    store: Store, tmp_path: Path
) -> None:
    in_care(store, tmp_path / "in")
    with pacs() as receiver:
        receive_at(store, "PACS1", port=receiver.port)
        assert one_round(store).delivered == 1
    (report,) = receiver.held.values()
    (line,) = [one for one in lines_of(report) if AT in one]
    assert line.startswith("Accept, change or reject this result (reader R07, counts once): ")
    token = line.rpartition("/")[2]
    for file in store.workspace.home.rglob("*"):
        if file.is_file():
            assert token.encode() not in file.read_bytes(), file.name
    (link,) = all_links(store)
    assert (link.reader, link.prediction_id, link.expires_at - link.issued_at) == (
        "R07", 1, timedelta(days=14)
    )
    # the workspace's clock is the system's: the links of this day long past have expired by it
    assert result_of(store, token) is Standing.EXPIRED
    assert one_round(store, NOW + timedelta(days=14)).queued == 0
    assert [one.status for one in all_links(store)] == ["expired"]


def test_a_system_that_nobody_reads_at_gets_no_link(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    with pacs() as receiver:
        receive_at(store, "PACS2", port=receiver.port)
        one_round(store)
    (report,) = receiver.held.values()
    assert not [one for one in lines_of(report) if AT in one]
    assert all_links(store) == []


def test_links_of_a_result_that_never_arrived_are_withdrawn(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    receive_at(store, "PACS1", port=free_port())
    at = NOW
    for pause in (*PAUSES, PAUSES[-1]):
        at += pause
        one_round(store, at)
    with store.reader() as reader:
        assert [one.status for one in list_records(reader, ResultDelivery)] == ["undeliverable"]
    found = all_links(store)
    assert {one.status for one in found} == {"withdrawn"}
    assert len(found) == len(PAUSES)


@pytest.mark.parametrize(
    ("at", "readers", "days"),
    [("http://answers.hospital.example", {"PACS1": "R07"}, 14), ("answers", {"PACS1": "R07"}, 14),
     ("https://a:b@x.example", {"PACS1": "R07"}, 14), (AT, {}, 14), (AT, {"PACS1": "Eva"}, 14),
     (AT, {"PACS1": "R07"}, 0), (AT, {"PACS1": "R07"}, 91)],
)  # fmt: skip
def test_links_that_would_not_do_are_refused(at: str, readers: dict[str, str], days: int) -> None:
    with pytest.raises(InvalidInput):
        AnswerLinks(at, readers, days)
    assert AnswerLinks("http://127.0.0.1:8444", {"PACS1": "R07"}).days == 14


def test_a_link_is_for_what_care_saw(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in", mode="shadow")
    with (
        pytest.raises(NotFound, match="Nothing was returned to care of STU-0001"),
        store.transaction("service:results", "a link", now=NOW) as tx,
    ):
        link_to_study(tx, tx.get_one(Study, 1), "R07", by="service:results", now=NOW)


def test_some_may_withdraw_a_link_while_it_is_open(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    with store.transaction("ada", "people", now=NOW) as tx:
        register_person(tx, "cleo", full_name="Cleo", now=NOW, password="x" * 14,
                        roles=[Role.CLINICIAN])  # fmt: skip
        link, token = link_to_study(tx, tx.get_one(Study, 1), "R07", by="ada", now=NOW)
        found = find_link(tx, token)
        assert found is not None and found.label == link.label
        with pytest.raises(NotAllowed):
            withdraw_link(tx, link, by=find_actor(tx, "cleo"), now=NOW)
    with store.transaction("ada", "wrong reader", now=NOW) as tx:
        ada = find_actor(tx, "ada")
        withdraw_link(tx, tx.get_one(ReaderLink, 1), by=ada, now=NOW)
    assert all_links(store)[0].status == "withdrawn"
    with pytest.raises(Refused, match="The link is withdrawn"):
        answer_result(store, token, LinkAnswer("accepted"), actor="service:readers")
    with store.transaction("ada", "again", now=NOW) as tx:
        with pytest.raises(TransitionRefused):
            withdraw_link(tx, tx.get_one(ReaderLink, 1), by=find_actor(tx, "ada"), now=NOW)
        old, _ = link_to_study(tx, tx.get_one(Study, 1), "R07", by="ada", now=NOW, days=1)
        with pytest.raises(Refused, match="has expired"):
            withdraw_link(tx, old, by=find_actor(tx, "ada"), now=NOW + timedelta(days=1))
