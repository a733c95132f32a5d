"""Charts that know the season: each window is held against the reference of its own time of year.

Respiratory winters bring more disease, more and older patients every year. A chart of calendar
windows with `season: yearly` keeps, for each half of a month, the reference of the three weeks
before and after its middle, of all years; a window is judged against the one of the half month in
which it begins. What a winter usually brings is then no change, and the same change in summer is
one. The chart's error holds as before, since each window is judged once, against one reference.
Multipliers of a yearly mean would be fewer numbers, but would have to assume that the season does
the same to every column.

It takes two years to tell a season from a trend: with fewer the chart is not estimable.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    Column,
    Detector,
    NotWatchable,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.calendar_windows import window_holding

__all__ = [
    "COVERED", "SEASONAL", "YEARLY", "days_of_season", "half_month", "prepare_by_season",
    "step_by_season",
]  # fmt: skip

YEARLY: Final = "yearly"
SEASONAL: Final = ("positive_rate", "score_distribution", "fact_distribution", "study_volume")
"""Kinds of chart that may know the season. Of performance none: a claim has no season."""
COVERED: Final = "covered"
"""Under this name a reference says which days (ordinals) it speaks of, where it has gaps."""
HALF_MONTHS: Final = 24
REACH: Final = 21
"""Days before and after the middle of a half month that are its season: a winter wave changes
within a month by more than the middle of three months would allow for."""
LEAST_YEARS: Final = 2
LEAST_DAYS: Final = 28
"""Of a year's season, fewer than which that year tells nothing of it."""

Days = NDArray[np.int64]


def half_month(day: date) -> int:
    """Which half month of the year a day lies in, from 0.

    >>> half_month(date(2026, 1, 15)), half_month(date(2026, 12, 16))
    (0, 23)
    """
    return 2 * (day.month - 1) + (day.day > 15)


def days_of_season(first: int, last: int, half: int) -> list[Days]:
    """The days (ordinals) from the first to the last within three weeks of the middle of a half
    month, one array a year; seasons of fewer than 28 days are left out.

    >>> first, last = date(2024, 1, 1).toordinal(), date(2025, 12, 31).toordinal()
    >>> [len(one) for one in days_of_season(first, last, 12)]
    [43, 43]
    >>> [len(one) for one in days_of_season(first, last, 0)]  # the winters at the ends are cut
    [29, 43]
    """
    month, day = half // 2 + 1, 8 if half % 2 == 0 else 23
    years = range(date.fromordinal(first).year - 1, date.fromordinal(last).year + 2)
    middles = [date(year, month, day).toordinal() for year in years]
    seasons = [
        np.arange(max(one - REACH, first), min(one + REACH, last) + 1) for one in middles
    ]
    return [one for one in seasons if len(one) >= LEAST_DAYS]


def prepare_by_season(
    detector: Detector, reference: Mapping[str, Column], *, context: ChartContext,
    parameters: Mapping[str, Any],
) -> Prepared:  # fmt: skip
    """The chart prepared for each half month; reference: with the day of each study.

    Raises:
        NotWatchable: The reference does not hold every season twice, or too few studies of one.
    """
    day = np.asarray(reference.get("day", np.zeros(0)), np.float64)
    known = day[np.isfinite(day)].astype(np.int64)
    prepared: dict[str, Prepared] = {}
    for half in range(HALF_MONTHS):
        seasons = days_of_season(int(known.min()), int(known.max()), half) if len(known) else []
        if len(seasons) < LEAST_YEARS:
            spanned = int(known.max() - known.min()) + 1 if len(known) else 0
            raise NotWatchable(
                f"{context.chart} at {context.site}: not estimable by season: the reference spans "
                f"{spanned} days and holds the {'first' if half % 2 == 0 else 'second'} half of "
                f"month {half // 2 + 1} in {len(seasons)} years; {LEAST_YEARS} are needed.",
                hint="Give a reference of two years or more, or leave 'season' out of the chart.",
            )
        covered = np.concatenate(seasons)
        own = np.isin(day, covered)
        columns = {name: one[own] for name, one in reference.items() if len(one) == len(day)}
        prepared[str(half)] = detector.prepare(
            columns | {COVERED: covered.astype(np.float64)}, context=context,
            parameters=parameters,
        )
    least = min(prepared.values(), key=lambda one: int(one["reference_n"]))
    shown = {name: least[name] for name in context.frozen(0.0, reference_n=0)}
    return shown | {
        "season": YEARLY, "window": least["window"], "seasons": prepared,
    }  # fmt: skip


def step_by_season(
    detector: Detector, prepared: Prepared, state: State | None, today: SiteDay
) -> ChartResult:
    """One day on, with the reference of the half month in which the window began. What adds up
    over windows starts afresh with each: sums against two references are no sum."""
    inner = (state or {}).get("chart")
    waiting = (inner or {}).get("first")
    begun = (
        date.fromisoformat(waiting) if waiting
        else window_holding(today.day, prepared["window"]).first
    )
    season = str(half_month(begun))
    if inner is not None and state is not None and state["season"] != season:
        inner = {name: inner[name] for name in ("first", "pending", "since")}
    found = detector.step(prepared["seasons"][season], inner, today)
    kept: State = {"season": season, "chart": found.state}
    details = found.details | {"season": int(season)}
    return ChartResult(
        found.chart, found.site, found.day, found.n, found.status, found.limit, found.value,
        found.low, found.high, found.statistic, found.reason, kept, details,
    )
