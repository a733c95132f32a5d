"""Charts that judge whole calendar days or weeks: gathered day by day, judged on the last day.

Each window is held against the frozen reference alone, so a shift that persists is found again in
every later window, and a repaired site is quiet in the first window after the repair. The chart's
alpha is shared equally among the windows of the horizon (Bonferroni: windows share the error of
their reference and are not independent).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    ChartStatus,
    Column,
    Parameter,
    Prepared,
    SiteDay,
    State,
)
from records.counting import counted

__all__ = [
    "FLOOR", "LEAST_REFERENCE", "SMALLEST_SHIFT", "WINDOW", "Gathered", "Judged", "Window",
    "frozen_windows", "gathered", "too_few", "window_holding", "window_point",
]  # fmt: skip

DAYS = {"day": 1, "week": 7}
WINDOW = Parameter("window", "day", "calendar span that is judged as one", choices=tuple(DAYS))
FLOOR = Parameter("floor", 0.02, "smallest change of a share that matters", 0.0, 1.0)
SMALLEST_SHIFT = Parameter(
    "smallest_shift", 0.2, "change of a share worth finding; 0.2 is half an SD", 0.01, 1.0
)
LEAST_REFERENCE = Parameter(
    "least_reference", 50, "reference studies, else the chart refuses", 20, 1_000_000
)


@dataclass(frozen=True, slots=True)
class Window:
    """A calendar span, both days included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a window holds so far. closed: it has ended, so it is to be judged now.

    columns: one array a name. kept: what the chart carries to the next day, JSON values.
    """

    window: Window
    closed: bool
    columns: dict[str, Column]
    kept: State


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict about a window. value is at or beyond limit exactly where `beyond` is true.

    doubtful: beyond what chance does at 5 %, from which the onset is counted back. findable: the
    change that would have shown with probability 0.8, held against `worth`, what the plan wants
    to find; None where the question does not arise.
    """

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    beyond: bool = False
    doubtful: bool = False
    findable: float | None = None
    worth: float | None = None
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def window_holding(day: date, length: str) -> Window:
    """The calendar day, or the week from Monday to Sunday, that holds a day.

    >>> window_holding(date(2026, 1, 7), "week").last.isoformat()
    '2026-01-11'
    """
    first = day - timedelta(days=day.weekday()) if length == "week" else day
    return Window(first, first + timedelta(days=DAYS[length] - 1))


def frozen_windows(
    context: ChartContext, parameters: Mapping[str, Any], *, limit: float, reference_n: int
) -> Prepared:
    """What every prepared chart of windows holds. limit: at the number of studies expected."""
    return context.frozen(limit, reference_n=reference_n) | {
        "window": parameters["window"],
        "window_alpha": window_alpha(context, parameters["window"]),
        "floor": parameters.get("floor", 0.0),
        "worth": parameters.get("smallest_shift"),
    }


def window_alpha(context: ChartContext, length: str) -> float:
    """Each window's share of the chart's alpha.

    >>> window_alpha(ChartContext("facts", "North", 0.01, 70, 20, 5), "week")
    0.001
    """
    return context.alpha / -(-context.horizon_days // DAYS[length])


def expected_n(context: ChartContext, length: str) -> int:
    """Studies that a window is expected to hold."""
    return max(context.daily_n * DAYS[length], 1)


def gathered(
    prepared: Prepared, state: State | None, today: SiteDay, new: Mapping[str, Column]
) -> Gathered:
    """Today's entries added to the window that holds the day.

    A window that no step ended on its last day is judged on the next step, and today's entries
    wait. new: one array a name.
    """
    past = state or {"first": None, "pending": {}, "since": None}
    now = window_holding(today.day, prepared["window"])
    waiting = past["first"]
    if waiting is not None and waiting != now.first.isoformat():
        earlier = window_holding(date.fromisoformat(waiting), prepared["window"])
        kept = past | {"first": now.first.isoformat(), "pending": _as_lists(new)}
        return Gathered(earlier, True, _joined(past["pending"], {}), kept)
    columns = _joined(past["pending"], new)
    if today.day == now.last:
        return Gathered(now, True, columns, past | {"first": None, "pending": {}})
    kept = past | {"first": now.first.isoformat(), "pending": _as_lists(columns)}
    return Gathered(now, False, columns, kept)


def window_point(
    prepared: Prepared, today: SiteDay, found: Gathered, judged: Judged | None
) -> ChartResult:
    """The chart point of a day: the verdict on a window that has ended, or that it is open."""
    window = found.window
    details: dict[str, Any] = {
        "window_start": window.first.isoformat(), "window_end": window.last.isoformat(),
    }  # fmt: skip
    if judged is None:
        reason = "no study today" if not today.n else f"the week ends on {window.last}"
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, today.n, ChartStatus.NO_DATA,
            prepared["limit"], reason=reason, state=found.kept, details=details | {"open": True},
        )  # fmt: skip
    since = found.kept["since"]
    if judged.value is not None:
        odd = judged.beyond or judged.doubtful
        since = (since or window.first.isoformat()) if odd else None
    status, reason = _status(judged)
    return ChartResult(
        prepared["chart"], prepared["site"], today.day, judged.n, status,
        judged.limit if judged.limit is not None else prepared["limit"],
        value=judged.value, low=judged.low, high=judged.high, statistic=judged.value,
        reason=reason, state=found.kept | {"since": since},
        details=details | {"onset": since, "findable": judged.findable} | judged.details,
    )  # fmt: skip


def too_few(n: int, least: int) -> str:
    """Why a window is not judged; empty where it holds enough."""
    if n == 0:
        return "no study in the window"
    return f"{counted(n, 'study', 'studies')} in the window, {least} needed" if n < least else ""


def _status(judged: Judged) -> tuple[ChartStatus, str]:
    if judged.beyond:
        return ChartStatus.SIGNAL, judged.reason
    if judged.value is None:
        return ChartStatus.NO_DATA, judged.reason
    if judged.findable is not None and judged.worth and judged.findable > judged.worth:
        seen = (
            f"only a change of {judged.findable:.2g} or more would have shown"
            if judged.findable < 1.0 else "no change would have shown"
        )  # fmt: skip
        return (
            ChartStatus.UNDERPOWERED,
            f"{counted(judged.n, 'study', 'studies')}: {seen}; {judged.worth:g} is worth finding",
        )
    return ChartStatus.IN_CONTROL, ""


def _as_lists(columns: Mapping[str, Column]) -> dict[str, list[Any]]:
    return {
        name: [None if one is None or one != one else one for one in column.tolist()]
        for name, column in columns.items()
    }


def _joined(pending: Mapping[str, Sequence[Any]], new: Mapping[str, Column]) -> dict[str, Column]:
    """What waited, then what came; numbers stay numbers, names stay names."""
    if not pending:
        return dict(new)
    joined = {}
    for name in {**pending, **new}:
        waited, came = pending.get(name, []), new.get(name, np.zeros(0))
        named = came.dtype == object if len(came) else any(isinstance(one, str) for one in waited)
        kind: Any = object if named else np.float64
        joined[name] = np.concatenate([np.array(waited, kind), came.astype(kind)])
    return joined
