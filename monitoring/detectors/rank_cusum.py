"""Have the images of this site changed? A two-sided CUSUM on ranks for each quality feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from measures.rank_charts import (
    RankCusumDesign,
    normal_scores_against,
    rank_cusum_limit,
    share_per_column,
)
from monitoring.detectors.arms import Arms
from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    ChartStatus,
    Column,
    FloatArray,
    NotWatchable,
    Parameter,
    Prepared,
    SiteDay,
    State,
    finite,
    no_data,
    waiting,
)
from monitoring.detectors.sentences import shift_sentence

__all__ = ["QUALITY_COLUMNS", "RankCusum"]

QUALITY_COLUMNS = ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation")


class RankCusum:
    """Finds lasting shifts of any watched column, whatever its distribution.

    Value: today's mean rank score of the leading column, in SD of the reference, with a 95 %
    interval that counts both samples. Statistic: the highest of all sums, up and down, in units
    of the square root of a day's studies; limit solved with the reference's own error.
    In-control false signals: at most alpha in a horizon. Smallest shift worth finding: the
    parameter, or what the reference size allows if that is more (stated in the prepared chart).
    """

    name = "rank_cusum"
    in_control = "studies of the day are exchangeable with the frozen reference of the site"
    parameters = (
        Parameter("columns", QUALITY_COLUMNS, "columns to watch, each with its share of alpha"),
        Parameter("smallest_shift", 0.5, "shift worth finding, in SD of a study", 0.1, 3.0),
        Parameter("least_reference", 50, "reference studies, else the chart refuses", 30, 400),
    )  # fmt: skip

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """Sorted reference per column, and the limit for the smallest of them."""
        least = parameters["least_reference"]
        counted = {
            name: np.sort(finite(reference.get(name, np.zeros(0))))
            for name in parameters["columns"]
        }
        watched = {name: values for name, values in counted.items() if len(values) >= least}
        most = max(len(values) for values in counted.values())
        if not watched:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {most} reference studies, {least} needed.",
                hint="Collect more studies of this site as its reference.",
            )
        reference_n = min(len(values) for values in watched.values())
        alpha = share_per_column(context.alpha, len(watched))
        shift = parameters["smallest_shift"]
        design = RankCusumDesign(reference_n, context.daily_n, context.horizon_days, shift, alpha)
        design = design.rounded()
        return context.frozen(rank_cusum_limit(design), reference_n=reference_n) | {
            "reference": {name: values.tolist() for name, values in watched.items()},
            "mean": {name: float(values.mean()) for name, values in watched.items()},
            "sd": {name: float(values.std(ddof=1)) for name, values in watched.items()},
            "not_watched": {
                name: f"{len(values)} reference studies with this column, {least} needed"
                for name, values in counted.items()
                if name not in watched
            },
            "allowance": design.allowance,
            "findable_shift": 2.0 * design.allowance,
        }

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Adds today's scores to both sums of every column."""
        names = list(prepared["reference"])
        past = _running(prepared, state, len(names))
        new = {name: finite(today.values.get(name, np.zeros(0))).tolist() for name in names}
        pending = {name: past["pending"].get(name, []) + new[name] for name in names}
        n = max(len(values) for values in pending.values())
        if n < prepared["minimum_n"]:
            reason = waiting(n, prepared["minimum_n"])
            return no_data(prepared, today, reason=reason, state=past | {"pending": pending})
        scores = [
            normal_scores_against(prepared["reference"][name], pending[name]) for name in names
        ]
        arms = _advanced(prepared, Arms.from_state(past), scores, pending, today)
        beyond = bool(arms.level.max() > prepared["limit"])
        column = arms.leading() % len(names)
        value, low, high = _mean_with_interval(scores[column], prepared["reference_n"])
        days, cases = past["days"] + 1, past["cases"] + n
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, today.n,
            ChartStatus.SIGNAL if beyond else ChartStatus.IN_CONTROL, prepared["limit"],
            value=value, low=low, high=high, statistic=float(arms.level.max()),
            state=arms.to_state()
            | {"pending": {}, "days": days, "cases": cases, "signal": beyond},
            details=_details(prepared, arms, scores)
            | {"above_planned_volume": cases > 1.25 * days * prepared["daily_n"]},
        )  # fmt: skip

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return shift_sentence(result)


def _running(prepared: Prepared, state: State | None, columns: int) -> State:
    """Yesterday's state, or a fresh one at the start and after a quiet horizon."""
    if state and (state["signal"] or state["days"] < prepared["horizon_days"]):
        return state
    pending = state["pending"] if state else {}
    rest = Arms.at_rest(2 * columns).to_state()
    return rest | {"pending": pending, "days": 0, "cases": 0, "signal": False}


def _advanced(
    prepared: Prepared,
    arms: Arms,
    scores: list[FloatArray],
    raw: dict[str, list[float]],
    today: SiteDay,
) -> Arms:
    """Both sums of every column one day on: all upward arms, then all downward arms."""
    counts = np.array([len(column) for column in scores], np.float64)
    sums = np.array([column.sum() for column in scores])
    unit = np.sqrt(prepared["daily_n"])
    allowance = counts * prepared["allowance"]
    shifts = np.array(
        [_standardised(prepared, name, raw[name], sums[i]) for i, name in enumerate(raw)]
    )
    return arms.after(
        np.concatenate([sums - allowance, -sums - allowance]) / unit,
        studies=np.tile(counts, 2),
        totals=np.tile(shifts, 2),
        day=today.day,
        cap=2.0 * prepared["limit"],
    )


def _standardised(prepared: Prepared, name: str, values: list[float], scored: float) -> float:
    """Sum of the values as distances from the reference mean in reference SDs.

    Where the reference does not vary it has no SD: the sum of rank scores stands in.
    """
    spread = prepared["sd"][name]
    if spread == 0.0:
        return scored
    return float((sum(values) - len(values) * prepared["mean"][name]) / spread)


def _mean_with_interval(
    scores: FloatArray, reference_n: int
) -> tuple[float | None, float | None, float | None]:
    if not len(scores):
        return None, None, None
    centre = float(scores.mean())
    half = 1.96 * float(np.sqrt(1.0 / len(scores) + 1.0 / reference_n))
    return centre, centre - half, centre + half


def _details(prepared: Prepared, arms: Arms, scores: list[FloatArray]) -> dict[str, Any]:
    names = list(prepared["reference"])
    arm, columns = arms.leading(), len(names)
    beyond = np.flatnonzero(arms.level > prepared["limit"])
    return {
        "column": names[arm % columns],
        "direction": "up" if arm < columns else "down",
        "shift_sd": arms.mean(arm),
        "studies_since_onset": int(arms.studies[arm]),
        "onset": arms.since[arm],
        "beyond": sorted({names[i % columns] for i in beyond}),
        "columns": {
            name: {
                "n": len(scores[i]),
                "mean_score": float(scores[i].mean()) if len(scores[i]) else None,
                "high": float(arms.level[i]),
                "low": float(arms.level[columns + i]),
            }
            for i, name in enumerate(names)
        },
    }
