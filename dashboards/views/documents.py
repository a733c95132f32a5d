"""Documents, for regulatory staff: which there are by area of work, and one of them in full."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboards import look, signing
from dashboards.acting import tell_of_others
from dashboards.desk import Desk
from dashboards.links import address_of, choose
from dashboards.views import (
    document_checklist,
    document_compile,
    document_figures,
    document_files,
    document_gaps,
    document_life,
    document_pages,
    document_review,
    document_revisions,
)
from records.control_overview import DocumentStanding, documents
from records.counting import counted
from records.quality import Document
from regulatory.checklist_readings import NOT_READ
from regulatory.document_list import ListedDocument, listed_documents
from regulatory.documents.areas import AREAS
from regulatory.documents.checklist import FAIL, PASS

PART = "part"
"""In the address: which part of the chosen document is shown."""

ALL, WITH_GAPS, WITH_DAY, UNREAD, TO_SIGN = "all", "gaps", "due", "unread", "sign"
SHOWN = {
    ALL: "All documents", WITH_GAPS: "With open gaps", WITH_DAY: "With a day",
    UNREAD: "Not read by the checklist", TO_SIGN: "In review: to be signed",
}  # fmt: skip
_FITS: dict[str, Callable[[ListedDocument], bool]] = {
    ALL: lambda _: True, WITH_GAPS: lambda one: one.open_gaps > 0,
    WITH_DAY: lambda one: one.due is not None, UNREAD: lambda one: not one.verdict,
    TO_SIGN: lambda one: one.newest.status == "in review",
}  # fmt: skip
_VERDICTS: dict[str, look.Tone] = {PASS: "good", FAIL: "bad"}


def show(desk: Desk) -> None:
    """The controlled documents by area; one of them in parts: to read, complete, sign, export."""
    look.title("Documents", "Controlled documents are records set in type, as of their freeze.")
    found = [one for one in documents(desk.reader)
             if desk.shows(one, day=one.period_to or one.freeze_at)]
    if not found:
        look.quiet(desk.none_of("No document was compiled yet", "Compile one below."))
        document_compile.show_compile(desk)
        return
    if desk.selection.open:
        _document(desk, found)
        with st.expander("All documents"):
            _list(desk, found)
            document_compile.show_compile(desk)
        return
    _list(desk, found)
    document_compile.show_compile(desk)
    _document(desk, found)


def _list(desk: Desk, found: Sequence[DocumentStanding]) -> None:
    """The newest revision of each document, by area of work."""
    numbers = {one.number for one in found}
    listed = [one for one in listed_documents(desk.reader, on=desk.now.date())
              if one.newest.number in numbers]  # fmt: skip
    left, right = st.columns(2)
    area = left.selectbox("Area of work", ["", *AREAS], key="document-area",
                          format_func=lambda one: one or "All areas")  # fmt: skip
    which = str(right.selectbox("Show", list(SHOWN), key="document-shown",
                                format_func=SHOWN.__getitem__))  # fmt: skip
    rows = [one for one in listed if area in ("", one.area) and _FITS[which](one)]
    look.quiet(
        f"{counted(len(rows), 'document')} of {len(listed)}; "
        f"{counted(sum(one.open_gaps for one in rows), 'open gap')}."
    )
    for name in AREAS:
        inside = [one for one in rows if one.area == name]
        if inside:
            look.section(name)
            look.table(
                ["Document", "Clause", "Status", "Signatures", "Gaps", "Due", "Checklist"],
                [_row(desk, one) for one in inside], empty="", wide="Checklist",
            )  # fmt: skip


def _row(desk: Desk, one: ListedDocument) -> list[look.Cell]:
    newest = one.newest
    in_force = f"version {one.in_force} in force" if one.in_force else "none in force"
    versions = f"{newest.number}, version {newest.version}, {in_force}"
    late = one.due is not None and one.due < desk.now.date()
    return [
        look.Link(newest.title, address_of(newest.label), versions),
        look.Mark(one.code, small=one.clause), look.mark(newest.status), _signed(newest),
        look.Mark(counted(one.open_gaps, "gap"), "waiting" if one.open_gaps else "good",
                  f"{len(newest.gaps) - one.open_gaps} declared unknown"),
        look.Mark(str(one.due), "bad" if late else "waiting", one.due_by)
        if one.due else "none set",
        _read(one),
    ]  # fmt: skip


def _read(one: ListedDocument) -> look.Mark:
    """How the document was read by the checklist; a reading of what it no longer says counts not.
    """
    if one.checklist == NOT_READ:
        return look.Mark(NOT_READ, "unknown")
    word = "not as it stands" if one.percent is None else f"{one.percent:.0f} %"
    return look.Mark(word, _VERDICTS.get(one.verdict, "unknown"), one.checklist)


def _signed(one: DocumentStanding) -> look.Mark:
    valid = sum(signed.standing == "valid" for signed in one.signatures)
    invalid = sum(signed.standing == "invalid" for signed in one.signatures)
    if invalid:
        return look.Mark(f"{invalid} invalid", "bad", f"{valid} valid")
    return look.Mark(f"{valid} valid", "good" if valid else "unknown")


PARTS: dict[str, tuple[str, Callable[[Desk, DocumentStanding], None]]] = {
    "standing": ("Standing and signatures", lambda desk, one: _standing(desk, one)),
    "gaps": ("Gaps and texts", document_gaps.show_gaps),
    "pages": ("Pages", document_pages.show_pages),
    "comments": ("Comments", document_review.comments),
    "revisions": ("Revisions", document_revisions.show_revisions),
    "figures": ("Figures and records", document_figures.records_behind),
    "checklist": ("Checklist", document_checklist.checklist),
    "files": ("Files", document_files.show_files),
}
"""The parts of a document by their name in the address: what it is called, and what draws it. Only
the part that is looked at is drawn."""


def _document(desk: Desk, found: Sequence[DocumentStanding]) -> None:
    labels = {f"{one.number} version {one.version}: {one.title}": one for one in found}
    look.section("Read and sign")
    chosen = choose(desk, "Document", labels, key="document")
    states = {f"{one.number} version {one.version}": one.status for one in found}
    tell_of_others("documents", f"{chosen.number} version {chosen.version}", states)
    PARTS[_part()][1](desk, chosen)


def _part() -> str:
    """The part that the address names; the address follows what is chosen."""
    named = st.query_params.get(PART, "")
    if named in PARTS or PART not in st.session_state:
        st.session_state[PART] = named if named in PARTS else next(iter(PARTS))
    return str(st.segmented_control(
        "Part of the document", list(PARTS), format_func=lambda one: PARTS[one][0],
        required=True, key=PART, on_change=_part_chosen, label_visibility="collapsed",
    ))  # fmt: skip


def _part_chosen() -> None:
    st.query_params[PART] = str(st.session_state[PART])


def _standing(desk: Desk, one: DocumentStanding) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        look.section("Identity")
        _identity(one)
    with right:
        look.section("What comes next")
        _next(desk, one)
    look.section("Gaps", "What the document must say and cannot yet.")
    document_gaps.gap_table(one)
    look.section("Signatures")
    signing.signature_table(one.signatures)


def _identity(one: DocumentStanding) -> None:
    look.facts(
        [
            ("Document", f"{one.number}, version {one.version}"),
            ("Record", one.label),
            ("Status", look.mark(one.status)),
            ("Period", look.span(one.period_from, one.period_to)),
            ("Records as of", f"{look.instant(one.freeze_at)}, audit event {one.freeze_sequence}"),
            ("Compiled", one.compiled_at),
            ("In force since", one.effective_at or "not in force yet"),
            ("Ended", one.ended_at or "not ended"),
            ("Digest of the facts", look.Code(one.facts_digest, 24)),
        ]
    )


def _next(desk: Desk, one: DocumentStanding) -> None:
    """What comes next in the life of this version, for those who may do it."""
    said = {
        "draft": "A draft is completed and then submitted to review, where it is signed.",
        "approved": "This version is approved and waits to be put into force.",
        "effective": "This version is in force.",
    }
    if one.status != "in review":
        ended = f"This version is {one.status}. It stays readable and is not signed any more."
        look.quiet(said.get(one.status, ended))
    if one.status == "draft":
        document_life.submission(desk, one)
    elif one.status == "in review":
        _review(desk, one)
    elif one.status == "approved":
        document_life.putting_into_force(desk, one)
    document_life.ending(desk, one)


def _review(desk: Desk, one: DocumentStanding) -> None:
    """Who has to sign; once they have, the button that approves it; and the way back."""
    if not signing.missing_signatures(desk, Document, one.id):
        document_life.approval(desk, one)
    signing.sign_form(
        desk,
        signing.Signable(
            Document, one.id, f"{one.number} v{one.version}",
            "The signature covers number, version, the digest of all facts in it, and its gaps.",
        ),
    )
    document_life.rejection(desk, one)
