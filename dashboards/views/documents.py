"""Documents, for regulatory staff: which there are, whether they are signed, what they lack."""

import hashlib
from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, tell_of_others
from dashboards.desk import Desk
from dashboards.links import address_of, choose
from dashboards.views import (
    document_checklist,
    document_figures,
    document_life,
    document_review,
)
from journeys.tell import (
    declare_gaps_unknown,
    edition_to_read,
    export_files,
    record_export,
    require_none_named,
)  # fmt: skip
from records.checklist_answers import answers_on
from records.control_overview import DocumentStanding, documents
from records.counting import counted
from records.errors import RadvigilError
from records.owed_document_work import DUE, OWNER
from records.permissions import Action
from records.quality import DECLARED_BY, Document
from regulatory.documents.rendering import FORMATS, FURTHER
from regulatory.documents.writers.packed import archive
from regulatory.gaps import ATTEMPTS, DECLARED_REASON, attempts_said

FURTHER_NAMES = {
    "html": "HTML: one page, each figure leads to its records", "docx": "DOCX for Word",
    "xlsx": "XLSX: the tables", "trace.json": "Sidecar (JSON): each figure with its records",
}  # fmt: skip
ALL, WHOLE = "all", "All formats with manifest and signatures (ZIP), to be verified"
MIMES = {
    "html": "text/html", "trace.json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PREPARED = "document-prepared"


def show(desk: Desk) -> None:
    """The controlled documents; one of them in full, to download and sign."""
    look.title("Documents", "Controlled documents are records set in type, as of their freeze.")
    found = [one for one in documents(desk.reader)
             if desk.shows(one, day=one.period_to or one.freeze_at)]
    look.table(
        ["Document", "Period", "Version", "Status", "Records as of", "Signatures", "Gaps"],
        [_row(one) for one in found],
        empty=desk.none_of("No document was compiled yet",
                           "Compile one: radvigil document compile KIND"),
        wide="Document",
    )
    if not found:
        return
    labels = {f"{one.number} version {one.version}: {one.title}": one for one in found}
    look.section("Read and sign")
    chosen = choose(desk, "Document", labels, key="document")
    states = {f"{one.number} version {one.version}": one.status for one in found}
    tell_of_others("documents", f"{chosen.number} version {chosen.version}", states)
    left, right = st.columns([3, 2], gap="large")
    with left:
        look.section("Identity")
        _identity(chosen)
        _downloads(desk, chosen)
        look.section("Gaps", "What the document must say and cannot yet.")
        _gaps(desk, chosen)
    with right:
        look.section("What comes next")
        _next(desk, chosen)
    document_figures.records_behind(desk, chosen)
    document_review.texts(desk, chosen)
    document_review.comments(desk, chosen)
    document_review.compared(desk, chosen)
    document_checklist.checklist(desk, chosen)
    look.section("Signatures")
    signing.signature_table(chosen.signatures)


def _row(one: DocumentStanding) -> list[look.Cell]:
    valid = sum(signed.standing == "valid" for signed in one.signatures)
    invalid = sum(signed.standing == "invalid" for signed in one.signatures)
    signed = (
        look.Mark(f"{invalid} invalid", "bad", f"{valid} valid")
        if invalid
        else look.Mark(f"{valid} valid", "good" if valid else "unknown")
    )
    return [
        look.Link(one.title, address_of(one.label), one.number),
        look.span(one.period_from, one.period_to),
        one.version, look.mark(one.status),
        look.Mark(look.instant(one.freeze_at), small=f"audit event {one.freeze_sequence}"), signed,
        look.Mark(counted(len(one.gaps), "gap"), "waiting" if one.gaps else "good"),
    ]  # fmt: skip


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


def _downloads(desk: Desk, one: DocumentStanding) -> None:
    """Every format as it is handed out; what is not in force is marked so on every page."""
    if not desk.may(Action.EXPORT_DOCUMENT):
        look.quiet("Your role does not export documents.")
        return
    document = desk.reader.get_one(Document, one.id)
    contents = edition_to_read(desk.store, document)
    try:
        require_none_named(desk.store, document, contents)
    except RadvigilError as why:
        st.error(f"{why.message} {why.hint}")
        return
    with st.container(horizontal=True):
        for kind, mime in (("pdf", "application/pdf"), ("json", "application/json")):
            name = f"{one.number}-v{one.version}.{kind}"
            digest = hashlib.sha256(contents[kind]).hexdigest()
            st.download_button(
                f"Download {kind.upper()}", contents[kind], file_name=name, mime=mime,
                key=f"download-{kind}-{one.id}", on_click=_exported,
                args=(desk, f"Document:{one.id}", {name: digest}),
            )
    _further(desk, one, document)


def _further(desk: Desk, one: DocumentStanding, document: Document) -> None:
    """A format that is set when it is asked for, or all of them as one archive to be verified."""
    choices = {"none": "none of these"} | {one: FURTHER_NAMES[one] for one in FURTHER}
    choices[ALL] = WHOLE
    kind = st.selectbox("Another format", list(choices), format_func=choices.__getitem__,
                        key=f"format-{one.id}")  # fmt: skip
    if kind == "none":
        return
    try:
        files = _prepared(desk, document, kind)
    except RadvigilError as why:
        look.refusal(why)
        return
    stem = f"{one.number}-v{one.version}"
    name = f"{stem}.zip" if kind == ALL else f"{stem}.{kind}"
    digests = {each: hashlib.sha256(data).hexdigest() for each, data in files.items()}
    st.download_button(
        f"Download {name}", archive(files) if kind == ALL else files[name], file_name=name,
        mime=MIMES.get(kind, "application/zip"), key=f"download-{kind}-{one.id}",
        on_click=_exported, args=(desk, f"Document:{one.id}", digests),
    )  # fmt: skip


def _prepared(desk: Desk, document: Document, kind: str) -> dict[str, bytes]:
    """The files of a choice, kept in the session: setting them takes a while."""
    answered = max((one.id or 0 for one in answers_on(desk.reader, [document.id or 0])), default=0)
    wanted = (document.id, document.status, document.json_digest, str(document.gaps), answered,
              kind)
    if st.session_state.get(PREPARED, (None, {}))[0] != wanted:
        with st.spinner("Setting it"):
            formats = FORMATS if kind == ALL else (kind,)
            files = export_files(desk.store, document, formats, now=desk.now)
        stem = f"{document.number}-v{document.version}."
        if kind != ALL:
            files = {f"{stem}{kind}": files[f"{stem}{kind}"]}
        st.session_state[PREPARED] = wanted, files
    kept: dict[str, bytes] = st.session_state[PREPARED][1]
    return kept


def _exported(desk: Desk, subject: str, files: dict[str, str]) -> None:
    record_export(desk.store, subject, files, actor=desk.person.name, now=desk.now)


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


def _gaps(desk: Desk, one: DocumentStanding) -> None:
    rows = [gap if isinstance(gap, dict) else {"missing": str(gap)} for gap in one.gaps]
    look.table(
        ["Gap", "Missing", "Why", "Who supplies it", "Until"],
        [[number, row.get("missing"), _why(row), _who(row), row.get(DUE, "not set")]
         for number, row in enumerate(rows, start=1)],
        empty="The document has no gap.",
    )  # fmt: skip
    if one.status == "draft" and rows and desk.may(Action.DECLARE_GAPS):
        document_life.attempt(desk, one)
        document_review.owner(desk, one)
    if one.status == "draft" and any(not row.get(DECLARED_BY) for row in rows):
        _declare(desk, one)


def _who(gap: dict[str, Any]) -> str:
    return f"{gap.get('who')}: {gap[OWNER]}" if gap.get(OWNER) else str(gap.get("who"))


def _why(gap: dict[str, Any]) -> str:
    tried = f"; {attempts_said(gap)}" if gap.get(ATTEMPTS) else ""
    if gap.get(DECLARED_BY):
        return f"declared unknown by {gap[DECLARED_BY]}: {gap[DECLARED_REASON]}{tried}"
    return f"{gap.get('reason', '')}{tried}"


def _declare(desk: Desk, one: DocumentStanding) -> None:
    """What nobody can supply is declared unknown with the reason, which is then printed."""
    if not desk.may(Action.DECLARE_GAPS):
        return
    with st.form(f"declare-{one.id}"):
        st.markdown(
            "An open gap blocks the approval. Declare the open gaps unknown where nobody can "
            "supply them; the reason is printed in their place. Gaps for the responsible person, "
            "top management or the clinical lead are declared by that role only. Signatures given "
            "before become invalid."
        )
        reason = st.text_input("Why this is not known", key=f"declare-reason-{one.id}")
        pressed = st.form_submit_button("Declare unknown", key=f"declare-submit-{one.id}")
    if not pressed:
        return
    def declare() -> str:
        done = declare_gaps_unknown(
            desk.store, one.id, by=desk.person.name, reason=reason, now=desk.now
        )
        left = [f"{gap['missing']} (for the {gap['who']})" for gap in done.open_gaps]
        others = f" Not yours to declare, still open: {'; '.join(left)}." if left else ""
        return f"Open gaps of {one.number} v{one.version} are declared unknown.{others}"

    act(declare)
