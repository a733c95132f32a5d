"""The pages' shell: the workspace, the sign-in, and which page is shown."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import streamlit as st
from sqlmodel import Session

from dashboards import downloads, look, sign_in
from dashboards.cells import ZONE
from dashboards.desk import Desk
from dashboards.links import say_of_opened
from dashboards.navigation import FIRST, PAGES, Page, all_pages, areas_for, pages_at_hand
from dashboards.selection import read_selection, say_of_link
from dashboards.side_bar import show_side_bar
from dashboards.views import granted
from journeys.copy_table import copy_table
from records.audit_grants import is_bound
from records.clock import is_demonstration, marking, now_in
from records.door import Door
from records.errors import RadvigilError, WorkspaceMissing
from records.installation_check import standing_warnings
from records.quiet import switch_off_usage_statistics
from records.settings import Workspace, require_workspace
from records.store import Store, open_store
from records.visible_names import visible_names

_LOG = logging.getLogger(__name__)


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
        zone = _zone(reader)
        ZONE.set(zone)
        _run(store.through(Door("page", zone)), reader)


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
        entrances = _pages(lambda _page: lambda: sign_in.show(store, reader))
        look.scripts(signed_in=False)
        st.navigation(list(entrances.values()), position="hidden").run()
        return
    look.scripts(signed_in=True)
    for words in standing_warnings(store, reader):  # not a stranger's to know
        look.notice(f"{words[:1].upper()}{words[1:]}.", "bad")
    visible = visible_names(reader, person, on=now.date())
    selection, said = read_selection(visible, now.date())
    pages: dict[str, Any] = {}
    desk = Desk(store, reader, person, now, bool(marked), pages, visible, selection)
    bound = is_bound(reader, person)
    chosen = _granted_only(desk) if bound else _offered(desk, pages)
    page = next((one for one in all_pages() if pages.get(one.address) is chosen), None)
    address = page.address if page else FIRST
    downloads.begin(address, partial(_copied, desk, address))
    show_side_bar(desk, page, bound=bound)
    if page is not None and page.picks:
        say_of_link(said)
    chosen.run()
    if page is not None:
        say_of_opened(desk, address)


def _copied(desk: Desk, page: str, file: str, content: bytes) -> None:
    """A table leaves as a file: it names nobody, and who took it is on record."""
    copy_table(desk.store, desk.person.name, page=page, file=file, content=content)


def _offered(desk: Desk, pages: dict[str, Any]) -> Any:
    """All pages, those first that the person's roles work with; the one that is wanted."""
    pages.update(_pages(lambda page: _drawn(page.view, desk)))
    roles = desk.person.roles
    return st.navigation(
        {area: [pages[one.address] for one in PAGES[area]] for area in areas_for(roles)},
        expanded=pages_at_hand(roles),
    )


def _pages(drawn: Callable[[Page], Callable[[], None]]) -> dict[str, Any]:
    """The pages by address, as Streamlit wants them."""
    return {
        one.address: st.Page(
            drawn(one), title=one.title, url_path=one.address, default=one.address == FIRST
        )
        for one in all_pages()
    }


def _granted_only(desk: Desk) -> Any:
    """An auditor's one page; every other address is answered with a refusal, on record."""
    own = st.Page(
        _drawn(granted.show, desk), title="Records for your audit", url_path=FIRST, default=True
    )
    others = [
        st.Page(
            _drawn(partial(granted.refuse, page=one.title), desk), title=one.title,
            url_path=one.address, visibility="hidden",
        )
        for one in all_pages()
        if one.address != FIRST
    ]
    return st.navigation([own, *others])


def _drawn(view: Callable[[Desk], None], desk: Desk) -> Callable[[], None]:
    """The page as Streamlit calls it; what was refused is shown as a sentence, not a traceback."""

    def draw() -> None:
        if words := st.session_state.get(sign_in.NOTICE, ""):
            st.success(words)
        try:
            view(desk)
        except RadvigilError as refused:
            look.refusal(refused)
        except Exception:
            _LOG.exception("a page could not be drawn")
            look.broken(desk.now)
            raise
        # only now: a second click draws the page anew before it was drawn whole
        st.session_state.pop(sign_in.NOTICE, None)

    return draw
