"""The life of a controlled document, from draft to superseded (ISO 13485 4.2.4, REG-030, REG-031).

Which change of status needs what is data (`records.guarded_changes.GUARDS`), which the store holds
every write against; here is what each change does beside it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, select

from records.audit import Move
from records.errors import Refused, TransitionRefused
from records.guards import require_guard
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.quality import Document
from records.required_signatures import require_signatures
from records.separation import require_separate
from records.signatures import counting, signatures_on
from regulatory.documents.assembly import with_signatures
from regulatory.documents.content import Content
from regulatory.documents.rendering import Rendered, render
from regulatory.gaps import with_declarations
from regulatory.gathering.edition import signed_line

STORED = frozenset({"draft", "approved", "effective"})
"""The statuses whose edition lies in controlled storage; of the others a marked copy is made."""

ENDS = frozenset({"superseded", "obsolete", "withdrawn"})
"""The statuses in which a document is not to be worked by any more."""


def submit_document(tx: Session, document: Document, *, by: Actor) -> Document:
    """Give a complete draft to review: from now on it is signed and not worked on.

    Raises:
        NotAllowed: Somebody without a role that may.
        Refused: It is no draft, or gaps are open.
    """
    return _move(tx, document, "in review", by)


def reject_document(tx: Session, document: Document, *, by: Actor) -> Document:
    """Send a document in review back to draft; its rejection was signed in this transaction.

    The signatures of this review stay on record and do not count for the next one.
    """
    return _move(tx, document, "draft", by)


def require_approvable(session: Session, document: Document, by: Actor) -> None:
    """Raise :class:`Refused` unless this person may approve the document as it stands.

    Raises:
        NotAllowed: The person may not approve, or is the author.
        Refused: It is not in review, a later version is approved, or signatures are missing.
    """
    require(by, Action.APPROVE_DOCUMENT)
    _check(document, "approved")
    require_guard(session, Move(document, document.status, "approved"), actor=by.name)
    require_separate(session, document, by, Meaning.APPROVAL)
    later = select(Document).where(
        Document.number == document.number, Document.device_id == document.device_id,
        col(Document.version) > document.version,
        col(Document.status).in_(("approved", "effective")),
    )
    for one in session.exec(later).all():
        raise Refused(f"Version {one.version} of {document.number} is {one.status} already.")


def set_edition(reader: Session, content: Content, document: Document, status: str) -> Rendered:
    """The approved edition, or that in force: the draft's very content with its signatures.

    content: the draft as it was stored; it is not compiled again, since records move on.

    Raises:
        Refused: The signatures are not there or are over other facts.
    """
    require_signatures(reader, document)
    if document.facts_digest != content.provenance.facts_digest:
        raise Refused(f"{document.label} was signed over other facts than these.")
    signed = tuple(
        signed_line(one) for one in counting(signatures_on(reader, document), document)
    )
    complete = with_declarations(content, document)
    return render(with_signatures(complete, status=status, signed=signed))


def approve_document(
    tx: Session, document: Document, rendered: Rendered, *, approved_by: Actor
) -> Document:
    """Make the signed edition the approved one; it is not in force yet.

    Raises:
        NotAllowed, Refused: As :func:`require_approvable`.
    """
    require_approvable(tx, document, approved_by)
    json, pdf = rendered.digests["json"], rendered.digests["pdf"]
    also = {"json_digest": json, "pdf_digest": pdf, "approved_json_digest": json,
            "approved_pdf_digest": pdf}  # fmt: skip
    return _move(tx, document, "approved", approved_by, also)


def put_into_force(
    tx: Session, document: Document, rendered: Rendered, *, by: Actor, now: datetime
) -> Document:
    """Make an approved version the one in force; earlier ones are superseded with it.

    One version of a number is in force for a revision of the device at a time.

    Raises:
        NotAllowed: Somebody without a role that may.
        Refused: It is not approved, its signatures do not count any more, or a later one is in
            force.
    """
    require_guard(tx, Move(document, document.status, "effective"), actor=by.name)
    _check(document, "effective")
    others = select(Document).where(
        Document.number == document.number, Document.device_id == document.device_id,
        Document.id != document.id, col(Document.status).in_(("approved", "effective")),
    )
    found = tx.exec(others).all()
    for one in found:
        if one.version > document.version and one.status == "effective":
            raise Refused(f"Version {one.version} of {document.number} is in force already.")
    for one in found:
        if one.version < document.version:
            one.status, one.ended_at = "superseded", now
            tx.add(one)
    tx.flush()  # the database itself holds that two are never in force
    also = {
        "approved_json_digest": document.approved_json_digest or document.json_digest,
        "approved_pdf_digest": document.approved_pdf_digest or document.pdf_digest,
        "json_digest": rendered.digests["json"], "pdf_digest": rendered.digests["pdf"],
        "effective_at": now,
    }  # fmt: skip
    return _move(tx, document, "effective", by, also)


def end_document(
    tx: Session, document: Document, status: str, *, by: Actor, now: datetime
) -> Document:
    """Withdraw a document, or declare one in force obsolete; it stays readable, and is marked.

    status: 'withdrawn' or 'obsolete'.

    Raises:
        NotAllowed: Somebody without a role that may.
        Refused: Its status does not allow it.
    """
    require(by, Action.WITHDRAW_DOCUMENT)
    return _move(tx, document, status, by, {"ended_at": now})


def copy_to_read(content: Content, status: str) -> Rendered:
    """A copy of a stored edition that says on every page what the document is by now."""
    return render(replace(content, header=replace(content.header, status=status)))


def _check(document: Document, wanted: str) -> None:
    check_transition("Document", document.label, document.status, wanted)


def _move(
    tx: Session, document: Document, wanted: str, by: Actor,
    also: Mapping[str, Any] = MappingProxyType({}),
) -> Document:
    """Set the status where table and guard allow it, and what goes with it, as one event."""
    if document.status == wanted:
        raise TransitionRefused(document.label, document.status, wanted, allowed=[])
    require_guard(tx, Move(document, document.status, wanted), actor=by.name)
    _check(document, wanted)
    for name, value in {**also, "status": wanted}.items():
        setattr(document, name, value)
    tx.add(document)
    tx.flush()
    return document
