"""Calendar windows that stay known after their end, so that late truth finds its window again.

A window holds counts of studies by bin of the score, decision and truth: enough for every figure,
and small enough to be carried in a chart's state until its truth is complete or too late to count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.label_free_range import place_scores
from monitoring.detectors.base import Prepared, SiteDay, State
from monitoring.detectors.calendar_windows import window_holding

__all__ = ["UNSCORED", "CountedWindow", "WindowsOfDay", "advance", "truth_of_day"]

UNSCORED = -1
"""The place of a case with truth whose score is not known: it counts for shares only."""
Cell = tuple[int, int]


@dataclass(slots=True, eq=False)
class CountedWindow:
    """Studies of a span of days (both included) by (bin, decision), and those with known truth by
    truth."""

    first: date
    last: date
    seen: Counter[Cell] = field(default_factory=Counter)
    sick: Counter[Cell] = field(default_factory=Counter)
    well: Counter[Cell] = field(default_factory=Counter)

    @property
    def n(self) -> int:
        """Studies of the window."""
        return self.seen.total()

    @property
    def known(self) -> int:
        """Cases whose truth has arrived."""
        return self.sick.total() + self.well.total()

    @property
    def complete(self) -> bool:
        """Whether the truth of every study is known."""
        return 0 < self.n <= self.known

    def to_state(self) -> dict[str, Any]:
        """As JSON values."""
        counts = {name: [[*cell, count] for cell, count in sorted(getattr(self, name).items())]
                  for name in ("seen", "sick", "well")}  # fmt: skip
        return {"first": self.first.isoformat(), "last": self.last.isoformat()} | counts

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> CountedWindow:
        """The window that :meth:`to_state` wrote."""
        seen, sick, well = (
            Counter({(place, said): count for place, said, count in state[name]})
            for name in ("seen", "sick", "well")
        )
        first, last = (date.fromisoformat(state[name]) for name in ("first", "last"))
        return cls(first, last, seen, sick, well)


@dataclass(frozen=True, slots=True)
class WindowsOfDay:
    """What a day did to the windows. closed: ended today with enough studies, its first verdict is
    due; open: still gathering; revised: ended earlier and got truth today; final: complete or too
    late for more, the last verdict is due; none of them is carried on. older: truths of no window
    that is still kept."""

    open: CountedWindow | None
    closed: tuple[CountedWindow, ...]
    revised: tuple[CountedWindow, ...]
    final: tuple[CountedWindow, ...]
    kept: State
    older: int


def truth_of_day(today: SiteDay) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Score (NaN where not known) and day of the study, of each truth that arrived today; the day
    itself where the source does not say."""
    many = len(today.truth)
    score = today.truth_score if len(today.truth_score) else np.full(many, np.nan)
    day = today.truth_day if len(today.truth_day) else np.full(many, today.day.toordinal())
    return score, day


def advance(prepared: Prepared, state: State | None, today: SiteDay) -> WindowsOfDay:
    """Today's studies and truth put where they belong. A calendar window that ends with fewer than
    the least number of studies goes on through the next one."""
    past = [CountedWindow.from_state(one) for one in (state or {}).get("past", [])]
    held = (state or {}).get("open")
    current = CountedWindow.from_state(held) if held else None
    closed: list[CountedWindow] = []
    span = window_holding(today.day, prepared["window"])
    if current is not None and current.last < span.first:
        if current.n >= prepared["least_studies"]:
            closed.append(current)
            current = None
        else:
            current.last = span.last
    if current is None:
        current = CountedWindow(span.first, span.last)
    _add_studies(prepared, current, today)
    touched, older = _add_truth(prepared, [*past, *closed, current], today)
    if today.day >= current.last and current.n >= prepared["least_studies"]:
        closed.append(current)
    ended = [*past, *closed]
    open_window = None if current in closed else current
    final = [one for one in ended if one.complete or _too_late(prepared, one, today.day)]
    kept = {
        "open": open_window.to_state() if open_window else None,
        "past": [one.to_state() for one in ended if one not in final],
    }
    return WindowsOfDay(
        open_window, tuple(one for one in closed if one not in final),
        tuple(one for one in past if one in touched and one not in final), tuple(final), kept,
        older,
    )  # fmt: skip


def _too_late(prepared: Prepared, window: CountedWindow, day: date) -> bool:
    return day >= window.last + timedelta(days=prepared["truth_days"])


def _add_studies(prepared: Prepared, window: CountedWindow, today: SiteDay) -> None:
    nothing = np.full(today.n, np.nan)
    score, said = (
        np.asarray(today.values.get(name, nothing), np.float64) for name in ("score", "decision")
    )
    usable = np.isfinite(score) & np.isfinite(said)
    if usable.any():
        places = place_scores(prepared["edges"], score[usable])
        window.seen.update(_counted(places, said[usable]))


def _add_truth(
    prepared: Prepared, windows: list[CountedWindow], today: SiteDay
) -> tuple[list[CountedWindow], int]:
    score, days = truth_of_day(today)
    places = np.full(len(score), UNSCORED)
    scored = np.isfinite(score)
    if scored.any():
        places[scored] = place_scores(prepared["edges"], score[scored])
    left = today.decision >= 0
    touched: list[CountedWindow] = []
    for window in windows:
        first, last = window.first.toordinal(), window.last.toordinal()
        own = left & (days >= first) & (days <= last)
        if own.any():
            touched.append(window)
            left &= ~own
            for cells, truth in ((window.sick, 1), (window.well, 0)):
                of = own & (today.truth == truth)
                cells.update(_counted(places[of], today.decision[of]))
    return touched, int((left | (today.decision < 0)).sum())


def _counted(places: NDArray[Any], said: NDArray[Any]) -> dict[Cell, int]:
    """How many studies lie in each bin with each decision."""
    both = 2 * places.astype(np.int64) + said.astype(np.int64)
    codes, counts = np.unique(both, return_counts=True)
    return {
        (code // 2, code % 2): count
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True)
    }
