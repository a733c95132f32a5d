"""Documents, for regulatory staff: which there are, whether they are signed, what they lack."""

from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.desk import Desk
from dashboards.sign_in import NOTICE
from records.control_overview import DocumentStanding, documents
from records.counting import counted
from records.errors import RadvigilError
from records.permissions import Action
from records.quality import Document
from records.vault import Vault
from regulatory.gaps import DECLARED_BY, DECLARED_REASON


def show(desk: Desk) -> None:
    """The controlled documents; one of them in full, to download and sign."""
    look.title("Documents", "Controlled documents are records set in type, as of their freeze.")
    found = documents(desk.reader)
    look.table(
        ["Document", "Period", "Version", "Status", "Records as of", "Signatures", "Gaps"],
        [_row(one) for one in found],
        empty="No document was compiled yet. Compile one: radvigil document compile KIND",
        wide="Title",
    )
    if not found:
        return
    labels = {f"{one.number} version {one.version}: {one.title}": one for one in found}
    look.section("Read and sign")
    chosen = labels[st.selectbox("Document", list(labels), key="document")]
    left, right = st.columns([3, 2], gap="large")
    with left:
        look.section("Identity")
        _identity(chosen)
        _downloads(desk, chosen)
        look.section("Gaps", "What the document must say and cannot yet.")
        _gaps(desk, chosen)
    with right:
        look.section("Sign")
        _sign(desk, chosen)
    look.section("Signatures")
    signing.signature_table(chosen.signatures)


def _row(one: DocumentStanding) -> list[look.Cell]:
    valid = sum(signed.valid for signed in one.signatures)
    invalid = len(one.signatures) - valid
    signed = (
        look.Mark(f"{invalid} invalid", "bad", f"{valid} valid")
        if invalid
        else look.Mark(f"{valid} valid", "good" if valid else "unknown")
    )
    return [
        look.Mark(one.title, small=one.number), look.span(one.period_from, one.period_to),
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
            ("Digest of the facts", look.Code(one.facts_digest, 24)),
        ]
    )


def _downloads(desk: Desk, one: DocumentStanding) -> None:
    vault = Vault(desk.store.workspace.vault)
    if not desk.may(Action.EXPORT_DOCUMENT):
        look.quiet("Your role does not export documents.")
        return
    with st.container(horizontal=True):
        for kind, digest, mime in (
            ("PDF", one.pdf_digest, "application/pdf"),
            ("JSON", one.json_digest, "application/json"),
        ):
            if not digest:
                look.quiet(f"The {kind} is not made yet.")
                continue
            name = f"{one.number}-v{one.version}.{kind.lower()}"
            st.download_button(
                f"Download {kind}", vault.fetch(digest, of=one.label), file_name=name, mime=mime,
                key=f"download-{kind}-{one.id}", on_click=_exported,
                args=(desk, f"Document:{one.id}", {name: digest}),
            )


def _exported(desk: Desk, subject: str, files: dict[str, str]) -> None:
    from journeys.tell import record_export

    record_export(desk.store, subject, files, actor=desk.person.name, now=desk.now)


def _sign(desk: Desk, one: DocumentStanding) -> None:
    """A draft is signed and approved; what is approved or superseded stays as it is."""
    if one.status != "draft":
        look.quiet(f"This version is {one.status}. Only a draft is signed.")
        return
    _approval(desk, one)
    signing.sign_form(
        desk,
        signing.Signable(
            Document, one.id, f"{one.number} v{one.version}",
            "The signature covers number, version, the digest of all facts in it, and its gaps.",
        ),
    )


def _approval(desk: Desk, one: DocumentStanding) -> None:
    """Who has to sign the draft; once two people have, the button that approves it."""
    if signing.missing_signatures(desk, Document, one.id):
        return
    if not desk.may(Action.APPROVE_DOCUMENT):
        look.quiet("People with the role quality or regulatory approve.")
        return
    with st.form(f"approve-{one.id}"):
        reason = st.text_input("Reason", key=f"approve-reason-{one.id}")
        pressed = st.form_submit_button(
            f"Approve {one.number} v{one.version}", type="primary", key=f"approve-submit-{one.id}"
        )
    if not pressed:
        return
    if not reason.strip():
        st.error("Nothing was approved: say the reason.")
        return
    from journeys.tell import approve_document_by_id

    with st.spinner("Setting the approved edition"):
        done = approve_document_by_id(
            desk.store, one.id, approved_by=desk.person.name, reason=reason.strip(), now=desk.now
        )
    st.session_state[NOTICE] = f"{done['number']} version {done['version']} is approved."
    st.rerun()


def _gaps(desk: Desk, one: DocumentStanding) -> None:
    rows = [gap if isinstance(gap, dict) else {"missing": str(gap)} for gap in one.gaps]
    look.table(
        ["Missing", "Why", "Who supplies it"],
        [[row.get("missing"), _why(row), row.get("who")] for row in rows],
        empty="The document has no gap.",
    )
    if one.status == "draft" and any(not row.get(DECLARED_BY) for row in rows):
        _declare(desk, one)


def _why(gap: dict[str, Any]) -> str:
    if gap.get(DECLARED_BY):
        return f"declared unknown by {gap[DECLARED_BY]}: {gap[DECLARED_REASON]}"
    return str(gap.get("reason", ""))


def _declare(desk: Desk, one: DocumentStanding) -> None:
    """What nobody can supply is declared unknown with the reason, which is then printed."""
    if not desk.may(Action.DECLARE_GAPS):
        return
    with st.form(f"declare-{one.id}"):
        st.markdown(
            "An open gap blocks the approval. Declare the open gaps unknown where nobody can "
            "supply them; the reason is printed in their place. Signatures given before become "
            "invalid."
        )
        reason = st.text_input("Why this is not known", key=f"declare-reason-{one.id}")
        pressed = st.form_submit_button("Declare unknown", key=f"declare-submit-{one.id}")
    if not pressed:
        return
    from journeys.tell import declare_gaps_unknown

    try:
        declare_gaps_unknown(
            desk.store, one.id, by=desk.person.name, reason=reason, now=desk.now
        )
    except RadvigilError as refused:
        look.refusal(refused)
        return
    st.session_state[NOTICE] = f"The open gaps of {one.number} v{one.version} are declared unknown."
    st.rerun()
