"""Sign-in, sessions, adding people, and signatures with a refused attempt on record."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from records.accounts import (
    add_person,
    deactivate_account,
    sign_in,
    sign_out,
    sign_record,
)  # fmt: skip
from records.clock import mark_workspace
from records.errors import InvalidInput, NotAllowed, Refused
from records.lookup import find_events
from records.people import Actor, Meaning, Role, register_person
from records.product import Device, WorkspaceKind
from records.services import ensure_service
from records.sessions import IDLE_LIMIT, SessionFile, signed_in
from records.signatures import signatures_on
from records.store import Store
from tests.people import qualify_everybody

WORD = "correct horse battery"
WALL = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def ada(store: Store, now: datetime) -> str:
    """An administrator who may approve."""
    with store.transaction("setup", now=now) as tx:
        register_person(
            tx, "ada", full_name="Ada Quality", roles=[Role.ADMINISTRATOR, Role.QUALITY],
            password=WORD, now=now,
        )
        qualify_everybody(tx, now)
    return "ada"


def actions(store: Store) -> list[tuple[str, str, str]]:
    with store.reader() as reader:
        return [(one.actor, one.action, one.subject) for one in find_events(reader)]


def test_sign_in_and_sign_out_are_events(store: Store, ada: str, now: datetime) -> None:
    person = sign_in(store, ada, WORD, now=now)
    sign_out(store, person.name, now=now)
    assert actions(store)[-2:] == [
        ("ada", "sign in", person.subject), ("ada", "sign out", person.subject),
    ]


@pytest.mark.requirement("R-P11-10d")
def test_a_wrong_password_is_refused_and_on_record(store: Store, ada: str, now: datetime) -> None:
    with pytest.raises(NotAllowed) as wrong:
        sign_in(store, ada, "not the password", now=now)
    assert actions(store)[-1][1:] == ("sign-in refused", "Actor:1")
    with pytest.raises(NotAllowed) as unknown:
        sign_in(store, "hunter2 typed here", WORD, now=now)
    assert str(wrong.value) == str(unknown.value)
    assert actions(store)[-1][1:] == ("sign-in refused", "Actor:unknown")
    assert not any("hunter2" in " ".join(event) for event in actions(store))


def test_the_first_person_must_be_an_administrator(store: Store, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="administrator"), store.transaction("x", now=now) as tx:
        add_person(
            tx, "eve", full_name="Eve", roles=[Role.QUALITY], password=WORD, added_by=None,
            now=now,
        )


def test_only_an_administrator_adds_people(store: Store, ada: str, now: datetime) -> None:
    with store.transaction(ada, now=now) as tx:
        admin = tx.exec(select(Actor).where(Actor.name == ada)).one()
        eve = add_person(
            tx, "eve", full_name="Eve", roles=[Role.ENGINEER], password=WORD, added_by=admin,
            now=now,
        )
    for adder in (None, eve):
        with pytest.raises(NotAllowed), store.transaction("x", now=now) as tx:
            add_person(
                tx, "mallory", full_name="Mallory", roles=[Role.QUALITY], password=WORD,
                added_by=adder, now=now,
            )


FIT = {"name": "bob", "full_name": "Bob", "roles": [Role.QUALITY], "password": WORD}


@pytest.mark.requirement("REG-006")
@pytest.mark.parametrize(
    ("unfit", "message"),
    [
        ({"name": "service:bob"}, "no account name"), ({"name": "Bob"}, "no account name"),
        ({"name": "b"}, "no account name"), ({"name": "../bob"}, "no account name"),
        ({"name": "b" * 65}, "no account name"), ({"name": "bob\n"}, "no account name"),
        ({"name": "radvigil"}, "the program's own"), ({"name": "ada"}, "never reused"),
        ({"full_name": "  "}, "full name"), ({"full_name": "Bob\x00"}, "full name"),
        ({"full_name": "Demo Bob"}, "simulated people"), ({"name": "demo.bob"}, "simulated people"),
        ({"roles": []}, "role of a person"), ({"roles": [Role.SERVICE]}, "role of a person"),
        ({"roles": [Role.QUALITY, Role.QUALITY]}, "named twice"),
        ({"password": " " * 12}, "password"), ({"password": "too short"}, "password"),
    ],
)
def test_what_is_not_fit_for_an_account_is_refused(
    store: Store, ada: str, now: datetime, unfit: dict[str, Any], message: str
) -> None:
    fields = FIT | unfit
    with pytest.raises(InvalidInput, match=message), store.transaction(ada, now=now) as tx:
        admin = tx.exec(select(Actor).where(Actor.name == ada)).one()
        add_person(tx, fields.pop("name"), **fields, added_by=admin, now=now)
    with store.reader() as reader:
        assert [one.name for one in reader.exec(select(Actor))] == [ada]


def test_people_of_a_demonstration_are_named_so(store: Store, now: datetime) -> None:
    with store.transaction("setup", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=1)
    with pytest.raises(InvalidInput, match="Demo"), store.transaction("x", now=now) as tx:
        add_person(
            tx, "eve", full_name="Eve", roles=[Role.ADMINISTRATOR], password=WORD, added_by=None,
            now=now,
        )


@pytest.mark.requirement("REG-004", "R-P11-200")
def test_a_session_ends_unused_and_lives_on_use(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "keys" / "session.json")
    file.begin("ada", now=WALL)
    assert file.path.stat().st_mode & 0o777 == 0o600
    later = WALL + IDLE_LIMIT
    assert file.account(now=later) == "ada"
    assert file.account(now=later + IDLE_LIMIT) == "ada"
    with pytest.raises(NotAllowed, match="30 minutes"):
        file.account(now=later + 2 * IDLE_LIMIT + timedelta(seconds=1))
    with pytest.raises(NotAllowed, match="Nobody"):
        file.account(now=later)


def test_a_session_from_the_future_or_damaged_is_over(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "session.json")
    file.begin("ada", now=WALL + timedelta(days=1))
    with pytest.raises(NotAllowed):
        file.account(now=WALL)
    file.path.write_text('{"account": 1')
    with pytest.raises(NotAllowed, match="damaged"):
        file.account(now=WALL)


@pytest.mark.requirement("R-P11-10d")
def test_a_deactivated_person_is_not_signed_in(
    store: Store, ada: str, tmp_path: Path, now: datetime
) -> None:
    file = SessionFile(tmp_path / "session.json")
    file.begin(ada, now=WALL)
    with store.reader() as reader:
        assert signed_in(reader, file, now=WALL).name == ada
    with store.transaction("setup", "left the company", now=now) as tx:
        person = tx.exec(select(Actor)).one()
        person.active = False
        tx.add(person)
    with store.reader() as reader, pytest.raises(NotAllowed, match="active"):
        signed_in(reader, file, now=WALL)
    file.begin("nobody", now=WALL)
    with store.reader() as reader, pytest.raises(NotAllowed, match="not of this workspace"):
        signed_in(reader, file, now=WALL)


def test_a_service_and_the_last_administrator_are_not_deactivated(
    store: Store, ada: str, now: datetime
) -> None:
    with store.transaction("setup", now=now) as tx:
        service = ensure_service(tx, "service:intake", now=now)
        person = tx.exec(select(Actor).where(Actor.name == ada)).one()
        # An administrator whose own account ended meanwhile.
        other = Actor(name="bob", full_name="Bob", kind="person", roles=["administrator"],
                      registered_at=now)  # fmt: skip
        with pytest.raises(Refused, match="'service:intake' is a service"):
            deactivate_account(tx, service, by=person)
        with pytest.raises(Refused, match="the last active administrator"):
            deactivate_account(tx, person, by=other)
        assert (service.active, person.active) == (True, True)


def test_before_the_first_account_it_is_said_how_to_add_one(store: Store, tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "session.json")
    with store.reader() as reader, pytest.raises(NotAllowed, match="radvigil user add"):
        signed_in(reader, file, now=WALL)


@pytest.mark.requirement("REG-022", "R-P11-10g")
def test_a_refused_signature_is_on_record_and_signs_nothing(
    store: Store, ada: str, now: datetime
) -> None:
    with store.transaction("setup", now=now) as tx:
        device = Device(
            name="a-device", revision=1, trade_name="A", definition={}, definition_digest="0",
            defined_at=now,
        )
        tx.add(device)
    with store.reader() as reader:
        person = reader.exec(select(Actor)).one()
    with pytest.raises(NotAllowed):
        sign_record(
            store, device, signer=person, password="wrong", meaning=Meaning.APPROVAL,
            reason="reviewed", now=now,
        )
    assert actions(store)[-1] == ("ada", "signature refused", device.subject)
    signature = sign_record(
        store, device, signer=person, password=WORD, meaning=Meaning.APPROVAL, reason="reviewed",
        now=now,
    )
    assert signature.printed_name == "Ada Quality"


def test_nobody_signs_what_changed_since_they_read_it(
    store: Store, ada: str, now: datetime
) -> None:
    with store.transaction("setup", now=now) as tx:
        tx.add(Device(
            name="a-device", revision=1, trade_name="A", definition={}, definition_digest="0",
            defined_at=now,
        ))  # fmt: skip
    with store.reader() as reader:
        person, read = reader.exec(select(Actor)).one(), reader.get_one(Device, 1)
    with store.transaction("setup", now=now) as tx:
        device = tx.get_one(Device, 1)
        device.definition_digest = "1"
        tx.add(device)
    with pytest.raises(Refused, match="was changed since it was read"):
        sign_record(
            store, read, signer=person, password=WORD, meaning=Meaning.APPROVAL, reason="read",
            now=now,
        )
    with store.reader() as reader:
        assert signatures_on(reader, read) == []
