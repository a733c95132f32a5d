"""CAPAs of another system: as they stood there, with what their steps ask for, or not at all."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import select

from journeys.my_work import owed_work
from records.capas import CAPA, advance_capa
from records.complaints import receive_complaint
from records.errors import InvalidInput, NotAllowed, Refused
from records.lookup import list_records
from records.people import find_actor
from records.product import Device
from records.settings import Workspace
from records.store import Store, open_store
from records.verify import verify_records
from regulatory.capa_import import ELSEWHERE, TEMPLATE, import_capas, read_capa_rows
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.regulatory.gathering.conftest import statements

OPEN = {"number": "Q-1", "problem": "noise at one site", "status": "open",
        "opened_at": "2025-11-03", "source": "ALT-0001", "owner": "demo.engineer",
        "due_investigated": "2026-03-20"}  # fmt: skip
DONE = {"number": "Q-2", "problem": "wrong labels", "status": "implemented",
        "opened_at": "2025-06-01", "source": "C-77", "containment": "two readers",
        "root_cause": "a wrong table", "correction": "labels corrected",
        "corrective_action": "the table is checked", "effectiveness_criterion": "no wrong label",
        "implementation": "checked daily", "implemented_at": "2025-09-01",
        "implemented_by": "demo.engineer", "due_closed": "2026-04-01"}  # fmt: skip
GONE = DONE | {"number": "Q-3", "status": "closed", "source": "", "implemented_by": "",
               "effectiveness_result": "none in 90 days", "closed_at": "2025-12-01"}  # fmt: skip


def table(*rows: dict[str, str]) -> bytes:
    written = io.StringIO()
    names = TEMPLATE.strip().split(",")
    writer = csv.DictWriter(written, names)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    with store.transaction("demo.quality", "taken over", now=TODAY) as tx:
        receive_complaint(tx, device=tx.get_one(Device, 1), words="It missed one", channel="letter",
                          received_at=TODAY, by=find_actor(tx, "demo.quality"), now=TODAY,
                          old_number="C-77")  # fmt: skip
    yield store
    store.close()


def imported(tx: Any, *rows: dict[str, str], by: str = "quality", good: bool = False) -> Any:
    return import_capas(tx, tx.get_one(Device, 1), table(*rows),
                        by=find_actor(tx, f"demo.{by}"), now=TODAY, accept_good=good)  # fmt: skip


def test_capas_are_taken_over_as_they_stood_and_go_on_from_there(store: Store) -> None:
    with store.transaction("demo.quality", "taken over", now=TODAY) as tx:
        report = imported(tx, OPEN, DONE, GONE)
        assert ([one.label for one in report.made], report.faults) == (
            ["CAPA-0001", "CAPA-0002", "CAPA-0003"], [])  # fmt: skip
        first, done, gone = report.made
        assert (first.source, first.owner, first.due) == (
            "ALT-0001", "demo.engineer", {"investigated": "2026-03-20"})  # fmt: skip
        assert (done.source, done.implemented_by) == ("CMP-0001", "demo.engineer")
        assert (gone.source, gone.closed_as, gone.closed_by) == ("DEV-0001", ELSEWHERE, "")
        again = imported(tx, OPEN, DONE, GONE)
        assert (again.made, again.known) == ([], ["Q-1", "Q-2", "Q-3"])
        owed = {one.label: (one.step, str(one.due)) for one in owed_work(tx, TODAY)
                if one.kind == "capa"}  # fmt: skip
        assert owed == {"CAPA-0001": ("investigated", "2026-03-20"),
                        "CAPA-0002": ("closed", "2026-04-01")}  # fmt: skip
    with store.transaction("demo.regulatory", "none since", now=TODAY) as tx:
        advance_capa(tx, tx.get_one(CAPA, 2), "closed", {"effectiveness_result": "none since"},
                     by=find_actor(tx, "demo.regulatory"), now=TODAY, password=PASSWORD)
    with store.reader() as reader:
        assert [one.status for one in list_records(reader, CAPA)] == ["open", "closed", "closed"]
        assert verify_records(reader).whole


def test_a_row_more_is_one_insert_more_and_no_question(store: Store) -> None:
    def asked(count: int) -> int:
        rows = [DONE | {"number": f"M-{count}-{number}"} for number in range(count)]
        with pytest.raises(ZeroDivisionError), statements(store) as so_far:
            with store.transaction("demo.quality", "taken over", now=TODAY) as tx:
                before = so_far()
                assert len(imported(tx, *rows).made) == count
                found = so_far() - before
                raise ZeroDivisionError
        return found

    few = asked(6)
    assert few <= 14
    assert asked(60) - few == 60 - 6


@pytest.mark.parametrize(("changed", "said"), [
    ({"status": "done"}, "status: 'done' is none of open, investigated"),
    ({"status": "planned"}, "containment, root_cause, correction"),
    ({"opened_at": "3.11.2025"}, "opened_at: '3.11.2025' is no day such as 2026-03-20."),
    ({"opened_at": "2027-01-01"}, "they follow each other and are not to come"),
    ({"source": "X-9"}, "source: 'X-9' is no label of a record here"),
    ({"owner": "nobody"}, "owner: there is no account 'nobody'."),
    ({"closed_at": "2025-12-01"}, "closed_at: it is 'open', and that comes later."),
    ({"number": "Q-1", "problem": "another"}, "number: Q-1 is CAPA-0001 already, with another"),
    ({"number": ""}, "or no number."),
])  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_is_taken_in(
    store: Store, changed: dict[str, str], said: str
) -> None:
    with store.reader() as reader:
        before = len(list_records(reader, CAPA))
    with pytest.raises(Refused, match=r"Nothing was imported\. line 2:") as refused:
        with store.transaction("demo.quality", "taken over", now=TODAY) as tx:
            imported(tx, OPEN | {"number": "Q-9"} | changed, OPEN | {"number": "Q-10"})
    assert said in refused.value.message
    with store.reader() as reader:
        assert len(list_records(reader, CAPA)) == before


def test_the_good_rows_alone_and_twice_the_same_number(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction("x", "x", now=TODAY) as tx:
        with pytest.raises(NotAllowed):
            tx.info["act"].actor = "demo.quality"
            find_actor(tx, "demo.regulatory").roles = ["clinician"]
            imported(tx, OPEN, by="regulatory")
        report = imported(tx, OPEN | {"number": "Q-20"}, OPEN | {"number": "Q-20"}, good=True)
        assert len(report.made) == 1
        assert report.faults == ["line 3: number: Q-20 stands in line 2 already."]
        assert tx.exec(select(CAPA).where(CAPA.external_number == "Q-20")).one().status == "open"
        raise ZeroDivisionError
    with pytest.raises(InvalidInput, match="lacks status, opened_at"):
        read_capa_rows(b"number,problem\n1,x\n")
    with pytest.raises(InvalidInput, match="no row"):
        read_capa_rows(TEMPLATE.encode())
