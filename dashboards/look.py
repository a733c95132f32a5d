"""How pages look: one style sheet, and tables, marks and notices in one form everywhere.

A verdict is told by word, sign and colour together, so that it reads without colour (Okabe and
Ito's palette). Every text from the records is escaped.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from html import escape
from pathlib import Path

import streamlit as st

from dashboards import downloads
from dashboards.cells import (
    SIGNS,
    Cell,
    Code,
    Glance,
    Link,
    Long,
    Mark,
    Number,
    Tone,
    instant,
    mark,
    shown,
)
from records.errors import RadvigilError
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    NOT_RECORDED,
    grouped,
    number,
    spaced,
)

__all__ = [
    "Cell", "Code", "Glance", "Link", "Long", "Mark", "Number", "Tone", "banner", "broken",
    "estimate", "facts", "instant", "mark", "notice", "plain_name", "quiet", "refusal", "scripts",
    "section", "span", "style", "table", "tiles", "title",
]  # fmt: skip

STYLE = Path(__file__).with_name("style.css")
SCRIPT = Path(__file__).with_name("pages.js")
ICON = Path(__file__).with_name("icon.png")
WORDMARK = Path(__file__).with_name("wordmark.svg")
WORDMARK_DARK = Path(__file__).with_name("wordmark-dark.svg")

def title(words: str, below: str) -> None:
    """The page's title and, in one sentence, what it is for."""
    st.html(
        f'<h1 class="rv-title" id="rv-main" tabindex="-1">{escape(words)}</h1>'
        f'<p class="rv-below">{escape(below)}</p>'
    )


def section(words: str, below: str = "") -> None:
    """A heading inside a page."""
    downloads.under(words)
    small = f'<p class="rv-below">{escape(below)}</p>' if below else ""
    st.html(f'<h2 class="rv-section">{escape(words)}</h2>{small}')


def style() -> None:
    """The style sheet, once a page."""
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")


def scripts(*, signed_in: bool) -> None:
    """What a browser does by itself: links in tables, the key of the search, the wanted link."""
    script = SCRIPT.read_text(encoding="utf-8")
    state = f"window.rvSignedIn = {str(signed_in).lower()};"
    st.html(f"<script>{state}{script}</script>", unsafe_allow_javascript=True)
    if signed_in:
        st.html('<a class="rv-skip" href="#rv-main">Skip to the page</a>')


def broken(now: datetime) -> None:
    """A page failed in a way that nobody foresaw: said, with what to do."""
    st.error(
        f"This page could not be drawn ({instant(now)}). Nothing was changed by that. Load it "
        "anew; if it fails again, tell who runs this system this time and the address of the "
        "page: the server's log holds the cause."
    )


def banner(words: str, now: datetime) -> None:
    """What must be seen on every page of a demonstration workspace."""
    st.html(
        f'<div class="rv-banner" role="note"><strong>{escape(words)}</strong>'
        f"<span>It is {now:%Y-%m-%d} here</span></div>"
    )


def tiles(items: Iterable[tuple[str, int, str, Tone]]) -> None:
    """Counts side by side: name, count, what the count is of, tone."""
    boxes = "".join(
        f'<div class="rv-tile rv-{tone}"><span class="rv-count">{grouped(count)}</span>'
        f'<span class="rv-name">{escape(name)}</span><span class="rv-small">{escape(of)}</span>'
        "</div>"
        for name, count, of, tone in items
    )
    st.html(f'<div class="rv-tiles">{boxes}</div>')


def table(
    headings: Sequence[str], rows: Sequence[Sequence[Cell]], *, empty: str, wide: str = ""
) -> None:
    """A table that can be taken along as CSV, or the sentence ``empty`` where there is none.

    ``wide`` names the widest column.
    """
    if not rows:
        quiet(empty)
        return
    head = "".join(
        f'<th scope="col" class="{"rv-wide" if name == wide else ""}">{escape(name)}</th>'
        for name in headings
    )
    body = "".join(
        "<tr>" + "".join(f"<td>{shown(value)}</td>" for value in row) + "</tr>" for row in rows
    )
    named = escape(f"Table: {', '.join(headings)}")  # a wide one is scrolled by keys, too
    st.html(
        f'<div class="rv-scroll" tabindex="0" role="group" aria-label="{named}">'
        f'<table class="rv-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    downloads.offer(headings, rows)


def facts(items: Sequence[tuple[str, Cell]]) -> None:
    """Names with their values, one under the other."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{shown(value)}</dd>" for name, value in items)
    st.html(f'<dl class="rv-facts">{rows}</dl>')


def quiet(words: str) -> None:
    """Nothing to show, and why: said, never left blank."""
    st.html(f'<p class="rv-quiet">{escape(words)}</p>')


def notice(words: str, tone: Tone) -> None:
    """A finding that stands out, by sign and colour."""
    st.html(
        f'<p class="rv-notice rv-{tone}"><span class="rv-sign" aria-hidden="true">{SIGNS[tone]}'
        f"</span>{escape(words)}</p>"
    )


def refusal(error: RadvigilError) -> None:
    """What was refused and what to do, in one clear sentence or two."""
    st.error(" ".join(part for part in (error.message, error.hint) if part))


def estimate(
    value: float | None, low: float | None, high: float | None, *, n: int, level: float = 0.95,
    reason: str = "",
) -> str:  # fmt: skip
    """A stored estimate with interval and n, or plainly why there is none.

    >>> estimate(0.9, 0.81, 0.95, n=80)
    '0.900 (95 % CI 0.810 to 0.950, n = 80)'
    >>> estimate(None, None, None, n=0, reason="no diseased study")
    'not estimable: no diseased study (n = 0)'
    """
    if value is None or low is None or high is None:
        return f"not estimable: {reason or NOT_RECORDED} (n = {n})"
    return (
        f"{number(value)} ({100 * level:g} % CI {number(low)} to {number(high)}, n = {grouped(n)})"
    )


def plain_name(name: str) -> str:
    """A chart's or column's recorded name in plain words.

    >>> plain_name("image_noise")
    'Image noise'
    """
    return spaced(name)[:1].upper() + spaced(name)[1:]


def span(first: date | None, last: date | None) -> str:
    """A period, both days included."""
    return f"{first} to {last}" if first and last else NOT_APPLICABLE
