"""The forms by which people write the texts of a document, comment on it, answer, and compare."""

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.views.document_figures import chosen_place, stated
from journeys.review_documents import answer, assign, comment, difference, write
from records.control_overview import DocumentStanding
from records.document_texts import COMMENTED, OPEN, ReviewComment, comments_on
from records.errors import RadvigilError
from records.lookup import list_records
from records.people import Actor
from records.permissions import Action, may
from records.product import Device
from records.quality import Document
from records.text_writers import writes_for
from regulatory.document_texts import standing_texts
from regulatory.documents.difference import in_short


def texts(desk: Desk, one: DocumentStanding) -> None:
    """The places that only a person fills, with the newest text of each, and the form for one."""
    document = desk.reader.get_one(Document, one.id)
    device = desk.reader.get_one(Device, document.device_id)
    found = standing_texts(desk.reader, device, document.kind)
    look.section("Texts of people", "The next version of the document prints the newest text.")
    look.table(
        ["Section", "What is said there", "Who writes it", "Text", "Written by"],
        [[row["section"], row["missing"], row["who"], row["text"] or "not written yet",
          f"{row['written_by']} ({row['record']})" if row["record"] else "nobody"]
         for row in found],
        empty="This kind has no place for a person's text.", wide="Text",
    )  # fmt: skip
    own = [row for row in found if writes_for(desk.person, row["who"])]
    if not own:
        return
    labels = {f"Section {row['section']}: {row['missing']}": row for row in own}
    chosen = labels[st.selectbox("Place", list(labels), key=f"text-place-{one.id}")]
    with st.form(f"text-{one.id}"):
        # another widget for each place and version, so that it begins with the newest text
        key = f"text-words-{one.id}-{chosen['place']}-{chosen['version']}"
        words = st.text_area("Text", value=chosen["text"], key=key)
        pressed = st.form_submit_button("Write it down", key=f"text-submit-{one.id}")
    if not pressed:
        return

    def carry_out() -> str:
        made = write(desk.store, device.name, document.kind, chosen["place"], words,
                     by=desk.person.name, now=desk.now)  # fmt: skip
        return f"{made.label} is version {made.version} of this text. Compile the document anew."

    act(carry_out)


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
    if not st.toggle("Comment on a place of it", key=f"comment-open-{one.id}"):
        return  # a long document takes a while to read
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


def owner(desk: Desk, one: DocumentStanding) -> None:
    """Who supplies what a gap of a draft lacks, and until when."""
    people = [person.name for person in list_records(desk.reader, Actor)
              if may(person, Action.WRITE_TEXT)]  # fmt: skip
    with st.expander("Say who supplies a gap"), st.form(f"owner-{one.id}"):
        number = int(st.number_input("Gap", 1, len(one.gaps), key=f"owner-gap-{one.id}"))
        name = st.selectbox("Account", people, key=f"owner-name-{one.id}")
        due = st.date_input("Until", desk.now.date(), key=f"owner-due-{one.id}")
        pressed = st.form_submit_button("Assign", key=f"owner-submit-{one.id}")
    if not pressed:
        return

    def carry_out() -> str:
        assign(desk.store, one.id, number, owner=name, due=due, by=desk.person.name, now=desk.now)
        return f"'{name}' supplies gap {number} by {due}."

    act(carry_out)


def compared(desk: Desk, one: DocumentStanding) -> None:
    """What this version says otherwise than the one before, once it is asked for."""
    if one.version < 2:
        return
    before = one.version - 1
    if not st.button(f"Compare with version {before}", key=f"compare-{one.id}"):
        return
    try:
        found, _ = difference(desk.store, one.number, before, one.version)
    except RadvigilError as why:
        st.error(f"{why.message} {why.hint}")
        return
    look.section(f"Against version {before}", f"{in_short(found)}.")
    look.table(
        ["Where", "Change", f"Version {before}", f"Version {one.version}"],
        [[row.key, row.change, row.before or "not in it", row.after or "not in it"]
         for row in found],
        empty="Nothing that it says has changed.", wide="Where",
    )  # fmt: skip
