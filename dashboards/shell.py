"""The pages' shell: the workspace, the sign-in, and which page is shown."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import streamlit as st
from sqlmodel import Session

from dashboards import look, sign_in
from dashboards.desk import Desk
from dashboards.views import (
    adjudication,
    audit_trail,
    capas,
    changes,
    documents,
    drift,
    facts,
    granted,
    incidents,
    keeping,
    overview,
    readers,
    reference_standards,
    revalidations,
    risks,
    rollouts,
    truth_kinds,
    validations,
)  # fmt: skip
from records.audit_grants import is_bound
from records.clock import is_demonstration, marking, now_in
from records.door import Door
from records.errors import RadvigilError, WorkspaceMissing
from records.installation_check import standing_warnings
from records.quiet import switch_off_usage_statistics
from records.settings import Workspace, require_workspace
from records.store import Store, open_store

View = Callable[[Desk], None]

FIRST = "overview"
"""The address of everybody's first page."""

# The pages by audience: address, title, what draws it.
PAGES: dict[str, list[tuple[str, str, View]]] = {
    "Today": [(FIRST, "Overview", overview.show)],
    "Quality": [
        ("drift-and-alerts", "Drift and alerts", drift.show),
        ("revalidations", "Revalidations", revalidations.show),
        ("capas", "CAPA", capas.show),
        ("incidents", "Complaints and incidents", incidents.show),
        ("reference-standards", "Reference standards", reference_standards.show),
        ("readers", "Readers", readers.show),
        ("adjudication", "Adjudication", adjudication.show),
        ("truth-kinds", "Kinds of truth", truth_kinds.show),
        ("keeping", "Keeping and deleting", keeping.show),
    ],
    "Regulatory": [
        ("documents", "Documents", documents.show),
        ("risks", "Risk and traceability", risks.show),
        ("facts", "Facts for documents", facts.show),
        ("audit-trail", "Audit trail", audit_trail.show),
    ],
    "Engineering": [
        ("pending-changes", "Pending changes", changes.show),
        ("rollouts", "Go-live and rollout", rollouts.show),
        ("validations", "Validations", validations.show),
    ],
}


@st.cache_resource(show_spinner=False)  # type: ignore[untyped-decorator]
def store_of(home: str) -> Store:
    """The records of a workspace, opened once for all sessions."""
    return open_store(Workspace(Path(home)))


def main() -> None:
    """One run of the application."""
    switch_off_usage_statistics()
    st.set_page_config(
        page_title="Radvigil", page_icon=str(look.ICON), layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    look.style()
    try:
        workspace = require_workspace()
        store = store_of(str(workspace.home))
    except WorkspaceMissing as missing:
        look.title("There is no workspace here", "The pages show the records of one workspace.")
        look.refusal(missing)
        return
    except RadvigilError as failed:
        look.title("The records cannot be opened", "Nothing is shown, so that nothing misleads.")
        look.refusal(failed)
        return
    with store.reader() as reader:
        _run(store.through(Door("page", _zone(reader))), reader)


def _zone(reader: Session) -> str:
    """The time zone of the browser, where it tells a real one; a demonstration lives in UTC."""
    told = st.context.timezone
    return "UTC" if is_demonstration(reader) or told not in available_timezones() else str(told)


def _run(store: Store, reader: Session) -> None:
    marked = marking(reader)
    now = now_in(reader)
    if marked:
        look.banner(marked, now)
    person = sign_in.current_person(reader, store)
    if person is None:
        # Every address leads to the sign-in, and to its own page once somebody is signed in.
        entrances = _pages(lambda _view: lambda: sign_in.show(store, reader))
        st.navigation(list(entrances.values()), position="hidden").run()
        return
    for words in standing_warnings(store, reader):  # not a stranger's to know
        look.notice(f"{words[:1].upper()}{words[1:]}.", "bad")
    pages: dict[str, Any] = {}
    desk = Desk(store, reader, person, now, bool(marked), pages)
    if is_bound(reader, person):
        chosen = _granted_only(desk)
    else:
        pages.update(_pages(lambda view: _drawn(view, desk)))
        chosen = st.navigation(
            {group: [pages[one] for one, _, _ in members] for group, members in PAGES.items()},
            expanded=True,
        )
    _sidebar(desk)
    chosen.run()


def _pages(drawn: Callable[[View], Callable[[], None]]) -> dict[str, Any]:
    """The pages by address, as Streamlit wants them."""
    return {
        address: st.Page(
            drawn(view), title=title, url_path=address, default=address == FIRST
        )
        for group in PAGES.values()
        for address, title, view in group
    }


def _granted_only(desk: Desk) -> Any:
    """An auditor's one page; every other address is answered with a refusal, on record."""
    own = st.Page(
        _drawn(granted.show, desk), title="Records for your audit", url_path=FIRST, default=True
    )
    others = [
        st.Page(
            _drawn(partial(granted.refuse, page=title), desk), title=title, url_path=address,
            visibility="hidden",
        )
        for group in PAGES.values()
        for address, title, _ in group
        if address != FIRST
    ]
    return st.navigation([own, *others])


def _drawn(view: View, desk: Desk) -> Callable[[], None]:
    """The page as Streamlit calls it; what was refused is shown as a sentence, not a traceback."""

    def draw() -> None:
        if words := st.session_state.get(sign_in.NOTICE, ""):
            st.success(words)
        try:
            view(desk)
        except RadvigilError as refused:
            look.refusal(refused)
        # only now: a second click draws the page anew before it was drawn whole
        st.session_state.pop(sign_in.NOTICE, None)

    return draw


def _sidebar(desk: Desk) -> None:
    st.logo(str(look.WORDMARK), size="large", icon_image=str(look.ICON))
    with st.sidebar:
        clock = (
            f"Clock of the demonstration: {look.instant(desk.now)}"
            if desk.demonstration
            else f"System clock: {look.instant(datetime.now(UTC))}"
        )
        st.html(
            f'<div class="rv-person"><strong>{escape(desk.person.full_name)}</strong>'
            f'<span>{escape(", ".join(desk.person.roles))}</span>'
            f'<span class="rv-small">{clock}</span></div>'
        )
        if st.button("Sign out", key="sign-out"):
            sign_in.leave(desk.store, desk.reader)
        look.close_side_bar()
