"""The forms by which people lead a document from draft to its end; each only to who may."""

from collections.abc import Callable

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.signing import password_hint
from journeys.control_documents import Deed, approve, end, make_effective, reject, submit
from journeys.tell import record_gap_attempt
from records.control_overview import DocumentStanding
from records.guarded_changes import GUARDS
from records.lifecycle import LIFECYCLES
from records.permissions import Action
from regulatory.gaps import Attempt


def submission(desk: Desk, one: DocumentStanding) -> None:
    """A complete draft goes to review."""
    if desk.may(Action.SUBMIT_DOCUMENT):
        _form(desk, one, "submit", "Submit to review", lambda deed: submit(desk.store, deed),
              "is in review")  # fmt: skip


def approval(desk: Desk, one: DocumentStanding) -> None:
    """Once the signatures are there, the button that approves it."""
    if not desk.may(Action.APPROVE_DOCUMENT):
        look.quiet("People with the role quality or regulatory approve.")
        return
    _form(desk, one, "approve", "Approve", lambda deed: approve(desk.store, deed), "is approved")


def putting_into_force(desk: Desk, one: DocumentStanding) -> None:
    """An approved version becomes the one in force."""
    if desk.may(Action.PUT_DOCUMENT_INTO_FORCE):
        _form(desk, one, "effective", "Put into force",
              lambda deed: make_effective(desk.store, deed), "is in force")  # fmt: skip


def ending(desk: Desk, one: DocumentStanding) -> None:
    """Withdraw it, or declare it obsolete, where its status allows that."""
    allowed = LIFECYCLES["Document"].get(one.status, frozenset())
    for status, words in (("obsolete", "Declare obsolete"), ("withdrawn", "Withdraw")):
        guard = GUARDS["Document"].get((one.status, status))
        if status not in allowed or guard is None or not desk.may(guard.act):
            continue
        with st.expander(words):
            st.markdown("It stays readable, and every copy of it is marked on each page.")
            _form(desk, one, status, words,
                  lambda deed, status=status: end(desk.store, deed, status),  # type: ignore[misc]
                  f"is {status}")  # fmt: skip


def rejection(desk: Desk, one: DocumentStanding) -> None:
    """Send it back to draft by a signed rejection, with the password and what is wrong."""
    if not desk.may(Action.SIGN_REJECTION):
        return
    with st.expander("Reject"), st.form(f"reject-{one.id}"):
        st.markdown(
            "A rejection is a signature. The document goes back to draft; the signatures of this "
            "review stay on record and do not count for the next one."
        )
        reason = st.text_input("Reason", key=f"reject-reason-{one.id}")
        comment = st.text_area("What is wrong", key=f"reject-comment-{one.id}")
        password = st.text_input(
            "Your password, again", type="password", key=f"reject-password-{one.id}",
            autocomplete="off",
        )
        password_hint(desk)
        pressed = st.form_submit_button("Reject", key=f"reject-submit-{one.id}")
    if pressed:
        _act(desk, one, reason, "is a draft again",
             lambda deed: reject(desk.store, deed, password=password, comment=comment),
             )  # fmt: skip


def attempt(desk: Desk, one: DocumentStanding) -> None:
    """What was done to find out what a gap lacks, before it is declared unknown."""
    with st.expander("Record an attempt to find it out"), st.form(f"attempt-{one.id}"):
        number = int(st.number_input("Gap", 1, len(one.gaps), key=f"attempt-gap-{one.id}"))
        day = st.date_input("On", desk.now.date(), key=f"attempt-on-{one.id}")
        who, channel, question, answer = (
            st.text_input(words, key=f"attempt-{name}-{one.id}")
            for name, words in (
                ("who", "Who was asked, by function"), ("channel", "How, such as telephone"),
                ("question", "Question"), ("answer", "Answer, or 'no answer'"),
            )
        )
        pressed = st.form_submit_button("Record", key=f"attempt-submit-{one.id}")
    if not pressed:
        return

    def record() -> str:
        made = Attempt(who, day, channel, question, answer)
        record_gap_attempt(
            desk.store, one.id, number, made, by=desk.person.name, now=desk.now
        )
        return f"An attempt is recorded with gap {number}."

    act(record)


def _form(
    desk: Desk, one: DocumentStanding, key: str, button: str, deed: Callable[[Deed], object],
    said: str,
) -> None:  # fmt: skip
    with st.form(f"{key}-{one.id}"):
        reason = st.text_input("Reason", key=f"{key}-reason-{one.id}")
        pressed = st.form_submit_button(
            f"{button}: {one.number} v{one.version}", type="primary", key=f"{key}-submit-{one.id}"
        )
    if pressed:
        _act(desk, one, reason, said, deed)


def _act(
    desk: Desk, one: DocumentStanding, reason: str, said: str, deed: Callable[[Deed], object]
) -> None:
    def carry_out() -> str:
        with st.spinner("Writing it down"):
            deed(Deed(one.id, desk.person.name, reason.strip(), desk.now))
        return f"{one.number} version {one.version} {said}."

    act(carry_out, reason=reason)
