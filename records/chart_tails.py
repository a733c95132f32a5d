"""The last points of every chart, for a glance at each: a line, its limit, and how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.product import Device
from records.surveillance import ChartPoint, MonitoringPlan, MonitoringRun

__all__ = ["TAIL", "ChartTail", "chart_tails"]

TAIL: Final = 30
"""Days of surveillance that a glance shows."""


@dataclass(frozen=True, slots=True)
class ChartTail:
    """The last stored points of a chart at a site, the oldest first; None: not estimable."""

    days: tuple[date, ...]
    statistics: tuple[float | None, ...]
    limit: float | None
    """The limit of the last day."""


def chart_tails(
    session: Session, *, device: str = "", site: str = "", runs: int = TAIL
) -> Mapping[tuple[str, str, str], ChartTail]:
    """By device, chart and site the points of the last days of surveillance, as stored.

    Read by those days alone, so that years of points before them cost nothing.
    """
    place = func.row_number().over(
        partition_by=col(Device.name),
        order_by=(col(MonitoringRun.day).desc(), col(MonitoringRun.id).desc()),
    )
    every: Any = (
        select(col(MonitoringRun.id).label("run"), col(Device.name).label("device"),
               place.label("place"))
        .join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
    )  # fmt: skip
    ranked = (every.where(Device.name == device) if device else every).subquery()
    query: Any = (
        select(  # type: ignore[call-overload]
            ranked.c.device, ChartPoint.chart, ChartPoint.site, ChartPoint.day,
            ChartPoint.statistic, ChartPoint.limit,
        )
        .join(ranked, ranked.c.run == ChartPoint.run_id)
        .where(ranked.c.place <= runs)
        .order_by(ranked.c.place.desc())
    )
    if site:
        query = query.where(ChartPoint.site == site)
    grouped: dict[tuple[str, str, str], list[Any]] = {}
    for row in session.exec(query):
        grouped.setdefault((row[0], row[1], row[2]), []).append(row)
    return {
        key: ChartTail(
            tuple(one.day for one in own), tuple(one.statistic for one in own), own[-1].limit
        )
        for key, own in grouped.items()
    }
