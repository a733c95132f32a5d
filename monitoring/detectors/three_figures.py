"""A window's figure three ways: estimated without truth, steadied by the truth that has arrived,
and realised once all of it is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.label_free_checks import score_shift
from measures.label_free_range import (
    EXPLANATIONS,
    LearntCells,
    PerformanceRange,
    explained_performance,
    learn_cells,
)
from measures.prediction_powered import Sampled, Unsampled, prediction_powered
from measures.proportions import clopper_pearson
from measures.roc import auc
from measures.weighted_accuracy import DrawnStudies, weighted_auc
from monitoring.detectors.base import FloatArray, Prepared
from monitoring.detectors.truth_windows import UNSCORED, CountedWindow

__all__ = ["WAYS", "ThreeFigures", "learnt_of", "three_figures"]

WAYS = ("estimated", "prediction-powered", "realised")
REFITS = 200
NOT_RANDOM = 0.001
"""Chance of so different scores with and without truth, below which the truth is no random part."""


@dataclass(frozen=True, slots=True)
class ThreeFigures:
    """The figure of a window by each of :data:`WAYS`, at 95 %, and the same at the level of the
    verdict. details: JSON values for pages and alerts."""

    figures: Mapping[str, Estimate]
    at_verdict: Mapping[str, Estimate]
    details: dict[str, Any]

    @property
    def best(self) -> str:
        """The way that rests on the most truth and gives a figure; empty where none does."""
        return next((one for one in reversed(WAYS) if self.figures[one].value is not None), "")


def three_figures(
    prepared: Prepared, window: CountedWindow, *, alpha: float | None = None
) -> ThreeFigures:
    """Every way that the window's truth allows, each with its interval or the reason.

    alpha: one-sided, of the verdict; None where none is due.
    """
    without = _without_truth(prepared, window)
    refused = _not_powered(prepared, window)
    both = [
        {
            "estimated": _estimated(prepared, without, window, level),
            "prediction-powered": _powered(prepared, window, level) if not refused
            else Estimate.not_estimable(prepared["measure"], refused, n=window.known),
            "realised": _realised(prepared, window, level),
        }
        for level in (0.95, 0.95 if alpha is None else 1.0 - 2.0 * alpha)
    ]
    details: dict[str, Any] = {
        "window_start": window.first.isoformat(), "window_end": window.last.isoformat(),
        "studies": window.n, "known": window.known,
        "figures": {way: one.to_dict() for way, one in both[0].items()},
    }  # fmt: skip
    if without is not None and without.told:
        details["explanations"] = {
            name: without.explained(prepared["measure"], name).to_dict() for name in EXPLANATIONS
        }
        details["prevalence"] = without.prevalence.to_dict()
        details["reference_prevalence"] = learnt_of(prepared).prevalence
    return ThreeFigures(both[0], both[1], details)


def learnt_of(prepared: Prepared) -> LearntCells:
    """What the chart's reference taught; the same prepared chart always gives the same."""
    return _learnt(tuple(prepared["sick"]), tuple(prepared["well"]), prepared["seed"])


@lru_cache(maxsize=64)
def _learnt(sick: tuple[float, ...], well: tuple[float, ...], seed: int) -> LearntCells:
    return learn_cells(sick, well, resampling=Resampling(seed, REFITS))


def _table(prepared: Prepared, cells: Counter[tuple[int, int]]) -> FloatArray:
    """Counts by bin and decision, without the cases that have no score."""
    counts = np.zeros((len(prepared["edges"]) + 2, 2))
    for (place, said), count in cells.items():
        if place != UNSCORED:
            counts[place, said] += count
    return counts


def _without_truth(prepared: Prepared, window: CountedWindow) -> PerformanceRange | None:
    if prepared["untrusted"] or not window.n:
        return None
    cells = tuple(sorted((*cell, count) for cell, count in window.seen.items()))
    return _explained(tuple(prepared["sick"]), tuple(prepared["well"]), prepared["seed"], cells)


@lru_cache(maxsize=512)
def _explained(
    sick: tuple[float, ...], well: tuple[float, ...], seed: int,
    cells: tuple[tuple[int, int, int], ...],
) -> PerformanceRange:  # fmt: skip
    """The same scores say the same, whichever figure is asked and however often truth arrives."""
    seen = np.zeros((len(sick) + 2, 2))
    for place, said, count in cells:
        seen[place, said] = count
    return explained_performance(_learnt(sick, well, seed), seen)


def _estimated(
    prepared: Prepared, found: PerformanceRange | None, window: CountedWindow, level: float
) -> Estimate:
    measure = prepared["measure"]
    name = f"estimated_{measure}"
    if found is None:
        reason = prepared["untrusted"] or "no study"
        return Estimate.not_estimable(name, reason, n=window.n)
    if found.distrust:
        return Estimate.not_estimable(name, "; ".join(found.distrust), n=window.n)
    few = _expected_cases(measure, found, window)
    if few < prepared["least_cases"]:
        reason = f"about {few:.0f} cases that count are expected, {prepared['least_cases']} needed"
        return Estimate.not_estimable(name, reason, n=window.n)
    apart = found.apart(measure)
    if apart > prepared["widest"]:
        each = ", ".join(
            f"{explained.value:.3f} if {one}" for one in EXPLANATIONS
            if (explained := found.explained(measure, one)).value is not None
        )
        reason = f"the scores alone cannot tell: {each}; only truth can"
        return Estimate.not_estimable(name, reason, n=window.n)
    return found.estimate(measure, level=level)


def _expected_cases(measure: str, found: PerformanceRange, window: CountedWindow) -> float:
    """Cases that the figure would rest on, by the prevalence that explains the scores: the few
    windows of rare disease that look estimable are those that chance made look so."""
    sick = window.n * (found.prevalence.value or 0.0)
    flagged = sum(count for (_, said), count in window.seen.items() if said)
    return {
        "sensitivity": sick, "specificity": window.n - sick, "ppv": float(flagged),
        "auc": min(sick, window.n - sick),
    }[measure]


def _not_powered(prepared: Prepared, window: CountedWindow) -> str:
    """Why the truth that has arrived cannot be steadied by the scores of the rest."""
    if window.complete or not window.known:
        return "all truth is known" if window.complete else "no truth has arrived"
    if not prepared["sick"]:
        return str(prepared["untrusted"])
    sick, well, rest = _parts(prepared, window)
    few = _counting(prepared["measure"], sick, well)
    if few < prepared["least_cases"]:
        return f"{few} cases with truth count, {prepared['least_cases']} needed"
    (*_, place), (*_, other) = _cases(sick, well), _cases(np.zeros_like(rest), rest)
    drawn = score_shift(*(one / (len(prepared["edges"]) + 1) for one in (other, place)))
    if drawn.p_value is not None and drawn.p_value < NOT_RANDOM:
        return (
            "the studies with truth score otherwise than those without: they are no random part "
            "of the window"
        )
    return ""


def _parts(
    prepared: Prepared, window: CountedWindow
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Counts of those known with and without the finding, and of those not known."""
    sick, well = _table(prepared, window.sick), _table(prepared, window.well)
    return sick, well, np.maximum(_table(prepared, window.seen) - sick - well, 0.0)


def _powered(prepared: Prepared, window: CountedWindow, level: float) -> Estimate:
    measure = prepared["measure"]
    sick, well, rest = _parts(prepared, window)
    truth, said, place = _cases(sick, well)
    _, other_said, other = _cases(np.zeros_like(rest), rest)
    if measure == "auc":
        return _drawn_area(truth, said, place, other_said, other, level)
    inner = learnt_of(prepared).chance
    chance = np.concatenate([inner[:1], inner, inner[-1:]])
    return prediction_powered(
        measure, Sampled(truth, said, chance[place]), Unsampled(other_said, chance[other]),
        level=level,
    )


def _drawn_area(
    truth: FloatArray, said: FloatArray, place: FloatArray, other_said: FloatArray,
    other: FloatArray, level: float,
) -> Estimate:  # fmt: skip
    n, more = len(place), len(other)
    drawn = DrawnStudies(
        np.concatenate([truth, np.full(more, np.nan)]), np.concatenate([said, other_said]),
        np.concatenate([place, other]).astype(float),
        np.concatenate([np.ones(n, bool), np.zeros(more, bool)]),
        np.full(n + more, n / (n + more)),
    )
    return weighted_auc(drawn, form="augmented", level=level)


def _realised(prepared: Prepared, window: CountedWindow, level: float) -> Estimate:
    measure = prepared["measure"]
    if not window.complete:
        reason = f"the truth of {window.known} of {window.n} studies is known"
        return Estimate.not_estimable(measure, reason, n=window.known)
    if measure == "auc":
        sick, well = _table(prepared, window.sick), _table(prepared, window.well)
        few = _counting(measure, sick, well)
        if few < prepared["least_cases"]:
            reason = f"{few} cases of a class, {prepared['least_cases']} needed"
            return Estimate.not_estimable(measure, reason, n=window.known)
        truth, _, place = _cases(sick, well)
        return auc(truth, place.astype(float), level=level)
    right, of = _right(measure, window)
    if not of:
        return Estimate.not_estimable(measure, "no case counts for it", n=window.known)
    return clopper_pearson(measure, right, of, level=level)


def _right(measure: str, window: CountedWindow) -> tuple[int, int]:
    hit, missed, false, quiet = (
        sum(count for (_, said), count in cells.items() if said == wanted)
        for cells, wanted in (
            (window.sick, 1), (window.sick, 0), (window.well, 1), (window.well, 0)
        )
    )
    return {
        "sensitivity": (hit, hit + missed), "specificity": (quiet, quiet + false),
        "ppv": (hit, hit + false),
    }[measure]


def _counting(measure: str, sick: FloatArray, well: FloatArray) -> int:
    """Cases with truth that the figure rests on."""
    return int({
        "sensitivity": sick.sum(), "specificity": well.sum(),
        "ppv": sick[:, 1].sum() + well[:, 1].sum(), "auc": min(sick.sum(), well.sum()),
    }[measure])  # fmt: skip


def _cases(sick: FloatArray, well: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Truth, decision and bin, one entry a study."""
    each = []
    for truth, counts in ((1, sick), (0, well)):
        places, said = np.nonzero(counts)
        many = counts[places, said].astype(int)
        each.append((np.full(many.sum(), truth), np.repeat(said, many), np.repeat(places, many)))
    truth_of, said_of, place_of = (np.concatenate(one) for one in zip(*each, strict=True))
    return truth_of, said_of, place_of
