"""Does the device call more, or fewer, studies positive than it did?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
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
    window_alpha,
    window_point,
)
from monitoring.detectors.reference_scatter import reference_effects
from monitoring.detectors.running_totals import (
    ADDS_UP,
    Totals,
    added_up,
    frozen_totals,
    window_share,
)
from monitoring.detectors.sentences import rate_sentence
from monitoring.detectors.window_verdicts import judge_share

__all__ = ["PositiveRate"]

DECISION = "decision"


class PositiveRate:
    """Finds a change of the share of studies that the device calls positive.

    Value: that share in the window, with Wilson's 95 % interval. Limit: the share on the value's
    side of the reference that chance alone reaches too rarely (exact, hypergeometric).
    """

    name = "positive_rate"
    in_control = "the share called positive is that of the site's frozen reference"
    parameters = (WINDOW, FLOOR, SMALLEST_SHIFT, LEAST_REFERENCE, ADDS_UP)

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
        alpha = window_share(parameters) * window_alpha(context, parameters["window"])
        return (
            frozen_windows(context, parameters, limit=share, reference_n=len(calls))
            | {"positive": int(calls.sum()), "window_alpha": alpha}
            | frozen_totals(
                context, parameters, _totals(calls),
                partial(reference_effects, reference, reference["decision"], _totals),
            )
        )  # fmt: skip

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Judges the window on its last day."""
        absent = np.full(today.n, np.nan)
        new = {"decision": today.values.get("decision", absent)}
        found = gathered(prepared, state, today, new)
        if not found.closed:
            return window_point(prepared, today, found, None)
        decisions = found.columns["decision"]
        judged, kept = added_up(
            prepared, found.kept, found.window, _totals(decisions), _judged(prepared, decisions),
            _judged_share,
        )  # fmt: skip
        judged.details["column"] = DECISION
        return window_point(prepared, today, replace(found, kept=kept), judged)

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return rate_sentence(result)


def _totals(decisions: Column) -> Totals:
    calls = finite(decisions)
    return Totals(len(calls), {DECISION: int(calls.sum())})


def _judged_share(
    _name: str, counts: tuple[int, int, int, int], alpha: float, floor: float
) -> Judged:
    return judge_share(*counts, alpha=alpha, floor=floor)


def _judged(prepared: Prepared, decisions: Column) -> Judged:
    calls = finite(decisions)
    if reason := too_few(len(calls), prepared["minimum_n"]):
        return Judged(len(calls), reason=reason)
    judged = judge_share(
        prepared["positive"], prepared["reference_n"], int(calls.sum()), len(calls),
        alpha=prepared["window_alpha"], floor=prepared["floor"],
    )  # fmt: skip
    return replace(judged, worth=prepared["worth"])
