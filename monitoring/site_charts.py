"""All charts of one site together: prepared before day one, stepped day by day. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    FloatArray,
    NotWatchable,
    Prepared,
    SiteDay,
    State,
)
from monitoring.plan import ParsedPlan

__all__ = ["prepare_site", "step_site"]


def prepare_site(
    plan: ParsedPlan,
    reference: Mapping[str, FloatArray],
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
        DETECTORS[chart.detector].step(prepared[chart.name], states.get(chart.name), today)
        for chart in plan.charts
        if chart.name in prepared
    ]
