"""Links between an account here and a person of an identity provider (issuer and subject).

An administrator makes and revokes them; names and addresses that a provider sends link nobody, so
that nobody gets an account by calling himself somebody at the provider (21 CFR 11.100(b)).
"""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require

LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2."""


class IdentityLink(Record, table=True):
    """Which account a person of an identity provider signs in to; active until it is revoked."""

    __tablename__ = "identity_link"
    PREFIX: ClassVar[str] = "LNK"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="actor.id", index=True)
    issuer: str
    identity: str
    """The provider's own identifier of the person: the claim 'sub'."""
    linked_by: str
    linked_at: datetime
    status: str = "active"
    revoked_by: str = ""
    revoked_at: datetime | None = None


def link_identity(
    tx: Session, person: Actor, *, issuer: str, identity: str, by: Actor, now: datetime
) -> IdentityLink:
    """From now on this person of the provider signs in to this account.

    Raises:
        NotAllowed: The one who links has no role that may, or links the own account.
        InvalidInput: No issuer or no fit subject, or the account is no active person's.
        Refused: The account, or that person of the provider, is linked already.
    """
    require(by, Action.LINK_IDENTITY)
    if by.name == person.name:
        raise NotAllowed("Nobody links the own account.", hint="Another administrator does.")
    if person.kind != "person" or not person.active:
        raise InvalidInput(f"'{person.name}' is not an active person.")
    issuer, identity = issuer.strip().rstrip("/"), identity.strip()
    if not issuer.startswith(("https://", "http://")):
        raise InvalidInput("The issuer is no address.", hint="Write it as the provider does.")
    if not identity or len(identity) > LONGEST_SUBJECT or not identity.isprintable():
        raise InvalidInput(
            f"The subject is blank, cannot be printed, or is longer than {LONGEST_SUBJECT}.",
            hint="It is the claim 'sub': the refused sign-in's event names it.",
        )
    if link_of(tx, issuer, identity) is not None:
        raise Refused(
            "That person of the provider is linked to an account already.",
            hint="Revoke that link first: 'radvigil user unlink'.",
        )
    if active_links(tx, person):
        raise Refused(
            f"'{person.name}' is linked already.", hint="Revoke that link first: 'user unlink'."
        )
    assert person.id is not None
    link = IdentityLink(
        person_id=person.id, issuer=issuer, identity=identity, linked_by=by.name, linked_at=now
    )
    tx.add(link)
    tx.flush()
    return link


def revoke_link(tx: Session, person: Actor, *, by: Actor, now: datetime) -> IdentityLink:
    """The provider signs nobody in to this account any more; who is in by it is out.

    Raises:
        NotAllowed: The one who revokes has no role that may.
        NotFound: The account is not linked.
    """
    require(by, Action.LINK_IDENTITY)
    links = active_links(tx, person)
    if not links:
        raise NotFound(f"'{person.name}' is not linked to an identity provider.")
    link = links[0]
    check_transition("IdentityLink", link.subject, link.status, "revoked")
    link.status = "revoked"
    link.revoked_by, link.revoked_at = by.name, now
    tx.add(link)
    tx.flush()
    return link


def link_of(session: Session, issuer: str, identity: str) -> IdentityLink | None:
    """The active link of a person of a provider; None where there is none."""
    query = select(IdentityLink).where(
        IdentityLink.issuer == issuer.rstrip("/"), IdentityLink.identity == identity,
        IdentityLink.status == "active",
    )
    return session.exec(query).first()


def active_links(session: Session, person: Actor) -> list[IdentityLink]:
    """The active links of an account: one or none."""
    query = select(IdentityLink).where(
        IdentityLink.person_id == person.id, IdentityLink.status == "active"
    )
    return list(session.exec(query.order_by(col(IdentityLink.id))))


def counts(session: Session, link_id: int) -> bool:
    """Whether a link still counts."""
    link = session.get(IdentityLink, link_id)
    return link is not None and link.status == "active"
