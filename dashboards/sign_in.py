"""The door's lock: who signs in, and when an unused session ends.

The session holds an account name and the time of the last use, no password and no key. The idle
limit runs by the wall clock, also in a demonstration, whose own clock stands still.
"""

from datetime import UTC, datetime

import streamlit as st
from sqlmodel import Session

from dashboards import look, provider
from journeys.demonstration_setup import DEMO_PASSWORD
from records.accounts import change_password, sign_in, sign_out
from records.audit import note
from records.clock import is_demonstration, now_in
from records.control_overview import Person, people
from records.errors import NotFound, PasswordToChange, RadvigilError
from records.identity_links import counts
from records.own_passwords import require_own_password
from records.people import Actor, find_actor
from records.permissions import Action, may
from records.sessions import IDLE_LIMIT
from records.store import Store

ACCOUNT, LAST_USED, NOTICE = "account", "last_used", "notice"
TO_CHANGE = "password_to_change"

DUTIES = {
    "quality": "answers alerts, reviews and approves",
    "regulatory": "reads and signs documents, approves releases",
    "engineer": "proposes changes and signs them as author",
    "clinician": "reviews",
    "responsible-person": "reviews and signs as person responsible for regulatory compliance",
    "administrator": "adds accounts, records qualifications",
    "auditor": "looks and takes copies",
}


def current_person(reader: Session, store: Store) -> Actor | None:
    """The active person of this browser session, read anew; None where nobody is signed in."""
    account = st.session_state.get(ACCOUNT)
    if not account:
        return None
    now = datetime.now(UTC)
    if now - st.session_state[LAST_USED] > IDLE_LIMIT:
        _leave(f"You were signed out after {IDLE_LIMIT.seconds // 60} minutes without use.")
        sign_out(store, account, now=now_in(reader))
        return None
    try:
        person = find_actor(reader, account)
    except NotFound:
        person = None
    if person is None or not may(person, Action.LOOK):
        _leave("This account is not active any more.")
        return None
    try:
        require_own_password(reader, person, now=now_in(reader))
    except PasswordToChange as replaced:  # meanwhile
        _leave(replaced.message)
        return None
    if provider.LINK in st.session_state and not counts(reader, st.session_state[provider.LINK]):
        _leave("This account is not linked to the identity provider any more.")
        return None
    st.session_state[LAST_USED] = now
    return person


def leave(store: Store, reader: Session) -> None:
    """Sign out: the session is over and the audit trail says so. Ends this run of the page."""
    sign_out(store, st.session_state[ACCOUNT], now=now_in(reader))
    by_provider = provider.LINK in st.session_state
    _leave("You are signed out.")
    if by_provider:
        st.logout()  # the browser forgets the provider's answer, and the provider its session
        st.stop()  # a rerun would empty the queue that the redirect still waits in
    st.rerun()


def _leave(words: str) -> None:
    st.session_state.clear()
    st.session_state[NOTICE] = words


def _enter(account: str) -> None:
    st.session_state[ACCOUNT] = account
    st.session_state[LAST_USED] = datetime.now(UTC)


def show(store: Store, reader: Session) -> None:
    """The sign-in page."""
    known = people(reader)
    demonstration = is_demonstration(reader)
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        look.title("Sign in to Radvigil", "Post-market surveillance of radiology AI devices.")
        if st.session_state.get(NOTICE):
            st.info(st.session_state.pop(NOTICE))
        if not known:
            look.quiet("No person has an account here yet. Add the first: radvigil user add NAME")
            return
        if TO_CHANGE in st.session_state:
            _new_password_form(store, reader)
            return
        entrance = provider.offer(store, reader)
        if entrance is not None:
            _enter(entrance.person.name)
            st.session_state[provider.LINK] = entrance.link_id
            st.rerun()
        if provider.waits():
            return
        if demonstration:
            _demonstration_buttons(store, reader, known)
            with st.expander("Sign in with account and password"):
                _password_form(store, reader)
            return
        _password_form(store, reader)


def _demonstration_buttons(store: Store, reader: Session, known: list[Person]) -> None:
    st.markdown("Choose a simulated person. No password is needed to look around here.")
    for one in known:
        duties = "; ".join(DUTIES.get(role, role) for role in one.roles)
        label = f"**{one.full_name}**: {duties}"
        if st.button(label, key=f"enter-{one.account}", width="stretch"):
            with store.transaction(one.account, now=now_in(reader)) as tx:
                subject = find_actor(tx, one.account).subject
                note(tx, "sign in", subject, new={"how": "button of the demonstration"})
            _enter(one.account)
            st.rerun()
    look.quiet(
        "To sign a record you are asked for the password. All people of a demonstration have the "
        f"same: {DEMO_PASSWORD}"
    )


def _password_form(store: Store, reader: Session) -> None:
    with st.form("sign-in"):
        account = st.text_input("Account", key="sign-in-account", autocomplete="username")
        password = st.text_input(
            "Password", type="password", key="sign-in-password", autocomplete="current-password"
        )
        pressed = st.form_submit_button("Sign in", type="primary", key="sign-in-submit")
    if not pressed:
        return
    try:
        sign_in(store, account.strip(), password, now=now_in(reader))
    except PasswordToChange as waits:
        st.session_state[TO_CHANGE] = account.strip()
        st.session_state[NOTICE] = waits.message
        st.rerun()
    except RadvigilError as refused:
        look.refusal(refused)
        return
    _enter(account.strip())
    st.rerun()


def _new_password_form(store: Store, reader: Session) -> None:
    """Before anything else: an own password in place of one that somebody else gave."""
    account = st.session_state[TO_CHANGE]
    with st.form("new-password"):
        st.markdown(f"Set a password of your own for **{account}**. Nobody else may know it.")
        old, new, again = (
            st.text_input(words, type="password", key=f"{key}-password", autocomplete=how)
            for words, key, how in (
                ("Password until now", "old", "current-password"),
                ("New password", "new", "new-password"),
                ("New password, again", "again", "new-password"),
            )
        )
        pressed = st.form_submit_button("Set and sign in", type="primary", key="new-submit")
    if st.button("Sign in as somebody else", key="new-back"):
        st.session_state.pop(TO_CHANGE)
        st.rerun()
    if not pressed:
        return
    if new != again:
        st.error("Nothing was changed: the two new passwords differ.")
        return
    now = now_in(reader)
    try:
        change_password(store, account, old=old, new=new, now=now)
        sign_in(store, account, new, now=now)
    except RadvigilError as refused:
        look.refusal(refused)
        return
    st.session_state.pop(TO_CHANGE)
    _enter(account)
    st.rerun()
