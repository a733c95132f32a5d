"""A signature is one person's, over one content, with one meaning; two people in two roles."""

from datetime import datetime

import pytest

from records.errors import InvalidInput, NotAllowed, PasswordToChange, Refused
from records.own_passwords import set_password
from records.people import Actor, Meaning, Role, find_actor, register_person
from records.product import Device
from records.signatures import is_valid, require_two_people, sign, signatures_on
from records.store import Store
from tests.people import qualify_everybody

PASSWORD = "correct horse battery"


@pytest.fixture
def device(store: Store, now: datetime) -> Device:
    with store.transaction("setup", now=now) as tx:
        people = (
            ("ada", Role.ENGINEER), ("quentin", Role.QUALITY), ("cleo", Role.CLINICIAN)
        )
        for name, role in people:
            register_person(
                tx, name, full_name=name.title(), roles=[role], password=PASSWORD, now=now
            )
        qualify_everybody(tx, now)
        tx.add(Actor(name="robot", full_name="Robot", kind="service", registered_at=now))
        made = Device(
            name="chest", revision=1, trade_name="Chest", definition={}, definition_digest="d1",
            defined_at=now,
        )
        tx.add(made)
    return made


def signed(store: Store, device: Device, who: str, meaning: Meaning, now: datetime,
           password: str = PASSWORD) -> None:
    with store.transaction(who, "agreed", now=now) as tx:
        sign(
            tx, tx.get_one(Device, device.id), signer=find_actor(tx, who), password=password,
            meaning=meaning, reason="agreed", now=now,
        )


@pytest.mark.requirement("REG-003")
def test_two_people_in_two_roles_are_needed(store: Store, device: Device, now: datetime) -> None:
    signed(store, device, "ada", Meaning.AUTHOR, now)
    with store.reader() as reader, pytest.raises(Refused, match="1 people"):
        require_two_people(reader, reader.get_one(Device, device.id))
    signed(store, device, "quentin", Meaning.APPROVAL, now)
    with store.reader() as reader:
        assert len(require_two_people(reader, reader.get_one(Device, device.id))) == 2


@pytest.mark.requirement("R-P11-200")
def test_nothing_is_signed_with_a_password_that_somebody_else_gave(
    store: Store, device: Device, now: datetime
) -> None:
    with store.transaction("setup", "a forgotten password", now=now) as tx:
        person = find_actor(tx, "quentin")
        set_password(tx, person, "a temporary word", temporary=True, now=now)
    with pytest.raises(PasswordToChange, match="an own one must be set first"):
        signed(store, device, "quentin", Meaning.APPROVAL, now, "a temporary word")
    with store.transaction("quentin", "own new password", now=now) as tx:
        set_password(tx, find_actor(tx, "quentin"), "his own word", temporary=False, now=now)
    signed(store, device, "quentin", Meaning.APPROVAL, now, "his own word")


@pytest.mark.requirement("REG-023", "R-P11-70")
def test_a_change_after_signing_voids_the_signature(
    store: Store, device: Device, now: datetime
) -> None:
    signed(store, device, "quentin", Meaning.APPROVAL, now)
    with store.transaction("ada", "edit", now=now) as tx:
        row = tx.get_one(Device, device.id)
        row.definition_digest = "d2"
        tx.add(row)
    with store.reader() as reader:
        row = reader.get_one(Device, device.id)
        assert not is_valid(signatures_on(reader, row)[0], row)


def test_a_signature_stays_valid_when_the_program_signs_other_fields(
    store: Store, device: Device, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(store, device, "quentin", Meaning.APPROVAL, now)
    monkeypatch.setattr(Device, "SIGNED_FIELDS", ("name", "revision", "trade_name"))
    with store.reader() as reader:
        row = reader.get_one(Device, device.id)
        (signature,) = signatures_on(reader, row)
        assert signature.signed_fields == ["name", "revision", "definition_digest"]
        assert is_valid(signature, row)
        signature.signed_fields = ["name", "revision"]
        assert not is_valid(signature, row), "which fields were signed is itself signed"


@pytest.mark.requirement("REG-006", "REG-022", "R-P11-10g", "R-P11-200")
@pytest.mark.parametrize(
    ("who", "meaning", "password", "message"),
    [
        ("quentin", Meaning.APPROVAL, "wrong password", "password of 'quentin' is not right"),
        ("ada", Meaning.APPROVAL, PASSWORD, "may not sign with the meaning 'approval'"),
        ("robot", Meaning.APPROVAL, PASSWORD, "not an active person"),
    ],
)
def test_who_may_not_sign_is_refused(
    store: Store, device: Device, now: datetime, who: str, meaning: Meaning, password: str,
    message: str,
) -> None:
    with pytest.raises(NotAllowed, match=message):
        signed(store, device, who, meaning, now, password)
    with store.reader() as reader:
        assert signatures_on(reader, reader.get_one(Device, device.id)) == []


def test_nobody_signs_twice_with_one_meaning(store: Store, device: Device, now: datetime) -> None:
    signed(store, device, "quentin", Meaning.APPROVAL, now)
    with pytest.raises(Refused, match="already"):
        signed(store, device, "quentin", Meaning.APPROVAL, now)


@pytest.mark.requirement("REG-001", "R-P11-100")
def test_account_names_are_never_reused(store: Store, device: Device, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="never reused"):
        with store.transaction("admin", now=now) as tx:
            register_person(
                tx, "ada", full_name="Other", roles=[Role.QUALITY], password=PASSWORD, now=now
            )


def test_the_audit_trail_holds_no_password_hash(store: Store, device: Device) -> None:
    from records.audit import read_events

    with store.reader() as reader:
        assert not any("argon2" in event["new"] for event in read_events(reader))
