"""The audit trail: who did what to which record, when and why; and whether it is whole."""

import hashlib
from functools import partial
from typing import Any

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.sample import show_sample
from journeys.copy_trail import history_file, record_copy, require_none_named
from records.audit import AuditEvent
from records.auditor_access import look_at
from records.control_overview import (
    TrailFilter,
    count_trail,
    read_trail,
    trail_actions,
    trail_actors,
)
from records.counting import counted
from records.damage_notice import tell_of_damage
from records.errors import RadvigilError
from records.history import History, ToldEvent, label_of, told_events
from records.permissions import Action
from records.verify import Verdict
from records.verify_workspace import verify_workspace

ROWS = 50
ANY = "any"
SHOWN = 400
HEADINGS = ["Number", "When (UTC)", "Who", "Action", "Reason", "Change"]


def show(desk: Desk) -> None:
    """The events that fit a filter, and the check of the whole trail."""
    look.title(
        "Audit trail", "Every event is chained to the one before it; nothing is ever deleted."
    )
    _of_link(desk)
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
        HEADINGS, _rows(told_events(desk.reader, events)),
        empty="No event fits what is chosen above.", wide="Change",
    )
    if not desk.selection.open or desk.selection.open.startswith("#"):
        one_record(desk)
    show_sample(desk)


def _of_link(desk: Desk) -> None:
    """The one event, or the record, that a link opens: first, above the trail."""
    opened = desk.selection.open
    if opened.startswith("#") and opened[1:].isdigit():
        event = desk.reader.get(AuditEvent, int(opened[1:]))
        if event is not None:
            desk.selection.opened = True
            look.section(f"Audit event {event.sequence}", f"On {label_of(event.subject)}.")
            look.table(HEADINGS, _rows(told_events(desk.reader, [event])), empty="", wide="Change")
    elif opened:
        one_record(desk)


def _choice(place: Any, label: str, known: list[str], key: str) -> str:
    chosen = place.selectbox(label, [ANY, *known], key=key)
    return "" if chosen == ANY else str(chosen)


def _rows(told: list[ToldEvent]) -> list[list[look.Cell]]:
    return [
        [
            look.Mark(str(one.event["sequence"]), small=one.event["digest"][:8]),
            look.Number(one.event["at"][:19].replace("T", " ")),
            look.Mark(one.actor.full_name or one.actor.account, small=_as_what(one)),
            look.Mark(one.event["action"], small=one.event["subject"]),
            one.event["reason"] or "none given", look.Long(_short(one.words)),
        ]
        for one in told
    ]  # fmt: skip


def _as_what(one: ToldEvent) -> str:
    roles = ", ".join(one.actor.roles) or one.actor.kind
    way = one.event["software"].partition(", ")[2]
    return f"{one.actor.account}; {roles}{f'; {way}' if way else ''}"


def _short(words: str) -> str:
    words = words or "not applicable"
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"


def one_record(desk: Desk) -> None:
    """Everything about one record, to read here or to take along as a file."""
    look.section("Everything about one record", "Also signatures on it, exports and refusals.")
    opened = desk.selection.open
    if opened and not opened.startswith("#"):
        if st.session_state.get("opened-history") != opened:
            st.session_state["history-record"] = st.session_state["opened-history"] = opened
        desk.selection.opened = True
    name = st.text_input("Record, such as ALT-0001 or Alert:1", key="history-record").strip()
    if not name:
        return
    try:
        history = look_at(desk.store, desk.reader, desk.person, name, now=desk.now)
    except RadvigilError as unknown:
        look.refusal(unknown)
        return
    look.quiet(f"{history.label}: {counted(len(history.events), 'event')} of {history.sequence}.")
    look.table(HEADINGS, _rows(list(history.events[-ROWS:])), empty="", wide="Change")
    if len(history.events) > ROWS:
        look.quiet(f"The newest {ROWS} are shown; the files hold all of them.")
    if not desk.may(Action.EXPORT_TRAIL):
        look.quiet("Your role does not export the audit trail.")
        return
    with st.container(horizontal=True):
        for kind, mime in (("PDF", "application/pdf"), ("JSON Lines", "application/jsonl"),
                           ("CSV", "text/csv")):  # fmt: skip
            file = f"history-{history.label}.{'jsonl' if kind == 'JSON Lines' else kind.lower()}"
            st.download_button(
                f"Download {kind}", partial(_copy, desk, history, file), file_name=file, mime=mime,
                key=f"history-{kind}",
            )


def _copy(desk: Desk, history: History, file: str) -> bytes:
    """One file of a record's history, made when it is asked for; that it left is an event."""
    who = f"{desk.person.full_name} ({desk.person.name})"
    require_none_named(desk.store, history)
    with desk.store.reader() as reader:  # this runs beside the page, whose reader is closed by then
        content = history_file(reader, history, file, asked_by=who, now=desk.now)
    record_copy(
        desk.store, history.subject, {file: hashlib.sha256(content).hexdigest()},
        actor=desk.person.name, now=desk.now,
    )
    return content


def _verify(desk: Desk) -> None:
    if st.button("Verify the whole trail and all records", key="verify", type="primary"):
        with st.spinner("Recomputing every digest and comparing every record…"):
            verdict = verify_workspace(desk.store, desk.reader, records_only=True)
        _verdict(verdict)
        tell_of_damage(desk.store, verdict, now=desk.now)


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
