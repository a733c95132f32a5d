"""A reading session answers each question once; one that writes is asked anew."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from records.asked_once import asked_once, record_digest, records_digest
from records.base import digest_of
from records.people import Actor, find_actor
from records.store import Store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _counted() -> tuple[list[int], Callable[[], int]]:
    asked: list[int] = []

    def answer() -> int:
        asked.append(1)
        return len(asked)

    return asked, answer


def _people(reader: Session) -> list[Actor]:
    return list(reader.exec(select(Actor).order_by(col(Actor.id))))


def test_a_reading_session_is_asked_once(store: Store) -> None:
    asked, answer = _counted()
    with store.reader() as reader:
        assert [asked_once(reader, "how many", answer) for _ in range(3)] == [1, 1, 1]
        assert asked_once(reader, "something else", answer) == 2
    assert len(asked) == 2


def test_the_next_session_is_asked_anew(store: Store) -> None:
    _, answer = _counted()
    for expected in (1, 2):
        with store.reader() as reader:
            assert asked_once(reader, "how many", answer) == expected


def test_after_its_transaction_a_session_is_another_view(store: Store) -> None:
    _, answer = _counted()
    with store.reader() as reader:
        _people(reader)
        assert asked_once(reader, "how many", answer) == 1
        reader.rollback()
        _people(reader)
        assert asked_once(reader, "how many", answer) == 2


def test_a_session_that_writes_is_asked_each_time(store: Store) -> None:
    _, answer = _counted()
    with store.transaction("service:test", "a test", now=NOW) as tx:
        assert [asked_once(tx, "how many", answer) for _ in range(2)] == [1, 2]


def _enrol(store: Store, *names: str) -> None:
    with store.transaction("service:test", "enrol", now=NOW) as tx:
        for name in names:
            tx.add(Actor(name=name, full_name=name.title(), kind="person", registered_at=NOW))


def test_digests_are_those_of_the_contents(store: Store) -> None:
    _enrol(store, "one", "two")
    with store.reader() as reader:
        people = _people(reader)
        assert len(people) >= 2
        for _ in range(2):
            assert record_digest(people[0]) == digest_of(people[0].as_recorded())
            assert records_digest(people) == digest_of([one.as_recorded() for one in people])
        assert records_digest([]) == digest_of([])


def test_a_record_that_changes_has_a_new_digest(store: Store) -> None:
    _enrol(store, "one")
    with store.transaction("service:test", "marry", now=NOW) as tx:
        person = find_actor(tx, "one")
        before = record_digest(person)
        person.full_name = "Another Name"
        assert record_digest(person) != before
