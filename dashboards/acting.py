"""A form was sent: the deed is done and told, or refused in a sentence where the form stands."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboards import look
from dashboards.sign_in import NOTICE
from records.errors import RadvigilError

ROUND = "form-round"
"""How many records a form has made in this session, by form."""

COUNT = "due-counted"
"""What the page on keeping counted: looking at every file takes a while, so it is kept until
something is done."""

SEEN = "seen"
"""The record that a page showed last, and how it stood then, by page."""


def tell_of_others(page: str, label: str, states: Mapping[str, str]) -> None:
    """Say it where somebody else was first: the record that this page showed stands otherwise now.

    A click on its form came from a form that is there no more, so it did nothing.
    label: the record that is read now. states: how each record of the page stands, in words.
    """
    key = f"{SEEN}-{page}"
    read, before = st.session_state.get(key, (label, states[label]))
    st.session_state[key] = label, states[label]
    if NOTICE in st.session_state:  # this person's own deed, told already
        return
    if (now := states.get(read, before)) != before:
        look.notice(
            f"{read} is {now} meanwhile: somebody else was first. What you entered for it was not "
            "recorded.", "waiting",
        )  # fmt: skip


def key_in(form: str, name: str) -> str:
    """The key of a field of a form that makes a record: another one after each record made.

    A second click on a form that was sent comes from a form that is there no more, so it makes no
    second record; and the new form is empty.
    """
    return f"{form}-{name}-{st.session_state.get(f'{ROUND}-{form}', 0)}"


def act(deed: Callable[[], str], *, reason: str | None = None, form: str = "") -> None:
    """Do it, then draw the page anew under the sentence that the deed returns.

    reason: what was typed, where the deed needs one; a missing one is said before all else.
    form: the name of a form that makes a record, whose fields have their keys by :func:`key_in`.
    """
    if reason is not None and not reason.strip():
        st.error("Nothing was done: say the reason.")
        return
    try:
        words = deed()
    except RadvigilError as refused:
        look.refusal(refused)
        return
    if form:
        st.session_state[f"{ROUND}-{form}"] = st.session_state.get(f"{ROUND}-{form}", 0) + 1
    st.session_state[NOTICE] = words
    st.session_state.pop(COUNT, None)
    st.rerun()
