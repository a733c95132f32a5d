"""The signing form of every page that signs: meaning, reason, and the password once more."""

from dataclasses import dataclass

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from journeys.demonstration_setup import DEMO_PASSWORD
from records.accounts import sign_record
from records.base import Record
from records.clock import now_in
from records.control_overview import Signed
from records.errors import Refused
from records.people import Meaning
from records.permissions import SIGNING
from records.required_signatures import require_signatures
from records.signature_policy import acknowledge_policy, has_acknowledged, signature_policy


@dataclass(frozen=True, slots=True)
class Signable:
    """What is signed: the record, the number people quote, what the signature covers in words."""

    table: type[Record]
    id: int
    label: str
    covers: str


def signature_table(signatures: tuple[Signed, ...]) -> None:
    """Who signed, in which role and meaning, when, and whether the record still says the same."""
    look.table(
        ["Signed by", "Role", "Meaning", "When", "Reason", "Signature"],
        [
            [
                one.printed_name, one.role, one.meaning, one.when, one.said,
                look.mark(
                    one.standing,
                    small="the record was changed since" if one.standing == "invalid" else "",
                ),
            ]
            for one in signatures
        ],
        empty="Nobody has signed yet.", wide="Reason",
    )  # fmt: skip


def missing_signatures(desk: Desk, table: type[Record], number: int) -> bool:
    """Say who still has to sign, in the words of the rule itself; whether anybody has to."""
    try:
        require_signatures(desk.reader, desk.reader.get_one(table, number))
    except Refused as missing:
        look.notice(missing.message, "waiting")
        return True
    look.notice(
        "Two people in different roles have signed, one of them the approval, and whoever else "
        "must.", "good",
    )  # fmt: skip
    return False


def password_hint(desk: Desk) -> None:
    """In a demonstration only: what the password is."""
    if desk.demonstration:
        look.quiet(
            f"Demonstration: the password of every Demo person is {DEMO_PASSWORD}"
        )


def sign_form(desk: Desk, thing: Signable) -> None:
    """Sign with this person's own password; who may not sign is told so instead of a form."""
    meanings = [
        meaning for meaning, action in SIGNING.items()
        if desk.may(action) and meaning is not Meaning.REJECTION
    ]
    if not meanings:
        look.quiet(f"Your roles ({', '.join(desk.person.roles)}) do not sign.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        policy_form(desk)
        return
    with st.form(f"sign-{thing.label}"):
        st.markdown(
            f"You sign **{thing.label}** as **{desk.person.full_name}**. {thing.covers} "
            "The signature is the equal of your handwritten one."
        )
        meaning = st.selectbox("Meaning of the signature", meanings, key=f"meaning-{thing.label}")
        reason = st.text_input("Reason", key=f"sign-reason-{thing.label}")
        comment = st.text_input("Comment, if you add one", key=f"sign-comment-{thing.label}")
        password = st.text_input(
            "Your password, again", type="password", key=f"sign-password-{thing.label}",
            autocomplete="off",
        )
        password_hint(desk)
        pressed = st.form_submit_button("Sign", type="primary", key=f"sign-submit-{thing.label}")
    if not pressed:
        return

    def sign() -> str:
        sign_record(
            desk.store, desk.reader.get_one(thing.table, thing.id), signer=desk.person,
            password=password, meaning=meaning, reason=reason.strip(), now=now_in(desk.reader),
            comment=comment,
        )
        return f"{thing.label} is signed by {desk.person.full_name} ({meaning})."

    act(sign, reason=reason)


def ready_to_sign(desk: Desk) -> bool:
    """Whether this person's signature counts; where the policy is yet to be acknowledged, it stands
    here. For pages with several forms to sign, asked once before them."""
    if not any(desk.may(action) for action in SIGNING.values()):
        return False
    if has_acknowledged(desk.reader, desk.person):
        return True
    policy_form(desk)
    return False


def policy_form(desk: Desk) -> None:
    """Before the first signature: the policy, and that this person answers by it."""
    policy = signature_policy()
    look.notice("Before your first signature, read and acknowledge this policy.", "waiting")
    with st.form("acknowledge-policy"):
        st.markdown(policy.text.partition("\n\n")[2])
        look.quiet(f"SHA-256 of this text: {policy.digest}")
        password = st.text_input(
            "Your password, again", type="password", key="policy-password", autocomplete="off"
        )
        password_hint(desk)
        pressed = st.form_submit_button(
            "I have read it and answer by it", type="primary", key="policy-acknowledge"
        )
    if not pressed:
        return

    def acknowledge() -> str:
        with desk.act_on(
            desk.person, "acknowledgement", "before the first signature"
        ) as (tx, person, now):
            acknowledge_policy(tx, person, password=password, now=now)
        return f"You have acknowledged version {policy.version} of the policy."

    act(acknowledge)
