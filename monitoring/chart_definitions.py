"""How a chart is computed, for whoever looks at it: definition, method, n, window, promise.

The words are those of the detectors themselves (the question that opens their file, and what their
class promises), with the figures of the plan and of the frozen reference: no page has words of its
own about a chart.
"""

import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from sqlmodel import Session, col, select

from records.chart_names import level_of
from records.counting import counted
from records.product import Device, Site
from records.surveillance import ChartBaseline, MonitoringPlan

if TYPE_CHECKING:
    from monitoring.detectors.base import Detector
    from monitoring.plan import ChartPlan
    from records.overview import DayVolume
    from records.surveillance_overview import WindowFigures

EVIDENTLY = "evidently "
_ROLE = re.compile(r":(?:mod|class|func|data|meth):`[~.]?([^`]*)`")
_OF_TABLES = (
    "Evidently compares one column of all sites together with the reference, once a week, by the "
    "distance and the limit that the plan pins. It counts no false alarms and raises no alert."
)
_OF_VOLUME = (
    "How many of this kind each day's surveillance counted at each site, on the day of arrival by "
    "the workspace's clock; a day without surveillance has no bar, which is not zero."
)


class Point(Protocol):
    """A day of a chart."""

    @property
    def day(self) -> date: ...
    @property
    def n(self) -> int: ...
    @property
    def statistic(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Explanation:
    """How something that is drawn was computed; every chart of a page has one.

    question: what it answers. definition: what is drawn. n: of how many. window: of which days.
    method: how it was computed and judged. more: further facts by name.
    """

    question: str
    definition: str
    n: str
    window: str
    method: str
    more: tuple[tuple[str, str], ...] = ()


def words_of(detector: "Detector") -> tuple[str, str]:
    """The question that a kind of chart answers, and what its points, limit and promise are.

    >>> from monitoring.detectors import find_detector
    >>> words_of(find_detector("silent_days"))[0]
    'Has a site fallen silent? Days in a row with too few studies.'
    """
    kind = type(detector)
    question = (sys.modules[kind.__module__].__doc__ or "").partition("\n\n")[0]
    return _plain(question), _plain(inspect.getdoc(kind) or "")


def _plain(text: str) -> str:
    """A docstring as prose: lines joined, marks of code taken off."""
    joined = " ".join(text.split())
    bare = _ROLE.sub(lambda found: found[1].rpartition(".")[2], joined).replace("`", "")
    return bare.replace("*", "")


def chart_explanation(
    reader: Session, device: str, chart: str, site: str, points: Sequence[Point]
) -> Explanation:
    """How a control chart of a device is computed; without a site, at any of its sites."""
    prepared, plan = _prepared(reader, device, chart, site)
    drawn = [one for one in points if one.statistic is not None]
    n = "Nothing is drawn." if not points else (
        f"Each point has its own n, shown where it is touched; the last: n = {points[-1].n:,} "
        f"({points[-1].day})."
    )
    window = _window([one.day for one in points], f"{len(drawn)} of {counted(len(points), 'point')}"
                     " with a statistic")  # fmt: skip
    if chart.startswith(EVIDENTLY):
        return Explanation(f"Has {chart.removeprefix(EVIDENTLY)} moved between the tables?",
                           _OF_TABLES, n, window, "Distance against a pinned limit.")  # fmt: skip
    planned = _planned(plan, chart)
    if planned is None:
        return Explanation(chart, "The plan that is in force does not name this chart any more.",
                           n, window, "See the monitoring plan of that time.")  # fmt: skip
    return _of_plan(planned, prepared, plan, n, window)


def _of_plan(
    planned: "ChartPlan", prepared: ChartBaseline | None, plan: MonitoringPlan | None, n: str,
    window: str,
) -> Explanation:
    from monitoring.detectors import find_detector

    detector = find_detector(planned.detector)
    question, definition = words_of(detector)
    facts = [("Quiet means", f"{detector.in_control}."), ("Plan", plan.label if plan else "none")]
    if level := level_of(planned.name):
        facts.insert(0, ("Of", level.replace("=", " ", 1)))
    meanings = {one.name: one.meaning for one in detector.parameters}
    facts += [(_plain(meanings[name]).capitalize(), _said(value))
              for name, value in planned.parameters.items() if name in meanings]  # fmt: skip
    method = f"Kind of chart: {planned.detector}."
    if prepared is not None:
        horizon = plan.content.get("horizon_days") if plan else None
        facts.append(("Frozen reference", counted(prepared.n, "study")))
        if not prepared.reason:
            method += (
                f" Its limit is solved so that any false alert within {horizon} days has a "
                f"probability of at most {prepared.alpha:.2g} at a site."
            )
    return Explanation(question, definition, n, window, method, tuple(facts))


def window_explanation(
    reader: Session, device: str, chart: str, site: str, windows: Sequence["WindowFigures"]
) -> Explanation:
    """How the windows of a chart of estimated performance at a site are computed."""
    from dataclasses import replace

    found = chart_explanation(reader, device, chart, site, [])
    studies = [one.studies for one in windows]
    n = "Nothing is drawn." if not windows else (
        f"{min(studies):,} to {max(studies):,} studies a window; the n of each figure is shown "
        "where it is touched."
    )
    days = [one.first for one in windows] + [one.last for one in windows]
    return replace(found, n=n, window=_window(days, counted(len(windows), "window")))


def volume_explanation(volumes: Sequence["DayVolume"], kind: str) -> Explanation:
    """What the bars of arrivals count."""
    total = sum(int(one.counts.get(kind) or 0) for one in volumes)
    sites = len({one.site for one in volumes})
    return Explanation(
        f"How many came: {_plain(kind).replace('_', ' ')}?", _OF_VOLUME,
        f"{total:,} at {counted(sites, 'site')}.",
        _window([one.day for one in volumes], f"{len({one.day for one in volumes})} days"),
        "A count of records; nothing is estimated.",
    )


def _window(days: Sequence[date], what: str) -> str:
    return f"{min(days)} to {max(days)}: {what}." if days else "No day is drawn."


def _prepared(
    reader: Session, device: str, chart: str, site: str
) -> tuple[ChartBaseline | None, MonitoringPlan | None]:
    """What the chart was prepared with last, and the plan in force."""
    query = (
        select(ChartBaseline, MonitoringPlan)
        .join(MonitoringPlan, col(MonitoringPlan.id) == ChartBaseline.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
        .join(Site, col(Site.id) == ChartBaseline.site_id)
        .where(Device.name == device, ChartBaseline.chart == chart)
    )
    if site:
        query = query.where(Site.name == site)
    found = reader.exec(query.order_by(col(ChartBaseline.id).desc())).first()
    if found is not None:
        return found[0], found[1]
    plans = (
        select(MonitoringPlan).join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(Device.name == device).order_by(col(MonitoringPlan.id).desc())
    )
    return None, reader.exec(plans).first()


def _planned(plan: MonitoringPlan | None, chart: str) -> "ChartPlan | None":
    from monitoring.plan import parse_plan

    if plan is None:
        return None
    return next((one for one in parse_plan(plan.content).charts if one.name == chart), None)


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
