"""People of tests who may sign: a test about something else starts from qualified people."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache

from sqlmodel import Session, select

from records.identity_checks import IdentityCheck
from records.passwords import hash_password
from records.people import Actor, Meaning, Role
from records.qualifications import Qualification
from records.signature_policy import PolicyAcknowledgement, signature_policy

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
    prepare_to_sign(tx, now)


def prepare_to_sign(tx: Session, now: datetime) -> None:
    """Everybody's identity is verified, and everybody has acknowledged the policy on signatures."""
    policy = signature_policy()
    for person in tx.exec(select(Actor).where(Actor.kind == "person")).all():
        number = person.id or 0
        tx.add(IdentityCheck(person_id=number, way="document-seen", evidence="form of a test",
                             verified_by="setup", verified_on=now.date(), recorded_at=now))
        tx.add(PolicyAcknowledgement(
            person_id=number, policy_version=policy.version, policy_digest=policy.digest,
            acknowledged_at=now,
        ))  # fmt: skip
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
