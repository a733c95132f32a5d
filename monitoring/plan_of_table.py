"""A monitoring plan for a table that was never seen before: what it holds says what to watch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.window_tests import (
    cell_counts,
    cells_distance,
    cells_of,
    findable_distance,
    knots_of,
    window_distance_limit,
)
from monitoring.detectors.base import Column
from monitoring.detectors.calendar_windows import SMALLEST_SHIFT
from monitoring.detectors.running_totals import ADDS_UP, window_share
from monitoring.detectors.study_volume import window_counts
from monitoring.plan import allocate, parse_plan
from monitoring.plan_of_streams import stream_charts
from monitoring.replay_tables import WatchTable
from records.errors import InvalidInput

__all__ = ["PlannedWatch", "plan_of_table"]

YEAR = 365
MOST_PROBABLE = 0.5
"""A horizon's chance of a false alert stays at or below this; more alerts make it shorter."""
LEAST_DAYS = 7
MINIMUM_N = 20
LEAST_REFERENCE = 50
LEAST_CASES = 30
LEAST_TAUGHT = 200
WEEKDAY_KNOTS = 100


@dataclass(frozen=True, slots=True)
class PlannedWatch:
    """content: the plan's file as JSON values. left_out: columns and charts without a place in it,
    and why. sentence: how the budget is shared out."""

    content: dict[str, Any]
    left_out: dict[str, str]
    sentence: str


def plan_of_table(table: WatchTable, *, alerts_per_year: float) -> PlannedWatch:
    """Charts for every fact, the scores, the calls, late truth, volume and silence of a table.

    The budget is the expected number of false alerts a year, all charts, sites and windows
    together: it becomes a horizon of a year at this probability, or a shorter one at 0.5, and is
    shared out equally among charts and sites, each share half among its windows and half among
    what they add up to. Windows are days where the smallest site would show half an SD within one
    and no day of the week differs from the others by as much as a day could show; else weeks.

    Raises:
        InvalidInput: No site holds enough studies, or a budget that no plan can have.
    """
    if not 0.001 <= alerts_per_year <= MOST_PROBABLE * YEAR / LEAST_DAYS:
        raise InvalidInput(
            f"--budget: {alerts_per_year:g} false alerts a year cannot be planned.",
            hint=f"From 0.001 to {math.floor(MOST_PROBABLE * YEAR / LEAST_DAYS)}.",
        )
    sizes = [len(table.day[table.rows_of(site)]) for site in table.sites]
    if max(sizes) < LEAST_REFERENCE:
        raise InvalidInput(
            f"{table.name}: the largest site has {max(sizes)} studies; {LEAST_REFERENCE} are "
            "needed as a reference.",
            hint="Give a longer reference, or watch all sites as one with another --site-column.",
        )
    horizon = YEAR
    if alerts_per_year > MOST_PROBABLE:
        horizon = max(math.floor(YEAR * MOST_PROBABLE / alerts_per_year), LEAST_DAYS)
    budget = min(alerts_per_year * horizon / YEAR, MOST_PROBABLE)
    budget = max(math.floor(10_000 * budget) / 10_000, 0.001)  # a figure that a person can read
    left_out = dict(table.left_out)
    for window in ("day", "week"):
        charts = _charts(table, window, left_out)
        content = {
            "horizon_days": horizon, "false_alarm_budget": budget, "minimum_n": MINIMUM_N,
            "charts": charts, "truth": {"maximum_delay_days": YEAR},
        }  # fmt: skip
        allocation = allocate(parse_plan(content), sites=len(table.sites))
        if window == "day" and _fits_days(table, allocation.alpha / horizon):
            break
    return PlannedWatch(
        {
            "made_for": {
                "table": table.name, "studies": table.n, "sites": list(table.sites),
                "false_alerts_per_year": alerts_per_year, "left_out": left_out,
            },
            "monitoring_plan": content,
        },
        left_out,
        f"windows of a {window}. {allocation.sentence()}",
    )  # fmt: skip


def _fits_days(table: WatchTable, alpha: float) -> bool:
    """Whether days may be judged: at every site that has enough studies half an SD would show
    within one, and no day of the week is in itself a third of what would be called a change."""
    worth = float(SMALLEST_SHIFT.default)  # type: ignore[arg-type]
    window = alpha * window_share({"adds_up": ADDS_UP.default})
    for site in table.sites:
        rows = table.rows_of(site)
        day = table.day[rows]
        if len(day) < LEAST_REFERENCE:
            continue
        counts = np.bincount(day - day[0])
        usual = int(np.median(counts[counts > 0]))
        if usual < MINIMUM_N or findable_distance(len(day), usual, alpha=window) > worth:
            return False
        most = window_distance_limit(len(day), usual, alpha=window) / 3.0
        if any(
            _weekdays_apart(values[rows], day % 7) > most for values in table.values().values()
        ):
            return False
    return True


def _weekdays_apart(values: Column, weekday: NDArray[np.int64]) -> float:
    """How far the studies of any day of the week lie from all, as a difference of shares."""
    if values.dtype == object:
        _, codes = np.unique([str(one) for one in values.tolist()], return_inverse=True)
        levels = np.bincount(codes)
        table = np.bincount(weekday * len(levels) + codes, minlength=7 * len(levels))
        table = table.reshape(7, -1)
        held = table.sum(axis=1) > 0
        apart = table[held] / table[held].sum(axis=1, keepdims=True) - levels / len(values)
        return float(np.abs(apart).max())
    known = np.isfinite(values)
    if not known.any():
        return 0.0
    cells = cells_of(knots_of(values[known], most=WEEKDAY_KNOTS))
    days = [values[known & (weekday == one)] for one in range(7)]
    return max(
        abs(cells_distance(cells, cell_counts(cells, one))[0]) for one in days if len(one)
    )


def _charts(table: WatchTable, window: str, left_out: dict[str, str]) -> list[dict[str, Any]]:
    streams, done = stream_charts(table)
    charts = [
        _chart(
            f"fact {name}", "fact_distribution", window, column=name,
            kind="names" if values.dtype == object else "numbers", adds_up=ADDS_UP.default,
        )
        for name, values in table.facts.items() if name not in done
    ]  # fmt: skip
    charts += streams
    if table.score is not None and np.isfinite(table.score).any():
        charts.append(_chart("scores", "score_distribution", window, adds_up=ADDS_UP.default))
    if table.decision is not None and np.isfinite(table.decision).any():
        charts.append(_chart("positive rate", "positive_rate", window, adds_up=ADDS_UP.default))
    charts += _performance(table, window, left_out)
    charts += _counts(table, window, left_out)
    if not charts:
        raise InvalidInput(
            f"{table.name}: there is nothing to watch beside the time.",
            hint="Give a table with facts, scores, decisions or truth.",
        )
    return charts


def _performance(
    table: WatchTable, window: str, left_out: dict[str, str]
) -> list[dict[str, Any]]:
    charts = []
    known = np.isfinite(table.truth)
    for measure, said, classes in (
        ("sensitivity", table.decision, (1.0,)), ("specificity", table.decision, (0.0,)),
        ("auc", table.score, (0.0, 1.0)),
    ):  # fmt: skip
        if said is None or not known.any():
            continue
        of = known & np.isfinite(said)
        few = min(int((table.truth[of] == one).sum()) for one in classes)
        if few < LEAST_CASES:
            left_out[measure] = f"{few} cases with truth count for it, {LEAST_CASES} needed"
            continue
        charts.append(
            _chart(
                measure, "performance_against_reference", window, measure=measure,
                least_cases=LEAST_CASES,
            )
        )
    return [*charts, *_estimated(table, [str(one["name"]) for one in charts]), *_calibrated(table)]


def _calibrated(table: WatchTable) -> list[dict[str, Any]]:
    """Calibration, where the score is a probability and the truth of enough cases is known."""
    if table.score is None:
        return []
    of = np.isfinite(table.truth) & np.isfinite(table.score)
    score, truth = table.score[of], table.truth[of]
    few = min(int((truth == one).sum()) for one in (0.0, 1.0))
    if few < LEAST_CASES or score.min() < 0.0 or score.max() > 1.0:
        return []
    return [_chart("calibration", "calibration", "week")]


def _estimated(table: WatchTable, measures: list[str]) -> list[dict[str, Any]]:
    """The same figures before their truth is known, where the reference taught what a score means.

    By the week: a window must hold some hundred studies.
    """
    if table.score is None or table.decision is None:
        return []
    taught = np.isfinite(table.truth) & np.isfinite(table.score) & np.isfinite(table.decision)
    if int(taught.sum()) < LEAST_TAUGHT:
        return []
    return [
        _chart(
            f"estimated {measure}", "estimated_performance", "week", measure=measure,
            least_studies=LEAST_TAUGHT, least_cases=LEAST_CASES,
        )
        for measure in measures
    ]


def _counts(table: WatchTable, window: str, left_out: dict[str, str]) -> list[dict[str, Any]]:
    """Volume and silence, where the reference spans enough days to say what is usual."""
    charts: list[dict[str, Any]] = []
    windows, shares = [], []
    for site in table.sites:
        day = table.day[table.rows_of(site)].astype(np.float64)
        windows.append(len(window_counts(day, window)))
        daily = list(window_counts(day, "day").values())
        if len(daily) >= 14:
            silent = sum(1 for one in daily if one == 0)
            shares.append((silent + 1.0) / (len(daily) + 2.0))
    if max(windows) >= 5:
        charts.append(_chart("volume", "study_volume", window))
    else:
        left_out["volume"] = f"{max(windows)} whole windows in the reference, 5 needed"
    if shares and max(shares) <= 0.6:
        share = round(max(max(shares), 0.02), 3)
        charts.append(
            {"name": "silence", "detector": "silent_days", "parameters": {"silent_share": share}}
        )
    else:
        left_out["silence"] = "too few days in the reference, or most of them without a study"
    return charts


def _chart(name: str, detector: str, window: str, **parameters: Any) -> dict[str, Any]:
    return {"name": name, "detector": detector, "parameters": {**parameters, "window": window}}
