"""The week on one page: all quiet or not, and what could have been seen with which power, by site.

What surveillance made of the week is quoted as it was judged there; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from regulatory.documents.blocks import Cell, Tone
from regulatory.documents.sheet import Sheet, SheetList, SheetTable

MOST_SITES = 4
"""Side by side; more stand below each other."""
POWER = (
    "The smallest change that, present all week, would have been found with probability 0.8; below "
    "it, in how many simulated weeks of the same size the chart found it (95 % interval). A "
    "smaller change may have been there: quiet says nothing of it."
)


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site's week as it was watched."""

    site: str
    state: str
    days: int
    studies: int
    truths: int
    silent_days: int
    truth_known: str
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a chart could have seen at a site: the change, and how often it was found."""

    chart: str
    site: str
    change: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class WeekSheet:
    """A week as it is told: the verdict in words, alerts as sentences, sites, power, and the rest.

    quiet: nothing was raised, nothing is late, every day was watched and every site sent studies.
    """

    device: str
    first: date
    last: date
    at: datetime
    verdict: str
    quiet: bool
    overdue: tuple[str, ...]
    raised: tuple[str, ...]
    waiting: tuple[str, ...]
    unwatched: tuple[date, ...]
    sites: tuple[SiteLine, ...]
    judged: int
    could_see: tuple[Seen, ...]
    not_judged: tuple[str, ...]
    notes: tuple[str, ...]
    marking: str = ""
    owed: tuple[str, ...] = ()
    """Suspensions, and revalidations that are overdue."""


def week_sheet(week: WeekSheet) -> Sheet:
    """The page for these facts."""
    bad = bool(week.owed or week.overdue or week.raised or len(week.unwatched) == 7)
    tone: Tone = "good" if week.quiet else "bad" if bad else "unknown"
    parts: list[SheetList | SheetTable] = [
        *_lists(("Suspended, or revalidation overdue", week.owed)),
        *_lists(("Overdue", week.overdue), ("Raised", week.raised)),
        *_lists(("Open and in time", week.waiting)),
        *_lists(("Not watched", tuple(map(str, week.unwatched)))),
        _sites(week), *_power(week),
        *_lists(("What could not be judged", week.not_judged), ("Note", week.notes)),
    ]
    return Sheet(
        title=f"The week {week.first} to {week.last}", above="Radvigil: the week's message",
        below=week.device, verdict=week.verdict, tone=tone, parts=tuple(parts), at=week.at,
        marking=week.marking,
    )


def _lists(*named: tuple[str, tuple[str, ...]]) -> Iterable[SheetList]:
    return (SheetList(heading, words) for heading, words in named if words)


def _sites(week: WeekSheet) -> SheetTable | SheetList:
    if not week.sites:
        return SheetList("Watched", ("no site was prepared and none sent a study (0 sites)",))
    titles = (
        "Site", "State", "Days watched", "Studies", "Truths that came", "Days without a study",
        "Truth known of all studies",
    )  # fmt: skip
    rows = tuple(
        (Cell(one.site), Cell(one.state, tone="good" if one.state == "studies came" else "bad"),
         Cell(f"{one.days} of 7"), Cell(str(one.studies)), Cell(_truths(one)),
         Cell(str(one.silent_days)), Cell(one.truth_known))
        for one in week.sites
    )  # fmt: skip
    return SheetTable(
        "Watched", titles, rows, (1.2, 1.1, 0.8, 0.7, 0.8, 0.9, 2.2),
        note=f"{week.judged} charts were judged; each chart at each site counts.",
    )


def _truths(one: SiteLine) -> str:
    return f"{one.truths}; {one.changed} changed" if one.changed else str(one.truths)


def _power(week: WeekSheet) -> Iterable[SheetTable | SheetList]:
    heading = "What could have been seen"
    if not week.could_see:
        yield SheetList(heading, ("not estimable: no chart had a point in this week (0 charts)",))
        return
    sites = sorted({one.site for one in week.could_see})
    if len(sites) > MOST_SITES:
        rows = tuple(
            (Cell(one.chart), Cell(one.site), Cell(_words(one))) for one in week.could_see
        )
        yield SheetTable(heading, ("Chart", "Site", "Change"), rows, (1, 1, 3), note=POWER)
        return
    stands = {(one.chart, one.site): _words(one) for one in week.could_see}
    charts = list(dict.fromkeys(one.chart for one in week.could_see))
    by_site = tuple(
        (Cell(chart), *(Cell(stands.get((chart, site), "no point")) for site in sites))
        for chart in charts
    )
    yield SheetTable(
        heading, ("Chart", *sites), by_site, (1.1, *(2.0 for _ in sites)), note=POWER
    )


def _words(one: Seen) -> str:
    return f"{one.change}\n{one.found}" if one.found else one.change
