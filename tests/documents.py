"""Documents of tests: led through their life as people do it."""

from datetime import datetime

from journeys.control_documents import Deed, approve, make_effective, submit
from journeys.tell import write_document
from records.accounts import sign_record
from records.people import Meaning, find_actor
from records.quality import Document
from records.store import Store
from regulatory.compile import Request

SIGNERS = {"demo.engineer": Meaning.AUTHOR, "demo.regulatory": Meaning.APPROVAL}


def in_review(store: Store, request: Request, *, now: datetime) -> Document:
    """A compiled draft that was submitted to review."""
    draft = write_document(store, request, actor="service:documents", now=now)
    return submit(store, Deed(draft.id or 0, "demo.engineer", "complete", now))


def sign_as(
    store: Store, document: Document, name: str, meaning: Meaning, *, password: str, now: datetime,
    comment: str = "",
) -> None:
    """One person signs."""
    with store.reader() as reader:
        person, read = find_actor(reader, name), reader.get_one(Document, document.id)
    sign_record(
        store, read, signer=person, password=password, meaning=meaning, reason="read", now=now,
        comment=comment,
    )


def sign_both(store: Store, document: Document, *, password: str, now: datetime) -> None:
    """Its author and who approves it sign."""
    for name, meaning in SIGNERS.items():
        sign_as(store, document, name, meaning, password=password, now=now)


def approved(store: Store, request: Request, *, password: str, now: datetime) -> Document:
    """A document that two people signed and one approved."""
    document = in_review(store, request, now=now)
    sign_both(store, document, password=password, now=now)
    approve(store, Deed(document.id or 0, "demo.regulatory", "complete", now))
    with store.reader() as reader:
        return reader.get_one(Document, document.id)


def effective(store: Store, request: Request, *, password: str, now: datetime) -> Document:
    """A document in force."""
    document = approved(store, request, password=password, now=now)
    make_effective(store, Deed(document.id or 0, "demo.regulatory", "in force", now))
    with store.reader() as reader:
        return reader.get_one(Document, document.id)
