"""Has a fact about the studies changed: tube voltage, age, manufacturer, view?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from measures.window_tests import window_distance_limit
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
    expected_n,
    frozen_windows,
    gathered,
    window_alpha,
    window_point,
)
from monitoring.detectors.reference_scatter import reference_effects
from monitoring.detectors.running_totals import ADDS_UP, added_up, frozen_totals, window_share
from monitoring.detectors.sentences import window_sentence
from monitoring.detectors.window_verdicts import (
    DISTRIBUTION,
    changed_share,
    freeze_names,
    freeze_numbers,
    judge_names,
    judge_numbers,
    totals_of_names,
    totals_of_numbers,
    totals_of_reference,
)

__all__ = ["FactDistribution", "prepare_column", "step_column"]


class FactDistribution:
    """Finds any change of one column of facts: of its numbers or of its mix of names, names that
    were never seen before, and values that are no longer recorded.

    Value: for numbers the largest difference of the cumulative shares, for names the change of
    the share of the level that stands out most, or of the missing ones. Limit: on the same scale,
    from the chart's alpha shared among the windows of the horizon and among what is looked at in
    one; never below the floor. Exact or bounded at any number of studies, ties included; one
    sentinel of 999999 hides nothing, and a share of them is found as far outside the range.
    Against a constant reference any other value is one never seen. Smallest shift worth finding:
    the parameter; a quiet window that would not have shown it is 'underpowered'.
    """

    name = "fact_distribution"
    in_control = "studies of the window are exchangeable with the frozen reference of the site"
    parameters = (
        Parameter("column", "brightness", "fact to watch"),
        Parameter("kind", "numbers", "what the column holds", choices=("numbers", "names")),
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
        """The column of the reference as counts."""
        return prepare_column(reference, context, parameters, kind=parameters["kind"])

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Judges the window on its last day."""
        return step_column(prepared, state, today)

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return window_sentence(result)


def prepare_column(
    reference: Mapping[str, Column],
    context: ChartContext,
    parameters: Mapping[str, Any],
    *,
    kind: str,
) -> Prepared:
    """One column of the reference, frozen; raises NotWatchable where it holds too little."""
    column = parameters["column"]
    values = reference.get(column, np.zeros(0))
    names = kind == "names"
    frozen = freeze_names(values) if names else freeze_numbers(values)
    n, least = frozen["n"], parameters["least_reference"]
    if n < least:
        raise NotWatchable(
            f"{context.chart} at {context.site}: {n} reference studies with {column}, "
            f"{least} needed.",
            hint="Collect more studies of this site as its reference.",
        )
    counted = partial(totals_of_names if names else totals_of_numbers, frozen)
    alpha = window_share(parameters) * window_alpha(context, parameters["window"])
    expected = expected_n(context, parameters["window"])
    limit = window_distance_limit(n, expected, alpha=DISTRIBUTION * alpha)
    limit = max(limit, parameters["floor"])
    return (
        frozen_windows(context, parameters, limit=limit, reference_n=n)
        | {"column": column, "kind": kind, "reference": frozen, "window_alpha": alpha}
        | frozen_totals(
            context, parameters, totals_of_reference(frozen),
            partial(reference_effects, reference, values, counted),
        )
    )  # fmt: skip


def step_column(prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
    """One day on, for one column."""
    column, names = prepared["column"], prepared["kind"] == "names"
    absent = np.full(today.n, None, object) if names else np.full(today.n, np.nan)
    found = gathered(prepared, state, today, {column: today.values.get(column, absent)})
    if not found.closed:
        return window_point(prepared, today, found, None)
    judge = judge_names if names else judge_numbers
    judged, totals = judge(
        prepared["reference"], found.columns[column], alpha=prepared["window_alpha"],
        least=prepared["minimum_n"], floor=prepared["floor"], worth=prepared["worth"],
    )  # fmt: skip
    judged, kept = added_up(prepared, found.kept, found.window, totals, judged, changed_share)
    judged.details["column"] = column
    return window_point(prepared, today, replace(found, kept=kept), judged)
