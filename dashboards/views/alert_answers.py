"""How one alert is read and answered: what lies behind it, then acknowledged, then closed."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import tell_of_others
from dashboards.desk import Desk
from dashboards.links import choose
from dashboards.sign_in import NOTICE
from journeys.retraining_due import proposal_on_alert
from records.alert_decisions import (
    DISPOSITIONS,
    ROOT_CAUSES,
    Conclusion,
    acknowledge_alert,
    close_alert,
)
from records.errors import RadvigilError
from records.overview import AlertStanding
from records.permissions import Action
from records.signature_policy import has_acknowledged
from records.surveillance import Alert


def _stands(one: AlertStanding) -> str:
    by = one.closed_by or one.acknowledged_by
    given = f", given to {one.assigned_to}" if one.assigned_to and one.status != "closed" else ""
    return (f"{one.status} by {by}" if by else one.status) + given


def choose_alert(desk: Desk, found: list[AlertStanding]) -> AlertStanding:
    """The alert that is read: that of the link, else what is late, else the oldest that waits."""
    labels = {f"{one.label}, {one.site}, {one.status}": one for one in found}
    late = [number for number, one in enumerate(found) if one.overdue]
    waiting = [number for number, one in enumerate(found) if one.status != "closed"]
    first = (late or waiting[::-1] or [0])[0]  # what is late, else the oldest, as on the first page
    chosen = choose(desk, "Alert", labels, key="alert", first=first)
    tell_of_others("alerts", chosen.label, {one.label: _stands(one) for one in found})
    return chosen


def answer_alert(desk: Desk, chosen: AlertStanding) -> None:
    """The form that acknowledges or closes it, for who may; a sentence for who may not."""
    if chosen.status == "closed":
        look.quiet(f"{chosen.label} is closed: {chosen.disposition}")
        return
    closing = chosen.status == "acknowledged"
    action = Action.CLOSE_ALERT if closing else Action.ACKNOWLEDGE_ALERT
    if not desk.may(action):
        look.quiet(f"You may not {action}: your roles are {', '.join(desk.person.roles)}.")
        return
    if closing and chosen.signed and not has_acknowledged(desk.reader, desk.person):
        signing.policy_form(desk)
        return
    with st.form(f"decide-{chosen.id}-{chosen.status}"):
        given = _closing_fields(desk, chosen) if closing else None
        reason = st.text_area(
            "Reason: what you concluded, and from what"
            if closing
            else "Reason: what you found, or what you do first",
            key="alert-reason", height=90,
        )
        label = f"Close {chosen.label}" if closing else f"Acknowledge {chosen.label}"
        pressed = st.form_submit_button(label, type="primary", key="alert-decide")
    if pressed and given is not None and not (given[0] and given[1]):
        look.notice("Choose what came of it, and the root cause.", "bad")
    elif pressed:
        _carry_out(desk, chosen, given, reason)


def tell_alert(desk: Desk, chosen: AlertStanding) -> None:
    """What the plan demands of the alert, to whom it is given, and what follows from it."""
    known = desk.reader.get_one(Alert, chosen.id)
    facts: list[tuple[str, look.Cell]] = [
        ("The plan demands", f"{chosen.demanded}; owner: {chosen.owner}"),
        ("Given to", chosen.assigned_to or "nobody by name"),
    ]
    facts += [("Revalidation", words) for words in chosen.revalidations]
    if chosen.action:
        facts.append(("Required action", chosen.action))
    if proposed := proposal_on_alert(desk.reader, known):
        facts.append(("Retraining", proposed))
    look.facts(facts)


Given = tuple[str | None, str | None, str, str]
"""Disposition, root cause, why the required action was not done, password."""


def _closing_fields(desk: Desk, chosen: AlertStanding) -> Given:
    disposition = st.selectbox(
        "What came of it", list(DISPOSITIONS), key="disposition", index=None,
        placeholder="Choose what you concluded",
        format_func=lambda name: f"{name}: {DISPOSITIONS[name]}",
    )
    cause = st.selectbox(
        "Root cause", list(ROOT_CAUSES), key="root-cause", index=None,
        placeholder="Choose why it was raised",
        format_func=lambda name: f"{name}: {ROOT_CAUSES[name]}",
    )
    not_done = st.text_input(
        "Why what the plan demands was not done, where it was not", key="alert-not-done"
    )
    password = ""
    if chosen.signed:
        st.markdown(f"You sign as **{desk.person.full_name}** that {chosen.label} is closed.")
        password = st.text_input(
            "Your password, again", type="password", key="alert-password", autocomplete="off"
        )
        signing.password_hint(desk)
    return disposition, cause, not_done, password


def _carry_out(desk: Desk, chosen: AlertStanding, given: Given | None, reason: str) -> None:
    try:
        known = desk.reader.get_one(Alert, chosen.id)
        deed = "closing" if given else "acknowledgement"
        with desk.act_on(known, deed, reason) as (tx, person, now):
            alert = tx.get_one(Alert, chosen.id)
            if given:
                disposition, cause, not_done, password = given
                close_alert(
                    tx, alert, by=person, password=password, now=now,
                    conclusion=Conclusion(disposition or "", cause or "", reason, not_done),
                )
            else:
                acknowledge_alert(tx, alert, by=person, finding=reason, now=now)
    except RadvigilError as refused:
        look.refusal(refused)
        return
    done = "closed" if given else "acknowledged"
    st.session_state[NOTICE] = f"{chosen.label} is {done} by {desk.person.full_name}."
    st.rerun()
