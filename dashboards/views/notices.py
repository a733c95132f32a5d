"""What administrators are told of, on their first page until one of them has answered."""

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from records.notices import Notice, acknowledge_notice, open_notices
from records.permissions import Action


def show_notices(desk: Desk) -> None:
    """The open notices with a form for the answer; nothing for who may not answer them."""
    if not desk.may(Action.ACKNOWLEDGE_NOTICE):
        return
    waiting = open_notices(desk.reader)
    if not waiting:
        return
    look.section("Notices to administrators", "Each stays here until one of you has answered it.")
    look.table(
        ["Notice", "What happened", "In words", "About", "When"],
        [
            [look.Number(one.label), look.mark(one.kind), one.words, one.about, one.raised_at]
            for one in waiting
        ],
        empty="", wide="In words",
    )  # fmt: skip
    _answer(desk, waiting)


def _answer(desk: Desk, waiting: list[Notice]) -> None:
    labels = {one.label: one for one in waiting}
    with st.form("answer-notice"):
        label = st.selectbox("Notice", list(labels), key="notice-chosen")
        answer = st.text_input("What you found or did", key="notice-answer")
        pressed = st.form_submit_button("Acknowledge", type="primary", key="notice-acknowledge")
    if not pressed:
        return
    known = labels[label]

    def acknowledge() -> str:
        with desk.act_on(known, "acknowledgement", answer) as (tx, person, now):
            acknowledge_notice(
                tx, tx.get_one(Notice, known.id), by=person, answer=answer, now=now
            )
        return f"{label} is acknowledged by {desk.person.full_name}."

    act(acknowledge)
