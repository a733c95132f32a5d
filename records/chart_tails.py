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
"""Points of a chart that a glance shows."""


@dataclass(frozen=True, slots=True)
class ChartTail:
    """The last stored points of a chart at a site, the oldest first; None: not estimable."""

    days: tuple[date, ...]
    statistics: tuple[float | None, ...]
    limit: float | None
    """The limit of the last day."""


def chart_tails(
    session: Session, *, device: str = "", site: str = "", points: int = TAIL
) -> Mapping[tuple[str, str, str], ChartTail]:
    """By device, chart and site the last points as stored; one question, nothing is computed."""
    place = func.row_number().over(
        partition_by=(col(Device.name), col(ChartPoint.chart), col(ChartPoint.site)),
        order_by=(col(ChartPoint.day).desc(), col(ChartPoint.id).desc()),
    )
    query: Any = (
        select(  # type: ignore[call-overload]
            col(Device.name).label("device"), ChartPoint.chart, ChartPoint.site, ChartPoint.day,
            ChartPoint.statistic, ChartPoint.limit, place.label("place"),
        )
        .join(MonitoringRun, col(MonitoringRun.id) == ChartPoint.run_id)
        .join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
    )
    if device:
        query = query.where(Device.name == device)
    if site:
        query = query.where(ChartPoint.site == site)
    found = query.subquery()
    rows = session.execute(
        select(found).where(found.c.place <= points)  # type: ignore[call-overload]
        .order_by(found.c.device, found.c.chart, found.c.site, found.c.place.desc())
    )
    grouped: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row.device, row.chart, row.site), []).append(row)
    return {
        key: ChartTail(
            tuple(one.day for one in own), tuple(one.statistic for one in own), own[-1].limit
        )
        for key, own in grouped.items()
    }
