"""The policy on electronic signatures, and who has acknowledged it (21 CFR 11.10(j)).

The text is a versioned file beside this one. Each person acknowledges it by the own password before
the first signature, and again when the text changes; the record holds its version and its SHA-256.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import ClassVar

from sqlmodel import Field, Session, select

from records.base import Record
from records.errors import NotAllowed, Refused
from records.own_passwords import require_own_password
from records.people import Actor, prove_identity

FILE = Path(__file__).with_name("signature_policy.md")
_VERSION = re.compile(r"^Version (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """The text that people acknowledge, its version, and its SHA-256 (hex)."""

    version: int
    text: str
    digest: str


class PolicyAcknowledgement(Record, table=True):
    """That a person has read the policy on signatures, in which version, and answers by it."""

    __tablename__ = "policy_acknowledgement"
    PREFIX: ClassVar[str] = "ACK"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="actor.id", index=True)
    policy_version: int
    policy_digest: str
    acknowledged_at: datetime


@cache
def signature_policy() -> SignaturePolicy:
    """The policy as this version of the program holds it."""
    content = FILE.read_bytes()
    text = content.decode()
    version = _VERSION.search(text)
    assert version is not None, f"{FILE.name} names no version"
    return SignaturePolicy(int(version[1]), text, hashlib.sha256(content).hexdigest())


def acknowledge_policy(
    tx: Session, person: Actor, *, password: str, now: datetime
) -> PolicyAcknowledgement:
    """The person answers by the policy from now on, proved by the own password.

    Raises:
        NotAllowed: No active person, a wrong password, or one that somebody else gave.
        Refused: The person has acknowledged this text already.
    """
    prove_identity(person, password)
    require_own_password(tx, person, now=now)
    policy = signature_policy()
    if has_acknowledged(tx, person):
        raise Refused(f"'{person.name}' has acknowledged version {policy.version} already.")
    assert person.id is not None
    made = PolicyAcknowledgement(
        person_id=person.id, policy_version=policy.version, policy_digest=policy.digest,
        acknowledged_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def has_acknowledged(session: Session, person: Actor) -> bool:
    """Whether the person has acknowledged the text as it stands."""
    query = select(PolicyAcknowledgement.id).where(
        PolicyAcknowledgement.person_id == person.id,
        PolicyAcknowledgement.policy_digest == signature_policy().digest,
    )
    return session.exec(query).first() is not None


def require_acknowledged(session: Session, person: Actor) -> None:
    """Raise :class:`NotAllowed` where the person has not acknowledged the text as it stands."""
    if not has_acknowledged(session, person):
        raise NotAllowed(
            f"'{person.name}' has not acknowledged version {signature_policy().version} of the "
            "policy on electronic signatures.",
            hint="Read it with 'radvigil user policy', then 'radvigil user acknowledge'; or on the "
            "page, above the form that signs.",
        )
