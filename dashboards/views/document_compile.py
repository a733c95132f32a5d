"""Compile documents from the page: one kind, or every kind that applies to a device."""

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from journeys.review_documents import compile_every_kind
from journeys.tell import watched_period, write_document
from records.accounts import require_on_record
from records.counting import counted
from records.errors import NotFound
from records.permissions import Action, roles_named
from records.queries import find_device
from regulatory.compile import Request
from regulatory.document_list import KindToCompile, kinds_to_compile

EVERY = ""


def show_compile(desk: Desk) -> None:
    """The form; who may not compile is told who does."""
    with st.expander("Compile"):
        if not desk.may(Action.COMPILE_DOCUMENT):
            look.quiet(f"Documents are compiled by: {roles_named(Action.COMPILE_DOCUMENT)}.")
            return
        try:
            device = find_device(desk.reader, desk.device)
        except NotFound:
            look.quiet("No device is defined here yet: 'radvigil device define FILE'.")
            return
        _form(desk, device.name, kinds_to_compile(desk.reader, device))


def _form(desk: Desk, device: str, kinds: list[KindToCompile]) -> None:
    look.quiet(f"Of {device}, as of now: the records are frozen, and what nobody supplied is a "
               "gap. Another device is chosen in the side bar.")  # fmt: skip
    words = {EVERY: "Every kind that applies (takes a few minutes)"} | {
        one.kind: f"{one.title} ({one.code}){'' if one.compiled else ': not compiled yet'}"
        for one in sorted(kinds, key=lambda one: one.compiled)
    }
    kind = str(st.selectbox("Kind of document", list(words), format_func=words.__getitem__,
                            index=min(1, len(words) - 1), key="compile-kind"))  # fmt: skip
    chosen = next((one for one in kinds if one.kind == kind), None)
    subject = ""
    if chosen is not None and chosen.by_subject:
        if not chosen.subjects:
            look.quiet("It is about one record, and none is there that it could be about.")
            return
        subject = str(st.selectbox("About", list(chosen.subjects), key="compile-subject"))
    with st.form("compile"):
        reason = st.text_input("Reason, which the revision history prints", key="compile-reason")
        pressed = st.form_submit_button("Compile", type="primary", key="compile-submit")
    if not pressed:
        return

    def compile_one() -> str:
        wanted = Request(kind, device, watched_period(desk.store, device),
                         requested_by=desk.person.name, reason=reason, subject=subject)  # fmt: skip
        require_on_record(desk.store, desk.person, Action.COMPILE_DOCUMENT, now=desk.now)
        with st.spinner("Compiling"):
            made = write_document(desk.store, wanted, actor=desk.person.name, now=desk.now)
        return (f"{made.label} is version {made.version} of {made.number}, a draft with "
                f"{counted(len(made.gaps), 'gap')}.")  # fmt: skip

    def compile_all() -> str:
        require_on_record(desk.store, desk.person, Action.COMPILE_DOCUMENT, now=desk.now)
        with st.spinner("Compiling every kind"):
            made = compile_every_kind(desk.store, device, actor=desk.person.name, reason=reason,
                                      now=desk.now)[device]  # fmt: skip
        left = "; ".join(f"{name}: {why}" for name, why in made.skipped.items())
        return (f"{counted(len(made.documents), 'draft')} compiled of one data freeze. "
                f"Not made: {left or 'none'}.")  # fmt: skip

    act(compile_one if kind else compile_all, reason=reason)
