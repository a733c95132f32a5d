"""What a person has typed into a form and not sent yet: kept field by field, so that a lost
connection loses at most the field that is being typed.

Only its writer goes on with a draft, and it is printed nowhere; what was sent stands in the form's
own record, and the draft is emptied then. It is a record: the audit trail keeps what was typed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, select

from records.base import Record
from records.people import Actor
from records.permissions import Action, require


class FormDraft(Record, table=True):
    """The fields of one form as one person last left them."""

    __tablename__ = "form_draft"
    __table_args__ = (UniqueConstraint("form", "person_id"),)
    PREFIX: ClassVar[str] = "DFT"

    id: int | None = Field(default=None, primary_key=True)
    form: str
    """Which form, and of what: such as 'text chest psur conclusion'."""
    person_id: int = Field(foreign_key="actor.id", index=True)
    fields: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """By field what was typed; empty once the form was sent."""
    saved_at: datetime


def form_of_text(device: str, kind: str, place: str) -> str:
    """The form in which a text of a place of a document is written."""
    return f"text {device} {kind} {place}"


def draft_of(session: Session, form: str, person: Actor) -> FormDraft | None:
    """What a person has left in a form; None where nothing is kept."""
    query = select(FormDraft).where(FormDraft.form == form, FormDraft.person_id == person.id)
    found = session.exec(query).first()
    return found if found is not None and found.fields else None


def save_draft(
    tx: Session, form: str, fields: Mapping[str, str], *, by: Actor, action: Action, now: datetime
) -> FormDraft:
    """Keep these fields of a form beside those that are kept already; the same again is no change.

    action: what the form does when it is sent: who may not do it keeps no draft of it.

    Raises:
        NotAllowed: No role that may.
    """
    require(by, action)
    query = select(FormDraft).where(FormDraft.form == form, FormDraft.person_id == by.id)
    found = tx.exec(query).first() or FormDraft(
        form=form, person_id=by.id or 0, fields={}, saved_at=now
    )
    kept = {**found.fields, **fields}
    if found.id is None or kept != found.fields:
        found.fields, found.saved_at = kept, now
        tx.add(found)
        tx.flush()
    return found


def empty_draft(tx: Session, form: str, *, by: Actor, now: datetime) -> None:
    """The form was sent, or its writer does not want the draft any more: nothing is kept of it."""
    found = draft_of(tx, form, by)
    if found is not None:
        found.fields, found.saved_at = {}, now
        tx.add(found)
        tx.flush()
