"""Readers, for quality: what they accept, overrule and never answer, by site, reader and month."""

from collections.abc import Sequence

import streamlit as st
from sqlmodel import select

from dashboards import look
from dashboards.desk import Desk
from monitoring.reader_behaviour import (
    GROUPS,
    IN_WORDS,
    Behaviour,
    behaviour_by,
    behaviour_of,
    results_met,
)
from records.product import Device

_SHARES = (
    "accepted", "changed", "rejected", "not_answered", "override_rate", "agreement_with_device",
)  # fmt: skip
_FOLLOWED = ("accepted_where_right", "accepted_where_wrong", "accepted_right_minus_wrong")


def show(desk: Desk) -> None:
    """One device: all readers, then each group; then whether wrong outputs were followed."""
    look.title(
        "Readers",
        "What readers make of the output: accepted, changed, rejected, or never answered.",
    )
    names = sorted(set(desk.reader.exec(select(Device.name))))
    device = names[0] if len(names) == 1 else st.selectbox("Device", names, key="readers-device")
    met = results_met(desk.reader, device, now=desk.now) if device else []
    if not met:
        look.quiet(
            "No result has met a reader yet. Readers answer by a link in the result, by structured "
            "report, HL7 message or table: 'radvigil reader --help'."
        )
        return
    whole = behaviour_of(met)
    look.section("All readers", f"{whole.results} results before readers, with 95 % intervals.")
    _table("Readers", [whole], _SHARES)
    group = st.selectbox("By", list(GROUPS), index=1, key="readers-by")
    parts = behaviour_by(met, group)
    _table(group.title(), parts, _SHARES)
    look.section(
        "Where the device was wrong",
        "Of outputs whose truth is known by now. Who accepts wrong ones as readily as right ones "
        "adds nothing to the device.",
    )
    _table(group.title(), [whole, *parts], _FOLLOWED)
    look.quiet(
        "Answers of one reader resemble each other, so that intervals over several readers are "
        "somewhat too short. An answer by link does not prove who answered. Who overrules more may "
        "see more: nothing here judges a person."
    )


def _table(first: str, rows: list[Behaviour], measures: Sequence[str]) -> None:
    look.table(
        [first, "Results", *(IN_WORDS[name] for name in measures)],
        [
            [one.name, one.results, *(look.Long(_words(one, name)) for name in measures)]
            for one in rows
        ],
        empty="Nothing was answered: no reader has accepted, changed or rejected a result in "
        "these days.",
    )


def _words(one: Behaviour, name: str) -> str:
    found = one.of(name)
    return look.estimate(found.value, found.low, found.high, n=found.n, reason=found.reason)
