"""Are more studies than in the reference strange to the model, or is it unsure of more of them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    Column,
    NotWatchable,
    Parameter,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.calendar_windows import (
    FLOOR,
    LEAST_REFERENCE,
    SMALLEST_SHIFT,
    WINDOW,
)
from monitoring.detectors.positive_rate import PositiveRate
from monitoring.detectors.running_totals import ADDS_UP

__all__ = ["ShareBeyond"]


class ShareBeyond:
    """Finds a change of the share of studies with a value from a limit on: out of distribution at
    0.95 or more, uncertainty, latency.

    The share is judged as that of positive decisions is, against the frozen reference of the site
    (exact, hypergeometric; windows add up), so its promise is that of `positive_rate`. Value: the
    share in the window with Wilson's 95 % interval.
    """

    name = "share_beyond"
    in_control = "the share from the limit on is that of the site's frozen reference"
    parameters = (
        Parameter("column", "out_of_distribution", "numbers to watch"),
        Parameter("at_least", 0.95, "from where on a study counts"),
        WINDOW, FLOOR, SMALLEST_SHIFT, LEAST_REFERENCE, ADDS_UP,
    )  # fmt: skip
    _rate = PositiveRate()

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The reference studies from the limit on, counted."""
        column = parameters["column"]
        beyond = _beyond(reference.get(column, np.zeros(0)), parameters["at_least"])
        known, least = int(np.isfinite(beyond).sum()), parameters["least_reference"]
        if known < least:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {known} reference studies with {column}, "
                f"{least} needed.",
                hint=f"Collect more studies of this site that hold {column}.",
            )
        prepared = self._rate.prepare(
            {**reference, "decision": beyond}, context=context, parameters=parameters
        )
        return prepared | {"column": column, "at_least": parameters["at_least"]}

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Judges the window on its last day."""
        column = prepared["column"]
        values = today.values.get(column, np.full(today.n, np.nan))
        decided = {**today.values, "decision": _beyond(values, prepared["at_least"])}
        found = self._rate.step(prepared, state, replace(today, values=decided))
        told = found.details | {"at_least": prepared["at_least"]}
        if "column" in told:
            told["column"] = column
        return replace(found, details=told)

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        found = result.details
        return (
            f"share of studies with {found['column']} at or above {found['at_least']:g} is "
            f"{result.value:.3f} over {result.n} and was {found['reference']:.3f}"
        )


def _beyond(values: Column, at_least: float) -> Column:
    """1 from the limit on, 0 below it, NaN where there is no value."""
    numbers = np.asarray(values, np.float64)
    return np.where(np.isfinite(numbers), (numbers >= at_least).astype(np.float64), np.nan)
