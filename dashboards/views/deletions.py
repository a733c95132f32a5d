"""Deletion by two people: one proposes what is due, another in another role confirms and signs."""

from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from records.counting import counted
from records.deletions import (
    Deletion,
    confirm_deletion,
    propose_deletion,
    resume_deletions,
    withdraw_deletion,
)
from records.erasable import Erasable, Selection
from records.errors import RadvigilError
from records.legal_holds import HELD_KINDS
from records.lookup import list_records
from records.permissions import Action, roles_named
from records.product import Site
from records.retention_overview import due_files
from records.signature_policy import has_acknowledged
from regulatory.documents.wording import grouped

ANY = "any"
SHOWN = 20
"""Files of a selection or a proposal that the page shows; the record names all."""


def show_waiting(desk: Desk, waiting: list[Deletion]) -> None:
    """Proposals to confirm or withdraw, and what broke off."""
    if not waiting:
        return
    look.section("Deletions that wait", "Nothing of a proposal is deleted until it is confirmed.")
    look.table(
        ["Deletion", "What", "Proposed by", "When", "Status"],
        [
            [look.Number(one.label), one.words,
             look.Mark(one.proposed_by, small=one.proposed_role), one.proposed_at,
             look.mark(one.status)]
            for one in waiting
        ],
        empty="", wide="What",
    )  # fmt: skip
    if any(one.status == "confirmed" for one in waiting):
        _resume(desk)
    proposed = {f"{one.label}: {one.words}": one for one in waiting if one.status == "proposed"}
    if not proposed:
        return
    chosen = proposed[st.selectbox("Read and decide", list(proposed), key="deletion")]
    left, right = st.columns([3, 2], gap="large")
    with left:
        _proposal(chosen)
    with right:
        confirm, withdraw = st.tabs(["Confirm", "Withdraw"], key=f"decide-{chosen.label}")
        with confirm:
            _confirm_form(desk, chosen)
        with withdraw:
            _withdraw_form(desk, chosen)


def _resume(desk: Desk) -> None:
    look.notice(
        "A confirmed deletion broke off: some of its files are still here, or are held.", "bad"
    )
    if desk.may(Action.CONFIRM_DELETION) and st.button("Go on with it", key="deletion-resume"):

        def resume() -> str:
            done = [
                one.label
                for one in resume_deletions(desk.store, by=desk.person.name, now=desk.now)
            ]
            return f"{', '.join(done)} done."

        act(resume)


def _proposal(one: Deletion) -> None:
    size = sum(int(item["size"]) for item in one.items)
    look.facts(
        [
            ("What", one.words),
            ("Bytes", grouped(size)),
            ("Rule", f"{one.rule} (periods of version {one.periods_version})"),
            ("Proposed by", f"{one.proposed_by}, as {one.proposed_role}"),
            ("When", one.proposed_at),
        ]
    )
    look.table(
        ["File", "Kept until", "Bytes", "SHA-256"],
        [
            [look.Number(item["name"]), str(item["retain_until"]), int(item["size"]),
             look.Code(str(item["digest"]), 12)]
            for item in one.items[:SHOWN]
        ],
        empty="",
    )  # fmt: skip
    if len(one.items) > SHOWN:
        look.quiet(
            f"The first {SHOWN} are shown; all of them: radvigil retention deletions --json"
        )


def _confirm_form(desk: Desk, one: Deletion) -> None:
    if not desk.may(Action.CONFIRM_DELETION):
        look.quiet(f"Deletions are confirmed by: {roles_named(Action.CONFIRM_DELETION)}.")
        return
    if one.proposed_by == desk.person.name:
        look.quiet("You proposed it: somebody else, in another role, confirms it.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        signing.policy_form(desk)
        return
    with st.form(f"confirm-{one.label}"):
        st.markdown(
            f"You sign as **{desk.person.full_name}** that {counted(len(one.items), 'file')} "
            "of this list are deleted. **It cannot be undone.** Digests, rows and events stay. "
            "Each file is asked once more whether it is due and not held."
        )
        reason = st.text_input("Reason", key=f"confirm-reason-{one.label}")
        password = st.text_input(
            "Your password, again", type="password", key=f"confirm-password-{one.label}",
            autocomplete="off",
        )
        signing.password_hint(desk)
        pressed = st.form_submit_button(
            "Sign and delete", type="primary", key=f"confirm-submit-{one.label}"
        )
    if not pressed:
        return

    def confirm() -> str:
        done = confirm_deletion(
            desk.store, one, by=desk.person.name, password=password, reason=reason.strip(),
            now=desk.now,
        )
        return f"{done.label} is done: {counted(len(done.items), 'file')} deleted."

    act(confirm, reason=reason)


def _withdraw_form(desk: Desk, one: Deletion) -> None:
    if not desk.may(Action.PROPOSE_DELETION):
        look.quiet(f"Proposals are withdrawn by: {roles_named(Action.PROPOSE_DELETION)}.")
        return
    with st.form(f"withdraw-{one.label}"):
        reason = st.text_input("Reason", key=f"withdraw-reason-{one.label}")
        pressed = st.form_submit_button("Withdraw it", key=f"withdraw-submit-{one.label}")
    if not pressed:
        return

    def withdraw() -> str:
        with desk.act_on(one, "withdrawal", reason) as (tx, person, now):
            withdraw_deletion(tx, tx.get_one(Deletion, one.id), by=person, now=now)
        return f"{one.label} is withdrawn; nothing was deleted."

    act(withdraw, reason=reason)


def propose_form(desk: Desk) -> None:
    """Look at what is due of a selection, and propose that it is deleted."""
    if not desk.may(Action.PROPOSE_DELETION):
        look.quiet(f"Deletions are proposed by: {roles_named(Action.PROPOSE_DELETION)}.")
        return
    with st.expander("Propose a deletion"), st.form("propose-deletion"):
        left, middle, right = st.columns(3)
        kind = left.selectbox(
            "Files", list(HELD_KINDS), format_func=HELD_KINDS.get, key="propose-kind"
        )
        sites = [one.name for one in list_records(desk.reader, Site)]
        site = middle.selectbox("Site", [ANY, *sites], key="propose-site")
        patient = right.text_input("Patient (pseudonym), if one only", key="propose-patient")
        reason = st.text_input("Reason, such as the contract that ended", key="propose-reason")
        seen = st.form_submit_button("Show what is due", key="propose-show")
        pressed = st.form_submit_button("Propose it", type="primary", key="propose-submit")
        place = st.container()
    named = {"site": "" if site == ANY else site, "patient": patient.strip()}
    if seen:
        with place:
            _show_due(desk, str(kind), named)
    if not pressed:
        return

    def propose() -> str:
        made = propose_deletion(
            desk.store, Selection(str(kind), **named), by=desk.person.name, reason=reason,
            now=desk.now,
        )
        return (
            f"{made.label} is proposed: {counted(len(made.items), 'file')}. Nothing is deleted "
            "until somebody else, in another role, confirms it."
        )

    with place:
        act(propose, reason=reason)


def _show_due(desk: Desk, kind: str, named: dict[str, Any]) -> None:
    try:
        found = due_files(
            desk.store, desk.reader, Selection(kind, **named), desk.now.date(), most=SHOWN
        )
    except RadvigilError as refused:
        look.refusal(refused)
        return
    look.table(
        ["File", "Kept until", "SHA-256"], [_due_row(one) for one in found],
        empty="Nothing of this selection is due.",
    )
    if len(found) == SHOWN:
        look.quiet(f"The first {SHOWN} are shown.")


def _due_row(one: Erasable) -> list[look.Cell]:
    return [look.Number(one.name), one.retention.retain_until, look.Code(one.digest, 12)]


def show_deletions_so_far(desk: Desk) -> None:
    """The tombstones: what went or was withdrawn, by which two people."""
    ended = [
        one for one in list_records(desk.reader, Deletion, last=SHOWN)
        if one.status in ("done", "withdrawn")
    ]  # fmt: skip
    if not ended:
        return
    with st.expander("Deletions so far"):
        look.table(
            ["Deletion", "What", "Rule", "Proposed by", "Decided by", "When", "Status"],
            [
                [look.Number(one.label), one.words, one.rule, one.proposed_by, one.decided_by,
                 one.done_at or one.decided_at, look.mark(one.status)]
                for one in reversed(ended)
            ],
            empty="", wide="What",
        )  # fmt: skip
