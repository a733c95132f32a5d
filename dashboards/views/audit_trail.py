"""The audit trail: who did what to which record, when and why; and whether it is whole."""

import json
from typing import Any

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from records.audit import CREATE, CREATE_BATCH, AuditEvent
from records.control_overview import (
    TrailFilter,
    count_trail,
    read_trail,
    trail_actions,
    trail_actors,
)
from records.verify import Verdict
from records.verify_workspace import verify_workspace

ROWS = 50
ANY = "any"


def show(desk: Desk) -> None:
    """The events that fit a filter, and the check of the whole trail."""
    look.title(
        "Audit trail", "Every event is chained to the one before it; nothing is ever deleted."
    )
    _verify(desk)
    actor, action, contains, page = st.columns([2, 2, 3, 1])
    wanted = TrailFilter(
        actor=_choice(actor, "Who", trail_actors(desk.reader), "trail-actor"),
        action=_choice(action, "Action", trail_actions(desk.reader), "trail-action"),
        contains=contains.text_input("Record or reason contains", key="trail-contains").strip(),
    )
    fitting = count_trail(desk.reader, wanted)
    pages = max(1, -(-fitting // ROWS))
    number = page.number_input("Page", min_value=1, max_value=pages, value=1, key="trail-page")
    look.quiet(f"{fitting} events fit; page {number} of {pages}, the newest first.")
    events = read_trail(desk.reader, wanted, first=(number - 1) * ROWS, rows=ROWS)
    look.table(
        ["Number", "When (UTC)", "Who", "Action", "Record", "Reason", "Change", "Digest"],
        [_row(one) for one in events],
        empty="No event fits.", wide="Change",
    )


def _choice(place: Any, label: str, known: list[str], key: str) -> str:
    chosen = place.selectbox(label, [ANY, *known], key=key)
    return "" if chosen == ANY else str(chosen)


def _row(one: AuditEvent) -> list[look.Cell]:
    return [
        one.sequence, one.at[:19].replace("T", " "), one.actor, one.action, one.subject,
        one.reason or "none given", _change(one), look.Code(one.digest),
    ]  # fmt: skip


def _change(event: AuditEvent) -> str:
    """What changed, from which value to which; a creation says how many fields it wrote."""
    old, new = json.loads(event.old), json.loads(event.new)
    if event.action == CREATE_BATCH:
        return f"{new['count']} records written"
    if event.action == CREATE and isinstance(new, dict):
        return f"{len(new)} fields written"
    if isinstance(old, dict) and isinstance(new, dict):
        return "; ".join(f"{name}: {_short(old.get(name))} → {_short(new[name])}" for name in new)
    if isinstance(new, dict):
        return "; ".join(f"{name}: {_short(value)}" for name, value in new.items())
    return "not applicable" if new is None else _short(new)


def _short(value: Any) -> str:
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    words = words or "(empty)"
    return words if len(words) <= 80 else f"{words[:79]}…"


def _verify(desk: Desk) -> None:
    if st.button("Verify the whole trail and all records", key="verify", type="primary"):
        with st.spinner("Recomputing every digest and comparing every record…"):
            _verdict(verify_workspace(desk.store, desk.reader, records_only=True))


def _verdict(verdict: Verdict) -> None:
    if verdict.whole:
        st.success(
            f"Whole: {verdict.events} events and {verdict.records} records are what was written "
            f"({verdict.anchors} anchors agree). Stored files are verified by "
            "'radvigil audit verify'. "
            f"Digest of the last event: {verdict.head}"
        )
        if not verdict.anchors:
            st.warning("Not anchored: events cut off at the end would not be seen.")
        return
    st.error(
        "Broken: something is not what was written. Stop, keep the database as evidence, "
        "and investigate."
    )
    look.table(["Finding"], [[words] for words in verdict.findings], empty="")
