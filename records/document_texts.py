"""What people write in documents and of them: texts for declared places, comments of reviewers.

A text is never changed: a new one is its next version. It is signed with the document that prints
it, whose digest of facts covers it (REG-034).
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.batches import add_batch
from records.errors import InvalidInput, Refused
from records.people import Actor, Meaning, Role
from records.permissions import Action, has_role, require
from records.product import Device
from records.quality import Document, Signature
from records.reasons import says
from records.text_writers import require_writer

COMMENTED = ("draft", "in review")
"""The statuses in which a document is commented on."""
OPEN, ANSWERED = "open", "answered"


class DocumentText(Record, table=True):
    """A version of what a person wrote for a place of a kind of document."""

    __tablename__ = "document_text"
    __table_args__ = (UniqueConstraint("device_id", "kind", "place", "version"),)
    PREFIX: ClassVar[str] = "TXT"

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    kind: str
    """The kind of document, such as validation_report."""
    place: str
    """The key of the place, as the kind declares it."""
    version: int
    text: str
    written_by: str
    """The account; the printed name is its full name then."""
    printed_name: str
    role: str
    written_at: datetime


class ReviewComment(Record, table=True):
    """What a reviewer says of a place of a document, and the answer."""

    __tablename__ = "review_comment"
    PREFIX: ClassVar[str] = "RVC"

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id", index=True)
    place: str
    """A section, a table, a row, a cell, a figure or a text of the document, by its key."""
    words: str
    made_by: str
    role: str
    made_at: datetime
    status: str = OPEN
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None


def newest_texts(session: Session, device: Device, kind: str) -> dict[str, DocumentText]:
    """The newest text of each place of a kind of document, by the place's key.

    Texts are the product's: those written under an earlier revision of its definition count too.
    """
    query = (
        select(DocumentText).join(Device, col(Device.id) == DocumentText.device_id)
        .where(Device.name == device.name, DocumentText.kind == kind)
        .order_by(col(DocumentText.id))
    )
    return {one.place: one for one in session.exec(query)}


def add_text(
    tx: Session, device: Device, kind: str, place: str, text: str, *, who: str = "", by: Actor,
    now: datetime,
) -> DocumentText:
    """Record the next version of a text; whether the place exists is asked before.

    who: the function that the place waits for; some texts only a person of the role writes.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The text says nothing.
        Refused: It is word for word the newest text of this place.
    """
    known = newest_texts(tx, device, kind).get(place)
    made = next_text(known, device, kind, place, text, who=who, by=by, now=now)
    tx.add(made)
    tx.flush()
    return made


def next_text(
    known: DocumentText | None, device: Device, kind: str, place: str, text: str, *,
    who: str = "", by: Actor, now: datetime,
) -> DocumentText:
    """The version of a text that follows the newest one, not recorded yet.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The text says nothing.
        Refused: It is word for word the newest text of this place.
    """
    role = require_writer(by, who)
    if not says(text):
        raise InvalidInput("The text says nothing.", hint="Write it in words.")
    if known is not None and known.text == text.strip():
        which = known.label if known.id else "A row above it"
        raise Refused(f"{which} says the same for '{place}' already.",
                      hint="Compile the document: it prints the newest text.")  # fmt: skip
    return DocumentText(
        device_id=device.id or 0, kind=kind, place=place, version=known.version + 1 if known else 1,
        text=text.strip(), written_by=by.name, printed_name=by.full_name, role=role.value,
        written_at=now,
    )


def add_texts(tx: Session, made: list[DocumentText]) -> list[DocumentText]:
    """Record many texts at once, in one event; they are returned with their numbers."""
    for one, number in zip(
        made, add_batch(tx, DocumentText, [one.model_dump(exclude={"id"}) for one in made]),
        strict=True,
    ):
        one.id = number
    return made


def add_comment(
    tx: Session, document: Document, place: str, words: str, *, by: Actor, now: datetime
) -> ReviewComment:
    """Record a comment on a place of a document; whether the place exists is asked before.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The comment says nothing.
        Refused: The document is neither a draft nor in review.
    """
    role = require(by, Action.COMMENT_DOCUMENT)
    if not says(words):
        raise InvalidInput("The comment says nothing.", hint="Write what is to be looked at.")
    if document.status not in COMMENTED:
        raise Refused(f"{document.label} is '{document.status}'.",
                      hint="A draft and a document in review are commented on.")  # fmt: skip
    made = ReviewComment(document_id=document.id or 0, place=place, words=words.strip(),
                         made_by=by.name, role=role.value, made_at=now)  # fmt: skip
    tx.add(made)
    tx.flush()
    return made


def answer_comment(
    tx: Session, comment: ReviewComment, answer: str, *, by: Actor, now: datetime
) -> ReviewComment:
    """Answer a comment: what was done about it, or why nothing.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The answer says nothing.
        Refused: It is answered already, or it is another's to answer.
    """
    require(by, Action.ANSWER_COMMENT)
    _require_answering(tx, comment, by)
    if not says(answer):
        raise InvalidInput("The answer says nothing.",
                           hint="Say what was done, or why nothing is.")  # fmt: skip
    if comment.status != OPEN:
        raise Refused(f"{comment.label} is answered already, by '{comment.answered_by}'.",
                      hint="Make a new comment of what is still open.")  # fmt: skip
    comment.status, comment.answer = ANSWERED, answer.strip()
    comment.answered_by, comment.answered_at = by.name, now
    tx.add(comment)
    tx.flush()
    return comment


def _require_answering(tx: Session, comment: ReviewComment, by: Actor) -> None:
    """An answer closes a comment: nobody closes the own one, and no bystander another's."""
    document = tx.get_one(Document, comment.document_id)
    device = tx.get_one(Device, document.device_id)
    authors = {one.written_by for one in newest_texts(tx, device, document.kind).values()}
    signed = select(Actor.name).join(Signature, col(Signature.signer_id) == Actor.id).where(
        Signature.subject_name == document.subject, Signature.meaning == Meaning.AUTHOR.value
    )
    authors |= set(tx.exec(signed))
    regulatory = has_role(by, Role.REGULATORY) or has_role(by, Role.RESPONSIBLE_PERSON)
    if by.name == comment.made_by:
        why = "made it"
    elif by.name not in authors and not regulatory:
        why = "wrote no text of the document, did not sign as its author, and is not regulatory"
    else:
        return
    raise Refused(
        f"'{by.name}' does not answer {comment.label}: '{by.name}' {why}.",
        hint="An author of the document answers, or somebody else with one of these roles: "
        f"{Role.REGULATORY.value}, {Role.RESPONSIBLE_PERSON.value}.",
    )


def comments_on(session: Session, document: Document) -> list[ReviewComment]:
    """The comments on a version of a document, in order."""
    query = select(ReviewComment).where(ReviewComment.document_id == document.id)
    return list(session.exec(query.order_by(col(ReviewComment.id))))


def require_all_answered(session: Session, document: Document) -> None:
    """Raise :class:`Refused` naming the comments on a document that nobody has answered."""
    waiting = [one for one in comments_on(session, document) if one.status == OPEN]
    if waiting:
        listed = "; ".join(f"{one.label} on {one.place}" for one in waiting)
        raise Refused(
            f"{document.label} has comments that are not answered: {listed}.",
            hint="Answer each with 'radvigil document answer' before it is approved.",
        )
