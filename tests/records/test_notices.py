"""Administrators are told of a lock, of damage and of a clock set back, until one has answered."""

import sqlite3
from datetime import datetime, timedelta

import pytest

from records.accounts import sign_in
from records.damage_notice import tell_of_damage
from records.errors import InvalidInput, NotAllowed, TransitionRefused
from records.lookup import find_events
from records.notices import Notice, acknowledge_notice, open_notices
from records.people import Role, find_actor, register_person
from records.store import Store
from records.verify_workspace import verify_workspace

WORD = "correct horse battery"


@pytest.fixture
def people(store: Store, now: datetime) -> None:
    with store.transaction("setup", now=now) as tx:
        for name, role in (("ada", Role.ADMINISTRATOR), ("eve", Role.ENGINEER)):
            register_person(
                tx, name, full_name=name.title(), roles=[role], password=WORD, now=now
            )


def waiting(store: Store) -> list[tuple[str, str]]:
    with store.reader() as reader:
        return [(one.kind, one.about) for one in open_notices(reader)]


@pytest.mark.requirement("R-P11-300", "REG-004")
@pytest.mark.usefixtures("people")
def test_a_lock_is_told_in_the_transaction_that_locks(store: Store, now: datetime) -> None:
    for _ in range(5):
        assert waiting(store) == []
        with pytest.raises(NotAllowed):
            sign_in(store, "eve", "guessed at random", now=now)
    assert waiting(store) == [("account locked", "Actor:2")]
    with store.reader() as reader:
        last = find_events(reader, last=3)
        assert "5 times in a row" in open_notices(reader)[0].words
    assert [(one.action, one.at) for one in last[1:]] == [
        ("account locked", last[0].at), ("create", last[0].at),
    ]  # fmt: skip


@pytest.mark.requirement("REG-015", "R-P11-300")
@pytest.mark.usefixtures("people")
def test_a_clock_set_back_is_told_and_the_trail_stays_whole(store: Store, now: datetime) -> None:
    with store.transaction("setup", now=now - timedelta(days=2)) as tx:
        register_person(
            tx, "bob", full_name="Bob", roles=[Role.QUALITY], password=WORD, now=now
        )
    assert waiting(store) == [("clock set back", "AuditTrail:all")]
    with store.reader() as reader:
        assert find_events(reader)[2].action == "clock set back"
        assert verify_workspace(store, reader, records_only=True).whole


@pytest.mark.requirement("R-P11-300")
@pytest.mark.usefixtures("people")
def test_damage_is_told_once_and_again_after_an_answer(store: Store, now: datetime) -> None:
    with store.reader() as reader:
        assert not tell_of_damage(store, verify_workspace(store, reader), now=now)
    with sqlite3.connect(store.workspace.database) as raw:
        raw.execute("UPDATE actor SET full_name = 'Mallory' WHERE name = 'eve'")
    with store.reader() as reader:
        verdict = verify_workspace(store, reader)
    assert tell_of_damage(store, verdict, now=now)
    assert not tell_of_damage(store, verdict, now=now)
    assert waiting(store) == [("damage found", "AuditTrail:all")]
    with store.reader() as reader:
        assert "Actor:2" in open_notices(reader)[0].words
    with store.transaction("ada", "answered", now=now) as tx:
        acknowledge_notice(
            tx, tx.get_one(Notice, 1), by=find_actor(tx, "ada"), answer="restored", now=now
        )
    assert tell_of_damage(store, verdict, now=now)


@pytest.mark.requirement("R-P11-300")
@pytest.mark.usefixtures("people")
def test_an_administrator_answers_once_with_words(store: Store, now: datetime) -> None:
    for _ in range(5):
        with pytest.raises(NotAllowed):
            sign_in(store, "eve", "guessed at random", now=now)

    def answer(name: str, words: str) -> None:
        with store.transaction(name, "seen", now=now) as tx:
            acknowledge_notice(
                tx, tx.get_one(Notice, 1), by=find_actor(tx, name), answer=words, now=now
            )

    with pytest.raises(NotAllowed, match="may not acknowledge notices"):
        answer("eve", "it was me")
    with pytest.raises(InvalidInput, match="Nothing was written"):
        answer("ada", "  ")
    answer("ada", "she mistyped it")
    assert waiting(store) == []
    with pytest.raises(TransitionRefused):
        answer("ada", "again")
    with store.reader() as reader:
        last = find_events(reader, last=2)
    assert [(one.actor, one.action, one.subject) for one in last] == [
        ("ada", "change status", "Notice:1"), ("ada", "change of status refused", "Notice:1"),
    ]
