"""The verdicts of `monitor replay` beside SciPy's loop, on 20 columns, in this one run.

    python -m benchmarks.monitor_replay                 100,000 + 100,000 rows and one day of 500
    python -m benchmarks.monitor_replay --rows 1000000  and so many

Floor: `scipy.stats.ks_2samp` and `chi2_contingency` on the raw columns, column by column. Ours: the
charts `fact_distribution` of the same columns, prepared and stepped (reference summarised, window
judged with floor and error control), and the day's step alone, on the first day and after 60 days
that add up. Processor time, median of the rounds, data in memory; memory is the most that Python's
allocator held above the data.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, Prepared, SiteDay, read_parameters

DAY = date(2026, 1, 5)
Columns = dict[str, np.ndarray[Any, Any]]


def table(n: int, seed: int) -> Columns:
    """10 normal columns, 5 skewed, 5 of six kinds; three of them moved with seed 2."""
    rng = np.random.default_rng(seed)
    levels, moved = np.array(list("abcdef"), object), seed == 2
    columns: Columns = {f"normal {i}": rng.normal(size=n) for i in range(10)}
    columns |= {f"skewed {i}": np.exp(rng.normal(size=n)) for i in range(5)}
    columns |= {f"kind {i}": rng.choice(levels, n) for i in range(5)}
    if moved:
        columns["normal 0"] += 0.08
        columns["skewed 0"] *= 1.1
        some = rng.random(n) < 0.06
        columns["kind 0"][some] = "a"
    return columns


def floor(before: Columns, now: Columns) -> int:
    """SciPy column by column; how many fall below 0.05."""
    from scipy.stats import chi2_contingency, ks_2samp

    found = 0
    for name, column in now.items():
        if "kind" in name:
            levels = np.unique(before[name].astype(str))
            counts = [
                [int((side == one).sum()) for one in levels] for side in (before[name], column)
            ]
            found += chi2_contingency(counts).pvalue < 0.05
        else:
            found += ks_2samp(before[name], column).pvalue < 0.05
    return int(found)


def prepared_charts(before: Columns, n: int) -> dict[str, Prepared]:
    """A chart a column, for a budget of one false alarm a year of daily windows."""
    detector = DETECTORS["fact_distribution"]
    charts = {}
    for name in before:
        given = {"column": name, "kind": "names" if "kind" in name else "numbers"}
        context = ChartContext(name, "North", 0.5 / 20, 182, n, 20)
        parameters = read_parameters(detector, given, where="benchmark")
        charts[name] = detector.prepare({name: before[name]}, context=context,
                                        parameters=parameters)  # fmt: skip
    return charts


def judged(charts: dict[str, Prepared], now: Columns) -> int:
    """Every chart stepped by one window; how many signal."""
    detector = DETECTORS["fact_distribution"]
    return sum(
        detector.step(prepared, None, SiteDay("North", DAY, {name: now[name]})).signal
        for name, prepared in charts.items()
    )


def after_days(charts: dict[str, Prepared], days: int, a_day: int) -> Callable[[], None]:
    """What steps every chart by one more day after so many quiet ones."""
    detector, quiet = DETECTORS["fact_distribution"], table(a_day * (days + 1), 4)

    def stepped(name: str, day: int, state: Any) -> Any:
        values = quiet[name][day * a_day : (day + 1) * a_day]
        today = SiteDay("North", DAY + timedelta(days=day), {name: values})
        return detector.step(charts[name], state, today).state

    states: dict[str, Any] = dict.fromkeys(charts)
    for day in range(days):
        states = {name: stepped(name, day, states[name]) for name in charts}

    def one_more() -> None:
        for name in charts:
            stepped(name, days, states[name])

    return one_more


def milliseconds(act: Callable[[], Any], rounds: int) -> float:
    """Median processor time."""
    act()
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        act()
        spent.append(1000.0 * (time.process_time() - began))
    return statistics.median(spent)


def memory(act: Callable[[], Any]) -> float:
    """Most MB above what was held before."""
    tracemalloc.start()
    act()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def compare(n: int, rounds: int) -> None:
    """Two tables of n rows."""
    before, now = table(n, 1), table(n, 2)
    scipys = milliseconds(lambda: floor(before, now), rounds)
    mine = milliseconds(lambda: judged(prepared_charts(before, n), now), rounds)
    found = judged(prepared_charts(before, n), now)
    most = memory(lambda: judged(prepared_charts(before, n), now))
    print(f"{n:,} + {n:,}: ours {mine:.0f} ms, SciPy {scipys:.0f} ms (ratio {mine / scipys:.2f}); "
          f"3 moved, ours says {found}, SciPy at 0.05 {floor(before, now)}; "
          f"{most:.0f} MB above the data")  # fmt: skip
    day = table(500, 3)
    charts = json.loads(json.dumps(prepared_charts(before, 500)))
    step = milliseconds(lambda: judged(charts, day), 15)
    later = milliseconds(after_days(charts, 60, 500), 15)
    print(f"a day of 500 against {n:,} summarised once: {step:.1f} ms, "
          f"after 60 days {later:.1f} ms, "
          f"SciPy {milliseconds(lambda: floor(before, day), 3):.0f} ms; "
          f"summaries {len(json.dumps(charts)) / 1e3:.0f} kB")  # fmt: skip


def main() -> int:
    """Print two lines a size."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=100_000)
    rows = asked.parse_args().rows
    compare(rows, 5 if rows <= 200_000 else 3)
    return 0


if __name__ == "__main__":
    sys.exit(main())
