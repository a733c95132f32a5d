"""What changed since this person was here last: counts by kind, each with its records."""

import streamlit as st

from dashboards import look
from dashboards.cells import SIGNS
from dashboards.desk import Desk
from dashboards.links import to_record
from records.counting import counted
from records.last_visit import Changed, changes_since, last_visit

SHOWN = 8
"""How many changes stand in the table; the counts are of all."""

PAGE_OF_KIND = {
    "alert": "alerts", "release": "pending-changes", "document": "documents", "CAPA": "capas",
    "announced change": "drift-and-alerts",
}  # fmt: skip
"""Where each kind of change is read."""


def show_since_last_visit(desk: Desk) -> None:
    """Counts by kind with a link to the page of each, and the newest changes."""
    visit = last_visit(desk.reader, desk.person.name, now=desk.now)
    holds = desk.selection.holds
    found = [one for one in changes_since(desk.reader, visit.since)
             if holds(device=one.device or None, site=one.site or None)]
    when = look.instant(visit.since)
    look.section(
        "What changed since your last visit",
        f"Since your sign-in of {when}." if visit.known
        else f"This is your first visit on record: since {when}.",
    )
    if not found:
        look.quiet("Nothing: no alert, release, document, CAPA or announced change.")
        return
    _counts(desk, found)
    if len(found) > SHOWN:
        look.quiet(f"The newest {SHOWN} of {len(found)}; all: 'radvigil work since'.")
    look.table(
        ["When", "Record", "What happened", "Site", "In words"],
        [[one.at, _record(one), f"{one.kind} {one.what}", one.site or "every site", one.words]
         for one in found[:SHOWN]],
        empty="", wide="In words",
    )  # fmt: skip


def _record(one: Changed) -> look.Cell:
    """The record's own page opens it; of a release the page of changes."""
    return to_record(one.label, page=PAGE_OF_KIND[one.kind])


def _counts(desk: Desk, found: list[Changed]) -> None:
    kinds: dict[str, list[Changed]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    with st.container(horizontal=True):
        for kind, own in kinds.items():
            raised = kind == "alert" and any(one.what == "raised" for one in own)
            sign = f"{SIGNS['bad']} " if raised else ""
            page = PAGE_OF_KIND[kind]
            if page in desk.pages:
                st.page_link(
                    desk.pages[page],
                    label=f"{sign}{kind[:1].upper()}{kind[1:]}: {counted(len(own), 'change')}",
                    help=", ".join(sorted({one.what for one in own})),
                )
