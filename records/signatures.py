"""Electronic signatures: who, when, meaning, over which digest (21 CFR 11.50, 11.70, 11.200)."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from records.audit import Act
from records.base import Record
from records.errors import Refused
from records.identity_checks import require_identity_verified
from records.own_passwords import require_own_password
from records.people import Actor, Meaning, prove_identity
from records.permissions import SIGNING, require
from records.qualifications import require_qualified
from records.quality import Signature
from records.separation import require_separate
from records.signature_policy import require_acknowledged
from records.zones import zone_at


def sign(
    tx: Session,
    record: Record,
    *,
    signer: Actor,
    password: str,
    meaning: Meaning,
    reason: str,
    now: datetime,
    comment: str = "",
) -> Signature:
    """Sign what the record says now; any later change of it makes the signature invalid.

    comment: what the signer adds, such as 'under protest'. Where the signer's clock stands is
    known from the door by which the transaction came.

    The two components are the account, known from the session, and the password, asked for at
    each signing. Services cannot sign.

    Raises:
        NotAllowed: Not a person, wrong password, one that somebody else gave, no role that may
            sign with this meaning, not qualified for it on this day, an identity that nobody
            verified, the policy on signatures not acknowledged, or the maker of what would be
            judged.
        Refused: The record cannot be signed, or this person signed it with this meaning before.
    """
    if not record.SIGNED_FIELDS:
        raise Refused(f"{record.subject} is not a record that is signed.")
    prove_identity(signer, password)
    require_own_password(tx, signer, now=now)
    role = require(signer, SIGNING[meaning])
    require_qualified(tx, signer, meaning, on=now.date())
    require_identity_verified(tx, signer)
    require_acknowledged(tx, signer)
    require_separate(tx, record, signer, meaning)
    given = signatures_on(tx, record)
    if any(
        one.signer_id == signer.id and one.meaning == meaning.value
        for one in counting(given, record)
    ):
        raise Refused(f"'{signer.name}' has signed {record.label} with this meaning already.")
    assert signer.id is not None
    signature = Signature(
        subject_name=record.subject, signed_fields=list(record.SIGNED_FIELDS),
        subject_digest=record.signed_digest(), signer_id=signer.id, printed_name=signer.full_name,
        role=role.value, meaning=meaning.value, reason=reason, signed_at=now,
        zone=_zone_of(tx, now), comment=comment.strip(), review=current_review(given),
    )
    tx.add(signature)
    tx.flush()
    return signature


def _zone_of(tx: Session, now: datetime) -> str:
    act: Act = tx.info["act"]
    return zone_at(act.door.zone, now) if act.door.zone else ""


def signatures_on(session: Session, record: Record) -> list[Signature]:
    """All signatures on a record, in the order of signing."""
    query = select(Signature).where(Signature.subject_name == record.subject)
    return list(session.exec(query.order_by(Signature.id)))  # type: ignore[arg-type]


def is_valid(signature: Signature, record: Record) -> bool:
    """Whether the record still says what was signed, by the fields that were signed then."""
    return signature.subject_digest == record.signed_digest(signature.signed_fields)


def current_review(signatures: Sequence[Signature]) -> int:
    """In which round of review a record with these signatures is: each rejection ends one."""
    return 1 + sum(one.meaning == Meaning.REJECTION.value for one in signatures)


def counting(signatures: Sequence[Signature], record: Record) -> list[Signature]:
    """Of all signatures on a record those that count: valid, and given in the present review."""
    review = current_review(signatures)
    return [one for one in signatures if one.review == review and is_valid(one, record)]


def require_two_people(session: Session, record: Record) -> list[Signature]:
    """The valid signatures, if at least two people in different roles signed, one approving.

    Raises:
        Refused: Naming what is missing.
    """
    valid = counting(signatures_on(session, record), record)
    people = {one.signer_id for one in valid}
    roles = {one.role for one in valid}
    approved = any(one.meaning == Meaning.APPROVAL.value for one in valid)
    if len(people) < 2 or len(roles) < 2 or not approved:
        raise Refused(
            f"{record.label} needs valid signatures of two people in different roles, one of them "
            f"an approval; it has {len(people)} people, {len(roles)} roles, "
            f"{'an' if approved else 'no'} approval.",
            hint="Sign in as another person and sign it.",
        )
    return valid
