"""Separation of duties: who made a thing is not who judges it (ISO 13485 4.2.4, 7.3.7).

One rule with its data: the maker of a record is who created it, who proposed it, and who signed
it as author; a maker signs it with none of the meanings that judge, and does not decide on it.
"""

from sqlmodel import Session, col, select

from records.audit import AuditEvent
from records.base import Record
from records.errors import NotAllowed
from records.people import Actor, Meaning
from records.quality import Signature

NOT_BOTH: dict[Meaning, frozenset[Meaning]] = {
    Meaning.AUTHOR: frozenset(
        {Meaning.REVIEW, Meaning.APPROVAL, Meaning.RELEASE, Meaning.REJECTION}
    ),
}
"""Who made or authored a record does not sign it with these meanings, nor the other way round."""

MAKER_FIELDS: dict[str, str] = {
    "ChangeRequest": "proposed_by", "RegimeDecision": "assessed_by", "GoLive": "proposed_by",
    "Rollout": "proposed_by",
}
"""The field of a record that names who made it, beside the audit event of its creation."""


NO_MAKER = frozenset({"RuleSetApproval"})
"""Records that are the approval itself: what they approve was made elsewhere, by others."""


def makers_of(session: Session, record: Record) -> set[str]:
    """The accounts that created, proposed or authored a record."""
    if type(record).__name__ in NO_MAKER:
        return set()
    created = select(AuditEvent.actor).where(
        col(AuditEvent.subject) == record.subject, col(AuditEvent.action) == "create"
    )
    authors = (
        select(Actor.name)
        .join(Signature, col(Signature.signer_id) == col(Actor.id))
        .where(
            col(Signature.subject_name) == record.subject,
            col(Signature.meaning) == Meaning.AUTHOR.value,
        )
    )
    made = {*session.exec(created).all(), *session.exec(authors).all()}
    field = MAKER_FIELDS.get(type(record).__name__)
    return made | {getattr(record, field)} if field else made


def require_separate(session: Session, record: Record, person: Actor, meaning: Meaning) -> None:
    """Raise :class:`NotAllowed` where this person may not sign or decide with this meaning.

    That is: made the record and would judge it, or judged it and would sign as its author.
    """
    if meaning in NOT_BOTH[Meaning.AUTHOR] and person.name in makers_of(session, record):
        raise NotAllowed(
            f"'{person.name}' made {record.label} and may not sign or decide on it with the "
            f"meaning '{meaning.value}'.",
            hint="Somebody who did not make it does.",
        )
    given = select(Signature.meaning).where(
        Signature.subject_name == record.subject, Signature.signer_id == person.id
    )
    judged = sorted(NOT_BOTH.get(meaning, frozenset()).intersection(session.exec(given).all()))
    if judged:
        raise NotAllowed(
            f"'{person.name}' signed {record.label} with the meaning '{judged[0]}' and may not be "
            f"its {meaning.value}.",
            hint="Who made it signs as author.",
        )
