"""Do readers overrule the device more often than was agreed to be ordinary?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    Column,
    Parameter,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.claimed_performance import ClaimedPerformance
from records.counting import counted

__all__ = ["OverrideRate", "as_share_wrong"]


class OverrideRate:
    """Finds a share of outputs that readers change or reject above the highest ordinary one, as
    their answers come in.

    Value: that share among all answers since the chart started, with an interval that may be read
    every day (95 %). Statistic and promise are those of the claimed performance, which this is of
    'the reader did not overrule': base-10 logarithm of the capital of bettors on 'below the bound';
    limit log10(1 / alpha), reached with probability at most alpha while the true share is at or
    below the highest (Ville). Answers count on the day on which they were received, whatever way
    they came; who never answers is not seen. Answers of one reader resemble each other: the promise
    is for answers that are each overruled with at most that probability given those before.
    """

    name = "override_rate"
    in_control = "readers overrule the output no more often than the plan says"
    parameters = (
        Parameter("highest_share", 0.2, "share overruled in ordinary times, at most", 0.01, 0.9),
        Parameter("recent_days", 30, "days of the recent figure beside the whole", 7, 365),
    )  # fmt: skip
    _kept = ClaimedPerformance()

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The bound; no reference is needed, the plan says what is ordinary."""
        highest = float(parameters["highest_share"])
        return self._kept.prepare(
            reference, context=replace(context, bounds={"sensitivity": 1.0 - highest}),
            parameters={"measure": "sensitivity", "recent_days": parameters["recent_days"]},
        ) | {"highest_share": highest}

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """The answers that came today, added to those before."""
        kept = 1 - np.asarray(today.overruled, np.int8)
        asked = SiteDay(today.site, today.day, {}, np.ones(len(kept), np.int8), kept)
        found = self._kept.step(prepared, state, asked)
        if not len(kept):
            return replace(found, reason="no reader answered an output")
        found = replace(
            found, reason=found.reason.replace("case", "answer").replace(" with known truth", "")
        )
        return as_share_wrong(found, self.name, bound=prepared["highest_share"])

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        share, n = result.details["share_since_onset"], result.details["studies_since_onset"]
        seen = f": {share:.3f} over {counted(n, 'answer')}" if share is not None else ""
        return (
            f"readers overrule the output more often than {result.details['bound']:.2f} of the "
            f"time{seen}"
        )


def as_share_wrong(found: ChartResult, measure: str, *, bound: float) -> ChartResult:
    """A chart of the share that was right, told as the share that was not; bound: its highest."""
    recent = dict(found.details["recent"])
    if recent.get("value") is not None:
        recent |= {"value": 1.0 - recent["value"], "low": 1.0 - recent["high"],
                   "high": 1.0 - recent["low"]}  # fmt: skip
    return replace(
        found, value=_turned(found.value), low=_turned(found.high), high=_turned(found.low),
        details=found.details | {
            "column": measure, "direction": "up", "bound": bound,
            "share_since_onset": _turned(found.details["share_since_onset"]),
            "recent": recent | {"measure": measure},
        },
    )  # fmt: skip


def _turned(share: float | None) -> float | None:
    return None if share is None else 1.0 - share
