"""An account rests after five failed passwords in a row; the trail says when, and who ended it."""

from datetime import UTC, datetime, timedelta

import pytest

from records.accounts import sign_in, sign_record
from records.clock import mark_workspace
from records.errors import NotAllowed
from records.lockout import FAILURES, LOCKED_FOR, unlock_account
from records.lookup import find_events
from records.people import Actor, Meaning, Role, find_actor, register_person
from records.product import Device, WorkspaceKind
from records.store import Store
from tests.people import qualify_everybody

WORD = "correct horse battery"


@pytest.fixture
def people(store: Store, now: datetime) -> Store:
    """Ada, who approves; Root, who administers; and a device to sign."""
    with store.transaction("setup", now=now) as tx:
        for name, role in (("ada", Role.QUALITY), ("root", Role.ADMINISTRATOR)):
            register_person(tx, name, full_name=name, roles=[role], password=WORD, now=now)
        qualify_everybody(tx, now)
        tx.add(Device(
            name="a-device", revision=1, trade_name="A", definition={}, definition_digest="0",
            defined_at=now,
        ))  # fmt: skip
    return store


def person(store: Store, name: str) -> Actor:
    with store.reader() as reader:
        return find_actor(reader, name)


def fail_to_sign_in(store: Store, times: int, now: datetime) -> None:
    for _ in range(times):
        with pytest.raises(NotAllowed):
            sign_in(store, "ada", "not the password", now=now)


def sign(store: Store, password: str, now: datetime) -> None:
    with store.reader() as reader:
        device = reader.get_one(Device, 1)
    sign_record(
        store, device, signer=person(store, "ada"), password=password, meaning=Meaning.APPROVAL,
        reason="reviewed", now=now,
    )


def locks(store: Store) -> int:
    with store.reader() as reader:
        return len(find_events(reader, subject="Actor:1", action="account locked"))


@pytest.mark.requirement("REG-004", "R-P11-300")
def test_the_fifth_failure_locks_for_fifteen_minutes(people: Store, now: datetime) -> None:
    fail_to_sign_in(people, FAILURES - 1, now)
    assert locks(people) == 0
    fail_to_sign_in(people, 1, now)
    assert locks(people) == 1
    with pytest.raises(NotAllowed):
        sign_in(people, "ada", WORD, now=now + LOCKED_FOR - timedelta(seconds=1))
    assert sign_in(people, "root", WORD, now=now).name == "root"
    assert sign_in(people, "ada", WORD, now=now + LOCKED_FOR).name == "ada"


def test_attempts_during_the_lock_do_not_lengthen_it(people: Store, now: datetime) -> None:
    fail_to_sign_in(people, 3 * FAILURES, now)
    assert locks(people) == 1
    fail_to_sign_in(people, 1, now + LOCKED_FOR)
    assert sign_in(people, "ada", WORD, now=now + LOCKED_FOR).name == "ada"


def test_a_sign_in_or_a_signature_begins_the_count_anew(people: Store, now: datetime) -> None:
    fail_to_sign_in(people, FAILURES - 1, now)
    sign_in(people, "ada", WORD, now=now)
    fail_to_sign_in(people, FAILURES - 1, now)
    sign(people, WORD, now)
    fail_to_sign_in(people, FAILURES - 1, now)
    assert locks(people) == 0


@pytest.mark.requirement("R-P11-300")
def test_passwords_that_fail_at_signing_count_and_a_locked_person_signs_nothing(
    people: Store, now: datetime
) -> None:
    for _ in range(FAILURES):
        with pytest.raises(NotAllowed, match="not right"):
            sign(people, "not the password", now)
    with pytest.raises(NotAllowed, match="'ada' is locked until 2026-01-05 08:15 UTC"):
        sign(people, WORD, now)


@pytest.mark.requirement("R-P11-300")
def test_only_an_administrator_unlocks(people: Store, now: datetime) -> None:
    fail_to_sign_in(people, FAILURES, now)
    with pytest.raises(NotAllowed), people.transaction("ada", "let me in", now=now) as tx:
        unlock_account(tx, find_actor(tx, "ada"), by=find_actor(tx, "ada"))
    with people.transaction("root", "she called me", now=now) as tx:
        unlock_account(tx, find_actor(tx, "ada"), by=find_actor(tx, "root"))
    assert sign_in(people, "ada", WORD, now=now).name == "ada"


def test_a_lock_in_a_demonstration_ends_by_the_clock_that_runs(
    people: Store, now: datetime
) -> None:
    with people.transaction("radvigil", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=1)
    begun = datetime.now(UTC)
    fail_to_sign_in(people, FAILURES, now)
    with pytest.raises(NotAllowed, match="locked until") as refused:
        sign(people, WORD, now)
    assert f"{begun + LOCKED_FOR:%Y-%m}" in str(refused.value)[:60]
