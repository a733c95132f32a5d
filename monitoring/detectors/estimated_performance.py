"""How well does the device probably do, before its truth is known, and then as it arrives?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from measures.estimate import Estimate
from measures.label_free_checks import held_out_slope, realised_against_expected
from measures.label_free_range import place_scores, score_edges
from measures.proportions import wilson
from measures.roc import auc
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
from monitoring.detectors.calendar_windows import WINDOW, frozen_windows
from monitoring.detectors.three_figures import ThreeFigures, learnt_of, three_figures
from monitoring.detectors.truth_windows import CountedWindow, WindowsOfDay, advance
from records.counting import counted

__all__ = ["EstimatedPerformance"]

MEASURES = ("sensitivity", "specificity", "ppv", "auc")
LEAST_REFERENCE = 200
NOT_FOLLOWING = 0.001


class EstimatedPerformance:
    """Estimates sensitivity, specificity, PPV or AUC of each window three ways: without truth, by
    the range over what could explain its scores (:mod:`measures.label_free_range`); with the first
    truth, prediction-powered; realised, once all is known. Judges by the way that rests on the most
    truth, twice a window: at its end, and when its truth is complete or too late to count.

    Value: the figure with its 95 % interval. Statistic: the upper end of its interval at the
    window's share of alpha; limit: the claim less its margin, else the reference's own figure less
    `margin`. It signals where the whole interval lies below. A window with fewer studies than
    `least_studies` goes on through the next. Where the scores cannot say (they fit no mix of the
    reference's classes, lie outside it, or their explanations are further apart than `widest`) the
    point is 'not estimable' with the reason, until truth comes.
    """

    name = "estimated_performance"
    in_control = (
        "the true figure is at or above the limit; without truth: one of three explanations of the "
        "scores holds (they mean what they meant, only the prevalence moved, or the prevalence "
        "stayed); with a part of the truth: that part came at random"
    )
    parameters = (
        Parameter("measure", "sensitivity", "which figure", choices=MEASURES),
        Parameter("margin", 0.05, "below the reference's own, where nothing is claimed", 0.0, 0.5),
        Parameter("least_studies", 100, "studies a window holds before it is judged", 20, 100_000),
        Parameter("least_cases", 30, "cases that count, expected or with truth", 10, 10_000),
        Parameter("widest", 0.2, "spread of the explanations, else not estimable", 0.01, 1.0),
        Parameter("truth_days", 90, "days after its end that a window waits for truth", 1, 730),
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
        """The reference's scores by class, the bound, and whether its scores can be trusted."""
        measure = parameters["measure"]
        absent = np.full(len(next(iter(reference.values()), np.zeros(0))), np.nan)
        truth, score, said = (
            np.asarray(reference.get(name, absent), np.float64)
            for name in ("truth", "score", "decision")
        )
        known = np.isfinite(truth) & np.isfinite(score) & np.isfinite(said)
        truth, score, said = truth[known], score[known], said[known]
        own = _own(measure, truth, score, said)
        bound = context.bounds.get(measure)
        if bound is None:
            if own.value is None:
                raise NotWatchable(
                    f"{context.chart} at {context.site}: nothing is claimed for {measure}, and the "
                    f"reference cannot say: {own.reason}.",
                    hint="Give a reference with truth, score and decision, or claim the figure.",
                )
            bound = own.value - parameters["margin"]
        cells = _cells(truth, score)
        prepared = frozen_windows(
            context, parameters, limit=float(bound), reference_n=int(known.sum())
        ) | {
            "measure": measure, "bound": float(bound), "own": own.to_dict(), "untrusted": "",
            **{name: parameters[name] for name in (
                "least_studies", "least_cases", "widest", "truth_days"
            )},
            **cells,
        }  # fmt: skip
        prepared["untrusted"] = _untrusted(prepared, truth, score, said)
        return prepared

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Puts studies and truth into their windows, and judges those that are due."""
        day = advance(prepared, state, today)
        alpha = prepared["window_alpha"] / 2.0  # two verdicts a window
        last = [one for one in day.final if one.known]  # without truth there is nothing new to say
        due = [(one, three_figures(prepared, one, alpha=alpha)) for one in (*day.closed, *last)]
        revised = [three_figures(prepared, one).details for one in day.revised]
        since = (state or {}).get("since")
        kept = day.kept | {"since": since}
        if not due:
            return _open(prepared, today, day, kept, revised)
        lead = next(
            (pair for pair in due if _beyond(prepared, pair[1])),
            next((pair for pair in due if pair[1].best), due[0]),
        )
        others = [found.details for one, found in due if one is not lead[0]]
        return _point(prepared, today, lead, kept, [*others, *revised])

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        found = result.details
        seen = counted(found["studies"], "study", "studies")
        return (
            f"{found['column']} of {found['window_start']} to {found['window_end']} is "
            f"{result.value:.3f} ({found['way']}, {seen}, truth of {found['known']}) and should be "
            f"at least {found['reference']:.3f}"
        )


def _own(measure: str, truth: FloatArray, score: FloatArray, said: FloatArray) -> Estimate:
    """The reference's own figure."""
    if measure == "auc":
        return auc(truth.astype(int), score)
    wanted = {"sensitivity": truth == 1, "specificity": truth == 0, "ppv": said == 1}[measure]
    right = int((said == truth)[wanted].sum())
    return wilson(measure, right, int(wanted.sum()))


def _cells(truth: FloatArray, score: FloatArray) -> dict[str, Any]:
    if not len(score):
        return {"edges": [0.0], "sick": [], "well": []}
    edges = score_edges(truth.astype(int), score)
    place = place_scores(edges, score).astype(int)
    sick, well = (
        np.bincount(place[truth == one], minlength=len(edges) + 1)[1:].tolist() for one in (1, 0)
    )
    return {"edges": edges.tolist(), "sick": sick, "well": well}


def _untrusted(
    prepared: Prepared, truth: FloatArray, score: FloatArray, said: FloatArray
) -> str:
    """Why no figure can be had from this reference without truth; empty where one can."""
    n = len(truth)
    if n < LEAST_REFERENCE:
        return f"{counted(n, 'reference study', 'reference studies')} with truth, score and " \
               f"decision, {LEAST_REFERENCE} needed to learn what a score means"
    if min((truth == 1).sum(), (truth == 0).sum()) < 10:
        return "fewer than 10 reference studies of a class"
    place = place_scores(prepared["edges"], score).astype(int)
    slope = held_out_slope(truth.astype(int), place / (place.max() + 1.0), seed=prepared["seed"])
    if slope.value is None or slope.low is None or slope.high is None:
        return f"what a score means cannot be checked on the reference: {slope.reason}"
    if slope.high < 0.8 or slope.low > 1.25:
        return (
            "what a score means, learnt on a part of the reference, does not hold on the rest "
            f"(slope {slope.value:.2f})"
        )
    chance = learnt_of(prepared).chance[place - 1]
    test = realised_against_expected(
        truth.astype(int), chance, place / (place.max() + 1.0), said.astype(int)
    )[prepared["measure"]]
    if test.p_value is not None and test.p_value < NOT_FOLLOWING:
        return "the decisions of the reference do not follow from its scores"
    return ""


def _beyond(prepared: Prepared, found: ThreeFigures) -> bool:
    if not found.best:
        return False
    high = found.at_verdict[found.best].high
    return high is not None and high <= prepared["bound"]


def _open(
    prepared: Prepared, today: SiteDay, day: WindowsOfDay, kept: State,
    revised: list[dict[str, Any]],
) -> ChartResult:  # fmt: skip
    window = day.open
    assert window is not None
    reason = "no study today"
    if today.n:
        reason = f"{counted(window.n, 'study', 'studies')} since {window.first}: the window goes on"
    details = {
        "window_start": window.first.isoformat(), "window_end": window.last.isoformat(),
        "open": True, "column": prepared["measure"], "revised": revised, "older": day.older,
    }  # fmt: skip
    return ChartResult(
        prepared["chart"], prepared["site"], today.day, today.n, ChartStatus.NO_DATA,
        prepared["limit"], reason=reason, state=kept, details=details,
    )  # fmt: skip


def _point(
    prepared: Prepared, today: SiteDay, lead: tuple[CountedWindow, ThreeFigures], kept: State,
    revised: list[dict[str, Any]],
) -> ChartResult:  # fmt: skip
    window, found = lead
    details = found.details | {
        "column": prepared["measure"], "direction": "down", "reference": prepared["bound"],
        "way": found.best, "revised": revised,
    }  # fmt: skip
    if not found.best:
        reasons = "; ".join(
            f"{way}: {one.reason}" for way, one in found.figures.items()
        )
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, window.n, ChartStatus.NO_DATA,
            prepared["limit"], reason=reasons, state=kept, details=details,
        )  # fmt: skip
    shown, verdict = found.figures[found.best], found.at_verdict[found.best]
    doubtful = shown.high is not None and shown.high <= prepared["bound"]
    since = (kept["since"] or window.first.isoformat()) if doubtful else None
    return ChartResult(
        prepared["chart"], prepared["site"], today.day, shown.n,
        ChartStatus.SIGNAL if _beyond(prepared, found) else ChartStatus.IN_CONTROL,
        prepared["limit"], value=shown.value, low=shown.low, high=shown.high,
        statistic=verdict.high, state=kept | {"since": since},
        details=details | {"onset": since},
    )  # fmt: skip
