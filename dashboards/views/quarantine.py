"""Refused files: by site, day and reason; and the form by which one is examined again."""

import streamlit as st

from dashboards import look
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from journeys.resubmit import PURPOSES, may_be_examined, resubmit
from records.overview import quarantine_counts
from records.permissions import Action, roles_named
from records.quarantine_overview import SHOWN, RefusedFile, refusal_reasons, refused_files
from regulatory.documents.wording import spaced

FORM = "resubmit"
EVERY = "Every reason"


def show_quarantine(desk: Desk) -> None:
    """How many by reason, the newest files that fit, and what can be done about one."""
    look.section(
        "Refused, by reason", "Files that the acceptance check refused; they are kept."
    )
    look.table(
        ["Site", "Reason", "Files", "Last on"],
        [
            [one.site, _reason(one.reason), one.files, one.last_on]
            for one in quarantine_counts(desk.reader) if desk.selection.holds(site=one.site)
        ],
        empty="No file was refused: each that came was whole, of the device's kind, and is "
        "taken in.",
        wide="Reason",
    )
    reasons = refusal_reasons(desk.reader)
    if not reasons:
        return
    chosen = desk.selection
    reason = st.selectbox(
        "Reason", [EVERY, *reasons], key="quarantine-reason",
        format_func=lambda one: one if one == EVERY else _reason(one),
    )
    found = refused_files(
        desk.reader, site=chosen.site, reason="" if reason == EVERY else reason,
        first=chosen.first, last=chosen.last,
    )
    look.section("Refused files", f"The newest {SHOWN} of what is selected.")
    look.table(
        ["File", "Arrived", "Site", "Reason", "Bytes", "Digest", "Status"],
        [_row(one) for one in found],
        empty=desk.none_of("No file was refused for this reason"), wide="Reason",
    )
    if desk.selection.open.casefold() in {one.label.casefold() for one in found}:
        desk.selection.opened = True
    if found:
        _again(desk, found)


def _reason(code: str) -> str:
    return spaced(code).replace(":", ": ")


def _row(one: RefusedFile) -> list[look.Cell]:
    told = one.detail if one.detail and one.detail not in one.reason else ""
    return [
        look.Number(one.label), one.arrived_on, one.site,
        look.Mark(_reason(one.reason), small=told), one.size_bytes,
        look.Code(one.source_digest), _state(one),
    ]


def _state(one: RefusedFile) -> look.Cell:
    if one.taken_in_as:
        return to_record(one.taken_in_as, small="taken in since")
    if one.again:
        return look.Mark(one.again, "waiting", look.instant(one.again_at) if one.again_at else "")
    return look.Mark(one.state, "plain")


def _again(desk: Desk, found: list[RefusedFile]) -> None:
    look.section(
        "Have a file examined again",
        "By the rules as they are now: after the device's definition was changed, or the program "
        "reads more. A file that was damaged on its way is sent again by the site instead.",
    )
    waiting = [one for one in found if not one.taken_in_as and may_be_examined(one.reason)]
    if not waiting:
        look.quiet("None of these waits: each is taken in by now, or is no image.")
        return
    if not desk.may(Action.TAKE_IN):
        look.quiet(f"Files are examined again by: {roles_named(Action.TAKE_IN)}.")
        return
    if not desk.device:
        look.quiet("No device is defined here yet, so that there is no rule to examine by.")
        return
    one = choose(
        desk, "File", {f"{one.label}, {one.site}, {one.arrived_on}: {_reason(one.reason)}": one
                       for one in waiting}, key="resubmit-file",
    )  # fmt: skip
    with st.form(FORM):
        purpose = st.selectbox("Taken in as", PURPOSES, key=key_in(FORM, "purpose"))
        look.quiet(
            f"By the rules of {desk.device}. It counts as arrived today; a clinical study is read "
            "with today's."
        )
        reason = st.text_input("Reason", key=key_in(FORM, "reason"))
        pressed = st.form_submit_button("Examine it again", type="primary",
                                        key=key_in(FORM, "submit"))  # fmt: skip
    if pressed:
        act(lambda: _examine(desk, one, purpose, reason), reason=reason, form=FORM)


def _examine(desk: Desk, one: RefusedFile, purpose: str, reason: str) -> str:
    made = resubmit(
        desk.store, one.label, device=desk.device, purpose=purpose, reason=reason,
        actor=desk.person.name, now=desk.now,
    )
    return f"{made.file} of {made.site}: {made.outcome}."
