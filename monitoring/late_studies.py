"""Studies that come after their day was watched: the charts go over those days again.

The points of those days stay as they were recorded. From the first day that gained a study on,
each chart is stepped anew from the state before it, with all that is known of those days now; it
goes on from where that leads. What came out otherwise than recorded stands with the next point, and
a signal that only the late studies make is raised then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from monitoring.detectors.base import ChartResult, Prepared, SiteDay, State
from monitoring.plan import ParsedPlan
from monitoring.site_charts import step_site
from records.cases import Study
from records.product import Site
from records.queries import chart_states, run_on
from records.renewed_references import renewed_since
from records.surveillance import Alert, ChartPoint, MonitoringPlan, MonitoringRun

__all__ = ["MOST_DAYS", "LateStudies", "Recomputed", "late_studies", "raised_late",
           "recompute"]  # fmt: skip

MOST_DAYS = 35
"""Days back from the last watched one that are gone over again; older studies are only counted."""


@dataclass(frozen=True, slots=True)
class LateStudies:
    """Of one site: the first watched day that gained studies since the last run, and how many came;
    too_late: how many for days further back."""

    first: date | None
    n: int
    too_late: int


@dataclass
class Recomputed:
    """What going over a site's days again gave: where each chart stands now, by chart what came out
    otherwise than it was recorded, and signals that were none then."""

    states: dict[str, State] = field(default_factory=dict)
    revised: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    signals: list[ChartResult] = field(default_factory=list)


def late_studies(reader: Session, plan: MonitoringPlan, *, last: date) -> dict[str, LateStudies]:
    """By site what came, since the run of the last watched day, for days watched before."""
    run = run_on(reader, plan, last)
    if run is None:
        return {}
    rows = reader.exec(
        select(col(Site.name), col(Study.arrived_on), func.count())
        .join(Site, col(Site.id) == Study.site_id)
        .join(MonitoringRun, col(MonitoringRun.day) == Study.arrived_on)
        .where(
            MonitoringRun.plan_id == plan.id, Study.purpose == "clinical",
            col(Study.received_at) > run.run_at, Study.arrived_on <= last,
        )
        .group_by(Site.name, col(Study.arrived_on))
    )  # fmt: skip
    found: dict[str, list[tuple[date, int]]] = {}
    for site, day, n in rows:
        found.setdefault(site, []).append((day, n))
    oldest = last - timedelta(days=MOST_DAYS)
    return {
        site: LateStudies(
            min((day for day, _ in days if day >= oldest), default=None),
            sum(n for day, n in days if day >= oldest),
            sum(n for day, n in days if day < oldest),
        )
        for site, days in found.items()
    }


def recompute(
    reader: Session, plan: MonitoringPlan, parsed: ParsedPlan, charts: Mapping[str, Prepared],
    site: str, *, first: date, last: date, day_of: Callable[[date], SiteDay],
) -> Recomputed:  # fmt: skip
    """Step the charts of a site over its watched days from `first` to `last` anew.

    A chart that started afresh in between (its alert was closed, its reference renewed) is left as
    it is. A day on which no chart ran at the site (use was suspended) is left out here too, and the
    charts begin afresh after it, as they did then. day_of: a watched day as it is known now.
    """
    runs = reader.exec(
        select(MonitoringRun)
        .where(MonitoringRun.plan_id == plan.id, col(MonitoringRun.day).between(first, last))
        .order_by(col(MonitoringRun.day))
    ).all()  # fmt: skip
    if not runs:
        return Recomputed()
    before, eve = chart_states(reader, plan, before=first)
    run_before = None if eve is None else run_on(reader, plan, eve)
    # what was closed between the run before and that of the first day began afresh on that day
    begun = runs[0].run_at if run_before is None else run_before.run_at
    afresh = _closed_since(reader, plan, begun) | renewed_since(reader, plan.id or 0, begun)
    again = {name: one for name, one in charts.items() if (name, site) not in afresh}
    stored = {
        (one.chart, one.day): one for one in reader.exec(
            select(ChartPoint).where(
                ChartPoint.site == site, col(ChartPoint.run_id).in_([one.id for one in runs])
            )
        )
    }
    found = Recomputed({name: before[name, site] for name in again if (name, site) in before})
    watched = {day for _, day in stored}
    for run in runs:
        if run.day not in watched:
            found.states = {}
            continue
        for result in step_site(parsed, again, found.states, day_of(run.day)):
            found.states[result.chart] = result.state
            old = stored.get((result.chart, run.day))
            if old is not None and _otherwise(result, old):
                found.revised.setdefault(result.chart, []).append(_told(result, run.day))
                if result.signal and not old.signal:
                    found.signals.append(result)
    return found


def raised_late(result: ChartResult, today: date) -> ChartResult:
    """A signal of an earlier day, as it is raised today."""
    return replace(
        result, day=today, details=result.details | {"found_late_of": result.day.isoformat()}
    )


def _closed_since(
    reader: Session, plan: MonitoringPlan, instant: datetime
) -> set[tuple[str, str]]:
    query = select(Alert).where(
        Alert.plan_id == plan.id, Alert.status == "closed", col(Alert.closed_at) >= instant
    )
    return {(chart, alert.site) for alert in reader.exec(query) for chart in alert.charts}


def _otherwise(result: ChartResult, old: ChartPoint) -> bool:
    return (result.n, result.value, result.statistic, result.signal) != (
        old.n, old.value, old.statistic, old.signal
    )


def _told(result: ChartResult, day: date) -> dict[str, Any]:
    return {
        "day": day.isoformat(), "n": result.n, "value": result.value, "low": result.low,
        "high": result.high, "statistic": result.statistic, "limit": result.limit,
        "status": str(result.status),
    }  # fmt: skip
