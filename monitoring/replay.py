"""The watch on tables from outside: the same detectors, limits and alerts, without a workspace.

Charts that judge calendar windows hold each window against the whole reference of the site; charts
that go on from day to day get, as in operation, a reference of the plan's size chosen by
:func:`monitoring.windows.choose_reference`. Several studies of a patient in one window count once,
except where studies themselves are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from monitoring.chart_levels import WITHOUT_REFERENCE
from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    ChartStatus,
    Column,
    NotWatchable,
    State,
)
from monitoring.detectors.calendar_windows import Window, window_holding
from monitoring.plan import ChartPlan, allocate
from monitoring.replay_alerts import alerts_of
from monitoring.replay_days import TableDays, reference_columns, sampled_reference
from monitoring.replay_plan import PERFORMANCE, ReplayPlan
from monitoring.replay_tables import WatchTable
from monitoring.site_charts import broken, prepare_chart, step_chart
from records.chart_names import level_of
from records.errors import InvalidInput

__all__ = ["Replayed", "replay"]

COUNTING = (
    "study_volume", "silent_days", "estimated_performance", "stated_share", "new_name",
)  # fmt: skip
"""Charts that take every study: of the third, truth must find the studies it belongs to."""
STATES = {
    ChartStatus.IN_CONTROL: "quiet", ChartStatus.SIGNAL: "alert",
    ChartStatus.NO_DATA: "not estimable", ChartStatus.UNDERPOWERED: "underpowered",
    ChartStatus.FAILED: "failed",
}  # fmt: skip


@dataclass(frozen=True)
class Replayed:
    """Chart points and alerts as plain values, and how the budget was shared out."""

    points: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    budget: str
    remarks: tuple[str, ...] = ()
    """What whoever reads the result must know of how it was asked."""

    def to_dict(self) -> dict[str, Any]:
        """What `--json` prints; its schema is docs/monitor-replay.schema.json."""
        return {"points": self.points, "alerts": self.alerts}


def replay(plan: ReplayPlan, reference: WatchTable, current: WatchTable) -> Replayed:
    """Every chart of the plan over every window of the current table, site by site.

    Raises:
        InvalidInput: The two tables share no site, or a column of the plan holds nothing in the
            reference; named.
    """
    _refuse_unlike(plan, reference, current)
    allocation = allocate(plan.plan, sites=len(reference.sites))
    results: list[ChartResult] = []
    for site in sorted({*reference.sites, *current.sites}):
        known = site in reference.sites
        days = TableDays(
            current, site, plan.plan.maximum_delay_days, facts=plan.plan.level_fields
        )
        for chart in plan.plan.charts:
            context = _context(plan, chart, reference, site, allocation.alpha_of(chart))
            if known:
                results += _watched(plan, chart, reference, days, context)
            else:
                reason = "the reference holds no study of this site"
                results += _not_watched(chart, days, context, reason)
    results.sort(key=lambda one: (one.day, one.site))
    alerts = alerts_of(plan, results, reference, current)
    budget = (
        f"False alerts a year, on average: at most {plan.alerts_per_year:.3g}. "
        f"{allocation.sentence()}"
    )
    return Replayed([_point(one) for one in results], alerts, budget)


def _refuse_unlike(plan: ReplayPlan, reference: WatchTable, current: WatchTable) -> None:
    if not set(reference.sites) & set(current.sites):
        one, other = (", ".join(table.sites[:5]) for table in (reference, current))
        raise InvalidInput(
            f"{reference.name} and {current.name} share no site: {one} there, {other} here.",
            hint="Name the column of the site with --site-column, or use one plan for each.",
        )
    if reference.zoned != current.zoned:
        with_zone, without = (
            (reference, current) if reference.zoned else (current, reference)
        )
        raise InvalidInput(
            f"The times of {with_zone.name} name a time zone, those of {without.name} do not.",
            hint="Write both with a zone, or both without.",
        )
    for table in (reference, current):
        for role in sorted(plan.needs() - set(table.values())):
            raise InvalidInput(
                f"{table.name}: there is no column of the {role}, which the plan watches.",
                hint=f"Name it with --{role}-column, or take the chart out of the plan.",
            )
    values = reference.values()
    for column in {*plan.kinds()} - plan.may_lack():
        if not _any_value(values[column]):
            raise InvalidInput(
                f"{reference.name}: column '{column}' has no value in any of {reference.n} rows.",
                hint="Leave it out of the plan, or give a reference that holds it.",
            )


def _any_value(values: Any) -> bool:
    if values.dtype == object:
        return any(one is not None for one in values)
    return bool(np.isfinite(values).any())


def _context(
    plan: ReplayPlan, chart: ChartPlan, reference: WatchTable, site: str, alpha: float
) -> ChartContext:
    rows = reference.rows_of(site)
    days = reference.day[rows]
    spanned = int(days[-1] - days[0]) + 1 if len(days) else 1
    n = len(days)
    if chart.level is not None and n:
        n = int(chart.level.holds({chart.level.field: _field(reference, chart)[rows]}, n).sum())
    return ChartContext(
        chart.name, site, alpha, plan.plan.horizon_days, max(round(n / spanned), 1),
        plan.plan.minimum_n, plan.bounds, seed=0,
    )


def _field(table: WatchTable, chart: ChartPlan) -> Column:
    assert chart.level is not None
    return table.values()[chart.level.field]


def _frozen(
    plan: ReplayPlan, chart: ChartPlan, reference: WatchTable, site: str
) -> dict[str, Column]:
    """The reference of a chart at a site: of a chart of a level, its studies alone.

    Raises NotWatchable with the reason.
    """
    if chart.detector in WITHOUT_REFERENCE and chart.level is not None:
        return {}
    length = chart.parameters.get("window")
    if length or chart.detector in COUNTING:
        found = reference_columns(
            reference, site, length or "day", thinned=chart.detector not in COUNTING
        )
        if chart.level is None:
            return found
        own = chart.level.holds(found, len(next(iter(found.values()))))
        return {name: one[own] for name, one in found.items()}
    return sampled_reference(reference, site, plan.plan.reference, level=chart.level)


def _watched(
    plan: ReplayPlan, chart: ChartPlan, reference: WatchTable, days: TableDays,
    context: ChartContext,
) -> list[ChartResult]:  # fmt: skip
    """One chart at one site: prepared once, then stepped window by window."""
    length = chart.parameters.get("window")
    counting = chart.detector in COUNTING
    try:
        frozen = _frozen(plan, chart, reference, context.site)
        prepared = prepare_chart(chart, frozen, context=context)
    except NotWatchable as refused:
        return _not_watched(chart, days, context, refused.message)
    except Exception as failure:
        said = [replace(one, reason="") for one in _not_watched(chart, days, context, "")]
        return [broken(one, failure) for one in said]
    results, state = [], State()
    for window in _windows(chart, days):
        if chart.detector == "study_volume" and not days.covers(window):
            reason = "the table covers a part of this window only"
            results.append(_unjudged(chart, context, window, reason))
            continue
        today = days.during(window, thinned=not counting, by=length or "day")
        result = step_chart(chart, prepared, state or None, today)
        state = result.state
        results.append(replace(result, state={}))
    return results


def _windows(chart: ChartPlan, days: TableDays) -> Iterator[Window]:
    """The windows of a chart: from the first day of the table to its last, of truth to the last."""
    length = chart.parameters.get("window", "day")
    last = days.last_truth if chart.detector in PERFORMANCE else days.last
    window = window_holding(days.first, length)
    while window.first <= last:
        yield window
        window = window_holding(window.last + timedelta(days=1), length)


def _not_watched(
    chart: ChartPlan, days: TableDays, context: ChartContext, reason: str
) -> list[ChartResult]:
    return [_unjudged(chart, context, window, reason) for window in _windows(chart, days)]


def _unjudged(
    chart: ChartPlan, context: ChartContext, window: Window, reason: str
) -> ChartResult:
    details = {"window_start": window.first.isoformat(), "window_end": window.last.isoformat()}
    return ChartResult(
        chart.name, context.site, window.last, 0, ChartStatus.NO_DATA, None, reason=reason,
        details=details,
    )  # fmt: skip


def _point(one: ChartResult) -> dict[str, Any]:
    day = one.day.isoformat()
    return {
        "chart": one.chart, "site": one.site,
        "window_start": one.details.get("window_start", day),
        "window_end": one.details.get("window_end", day),
        "n": one.n, "value": one.value, "low": one.low, "high": one.high, "limit": one.limit,
        "state": STATES[one.status], "statistic": one.statistic, "reason": one.reason,
        "column": one.details.get("column"), "subgroup": level_of(one.chart),
        **{name: one.details[name] for name in ("known", "figures", "revised")
           if name in one.details},
    }  # fmt: skip

