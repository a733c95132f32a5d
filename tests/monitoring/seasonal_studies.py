"""Studies of a site with respiratory winters: more disease, more studies, older patients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from monitoring.drill_studies import Rows, table_of
from monitoring.plan import parse_plan
from monitoring.replay import Replayed, replay
from monitoring.replay_plan import ReplayPlan

FIRST = date(2026, 1, 5)
PEAK, WIDTH = 20, 25.0
"""Day of the year on which the wave is highest, and its SD in days."""
DAILY, BUDGET, HORIZON = 30, 0.05, 90


def plan(*, season: bool) -> ReplayPlan:
    charts: list[dict[str, Any]] = [
        {"name": "positive rate", "detector": "positive_rate", "parameters": {"window": "week"}},
        {"name": "volume", "detector": "study_volume", "parameters": {"window": "week"}},
        {"name": "age", "detector": "fact_distribution",
         "parameters": {"window": "week", "column": "age", "kind": "numbers"}},
    ]  # fmt: skip
    own = {"season": "yearly"} if season else {}
    return ReplayPlan(parse_plan({
        "horizon_days": HORIZON, "false_alarm_budget": BUDGET, "minimum_n": 5,
        "charts": [one | own for one in charts],
    }))  # fmt: skip


def wave(first: date, days: int, height: Mapping[int, float]) -> np.ndarray:
    """How high the winter stands on each day; height: of the winter of each year."""
    found = []
    for ordinal in range(first.toordinal(), first.toordinal() + days):
        at = date.fromordinal(ordinal).timetuple().tm_yday
        apart = min(abs(at - PEAK), 365 - abs(at - PEAK))
        found.append(height[date.fromordinal(ordinal + 180).year]
                     * np.exp(-0.5 * (apart / WIDTH) ** 2))  # fmt: skip
    return np.array(found)


def studies(first: date, height: np.ndarray, rng: np.random.Generator) -> Rows:
    """At its highest: 35 % disease and not 20 %, half as many studies more, six years older."""
    counts = rng.poisson(DAILY * (1.0 + 0.5 * height))
    up = np.repeat(height, counts)
    n = len(up)
    truth = (rng.random(n) < 0.20 + 0.15 * up).astype(np.float64)
    called = np.where(truth == 1.0, rng.random(n) < 0.9, rng.random(n) < 0.15).astype(np.float64)
    age = np.clip(np.round(rng.normal(60.0 + 6.0 * up, 17.0, n)), 18.0, 95.0)
    return {
        "score": called, "decision": called, "truth": truth, "truth_delay": np.full(n, 5.0),
        "age": age, "day": first.toordinal() + np.repeat(np.arange(len(counts)), counts),
    }  # fmt: skip


def watched_year(
    seed: int, *, season: bool, shift: tuple[int, int] | None = None, years: int = 3
) -> Replayed:
    """A year against the years before it; shift: first and last day of the year on which things
    stand as at the height of an average winter."""
    rng = np.random.default_rng([41, seed])
    height = {year: max(0.0, 1.0 + 0.1 * rng.normal()) for year in range(2021, 2030)}
    begin = date.fromordinal(FIRST.toordinal() - 365 * years)
    reference = studies(begin, wave(begin, 365 * years, height), rng)
    up = wave(FIRST, 364, height)
    if shift:
        up[shift[0] : shift[1]] = 1.0
    now = studies(FIRST, up, rng)
    return replay(
        plan(season=season), table_of("reference", {"North": reference}),
        table_of("watched", {"North": now}, first=FIRST, days=364),
    )
