"""The files of a document: every format as it is handed out, and all of them to be verified."""

import hashlib

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from journeys.tell import edition_to_read, export_files, record_export, require_none_named
from records.checklist_answers import answers_on
from records.control_overview import DocumentStanding
from records.errors import RadvigilError
from records.permissions import Action
from records.quality import Document
from regulatory.documents.rendering import FORMATS, FURTHER
from regulatory.documents.writers.packed import archive

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


def show_files(desk: Desk, one: DocumentStanding) -> None:
    """Every format as it is handed out; what is not in force is marked so on every page."""
    look.section("Files", "That a file left, by whom and with which digest, is on record.")
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
