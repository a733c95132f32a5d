"""All charts of one site together: prepared before day one, stepped day by day. Pure."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from monitoring.chart_levels import WITHOUT_REFERENCE, day_of_level
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    ChartStatus,
    Column,
    NotWatchable,
    Prepared,
    SiteDay,
    State,
)
from monitoring.plan import ChartPlan, ParsedPlan
from monitoring.seasons import prepare_by_season, step_by_season

__all__ = ["broken", "prepare_chart", "prepare_site", "step_chart", "step_site"]


def prepare_site(
    plan: ParsedPlan,
    reference: Mapping[str, Column],
    *,
    contexts: Mapping[str, ChartContext],
    of_levels: Mapping[str, Mapping[str, Column] | str] | None = None,
) -> tuple[dict[str, Prepared], dict[str, str]]:
    """Every chart of a site, prepared; and for those that cannot run there, why.

    of_levels: by name of a level its own reference, or why it has none.
    """
    prepared: dict[str, Prepared] = {}
    refused: dict[str, str] = {}
    for chart in plan.charts:
        own: Mapping[str, Column] | str = reference
        if chart.level is not None and chart.detector not in WITHOUT_REFERENCE:
            own = (of_levels or {}).get(chart.level.name, "no reference of the level")
        if isinstance(own, str):
            refused[chart.name] = own
            continue
        try:
            prepared[chart.name] = prepare_chart(chart, own, context=contexts[chart.name])
        except NotWatchable as reason:
            refused[chart.name] = str(reason)
    return prepared, refused


def prepare_chart(
    chart: ChartPlan, reference: Mapping[str, Column], *, context: ChartContext
) -> Prepared:
    """One chart at one site, prepared; raises NotWatchable with the reason."""
    detector = DETECTORS[chart.detector]
    if chart.season:
        return prepare_by_season(
            detector, reference, context=context, parameters=chart.parameters
        )
    return detector.prepare(reference, context=context, parameters=chart.parameters)


def step_site(
    plan: ParsedPlan,
    prepared: Mapping[str, Prepared],
    states: Mapping[str, State],
    today: SiteDay,
) -> list[ChartResult]:
    """Every prepared chart of a site, one day on; charts without a state start afresh."""
    return [
        step_chart(chart, prepared[chart.name], states.get(chart.name), today)
        for chart in plan.charts
        if chart.name in prepared
    ]


def step_chart(
    chart: ChartPlan, prepared: Prepared, state: State | None, today: SiteDay
) -> ChartResult:
    """One chart, one day on. A chart that breaks says 'failed', keeps its state and stops no other:
    a day on which nothing is known must not look like a quiet one, nor hide its neighbours.

    The reason names the kind of the failure and no value: a value may name a patient.
    """
    try:
        own = today if chart.level is None else day_of_level(chart.level, today)
        detector = DETECTORS[chart.detector]
        step = partial(step_by_season, detector) if chart.season else detector.step
        return _of_level(chart, step(prepared, state, own))
    except Exception as failure:
        blank = ChartResult(
            chart.name, today.site, today.day, today.n, ChartStatus.FAILED,
            prepared.get("limit"), state=state or {},
        )
        return _of_level(chart, broken(blank, failure))


def _of_level(chart: ChartPlan, result: ChartResult) -> ChartResult:
    """The result with the level it is of, as the point and its alert keep it."""
    if chart.level is None:
        return result
    return replace(result, details=result.details | {"of": chart.level.to_dict()})


def broken(point: ChartResult, failure: Exception) -> ChartResult:
    """The point of a chart that broke: where in the program, and no value."""
    place = traceback.extract_tb(failure.__traceback__)[-1]
    where = f"{type(failure).__name__} in {Path(place.filename).name}, line {place.lineno}"
    return replace(point, status=ChartStatus.FAILED, reason=f"the chart failed: {where}")
