"""Who may send studies is registered by a person, for a site, and can be taken back."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.application_entities import (
    ApplicationEntity,
    Receiving,
    check_title,
    destinations,
    find_entity,
    register_entity,
    retire_entity,
    senders,
)
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.people import Role, find_actor, register_person
from records.store import Store

WORD = "correct horse battery"


@pytest.fixture
def staffed(store: Store, now: datetime) -> Store:
    with store.transaction("radvigil", now=now) as tx:
        for name, role in (("ada", Role.QUALITY), ("emil", Role.ENGINEER)):
            register_person(
                tx, name, full_name=f"{name.title()} Someone", roles=[role], password=WORD, now=now
            )
    return store


@pytest.mark.requirement("R-P11-10h")
def test_a_registered_system_may_send_until_it_is_retired(staffed: Store, now: datetime) -> None:
    with staffed.transaction("ada", "contract 7", now=now) as tx:
        by = find_actor(tx, "ada")
        entity = register_entity(tx, " PACS1 ", "northfield", host="10.0.0.7", port=104, by=by,
                                 now=now)  # fmt: skip
        register_entity(tx, "CR 2", "northfield", asks=True, by=by, now=now)
    with staffed.reader() as reader:
        known = senders(reader)
        assert list(known) == ["PACS1", "CR 2"]
        assert (known["PACS1"].site, known["PACS1"].host) == ("northfield", "10.0.0.7")
        assert [one.asks for one in known.values()] == [False, True], "nobody by default"
    with staffed.transaction("ada", "replaced", now=now) as tx:
        retire_entity(tx, tx.get_one(ApplicationEntity, entity.id), by=find_actor(tx, "ada"))
    with staffed.reader() as reader:
        assert list(senders(reader)) == ["CR 2"]
        assert find_entity(reader, "PACS1") is None
    with staffed.transaction("ada", "a new one of that title", now=now) as tx:
        again = register_entity(tx, "PACS1", "westhaven", by=find_actor(tx, "ada"), now=now)
        assert again.id != entity.id


def test_a_title_is_one_systems_at_a_time(staffed: Store, now: datetime) -> None:
    with staffed.transaction("ada", "contract 7", now=now) as tx:
        register_entity(tx, "PACS1", "northfield", by=find_actor(tx, "ada"), now=now)
    with pytest.raises(Refused, match="AET-0001 is the active system"):
        with staffed.transaction("ada", "contract 7", now=now) as tx:
            register_entity(tx, "PACS1", "westhaven", by=find_actor(tx, "ada"), now=now)


def test_an_engineer_registers_and_retires_nothing(staffed: Store, now: datetime) -> None:
    with staffed.transaction("ada", "contract 7", now=now) as tx:
        entity = register_entity(tx, "PACS1", "northfield", by=find_actor(tx, "ada"), now=now)
    with pytest.raises(NotAllowed):
        with staffed.transaction("emil", "contract 7", now=now) as tx:
            register_entity(tx, "PACS2", "northfield", by=find_actor(tx, "emil"), now=now)
    with pytest.raises(NotAllowed):
        with staffed.transaction("emil", "contract 7", now=now) as tx:
            retire_entity(tx, tx.get_one(ApplicationEntity, entity.id), by=find_actor(tx, "emil"))


def test_what_is_retired_is_not_retired_again(staffed: Store, now: datetime) -> None:
    with staffed.transaction("ada", "contract 7", now=now) as tx:
        by = find_actor(tx, "ada")
        entity = register_entity(tx, "PACS1", "northfield", by=by, now=now)
        retire_entity(tx, entity, by=by)
    with pytest.raises(TransitionRefused):
        with staffed.transaction("ada", "contract 7", now=now) as tx:
            retire_entity(tx, tx.get_one(ApplicationEntity, entity.id), by=find_actor(tx, "ada"))


@pytest.mark.parametrize(
    ("title", "host", "port", "words"),
    [
        ("", "", None, "no AE title"), ("SEVENTEEN_LETTERS", "", None, "no AE title"),
        ("A\\B", "", None, "no AE title"), ("MÜNCHEN", "", None, "no AE title"),
        ("PACS", "a b", None, "no address"), ("PACS", "", 104, "port needs a host"),
        ("PACS", "pacs", 70000, "port needs a host"),
    ],
)
def test_what_is_no_system_is_refused(
    staffed: Store, now: datetime, title: str, host: str, port: int | None, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        with staffed.transaction("ada", "contract 7", now=now) as tx:
            register_entity(
                tx, title, "northfield", host=host, port=port, by=find_actor(tx, "ada"), now=now
            )


@given(st.text(max_size=20))
def test_a_title_that_is_accepted_is_one_of_ps3_5(text: str) -> None:
    try:
        title = check_title(text)
    except InvalidInput:
        return
    assert 1 <= len(title) <= 16
    assert title.isascii() and title.isprintable() and "\\" not in title
    assert title == title.strip() == check_title(title)


@pytest.mark.parametrize(
    ("web", "port", "words"),
    [("", None, "Where this system receives"), ("ftp://pacs/x", None, "no DICOMweb address"),
     ("https://eve:secret@pacs/x", None, "no DICOMweb address"),
     ("https://pacs/x?token=1", None, "no DICOMweb address")],
)  # fmt: skip
def test_a_system_that_receives_says_where(
    staffed: Store, now: datetime, web: str, port: int | None, words: str
) -> None:
    with (
        pytest.raises(InvalidInput, match=words) as refused,
        staffed.transaction("ada", "contract 7", now=now) as tx,
    ):
        register_entity(tx, "PACS1", "northfield", port=port, receiving=Receiving(web),
                        by=find_actor(tx, "ada"), now=now)  # fmt: skip
    assert "secret" not in str(refused.value)


def test_results_go_to_the_systems_of_the_site_that_receive(staffed: Store, now: datetime) -> None:
    with staffed.transaction("ada", "contract 7", now=now) as tx:
        by = find_actor(tx, "ada")
        register_entity(tx, "SENDS", "northfield", by=by, now=now)
        called = register_entity(tx, "PACS1", "northfield", host="10.0.0.7", port=104,
                                 receiving=Receiving(tls=True), by=by, now=now)  # fmt: skip
        web = register_entity(tx, "PACS2", "northfield", receiving=Receiving("https://pacs/dw/"),
                              by=by, now=now)  # fmt: skip
        register_entity(tx, "PACS3", "westhaven", receiving=Receiving("https://far/dw"),
                        by=by, now=now)  # fmt: skip
        assert [one.title for one in destinations(tx, called.site_id)] == ["PACS1", "PACS2"]
        assert (called.tls, web.web) == (True, "https://pacs/dw")
        retire_entity(tx, web, by=by)
        assert [one.title for one in destinations(tx, called.site_id)] == ["PACS1"]
