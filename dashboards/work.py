"""What is owed, as the pages ask it: the same list as 'radvigil work list'."""

from datetime import datetime

import streamlit as st
from sqlmodel import Session

from dashboards.desk import Desk
from journeys.my_work import my_work, owed_work
from records.audit import head
from records.owed_work import OwedWork

WORK, MINE = "work", "mine"
"""In the address: the deadline that the first page's list is narrowed to, and whether it is of
one's own work."""


def all_work(desk: Desk) -> list[OwedWork]:
    """All that is owed now: asked again only where an event or a minute has come since."""
    sequence, digest = head(desk.reader)
    stamp = f"{sequence} {digest} {desk.now:%Y-%m-%dT%H:%M}"
    found: list[OwedWork] = _work_at(
        str(desk.store.workspace.home), stamp, _reader=desk.reader, _now=desk.now
    )
    return found


@st.cache_data(max_entries=16, show_spinner=False)  # type: ignore[untyped-decorator]
def _work_at(
    home: str, stamp: str, *, _reader: Session, _now: datetime  # noqa: ARG001  (the key)
) -> list[OwedWork]:
    return owed_work(_reader, _now)


def own_work(desk: Desk) -> list[OwedWork]:
    """What of it waits for this person."""
    return my_work(desk.reader, all_work(desk), desk.person, on=desk.now.date())


