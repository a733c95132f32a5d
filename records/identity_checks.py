"""How it was verified who a person is, before the first signature (21 CFR 11.100(b), (c)).

Somebody else records it, with the evidence; and, where signatures are given under 21 CFR Part 11,
the certification to the FDA that covers the person.
"""

from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.clock import is_demonstration
from records.errors import InvalidInput, NotAllowed
from records.people import Actor
from records.permissions import Action, require

SIMULATED = "simulated"
WAYS: dict[str, str] = {
    "document-seen": "an official document with a picture was seen, the person being present",
    "employment-record": "the employer verified who the person is, and its record was seen",
    "identity-provider": "the employer's identity provider vouches for the person",
    SIMULATED: "a person of a demonstration, who does not exist",
}
"""The ways in which an identity is verified, and what each means."""


class IdentityCheck(Record, table=True):
    """How and by whom it was verified who a person is, when, and what shows it."""

    __tablename__ = "identity_check"
    PREFIX: ClassVar[str] = "IDC"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="actor.id", index=True)
    way: str
    """Of :data:`WAYS`."""
    evidence: str
    certification: str = ""
    """The certification to the FDA that covers the person, by its reference; none: blank."""
    verified_by: str
    verified_on: date
    recorded_at: datetime


def verify_identity(
    tx: Session, person: Actor, *, way: str, evidence: str, certification: str = "",
    verified_on: date, by: Actor, now: datetime,
) -> IdentityCheck:
    """Record how it was verified who the person is; a later check stands beside the earlier ones.

    Raises:
        NotAllowed: The one who records has no role that may, or is the person.
        InvalidInput: A service, an unknown way, no evidence, or a day to come.
    """
    require(by, Action.VERIFY_IDENTITY)
    if by.name == person.name:
        raise NotAllowed(
            "Nobody verifies the own identity.", hint="Another administrator, or quality, does."
        )
    if person.kind != "person":
        raise InvalidInput(f"'{person.name}' is a service: it signs nothing.")
    known = [one for one in WAYS if (one == SIMULATED) is is_demonstration(tx)]
    if way not in known:
        raise InvalidInput(f"'{way}' is no way to verify.", hint=f"Known here: {', '.join(known)}.")
    if len(evidence.strip()) < 3:
        raise InvalidInput("No evidence was given.", hint="Name what was seen and its record.")
    if verified_on > now.date():
        raise InvalidInput(f"{verified_on} is yet to come.", hint="Name the day of the check.")
    assert person.id is not None
    check = IdentityCheck(
        person_id=person.id, way=way, evidence=evidence.strip(),
        certification=certification.strip(), verified_by=by.name, verified_on=verified_on,
        recorded_at=now,
    )
    tx.add(check)
    tx.flush()
    return check


def checks_of(session: Session, person: Actor) -> list[IdentityCheck]:
    """How a person's identity was verified, in the order in which it was recorded."""
    query = select(IdentityCheck).where(IdentityCheck.person_id == person.id)
    return list(session.exec(query.order_by(col(IdentityCheck.id))))


def require_identity_verified(session: Session, person: Actor) -> None:
    """Raise :class:`NotAllowed` where nobody has recorded who this person is."""
    if not checks_of(session, person):
        raise NotAllowed(
            f"Nobody has recorded how the identity of '{person.name}' was verified.",
            hint="An administrator or quality does: 'radvigil user verify-identity'.",
        )
