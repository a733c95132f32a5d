"""Has a site fallen silent? Days in a row with too few studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    ChartStatus,
    Column,
    Parameter,
    Prepared,
    SiteDay,
    State,
)
from records.counting import counted

__all__ = ["SilentDays", "run_probability"]


class SilentDays:
    """Tells a site that sends nothing from a site where nothing is wrong.

    Value: studies today, None (never 0) on a day without any. Statistic: silent days in a row;
    limit: the shortest run that the plan's share of silent days makes rarer than alpha within the
    horizon, computed exactly for independent days. Sites closed at weekends need a share that
    says so (0.3), which costs some days of delay.
    """

    name = "silent_days"
    in_control = "a day is silent no more often than the plan says, independently of other days"
    parameters = (
        Parameter("silent_share", 0.05, "share of silent days in ordinary times", 0.0, 0.6),
        Parameter("least_studies", 1, "fewer studies than this make a day silent", 1, 1000),
    )  # fmt: skip

    def prepare(
        self,
        _reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The run length that is too long."""
        share, limit = parameters["silent_share"], 2
        while run_probability(share, run=limit, days=context.horizon_days) > context.alpha:
            limit += 1
        return context.frozen(float(limit), reference_n=0) | {
            "least_studies": parameters["least_studies"]
        }

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """One more silent day in a row, or none."""
        before = int(state["run"]) if state else 0
        silent = today.n < prepared["least_studies"]
        run = before + 1 if silent else 0
        beyond = run >= prepared["limit"]
        quiet = ChartStatus.NO_DATA if today.n == 0 else ChartStatus.IN_CONTROL
        since = (state or {}).get("since") if before else None
        onset = (since or today.day.isoformat()) if silent else None
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, today.n,
            ChartStatus.SIGNAL if beyond else quiet, prepared["limit"],
            value=float(today.n) if today.n else None, statistic=float(run),
            reason="" if today.n else "no study today",
            state={"run": run, "since": onset},
            details={"column": "studies", "direction": "down", "silent_days": run, "onset": onset},
        )  # fmt: skip

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        silent, onset = result.details["silent_days"], result.details["onset"]
        return f"too few studies for {counted(silent, 'day')} in a row, since {onset}"


def run_probability(share: float, *, run: int, days: int) -> float:
    """Probability of `run` silent days in a row somewhere within so many days.

    >>> run_probability(0.5, run=2, days=3)
    0.375
    """
    streaks, reached = [1.0] + [0.0] * (run - 1), 0.0
    for _ in range(days):
        reached += streaks[-1] * share
        streaks = [sum(streaks) * (1.0 - share), *(part * share for part in streaks[:-1])]
    return reached
