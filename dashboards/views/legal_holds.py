"""Legal holds: which are in force and why; one is placed, another lifted, each with its reason."""

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from records.legal_holds import HELD_KINDS, LegalHold, lift_hold, place_hold, standing_holds
from records.lookup import list_records
from records.overview import devices
from records.permissions import Action, roles_named
from records.product import Site

ANY = "any"


def show_holds(desk: Desk) -> None:
    """The holds that count, the forms for who may, and those that were lifted."""
    look.section("Legal holds", "What one covers is not deleted, whatever its period says.")
    standing = standing_holds(desk.reader)
    look.table(
        ["Hold", "Covers", "Why", "Placed by", "Since", "Status"],
        [
            [look.Number(one.label), one.scope, one.reason, one.placed_by, one.placed_at,
             look.mark(one.status)]
            for one in standing
        ],
        empty="No hold is in force.", wide="Why",
    )  # fmt: skip
    if desk.may(Action.PLACE_HOLD):
        place, lift = st.tabs(["Place a hold", "Lift a hold"], key="holds")
        with place:
            _place_form(desk)
        with lift:
            _lift_form(desk, standing)
    else:
        look.quiet(f"Holds are placed and lifted by: {roles_named(Action.PLACE_HOLD)}.")
    lifted = list_records(desk.reader, LegalHold, status="lifted")
    if lifted:
        with st.expander("Holds that were lifted"):
            look.table(
                ["Hold", "Covered", "Placed by", "Lifted by", "When", "Why"],
                [
                    [look.Number(one.label), one.scope, one.placed_by, one.lifted_by,
                     one.lifted_at, one.lifted_because]
                    for one in lifted
                ],
                empty="", wide="Why",
            )  # fmt: skip


def _place_form(desk: Desk) -> None:
    names = [one.name for one in devices(desk.reader)]
    sites = [one.name for one in list_records(desk.reader, Site)]
    with st.form("place-hold"):
        st.markdown("It counts from now on. Without a scope it covers every file here.")
        left, middle, right = st.columns(3)
        device = left.selectbox("Device", [ANY, *names], key="hold-device")
        site = middle.selectbox("Site", [ANY, *sites], key="hold-site")
        patient = right.text_input("Patient (pseudonym), if one only", key="hold-patient")
        kinds = st.multiselect(
            "Kinds of files; none means all", list(HELD_KINDS), format_func=HELD_KINDS.get,
            key="hold-kinds",
        )
        reason = st.text_input("Reason, such as the claim or the letter", key="hold-reason")
        pressed = st.form_submit_button("Place the hold", type="primary", key="hold-place")
    if not pressed:
        return

    def place() -> str:
        with desk.act_on(desk.person, "legal hold", reason) as (tx, person, now):
            made = place_hold(
                tx, by=person, reason=reason.strip(), now=now, device=_named(device),
                site=_named(site), patient=patient.strip(), kinds=list(kinds),
            )
            return f"{made.label} holds {made.scope}."

    act(place, reason=reason)


def _lift_form(desk: Desk, standing: list[LegalHold]) -> None:
    if not standing:
        look.quiet("There is none to lift.")
        return
    known = {f"{one.label}: {one.scope}": one for one in standing}
    with st.form("lift-hold"):
        chosen = known[st.selectbox("Hold", list(known), key="lift-chosen")]
        reason = st.text_input("Reason", key="lift-reason")
        pressed = st.form_submit_button("Lift the hold", type="primary", key="hold-lift")
    if not pressed:
        return

    def lift() -> str:
        with desk.act_on(chosen, "lifting", reason) as (tx, person, now):
            lift_hold(tx, tx.get_one(LegalHold, chosen.id), by=person, reason=reason.strip(),
                      now=now)  # fmt: skip
        return f"{chosen.label} is lifted; what is due of {chosen.scope} can be deleted."

    act(lift, reason=reason)


def _named(choice: str) -> str:
    return "" if choice == ANY else choice
