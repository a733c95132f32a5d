"""Has the device become worse than it was on its reference, as the truth arrives?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from measures.roc import auc, placements
from measures.window_tests import area_fall
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
    SMALLEST_SHIFT,
    WINDOW,
    Gathered,
    Judged,
    frozen_windows,
    gathered,
    window_point,
)
from monitoring.detectors.sentences import rate_sentence
from monitoring.detectors.window_verdicts import judge_share

__all__ = ["PerformanceAgainstReference"]

MEASURES = ("sensitivity", "specificity", "auc")


class PerformanceAgainstReference:
    """Finds a fall of sensitivity, specificity or AUC below the reference's own figure.

    `claimed_performance` asks whether a claim is still kept; this chart whether the device is as
    good as it was. Cases count in the window in which their truth became known, whenever the study
    was done, and wait until there are enough. Value: the figure with its 95 % interval; limit: the
    figure below which chance alone falls too rarely (sensitivity, specificity: exact; AUC: DeLong
    on the logit scale with Student's t). One-sided: only a fall alerts. Where truth is sought for
    some cases only, it judges those cases only.
    """

    name = "performance_against_reference"
    in_control = "the true figure is at least that of the reference"
    parameters = (
        Parameter("measure", "sensitivity", "which figure", choices=MEASURES),
        Parameter("least_cases", 30, "cases (AUC: of each class) that a point needs", 5, 10_000),
        WINDOW, FLOOR, SMALLEST_SHIFT,
    )  # fmt: skip

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The figure of the reference, with what its error needs."""
        measure, least = parameters["measure"], parameters["least_cases"]
        beside = "score" if measure == "auc" else "decision"
        absent = np.full(len(next(iter(reference.values()), np.zeros(0))), np.nan)
        truth = np.asarray(reference.get("truth", absent), np.float64)
        said = np.asarray(reference.get(beside, absent), np.float64)
        known = np.isfinite(truth) & np.isfinite(said)
        truth, said = truth[known], said[known]
        few = int(_cases(measure, truth))
        if few < least:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {few} reference cases with truth and "
                f"{beside} count for {measure}, {least} needed.",
                hint="Give a reference with known truth, or leave this chart out of the plan.",
            )
        frozen = _frozen(measure, truth, said)
        if measure == "auc" and not 0.5 < frozen["value"] < 1.0:
            raise NotWatchable(
                f"{context.chart} at {context.site}: an AUC of {frozen['value']:g} in the "
                "reference cannot be watched for a fall.",
                hint="Check which way the score points, or watch sensitivity and specificity.",
            )
        return (
            frozen_windows(
                context, parameters, limit=frozen["value"], reference_n=int(known.sum())
            )
            | {"measure": measure, "least_cases": least}
            | frozen
        )

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Adds the truth that arrived, and judges the window on its last day."""
        past = state or {"first": None, "pending": {}, "since": None, "cases": {}}
        carried = past.get("cases", {})
        found = gathered(
            prepared, {k: past[k] for k in ("first", "pending", "since")}, today, _arrived(today)
        )
        if not found.closed:
            kept = found.kept | {"cases": carried}
            return window_point(prepared, today, replace(found, kept=kept), None)
        truth, said = _known(prepared["measure"], found, carried)
        few = int(_cases(prepared["measure"], truth))
        if few < prepared["least_cases"]:
            reason = (
                f"{few} cases that count, {prepared['least_cases']} needed; they wait for the "
                "next window" if few else "no truth arrived for a case that counts"
            )  # fmt: skip
            waiting = {"truth": truth.tolist(), "said": said.tolist()}
            judged, kept = Judged(few, reason=reason), found.kept | {"cases": waiting}
        else:
            judged, kept = _judged(prepared, truth, said), found.kept | {"cases": {}}
        judged.details["column"] = prepared["measure"]
        return window_point(prepared, today, replace(found, kept=kept), judged)

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        return rate_sentence(result)


def _arrived(today: SiteDay) -> dict[str, NDArray[Any]]:
    unscored = np.full(len(today.truth), np.nan)
    return {
        "truth": today.truth.astype(np.float64),
        "decision": np.where(today.decision < 0, np.nan, today.decision.astype(np.float64)),
        "score": today.truth_score if len(today.truth_score) else unscored,
    }


def _known(
    measure: str, found: Gathered, carried: Mapping[str, Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Truth and what the device said, of the cases that waited and of those of the window."""
    said = found.columns["score" if measure == "auc" else "decision"]
    truth = found.columns["truth"]
    kept = np.isfinite(said) & np.isfinite(truth)
    waited = [np.array(carried.get(name, []), np.float64) for name in ("truth", "said")]
    return np.concatenate([waited[0], truth[kept]]), np.concatenate([waited[1], said[kept]])


def _cases(measure: str, truth: NDArray[Any]) -> int:
    diseased, healthy = int((truth == 1).sum()), int((truth == 0).sum())
    if measure == "auc":
        return min(diseased, healthy)
    return diseased if measure == "sensitivity" else healthy


def _right(measure: str, truth: NDArray[Any], said: NDArray[Any]) -> tuple[int, int]:
    wanted = 1.0 if measure == "sensitivity" else 0.0
    of = truth == wanted
    return int((said[of] == wanted).sum()), int(of.sum())


def _frozen(measure: str, truth: NDArray[Any], said: NDArray[Any]) -> dict[str, Any]:
    if measure == "auc":
        found = placements(truth, said)
        return {"value": found.area, "variance": found.variance}
    right, n = _right(measure, truth, said)
    return {"value": right / n, "right": right, "known": n}


def _judged(prepared: Prepared, truth: NDArray[Any], said: NDArray[Any]) -> Judged:
    measure, alpha = prepared["measure"], prepared["window_alpha"]
    if measure == "auc":
        return _judged_area(prepared, truth, said)
    right, n = _right(measure, truth, said)
    judged = judge_share(
        prepared["right"], prepared["known"], right, n,
        alpha=alpha, floor=prepared["floor"], sides=(True, False),
    )  # fmt: skip
    return replace(judged, worth=prepared["worth"], details=dict(judged.details))


def _judged_area(prepared: Prepared, truth: NDArray[Any], said: NDArray[Any]) -> Judged:
    found: Estimate = auc(truth, said)
    assert found.value is not None
    value, few = prepared["value"], _cases("auc", truth)
    variance = placements(truth, said).variance
    fall = [
        area_fall((value, prepared["variance"]), variance, studies=few, alpha=alpha)
        for alpha in (prepared["window_alpha"], 0.05)
    ]
    limit = min(fall[0].limit, value - prepared["floor"])
    return Judged(
        found.n, found.value, found.low, found.high, limit,
        beyond=found.value <= limit, doubtful=found.value <= fall[1].limit,
        findable=value - fall[0].findable, worth=prepared["worth"],
        details={
            "direction": "down" if found.value < value else "up", "reference": value,
            "reference_n": prepared["reference_n"], "change": found.value - value,
        },
    )  # fmt: skip
