"""A form was sent: the deed is done and told, or refused in a sentence where the form stands."""

from collections.abc import Callable

import streamlit as st

from dashboards import look
from dashboards.sign_in import NOTICE
from records.errors import RadvigilError

COUNT = "due-counted"
"""What the page on keeping counted: looking at every file takes a while, so it is kept until
something is done."""


def act(deed: Callable[[], str], *, reason: str | None = None) -> None:
    """Do it, then draw the page anew under the sentence that the deed returns.

    reason: what was typed, where the deed needs one; a missing one is said before all else.
    """
    if reason is not None and not reason.strip():
        st.error("Nothing was done: say the reason.")
        return
    try:
        words = deed()
    except RadvigilError as refused:
        look.refusal(refused)
        return
    st.session_state[NOTICE] = words
    st.session_state.pop(COUNT, None)
    st.rerun()
