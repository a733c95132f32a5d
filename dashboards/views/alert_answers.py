"""Alerts on the page: what is late first, how one is answered, and whether people are reached."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import tell_of_others
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from dashboards.sign_in import NOTICE
from dashboards.views.alert_explained import show_explanation
from journeys.retraining_due import proposal_on_alert
from journeys.tell_people import nobody_is_told
from records.alert_decisions import (
    DISPOSITIONS,
    ROOT_CAUSES,
    Conclusion,
    acknowledge_alert,
    close_alert,
)
from records.alert_overview import alerts_by_urgency, history_of
from records.awareness_waiting import candidates_by_age
from records.counting import counted
from records.errors import RadvigilError
from records.overview import AlertStanding
from records.permissions import Action
from records.signature_policy import has_acknowledged
from records.surveillance import Alert


def show_alerts(desk: Desk) -> None:
    """The alerts, the longest overdue first, and the form that answers one."""
    found = [one for one in alerts_by_urgency(desk.reader, now=desk.now)
             if desk.selection.open.casefold() == one.label.casefold()
             or desk.selection.holds(device=one.device, site=one.site, day=one.raised_on)]
    look.section("Alerts", "A chart raises an alert; only a person answers it.")
    late = sum(bool(one.overdue) for one in found)
    if late:
        look.notice(f"Overdue: {late}. They stand first.", "bad")
    if untold := nobody_is_told(desk.reader):
        look.quiet(untold)
    look.table(
        ["Alert", "Site", "Control chart", "What was seen", "Raised", "Estimated onset", "Status"],
        [
            [
                to_record(one.label, small=f"{one.alert_class}; severity: {one.severity}"),
                one.site, _charts(one), f"{one.summary} {one.verdicts}".strip(),
                look.Mark(f"OVERDUE: {one.overdue}", "bad", f"raised {one.raised_on}")
                if one.overdue else one.raised_on,
                one.onset_estimate or "not estimable", look.mark(one.status, small=_answer(one)),
            ]
            for one in found
        ],
        empty=f"No alert was raised of {desk.selection.words}: choose more in the side bar."
        if desk.selection.words
        else "No alert was raised. Quiet charts are a result: see the control charts.",
        wide="What was seen",
    )  # fmt: skip
    _candidates(desk)
    if found:
        _decide(desk, found)


def _candidates(desk: Desk) -> None:
    """What suggests harm, with its age: a clock may run from there."""
    look.section(
        "Possible harm, to be screened",
        "From these moments the maker may have known that patients could be harmed: were it a "
        "reportable event, its clock would run from there.",
    )
    look.table(
        ["Candidate", "Alert", "Site", "Why", "Known since", "Age"],
        [
            [
                look.Number(one.label), look.mark(one.alert_status, small=one.alert), one.site,
                f"{one.grounds}: {one.words}", one.known_at, counted(one.days, "day"),
            ]
            for one in candidates_by_age(desk.reader, now=desk.now)
        ],
        empty="None: no alert is of the class performance or severe, and none was closed as a "
        "complaint, a fault of the device, or with its use stopped.",
        wide="Why",
    )  # fmt: skip


def _charts(one: AlertStanding) -> look.Cell:
    """The leading chart, with those merged into its alert: every signal is found from an alert."""
    also = ", ".join(look.plain_name(chart) for chart in one.charts[1:])
    name = look.plain_name(one.chart)
    return look.Mark(name, small=f"with {also}") if also else name


def _answer(one: AlertStanding) -> str:
    due = f"; due {one.due_at:%Y-%m-%d}" if one.due_at and not one.overdue else ""
    if not one.acknowledged_by:
        return f"nobody has answered yet{due}"
    cause = f" (root cause: {one.root_cause})" if one.root_cause else ""
    return f"by {one.closed_by or one.acknowledged_by}: {one.disposition}{cause}{due}"


def _stands(one: AlertStanding) -> str:
    by = one.closed_by or one.acknowledged_by
    return f"{one.status} by {by}" if by else one.status


def _decide(desk: Desk, found: list[AlertStanding]) -> None:
    look.section("Read and answer an alert")
    labels = {f"{one.label}, {one.site}, {one.status}": one for one in found}
    late = [number for number, one in enumerate(found) if one.overdue]
    waiting = [number for number, one in enumerate(found) if one.status != "closed"]
    first = (late or waiting[::-1] or [0])[0]  # what is late, else the oldest, as on the first page
    chosen = choose(desk, "Alert", labels, key="alert", first=first)
    tell_of_others("alerts", chosen.label, {one.label: _stands(one) for one in found})
    show_explanation(desk, chosen)
    _tell(desk, chosen)
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


def _tell(desk: Desk, chosen: AlertStanding) -> None:
    """What the plan demands of the alert, where it went, and what follows from it."""
    known = desk.reader.get_one(Alert, chosen.id)
    history = history_of(desk.reader, known)
    facts: list[tuple[str, look.Cell]] = [
        ("The plan demands", f"{chosen.demanded}; owner: {chosen.owner}")
    ]
    for name, key in (
        ("Escalated", "escalations"), ("Told", "messages"), ("Possible harm", "awareness"),
    ):
        facts += [(name, words) for words in history[key]]
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
