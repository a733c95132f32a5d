"""Control documents: submit a draft, send it back or approve it, put it into force, end it.

Each is one deed of one person, with a reason, in one transaction; what is refused leaves an event
on the document. Editions are set before the transaction: others that write do not wait for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from journeys.tell import export_document, keep_rendered
from records.accounts import acting_on
from records.errors import InvalidInput
from records.lifecycle import check_signable, check_transition
from records.people import Actor, Meaning, find_actor
from records.permissions import Action, require
from records.quality import Document, Signature
from records.signatures import sign
from records.store import Store
from records.vault import Vault
from regulatory.document_states import (
    approve_document,
    end_document,
    put_into_force,
    reject_document,
    require_approvable,
    set_edition,
    submit_document,
)  # fmt: skip
from regulatory.documents.reading import read_content
from regulatory.documents.rendering import Rendered


@dataclass(frozen=True, slots=True)
class Deed:
    """A person's act on one document, with the reason and the instant."""

    document_id: int
    by: str
    reason: str
    now: datetime


@contextmanager
def _doing(store: Store, deed: Deed, name: str) -> Iterator[tuple[Session, Document, Actor]]:
    with store.reader() as reader:
        read = reader.get_one(Document, deed.document_id)
    with acting_on(
        store, read, name, actor=deed.by, reason=deed.reason, now=deed.now
    ) as tx:
        yield tx, tx.get_one(Document, deed.document_id), find_actor(tx, deed.by)


def submit(store: Store, deed: Deed) -> Document:
    """A complete draft goes to review.

    Raises:
        NotAllowed: The person may not submit; the trail says so.
        Refused: It is no draft, or gaps are open.
    """
    with _doing(store, deed, "submission") as (tx, document, person):
        return submit_document(tx, document, by=person)


def reject(store: Store, deed: Deed, *, password: str, comment: str) -> Signature:
    """A document in review goes back to draft by a signed rejection that says what is wrong.

    Raises:
        NotAllowed: The password is not right, or the person may not reject; the trail says so.
        InvalidInput: No comment.
        Refused: It is not in review.
    """
    if not any(letter.isalnum() for letter in comment):
        raise InvalidInput(
            "A rejection says what is wrong.", hint="Say it in a comment: its author reads it."
        )
    with _doing(store, deed, "rejection") as (tx, document, person):
        meaning = Meaning.REJECTION
        require(person, Action.SIGN_REJECTION)
        check_transition("Document", document.label, document.status, "draft")
        check_signable("Document", document.label, document.status, meaning.value)
        signature = sign(
            tx, document, signer=person, password=password, meaning=meaning,
            reason=deed.reason.strip(), now=deed.now, comment=comment,
        )
        reject_document(tx, document, by=person)
        return signature


def approve(store: Store, deed: Deed) -> dict[str, Any]:
    """Set the stored draft with its signatures, make that the approved edition, and export it.

    Raises:
        NotAllowed: The person may not approve; the trail says so.
        Refused: Signatures are missing, or it is not in review.
    """
    with _doing(store, deed, "approval") as (tx, document, person):
        require_approvable(tx, document, person)  # before the edition is set, which takes a while
    edition = _edition(store, deed, "approved")
    with _doing(store, deed, "approval") as (tx, document, person):
        approved = approve_document(tx, document, edition, approved_by=person)
    return _exported(store, approved, deed)


def make_effective(store: Store, deed: Deed) -> dict[str, Any]:
    """Put an approved version into force, supersede the one before, and export it.

    Raises:
        NotAllowed: The person may not; the trail says so.
        Refused: It is not approved, or a later version is in force.
    """
    with _doing(store, deed, "putting into force") as (_, document, person):
        require(person, Action.PUT_DOCUMENT_INTO_FORCE)
        check_transition("Document", document.label, document.status, "effective")
    edition = _edition(store, deed, "effective")
    with _doing(store, deed, "putting into force") as (tx, document, person):
        effective = put_into_force(tx, document, edition, by=person, now=deed.now)
    return _exported(store, effective, deed)


def end(store: Store, deed: Deed, status: str) -> Document:
    """Withdraw a document ('withdrawn'), or declare one in force 'obsolete'.

    Raises:
        NotAllowed: The person may not; the trail says so.
        Refused: Its status does not allow it.
    """
    name = "withdrawal" if status == "withdrawn" else "declaration as obsolete"
    with _doing(store, deed, name) as (tx, document, person):
        return end_document(tx, document, status, by=person, now=deed.now)


def _edition(store: Store, deed: Deed, status: str) -> Rendered:
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        document = reader.get_one(Document, deed.document_id)
        fetch = partial(vault.fetch, of=document.label)
        content = read_content(fetch(document.draft_json_digest), pictures=fetch)
        edition = set_edition(reader, content, document, status)
    keep_rendered(store, edition)
    return edition


def _exported(store: Store, document: Document, deed: Deed) -> dict[str, Any]:
    files = export_document(
        store, document, store.workspace.exports, actor=deed.by, now=deed.now
    )
    return {
        "record": document.label, "number": document.number, "title": document.title,
        "version": document.version, "status": document.status, "files": sorted(files),
        "pdf_digest": document.pdf_digest, "gaps": len(document.gaps),
    }
