"""People of tests who may sign: a test about something else starts from qualified people."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache

from sqlmodel import Session, select

from records.passwords import hash_password
from records.people import Actor, Meaning, Role
from records.qualifications import Qualification

ALWAYS = date(2099, 12, 31)


def qualify_everybody(tx: Session, now: datetime) -> None:
    """Every person of the workspace is qualified for every meaning from ``now`` on."""
    for person in tx.exec(select(Actor).where(Actor.kind == "person")).all():
        for meaning in Meaning:
            tx.add(
                Qualification(
                    person_id=person.id or 0, meaning=meaning.value, valid_from=now.date(),
                    valid_until=ALWAYS, evidence="training record of a test", recorded_by="setup",
                    recorded_at=now,
                )
            )
    tx.flush()


@cache
def hashed(password: str) -> str:
    """The hash of a password, made once: it is slow by design."""
    return hash_password(password)


def add_people(
    tx: Session, people: Iterable[tuple[str, Role]], password: str, now: datetime
) -> None:
    """Accounts of these names and roles that all have this password."""
    for name, role in people:
        tx.add(Actor(name=name, full_name=name.title(), kind="person", roles=[role.value],
                     password_hash=hashed(password), registered_at=now))  # fmt: skip
    tx.flush()
