"""Back to the version before: the form, what was taken back, and whether it must be reported."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.views.corrections import show_corrections
from dashboards.views.rollout_stages import send
from journeys.roll_back import roll_back
from records.lookup import list_records
from records.overview import running_versions
from records.permissions import Action, roles_named
from records.product import Deployment, ModelVersion
from records.quality import ChangeRequest
from records.rollbacks import Rollback
from records.signature_policy import has_acknowledged


def show_way_back(desk: Desk) -> None:
    """The form that takes a version back, every rollback, and its assessment as a correction."""
    _form(desk)
    look.section("Versions taken back")
    made = list(reversed(list_records(desk.reader, Rollback)))
    ran = {one.id: one.model_version_id for one in list_records(desk.reader, Deployment)} if (
        made) else {}
    look.table(
        ["Rollback", "Site", "Went", "Runs again", "Grounds", "By", "When"],
        [
            [look.Number(one.label), one.site,
             look.Number(ModelVersion.label_of(ran[one.from_deployment_id])),
             look.Number(ModelVersion.label_of(ran[one.to_deployment_id])), one.grounds,
             one.rolled_back_by, one.rolled_back_at]
            for one in made
        ],
        empty="No version was taken back.", wide="Grounds",
    )  # fmt: skip
    show_corrections(desk, of_rollbacks=True)


def _form(desk: Desk) -> None:
    if not desk.may(Action.ROLL_BACK):
        look.quiet(f"Versions are taken back by: {roles_named(Action.ROLL_BACK)}.")
        return
    released = [
        one for one in reversed(list_records(desk.reader, ChangeRequest))
        if one.status == "released"
    ]
    if not released:
        look.quiet("No change was released, so there is nothing to take back.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        return
    labels = {f"{one.label}: {one.title}": one for one in released}
    change = labels[st.selectbox("Change to take back", list(labels), key="rollback-change")]
    version = ModelVersion.label_of(change.model_version_id)
    live = [
        one.site for one in running_versions(desk.reader)
        if one.mode == "live" and one.version.split(" ")[0] == version
    ]
    if not live:
        look.quiet(f"{version} of {change.label} runs live nowhere.")
        return
    with st.form(f"rollback-{change.label}"):
        st.markdown(
            f"The version that ran before **{version}** runs again at all the sites at once, or at "
            "none. You sign it; the sites are told; a rollout under way is halted; "
            "whether it must be reported is opened as a question."
        )
        sites = st.multiselect("Sites", live, default=live, key="rollback-sites")
        reason = st.text_area("Grounds: what was seen", key="rollback-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="rollback-password")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign and take it back", type="primary", key="rollback")
    if not pressed:
        return

    def take_back() -> str:
        with desk.act_on(change, "rollback", reason) as (tx, person, now):
            made = roll_back(tx, tx.get_one(ChangeRequest, change.id), sites, grounds=reason,
                             by=person, password=password, now=now)  # fmt: skip
            said = "; ".join(
                f"{back.label} at {back.site}, to assess: {asked.label}" for back, asked in made
            )
        send(desk)
        return f"{version} is taken back. {said}."

    act(take_back, reason=reason)
