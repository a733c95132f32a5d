"""What happened to an alert, what it led to, and who works on it."""

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.links import PAGE_OF_LABEL, to_record
from records.alert_assignments import assign_alert, may_be_given
from records.alert_timeline import follow_ups, timeline_of
from records.capas import CAPA, assign_capa, open_capas
from records.overview import AlertStanding
from records.permissions import Action
from records.surveillance import Alert


def show_timeline(desk: Desk, chosen: AlertStanding) -> None:
    """Every step that is on record, the oldest first."""
    look.section(f"Timeline of {chosen.label}", "Read from the records, the oldest first.")
    steps = timeline_of(desk.reader, desk.reader.get_one(Alert, chosen.id))
    look.table(
        ["When", "Step", "What happened", "Record"],
        [[one.at, one.what, one.words, to_record(one.record)] for one in steps],
        empty="", wide="What happened",
    )  # fmt: skip


def show_follow_ups(desk: Desk, chosen: AlertStanding) -> None:
    """CAPAs, possible harm and incidents of an alert; an open CAPA is linked to it here."""
    look.section("CAPA and incidents", "What was opened for this alert, or belongs to it.")
    found = follow_ups(desk.reader, desk.reader.get_one(Alert, chosen.id))
    look.table(
        ["Record", "Kind", "Status", "What it says"],
        [[to_record(one.label), one.kind, look.mark(one.status), one.words] for one in found],
        empty="Nothing yet. Open a CAPA, or decide by signature that none is needed, on the page "
        "CAPA; possible harm is screened on the page Complaints and incidents.",
        wide="What it says",
    )
    with st.container(horizontal=True):
        for page, words in (("capas", "Open a CAPA, or decide that none is needed"),
                            (PAGE_OF_LABEL["AWR"], "Screen possible harm; open an incident")):
            if page in desk.pages:
                st.page_link(desk.pages[page], label=words)
    _link_capa(desk, chosen, {one.label for one in found})


def _link_capa(desk: Desk, chosen: AlertStanding, linked: set[str]) -> None:
    open_now = [one for one in open_capas(desk.reader) if one.label not in linked
                and desk.device_of(one) in ("", chosen.device)]  # fmt: skip
    if not open_now or not desk.may(Action.ADVANCE_CAPA):
        return
    with st.form(f"alert-capa-{chosen.id}"):
        labels = {f"{one.label}: {one.problem[:90]}": one for one in open_now}
        name = st.selectbox("An open CAPA that this alert belongs to", list(labels),
                            key="alert-capa")  # fmt: skip
        reason = st.text_input("Reason", key="alert-capa-reason")
        pressed = st.form_submit_button("Link them", key="alert-capa-link")
    if not pressed:
        return

    def link() -> str:
        one = labels[name]
        known = desk.reader.get_one(CAPA, one.id)
        with desk.act_on(known, "assignment", reason) as (tx, person, now):
            assign_capa(tx, tx.get_one(CAPA, one.id), by=person, now=now, links=[chosen.label])
        return f"{chosen.label} belongs to {one.label}."

    act(link, reason=reason)


def show_assignment(desk: Desk, chosen: AlertStanding) -> None:
    """Give the alert to a person by name; who it is given to is told in the list of work."""
    if chosen.status == "closed" or not desk.may(Action.ASSIGN_ALERT):
        return
    look.section("Who works on it", f"Now: {chosen.assigned_to or 'nobody by name'}.")
    people = [one for one in may_be_given(desk.reader) if one != chosen.assigned_to]
    if not people:
        look.quiet("Nobody else may answer alerts: an administrator adds people and roles.")
        return
    with st.form(f"alert-assign-{chosen.id}-{chosen.assigned_to}"):
        first = people.index(desk.person.name) if desk.person.name in people else 0
        owner = st.selectbox("Give it to", people, index=first, key="alert-owner")
        reason = st.text_input("Reason", key="alert-assign-reason")
        pressed = st.form_submit_button("Give it", key="alert-assign")
    if not pressed:
        return

    def give() -> str:
        known = desk.reader.get_one(Alert, chosen.id)
        with desk.act_on(known, "assignment", reason) as (tx, person, now):
            assign_alert(tx, tx.get_one(Alert, chosen.id), owner=owner, by=person, now=now)
        return f"{chosen.label} is given to {owner}."

    act(give, reason=reason)
