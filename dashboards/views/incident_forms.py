"""Incidents: candidates that wait to be screened, who became aware, which fact governs, closing."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.links import choose
from dashboards.views.complaint_forms import instant_fields
from records.awareness import AwarenessCandidate
from records.incidents import (
    PERSONS,
    AwarenessFact,
    CandidateScreening,
    Incident,
    add_awareness,
    awareness_of,
    choose_governing,
    close_incident,
    screen_candidate,
)
from records.lookup import find_record, list_records
from records.permissions import Action, roles_named
from records.signature_policy import has_acknowledged
from records.zones import instant_in


def show_candidates(desk: Desk) -> None:
    """The moments from which the maker may have known of harm, until each is screened."""
    done = {one.candidate_id for one in list_records(desk.reader, CandidateScreening)}
    found = [one for one in list_records(desk.reader, AwarenessCandidate) if one.id not in done]
    if not found:
        return
    look.section("Moments to screen", "From each the maker may have known of possible harm.")
    look.table(
        ["Candidate", "Site", "Grounds", "Words", "Known since"],
        [[look.Number(one.label), one.site, one.grounds, one.words, one.known_at]
         for one in found],
        empty="", wide="Words",
    )  # fmt: skip
    if not desk.may(Action.SCREEN_EVENT):
        look.quiet(f"They are screened by: {roles_named(Action.SCREEN_EVENT)}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        return
    labels = {f"{one.label}, {one.site}": one for one in found}
    one = choose(desk, "Candidate", labels, key="candidate")
    with st.form(f"screen-{one.label}"):
        reason = st.text_input("Why it is an incident, or is none", key="candidate-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="candidate-password")  # fmt: skip
        signing.password_hint(desk)
        left, right = st.columns(2)
        opened = left.form_submit_button("Sign: an incident", type="primary", key="candidate-open")
        none = right.form_submit_button("Sign: no incident", key="candidate-none")
    if not (opened or none):
        return

    def screen() -> str:
        with desk.act_on(one, "screening", reason) as (tx, person, now):
            made = screen_candidate(tx, tx.get_one(AwarenessCandidate, one.id), incident=opened,
                                    grounds=reason, by=person, password=password,
                                    now=now)  # fmt: skip
            said = f"{made.label} is open" if made else "no incident"
        return f"{one.label} is screened: {said}."

    act(screen, reason=reason)


def show_incident_forms(desk: Desk, one: Incident) -> None:
    """What may be added to an open incident, and its closing."""
    if desk.may(Action.RECORD_EVENT):
        _aware(desk, one)
    else:
        look.quiet(f"Awareness is recorded by: {roles_named(Action.RECORD_EVENT)}.")
    if has_acknowledged(desk.reader, desk.person):
        if desk.may(Action.DECIDE_REPORTABILITY):
            _governing(desk, one)
        if desk.may(Action.CLOSE_EVENT):
            _close(desk, one)


def _aware(desk: Desk, one: Incident) -> None:
    form = f"aware-{one.label}"
    with st.expander("Record who became aware"), st.form(form):
        left, right = st.columns(2)
        person = left.text_input("Function of who became aware", key=key_in(form, "person"))
        kind = right.selectbox("That is", list(PERSONS), format_func=lambda code: PERSONS[code],
                               key=key_in(form, "class"))  # fmt: skip
        known = instant_fields(form, "Aware since")
        how = st.text_input("How it became known", key=key_in(form, "how"))
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        pressed = st.form_submit_button("Record it", key=key_in(form, "submit"))
    if not pressed:
        return

    def record() -> str:
        at = instant_in(*known)
        with desk.act_on(one, "awareness", reason) as (tx, by, now):
            made = add_awareness(tx, tx.get_one(Incident, one.id), person=person,
                                 person_class=str(kind), known_at=at, zone=known[2], how=how,
                                 by=by, now=now)  # fmt: skip
            return f"{made.label} is on record. Clocks run by it from the next assessment."

    act(record, reason=reason, form=form)


def _governing(desk: Desk, one: Incident) -> None:
    facts = awareness_of(desk.reader, one)
    if len(facts) < 2:
        return
    labels = {f"{each.label}, {each.person}, {look.instant(each.known_at)}": each for each in facts}
    with st.expander("Decide which awareness counts first"), st.form(f"governing-{one.label}"):
        fact = labels[st.selectbox("It is", list(labels), key="governing-fact")]
        reason = st.text_input("Why the earlier ones made nobody aware", key="governing-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="governing-password")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign it", key="governing-sign")
    if not pressed:
        return

    def choose() -> str:
        with desk.act_on(one, "awareness", reason) as (tx, person, now):
            made = choose_governing(
                tx, tx.get_one(Incident, one.id), find_record(tx, AwarenessFact, fact.label),
                grounds=reason, by=person, password=password, now=now,
            )
            return f"{made.label}: {fact.label} counts first, from the next assessment on."

    act(choose, reason=reason)


def _close(desk: Desk, one: Incident) -> None:
    with st.expander("Close the incident"), st.form(f"close-{one.label}"):
        conclusion = st.text_area("What it was, and what follows", key="incident-conclusion")
        reason = st.text_input("Reason", key="incident-close-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="incident-password")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign and close", key="incident-close")
    if not pressed:
        return

    def close() -> str:
        with desk.act_on(one, "closing", reason) as (tx, person, now):
            done = close_incident(tx, tx.get_one(Incident, one.id), conclusion=conclusion,
                                  by=person, password=password, now=now)  # fmt: skip
            return f"{done.label} is closed."

    act(close, reason=reason)
