"""The audit trail: who did what to which record, when and why; and whether it is whole."""

import hashlib
import re
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.sample import show_sample
from journeys.copy_trail import (
    TrailOrder,
    copy_trail,
    history_file,
    record_copy,
    require_none_named,
)  # fmt: skip
from records.audit import AuditEvent
from records.auditor_access import look_at
from records.control_overview import trail_actions, trail_actors
from records.counting import counted
from records.damage_notice import tell_of_damage
from records.errors import RadvigilError
from records.history import History, ToldEvent, label_of, subject_named, told_events
from records.lookup import EventFilter, bounded, count_events_that_fit, page_of_events
from records.permissions import Action
from records.trail_verifications import last_verification, record_verification
from records.verify import Verdict
from records.verify_workspace import verify_workspace
from regulatory.documents.writers.packed import archive

ROWS, MOST_TAKEN = 50, 100_000
ANY = "any"
SHOWN = 400
_EVENT = re.compile(r"#[0-9]{1,15}")
HEADINGS = ["Number", "When (UTC)", "Who", "Action", "Reason", "Change"]


def show(desk: Desk) -> None:
    """The events that fit a filter, and the check of the whole trail."""
    look.title(
        "Audit trail", "Every event is chained to the one before it; nothing is ever deleted."
    )
    _of_link(desk)
    _verify(desk)
    wanted = _wanted(desk)
    if wanted is not None:
        _events(desk, wanted)
    if not desk.selection.open or desk.selection.open.startswith("#"):
        one_record(desk)
    show_sample(desk)


def _wanted(desk: Desk) -> EventFilter | None:
    """What is asked for: who, what, of which record, in which period, for which reason."""
    left, middle, right = st.columns(3)
    actor = _choice(left, "Who", trail_actors(desk.reader), "trail-actor")
    action = _choice(middle, "Action", trail_actions(desk.reader), "trail-action")
    record = right.text_input(
        "Record or kind of record", key="trail-subject", placeholder="ALT-0001, Alert:1, Alert"
    ).strip()  # fmt: skip
    reason = st.text_input("Reason contains", key="trail-reason").strip()
    try:
        subject = subject_named(record) if {"-", ":"} & set(record) else record
    except RadvigilError as unknown:
        look.refusal(unknown)
        return None
    chosen = desk.selection
    asked = EventFilter(subject or None, actor or None, action or None, chosen.first, chosen.last,
                        reason or None)  # fmt: skip
    wanted = bounded(asked, desk.now.date())
    if wanted != asked:
        look.notice(
            f"Reasons and whole kinds of record are looked for since {wanted.since}: choose a "
            "period in the side bar for another.", "plain",
        )  # fmt: skip
    return wanted


def _events(desk: Desk, wanted: EventFilter) -> None:
    fitting = count_events_that_fit(desk.reader, wanted)
    pages = max(1, -(-fitting // ROWS))
    place, _ = st.columns([1, 3])
    number = place.number_input("Page", min_value=1, max_value=pages, value=1, key="trail-page")
    look.quiet(f"{fitting} events fit; page {number} of {pages}, the newest first.")
    events = page_of_events(desk.reader, wanted, first=(number - 1) * ROWS, rows=ROWS)
    look.table(
        HEADINGS, _rows(told_events(desk.reader, events)),
        empty="No event fits what is chosen above.", wide="Change",
    )
    _take_along(desk, wanted, fitting)


def _take_along(desk: Desk, wanted: EventFilter, fitting: int) -> None:
    """All that fit, as files that anybody can check; that they left is an event."""
    if not desk.may(Action.EXPORT_TRAIL):
        look.quiet("Your role does not export the audit trail.")
        return
    if fitting > MOST_TAKEN:
        look.quiet(f"More than {MOST_TAKEN} events are exported by 'radvigil audit export'.")
        return
    st.download_button(
        "Export these events (JSON Lines, CSV, signed)", partial(_exported, desk, wanted),
        file_name="audit-trail.zip", mime="application/zip", key="trail-export",
    )  # fmt: skip


def _exported(desk: Desk, wanted: EventFilter) -> bytes:
    order = TrailOrder(wanted, asked_by=f"{desk.person.full_name} ({desk.person.name})")
    with tempfile.TemporaryDirectory() as room:
        written = copy_trail(desk.store, order, Path(room), actor=desk.person.name, now=desk.now)
        return archive({name: (written.folder / name).read_bytes() for name in written.files})


def _of_link(desk: Desk) -> None:
    """The one event, or the record, that a link opens: first, above the trail."""
    opened = desk.selection.open
    if opened.startswith("#"):
        event = desk.reader.get(AuditEvent, int(opened[1:])) if _EVENT.fullmatch(opened) else None
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
    """What was found last, and the check of the whole trail, which is put on record."""
    last = last_verification(desk.reader)
    if last is None:
        look.notice("No verification is on record yet.", "unknown")
    else:
        look.notice(last.words, "good" if last.whole else "bad")
    if st.button("Verify the whole trail and all records", key="verify", type="primary"):
        with st.spinner("Recomputing every digest and comparing every record…"):
            verdict = verify_workspace(desk.store, desk.reader, records_only=True)
        _verdict(verdict)
        tell_of_damage(desk.store, verdict, now=desk.now)
        record_verification(desk.store, verdict, actor=desk.person.name, now=desk.now)


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
