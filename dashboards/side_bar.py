"""The side bar of every page: what is looked at, the search, what waits for whom, who it is."""

from datetime import UTC, datetime
from html import escape

import streamlit as st

from dashboards import look, sign_in
from dashboards.cells import SIGNS, Tone
from dashboards.desk import Desk
from dashboards.figures import is_dark
from dashboards.links import TRAIL, page_of
from dashboards.navigation import Page
from dashboards.selection import OPEN, show_pickers
from dashboards.work import MINE, WORK, own_work
from journeys.find_identifier import Found, find_identifier
from records.errors import NotAllowed, RadvigilError
from records.history import label_of
from records.owed_work import OVERDUE, SOON, TODAY, UNDATED, counts_by_deadline

OUTSIDE = "find-outside"
"""Where the session keeps what an auditor asked for last and was refused."""
_PAGE_OF_KIND = {"requirement": "risks", "rule of law": "incidents"}
_TONES: dict[str, Tone] = {OVERDUE: "bad", TODAY: "waiting", SOON: "plain", UNDATED: "unknown"}
_WORDS = {TODAY: "today", SOON: "within 7 days", UNDATED: "without a day"}


def show_side_bar(desk: Desk, page: Page | None, *, bound: bool) -> None:
    """Pickers, search, work and person; an auditor who is bound to grants has no list of work."""
    word = look.WORDMARK_DARK if is_dark() else look.WORDMARK
    st.logo(str(word), size="large", icon_image=str(look.ICON))
    with st.sidebar:
        if page is not None and page.picks:
            show_pickers(desk.visible, page.picks)
        _search(desk)
        if not bound:
            _work(desk)
        _person(desk)
        if st.button("Sign out", key="sign-out"):
            sign_in.leave(desk.store, desk.reader)


def _search(desk: Desk) -> None:
    wanted = st.text_input(
        "Find by identifier", key="find", placeholder="ALT-0001, DOC-26-0001 v2, #420",
        help="A record, document, version, dataset, study, risk, requirement, rule or audit event. "
        "The key / brings you here.",
    ).strip()  # fmt: skip
    if not wanted or _refused_before(wanted):
        return
    try:
        found = find_identifier(desk.store, desk.reader, desk.person, wanted, now=desk.now)
    except NotAllowed as outside:
        st.session_state[OUTSIDE] = wanted, f"{outside.message} {outside.hint}".strip()
        _refused_before(wanted)
        return
    except RadvigilError as none:
        look.notice(f"{none.message} {none.hint}".strip(), "unknown")
        return
    for number, one in enumerate(found):
        _result(desk, one, number)


def _refused_before(wanted: str) -> bool:
    """Each asking that an auditor is refused is one event, however often the page is drawn."""
    asked, words = st.session_state.get(OUTSIDE, ("", ""))
    if asked == wanted:
        look.notice(words, "bad")
    return bool(asked == wanted)


def _result(desk: Desk, one: Found, number: int) -> None:
    """What was found, with the link to where it is worked on, where this person has that page."""
    label = one.label if one.label.startswith("#") else label_of(one.subject) or one.label
    address = TRAIL if label.startswith("#") else page_of(label)
    page = desk.pages.get(address if one.subject else _PAGE_OF_KIND.get(one.kind, ""))
    said = ", ".join(filter(None, (one.title, one.status, one.site, str(one.on or ""))))
    with st.container(key=f"found-{number}", gap=None):
        if page is not None:
            st.page_link(page, label=f"{one.label}: {one.kind}",
                         query_params={OPEN: label} if one.subject else None)  # fmt: skip
            st.html(f'<span class="rv-small">{escape(said)}</span>')
        else:
            st.html(f"<strong>{escape(one.label)}: {escape(one.kind)}</strong>"
                    f'<span class="rv-small">{escape(said)}</span>')  # fmt: skip


def _work(desk: Desk) -> None:
    counts = counts_by_deadline(own_work(desk), desk.now.date())
    links = "".join(
        f'<a class="rv-link rv-due rv-{_TONES.get(name, "plain")}" '
        f'href="./?{WORK}={escape(name)}&amp;{MINE}=yes">'
        f'<span class="rv-sign" aria-hidden="true">{_sign(name)}</span>'
        f"<strong>{count}</strong> {escape(_WORDS.get(name, name))}</a>"
        for name, count in counts.items() if count
    )
    st.html(f'<nav class="rv-work" aria-label="My work"><strong>My work</strong>'
            f'{links or "<span>Nothing waits for you.</span>"}</nav>')  # fmt: skip


def _sign(name: str) -> str:
    return SIGNS[_TONES.get(name, "plain")]


def _person(desk: Desk) -> None:
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
