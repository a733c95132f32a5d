"""Is the device still as good as claimed, where the truth is known?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.confidence_sequences import bernoulli_confidence_sequence
from measures.estimate import Estimate
from measures.proportions import wilson
from measures.sequential import SHORTFALLS, Capital, bernoulli_bets
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
    no_data,
)
from monitoring.detectors.sentences import performance_sentence
from records.counting import counted

__all__ = ["ClaimedPerformance"]

CAP = 2.0
MEASURES = ("sensitivity", "specificity", "fitting")


class ClaimedPerformance:
    """Finds a sensitivity or specificity below its claim less margin, as truth arrives; of a device
    that outlines the share of outlines that fit.

    Value: the share right among all truth since the chart started, with an interval that may be
    read every day (95 %). Statistic: base-10 logarithm of the capital of bettors on 'below the
    bound'; limit log10(1 / alpha). While the true share is at or above the bound the limit is
    ever reached with probability at most alpha (Ville). Cases count on the day their truth
    arrives. Where truth is sought for some cases only, it judges those cases only.
    """

    name = "claimed_performance"
    in_control = "the true share is at or above the claim less its margin"
    parameters = (
        Parameter("measure", "sensitivity", "which share is claimed", choices=MEASURES),
        Parameter("recent_days", 30, "days of the recent figure beside the whole", 7, 365),
    )  # fmt: skip

    def prepare(
        self,
        _reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The bound; no reference is needed, the claim is one."""
        measure = parameters["measure"]
        bound = context.bounds.get(measure)
        if bound is None or not 0.0 < bound < 1.0:
            raise NotWatchable(
                f"{context.chart} at {context.site}: the device claims no {measure}.",
                hint="Declare the claim with its margin, or leave this chart out of the plan.",
            )
        return context.frozen(float(-np.log10(context.alpha)), reference_n=0) | {
            "measure": measure,
            "recent_days": parameters["recent_days"],
            "bound": float(bound),
        }

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """The truth that arrived today, added to what is known."""
        past = _running(prepared, state)
        outcomes = self.outcomes(prepared, today)
        if not len(outcomes):
            return no_data(prepared, today, reason=self.nothing(prepared), state=past)
        capital, arms = _wagered(prepared, past, outcomes, self.bets(prepared, outcomes), today.day)
        right = past["right"] + int(outcomes.sum())
        known = past["known"] + len(outcomes)
        newest = [today.day.isoformat(), int(outcomes.sum()), len(outcomes)]
        window = prepared["recent_days"]
        recent = [*(day for day in past["recent"] if _age(day[0], today.day) < window), newest]
        beyond = capital.evidence >= prepared["limit"]
        found = _estimate(prepared, right, known)
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, known,
            ChartStatus.SIGNAL if beyond else ChartStatus.IN_CONTROL, prepared["limit"],
            value=found.value, low=found.low, high=found.high, statistic=capital.evidence,
            reason=found.reason,
            state=arms.to_state() | {
                "sleeping": capital.sleeping, "bettors": list(capital.bettors),
                "right": right, "known": known, "recent": recent,
                "days": past["days"] + 1, "signal": beyond,
            },
            details=_details(prepared, arms, recent, len(outcomes)),
        )  # fmt: skip


    def outcomes(self, prepared: Prepared, /, today: SiteDay) -> NDArray[np.bool_]:
        """Right or wrong, of each case that counts today."""
        return _outcomes(prepared["measure"], today)

    def bets(self, prepared: Prepared, /, outcomes: NDArray[np.bool_]) -> FloatArray:
        """What each bettor is paid on today's outcomes; shape (payments, bettors)."""
        return bernoulli_bets(outcomes, at_least=prepared["bound"])

    def nothing(self, prepared: Prepared, /) -> str:
        """Why a day without a case has no value."""
        finding = "without" if prepared["measure"] == "specificity" else "with"
        return f"no truth arrived for a case {finding} the finding"

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return performance_sentence(result)


def _running(prepared: Prepared, state: State | None) -> State:
    if state and (state["signal"] or state["days"] < prepared["horizon_days"]):
        return state
    return Arms.at_rest(len(SHORTFALLS)).to_state() | {
        "sleeping": 0.0,
        "bettors": None,
        "right": 0,
        "known": 0,
        "recent": state["recent"] if state else [],
        "days": 0,
        "signal": False,
    }


def _outcomes(measure: str, today: SiteDay) -> NDArray[np.bool_]:
    """Right or wrong, for the diseased (sensitivity) or the healthy (specificity).

    Of a device that outlines every study has the structure, and right is an outline that fits.
    """
    wanted = 0 if measure == "specificity" else 1
    return np.asarray(today.decision[today.truth == wanted] == wanted)


def _wagered(
    prepared: Prepared, past: State, outcomes: NDArray[np.bool_], bets: FloatArray, day: date
) -> tuple[Capital, Arms]:
    capital = Capital.fresh(len(SHORTFALLS))
    if past["bettors"] is not None:
        capital = Capital(past["sleeping"], tuple(past["bettors"]))
    capital = capital.after(bets, share=1.0 / prepared["horizon_days"])
    arms = Arms.from_state(past).after(
        np.log(bets).sum(axis=0),
        studies=np.full(len(SHORTFALLS), float(len(outcomes))),
        totals=np.full(len(SHORTFALLS), float(outcomes.sum())),
        day=day,
        cap=100.0,
    )
    return capital.capped(prepared["limit"] + CAP), arms


def _estimate(prepared: Prepared, right: int, known: int) -> Estimate:
    if known < prepared["minimum_n"]:
        return Estimate.not_estimable(
            prepared["measure"],
            f"{counted(known, 'case')} with {prepared.get('beside', 'known truth')}, "
            f"{prepared['minimum_n']} needed for an estimate",
            n=known,
        )
    return bernoulli_confidence_sequence(prepared["measure"], right, known)


def _recent(prepared: Prepared, right: int, known: int) -> Estimate:
    """The last weeks alone, Wilson's interval: for the eye; the verdict is the capital's."""
    if known < prepared["minimum_n"]:
        return _estimate(prepared, right, known)
    return wilson(prepared["measure"], right, known)


def _age(day: str, today: date) -> int:
    return (today - date.fromisoformat(day)).days


def _details(
    prepared: Prepared, arms: Arms, recent: list[list[Any]], arrived: int
) -> dict[str, Any]:
    arm = arms.leading()
    right, known = sum(entry[1] for entry in recent), sum(entry[2] for entry in recent)
    return {
        "column": prepared["measure"],
        "direction": "down",
        "bound": prepared["bound"],
        "arrived": arrived,
        "share_since_onset": arms.mean(arm),
        "studies_since_onset": int(arms.studies[arm]),
        "onset": arms.since[arm],
        "recent": _recent(prepared, right, known).to_dict(),
    }
