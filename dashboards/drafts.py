"""A field of a form that is kept as it is typed: each change is a record, until the form is sent.

Such a form has no ``st.form`` around it, which would hold what is typed back in the browser.
"""

from collections.abc import Mapping

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.sign_in import current_person
from records.accounts import acting_on
from records.clock import now_in
from records.errors import RadvigilError
from records.form_drafts import draft_of, empty_draft, save_draft
from records.people import find_actor
from records.permissions import Action

UNKEPT = "unkept"
"""Where the session keeps why a field could not be kept, by the field's key."""


def kept_fields(desk: Desk, form: str) -> Mapping[str, str]:
    """What this person has left in a form, by field; said above the form where there is any."""
    found = draft_of(desk.reader, form, desk.person)
    if found is None:
        return {}
    look.quiet(f"Draft {found.label}, kept {look.instant(found.saved_at)}: not sent yet, and only "
               "you go on with it. The audit trail keeps what was typed.")  # fmt: skip
    return dict(found.fields)


def kept_area(
    desk: Desk, label: str, *, form: str, field: str, action: Action, value: str, key: str
) -> str:
    """A text area whose every change is kept as a draft of this person.

    value: what stands in it at first: the draft, else what is on record.
    """
    typed = str(st.text_area(label, value=value, key=key, on_change=keep,
                             args=(desk, form, field, action, key)))  # fmt: skip
    if why := st.session_state.pop(f"{UNKEPT}-{key}", ""):
        look.notice(f"This field is not kept: {why}", "bad")
    return typed


def keep(desk: Desk, form: str, field: str, action: Action, key: str) -> None:
    """What a widget does when its value changes: the field is kept as it stands."""
    words = str(st.session_state[key])
    with desk.store.reader() as reader:  # this runs before the page, whose reader is closed
        person, now = current_person(reader, desk.store), now_in(reader)
    if person is None or person.name != desk.person.name:
        return  # the session ended unused, or the account: nobody types in its name any more
    try:
        with acting_on(desk.store, desk.person, "draft", actor=desk.person.name,
                       reason="what was typed so far", now=now) as tx:  # fmt: skip
            person = find_actor(tx, desk.person.name)
            save_draft(tx, form, {field: words}, by=person, action=action, now=now)
    except RadvigilError as refused:
        st.session_state[f"{UNKEPT}-{key}"] = f"{refused.message} {refused.hint}".strip()


def give_up(desk: Desk, form: str) -> None:
    """The person does not want the draft any more."""
    with desk.act_on(desk.person, "draft", "not wanted any more") as (tx, person, now):
        empty_draft(tx, form, by=person, now=now)
