"""Where use is suspended or proposed to be, and the forms of those who decide."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.links import choose
from journeys.suspend import no_way_back, put_in_force, tell_resumed
from journeys.tell_people import TellReport, send_messages
from records.correction_assessments import CorrectionAssessment
from records.lookup import list_records
from records.permissions import Action, roles_named
from records.signature_policy import has_acknowledged
from records.suspensions import (
    IN_FORCE,
    PROPOSED,
    Resumption,
    Suspension,
    confirm_suspension,
    decline_suspension,
    resume_use,
)

_TONES: dict[str, look.Tone] = {
    PROPOSED: "waiting", IN_FORCE: "bad", "lifted": "good", "declined": "plain",
    "overtaken": "plain",
}  # fmt: skip


def show_suspensions(desk: Desk) -> None:
    """Every suspension; the forms for one that is proposed, and for a resumption that waits."""
    look.section("Use suspended", "While it is in force no study of the site is read for care.")
    found = list(reversed(list_records(desk.reader, Suspension)))
    asked = {one.suspension_id: one for one in list_records(desk.reader, CorrectionAssessment)}
    look.table(
        ["Suspension", "Site", "Grounds", "Since", "By", "Status", "Must it be reported"],
        [
            [look.Number(one.label), one.site, one.grounds, one.in_force_at or one.proposed_at,
             one.rule or one.decided_by or f"proposed by {one.proposed_by}",
             look.Mark(one.status, _TONES.get(one.status, "plain")),
             _asked(asked.get(one.id or 0))]
            for one in found
        ],
        empty="No use was suspended, and nobody proposed it.", wide="Grounds",
    )  # fmt: skip
    waiting = [one for one in found if one.status == PROPOSED]
    if waiting:
        labels = {f"{one.label}, {one.site}": one for one in waiting}
        _decide(desk, choose(desk, "Proposal", labels, key="suspension"))
    stopped = [one for one in found if one.status == IN_FORCE]
    for words in dict.fromkeys(no_way_back(desk.reader, one) for one in [*waiting, *stopped]):
        if words:
            look.quiet(words)
    if stopped:
        look.quiet(
            "To resume: revalidate again after the correction, sign the result, propose it with "
            "'radvigil suspension resume'; two people sign here."
        )
    _resumptions(desk)


def _asked(one: CorrectionAssessment | None) -> look.Cell:
    if one is None:
        return "not asked: not in force"
    tone: look.Tone = "good" if one.assessed_at else "waiting"
    return look.Mark(one.status, tone, f"{one.label}, known since {look.instant(one.aware_at)}")


def _decide(desk: Desk, one: Suspension) -> None:
    if not desk.may(Action.CONFIRM_SUSPENSION):
        look.quiet(f"It is confirmed or declined by: {roles_named(Action.CONFIRM_SUSPENSION)}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        signing.policy_form(desk)
        return
    with st.form(f"decide-{one.label}"):
        st.markdown(
            f"You sign as **{desk.person.full_name}** that use is suspended at **{one.site}** from "
            "now on. The site is told at once."
        )
        reason = st.text_input("Reason", key="suspension-reason")
        password = st.text_input(
            "Your password, again", type="password", key="suspension-password", autocomplete="off"
        )
        signing.password_hint(desk)
        left, right = st.columns(2)
        confirmed = left.form_submit_button(
            "Sign and suspend", type="primary", key="suspension-confirm"
        )
        declined = right.form_submit_button("Decline: use goes on", key="suspension-decline")
    if not (confirmed or declined):
        return

    def decide() -> str:
        deed = "confirmation" if confirmed else "declining"
        with desk.act_on(one, deed, reason) as (tx, person, now):
            row = tx.get_one(Suspension, one.id)
            if declined:
                decline_suspension(tx, row, by=person, now=now)
                return f"{one.label} is declined: use goes on at {one.site}."
            confirm_suspension(tx, row, by=person, password=password, reason=reason, now=now)
            put_in_force(tx, row, now=now)
        _send(desk)
        return f"{one.label}: use is suspended at {one.site}."

    act(decide, reason=reason)


def _resumptions(desk: Desk) -> None:
    waiting = [one for one in list_records(desk.reader, Resumption) if one.status == PROPOSED]
    if not waiting:
        return
    labels = {one.label: one for one in waiting}
    one = choose(desk, "Resumption that is proposed", labels, key="resumption")
    look.quiet(f"{one.label}, proposed by {one.proposed_by}: {one.grounds}")
    missing = signing.missing_signatures(desk, Resumption, one.id or 0)
    signing.sign_form(desk, signing.Signable(
        Resumption, one.id or 0, one.label, "It covers the grounds and the revalidation.",
    ))  # fmt: skip
    if missing or not desk.may(Action.RESUME_USE):
        return
    with st.form(f"lift-{one.label}"):
        reason = st.text_input("Reason", key="lift-reason")
        pressed = st.form_submit_button("Let the device run again", key="lift")
    if not pressed:
        return

    def lift() -> str:
        with desk.act_on(one, "lifting", reason) as (tx, person, now):
            ended = resume_use(tx, tx.get_one(Resumption, one.id), by=person, now=now)
            tell_resumed(tx, ended, now=now)
        _send(desk)
        return f"The device runs at {ended.site} again."

    act(lift, reason=reason)


def _send(desk: Desk) -> None:
    """Send what was queued, now; what a server does not take goes with the next round."""
    send_messages(desk.store, TellReport(), actor=desk.person.name, clock=lambda: desk.now)
