"""One deed of the person who is signed in, on one record; nobody tries it unseen.

The command line's way to `records.accounts.acting_on`, as `dashboards.desk` is the pages'.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cli.opening import acting, acting_person, now_of

if TYPE_CHECKING:
    from sqlmodel import Session

    from records.base import Record
    from records.people import Actor

R = TypeVar("R", bound="Record")


@dataclass(frozen=True, slots=True)
class Decision(Generic[R]):
    """The open transaction, the record as it stands in it, who acts, and when."""

    tx: "Session"
    record: R
    person: "Actor"
    now: datetime


def deciding(
    home: Path | None, find: "Callable[[Session], R]", deed: str, *, reason: str,
    refused: Any = None,
) -> AbstractContextManager[Decision[R]]:
    """A deed on the record that ``find`` finds; what is refused leaves an event on it."""
    return _deciding(home, lambda reader, _person: find(reader), deed, reason, refused)


def deciding_anew(
    home: Path | None, deed: str, *, reason: str, refused: Any = None
) -> "AbstractContextManager[Decision[Actor]]":
    """A deed whose record is yet to be made; what is refused leaves an event on the person."""
    return _deciding(home, lambda _reader, person: person, deed, reason, refused)


@contextmanager
def _deciding(
    home: Path | None, find: "Callable[[Session, Actor], R]", deed: str, reason: str, refused: Any
) -> Iterator[Decision[R]]:
    from records.accounts import acting_on
    from records.people import find_actor

    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        with store.reader() as reader:
            known = find(reader, person)
        with acting_on(
            store, known, deed, actor=person.name, reason=reason, now=now, refused=refused
        ) as tx:
            current = tx.get_one(type(known), getattr(known, "id"))  # noqa: B009
            yield Decision(tx, current, find_actor(tx, person.name), now)


def labelled(table: type[R], label: str) -> "Callable[[Session], R]":
    """Finds the record that a label means."""
    from records.lookup import find_record

    return lambda reader: find_record(reader, table, label)


def account(name: str) -> "Callable[[Session], Actor]":
    """Finds the account of that name."""
    from records.people import find_actor

    return lambda reader: find_actor(reader, name)
