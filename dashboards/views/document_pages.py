"""The pages of a document as pictures, as it is handed out."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from journeys.document_pages import pages_of, picture_of_page
from records.control_overview import DocumentStanding
from records.errors import RadvigilError
from records.quality import Document
from records.store import Store

AT_ONCE = 2
"""So many pages stand side by side."""


def show_pages(desk: Desk, one: DocumentStanding) -> None:
    """Two pages side by side, drawn from the stored PDF."""
    look.section("Pages", "As the PDF is handed out; what is not in force is marked on each page.")
    document = desk.reader.get_one(Document, one.id)
    # the gaps count, too: what is declared of them is printed in a marked copy
    drawn_as = f"{one.pdf_digest} {one.status} {one.gaps if one.status == 'in review' else ''}"
    try:
        total = _pages(drawn_as, _store=desk.store, _document=document)
        first, at_once = 1, 1 if st.toggle("One page, large", key="page-large") else AT_ONCE
        if total > at_once:
            first = int(st.number_input(
                f"Page, of {total}", min_value=1, max_value=total, step=at_once,
                key=f"page-{one.id}-{at_once}",
            ))  # fmt: skip
        last = min(first + at_once - 1, total) if total else at_once
        for place, page in zip(st.columns(at_once), range(first, last + 1), strict=False):
            picture = _picture(drawn_as, page, _store=desk.store, _document=document)
            place.image(picture, caption=f"Page {page} of {total or 'an unknown number'}",
                        width="stretch")  # fmt: skip
    except RadvigilError as why:
        look.refusal(why)


@st.cache_data(max_entries=256, show_spinner="Reading the pages")  # type: ignore[untyped-decorator]
def _pages(drawn_as: str, *, _store: Store, _document: Document) -> int:  # noqa: ARG001  (the key)
    return pages_of(_store, _document)


@st.cache_data(max_entries=64, show_spinner="Drawing the page")  # type: ignore[untyped-decorator]
def _picture(
    drawn_as: str, page: int, *, _store: Store, _document: Document  # noqa: ARG001  (the key)
) -> bytes:
    return picture_of_page(_store, _document, page)
