"""Sign-in by the organisation's identity provider, beside account and password.

Streamlit's server speaks OpenID Connect with the provider and keeps its answer in a signed cookie;
the records decide what it opens (`records.provider_sign_in`). The cookie alone opens nothing: an
answer counts once, for minutes.
"""

from datetime import UTC, datetime

import streamlit as st
from sqlmodel import Session

from dashboards import look
from records.clock import now_in
from records.errors import NotAllowed, PasswordToChange, RadvigilError
from records.identity_provider import IdentityProvider, identity_provider
from records.provider_sign_in import (
    Entrance,
    ProviderAnswer,
    is_new,
    read_answer,
    sign_in_by_provider,
)  # fmt: skip
from records.store import Store

LINK = "link"
"""Where the session keeps by which link it was opened."""
_SETTLED, _WAITS = "answer_settled", "answer_waits_for_password"


def offer(store: Store, reader: Session) -> Entrance | None:
    """The part of the sign-in page that is the provider's; who came in by it, where somebody did.

    Nothing is drawn where no provider is set.
    """
    try:
        provider = identity_provider()
    except RadvigilError as wrong:
        look.refusal(wrong)
        return None
    if provider is None:
        return None
    answer = _answer(reader)
    if answer is not None:
        if st.session_state.get(_WAITS) == answer.digest:
            return _own_password_form(store, reader, provider, answer)
        entrance = _enter(store, reader, provider, answer)
        if entrance is not None:
            return entrance
    if st.button(f"Sign in with {provider.name}", key="provider-sign-in", type="primary"):
        st.login()
    return None


def waits() -> bool:
    """Whether somebody came from the provider and still has to set an own password."""
    return _WAITS in st.session_state


def _answer(reader: Session) -> ProviderAnswer | None:
    """The provider's answer in this browser, where nothing was decided on it yet."""
    if not st.user.get("is_logged_in"):
        return None
    try:
        answer = read_answer(st.user.to_dict())
    except NotAllowed as lacking:
        look.refusal(lacking)
        return None
    if st.session_state.get(_SETTLED) == answer.digest:
        return None
    if not is_new(reader, answer):
        st.session_state[_SETTLED] = answer.digest
        return None
    return answer


def _enter(
    store: Store, reader: Session, provider: IdentityProvider, answer: ProviderAnswer,
    new_password: str = "",
) -> Entrance | None:
    try:
        return sign_in_by_provider(
            store, provider, answer, now=now_in(reader), wall_clock=datetime.now(UTC),
            new_password=new_password,
        )
    except PasswordToChange:
        st.session_state[_WAITS] = answer.digest
        st.rerun()
    except RadvigilError as refused:
        look.refusal(refused)
    return None


def _own_password_form(
    store: Store, reader: Session, provider: IdentityProvider, answer: ProviderAnswer
) -> Entrance | None:
    """Before the first page: the password that the person signs records with."""
    with st.form("signing-password"):
        st.markdown(
            f"{provider.name} has said who you are. Set a password of your own: it is asked for "
            "whenever you sign a record. Nobody else may know it."
        )
        new, again = (
            st.text_input(words, type="password", key=key, autocomplete="new-password")
            for words, key in (("Own password", "own-new"), ("Own password, again", "own-again"))
        )
        pressed = st.form_submit_button("Set and enter", type="primary", key="own-submit")
    if st.button("Sign in as somebody else", key="own-back"):
        st.session_state.pop(_WAITS)
        st.session_state[_SETTLED] = answer.digest
        st.rerun()
    if not pressed:
        return None
    if new != again:
        st.error("Nothing was set: the two passwords differ.")
        return None
    if not new:
        st.error("Nothing was set: there is no password.")
        return None
    return _enter(store, reader, provider, answer, new)
