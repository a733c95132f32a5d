"""Does a site send many more, or many fewer, studies than it used to?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.proportions import normal_quantile
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
    WINDOW,
    Judged,
    frozen_windows,
    gathered,
    window_alpha,
    window_holding,
    window_point,
)
from records.counting import counted

__all__ = ["StudyVolume"]

POISSON_SD = 0.5
"""SD of the square root of a Poisson count; counts of real days scatter at least as much."""


class StudyVolume:
    """Finds a lasting or single rise or fall of the number of studies; with days as windows each
    weekday against the same weekdays.

    Value: studies of the window, with the 95 % interval of a Poisson count. Limit:
    the count on the value's side that a prediction interval of Student's t on the square roots of
    the reference's counts leaves with the chart's alpha, and at least the floor away. A window
    without any study has no value: silence is judged by `silent_days`.
    """

    name = "study_volume"
    in_control = "square roots of the counts scatter about their mean as in the reference"
    parameters = (
        Parameter("floor", 0.3, "smallest change that matters, of the usual number", 0.0, 10.0),
        Parameter("smallest_change", 0.5, "change worth finding, of the usual number", 0.05, 10.0),
        Parameter("least_windows", 5, "reference windows that are needed", 3, 1000),
        WINDOW,
    )

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """Mean and SD of the square roots of the counts, by weekday where there are enough."""
        days = np.asarray(reference.get("day", np.zeros(0)), np.float64)
        least = parameters["least_windows"]
        counts = window_counts(
            days[np.isfinite(days)], parameters["window"], covered=reference.get("covered")
        )
        if len(counts) < least:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {len(counts)} whole windows in the "
                f"reference, {least} needed.",
                hint="Give a reference of more days, with the day of each study.",
            )
        alpha = window_alpha(context, parameters["window"])
        whole = _usual(list(counts.values()), alpha)
        usual = {"any": whole}
        for weekday in range(7):
            same = [n for first, n in counts.items() if first.weekday() == weekday]
            if parameters["window"] == "day" and len(same) >= least:
                usual[str(weekday)] = _usual(same, alpha)
        return frozen_windows(
            context, parameters, limit=_squared(whole["mean"] - whole["reach"]),
            reference_n=len(days),
        ) | {"usual": usual, "worth": parameters["smallest_change"]}  # fmt: skip

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Adds today's count, and judges the window on its last day."""
        found = gathered(prepared, state, today, {"studies": np.array([float(today.n)])})
        if not found.closed:
            return window_point(prepared, today, found, None)
        n = int(found.columns["studies"].sum())
        usual = prepared["usual"]
        expected = usual.get(str(found.window.first.weekday()), usual["any"])
        return window_point(prepared, today, found, _judged(n, expected, prepared))

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        usual = result.details["usual"]
        return f"{counted(result.n, 'study', 'studies')} where {usual:.3g} are usual"


def window_counts(
    days: NDArray[np.float64], length: str, *, covered: Column | None = None
) -> dict[date, int]:
    """Studies of each whole window between the first and the last day, empty ones too.

    days: ordinals, one a study. A first or last week that the days do not fill is left out.
    covered: the days (ordinals) that are spoken of, where there are gaps: a window that is not
    all of them is left out.

    >>> monday = date(2026, 1, 5).toordinal()
    >>> list(window_counts(np.array([monday, monday, monday + 2.0]), "day").values())
    [2, 0, 1]
    """
    if not len(days):
        return {}
    first, last = (date.fromordinal(int(one)) for one in (days.min(), days.max()))
    each = np.bincount((days - days.min()).astype(np.int64))
    counts: dict[date, int] = {}
    spoken = None if covered is None else {int(one) for one in covered}
    start = window_holding(first, length)
    if start.first < first:
        start = window_holding(start.last + timedelta(days=1), length)
    while start.last <= last:
        at = (start.first - first).days
        whole = spoken is None or all(
            day in spoken for day in range(start.first.toordinal(), start.last.toordinal() + 1)
        )
        if whole:
            counts[start.first] = int(each[at : (start.last - first).days + 1].sum())
        start = window_holding(start.last + timedelta(days=1), length)
    return counts


def _usual(counts: list[int], alpha: float) -> dict[str, float]:
    """Mean of the square roots, and how far one more may lie from it, at alpha and at 5 %."""
    from scipy.special import stdtrit

    roots = np.sqrt(np.array(counts, np.float64))
    scatter = max(float(roots.std(ddof=1)), POISSON_SD) * math.sqrt(1.0 + 1.0 / len(roots))
    reach, odd, spare = (
        -float(stdtrit(len(roots) - 1, tail)) * scatter for tail in (alpha / 2.0, 0.025, 0.2)
    )
    return {"mean": float(roots.mean()), "reach": reach, "odd": odd, "spare": spare,
            "windows": len(roots)}  # fmt: skip


def _judged(n: int, usual: Mapping[str, float], prepared: Prepared) -> Judged:
    if n == 0:
        return Judged(0, reason="no study in the window; silence is judged by silent_days")
    root, mean = math.sqrt(n), usual["mean"]
    centre = max(mean**2, 1.0)
    rising = root >= mean
    if rising:
        limit = max(_squared(mean + usual["reach"]), centre * (1.0 + prepared["floor"]))
    else:
        limit = min(_squared(mean - usual["reach"]), centre * (1.0 - prepared["floor"]))
    half = normal_quantile(0.95) * POISSON_SD
    seen = _squared(mean - usual["reach"] - usual["spare"])
    return Judged(
        n, float(n), _squared(root - half), _squared(root + half), limit if limit > 0.0 else None,
        beyond=n >= limit if rising else n <= limit, doubtful=abs(root - mean) >= usual["odd"],
        findable=(centre - seen) / centre,
        worth=prepared["worth"],
        details={
            "column": "studies", "direction": "up" if rising else "down", "usual": mean**2,
            "reference_windows": int(usual["windows"]),
        },
    )  # fmt: skip


def _squared(root: float) -> float:
    return max(root, 0.0) ** 2
