"""Have the scores of a window changed? For scores of any scale, window by window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    Column,
    Parameter,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.calendar_windows import FLOOR, LEAST_REFERENCE, SMALLEST_SHIFT, WINDOW
from monitoring.detectors.fact_distribution import prepare_column, step_column
from monitoring.detectors.running_totals import ADDS_UP
from monitoring.detectors.sentences import window_sentence

__all__ = ["ScoreDistribution"]


class ScoreDistribution:
    """Finds scores that lie higher, lower, wider or narrower than the reference's, and studies
    that came back without one.

    The conformal test asks the same day after day with growing evidence, but takes a slow drift
    into its pool and needs probabilities; this chart holds each window against the frozen
    reference alone. Value: largest difference of the cumulative shares; limit on the same scale.
    """

    name = "score_distribution"
    in_control = "scores of the window are exchangeable with the site's frozen reference"
    parameters = (
        Parameter("column", "score", "column of scores, of any scale"),
        WINDOW, FLOOR, SMALLEST_SHIFT, LEAST_REFERENCE, ADDS_UP,
    )  # fmt: skip

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The reference scores as counts."""
        return prepare_column(reference, context, parameters, kind="numbers")

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Judges the window on its last day."""
        return step_column(prepared, state, today)

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return window_sentence(result)
