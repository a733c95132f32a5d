"""The revisions of a document, and what one says otherwise than another."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import address_of
from journeys.review_documents import difference
from records.control_overview import DocumentStanding
from records.errors import RadvigilError
from records.quality import Document
from regulatory.documents.difference import in_short
from regulatory.revisions import revision_history, revisions_of


def show_revisions(desk: Desk, one: DocumentStanding) -> None:
    """Every revision with its reason and what it changed; two of them side by side."""
    look.section("Revisions", "Each compilation is a revision; nothing of an earlier one is lost.")
    known = revisions_of(desk.reader, one.number)
    history = revision_history(desk.reader, known)
    look.table(
        ["Version", "Status", "Compiled", "By", "Reason", "What it changed"],
        [[look.Link(told.version, f"{address_of(row.label)}&part=revisions", row.label),
          look.mark(told.status), told.at, told.author, told.reason or "none given", told.changed]
         for row, told in zip(reversed(known), reversed(history), strict=True)],
        empty="", wide="What it changed",
    )  # fmt: skip
    if len(known) < 2:
        look.quiet("There is one revision so far: nothing to compare it with.")
        return
    _compared(desk, one, known)


def _compared(desk: Desk, one: DocumentStanding, known: list[Document]) -> None:
    """What the later of two versions says otherwise, once it is asked for."""
    versions = [row.version for row in known]
    at = versions.index(one.version)
    left, right = st.columns(2)
    before = int(left.selectbox("Compare version", versions, index=max(at - 1, 0),
                                key=f"compare-from-{one.id}"))  # fmt: skip
    after = int(right.selectbox("with version", versions, index=max(at, 1),
                                key=f"compare-to-{one.id}"))  # fmt: skip
    if not st.button("Compare", key=f"compare-{one.id}"):
        return
    try:
        with st.spinner("Reading both"):
            found, _ = difference(desk.store, one.number, before, after)
    except RadvigilError as why:
        look.refusal(why)
        return
    before, after = sorted((before, after))
    look.section(f"Version {after} against version {before}", f"{in_short(found)}.")
    look.table(
        ["Where", "Change", f"Version {before}", f"Version {after}"],
        [[row.key, row.change, row.before or "not in it", row.after or "not in it"]
         for row in found],
        empty="Nothing that it says has changed.", wide="Where",
    )  # fmt: skip
