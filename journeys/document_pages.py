"""The pages of a document as it is handed out, as pictures."""

from functools import partial

from journeys.tell import edition_to_read
from records.quality import Document
from records.store import Store
from records.vault import Vault
from regulatory.document_states import STORED
from regulatory.documents.writers.page_pictures import count_pages, page_picture


def pdf_to_read(store: Store, document: Document) -> bytes:
    """The PDF as :func:`journeys.tell.edition_to_read` hands it out; the JSON is left unread.

    Raises:
        IntegrityBroken: The stored bytes are lost or altered.
    """
    if document.status in STORED:
        fetch = partial(Vault(store.workspace.vault).fetch, of=document.label)
        return fetch(document.pdf_digest)
    return edition_to_read(store, document)["pdf"]


def pages_of(store: Store, document: Document) -> int:
    """How many pages the document has as it is handed out; 0 where that cannot be read.

    Raises:
        IntegrityBroken: The stored bytes are lost or altered.
    """
    return count_pages(pdf_to_read(store, document))


def picture_of_page(store: Store, document: Document, page: int) -> bytes:
    """A page as PNG, from 1.

    Raises:
        NotFound: There is no such page, or it cannot be drawn.
        IntegrityBroken: The stored bytes are lost or altered.
    """
    return page_picture(pdf_to_read(store, document), page)
