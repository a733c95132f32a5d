"""The address of a calendar: that person's days, 304 while nothing changed, 404 for all else."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Thread

import pytest
import requests
from icalendar import Calendar

from gateway.calendar_feed import HEADERS
from gateway.calling_rate import Allowed
from gateway.run import Listening
from gateway.serve_calendar import calendar_server
from records.audit import count_events
from records.calendar_tokens import (
    CalendarToken,
    calendar_tokens,
    make_calendar_token,
    revoke_calendar_token,
)
from records.capas import assign_capa, open_capa
from records.errors import NotAllowed
from records.people import Role, find_actor, register_person
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import Alert
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.gateway.operation import until


@contextmanager
def feeding(store: Store, allowed: Allowed) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = calendar_server(store, Listening(port=port), allowed=allowed)
    thread = Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{port}/calendar"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A CAPA of the engineer that is due on 20 March, and nothing dated of anybody's else."""
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    with store.transaction("demo.quality", "open", now=TODAY) as tx:
        capa = open_capa(tx, device_id=1, source=tx.get_one(Alert, 1), problem="it fell at noon",
                         by="demo.quality", now=TODAY)  # fmt: skip
        assign_capa(tx, capa, by=find_actor(tx, "demo.quality"), owner="demo.engineer", now=TODAY,
                    due={"investigated": date(2026, 3, 20)})  # fmt: skip
        register_person(tx, "olga", full_name="Olga Auditor", roles=[Role.AUDITOR],
                        password=PASSWORD, now=TODAY)  # fmt: skip
    yield store
    store.close()


@pytest.fixture(scope="module")
def address(store: Store) -> Iterator[str]:
    with feeding(store, Allowed(each=10**6, together=10**6)) as found:
        yield found


def token_of(store: Store, name: str) -> str:
    with store.transaction(name, "my calendar", now=TODAY) as tx:
        return make_calendar_token(tx, by=find_actor(tx, name), now=TODAY)[1]


def test_a_person_reads_own_days_as_entries_and_tasks_and_304_while_nothing_changed(
    store: Store, address: str
) -> None:
    token = token_of(store, "demo.engineer")
    with store.reader() as reader:
        before = count_events(reader)
        assert token not in str([one.model_dump() for one in calendar_tokens(reader)])
    got = requests.get(f"{address}/{token}.ics", timeout=60)
    assert (got.status_code, got.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert HEADERS.items() <= {name: got.headers.get(name) for name in HEADERS}.items()
    read = Calendar.from_ical(got.content)
    mine = [one for one in read.walk("VEVENT") if str(one["summary"]).startswith("CAPA-0001")]
    assert [one["dtstart"].dt for one in mine] == [date(2026, 3, 20)]
    tasks = [one for one in read.walk("VTODO") if str(one["summary"]).startswith("CAPA-0001")]
    assert [(one["due"].dt, str(one["status"])) for one in tasks] == [
        (date(2026, 3, 20), "NEEDS-ACTION")]  # fmt: skip
    assert b"it fell" not in got.content
    again = requests.get(f"{address}/{token}.ics", timeout=60,
                         headers={"If-None-Match": f'W/{got.headers["etag"]}'})  # fmt: skip
    assert (again.status_code, again.content) == (304, b"")
    head = requests.head(f"{address}/{token}.ics", timeout=60)
    assert (head.status_code, head.headers["etag"]) == (200, got.headers["etag"])
    other = requests.get(f"{address}/{token_of(store, 'demo.quality')}.ics", timeout=60)
    assert b"CAPA-0001" not in other.content
    assert other.headers["etag"] != got.headers["etag"]
    with store.reader() as reader:
        assert count_events(reader) == before + 1, "reading a calendar records nothing"


def test_unknown_revoked_and_lost_rights_are_answered_alike(store: Store, address: str) -> None:
    token = token_of(store, "demo.regulatory")
    assert requests.get(f"{address}/{token}.ics", timeout=60).status_code == 200
    with store.transaction("demo.regulatory", "lost my phone", now=TODAY) as tx:
        one = tx.get_one(CalendarToken, calendar_tokens(tx)[-1].id)
        with pytest.raises(NotAllowed):
            revoke_calendar_token(tx, one, by=find_actor(tx, "demo.engineer"), now=TODAY)
        revoke_calendar_token(tx, one, by=find_actor(tx, "demo.regulatory"), now=TODAY)
    left = token_of(store, "demo.quality")
    with store.transaction("demo.quality", "left", now=TODAY) as tx:
        find_actor(tx, "demo.quality").active = False
    answers = [
        requests.get(f"{address}/{word}", timeout=60)
        for word in (f"{token}.ics", f"{left}.ics", f"{'A' * 43}.ics", "x.ics", "x", "%2e%2e.ics")
    ]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    assert {one.headers.get("etag") for one in answers} == {None}
    assert requests.post(f"{address}/{token}.ics", timeout=60).status_code == 405


def test_an_auditor_and_who_has_no_role_get_no_address(store: Store) -> None:
    with store.transaction("olga", "x", now=TODAY) as tx:
        with pytest.raises(NotAllowed):
            make_calendar_token(tx, by=find_actor(tx, "olga"), now=TODAY)
    token = token_of(store, "demo.engineer")
    from records.calendar_tokens import person_of_calendar

    with store.transaction("x", "roles taken away", now=TODAY) as tx:
        find_actor(tx, "demo.engineer").roles = ["auditor"]
        tx.flush()
        assert person_of_calendar(tx, token) is None
        find_actor(tx, "demo.engineer").roles = ["engineer"]


def test_who_asks_too_often_waits(store: Store) -> None:
    with feeding(store, Allowed(each=2, together=100)) as address:
        found = [requests.get(f"{address}/{'A' * 43}.ics", timeout=60) for _ in range(3)]
    assert [one.status_code for one in found] == [404, 404, 429]
    assert found[-1].headers["Retry-After"] == "60"
