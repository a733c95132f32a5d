"""A fact that a rule asks for, asked as people answer: by choice, or in words."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from regulatory.question_words import option_words
from regulatory.reportability import Question

LEFT = "not told"
UNKNOWN = "not known"


def ask(one: Question, key: str) -> Any:
    """The answer of a fact: a value, None where it is not known, LEFT where nothing was told."""
    if one.values:
        told = json.dumps(one.known) if isinstance(one.known, bool) else one.known
        options = [LEFT, UNKNOWN, *one.values]
        place = options.index(str(told)) if told in options else 0
        chosen = st.selectbox(one.words, options, index=place, format_func=option_words, key=key)
        return LEFT if chosen == LEFT else _read(str(chosen))
    known = ", ".join(one.known) if isinstance(one.known, list) else str(one.known or "")
    typed = st.text_input(one.words, value=known, key=key).strip()
    if not typed:
        return LEFT
    return [each.strip() for each in typed.split(",")] if one.kind == "list" else typed


def told(given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that were given, by fact."""
    return {name: value for name, value in given.items() if value != LEFT}


def _read(chosen: str) -> Any:
    if chosen == UNKNOWN:
        return None
    return chosen == "true" if chosen in ("true", "false") else chosen
