"""The faults measured in other tools, as rates of ours: `monitor replay` on tables without and with
a change. Figures: docs/monitor-replay.md."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from measures.proportions import clopper_pearson_limits
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, SiteDay, read_parameters
from monitoring.replay import Replayed
from tests.monitoring.example_plan import MONDAY
from tests.monitoring.foreign_table import replayed, signals

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
in_full = pytest.mark.skipif(not FULL, reason="many tables: make proof")
REFERENCE, ALPHA, LOOKS = 5000, 0.05, 10
LEVELS = np.array(list("abcdefghij"), object)
Draw = Callable[[np.random.Generator, int], Any]


def levels(count: int, *, rare: bool = False) -> Draw:
    shares = 0.5 ** np.arange(count) if rare else np.ones(count)
    return lambda rng, n: rng.choice(LEVELS[:count], n, p=shares / shares.sum())


COLUMNS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "whole years": lambda rng, n: np.round(60 + 12 * rng.normal(size=n)),
    "70 % zero": lambda rng, n: np.where(rng.random(n) < 0.7, 0.0, rng.normal(size=n)),
    "3 levels": levels(3), "8 levels": levels(8), "10 levels": levels(10),
    "10 levels, most rare": levels(10, rare=True),
}  # fmt: skip


def false_alarms(column: str, n: int, repeats: int) -> int:
    """Windows of n studies called changed at 5 % a window, without a floor; nothing has changed."""
    detector, draw = DETECTORS["fact_distribution"], COLUMNS[column]
    kind = "names" if "levels" in column else "numbers"
    given = {"column": "x", "kind": kind, "floor": 0.0, "adds_up": "nothing"}
    parameters = read_parameters(detector, given, where="proof")
    context = ChartContext("x", "North", ALPHA * LOOKS, LOOKS, n, 20)
    rng = np.random.default_rng([n, len(column)])
    wrong = 0
    for _ in range(repeats):
        prepared = detector.prepare(
            {"x": draw(rng, REFERENCE)}, context=context, parameters=parameters
        )
        wrong += detector.step(prepared, None, SiteDay("North", MONDAY, {"x": draw(rng, n)})).signal
    return wrong


@pytest.mark.proof
@pytest.mark.parametrize("n", [30, 50, 200, 5000])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_quiet_column_is_called_changed_at_most_as_often_as_stated(column: str, n: int) -> None:
    """Others: 29 to 96 % of days of 30 to 200 studies, 21 to 55 % of columns of 3 to 10 levels."""
    repeats = 1000 if FULL else 12
    wrong = false_alarms(column, n, repeats)
    low, high = (float(one[0]) for one in clopper_pearson_limits([wrong], [repeats]))
    print(f"| {column} | {n:,} | {100 * wrong / repeats:.1f} ({100 * low:.1f} to "
          f"{100 * high:.1f}) |")  # fmt: skip
    assert low <= ALPHA


def year(daily: int, days: int, start: str, seed: int, columns: int = 20) -> pd.DataFrame:
    """One site, so many studies a day (Poisson), a third of the columns names."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(daily, days)
    n = int(counts.sum())
    day = np.repeat(np.arange(days), counts)
    time = pd.Timestamp(start) + pd.to_timedelta(day * 86_400 + rng.integers(0, 86_400, n), "s")
    frame = pd.DataFrame({"time": time, "score": rng.beta(1, 4, n)})
    frame["decision"] = (frame["score"] > 0.4).astype(int)
    for number in range(columns):
        draw = list(COLUMNS.values())[number % len(COLUMNS)]
        frame[f"fact{number}"] = draw(rng, n)
    return frame


@pytest.mark.proof
@in_full
@pytest.mark.parametrize(("daily", "years"), [(30, 40), (200, 20)])
def test_a_whole_plan_of_20_quiet_columns_stays_within_its_budget(
    tmp_path: Path, daily: int, years: int
) -> None:
    """Others: 63 to 73 % of windows alert. Budget here: 4 false alerts a year, all charts."""
    alerts, windows, alarmed = 0, 0, 0
    for seed in range(years):
        found = replayed(
            tmp_path, year(daily, 180, "2025-01-06", 2 * seed),
            year(daily, 364, "2026-01-05", 2 * seed + 1), budget=4.0,
        )  # fmt: skip
        alerts += sum(1 + len(one["evidence"]["also"]) for one in found.alerts)  # unmerged
        facts = [one for one in found.points if one["chart"].startswith("fact")]
        windows += len({one["window_end"] for one in facts})
        alarmed += len({one["window_end"] for one in facts if one["state"] == "alert"})
        assert not any(one["state"] == "failed" for one in found.points)
    print(f"{daily} a day: {alerts} false alerts in {years} years ({alerts / years:.2f} a year), "
          f"{alarmed} of {windows} windows")  # fmt: skip
    assert alerts / years <= 4.0


def week(n: int, seed: int, start: str, *, moved: str = "", days: int = 7) -> pd.DataFrame:
    """So many studies in so many days; moved by 0.08 SD, or 5 points of the mass of a level."""
    rng = np.random.default_rng(seed)
    seconds = rng.integers(0, days * 86_400, n)
    frame = pd.DataFrame({"time": pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")})
    frame["dose"] = rng.normal(0.08 if moved == "dose" else 0.0, 1.0, n)
    shares = np.array([0.35, 0.3, 0.2, 0.15])
    if moved == "maker":
        shares += np.array([-0.05, 0.05, 0.0, 0.0])
    frame["maker"] = rng.choice(LEVELS[:4], n, p=shares)
    for number in range(18):
        frame[f"quiet{number}"] = rng.normal(size=n)
    return frame


def charts_that_alert(found: Replayed) -> set[str]:
    return {chart for chart, _ in signals(found)}


@pytest.mark.proof
@in_full
@pytest.mark.parametrize("n", [20_000, 50_000, 100_000])
@pytest.mark.parametrize("moved", ["dose", "maker"])
def test_a_small_shift_of_many_studies_is_found(tmp_path: Path, n: int, moved: str) -> None:
    """Others: 0 % of 0.08 SD or 5 points of mass at 20,000 to 100,000 rows. Budget 1 a year; all
    rows are one window: spread over many, each window would have to show the shift by itself. The
    volume is seven times the usual and rightly called so."""
    repeats, hits, others = 10, 0, 0
    for seed in range(repeats):
        before = week(n, 2 * seed, "2026-01-05")
        now = week(n, 2 * seed + 1, "2026-02-02", moved=moved, days=1)
        charts = charts_that_alert(replayed(tmp_path, before, now)) - {"volume"}
        hits += f"fact {moved}" in charts
        others += len(charts - {f"fact {moved}"})
    print(f"{moved}, {n:,}: found {hits} of {repeats}, {others} other alerts")
    assert hits == repeats
    assert others <= 1


@pytest.mark.proof
def test_a_sentinel_in_the_reference_hides_no_shift(tmp_path: Path) -> None:
    """Others: 0 of 10 alerts on half an SD once one 999999 stands in 50,000 reference rows."""
    before, now = week(8000, 1, "2026-01-05"), week(8000, 2, "2026-02-02")
    before.loc[5, "dose"] = 999_999.0
    now["dose"] += 0.5
    assert charts_that_alert(replayed(tmp_path, before, now)) == {"fact dose"}
