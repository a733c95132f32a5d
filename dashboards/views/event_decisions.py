"""Two decisions on what is due: what a security event was, and another day."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from journeys.my_work import override_owed
from journeys.screen_event import find_screened, screen_event
from records.owed_work import OwedWork
from records.permissions import Action, roles_named
from records.signature_policy import has_acknowledged

NO_INCIDENT, INCIDENT = "It is no incident", "It is an incident: open one"


def screening(desk: Desk, work: list[OwedWork]) -> None:
    """Say what a security event was; a moment of awareness has a form of its own."""
    labels = [one.label for one in work if one.kind == "security event"]
    if not labels:
        return
    with st.expander("Security events: is it an incident?"):
        if _ready(desk, Action.SCREEN_EVENT):
            _screen_form(desk, labels)


def _screen_form(desk: Desk, labels: list[str]) -> None:
    with st.form("screen-event"):
        label = str(st.selectbox("Record", labels, key="screen-record"))
        said = st.selectbox("Decision", [NO_INCIDENT, INCIDENT], key="screen-decision")
        site = st.text_input("Site that it concerns; empty: every one", key="screen-site")
        reason = st.text_input("Reason", key="screen-reason")
        password = _password(desk, "screen-password")
        pressed = st.form_submit_button("Sign the screening", type="primary", key="screen")
    if not pressed:
        return

    def screen() -> str:
        with desk.act_on(find_screened(desk.reader, label), "screening", reason) as (
            tx, person, now
        ):  # fmt: skip
            made = screen_event(tx, find_screened(tx, label), incident=said == INCIDENT,
                                grounds=reason, by=person, password=password, now=now,
                                site=site.strip())  # fmt: skip
            return f"{label} is screened: {f'{made.label} is open' if made else 'no incident'}."

    act(screen, reason=reason)


def another_day(desk: Desk, work: list[OwedWork]) -> None:
    """Set another day than the computed one; both stay."""
    keys = [one.key for one in work if one.due is not None]
    if not keys:
        return
    with st.expander("Another day than the computed one, which stays beside it"):
        if _ready(desk, Action.OVERRIDE_DAY):
            _day_form(desk, keys)


def _day_form(desk: Desk, keys: list[str]) -> None:
    with st.form("override-day"):
        key = str(st.selectbox("What is due", keys, key="override-key"))
        day = st.date_input("Day", value=None, key="override-day-chosen")
        beyond = st.checkbox("Later than the law's day, knowingly", key="override-beyond")
        reason = st.text_input("Reason", key="override-reason")
        password = _password(desk, "override-password")
        pressed = st.form_submit_button("Sign the day", type="primary", key="override")
    if not pressed:
        return
    if day is None:
        st.error("Nothing was done: choose the day.")
        return

    def override() -> str:
        with desk.act_on(desk.person, "another day than the computed one", reason) as (
            tx, person, now
        ):  # fmt: skip
            made = override_owed(tx, key, day, grounds=reason, by=person, password=password,
                                 now=now, beyond_law=beyond)  # fmt: skip
            return f"{made.label}: {made.key} by {made.day}; computed: {made.computed}."

    act(override, reason=reason)


def _ready(desk: Desk, action: Action) -> bool:
    """Whether this person may sign it here; who may is said instead."""
    if not desk.may(action):
        look.quiet(f"It is decided by: {roles_named(action)}.")
        return False
    if has_acknowledged(desk.reader, desk.person):
        return True
    look.quiet("Nobody signs before the policy on signatures is acknowledged: 'radvigil user "
               "acknowledge', or where a page asks for a signature.")  # fmt: skip
    return False


def _password(desk: Desk, key: str) -> str:
    typed = st.text_input("Your password, again", type="password", autocomplete="off", key=key)
    signing.password_hint(desk)
    return str(typed)
