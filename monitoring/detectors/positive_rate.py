"""Does the device call more, or fewer, studies positive than it did?"""

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
    Prepared,
    SiteDay,
    State,
    finite,
)
from monitoring.detectors.calendar_windows import (
    FLOOR,
    LEAST_REFERENCE,
    SMALLEST_SHIFT,
    WINDOW,
    Judged,
    frozen_windows,
    gathered,
    too_few,
    window_point,
)
from monitoring.detectors.sentences import rate_sentence
from monitoring.detectors.window_verdicts import judge_share

__all__ = ["PositiveRate"]


class PositiveRate:
    """Finds a change of the share of studies that the device calls positive.

    Value: that share in the window, with Wilson's 95 % interval. Limit: the share on the value's
    side of the reference that chance alone reaches too rarely (exact, hypergeometric).
    """

    name = "positive_rate"
    in_control = "the share called positive is that of the site's frozen reference"
    parameters = (WINDOW, FLOOR, SMALLEST_SHIFT, LEAST_REFERENCE)

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """Decisions of the reference, counted."""
        calls = finite(reference.get("decision", np.zeros(0)))
        least = parameters["least_reference"]
        if len(calls) < least:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {len(calls)} reference studies with a "
                f"decision, {least} needed.",
                hint="Give a reference with the device's decisions.",
            )
        share = float(calls.mean())
        return frozen_windows(context, parameters, limit=share, reference_n=len(calls)) | {
            "positive": int(calls.sum()),
        }

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Judges the window on its last day."""
        absent = np.full(today.n, np.nan)
        new = {"decision": today.values.get("decision", absent)}
        found = gathered(prepared, state, today, new)
        return window_point(
            prepared, today, found,
            _judged(prepared, found.columns["decision"]) if found.closed else None,
        )  # fmt: skip

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return rate_sentence(result)


def _judged(prepared: Prepared, decisions: Column) -> Judged:
    calls = finite(decisions)
    if reason := too_few(len(calls), prepared["minimum_n"]):
        return Judged(len(calls), reason=reason)
    judged = judge_share(
        prepared["positive"], prepared["reference_n"], int(calls.sum()), len(calls),
        alpha=prepared["window_alpha"], floor=prepared["floor"],
    )  # fmt: skip
    details = judged.details | {"column": "decision"}
    return replace(judged, worth=prepared["worth"], details=details)
