"""What a change may do to sensitivity and specificity: from late truth, else an estimate."""

from __future__ import annotations

from typing import Any

import numpy as np

from measures.clusters import Resampling
from measures.comparison import newcombe_difference
from measures.estimate import Estimate
from measures.label_free import LabelledReference, expected_performance, labelled_reference
from measures.label_free_checks import label_shift, outside_reference
from measures.proportions import wilson
from monitoring.detectors.base import FloatArray
from monitoring.explaining.case_table import CaseTable

__all__ = ["expected_effect", "prevalence_of_scores"]

LEAST_TRUTH = 10
"""Studies with truth of a class, before and since, from which a difference is told."""
LEAST_LABELLED = 200
"""Studies with truth before, fewer than which teach nothing about the score."""
MEASURES = ("sensitivity", "specificity")
RESAMPLES = 200
SCORES_KEEP_THEIR_MEANING = ("patient mix", "recording", "chance")
"""The causes by which a score may go on to mean what it meant. Another scanner, software or
disease changes just that: in the demonstration a specificity of 0.10 was estimated as 0.80."""


def expected_effect(
    before: CaseTable, since: CaseTable, *, cause: str
) -> dict[str, dict[str, Any]]:
    """For sensitivity and specificity: before, since, and the difference, each with n and interval.

    From the truth where ten studies of the class are known before and since (Wilson; Newcombe for
    the difference); else from the scores alone (:mod:`measures.label_free`), which holds only
    while a score means what it meant before, so only where the likeliest cause leaves it that;
    else the reason why neither is to be had.
    """
    estimated: tuple[dict[str, Estimate], str] | str | None = None
    found = {}
    for measure in MEASURES:
        then, now = _realised(before, measure), _realised(since, measure)
        if then.n >= LEAST_TRUTH and now.n >= LEAST_TRUTH:
            found[measure] = _told(then, now, newcombe_difference(now, then), "truth known so far")
            continue
        if estimated is None:
            estimated = (
                _label_free(before, since) if cause in SCORES_KEEP_THEIR_MEANING
                else f"with the cause '{cause}' a score may not mean what it meant before: wait "
                "for truth, or have a sample read ('radvigil adjudication draw --alert')"
            )
        few = f"{now.n} studies with truth since, {then.n} before; {LEAST_TRUTH} needed each"
        if isinstance(estimated, str):
            found[measure] = {"basis": "not estimable", "reason": f"{few}; {estimated}"}
        elif not estimated[0][measure].estimable:
            why = estimated[0][measure].reason
            found[measure] = {"basis": "not estimable", "reason": f"{few}; from the scores: {why}"}
        else:
            basis = "estimated from the scores, without truth"
            found[measure] = _told(then, estimated[0][measure], None, basis)
            found[measure]["caveat"] = estimated[1]
    return found


def _realised(table: CaseTable, measure: str) -> Estimate:
    decision = table.columns.get("decision")
    if decision is None:
        return Estimate.not_estimable(measure, "no decision", n=0)
    wanted = 1.0 if measure == "sensitivity" else 0.0
    counts = (table.truth == wanted) & np.isfinite(decision)
    n = int(counts.sum())
    if n == 0:
        return Estimate.not_estimable(measure, "no study with truth", n=0)
    return wilson(measure, int((decision[counts] == wanted).sum()), n)


def _label_free(
    before: CaseTable, since: CaseTable
) -> tuple[dict[str, Estimate], str] | str:
    """By measure what is to be expected, and when not to trust it; or why it is not estimable."""
    pair = [table.columns.get("score") for table in (before, since)]
    if pair[0] is None or pair[1] is None or "decision" not in since.columns:
        return "no score or decision to estimate from"
    taught = np.isfinite(before.truth) & np.isfinite(pair[0])
    truth, score = before.truth[taught], pair[0][taught]
    if len(truth) < LEAST_LABELLED or len(np.unique(truth)) < 2:
        return f"{len(truth)} studies before with truth and score, {LEAST_LABELLED} needed"
    called = np.isfinite(pair[1]) & np.isfinite(since.columns["decision"])
    if not called.any():
        return "no study since has a score and a decision"
    if not _probabilities(score, pair[1][called]):
        return "the scores are no probabilities"
    learnt = labelled_reference(truth, score, resampling=Resampling(seed=0, replicates=RESAMPLES))
    expected = expected_performance(learnt, pair[1][called], since.columns["decision"][called])
    return dict(expected), _caveat(learnt, pair[1][called])


def _probabilities(*scores: Any) -> bool:
    return all(((one >= 0.0) & (one <= 1.0)).all() for one in scores)


def _caveat(learnt: LabelledReference, score: FloatArray) -> str:
    beyond = outside_reference(learnt, score)
    said = "holds only while a score means what it meant before"
    if beyond.value is not None and beyond.value > 0.01:
        return f"{said}; {100 * beyond.value:.0f} % of the scores lie outside those seen before"
    return said


def prevalence_of_scores(before: CaseTable, since: CaseTable) -> tuple[Estimate, bool] | None:
    """The prevalence that the scores since fit best, and whether it explains them (5 %); None where
    it cannot be told."""
    pair = [table.columns.get("score") for table in (before, since)]
    if pair[0] is None or pair[1] is None:
        return None
    taught = np.isfinite(before.truth) & np.isfinite(pair[0])
    score, now = pair[0][taught], pair[1][np.isfinite(pair[1])]
    if not len(score) or not _probabilities(score, now):
        return None
    found, fits = label_shift(before.truth[taught], score, now)
    if found.value is None or fits.p_value is None:
        return None
    return found, fits.p_value > 0.05


def _told(
    then: Estimate, now: Estimate, apart: Estimate | None, basis: str
) -> dict[str, Any]:
    return {
        "basis": basis, "before": _figure(then), "since": _figure(now),
        "difference": _figure(apart) if apart is not None else None,
    }


def _figure(one: Estimate) -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high, "n": one.n,
            "reason": one.reason}  # fmt: skip
