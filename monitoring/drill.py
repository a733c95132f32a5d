"""Monitoring verification: does this plan keep quiet when it should, and how soon does it speak?

Replays the plan's own charts on simulated summary data (features, scores, truth; no images) for
many seeds, with or without a shift at one site, and reports what happened: the share of replays
with a false alert, with its interval, and the days from shift to alert. Pure: touches no record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from measures.estimate import Estimate
from measures.proportions import wilson
from monitoring.alerts import decide_alerts
from monitoring.detectors.base import (
    ChartContext,
    FloatArray,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.rank_cusum import QUALITY_COLUMNS
from monitoring.plan import ParsedPlan, allocate
from monitoring.site_charts import prepare_site, step_site

__all__ = ["Drill", "DrillAlert", "DrillResult", "Shift", "drill"]

FIRST_DAY = date(2026, 1, 5)
PREVALENCE, SENSITIVITY, SPECIFICITY, TRUTH_DELAY = 0.3, 0.92, 0.85, 7
AGREEMENT = 0.88
"""How often device and report say the same."""


@dataclass(frozen=True, slots=True)
class Shift:
    """From day `day` (0 is the first) at `site`, these columns move by `size` SD."""

    site: str
    day: int
    size: float
    columns: tuple[str, ...] = ("sharpness",)


@dataclass(frozen=True, slots=True)
class Drill:
    """What is replayed: how many days, studies a day (Poisson), reference studies a site."""

    sites: tuple[str, ...]
    days: int = 60
    daily_n: int = 20
    reference_n: int = 150
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class DrillAlert:
    """An alert of one replay: when (day number), where, which chart, and whether it was right."""

    seed: int
    day: int
    site: str
    chart: str
    false: bool


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What the plan did over all seeds.

    false_alarms: share of replays with one or more false alerts (n: replays, Wilson interval).
    delays: per chart, days from the shift to its alert at the shifted site (1: the same day),
    one a replay, None where it stayed silent.
    """

    replays: int
    false_alarms: Estimate
    alerts: tuple[DrillAlert, ...]
    delays: Mapping[str, tuple[int | None, ...]]

    def median_delay(self, chart: str) -> float | None:
        """Days until half of the replays had their alert; None when fewer than half had one."""
        waits = [np.inf if wait is None else wait for wait in self.delays[chart]]
        middle = float(np.median(waits)) if waits else np.inf
        return middle if np.isfinite(middle) else None

    def found(self, chart: str) -> int:
        """Replays in which the chart found the shift."""
        return sum(wait is not None for wait in self.delays[chart])


def drill(
    plan: ParsedPlan, arrangement: Drill, *, seeds: Sequence[int], bounds: Mapping[str, float]
) -> DrillResult:
    """Replays the plan once per seed and counts false alerts and days to detection.

    bounds: lowest acceptable value per claimed measure. The simulated device has sensitivity 0.92
    and specificity 0.85 everywhere; a bound above these makes every alert of performance true,
    so it is refused (ValueError).
    """
    if bounds.get("sensitivity", 0.0) > SENSITIVITY or bounds.get("specificity", 0.0) > SPECIFICITY:
        raise ValueError(f"the simulated device does not reach the bounds {dict(bounds)}")
    alerts = [alert for seed in seeds for alert in _replay(plan, arrangement, seed, bounds)]
    wrong = len({alert.seed for alert in alerts if alert.false})
    shift = arrangement.shift
    delays: dict[str, tuple[int | None, ...]] = {}
    for chart in plan.charts if shift else ():
        right = {a.seed: a.day for a in alerts if a.chart == chart.name and not a.false}
        delays[chart.name] = tuple(
            right[seed] - shift.day + 1 if shift and seed in right else None for seed in seeds
        )
    return DrillResult(len(seeds), wilson("false alarms", wrong, len(seeds)), tuple(alerts), delays)


def _replay(
    plan: ParsedPlan, arrangement: Drill, seed: int, bounds: Mapping[str, float]
) -> list[DrillAlert]:
    alpha = allocate(plan, sites=len(arrangement.sites)).alpha
    alerts: list[DrillAlert] = []
    for index, site in enumerate(arrangement.sites):
        simulated = _SimulatedSite(site, np.random.default_rng([seed, index]))
        contexts = {
            chart.name: ChartContext(
                chart.name, site, alpha, plan.horizon_days, arrangement.daily_n, plan.minimum_n,
                bounds, seed=seed,
            )
            for chart in plan.charts
        }  # fmt: skip
        reference = simulated.studies(arrangement.reference_n, None)[0]
        prepared, _ = prepare_site(plan, reference, contexts=contexts)
        alerts += _watched(plan, arrangement, simulated, prepared, seed)
    return alerts


def _watched(
    plan: ParsedPlan,
    arrangement: Drill,
    simulated: _SimulatedSite,
    prepared: Mapping[str, Prepared],
    seed: int,
) -> list[DrillAlert]:
    shift = arrangement.shift
    here = shift if shift and shift.site == simulated.site else None
    states: dict[str, State] = {}
    opened: list[tuple[str, str]] = []
    alerts: list[DrillAlert] = []
    for day in range(arrangement.days):
        active = here if here and day >= here.day else None
        today = simulated.day(day, arrangement.daily_n, active)
        results = step_site(plan, prepared, states, today)
        states = {result.chart: result.state for result in results}
        for alert in decide_alerts(results, plan, open_alerts=opened).raise_now:
            opened.append((alert.chart, alert.site))
            alerts.append(DrillAlert(seed, day, alert.site, alert.chart, active is None))
    return alerts


class _SimulatedSite:
    """Summary data of one hospital: skewed, correlated features; scores that depend on truth."""

    def __init__(self, site: str, rng: np.random.Generator) -> None:
        self.site = site
        self.rng = rng
        self.reports = rng.spawn(1)[0]
        self.centre = rng.normal(size=len(QUALITY_COLUMNS))
        self.waiting: list[tuple[FloatArray, FloatArray]] = []

    def studies(
        self, n: int, shift: Shift | None
    ) -> tuple[dict[str, FloatArray], FloatArray, FloatArray]:
        """Columns, truth and decisions of n studies."""
        shared = self.rng.normal(size=(n, 1))
        features = 0.6 * shared + 0.8 * self.rng.normal(size=(n, len(QUALITY_COLUMNS)))
        truth = (self.rng.random(n) < PREVALENCE).astype(np.float64)
        odds = self.rng.normal(size=n) + 2.0 * truth - 1.5
        if shift:
            moved = np.array([name in shift.columns for name in QUALITY_COLUMNS])
            features = features + shift.size * moved
            odds = odds + shift.size * 1.35 * ("score" in shift.columns)
        right = np.where(truth == 1, SENSITIVITY, SPECIFICITY)
        decision = np.where(self.rng.random(n) < right, truth, 1.0 - truth)
        values = np.exp(0.4 * features) + self.centre
        columns = {name: values[:, i] for i, name in enumerate(QUALITY_COLUMNS)}
        return columns | {"score": 1.0 / (1.0 + np.exp(-odds))}, truth, decision

    def day(self, day: int, daily_n: int, shift: Shift | None) -> SiteDay:
        """One day: a Poisson number of studies, and the truth of the day a week before."""
        columns, truth, decision = self.studies(int(self.rng.poisson(daily_n)), shift)
        self.waiting.append((truth, decision))
        nothing = np.zeros(0)
        known = self.waiting.pop(0) if len(self.waiting) > TRUTH_DELAY else (nothing, nothing)
        agreed = self.reports.random(len(truth))
        return SiteDay(
            self.site, FIRST_DAY + timedelta(days=day), columns,
            known[0].astype(np.int8), known[1].astype(np.int8),
            overruled=(known[0] != known[1]).astype(np.int8),  # readers overrule what was wrong
            agreed=(agreed < AGREEMENT).astype(np.int8),
        )  # fmt: skip

