"""What an auditor sees of a live workspace: the records of the grants that count today, no more."""

from typing import Any

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.audit_trail import one_record
from dashboards.views.sample import show_sample
from records.audit_grants import grants_on, kinds_visible, numbers_visible
from records.auditor_access import note_outside
from records.errors import NotAllowed
from records.kinds import Scope, kind_named

ROWS = 200
_SAID = "outside-said"


def show(desk: Desk) -> None:
    """The grants, the records that they hold, everything about one of them, and a sample."""
    look.title("Records for your audit", "What was granted to you, read-only, until the last day.")
    today = desk.now.date()
    grants = grants_on(desk.reader, desk.person, today)
    if not grants:
        _say_outside(desk, "records", NotAllowed(f"No grant counts on {today}."))
        look.notice(
            f"Nothing was granted to you for today, {today}. Quality or an administrator grants "
            "access: radvigil user grant.", "waiting",
        )  # fmt: skip
        return
    look.table(
        ["Grant", "Purpose", "Records", "From", "Until", "Granted by"],
        [
            [look.Number(one.label), one.purpose, one.scope.words, one.first_day, one.last_day,
             one.granted_by]
            for one in grants
        ],
        empty="", wide="Records",
    )  # fmt: skip
    _records(desk)
    one_record(desk)
    show_sample(desk)


def _records(desk: Desk) -> None:
    today = desk.now.date()
    name = st.selectbox(
        "Kind of record", kinds_visible(desk.reader, desk.person, on=today), key="granted-kind"
    )
    kind = kind_named(str(name))
    numbers = numbers_visible(desk.reader, desk.person, str(name), Scope(), on=today)
    shown: list[Any] = [desk.reader.get_one(kind.table, one) for one in numbers[-ROWS:][::-1]]
    look.quiet(f"{len(numbers)} records; the newest {len(shown)} are shown.")
    look.table(
        ["Record", "When", "Status"],
        [
            [look.Number(one.label), getattr(one, kind.dated),
             look.mark(str(getattr(one, "status", "") or "no status"))]
            for one in shown
        ],
        empty="No record of this kind was granted.",
    )  # fmt: skip


def refuse(desk: Desk, page: str) -> None:
    """Another page, whose address an auditor opened: nothing is shown, and that is on record."""
    why = NotAllowed(
        f"The page '{page}' is not part of what auditors see here.",
        hint="'Records for your audit' shows what was granted to you.",
    )
    _say_outside(desk, f"page {page}", why)
    look.title("Not granted", "Nothing is shown here.")
    look.refusal(why)


def _say_outside(desk: Desk, what: str, why: NotAllowed) -> None:
    """Once in a session, however often the page is drawn."""
    said = st.session_state.setdefault(_SAID, set())
    if what not in said:
        said.add(what)
        note_outside(desk.store, desk.person, what, why, now=desk.now)
