"""The second arm of a chart of windows: the latest windows taken together, so that a shift too
small for any one of them is found when it lasts.

A window leaves counts and sums of scores, no study. The latest 2, 4, 8, 16, 32 weeks (or 7, 14,
28, 56 days, whole weeks because Sundays differ) are held against the frozen reference by the same
exact tests as a window, numbers by the mean of their ranks; each length is looked at four times in
its own span. The arm's half of the chart's alpha is shared equally among the lengths, each share
among its looks within the horizon. No step assumes that looks are independent, and the reference
counts as the finite sample that it is: in each look the urn is the reference and the windows.
Several lengths of window side by side: Lai, IEEE Trans Inf Theory 1998;44:2917, there with an
estimated baseline left out.

A chart that has signalled stays until the windows since say that the shift is gone.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np

from measures.proportions import normal_quantile
from measures.score_means import ScoreSums, mean_limit, onset_candidates
from measures.window_tests import least_odd
from monitoring.detectors.base import ChartContext, FloatArray, Parameter, Prepared, State
from monitoring.detectors.calendar_windows import DAYS, Judged, Window

__all__ = ["ADDS_UP", "RANKS", "Totals", "added_up", "frozen_totals", "window_share"]

ADDS_UP = Parameter(
    "adds_up", "windows", "what is judged together too, for half of alpha",
    choices=("windows", "nothing"),
)  # fmt: skip
SHARE = 0.5
LENGTHS = {"day": (1, 7, 14, 28, 56), "week": (1, 2, 4, 8, 16, 32)}
RANKS = "ranks"
"""The name of the comparison of mean ranks beside those of levels."""
RANKS_SHARE = 0.9
LASTS = 0.05
"""Error at which all windows since the onset together must still stand out for a signal to last."""
GONE = normal_quantile(0.99)
"""Standard errors (0.5 % on that side) below half the shift at which the latest windows say that it
is gone."""
Judge = Callable[[str, tuple[int, int, int, int], float, float], Judged]
"""Verdict on a count: its name, (hits, n, seen, m), alpha, floor."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What studies come to: how many, how many with each mark, and the sums of their scores."""

    n: int
    marked: Mapping[str, int]
    scores: ScoreSums | None = None

    def row(self, first: int) -> list[float]:
        """As numbers in the order in which a chart keeps them, after the window's first day."""
        sums = self.scores
        scored = [sums.n, sums.total, sums.squares, sums.cubes] if sums else []
        return [first, self.n, *self.marked.values(), *(round(one, 6) for one in scored)]


def window_share(parameters: Mapping[str, Any]) -> float:
    """The part of a chart's alpha that single windows have."""
    return 1.0 - SHARE if parameters.get("adds_up") == "windows" else 1.0


def frozen_totals(
    context: ChartContext,
    parameters: Mapping[str, Any],
    reference: Totals,
    effects: Callable[[], Mapping[str, float]],
) -> Prepared:
    """The reference and the error of each look, as JSON values; nothing where it is not wanted.

    effects: design effect of each mark and of :data:`RANKS`, as far as the reference shows it.
    """
    if parameters["adds_up"] != "windows":
        return {}
    window = parameters["window"]
    lengths = LENGTHS[window]
    if reference.scores is None:
        lengths = lengths[1:]  # one window is judged by the same test already
    known = effects()
    windows = -(-context.horizon_days // DAYS[window])
    share = SHARE * context.alpha / len(lengths)
    scales = [
        [length, _every(length), share / -(-windows // _every(length))] for length in lengths
    ]
    names = list(reference.marked)
    return {
        "totals": {
            "scales": scales, "names": names, "n": reference.n,
            "hits": list(reference.marked.values()),
            "scores": reference.row(0)[2 + len(names) :] or None,
            "effects": [known.get(name, 1.0) for name in [*names, RANKS]],
        }
    }  # fmt: skip


def added_up(
    prepared: Prepared, kept: State, window: Window, now: Totals, judged: Judged, judge: Judge
) -> tuple[Judged, State]:
    """The verdict of both arms about a window that has ended, and the state with its totals.

    judged: of the window alone. A signal of the window stands as it is; else the latest windows
    together may signal, or an earlier signal last. In either case the onset with its 95 % set is
    in the details, where a lasting change of ranks or of a mark shows one.
    """
    if "totals" not in prepared:
        return judged, kept
    past = kept.get("totals") or {"rows": [], "on": None}
    first = window.first.toordinal()
    reach = prepared["totals"]["scales"][-1][0] * DAYS[prepared["window"]]
    old = bisect_right(past["rows"], first - reach, key=itemgetter(0))
    rows = [*past["rows"][old:], now.row(first)]
    if now.n == 0:
        return judged, kept | {"totals": {"rows": rows, "on": past["on"]}}
    sums = _Latest(prepared, rows, judge)
    if judged.beyond:
        found: Judged | None = judged
        name = _name_of(judged, prepared["totals"]["names"])
        on = {"name": name, "up": judged.details["direction"] == "up"}
    elif past["on"] is not None:
        on = past["on"]
        found = sums.lasting(**on)
        if found is None:  # a repaired site starts afresh: what was wrong before is past
            return judged, kept | {"totals": {"rows": rows[-1:], "on": None}}
    else:
        found, on = sums.looked_at(window)
    if found is None:
        return judged, kept | {"totals": {"rows": rows, "on": None}}
    found = replace(found, details=found.details | sums.onset(on["name"]))
    return found, kept | {"totals": {"rows": rows, "on": on}}


class _Latest:
    """The windows that a chart holds, added up from the newest back."""

    def __init__(self, prepared: Prepared, rows: Sequence[Sequence[float]], judge: Judge) -> None:
        self._frozen, self._judge = prepared["totals"], judge
        self._floor, self._least = prepared["floor"], prepared["minimum_n"]
        self._days = DAYS[prepared["window"]]
        self._first = [row[0] for row in rows]
        self._sums = np.cumsum(np.array(rows, np.float64)[::-1], axis=0)
        self._marked = self._sums[:, 2 : 2 + len(self._frozen["names"])]
        self._any_hits = any(self._frozen["hits"])
        self._places = {name: 2 + at for at, name in enumerate(self._frozen["names"])}

    def looked_at(self, window: Window) -> tuple[Judged | None, dict[str, Any]]:
        """The shortest length due today that signals, if one does, and what it found."""
        index = (window.first.toordinal() - 1) // self._days
        for length, every, alpha in self._frozen["scales"]:
            since = window.first.toordinal() - (length - 1) * self._days
            rows = len(self._first) - bisect_left(self._first, since)
            if index % every or self._sums[rows - 1, 1] < self._least:
                continue
            found = self._over(rows, length, alpha)
            if found is not None:
                name, verdict = found
                up = verdict.details["direction"] == "up"
                return verdict, {"name": name, "up": up}
        return None, {}

    def lasting(self, name: str, up: bool) -> Judged | None:
        """All windows since the onset together, unless the latest 1, 2, 4, 8 ... of them lie so far
        below half the shift that it is gone."""
        start = len(self._first) - 1 - onset_candidates(self._errors(name)[::-1])[0]
        found = self._judged(name, start + 1, LASTS, 0.0)
        if found is None or not found.beyond or (found.details["direction"] == "up") != up:
            return None
        shift, spread, n = self._shifts(name, start)
        latest = [2**power - 1 for power in range(start.bit_length() + 1) if 2**power <= start + 1]
        below = (shift[latest] - shift[start] / 2.0) * (1.0 if up else -1.0)
        if (below * np.sqrt(n[latest]) < -GONE * spread).any():
            return None
        return self._told(found, start + 1)

    def onset(self, name: str) -> dict[str, Any]:
        """Since when, as days, with the first and last day of the 95 % set."""
        if name != RANKS and name not in self._places:
            return {}
        best, low, high = (
            date.fromordinal(int(self._first[one])).isoformat()
            for one in onset_candidates(self._errors(name)[::-1])
        )
        return {"onset": best, "since_low": low, "since_high": high}

    def _over(self, rows: int, length: int, alpha: float) -> tuple[str, Judged] | None:
        """What stands out most over so many rows, if anything is beyond its limit."""
        ranked = self._frozen["scores"] is not None
        left = 1.0 - RANKS_SHARE if ranked else 1.0
        share = RANKS_SHARE * alpha
        if ranked and self._ranks_odd(rows) >= 0.9 * normal_quantile(1.0 - share):
            found = self._judged(RANKS, rows, share, self._floor)
            if found is not None and found.beyond:
                return RANKS, self._told(found, rows)
        if length == 1 or not (self._any_hits or self._marked[rows - 1].any()):
            return None
        share = left * alpha / len(self._places)
        least = least_odd(share)
        odd = np.abs(self._mark_errors[rows - 1])
        known = np.array(self._frozen["hits"]) > 0  # of mirror images the new one is named
        for at in np.lexsort((known, -odd.round(6))).tolist():
            if odd[at] < least:
                return None
            name = self._frozen["names"][at]
            found = self._judged(name, rows, share, self._floor)
            if found is not None and found.beyond:
                return name, self._told(found, rows)
        return None

    def _ranks_odd(self, rows: int) -> float:
        """Standard errors that so many windows lie from the reference, on either side."""
        n, total, squares, _ = self._frozen["scores"]
        m, seen = self._sums[rows - 1, -4:-2].tolist()
        if m < 1.0 or squares <= 0.0:
            return 0.0
        error = math.sqrt(squares / n * self._effect(RANKS) * (1.0 / m + 1.0 / n))
        return float(abs(seen / m - total / n) / error)

    def _judged(self, name: str, rows: int, alpha: float, floor: float) -> Judged | None:
        row, effect = self._sums[rows - 1], self._effect(name)
        if name == RANKS:
            return self._by_ranks(row, effect, alpha, floor)
        hits, n = self._frozen["hits"][self._places[name] - 2], self._frozen["n"]
        counts = [round(one / effect) for one in (hits, n, row[self._places[name]], row[1])]
        if counts[3] < 1:
            return None
        return replace(self._judge(name, tuple(counts), alpha, floor), n=int(row[1]))

    def _by_ranks(
        self, row: FloatArray, effect: float, alpha: float, floor: float
    ) -> Judged | None:
        reference, now = ScoreSums(*self._frozen["scores"]), ScoreSums(*row[-4:].tolist())
        if now.n < max(self._least, 2):
            return None
        found = mean_limit(reference.over(effect), now.over(effect), alpha=alpha)
        if found.error == 0.0:
            return None
        up = found.difference >= 0.0
        limit = max(found.up if up else -found.down, floor)
        value, half = abs(found.difference), 1.96 * found.error
        return Judged(
            int(now.n), value, max(value - half, 0.0), value + half, limit,
            beyond=value >= limit,
            details={
                "changed": "ranks", "direction": "up" if up else "down",
                "probability_above": 0.5 + found.difference,
            },
        )  # fmt: skip

    def _told(self, found: Judged, rows: int) -> Judged:
        details = found.details | {
            "windows": rows, "design_effect": self._effect(
                RANKS if found.details.get("changed") == "ranks"
                else found.details.get("level", self._frozen["names"][0])
            ),
        }  # fmt: skip
        return replace(found, details=details)

    def _effect(self, name: str) -> float:
        place = -1 if name == RANKS else self._places[name] - 2
        return float(self._frozen["effects"][place])

    def _shifts(self, name: str, start: int) -> tuple[FloatArray, float, FloatArray]:
        """Of the latest 1, 2, ... windows: the difference from the reference and the studies; and
        the SD of a study at half the difference since the start."""
        if name == RANKS:
            n, total, squares, _ = self._frozen["scores"]
            found = self._sums[:, -3] / np.maximum(self._sums[:, -4], 1.0) - total / n
            spread = float(np.sqrt(squares / n * self._effect(name)))
            return found, spread, self._sums[:, -4]
        share = self._frozen["hits"][self._places[name] - 2] / self._frozen["n"]
        found = self._sums[:, self._places[name]] / np.maximum(self._sums[:, 1], 1.0) - share
        middle = min(max(share + found[start] / 2.0, 1e-6), 1.0 - 1e-6)
        spread = float(np.sqrt(middle * (1.0 - middle) * self._effect(name)))
        return found, spread, self._sums[:, 1]

    @cached_property
    def _rank_errors(self) -> FloatArray:
        found, spread, n = self._shifts(RANKS, 0)
        both = 1.0 / np.maximum(n, 1.0) + 1.0 / self._frozen["scores"][0]
        return np.asarray(found / (max(spread, 1e-9) * np.sqrt(both)))

    @cached_property
    def _mark_errors(self) -> FloatArray:
        n, m = self._frozen["n"], np.maximum(self._sums[:, 1:2], 1.0)
        seen = self._marked
        hits, effects = np.array([self._frozen["hits"], self._frozen["effects"][:-1]])
        pooled = (hits + seen) / (n + m)
        spread = np.maximum(pooled * (1.0 - pooled), 1e-12) * effects
        return np.asarray((seen / m - hits / n) / np.sqrt(spread * (1.0 / n + 1.0 / m)))

    def _errors(self, name: str) -> FloatArray:
        """Standard errors that the latest 1, 2, ... windows lie from the reference."""
        if name == RANKS:
            return self._rank_errors
        return np.asarray(self._mark_errors[:, self._places[name] - 2])


def _every(length: int) -> int:
    return max(1, length // 4)


def _name_of(judged: Judged, names: Sequence[str]) -> str:
    """The comparison that goes on with what a single window found."""
    if judged.details.get("changed") == "distribution":
        return RANKS
    return str(judged.details.get("level", names[0]))
