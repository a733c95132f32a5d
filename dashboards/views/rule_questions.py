"""A fact that a rule asks for, asked as people answer: by choice, or in words."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.desk import Desk
from dashboards.drafts import keep
from records.permissions import Action
from regulatory.question_words import option_words
from regulatory.reportability import Question

LEFT = "not told"
UNKNOWN = "not known"


def ask(one: Question, key: str) -> Any:
    """The answer of a fact: a value, None where it is not known, LEFT where nothing was told."""
    if one.values:
        options = [LEFT, UNKNOWN, *one.values]
        chosen = st.selectbox(one.words, options, index=options.index(_standing(one)),
                              format_func=option_words, key=key)  # fmt: skip
        return read_answer(one, str(chosen))
    return read_answer(one, st.text_input(one.words, value=_standing(one), key=key))


def ask_kept(desk: Desk, one: Question, *, form: str, kept: Mapping[str, str], key: str) -> None:
    """The same with every change kept as a draft of this person; see :func:`read_answer`.

    kept: what the draft of the form holds, by fact; it wins over what stands on record.
    """
    kept_of = (desk, form, one.name, Action.ASSESS_EVENT, key)
    told = kept.get(one.name, _standing(one))
    if one.values:
        options = [LEFT, UNKNOWN, *one.values]
        st.selectbox(one.words, options, index=options.index(told) if told in options else 0,
                     format_func=option_words, key=key, on_change=keep, args=kept_of)  # fmt: skip
        return
    st.text_input(one.words, value=told, key=key, on_change=keep, args=kept_of)


def _standing(one: Question) -> str:
    """What stands today, as the field has it."""
    if one.values:
        told = json.dumps(one.known) if isinstance(one.known, bool) else one.known
        return str(told) if told in (UNKNOWN, *one.values) else LEFT
    return ", ".join(one.known) if isinstance(one.known, list) else str(one.known or "")


def read_answer(one: Question, text: str) -> Any:
    """What a field says: a value, None where it is not known, LEFT where nothing was told."""
    typed = text.strip()
    if one.values:
        if typed in (LEFT, UNKNOWN):
            return LEFT if typed == LEFT else None
        return typed == "true" if typed in ("true", "false") else typed
    if not typed:
        return LEFT
    return [each.strip() for each in typed.split(",")] if one.kind == "list" else typed


def told(given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that were given, by fact."""
    return {name: value for name, value in given.items() if value != LEFT}
