"""What a quiet chart could have seen: the smallest change that it finds with probability 0.8.

The production chart is stepped through simulated weeks as large as the week that was watched, with
a change present from its first day, and fresh at its begin. The change is the smallest of a fixed
grid that was found in at least 80 % of the weeks, so the smallest that is found lies at or below it
('at most'); the share found stands beside it with its interval. A chart of calendar windows states
the figure itself with each window (computed, not simulated: :mod:`measures.window_tests`), and it
is quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from measures.estimate import Estimate
from measures.proportions import wilson
from monitoring.day_streams import NOT_RUN, REFUSED
from monitoring.detectors.base import FloatArray, Prepared, SiteDay
from monitoring.plan import ChartPlan
from monitoring.site_charts import step_chart
from records.counting import counted

__all__ = ["DayLoad", "SmallestChange", "smallest_change"]

WANTED: Final = 0.8
REPEATS: Final = 100
FEATURE_REPEATS: Final = 25
"""Of the chart of the model's features, a day of which takes some milliseconds."""
IN_SD: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0)
OF_SHARE: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class DayLoad:
    """What one day of the week gave a chart: studies, and cases (truths, answers or reports)."""

    day: date
    studies: int
    cases: int = 0


@dataclass(frozen=True, slots=True)
class SmallestChange:
    """The smallest change that a chart would have found at a site, or why none can be told.

    found: the share of simulated weeks in which it was; None where the chart states the figure
    itself or it follows from counting.
    """

    chart: str
    site: str
    change: float | None
    words: str
    found: Estimate | None = None

    @property
    def sentence(self) -> str:
        """As the week's message says it."""
        if self.found is None or self.found.value is None:
            return self.words
        low, high = self.found.low or 0.0, self.found.high or 0.0
        return (
            f"{self.words}; found in {self.found.numerator} of {self.found.n} simulated weeks "
            f"({100 * self.found.value:.0f} %, 95 % CI {100 * low:.0f} to {100 * high:.0f} %)"
        )


Draw = Callable[[DayLoad, float, np.random.Generator], SiteDay]


def smallest_change(
    chart: ChartPlan, site: str, prepared: Prepared, week: Sequence[DayLoad], *,
    last_details: Mapping[str, Any], seed: int, repeats: int = REPEATS,
) -> SmallestChange:
    """What this chart could have seen in a week of these loads.

    last_details: of the chart's latest point, from which a chart of windows is quoted.
    """
    if "findable" in last_details:
        return _quoted(chart, site, last_details["findable"])
    if chart.detector == "silent_days":
        return _silence(chart, site, prepared, week)
    if chart.detector == "new_name":
        times = int(prepared["limit"])
        return SmallestChange(
            chart.name, site, float(times), f"{counted(times, 'entry', 'entries')} with a name "
            f"of {prepared['column']} that is new, always, once what is ordinary is known",
        )  # fmt: skip
    found = _way(chart, site, prepared, last_details)
    if found is None:
        return SmallestChange(
            chart.name, site, None, f"not estimable: no way is known for a chart {chart.detector}"
        )
    draw, grid, unit, of_cases = found
    if chart.detector == "embedding_drift":
        repeats = min(repeats, FEATURE_REPEATS)
    load = sum(one.cases if of_cases else one.studies for one in week)
    if not load:
        nothing = "no truth, answer or report came" if of_cases else "no study came"
        return SmallestChange(chart.name, site, None, f"none: {nothing}")
    return _searched(chart, site, prepared, week, _Search(draw, grid, unit, seed, repeats, load))


@dataclass(frozen=True, slots=True)
class _Search:
    draw: Draw
    grid: tuple[float, ...]
    unit: str
    seed: int
    repeats: int
    load: int


def _searched(
    chart: ChartPlan, site: str, prepared: Prepared, week: Sequence[DayLoad], how: _Search
) -> SmallestChange:
    """The smallest change of the grid that is found often enough, by halving."""
    shares: dict[int, Estimate] = {}

    def share(at: int) -> Estimate:
        if at not in shares:
            hits = sum(
                _signals(chart, prepared, week, how, how.grid[at], one)
                for one in range(how.repeats)
            )
            shares[at] = wilson("found", hits, how.repeats)
        return shares[at]

    low, high = 0, len(how.grid) - 1
    if (share(high).value or 0.0) < WANTED:
        return SmallestChange(
            chart.name, site, None,
            f"none: of {how.load} in the week not even {how.grid[high]:g} {how.unit} would have "
            "been found", share(high),
        )
    while low < high:
        middle = (low + high) // 2
        if (share(middle).value or 0.0) >= WANTED:
            high = middle
        else:
            low = middle + 1
    return SmallestChange(
        chart.name, site, how.grid[high],
        f"at most {how.grid[high]:g} {how.unit} (of {how.load})",  # the step below was not
        share(high),
    )


def _signals(
    chart: ChartPlan, prepared: Prepared, week: Sequence[DayLoad], how: _Search, change: float,
    repeat: int,
) -> bool:
    """Whether the chart signals in one simulated week; the same draws whatever the change."""
    rng, state = np.random.default_rng([how.seed, repeat]), None
    chart = replace(chart, level=None)  # what is drawn is of its level already
    for one in week:
        found = step_chart(chart, prepared, state, how.draw(one, change, rng))
        if found.signal:
            return True
        state = found.state
    return False


def _way(
    chart: ChartPlan, site: str, prepared: Prepared, last: Mapping[str, Any]
) -> tuple[Draw, tuple[float, ...], str, bool] | None:
    """How a changed day is drawn for a kind of chart, the grid, its unit, whether cases count."""
    if chart.detector == "rank_cusum":
        return _shifted_columns(site, prepared), IN_SD, "SD of one column", False
    if chart.detector == "conformal_test":
        return _shifted_scores(site, prepared), IN_SD, "SD of the scores", False
    if chart.detector == "subgroup_gap" and last.get("rest_share") and last.get("cases"):
        rest, allowed = float(last["rest_share"]), float(prepared["allowed_gap"])
        beside = float(last["rest_cases"]) / float(last["cases"])
        gaps = tuple(one for one in OF_SHARE if one < rest - allowed)
        unit = f"further behind the others than the allowed {allowed:g}"
        return _wider_gap(site, prepared, rest, beside), gaps, unit, True
    if chart.detector in ("claimed_performance", "concordance", "override_rate"):
        up = chart.detector == "override_rate"
        bound = float(prepared["highest_share" if up else "bound"])
        most = 1.0 - bound if up else bound
        grid = tuple(one for one in OF_SHARE if one < most) or (most,)
        unit = f"{'above' if up else 'below'} the bound of {bound:.3f}"
        return _changed_share(chart.detector, site, prepared, bound), grid, unit, True
    if chart.detector == "stated_share":
        bound = float(prepared["highest_share"])
        grid = tuple(one for one in OF_SHARE if one < 1.0 - bound) or (1.0 - bound,)
        return _marked_entries(site, prepared), grid, f"above the stated {bound:.3g}", False
    if chart.detector == "embedding_drift":
        return _shifted_features(site, prepared), IN_SD, "SD of all features together", False
    return None


def _marked_entries(site: str, prepared: Prepared) -> Draw:
    """A day's entries, as many as studies, of which a share above the stated one counts."""
    column = prepared["column"]
    named = column in (REFUSED, NOT_RUN)

    def draw(load: DayLoad, change: float, rng: np.random.Generator) -> SiteDay:
        counts = rng.random(load.studies) < prepared["highest_share"] + change
        if not named:
            numbers = np.where(counts, prepared["at_least"], prepared["at_least"] - 1.0)
            return SiteDay(site, load.day, {}, streams={column: numbers})
        entries = np.full(load.studies, None, object)
        entries[counts] = prepared["reasons"][0]
        return SiteDay(site, load.day, {}, streams={column: entries})

    return draw


def _shifted_features(site: str, prepared: Prepared) -> Draw:
    """A day's studies of the frozen reference, moved by so many SD, by each feature alike."""
    ranked: FloatArray = np.array(prepared["space"]["ranked"], np.float64)
    spread = ranked.std(axis=0)

    def draw(load: DayLoad, change: float, rng: np.random.Generator) -> SiteDay:
        direction = np.ones(len(spread)) / np.sqrt(len(spread))
        rows = ranked[rng.integers(0, len(ranked), load.studies)] + change * spread * direction
        return SiteDay(site, load.day, dict(zip(prepared["columns"], rows.T, strict=True)))

    return draw


def _shifted_columns(site: str, prepared: Prepared) -> Draw:
    reference = {name: np.array(one) for name, one in prepared["reference"].items()}
    moved = next(iter(reference))
    step = float(prepared["sd"][moved])

    def draw(load: DayLoad, change: float, rng: np.random.Generator) -> SiteDay:
        values = {name: rng.choice(one, load.studies) for name, one in reference.items()}
        values[moved] = values[moved] + change * step
        return SiteDay(site, load.day, values)

    return draw


def _shifted_scores(site: str, prepared: Prepared) -> Draw:
    reference: FloatArray = np.array(prepared["reference"], np.float64)
    step = float(reference.std(ddof=1))

    def draw(load: DayLoad, change: float, rng: np.random.Generator) -> SiteDay:
        scores = np.clip(rng.choice(reference, load.studies) + change * step, 0.0, 1.0)
        return SiteDay(site, load.day, {prepared["column"]: scores})

    return draw


def _changed_share(kind: str, site: str, prepared: Prepared, bound: float) -> Draw:
    def draw(load: DayLoad, change: float, rng: np.random.Generator) -> SiteDay:
        chance = bound + change if kind == "override_rate" else bound - change
        drawn = (rng.random(load.cases) < chance).astype(np.int8)
        if kind == "override_rate":
            return SiteDay(site, load.day, {}, overruled=drawn)
        if kind == "concordance":
            return SiteDay(site, load.day, {}, agreed=drawn)
        wanted = 0 if prepared["measure"] == "specificity" else 1
        truth = np.full(load.cases, wanted, np.int8)
        said = np.where(drawn == 1, wanted, 1 - wanted).astype(np.int8)
        return SiteDay(site, load.day, {}, truth, said)

    return draw


def _wider_gap(site: str, prepared: Prepared, rest: float, beside: float) -> Draw:
    """Cases of the level, and as many of the others beside each as there have been so far."""
    wanted = 0 if prepared["measure"] == "specificity" else 1

    def draw(load: DayLoad, change: float, rng: np.random.Generator) -> SiteDay:
        sides = []
        for n, share in ((load.cases, rest - prepared["allowed_gap"] - change),
                         (round(load.cases * beside), rest)):  # fmt: skip
            right = rng.random(n) < share
            sides += [np.full(n, wanted, np.int8), np.where(right, wanted, 1 - wanted)]
        own, said, others, called = (one.astype(np.int8) for one in sides)
        return SiteDay(
            site, load.day, {}, own, said, rest_truth=others, rest_decision=called
        )

    return draw


def _quoted(chart: ChartPlan, site: str, findable: float | None) -> SmallestChange:
    if findable is None:
        return SmallestChange(
            chart.name, site, None, "not estimable: the chart states no figure for its last window"
        )
    unit = {"study_volume": "of the usual number", "calibration": "in log odds"}.get(
        chart.detector, "of a share or distance"
    )
    return SmallestChange(
        chart.name, site, float(findable),
        f"{findable:.2g} {unit} in one window, with probability {WANTED:g} (computed)",
    )


def _silence(
    chart: ChartPlan, site: str, prepared: Prepared, week: Sequence[DayLoad]
) -> SmallestChange:
    """How many silent days in a row signal: counted with the chart itself."""
    state = None
    day = week[0].day if week else date.min
    for number in range(1, int(prepared["horizon_days"]) + 1):
        found = step_chart(chart, prepared, state, SiteDay(site, day, {}))
        if found.signal:
            return SmallestChange(
                chart.name, site, float(number), f"{number} silent days in a row, always"
            )
        state, day = found.state, day + timedelta(days=1)
    return SmallestChange(chart.name, site, None, "none within the horizon")
