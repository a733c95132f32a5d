"""Who may ask who is behind a pseudonym: nobody, until it is granted for a purpose and some days.

A role alone gives nobody an identity (45 CFR 164.502(b); GDPR Art. 5, 25): somebody else grants it,
to a named person, for a purpose, for at most 90 days. Each asking is an event before anything is
read, with pseudonym, grant and purpose and never the identity; what is refused is one too. The
mapping itself is read by `imaging.identity` only.
"""

import json
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.audit import AuditEvent, note
from records.base import Record, plain
from records.cases import Instance, Study
from records.deletions import Deletion
from records.errors import InvalidInput, NotAllowed, NotFound
from records.legal_holds import LegalHold
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, may, require
from records.reasons import require_reason
from records.retention_facts import RetentionFact
from records.study_corrections import StudyCorrection

REVEALED: Final = "reveal identity"
"""The action of the event that tells that somebody asked who is behind a pseudonym."""

REIDENTIFIED: Final = "re-identified"
"""The action of the event on a study whose person a routine led a result back to."""

MOST_DAYS: Final = 90


class IdentityGrant(Record, table=True):
    """Who may ask who is behind pseudonyms, on which days, and what for."""

    __tablename__ = "identity_grant"
    PREFIX: ClassVar[str] = "IDG"

    id: int | None = Field(default=None, primary_key=True)
    holder: str = Field(index=True)
    purpose: str
    first_day: date
    last_day: date
    """The last day on which it counts."""
    granted_by: str
    granted_at: datetime
    status: str = "granted"
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None


def grant_identity(
    tx: Session, holder: Actor, *, purpose: str, first_day: date, last_day: date, by: Actor,
    now: datetime,
) -> IdentityGrant:
    """The holder may ask for identities on these days, for this purpose.

    Raises:
        NotAllowed: No role of the one who grants may, or it is the holder.
        InvalidInput: The holder has no role that may ask, the days are past, in the wrong order or
            more than 90, or no purpose.
    """
    require(by, Action.GRANT_IDENTITY)
    if by.name == holder.name:
        raise NotAllowed("Nobody grants it to oneself.", hint="Somebody else grants it.")
    if not may(holder, Action.REVEAL_IDENTITY):
        raise InvalidInput(
            f"'{holder.name}' has no role that may ever ask for identities.",
            hint="See docs/people-and-roles.md for the roles.",
        )
    if last_day < now.date() or first_day > last_day:
        raise InvalidInput(f"{first_day} to {last_day} is past, or ends before it begins.")
    if last_day - first_day >= timedelta(days=MOST_DAYS):
        raise InvalidInput(
            f"{first_day} to {last_day} is more than {MOST_DAYS} days.", hint="Grant it anew then."
        )
    grant = IdentityGrant(
        holder=holder.name, purpose=require_reason(purpose), first_day=first_day,
        last_day=last_day, granted_by=by.name, granted_at=now,
    )
    tx.add(grant)
    tx.flush()
    return grant


def withdraw_identity_grant(
    tx: Session, grant: IdentityGrant, *, by: Actor, now: datetime
) -> IdentityGrant:
    """The grant counts no more, from now on.

    Raises:
        NotAllowed: No role of the person may.
        TransitionRefused: It was withdrawn before.
    """
    require(by, Action.GRANT_IDENTITY)
    check_transition("IdentityGrant", grant.subject, grant.status, "withdrawn")
    grant.status, grant.withdrawn_by, grant.withdrawn_at = "withdrawn", by.name, now
    tx.add(grant)
    tx.flush()
    return grant


def grant_in_force(session: Session, person: Actor, *, on: date) -> IdentityGrant:
    """The newest grant by which this person may ask today.

    Raises:
        NotAllowed: No role of the person may, or nobody has granted it for today.
    """
    require(person, Action.REVEAL_IDENTITY)
    query = select(IdentityGrant).where(
        IdentityGrant.holder == person.name, IdentityGrant.status == "granted",
        col(IdentityGrant.first_day) <= on, col(IdentityGrant.last_day) >= on,
    ).order_by(col(IdentityGrant.id).desc())  # fmt: skip
    found = session.exec(query).first()
    if found is None:
        raise NotAllowed(
            f"'{person.name}' may not ask who is behind a pseudonym: nobody has granted it for "
            f"{on}.", hint="See 'radvigil identity grant'.",
        )
    return found


def subject_of(pseudonym: str) -> str:
    """What the events about the identity behind a pseudonym name."""
    return f"Identity:{pseudonym}"


def note_reveal(
    tx: Session, person: Actor, pseudonym: str, *, purpose: str, now: datetime
) -> IdentityGrant:
    """Put on record that a person asks who is behind a pseudonym; before the mapping is read.

    Raises:
        NotAllowed: The person may not, or not today.
        NotFound: No record knows the pseudonym: it could be a name typed into the wrong field.
    """
    grant = grant_in_force(tx, person, on=now.date())
    if not is_known(tx, pseudonym):
        raise NotFound("This pseudonym is not on record.", hint="See 'radvigil study list'.")
    note(
        tx, REVEALED, subject_of(pseudonym),
        new={"grant": grant.label, "purpose": require_reason(purpose)},
    )
    return grant


def is_known(session: Session, pseudonym: str) -> bool:
    """Whether it is the pseudonym of a patient, a study or an image on record."""
    queries = (
        select(Study.id).where((Study.patient == pseudonym) | (Study.study_uid == pseudonym)),
        select(Instance.id).where(Instance.instance_uid == pseudonym),
        select(StudyCorrection.id).where(StudyCorrection.patient_before == pseudonym),
    )
    return any(session.exec(query.limit(1)).first() is not None for query in queries)


def access_report(session: Session, patient: str) -> list[dict[str, Any]]:
    """What was done about one patient's data, in order: who, when, what, and for what purpose.

    Every asking for the identity behind the patient, a study or an image, by a person or by the
    routine that returns a result; holds and facts of
    retention that name the patient; corrections of the patient's studies; deletions of the
    patient's images. A look at pseudonymous
    records is no access to an identity and leaves no event.

    Raises:
        NotFound: No study of this patient is on record.
    """
    studies = list(session.exec(select(Study).where(Study.patient == patient)))
    if not studies:
        raise NotFound("There is no study of this patient.", hint="See 'radvigil study list'.")
    numbers = [one.id for one in studies]
    images = list(session.exec(select(Instance).where(col(Instance.study_id).in_(numbers))))
    about = {subject_of(one) for one in (
        patient, *(one.study_uid for one in studies), *(one.instance_uid for one in images)
    )} | {one.subject for one in studies}  # fmt: skip
    rows = _askings(session, about)
    rows += [
        _row(one.recorded_at, one.recorded_by, f"record '{one.name}' of retention", one.evidence)
        for one in session.exec(select(RetentionFact).where(RetentionFact.about == patient))
    ]
    rows += [
        _row(one.placed_at, one.placed_by, f"place legal hold {one.label}", one.reason)
        for one in session.exec(select(LegalHold).where(LegalHold.patient == patient))
    ]
    rows += [
        _row(one.recorded_at, one.recorded_by, f"correct {Study.label_of(one.study_id)}", one.words)
        for one in session.exec(
            select(StudyCorrection).where(col(StudyCorrection.study_id).in_(numbers))
        )
    ]
    mine = {one.subject for one in images}
    rows += [
        _row(one.done_at or one.proposed_at, one.decided_by or one.proposed_by,
             f"deletion of images {one.label}: {one.status}", one.grounds)
        for one in session.exec(select(Deletion).where(Deletion.kind == "image"))
        if any(item["subject"] in mine for item in one.items)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: str(row["at"]))


def _askings(session: Session, subjects: set[str]) -> list[dict[str, Any]]:
    query = select(AuditEvent).where(
        col(AuditEvent.action).in_((REVEALED, f"{REVEALED} refused", REIDENTIFIED))
    ).order_by(col(AuditEvent.sequence))  # fmt: skip
    found = []
    for event in session.exec(query):
        said = json.loads(event.new) or {}
        about = str(said.get("about", event.subject))
        if about in subjects:
            found.append(_row(event.at, event.actor, event.action, said.get("purpose", "")))
    return found


def _row(at: Any, by: str, what: str, purpose: str) -> dict[str, Any]:
    return {"at": plain(at), "by": by, "what": what, "purpose": purpose}
