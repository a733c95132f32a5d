"""Does the device serve one subgroup worse than the others, by more than is allowed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.comparison import newcombe_limits
from measures.confidence_sequences import bernoulli_confidence_sequence
from measures.gap_bets import gap_bets
from measures.sequential import SHORTFALLS, Capital
from monitoring.detectors.arms import Arms
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

__all__ = ["SubgroupGap"]

MEASURES = ("sensitivity", "specificity", "fitting")
CAP = 2.0
LEAST_BLOCK = 3
"""Cases of each side that make a block. A block of one case would tell little: what it says of a
gap goes with the smaller side, and the larger side's cases in it are then spent."""
PRIOR_SHARE, PRIOR_CASES = 0.85, 4.0
"""What the share of the rest is taken for before any case of it is known, worth so many cases."""
OF_BOTH = 0.025
"""Error of each side's interval, so that their difference holds at 95 %."""


class SubgroupGap:
    """Finds a level of a subgroup whose sensitivity or specificity (of a device that outlines the
    share of outlines that fit) lies behind that of the other levels by more than the allowed gap.

    Value: share of the level less that of the rest, over all truth since the chart started, with a
    95 % interval that may be read every day (a confidence sequence of each side at 97.5 %).
    Statistic: base-10 logarithm of the capital of bettors on 'further behind' (:mod:`measures
    .gap_bets`); limit log10(1 / alpha), ever reached with probability at most alpha while no more
    than the allowed gap is there (Ville). Cases count on the day their truth arrives, in blocks of
    at least three of each side.
    """

    name = "subgroup_gap"
    in_control = "the level's true share lies behind the other levels by no more than is allowed"
    parameters = (
        Parameter("measure", "sensitivity", "which share is compared", choices=MEASURES),
        Parameter("allowed_gap", 0.05, "how far a level may lie behind the rest", 0.0, 0.5),
        Parameter("recent_days", 90, "days of the recent figure beside the whole", 7, 365),
    )

    def prepare(
        self,
        _reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The allowed gap; no reference is needed, the other levels are one."""
        return context.frozen(float(-np.log10(context.alpha)), reference_n=0) | {
            "measure": parameters["measure"], "allowed_gap": parameters["allowed_gap"],
            "recent_days": parameters["recent_days"],
        }  # fmt: skip

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """The truth that arrived today on both sides; a block is closed once it holds enough."""
        past = _running(prepared, state)
        came = _arrived(prepared["measure"], today)
        block = _added(past["block"], came)
        known, capital, arms = past["known"], _capital(past), Arms.from_state(past)
        bets = np.ones((1, len(SHORTFALLS)))
        if min(block[1], block[3]) >= LEAST_BLOCK:
            bets = gap_bets(
                (block[0], block[2]), (block[1], block[3]), rest_share=_rest_before(known),
                allowed_gap=prepared["allowed_gap"],
            )
            arms = _leant(arms, bets, block, today.day)
            known, block = _added(known, block), [0, 0, 0, 0]
        capital = capital.after(bets, share=1.0 / prepared["horizon_days"])
        capital = capital.capped(prepared["limit"] + CAP)
        recent = [
            *(one for one in past["recent"] if _age(one[0], today.day) < prepared["recent_days"]),
            *([[today.day.isoformat(), *came]] if came[1] or came[3] else []),
        ]
        kept = arms.to_state() | {
            "sleeping": capital.sleeping, "bettors": list(capital.bettors), "known": known,
            "block": block, "recent": recent, "days": past["days"] + 1,
            "signal": capital.evidence >= prepared["limit"],
        }
        return _point(prepared, today, kept, capital.evidence, came)

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        said = result.details
        return (
            f"{said['column']} of this subgroup lies {-(result.value or 0.0):.3f} behind the rest "
            f"({said['share']:.3f} over {counted(said['cases'], 'case')}, the rest "
            f"{said['rest_share']:.3f} over {said['rest_cases']}); {said['allowed_gap']:.3f} is "
            "allowed"
        )


def _running(prepared: Prepared, state: State | None) -> State:
    if state and (state["signal"] or state["days"] < prepared["horizon_days"]):
        return state
    return Arms.at_rest(len(SHORTFALLS)).to_state() | {
        "sleeping": 0.0, "bettors": None, "known": [0, 0, 0, 0],
        "block": state["block"] if state else [0, 0, 0, 0],
        "recent": state["recent"] if state else [], "days": 0, "signal": False,
    }  # fmt: skip


def _capital(past: State) -> Capital:
    if past["bettors"] is None:
        return Capital.fresh(len(SHORTFALLS))
    return Capital(past["sleeping"], tuple(past["bettors"]))


def _arrived(measure: str, today: SiteDay) -> list[int]:
    """Right and cases of the level, right and cases of the rest."""
    wanted = 0 if measure == "specificity" else 1
    return [
        *_counts(today.truth, today.decision, wanted),
        *_counts(today.rest_truth, today.rest_decision, wanted),
    ]


def _counts(
    truth: NDArray[np.int8], decision: NDArray[np.int8], wanted: int
) -> tuple[int, int]:
    said = decision[truth == wanted]
    said = said[said >= 0]  # a study that the device did not call is not called wrong
    return int((said == wanted).sum()), len(said)


def _added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _rest_before(known: Sequence[int]) -> float:
    return (known[2] + PRIOR_SHARE * PRIOR_CASES) / (known[3] + PRIOR_CASES)


def _leant(arms: Arms, bets: NDArray[np.float64], block: Sequence[int], day: date) -> Arms:
    """The sums that restart at zero, which tell since when."""
    many = len(SHORTFALLS)
    return arms.after(
        np.log(bets)[0], studies=np.full(many, float(block[1])),
        totals=np.full(many, float(block[0])), day=day, cap=100.0,
    )  # fmt: skip


def _age(day: str, today: date) -> int:
    return (today - date.fromisoformat(day)).days


def _point(
    prepared: Prepared, today: SiteDay, kept: State, evidence: float, came: Sequence[int]
) -> ChartResult:
    """The gap over all that is known, those of the open block too."""
    right, n, rest_right, rest_n = _added(kept["known"], kept["block"])
    arm = Arms.from_state(kept)
    details: dict[str, Any] = {
        "column": prepared["measure"], "direction": "down", "arrived": came[1],
        "allowed_gap": prepared["allowed_gap"], "cases": n, "rest_cases": rest_n,
        "onset": arm.since[arm.leading()], "recent": _recent(prepared, kept["recent"]),
    }  # fmt: skip
    least = prepared["minimum_n"]
    if min(n, rest_n) < least:
        reason = (
            f"{counted(n, 'case')} of the subgroup and {rest_n} of the rest with known truth, "
            f"{least} of each needed"
        )
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, n, ChartStatus.NO_DATA,
            prepared["limit"], reason=reason, state=kept, details=details,
        )
    own, rest = (
        bernoulli_confidence_sequence(prepared["measure"], hits, size, alpha=OF_BOTH)
        for hits, size in ((right, n), (rest_right, rest_n))
    )
    assert own.low is not None and own.high is not None
    assert rest.low is not None and rest.high is not None
    share, other = right / n, rest_right / rest_n
    return ChartResult(
        prepared["chart"], prepared["site"], today.day, n,
        ChartStatus.SIGNAL if kept["signal"] else ChartStatus.IN_CONTROL, prepared["limit"],
        value=share - other, low=own.low - rest.high, high=own.high - rest.low,
        statistic=evidence, state=kept,
        details=details | {"share": share, "rest_share": other},
    )  # fmt: skip


def _recent(prepared: Prepared, days: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The gap of the last weeks alone (Newcombe, 95 %): for the eye; the verdict is the capital's.
    """
    right, n, rest_right, rest_n = (sum(int(one[at]) for one in days) for at in range(1, 5))
    if min(n, rest_n) < prepared["minimum_n"]:
        return {"cases": n, "rest_cases": rest_n, "value": None, "low": None, "high": None}
    low, high = newcombe_limits((right, rest_right), (n, rest_n))
    return {"cases": n, "rest_cases": rest_n, "value": right / n - rest_right / rest_n,
            "low": low, "high": high}  # fmt: skip
