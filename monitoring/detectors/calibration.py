"""Do the scores still mean what they meant, as the truth arrives? And what would mend them?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from measures.calibration import (
    brier,
    calibration_in_the_large,
    calibration_slope,
)
from measures.estimate import Estimate
from measures.logistic import log_odds
from measures.proportions import normal_quantile, wilson
from measures.recalibration import LogisticCurve, platt
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
)
from monitoring.detectors.calendar_windows import (
    WINDOW,
    Judged,
    frozen_windows,
    gathered,
    window_point,
)
from records.counting import counted

__all__ = ["Calibration"]

POWER = 0.8
IN_THE_LARGE, SLOPE = "in the large", "slope"


@dataclass(frozen=True, slots=True)
class _Change:
    """A figure now less that of the reference, with its error and the limit it is held against."""

    value: float
    error: float
    limit: float

    @property
    def beyond(self) -> bool:
        return abs(self.value) >= self.limit


class Calibration:
    """Finds scores that have come to promise too much or too little, against their own reference.

    Two questions, each with half of the window's share: is the finding commoner or rarer than the
    scores say (calibration-in-the-large, log odds), and do they spread too far or too little
    (slope); both as the change from the reference, with the errors of both (normal, two-sided; Van
    Calster, BMC Med 2019;17:230). Value: observed over expected cases, expected by the scores as
    they were on the reference, with Wilson's 95 % interval for the observed. Statistic and limit:
    the change that stands out most. Cases count in the window in which their truth came, and wait
    until there are enough of both classes. A signal brings a proposed recalibration as evidence; it
    is never applied here: a recalibrated score is another model version.
    """

    name = "calibration"
    in_control = (
        "the finding is as common at each score as it was on the reference, among the cases whose "
        "truth became known"
    )
    parameters = (
        Parameter("least_cases", 10, "cases of each class that a point needs", 10, 10_000),
        Parameter("floor", 0.2, "smallest change of log odds or slope that matters", 0.0, 5.0),
        Parameter("smallest_shift", 0.7, "change worth finding; 0.7 doubles the odds", 0.05, 5.0),
        WINDOW,
    )  # fmt: skip

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The reference's own calibration, with its error."""
        absent = np.full(len(next(iter(reference.values()), np.zeros(0))), np.nan)
        truth, score = (
            np.asarray(reference.get(name, absent), np.float64) for name in ("truth", "score")
        )
        known = np.isfinite(truth) & np.isfinite(score)
        truth, score = truth[known], score[known]
        few, least = _of_a_class(truth), max(30, parameters["least_cases"])
        where = f"{context.chart} at {context.site}"
        if few < least:
            raise NotWatchable(
                f"{where}: {few} reference cases of a class with truth and score, {least} needed.",
                hint="Give a reference with known truth, or leave this chart out of the plan.",
            )
        if score.min() < 0.0 or score.max() > 1.0:
            raise NotWatchable(
                f"{where}: the score is not a probability.",
                hint="Calibration can be judged of scores from 0 to 1 only.",
            )
        large, slope = _both(truth, score)
        if large.value is None or slope.value is None:
            raise NotWatchable(
                f"{where}: the reference's calibration is not estimable: "
                f"{large.reason or slope.reason}.",
            )
        frozen = frozen_windows(
            context, parameters, limit=parameters["floor"], reference_n=len(truth)
        )
        return frozen | {
            "worth": None, "smallest_shift": parameters["smallest_shift"],
            "least_cases": parameters["least_cases"],
            "large": [large.value, _error(large)], "slope": [slope.value, _error(slope)],
        }  # fmt: skip

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Adds the truth that arrived, and judges the window on its last day."""
        past = state or {"first": None, "pending": {}, "since": None, "cases": {}}
        carried = past.get("cases", {})
        new = {
            "truth": today.truth.astype(np.float64),
            "score": today.truth_score if len(today.truth_score)
            else np.full(len(today.truth), np.nan),
        }
        found = gathered(
            prepared, {name: past[name] for name in ("first", "pending", "since")}, today, new
        )
        if not found.closed:
            kept = found.kept | {"cases": carried}
            return window_point(prepared, today, replace(found, kept=kept), None)
        known = np.isfinite(found.columns["truth"]) & np.isfinite(found.columns["score"])
        truth, score = (
            np.concatenate([np.array(carried.get(name, []), np.float64),
                            np.asarray(found.columns[name], np.float64)[known]])
            for name in ("truth", "score")
        )  # fmt: skip
        reason = _waits(prepared, truth, score)
        if reason:
            cases = {"truth": truth.tolist(), "score": score.tolist()}
            found = replace(found, kept=found.kept | {"cases": cases})
            return window_point(prepared, today, found, Judged(len(truth), reason=reason))
        found = replace(found, kept=found.kept | {"cases": {}})
        judged, change, findable = _judged(prepared, truth, score)
        point = window_point(prepared, today, found, judged)
        if judged.value is None:
            return point
        point = replace(point, statistic=abs(change.value), limit=change.limit)
        if not point.signal and findable > prepared["smallest_shift"]:
            reason = (
                f"{len(truth)} cases: only a change of {findable:.2g} in log odds would have "
                f"shown; {prepared['smallest_shift']:g} is worth finding"
            )
            return replace(point, status=ChartStatus.UNDERPOWERED, reason=reason)
        return point

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals, with the recalibration that it proposes."""
        found, cases = result.details, counted(result.n, "case")
        proposal = found["proposed_recalibration"]
        mend = (
            "a recalibration is proposed, not applied: log odds times "
            f"{proposal['slope']:.2f} plus {proposal['intercept']:.2f}"
        )
        if found["changed"] == "slope":
            now = found["calibration_slope"]["value"]
            return (
                f"the slope of the scores' calibration is {now:.2f} over {cases} and was "
                f"{found['reference_slope']:.2f}; {mend}"
            )
        return (
            f"{found['observed']} cases with the finding where the scores promise "
            f"{found['expected']:.1f}, over {cases} ({result.value:.2f} times as many); {mend}"
        )


def _waits(prepared: Prepared, truth: FloatArray, score: FloatArray) -> str:
    few, least = _of_a_class(truth), prepared["least_cases"]
    if not len(truth):
        return "no truth arrived for a case with a score"
    if few < least:
        return f"{few} cases of a class, {least} needed; they wait for the next window"
    if score.min() < 0.0 or score.max() > 1.0:
        return "a score is not a probability"
    return ""


def _judged(
    prepared: Prepared, truth: FloatArray, score: FloatArray
) -> tuple[Judged, _Change, float]:
    """The verdict, the change that stands out most, and the change in the large that would show."""
    large, slope = _both(truth, score)
    if large.value is None:
        return Judged(len(truth), reason=large.reason), _Change(0.0, 1.0, 1.0), 0.0
    z = normal_quantile(1.0 - prepared["window_alpha"] / 2.0)  # half of the share each
    changes = {IN_THE_LARGE: _change(large, prepared["large"], z, prepared["floor"])}
    if slope.value is not None:
        changes[SLOPE] = _change(slope, prepared["slope"], z, prepared["floor"])
    lead = max(changes, key=lambda name: abs(changes[name].value) / changes[name].limit)
    change, middle = changes[lead], changes[IN_THE_LARGE]
    expected = float(_by_reference(prepared, score).sum())
    seen = wilson("observed", int(truth.sum()), len(truth))
    value, low, high = (
        None if one is None else one * len(truth) / expected
        for one in (seen.value, seen.low, seen.high)
    )
    details: dict[str, Any] = {
        "column": "calibration", "changed": lead,
        "direction": "up" if change.value > 0 else "down",
        "change": change.value, "observed": int(truth.sum()), "expected": expected,
        "calibration_in_the_large": large.to_dict(), "calibration_slope": slope.to_dict(),
        "reference": prepared["large"][0], "reference_slope": prepared["slope"][0],
    }  # fmt: skip
    if change.beyond:
        details["proposed_recalibration"] = _proposal(truth, score, lead)
    doubtful = any(abs(one.value) >= normal_quantile(0.95) * one.error for one in changes.values())
    judged = Judged(
        len(truth), value, low, high, change.limit, beyond=change.beyond, doubtful=doubtful,
        details=details,
    )  # fmt: skip
    findable = max((z + normal_quantile(2.0 * POWER - 1.0)) * middle.error, prepared["floor"])
    return judged, change, findable


def _of_a_class(truth: FloatArray) -> int:
    return int(min((truth == 1).sum(), (truth == 0).sum()))


def _both(truth: FloatArray, score: FloatArray) -> tuple[Estimate, Estimate]:
    sick = truth.astype(int)
    return calibration_in_the_large(sick, score), calibration_slope(sick, score)


def _error(found: Estimate) -> float:
    assert found.low is not None and found.high is not None
    return (found.high - found.low) / (2.0 * normal_quantile(found.level))


def _change(found: Estimate, reference: list[float], z: float, floor: float) -> _Change:
    assert found.value is not None
    error = math.hypot(_error(found), reference[1])
    return _Change(found.value - reference[0], error, max(z * error, floor))


def _by_reference(prepared: Prepared, score: FloatArray) -> FloatArray:
    """The chance that a score stood for on the reference, on the whole."""
    return LogisticCurve(1.0, prepared["large"][0]).apply(score)


def _proposal(truth: FloatArray, score: FloatArray, changed: str) -> dict[str, Any]:
    """What would mend the scores, as evidence for a change request.

    A changed prevalence needs the intercept alone; a changed slope both (Platt). Brier's score is
    of the same cases, so it flatters the proposal a little.
    """
    sick = truth.astype(int)
    curve = platt(sick, score)
    if changed == IN_THE_LARGE:
        shift = calibration_in_the_large(sick, score).value
        assert shift is not None
        curve = LogisticCurve(1.0, shift)
    slope, intercept = curve.slope, curve.intercept
    middle = np.median(log_odds(score))
    return {
        "kind": "intercept" if changed == IN_THE_LARGE else "intercept and slope",
        "slope": slope, "intercept": intercept, "cases": len(sick),
        "median_score": float(np.median(score)),
        "becomes": float(0.5 * (1.0 + math.tanh(0.5 * (slope * middle + intercept)))),
        "brier_before": brier(sick, score).to_dict(),
        "brier_after": brier(sick, curve.apply(score)).to_dict(),
        "note": "a proposal for a change request; nothing was changed, and a recalibrated score is "
                "another model version that needs its own evaluation",
    }  # fmt: skip
