"""What the pages ask about surveillance: where every chart stands, its points, its reports.

Every answer quotes stored rows; nothing is computed from them but an order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from records.chart_names import level_of
from records.product import Device, ModelVersion, Site
from records.surveillance import (
    Alert,
    ChartBaseline,
    ChartPoint,
    DriftReport,
    MonitoringPlan,
    MonitoringRun,
    Revalidation,
)


@dataclass(frozen=True, slots=True)
class ChartStanding:
    """Where a chart stands at a site: its latest point, and the alert that nobody closed yet."""

    device: str
    chart: str
    site: str
    day: date
    n: int
    statistic: float | None
    limit: float | None
    signal: bool
    reason: str
    details: dict[str, Any]
    alert: str = ""
    alert_status: str = ""
    revalidation: str = ""
    """The last revalidation at the site, where it found the measure of this chart degraded."""

    @property
    def state(self) -> str:
        """open alert, signal, failed, degraded, not estimable, underpowered, or in control."""
        if self.alert:
            return "open alert"
        if self.signal:
            return "signal"
        if self.details.get("status") == "failed":
            return "failed"
        if self.revalidation:
            return "degraded"
        if self.details.get("status") == "underpowered":
            return "underpowered"
        return "not estimable" if self.statistic is None else "in control"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a chart was prepared with at a site before day one, or why it cannot run there."""

    chart: str
    site: str
    reference_n: int
    alpha: float
    reason: str
    measure: str
    """The claimed measure, for a chart of performance; empty for the others."""
    bound: float | None
    """The claim less its margin, for a chart of performance."""
    windows: bool = False
    """Whether it estimates whole windows, before their truth is known and as it arrives."""
    allowed_gap: float | None = None
    """How far a level may lie behind the others, for a chart that compares them."""
    device: str = ""


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One day of a control chart, as stored."""

    chart: str
    site: str
    day: date
    n: int
    value: float | None
    low: float | None
    high: float | None
    statistic: float | None
    limit: float | None
    signal: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A stored figure with its interval and number, or the reason why there is none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str
    day: date
    """When it was computed."""


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """A window as last computed: its figure by way; of each way the last one that was estimable."""

    site: str
    first: date
    last: date
    studies: int
    known: int
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class DriftVerdicts:
    """What Evidently said on one day about all sites together."""

    label: str
    day: date
    occasion: str
    reference_rows: int
    current_rows: int
    html_digest: str
    verdicts: list[Any] = field(default_factory=list)


def _of_device(query: Any, device: str) -> Any:
    """The points of a device's plans only; two devices have charts of the same names."""
    query = query.join(MonitoringRun, col(MonitoringRun.id) == ChartPoint.run_id)
    query = query.join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
    query = query.join(Device, col(Device.id) == MonitoringPlan.device_id)
    return query.where(Device.name == device) if device else query


def chart_standings(
    reader: Session, *, device: str = "", site: str = ""
) -> list[ChartStanding]:
    """Where every chart of a device, or of all, stands at every site, or at one: the point of its
    last day, and the alert that is not closed."""
    query: Any = select(
        Device.name, ChartPoint.chart, ChartPoint.site, ChartPoint.day, ChartPoint.n,
        ChartPoint.statistic, ChartPoint.limit, ChartPoint.signal, ChartPoint.reason,
        ChartPoint.details,
    )  # type: ignore[call-overload]
    points = reader.exec(
        _of_device(query, "").where(col(ChartPoint.id).in_(_latest_points(device, site)))
        .order_by(ChartPoint.chart, ChartPoint.site, Device.name)
    )
    waiting = {
        (name, chart, alert.site): (alert.label, alert.status)
        for alert, name in reader.exec(
            select(Alert, Device.name)
            .join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
            .join(Device, col(Device.id) == MonitoringPlan.device_id)
            .where(col(Alert.status) != "closed")
        )
        for chart in alert.charts
    }
    degraded = _degraded_charts(reader)
    rows: list[list[Any]] = [
        [*row, *waiting.get((row[0], row[1], row[2]), ("", "")),
         degraded.get((row[0], row[1], row[2]), "")]
        for row in points
    ]
    return [ChartStanding(*row) for row in rows]


def _latest_points(device: str, site: str) -> Any:
    """The last point of each chart of a device at each site, looked up one after the other by the
    index.

    A chart has a point a day: to rank them all would read years to show a day.
    """
    point, named = aliased(ChartPoint), aliased(Device)
    chart = select(func.max(point.chart).label("chart")).cte("charts", recursive=True)
    below = select(func.max(point.chart)).where(col(point.chart) < chart.c.chart)
    chart = chart.union_all(
        select(below.scalar_subquery()).where(chart.c.chart.is_not(None))
    )
    of_chart = select(func.max(point.site)).where(col(point.chart) == chart.c.chart)
    place = (
        select(chart.c.chart, of_chart.scalar_subquery().label("site"))
        .where(chart.c.chart.is_not(None)).cte("places", recursive=True)
    )  # fmt: skip
    beside = select(func.max(point.site)).where(
        col(point.chart) == place.c.chart, col(point.site) < place.c.site
    )
    place = place.union_all(
        select(place.c.chart, beside.scalar_subquery()).where(place.c.site.is_not(None))
    )
    devices = select(Device.name).where(Device.name == device) if device else select(Device.name)
    about = devices.distinct().subquery()
    last = (
        select(point.id)
        .join(MonitoringRun, col(MonitoringRun.id) == point.run_id)
        .join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
        .join(named, col(named.id) == MonitoringPlan.device_id)
        .where(col(point.chart) == place.c.chart, col(point.site) == place.c.site,
               col(named.name) == about.c.name)
        .order_by(col(point.day).desc(), col(point.id).desc()).limit(1)
    )  # fmt: skip
    wanted = place.c.site == site if site else place.c.site.is_not(None)
    return select(last.scalar_subquery()).select_from(place).join(about, true()).where(wanted)


def _degraded_charts(reader: Session) -> dict[tuple[str, str, str], str]:
    """Charts of performance whose measure the last revalidation at the site found degraded, by
    device, chart and site.

    Such a chart counts since the deployment and dilutes a loss that began later: quiet is no
    contradiction, and must not read as one.
    """
    latest = (
        select(func.max(Revalidation.id))
        .join(ModelVersion, col(ModelVersion.id) == Revalidation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .group_by(Device.name, Revalidation.site)
    )
    found = reader.exec(
        select(Revalidation, Device.name)
        .join(ModelVersion, col(ModelVersion.id) == Revalidation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(col(Revalidation.id).in_(latest), Revalidation.outcome == "degraded")
    ).all()
    measures = {
        (one.device, one.chart, one.site): one.measure for one in baselines(reader)
        if one.measure and one.allowed_gap is None and not level_of(one.chart)
    } if found else {}  # fmt: skip
    return {
        (device, chart, site): one.label
        for one, name in found
        for (device, chart, site), measure in measures.items()
        if (device, site) == (name, one.site)
        and measure in one.comparison.get("below_claim", [])
    }


def baselines(reader: Session, *, device: str = "") -> list[Baseline]:
    """What every chart was prepared with at every site; the latest preparation of each."""
    plans = (
        select(MonitoringPlan.id, Device.name.label("device"))  # type: ignore[attr-defined]
        .join(Device, col(Device.id) == MonitoringPlan.device_id).subquery()
    )
    latest = (
        select(func.max(ChartBaseline.id)).join(plans, plans.c.id == ChartBaseline.plan_id)
        .group_by(plans.c.device, ChartBaseline.chart, col(ChartBaseline.site_id))
    )
    query = (
        select(ChartBaseline, Site.name, plans.c.device)
        .join(Site, col(Site.id) == ChartBaseline.site_id)
        .join(plans, plans.c.id == ChartBaseline.plan_id)
        .where(col(ChartBaseline.id).in_(latest))
        .order_by(ChartBaseline.chart, Site.name)
    )
    if device:
        query = query.where(plans.c.device == device)
    return [
        Baseline(
            chart=one.chart, site=site, reference_n=one.n, alpha=one.alpha, reason=one.reason,
            measure=_claimed(one.prepared), bound=one.prepared.get("bound"),
            windows="truth_days" in one.prepared, allowed_gap=one.prepared.get("allowed_gap"),
            device=name,
        )
        for one, site, name in reader.exec(query)
    ]


def _claimed(prepared: dict[str, Any]) -> str:
    """The measure of a chart of performance; a share that must stay low, such as of files refused,
    is none."""
    return "" if "highest_share" in prepared else str(prepared.get("measure", ""))


def _series(reader: Session, device: str, *conditions: Any) -> list[SeriesPoint]:
    query: Any = select(
        ChartPoint.chart, ChartPoint.site, ChartPoint.day, ChartPoint.n, ChartPoint.value,
        ChartPoint.low, ChartPoint.high, ChartPoint.statistic, ChartPoint.limit,
        ChartPoint.signal, ChartPoint.reason,
    )  # type: ignore[call-overload,misc]
    if device:
        query = _of_device(query, device)
    rows = reader.exec(
        query.where(*conditions).order_by(ChartPoint.chart, ChartPoint.site, ChartPoint.day)
    )
    return [SeriesPoint(*row) for row in rows]


def chart_series(
    reader: Session, chart: str, site: str, *, device: str = "", first: date | None = None,
    last: date | None = None,
) -> list[SeriesPoint]:
    """The points of one chart of a device at one site, by day, within these days.

    Without a device, of the only one: two devices have charts of the same names.
    """
    days = [col(ChartPoint.day) >= first] if first else []
    days += [col(ChartPoint.day) <= last] if last else []
    return _series(reader, device, ChartPoint.chart == chart, ChartPoint.site == site, *days)


def performance_series(
    reader: Session, charts: Sequence[str], *, device: str = ""
) -> list[SeriesPoint]:
    """All points of these charts at all sites: performance where the truth is known."""
    return _series(reader, device, col(ChartPoint.chart).in_(charts))


def window_figures(reader: Session, chart: str, *, device: str = "") -> list[WindowFigures]:
    """Every window of a chart of estimated performance, by site and time, as last computed.

    Truth that came later is in later points; a way that is over (nothing to steady once all truth
    is known) keeps its last figure.
    """
    query: Any = select(ChartPoint.site, ChartPoint.day, ChartPoint.details)
    query = (_of_device(query, device) if device else query).where(ChartPoint.chart == chart)
    rows = reader.exec(query.order_by(ChartPoint.site, ChartPoint.day, ChartPoint.id))
    found: dict[tuple[str, str], WindowFigures] = {}
    for site, day, details in rows:
        judged = [details] if "figures" in details else []
        for one in [*judged, *details.get("revised", [])]:
            key = (site, one["window_start"])
            earlier = found[key].figures if key in found else {}
            found[key] = WindowFigures(
                site, date.fromisoformat(one["window_start"]),
                date.fromisoformat(one["window_end"]), one["studies"], one["known"],
                {way: _latest(earlier.get(way), told, day)
                 for way, told in one["figures"].items()},
            )  # fmt: skip
    return [one for _, one in sorted(found.items())]


def _latest(earlier: Figure | None, told: dict[str, Any], day: date) -> Figure:
    if told.get("value") is None and earlier is not None and earlier.value is not None:
        return earlier
    return Figure(
        told.get("value"), told.get("low"), told.get("high"), int(told.get("n") or 0),
        str(told.get("reason") or ""), day,
    )  # fmt: skip


def drift_reports(reader: Session, *, device: str = "") -> list[DriftVerdicts]:
    """Evidently's reports of a device, or of all, the newest first."""
    query = select(DriftReport)
    if device:
        query = query.join(MonitoringRun, col(MonitoringRun.id) == DriftReport.run_id)
        query = query.join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
        query = query.join(Device, col(Device.id) == MonitoringPlan.device_id)
        query = query.where(Device.name == device)
    return [
        DriftVerdicts(
            label=one.label, day=one.day, occasion=one.occasion,
            reference_rows=one.reference_rows, current_rows=one.current_rows,
            html_digest=one.html_digest, verdicts=one.verdicts,
        )
        for one in reader.exec(
            query.order_by(col(DriftReport.day).desc(), col(DriftReport.id).desc())
        )
    ]
