"""The texts that people write in a document, in their places, and who supplies what is missing."""

from typing import Any

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.drafts import give_up, kept_area, kept_fields
from journeys.review_documents import assign, write
from records.control_overview import DocumentStanding
from records.form_drafts import form_of_text
from records.lookup import list_records
from records.people import Actor
from records.permissions import Action, may
from records.product import Device
from records.quality import Document
from records.text_writers import writes_for
from regulatory.document_texts import standing_texts


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
        if found:
            look.quiet("None of these texts is yours to write: see who writes each.")
        return
    own.sort(key=lambda row: bool(row["text"]))  # what is not written yet comes first
    labels = {f"{'' if row['text'] else '(missing) '}Section {row['section']}: {row['missing']}":
              row for row in own}  # fmt: skip
    chosen = labels[st.selectbox("Place", list(labels), key=f"text-place-{one.id}")]
    _text_form(desk, one, device.name, chosen)


def _text_form(desk: Desk, one: DocumentStanding, device: str, chosen: dict[str, Any]) -> None:
    """One place: what is typed is kept at each change, and printed once it is written down."""
    form = form_of_text(device, one.kind, chosen["place"])
    kept = kept_fields(desk, form)
    look.quiet(f"Asked by {chosen['clause'] or 'the kind of document'}; written by the "
               f"{chosen['who']}.")  # fmt: skip
    # another widget for each place and version, so that it begins with the newest text
    key = f"text-words-{one.id}-{chosen['place']}-{chosen['version']}"
    words = kept_area(desk, "Text", form=form, field="text", action=Action.WRITE_TEXT,
                      value=kept.get("text", chosen["text"]), key=key)  # fmt: skip
    with st.container(horizontal=True):
        pressed = st.button("Write it down", type="primary", key=f"text-submit-{one.id}")
        dropped = bool(kept) and st.button("Drop the draft", key=f"text-drop-{one.id}")

    def carry_out() -> str:
        made = write(desk.store, device, one.kind, chosen["place"], words,
                     by=desk.person.name, now=desk.now)  # fmt: skip
        return f"{made.label} is version {made.version} of this text. Compile the document anew."

    def drop() -> str:
        give_up(desk, form)
        st.session_state.pop(key, None)
        return "The draft is dropped; what is on record stays."

    if pressed:
        act(carry_out)
    elif dropped:
        act(drop)


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
