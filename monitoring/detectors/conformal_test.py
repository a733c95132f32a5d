"""Have the scores of this site changed? An anytime-valid bet that they have not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.rank_charts import normal_scores_against
from measures.sequential import CONFORMAL_BETS, Capital, conformal_bets, conformal_p_values
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

__all__ = ["ConformalTest"]

CELLS = 200
EDGE = 8.0
"""Scores are placed in 200 equal cells of their log odds from -8 to 8: fixed beforehand, so the
studies stay exchangeable, and a whole history fits in 200 counts."""
CAP = 2.0
"""Capital beyond a hundred times the limit is given back, so a repaired site can come down."""


class ConformalTest:
    """Finds any change of a distribution of scores: higher, lower, wider, narrower.

    Each study's score is ranked among the reference *and* all studies since: its p value is then
    exactly uniform while nothing has changed, whatever the reference size. Bettors stake on the
    p values. Value: today's mean rank score against the reference, in SD, with a 95 % interval.
    Statistic: base-10 logarithm of the bettors' capital; limit log10(1 / alpha). By Ville's
    inequality it is ever reached in control with probability at most alpha, looking daily.
    A very slow drift is in part taken into the pool: the weekly table comparison is for that.
    """

    name = "conformal_test"
    in_control = "scores of the site are exchangeable with its frozen reference and each other"
    parameters = (
        Parameter("column", "score", "column to watch, probabilities between 0 and 1"),
        Parameter("least_reference", 50, "reference studies, else the chart refuses", 20, 400),
    )  # fmt: skip

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The reference scores, sorted; the limit is known without solving."""
        column = parameters["column"]
        frozen = np.sort(finite(reference.get(column, np.zeros(0))))
        least = parameters["least_reference"]
        if len(frozen) < least:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {len(frozen)} reference studies, "
                f"{least} needed.",
                hint="Collect more studies of this site as its reference.",
            )
        if frozen[0] < 0.0 or frozen[-1] > 1.0:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {column} is not a probability.",
                hint="Watch this column with rank_cusum instead.",
            )
        limit = float(-np.log10(context.alpha))
        return context.frozen(limit, reference_n=len(frozen)) | {
            "column": column,
            "reference": frozen.tolist(),
        }

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Today's studies, in order, each against the reference and all before it."""
        past = _running(prepared, state)
        new = finite(today.values.get(prepared["column"], np.zeros(0)))
        values = np.concatenate([np.array(past["pending"], np.float64), new])
        limit = prepared["limit"]
        if len(values) < prepared["minimum_n"]:
            reason = waiting(len(values), prepared["minimum_n"])
            kept = past | {"pending": values.tolist()}
            return no_data(prepared, today, reason=reason, state=kept)
        capital, arms, pool = _wagered(prepared, past, values, today)
        beyond = capital.evidence >= limit
        scores = normal_scores_against(prepared["reference"], values)
        half = 1.96 * float(np.sqrt(1.0 / len(values) + 1.0 / prepared["reference_n"]))
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, today.n,
            ChartStatus.SIGNAL if beyond else ChartStatus.IN_CONTROL, limit,
            value=float(scores.mean()), low=float(scores.mean()) - half,
            high=float(scores.mean()) + half, statistic=capital.evidence,
            state=arms.to_state() | {
                "sleeping": capital.sleeping, "bettors": list(capital.bettors),
                "pool": pool.tolist(), "pending": [], "days": past["days"] + 1, "signal": beyond,
            },
            details=_details(prepared, arms),
        )  # fmt: skip

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return shift_sentence(result)


def _running(prepared: Prepared, state: State | None) -> State:
    """Yesterday's state; fresh at the start; fresh capital, same pool, after a quiet horizon."""
    if state and (state["signal"] or state["days"] < prepared["horizon_days"]):
        return state
    fresh = Capital.fresh(len(CONFORMAL_BETS))
    cells = _cells(np.array(prepared["reference"]))
    rest = Arms.at_rest(len(CONFORMAL_BETS)).to_state()
    return rest | {
        "sleeping": fresh.sleeping,
        "bettors": None,
        "pool": state["pool"] if state else np.bincount(cells, minlength=CELLS).tolist(),
        "pending": state["pending"] if state else [],
        "days": 0,
        "signal": False,
    }


def _cells(scores: FloatArray) -> NDArray[np.int64]:
    inside = np.clip(scores, 1e-6, 1.0 - 1e-6)
    odds = np.log(inside) - np.log1p(-inside)
    return np.clip(((odds + EDGE) * CELLS / (2.0 * EDGE)).astype(np.int64), 0, CELLS - 1)


def _wagered(
    prepared: Prepared, past: State, values: FloatArray, today: SiteDay
) -> tuple[Capital, Arms, NDArray[np.int64]]:
    rng = np.random.default_rng([prepared["seed"], today.day.toordinal()])
    p_values, pool = conformal_p_values(past["pool"], _cells(values), rng.random(len(values)))
    bets = conformal_bets(p_values)
    capital = Capital.fresh(len(CONFORMAL_BETS))
    if past["bettors"] is not None:
        capital = Capital(past["sleeping"], tuple(past["bettors"]))
    capital = capital.after(bets, share=1.0 / prepared["horizon_days"])
    reference = np.array(prepared["reference"])
    scores = normal_scores_against(reference, values)
    count = len(CONFORMAL_BETS)
    arms = Arms.from_state(past).after(
        np.log(bets).sum(axis=0),
        studies=np.full(count, float(len(values))),
        totals=np.full(count, float(scores.sum())),
        day=today.day,
        cap=100.0,
    )
    return capital.capped(prepared["limit"] + CAP), arms, pool


def _details(prepared: Prepared, arms: Arms) -> dict[str, Any]:
    arm = arms.leading()
    kind, stake = CONFORMAL_BETS[arm]
    direction = {"shift": ("up", "down"), "spread": ("wider", "narrower")}[kind][int(stake < 0)]
    return {
        "column": prepared["column"],
        "direction": direction,
        "shift_sd": arms.mean(arm),
        "studies_since_onset": int(arms.studies[arm]),
        "onset": arms.since[arm],
    }
