"""A copy of the audit trail names nobody whose studies are here, unless it is asked for so."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from imaging import export_scan
from journeys.copy_trail import TrailOrder, copy_history, copy_trail
from records.errors import NotAllowed, Refused
from records.export_check import EXPORT
from records.lookup import EventFilter, find_events
from records.people import Role, register_person
from records.product import Site
from records.services import ensure_service
from records.store import Store
from tests.records.mapped import as_taken_before, mapped

NAMED = "Frau Ottilie Zwetschkenbaum asked"


@pytest.fixture
def typed(store: Store, now: datetime) -> Store:
    """A trail in which somebody typed a patient's name as a reason."""
    mapped(store, now=now)
    with store.transaction("radvigil", "begin", now=now) as tx:
        register_person(tx, "ada", full_name="Ada Quality", now=now,
                        roles=[Role.QUALITY, Role.ADMINISTRATOR], password="x" * 14)  # fmt: skip
    with as_taken_before(), store.transaction("ada", NAMED, now=now) as tx:
        tx.add(Site(name="northfield", registered_at=now))
    with store.transaction("ada", "as agreed", now=now) as tx:
        tx.add(Site(name="westhaven", registered_at=now))
    return store


def exports(store: Store) -> list[str]:
    with store.reader() as reader:
        return [one.new for one in find_events(reader, action=EXPORT)]


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize("lines_at_once", [1, 2, 20_000])
def test_a_trail_that_names_a_patient_does_not_leave_and_the_place_is_said(
    typed: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, lines_at_once: int
) -> None:
    monkeypatch.setattr(export_scan, "AT_ONCE", lines_at_once)
    out = tmp_path / "out"
    with pytest.raises(Refused, match=r"line \d+\.reason holds the PatientName") as refused:
        copy_trail(typed, TrailOrder(EventFilter()), out, actor="ada", now=now)
    assert "Zwetschkenbaum" not in f"{refused.value.message} {refused.value.hint}"
    assert not out.exists()
    assert exports(typed) == []
    number = int(refused.value.message.split("line ")[1].split(".")[0])
    with typed.reader() as reader:
        assert find_events(reader, last=10_000)[number - 1].reason == NAMED


@pytest.mark.requirement("REG-112")
def test_what_is_asked_for_as_it_stands_leaves_whole_and_how_often_is_on_record(
    typed: Store, tmp_path: Path, now: datetime
) -> None:
    order = TrailOrder(EventFilter(), identified=True)
    copy_trail(typed, order, tmp_path, actor="ada", now=now)
    assert NAMED in (tmp_path / "audit.jsonl").read_text()
    (event,) = exports(typed)
    assert json.loads(event)["identified"].endswith("named in 1 places")
    assert "Zwetschkenbaum" not in event


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize("who", ["emil", "service:export"])
def test_names_leave_by_nobody_but_quality_and_the_person_responsible(
    typed: Store, tmp_path: Path, now: datetime, who: str
) -> None:
    with typed.transaction("radvigil", "begin", now=now) as tx:
        register_person(tx, "emil", full_name="Emil Engineer", now=now,
                        roles=[Role.ENGINEER], password="x" * 14)  # fmt: skip
        ensure_service(tx, "service:export", now=now)
    with pytest.raises(NotAllowed):
        copy_trail(typed, TrailOrder(EventFilter(), identified=True), tmp_path / "out",
                   actor=who, now=now)  # fmt: skip
    assert not (tmp_path / "out").exists()
    assert exports(typed) == []


@pytest.mark.requirement("REG-112")
def test_a_part_that_names_nobody_leaves(typed: Store, tmp_path: Path, now: datetime) -> None:
    wanted = EventFilter(subject="Site:2")
    written = copy_trail(typed, TrailOrder(wanted), tmp_path, actor="ada", now=now)
    assert written.events == 1
    assert "identified" not in exports(typed)[0]


@pytest.mark.requirement("REG-112")
def test_a_records_history_is_looked_through_too(
    typed: Store, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(Refused, match="holds the PatientName"):
        copy_history(typed, "SIT-0001", tmp_path / "x", asked_by="Ada", actor="ada", now=now)
    assert not (tmp_path / "x").exists()
    copy_history(typed, "SIT-0002", tmp_path / "y", asked_by="Ada", actor="ada", now=now)
    assert len(list((tmp_path / "y").glob("history-SIT-0002.*"))) > 2
