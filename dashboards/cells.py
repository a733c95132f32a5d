"""What stands in a table or list: a word with its verdict, a digest, an instant, a link.

Each is written twice: for the page, where a verdict is told by word, sign and colour together, and
as plain text for the copy that is taken along. Every text from the records is escaped.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from records.zones import in_utc
from regulatory.documents.wording import NOT_RECORDED, grouped

Tone = Literal["good", "bad", "waiting", "unknown", "plain"]

SIGNS: dict[Tone, str] = {
    "good": "✓", "bad": "▲", "waiting": "◆", "unknown": "○", "plain": "",
}  # fmt: skip

TONES: dict[str, Tone] = {
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

_UNBROKEN = 16
"""Letters of a label that is kept on one line; a longer one may be broken."""
ZONE: ContextVar[str] = ContextVar("zone", default="UTC")
"""The time zone of who reads, by its name; set by the shell, once a run."""


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


@dataclass(frozen=True, slots=True)
class Link:
    """A record, or a part of it, that opens where it is worked on; ``small`` stands below it."""

    text: str
    address: str
    small: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """Where a chart stands, which opens the chart: the verdict, a line of its last points below it.

    points: None where one was not estimable. limit: drawn where the chart has one.
    """

    mark: Mark
    address: str
    points: tuple[float | None, ...] = ()
    limit: float | None = None


Cell = str | int | date | datetime | Mark | Code | Number | Long | Link | Glance | None


def mark(word: str, *, small: str = "") -> Mark:
    """The status in its usual sign and colour."""
    return Mark(word, TONES.get(word, "plain"), small)


def shown(value: Cell) -> str:
    """The cell as the page shows it (HTML)."""
    if isinstance(value, Glance):
        word = shown(Mark(value.mark.word, value.mark.tone))
        line = sparkline(value.points, value.limit)
        return (f'<a class="rv-link rv-glance" href="{escape(value.address)}">{word}{line}</a>'
                f"{_small(value.mark.small)}")  # fmt: skip
    if isinstance(value, Mark):
        sign = SIGNS[value.tone]
        before = f'<span class="rv-sign" aria-hidden="true">{sign}</span>' if sign else ""
        return (f'<span class="rv-mark rv-{value.tone}">{before}{escape(value.word)}</span>'
                f"{_small(value.small)}")  # fmt: skip
    if isinstance(value, Link):
        wraps = " rv-wraps" if len(value.text) > _UNBROKEN else ""
        return (f'<a class="rv-link{wraps}" href="{escape(value.address)}">{escape(value.text)}</a>'
                f"{_small(value.small)}")  # fmt: skip
    if isinstance(value, Code):
        short = value.text if len(value.text) <= value.length else f"{value.text[:value.length]}…"
        return f'<code title="{escape(value.text)}">{escape(short) or NOT_RECORDED}</code>'
    if isinstance(value, Number):
        return f'<span class="rv-when">{escape(value.text)}</span>'
    if isinstance(value, Long):
        return f'<span class="rv-long">{escape(value.text)}</span>'
    if isinstance(value, datetime):
        other = f' title="{instant(value, "UTC")}"' if ZONE.get() != "UTC" else ""
        return f'<span class="rv-when"{other}>{instant(value)}</span>'
    if isinstance(value, date):
        return f'<span class="rv-when">{value}</span>'
    if isinstance(value, int):
        return grouped(value)
    if value is None or value == "":
        return f'<span class="rv-missing">{NOT_RECORDED}</span>'
    return escape(str(value))


WIDTH, HEIGHT = 96, 22
"""Of the line of a chart's last points, in CSS pixels."""


LINE_GREY, LIMIT_RED = "#7A8792", "#D55E00"
"""Seen on the light ground and on the dark one: a picture in a page knows no theme."""


def sparkline(points: tuple[float | None, ...], limit: float | None) -> str:
    """The points as a line, broken where there is none; the limit dashed; the last as a dot.

    A picture (SVG), because Streamlit takes drawings out of what it shows.

    >>> sparkline((None, None), 2.0)
    ''
    >>> sparkline((0.0, 1.0), None).count("polyline")
    1
    """
    values = [one for one in points if one is not None]
    if not values:
        return ""
    low, high = min([0.0, *values]), max([*values, *([] if limit is None else [limit])])
    span = (high - low) or 1.0
    step = (WIDTH - 6) / max(1, len(points) - 1)
    places = [
        None if one is None
        else (round(3 + number * step, 1), round(HEIGHT - 3 - (HEIGHT - 6) * (one - low) / span, 1))
        for number, one in enumerate(points)
    ]
    drawn = "".join(
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in run)}"/>' if len(run) > 1
        else f'<circle cx="{run[0][0]}" cy="{run[0][1]}" r="0.8"/>'
        for run in _runs(places)
    )
    if limit is not None:
        at = round(HEIGHT - 3 - (HEIGHT - 6) * (limit - low) / span, 1)
        drawn += (f'<path d="M0 {at}H{WIDTH}" stroke="{LIMIT_RED}" stroke-width="1" '
                  'stroke-dasharray="4 3"/>')  # fmt: skip
    x, y = next(place for place in reversed(places) if place is not None)
    drawn += f'<circle cx="{x}" cy="{y}" r="2.5" fill="{LINE_GREY}" stroke="none"/>'
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" '
        f'stroke="{LINE_GREY}" stroke-width="1.5">{drawn}</svg>'
    )
    return (f'<img class="rv-spark" width="{WIDTH}" height="{HEIGHT}" alt="" '
            f'src="data:image/svg+xml,{quote(picture)}">')  # fmt: skip


def _runs(
    places: list[tuple[float, float] | None],
) -> list[list[tuple[float, float]]]:
    """The points that follow each other without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def _small(words: str) -> str:
    return f'<span class="rv-small">{escape(words)}</span>' if words else ""


def plain(value: Cell) -> str:
    """The cell as text: nothing shortened, numbers ungrouped, instants in UTC.

    >>> plain(Mark("open", "bad", "since Monday")), plain(Code("a" * 12)), plain(1200), plain(None)
    ('open; since Monday', 'aaaaaaaaaaaa', '1200', 'not recorded')
    >>> from datetime import UTC
    >>> plain(datetime(2026, 3, 6, 18, tzinfo=UTC))
    '2026-03-06T18:00:00Z'
    """
    if isinstance(value, Glance):
        return plain(value.mark)
    if isinstance(value, Mark | Link):
        word = value.word if isinstance(value, Mark) else value.text
        return f"{word}; {value.small}" if value.small else word
    if isinstance(value, Code | Number | Long):
        return value.text or NOT_RECORDED
    if isinstance(value, datetime):
        return f"{in_utc(value):%Y-%m-%dT%H:%M:%SZ}"
    return NOT_RECORDED if value is None or value == "" else str(value)


def instant(at: datetime, zone: str = "") -> str:
    """An instant to the minute by the reader's clock, or in another zone, with the zone's name.

    Where a zone has no letters of its own (such as +03), its place names it.

    >>> from datetime import UTC
    >>> at = datetime(2026, 3, 6, 18, tzinfo=UTC)
    >>> instant(at, "UTC"), instant(at, "Europe/Berlin"), instant(at, "Asia/Riyadh")
    ('2026-03-06 18:00 UTC', '2026-03-06 19:00 CET', '2026-03-06 21:00 Asia/Riyadh')
    """
    name = zone or ZONE.get()
    if name == "UTC":
        return f"{at:%Y-%m-%d %H:%M} UTC"
    there = in_utc(at).astimezone(ZoneInfo(name))
    letters = there.tzname() or ""
    return f"{there:%Y-%m-%d %H:%M} {letters if letters.isalpha() else name}"
