"""The comments of reviewers on a document, the answers, and the forms for both."""

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.views.document_figures import chosen_place, stated
from journeys.review_documents import answer, comment
from records.control_overview import DocumentStanding
from records.document_texts import COMMENTED, OPEN, ReviewComment, comments_on
from records.permissions import Action
from records.quality import Document


def comments(desk: Desk, one: DocumentStanding) -> None:
    """What reviewers said of this version, the answers, and the forms for both."""
    document = desk.reader.get_one(Document, one.id)
    found = comments_on(desk.reader, document)
    look.section("Comments of reviewers", "One without an answer blocks the approval.")
    look.table(
        ["Comment", "On", "Words", "By", "Status", "Answer"],
        [[row.label, row.place, row.words, row.made_by, look.mark(row.status),
          f"{row.answer} ({row.answered_by})" if row.answer else "not answered"] for row in found],
        empty="Nobody has commented on this version.", wide="Words",
    )  # fmt: skip
    if document.status in COMMENTED and desk.may(Action.COMMENT_DOCUMENT):
        _comment_form(desk, one, document)
    waiting = [row for row in found if row.status == OPEN]
    if waiting and desk.may(Action.ANSWER_COMMENT):
        _answer_form(desk, one, waiting)


def _comment_form(desk: Desk, one: DocumentStanding, document: Document) -> None:
    read = stated(desk, document)
    if read is None:
        return
    place = chosen_place(read[1], "comment", one.id)
    with st.form(f"comment-{one.id}"):
        words = st.text_area("What is to be looked at", key=f"comment-words-{one.id}")
        pressed = st.form_submit_button("Comment", key=f"comment-submit-{one.id}")
    if not pressed:
        return

    def carry_out() -> str:
        made = comment(desk.store, one.id, place, words, by=desk.person.name, now=desk.now)
        return f"{made.label} is on record: a comment on place {made.place}."

    act(carry_out)


def _answer_form(desk: Desk, one: DocumentStanding, waiting: list[ReviewComment]) -> None:
    labels = {f"{row.label} on {row.place}": row for row in waiting}
    with st.expander("Answer a comment"), st.form(f"answer-{one.id}"):
        chosen = labels[st.selectbox("Comment", list(labels), key=f"answer-comment-{one.id}")]
        words = st.text_area("What was done, or why nothing", key=f"answer-words-{one.id}")
        pressed = st.form_submit_button("Answer", key=f"answer-submit-{one.id}")
    if not pressed:
        return

    def carry_out() -> str:
        done = answer(desk.store, chosen.id or 0, words, by=desk.person.name, now=desk.now)
        return f"{done.label} is answered."

    act(carry_out)
