"""Small shifts that last, and years in which nothing happens: charts of windows with and without
their totals. Figures: docs/monitor-replay.md."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from measures.proportions import clopper_pearson_limits
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, Prepared, SiteDay, read_parameters
from monitoring.replay_days import once_a_patient
from tests.monitoring.example_plan import MONDAY
from tests.proof.test_replay_faults import COLUMNS, LEVELS, Draw

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
SHARES = np.array([0.35, 0.3, 0.2, 0.15])
CHART = DETECTORS["fact_distribution"]
NEVER = 10**6


def steps(daily: int) -> tuple[str, int]:
    """Windows as `monitor plan` would choose them."""
    return ("day", 1) if daily >= 150 else ("week", 7)


def prepared(
    draw: Draw, kind: str, daily: int, rng: np.random.Generator, *, alpha: float, horizon: int,
    adds_up: str = "windows",
) -> Prepared:  # fmt: skip
    counts = rng.poisson(daily, 182)
    day = np.repeat(MONDAY.toordinal() - 182.0 + np.arange(182), counts)
    given = {"column": "x", "kind": kind, "window": steps(daily)[0], "adds_up": adds_up}
    return CHART.prepare(
        {"x": draw(rng, len(day)), "day": day},
        context=ChartContext("x", "North", alpha, horizon, daily, 20),
        parameters=read_parameters(CHART, given, where="proof"),
    )


class Watch:
    """A chart stepped window by window on what is drawn for it."""

    def __init__(self, chart: Prepared, daily: int, rng: np.random.Generator) -> None:
        self.chart, self.daily, self.rng = chart, daily, rng
        self.state: Any = None
        self.last = MONDAY - timedelta(days=1)

    def after(self, draw: Draw) -> bool:
        """Whether the next window signals."""
        days = steps(self.daily)[1]
        self.last += timedelta(days=days)
        values = draw(self.rng, int(self.rng.poisson(self.daily * days)))
        found = CHART.step(self.chart, self.state, SiteDay("North", self.last, {"x": values}))
        self.state = found.state
        return found.signal


def alerts_of_a_year(daily: int, year: int, *, columns: int, alpha: float, horizon: int) -> int:
    """Alerts of so many quiet columns; one lasts from its first signal until it is quiet."""
    alerts, windows = 0, 364 // steps(daily)[1]
    for number in range(columns):
        name = list(COLUMNS)[number % len(COLUMNS)]
        rng = np.random.default_rng([daily, year, number])
        kind = "names" if "levels" in name else "numbers"
        chart = prepared(COLUMNS[name], kind, daily, rng, alpha=alpha, horizon=horizon)
        watch, before = Watch(chart, daily, rng), False
        for _ in range(windows):
            now = watch.after(COLUMNS[name])
            alerts += now and not before
            before = now
    return alerts


@pytest.mark.proof
@pytest.mark.parametrize(("daily", "years"), [(30, 60), (200, 20), (5000, 4)])
def test_quiet_years_of_20_columns_stay_within_the_budget(daily: int, years: int) -> None:
    """Budget 4 false alerts a year for all 20: half at most in 45 days, a fortieth of it each."""
    years, columns = (years, 20) if FULL else (1, 7 if daily < 5000 else 2)
    alerts = sum(
        alerts_of_a_year(daily, year, columns=columns, alpha=0.5 / 20, horizon=45)
        for year in range(years)
    )
    from scipy.stats import chi2

    plans = years * columns / 20
    low = float(chi2.ppf(0.025, 2 * alerts)) / (2 * plans) if alerts else 0.0  # Garwood 1936
    high = float(chi2.ppf(0.975, 2 * alerts + 2)) / (2 * plans)
    print(f"| {daily:,} | {years} | {alerts} | {alerts / plans:.1f} ({low:.1f} to {high:.1f}) |")
    assert low <= 4.0


def shifted(kind: str, size: float) -> Draw:
    if kind == "numbers":
        return lambda rng, n: rng.normal(size, 1.0, n)
    shares = SHARES + np.array([-size, size, 0.0, 0.0])
    return lambda rng, n: rng.choice(LEVELS[:4], n, p=shares)


def delay(kind: str, size: float, daily: int, adds_up: str, seed: int) -> tuple[int, list[bool]]:
    """Days from the change to the first signal (NEVER within 420 or 180), and whether each of the
    20 windows after it signals too. One of 20 charts of a plan of one false alert a year."""
    days = steps(daily)[1]
    rng = np.random.default_rng([daily, seed, int(1000 * size)])
    quiet, moved = shifted(kind, 0.0), shifted(kind, size)
    chart = prepared(quiet, kind, daily, rng, alpha=0.5 / 40, horizon=182, adds_up=adds_up)
    watch = Watch(chart, daily, rng)
    for _ in range(8):
        watch.after(quiet)
    for window in range(1, (420 if days == 7 else 180) // days + 1):
        if watch.after(moved):
            return window * days, [watch.after(moved) for _ in range(20)]
    return NEVER, []


CASES = [("numbers", size) for size in (0.1, 0.2, 0.3, 0.5)]
CASES += [("names", size) for size in (0.02, 0.05, 0.10)]


@pytest.mark.proof
@pytest.mark.parametrize("daily", [30, 200, 1000])
@pytest.mark.parametrize(("kind", "size"), CASES if FULL else [("numbers", 0.2), ("names", 0.1)])
def test_a_small_shift_that_lasts_is_found_sooner_and_stays_found(
    daily: int, kind: str, size: float
) -> None:
    repeats = 40 if FULL else 5
    medians = {}
    for adds_up in ("windows", "nothing"):
        runs = [delay(kind, size, daily, adds_up, seed) for seed in range(repeats)]
        days = np.array([one[0] for one in runs])
        later = [one for run in runs for one in run[1]]
        medians[adds_up] = float(np.median(days))
        shown = f"{medians[adds_up]:.0f}" if medians[adds_up] < NEVER else "never"
        print(f"| {daily:,} | {kind} {size:g} | {adds_up} | {shown} | "
              f"{np.mean(days < NEVER):.2f} | {np.mean(later) if later else 0:.3f} |")  # fmt: skip
        if adds_up == "windows" and later:
            assert np.mean(later) >= 0.9
    assert medians["windows"] <= medians["nothing"] + steps(daily)[1]


def returning(daily: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Half a year of studies: patients come 1 to 8 times within three weeks, each around a mean of
    their own (intraclass correlation 0.64); one study a patient and window, as tables are read."""
    times = rng.integers(1, 9, int(daily * 203 / 4.5))
    patient = np.repeat(np.arange(len(times)), times)
    first = rng.integers(0, 203, len(times))
    day = first[patient] + rng.integers(0, 21, len(patient)) - 21
    own = rng.normal(0.0, 0.8, len(times))
    values = own[patient] + rng.normal(0.0, 0.6, len(patient))
    order = np.argsort(day, kind="stable")
    day, patient, values = day[order], patient[order], values[order]
    kept = (day >= 0) & (day < 182)
    kept &= once_a_patient(day + MONDAY.toordinal(), patient, steps(daily)[0])
    return day[kept], values[kept]


@pytest.mark.proof
def test_a_sentinel_in_one_study_of_twenty_is_found_within_three_weeks() -> None:
    """999999 in 5 % of a column, 30 studies a day, one of 20 charts of one false alert a year."""
    def sentinels(rng: np.random.Generator, n: int) -> Any:
        return np.where(rng.random(n) < 0.05, 999_999.0, rng.normal(size=n))

    waited, false = [], 0
    for seed in range(40 if FULL else 5):
        rng = np.random.default_rng([13, seed])
        quiet = shifted("numbers", 0.0)
        chart = prepared(quiet, "numbers", 30, rng, alpha=0.5 / 40, horizon=182)
        watch = Watch(chart, 30, rng)
        before = [watch.after(quiet) for _ in range(4)]
        if any(before):
            false += 1
            continue
        waited.append(next(week for week in range(1, 60) if watch.after(sentinels)))
    print(f"5 % of 999999: found after {max(waited)} weeks at most, {len(waited)} runs")
    assert max(waited) <= 3
    assert false <= 1  # 1 of 300 such runs, of which 0.2 % are allowed to


@pytest.mark.proof
@pytest.mark.parametrize("daily", [30, 200])
def test_patients_who_come_again_and_again_are_no_change(daily: int) -> None:
    """At 20 % a half-year for one chart."""
    repeats, wrong, days = 100 if FULL else 5, 0, steps(daily)[1]
    for seed in range(repeats):
        rng = np.random.default_rng([11, daily, seed])
        day, values = returning(daily, rng)
        given = {"column": "x", "kind": "numbers", "window": steps(daily)[0]}
        chart = CHART.prepare(
            {"x": values, "day": day + MONDAY.toordinal() - 182.0},
            context=ChartContext("x", "North", 0.2, 182, daily, 20),
            parameters=read_parameters(CHART, given, where="proof"),
        )
        day, values = returning(daily, rng)
        state, signalled = None, False
        for window in range(182 // days):
            last = MONDAY + timedelta(days=(window + 1) * days - 1)
            studies = {"x": values[day // days == window]}
            found = CHART.step(chart, state, SiteDay("North", last, studies))
            state, signalled = found.state, signalled or found.signal
        wrong += signalled
    low, high = (float(one[0]) for one in clopper_pearson_limits([wrong], [repeats]))
    print(f"| returning patients, {daily} a day | {wrong} of {repeats} ({low:.2f} to {high:.2f}) |")
    assert low <= 0.2


@pytest.mark.proof
def test_the_day_of_a_change_lies_in_its_stated_interval() -> None:
    """`since_low` to `since_high` of the first signal, at 95 %."""
    held, seen = 0, 0
    for seed in range(200 if FULL else 12):
        rng = np.random.default_rng([9, seed])
        size = (0.15, 0.2, 0.3)[seed % 3]
        quiet, moved = shifted("numbers", 0.0), shifted("numbers", size)
        watch = Watch(prepared(quiet, "numbers", 30, rng, alpha=0.0125, horizon=182), 30, rng)
        before = [watch.after(quiet) for _ in range(20)]
        if any(before):
            continue
        began = watch.last + timedelta(days=1)
        for _ in range(50):
            days = steps(30)[1]
            watch.last += timedelta(days=days)
            day = SiteDay("North", watch.last, {"x": moved(rng, 30 * days)})
            found = CHART.step(watch.chart, watch.state, day)
            watch.state = found.state
            if found.signal:
                low, high = (date.fromisoformat(found.details[one])
                             for one in ("since_low", "since_high"))  # fmt: skip
                held, seen = held + (low <= began <= high), seen + 1
                break
    print(f"{held} of {seen} intervals hold the day of the change")
    assert seen
    assert held / seen >= 0.85
