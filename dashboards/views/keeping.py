"""Until when what is kept and which bytes are due; beside it legal holds and deletions."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from dashboards import look
from dashboards.acting import COUNT
from dashboards.desk import Desk
from dashboards.views.deletions import propose_form, show_deletions_so_far, show_waiting
from dashboards.views.legal_holds import show_holds
from records.counting import counted
from records.deletions import waiting_deletions
from records.legal_holds import HELD_KINDS, standing_holds
from records.retention_overview import DueBytes, due_bytes, images_on_record, kept_tables
from regulatory.documents.surveillance_tables import european

_ASKED = "due-asked"

AT_ONCE = 50_000
"""Up to so many images are counted when the page opens; more of them when somebody asks."""


@dataclass(frozen=True, slots=True)
class _Count:
    """What was counted, and when."""

    rows: list[DueBytes]
    at: datetime


def show(desk: Desk) -> None:
    """What waits, what is due, what is held, and the rule of each kind of record."""
    look.title(
        "Keeping and deleting",
        "Records are kept for ever. Files go only when they are due and not held, by two people.",
    )
    count = _counted(desk)
    waiting = waiting_deletions(desk.reader)
    _tiles(desk, count, proposed=sum(one.status == "proposed" for one in waiting),
           broken_off=sum(one.status == "confirmed" for one in waiting))  # fmt: skip
    show_waiting(desk, waiting)
    _due(count)
    propose_form(desk)
    show_holds(desk)
    show_deletions_so_far(desk)
    _rules(desk)


def _counted(desk: Desk) -> _Count | None:
    """Every file is looked at for this: once a session, and again when it is asked for."""
    known: _Count | None = st.session_state.get(COUNT)
    asked = st.session_state.pop(_ASKED, False)
    if asked or (known is None and images_on_record(desk.reader) <= AT_ONCE):
        with st.spinner("Looking at every file that could be deleted…"):
            known = _Count(due_bytes(desk.store, desk.reader, desk.now.date()), desk.now)
        st.session_state[COUNT] = known
    return known


def _tiles(desk: Desk, count: _Count | None, *, proposed: int, broken_off: int) -> None:
    holds = len(standing_holds(desk.reader))
    deletions: look.Tone = "bad" if broken_off else "waiting" if proposed else "good"
    rows = count.rows if count else []
    due, held = sum(one.due for one in rows), sum(one.held for one in rows)
    unknown, here = sum(one.not_known for one in rows), sum(one.here for one in rows)
    of_people: list[tuple[str, int, str, look.Tone]] = [
        ("Legal holds in force", holds, f"they keep {counted(held, 'file')}" if count else "",
         "waiting" if holds else "plain"),
        ("Deletions to confirm", proposed, f"and {broken_off} that broke off", deletions),
    ]  # fmt: skip
    if count is None:
        look.tiles(of_people)
        return
    look.tiles(
        [
            ("Files due", due, f"of {counted(here, 'file')} here", "waiting" if due else "good"),
            *of_people,
            ("Files without a known day", unknown, "kept until somebody records what is missing",
             "unknown" if unknown else "good"),
        ]
    )  # fmt: skip


def _due(count: _Count | None) -> None:
    look.section(
        "What is due", "Counted file by file, by today's periods, recorded facts and holds."
    )
    if count is None:
        look.quiet("Not counted yet: there are many files here, and each is looked at.")
        _ask("Count what is due")
        return
    look.table(
        ["Files", "Here", "Due", "Held", "Kept until later", "Day not known", "Next is due on",
         "Rule"],
        [
            [
                HELD_KINDS[one.kind], one.here,
                look.Mark(str(one.due), "waiting") if one.due else one.due, one.held, one.kept,
                one.not_known, one.next_due_on or "none", european(one.rule),
            ]
            for one in count.rows
        ],
        empty="", wide="Rule",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        look.quiet(
            f"Counted at {look.instant(count.at)}. What a person must record first: radvigil "
            "retention fact."
        )
        _ask("Count again")


def _ask(words: str) -> None:
    if st.button(words, key="due-again"):
        st.session_state[_ASKED] = True
        st.rerun()


def _rules(desk: Desk) -> None:
    with st.expander("Until when each kind of record is kept at least"):
        look.quiet("Rows and events are never deleted; the day says what the law asks for.")
        look.table(
            ["Records", "How many", "Kept until at least", "Rule"],
            [
                [
                    one.records, one.count,
                    one.retain_until or look.Mark("not known", small="; ".join(one.reasons)),
                    european(one.rule),
                ]
                for one in kept_tables(desk.reader)
            ],
            empty="", wide="Rule",
        )  # fmt: skip
