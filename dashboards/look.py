"""How pages look: one style sheet, and tables, marks and notices in one form everywhere.

A verdict is told by word, sign and colour together, so that it reads without colour (Okabe and
Ito's palette). Every text from the records is escaped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

from records.errors import RadvigilError
from regulatory.documents.wording import NOT_APPLICABLE, NOT_RECORDED, grouped, number, spaced

Tone = Literal["good", "bad", "waiting", "unknown", "plain"]

STYLE = Path(__file__).with_name("style.css")
PHONE = Path(__file__).with_name("phone.js")
ICON = Path(__file__).with_name("icon.png")
WORDMARK = Path(__file__).with_name("wordmark.svg")

_SIGNS: dict[Tone, str] = {
    "good": "✓", "bad": "▲", "waiting": "◆", "unknown": "○", "plain": "",
}  # fmt: skip

_TONES: dict[str, Tone] = {
    "in control": "good", "signal": "bad", "open alert": "bad", "not estimable": "unknown",
    "underpowered": "unknown", "failed": "bad",
    "cannot run": "unknown", "open": "bad", "acknowledged": "waiting", "closed": "good",
    "met": "good", "not met": "bad", "not available": "unknown", "valid": "good",
    "invalid": "bad", "live": "good", "shadow": "waiting", "nothing runs": "unknown",
    "released": "good", "refused": "bad", "approved": "good", "accepted": "good",
    "proposed": "waiting", "assessed": "waiting", "draft": "waiting", "candidate": "waiting",
    "superseded": "unknown", "retired": "unknown", "drift": "bad", "no drift": "good",
    "maintained": "good", "degraded": "bad", "account locked": "waiting", "damage found": "bad",
    "clock set back": "bad", "in review": "waiting", "effective": "good", "obsolete": "unknown",
    "withdrawn": "unknown", "standing": "waiting", "lifted": "unknown", "confirmed": "waiting",
    "external": "plain", "observed": "plain", "waiting": "waiting", "applied": "good",
    "changed": "bad",
    "done": "good", "rejected": "bad", "of an earlier review": "unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict or status: the word, and how it is meant; ``small`` stands below it."""

    word: str
    tone: Tone = "plain"
    small: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A digest or identifier: shortened where long, whole in the tooltip."""

    text: str
    length: int = 8


@dataclass(frozen=True, slots=True)
class Number:
    """What people quote, such as DOC-26-0001: never broken over two lines."""

    text: str


@dataclass(frozen=True, slots=True)
class Long:
    """Words of any length, digests among them: broken anywhere rather than cut."""

    text: str


Cell = str | int | date | datetime | Mark | Code | Number | Long | None


def mark(word: str, *, small: str = "") -> Mark:
    """The status in its usual sign and colour."""
    return Mark(word, _TONES.get(word, "plain"), small)


def title(words: str, below: str) -> None:
    """The page's title and, in one sentence, what it is for."""
    st.html(f'<h1 class="rv-title">{escape(words)}</h1><p class="rv-below">{escape(below)}</p>')


def section(words: str, below: str = "") -> None:
    """A heading inside a page."""
    small = f'<p class="rv-below">{escape(below)}</p>' if below else ""
    st.html(f'<h2 class="rv-section">{escape(words)}</h2>{small}')


def style() -> None:
    """The style sheet, once a page."""
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")


def close_side_bar() -> None:
    """On a phone the side bar closes once a link in it was followed: Streamlit leaves it open."""
    script = PHONE.read_text(encoding="utf-8")
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


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
    """A table, or the sentence ``empty`` where there is none; ``wide`` names the widest column."""
    if not rows:
        quiet(empty)
        return
    head = "".join(
        f'<th scope="col" class="{"rv-wide" if name == wide else ""}">{escape(name)}</th>'
        for name in headings
    )
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows
    )
    named = escape(f"Table: {', '.join(headings)}")  # a wide one is scrolled by keys, too
    st.html(
        f'<div class="rv-scroll" tabindex="0" role="group" aria-label="{named}">'
        f'<table class="rv-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def facts(items: Sequence[tuple[str, Cell]]) -> None:
    """Names with their values, one under the other."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{_cell(value)}</dd>" for name, value in items)
    st.html(f'<dl class="rv-facts">{rows}</dl>')


def quiet(words: str) -> None:
    """Nothing to show, and why: said, never left blank."""
    st.html(f'<p class="rv-quiet">{escape(words)}</p>')


def notice(words: str, tone: Tone) -> None:
    """A finding that stands out, by sign and colour."""
    st.html(
        f'<p class="rv-notice rv-{tone}"><span class="rv-sign" aria-hidden="true">{_SIGNS[tone]}'
        f"</span>{escape(words)}</p>"
    )


def refusal(error: RadvigilError) -> None:
    """What was refused and what to do, in one clear sentence or two."""
    st.error(" ".join(part for part in (error.message, error.hint) if part))


def _cell(value: Cell) -> str:
    if isinstance(value, Mark):
        sign = _SIGNS[value.tone]
        shown = f'<span class="rv-sign" aria-hidden="true">{sign}</span>' if sign else ""
        small = f'<span class="rv-small">{escape(value.small)}</span>' if value.small else ""
        return f'<span class="rv-mark rv-{value.tone}">{shown}{escape(value.word)}</span>{small}'
    if isinstance(value, Code):
        short = value.text if len(value.text) <= value.length else f"{value.text[:value.length]}…"
        return f'<code title="{escape(value.text)}">{escape(short) or NOT_RECORDED}</code>'
    if isinstance(value, Number):
        return f'<span class="rv-when">{escape(value.text)}</span>'
    if isinstance(value, Long):
        return f'<span class="rv-long">{escape(value.text)}</span>'
    if isinstance(value, datetime):
        return f'<span class="rv-when">{instant(value)}</span>'
    if isinstance(value, date):
        return f'<span class="rv-when">{value}</span>'
    if isinstance(value, int):
        return grouped(value)
    if value is None or value == "":
        return f'<span class="rv-missing">{NOT_RECORDED}</span>'
    return escape(str(value))


def instant(at: datetime) -> str:
    """An instant to the minute, with its zone."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


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
