"""All charts of one site together: prepared before day one, stepped day by day. Pure."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

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

__all__ = ["prepare_site", "step_chart", "step_site"]


def prepare_site(
    plan: ParsedPlan,
    reference: Mapping[str, Column],
    *,
    contexts: Mapping[str, ChartContext],
) -> tuple[dict[str, Prepared], dict[str, str]]:
    """Every chart of a site, prepared; and for those that cannot run there, why."""
    prepared: dict[str, Prepared] = {}
    refused: dict[str, str] = {}
    for chart in plan.charts:
        try:
            prepared[chart.name] = DETECTORS[chart.detector].prepare(
                reference, context=contexts[chart.name], parameters=chart.parameters
            )
        except NotWatchable as reason:
            refused[chart.name] = str(reason)
    return prepared, refused


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
        return DETECTORS[chart.detector].step(prepared, state, today)
    except Exception as failure:
        place = traceback.extract_tb(failure.__traceback__)[-1]
        return ChartResult(
            chart.name, today.site, today.day, today.n, ChartStatus.FAILED, prepared.get("limit"),
            reason=f"the chart failed: {type(failure).__name__} in {Path(place.filename).name}, "
            f"line {place.lineno}",
            state=state or {},
        )
