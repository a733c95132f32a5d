"""Accuracy when only some studies were ever verified: the correction of Begg and Greenes.

Where flagged studies are followed up more often than the rest, sensitivity among the verified is
too high and specificity too low. The correction holds if verification was at random among studies
with the same decision (and stratum, such as a band of the score). The data can contradict that
assumption (:func:`verification_by_score`) but never prove it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers, binary_column, number_column, refuse_unequal
from measures.proportions import normal_quantile
from measures.roc import auc

__all__ = ["corrected_sensitivity", "corrected_specificity", "verification_by_score"]

_ASSUMED = "verified at random given the decision"


def corrected_sensitivity(
    truth: ArrayLike,
    decision: ArrayLike,
    verified: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Share of all diseased studies that the device flags, verified or not.

    In each cell of decision and stratum the verified tell the share of disease, and all studies
    tell its weight. Logit limits by the delta method (Begg and Greenes, Biometrics 1983;39:207);
    where the verified of a cell are all diseased or all healthy, half a study is added to each for
    the limits.

    truth: 0/1 where verified, anything (also NaN) elsewhere; decision, verified: 0/1; strata:
    labels, optional; all of shape (studies,). n is the number of verified studies; the method
    states the assumption. Not estimable when a cell that has studies has none verified, or when
    no disease is seen. Raises ValueError if malformed.

    >>> truth = [1] * 8 + [0] * 2 + [1] + [0] * 9 + [float("nan")] * 40
    >>> decision = [1] * 10 + [0] * 50
    >>> print(corrected_sensitivity(truth, decision, [1] * 20 + [0] * 40))
    corrected_sensitivity 0.615 (95 % interval 0.177 to 0.922, n = 20)
    """
    cells = _cells((truth, decision, verified), strata)
    return _corrected("corrected_sensitivity", cells, cells.diseased, level)


def corrected_specificity(
    truth: ArrayLike,
    decision: ArrayLike,
    verified: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Share of all healthy studies that the device leaves alone, verified or not.

    As :func:`corrected_sensitivity`.

    >>> truth = [1] * 8 + [0] * 2 + [1] + [0] * 9 + [float("nan")] * 40
    >>> decision = [1] * 10 + [0] * 50
    >>> print(corrected_specificity(truth, decision, [1] * 20 + [0] * 40))
    corrected_specificity 0.957 (95 % interval 0.844 to 0.989, n = 20)
    """
    cells = _cells((truth, decision, verified), strata)
    other = dataclasses.replace(cells, flagged=~cells.flagged)
    return _corrected("corrected_specificity", other, cells.verified - cells.diseased, level)


def verification_by_score(
    score: ArrayLike, decision: ArrayLike, verified: ArrayLike, *, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Whether, among studies with the same decision, those with higher scores were verified more.

    Chance that a verified study is scored above an unverified one (an AUC), among the flagged and
    among the others. An interval without 0.5 contradicts 'verified at random given the decision':
    then correct within strata of the score. One that holds 0.5 proves nothing.

    score: finite; decision, verified: 0/1; all of shape (studies,). Each is not estimable with
    fewer than two verified or two unverified. Raises ValueError if malformed.

    >>> flagged, others = verification_by_score(
    ...     [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1, 0, 0, 0, 0],
    ...     [1, 0, 1, 0, 1, 1, 0, 0])
    >>> flagged.value, others.value
    (0.75, 1.0)
    """
    marks = number_column("score", score)
    flagged, known = binary_column("decision", decision), binary_column("verified", verified)
    refuse_unequal(score=marks, decision=flagged, verified=known)
    found = []
    for name, rows in (("flagged", flagged), ("not flagged", ~flagged)):
        one = auc(known[rows], marks[rows], level=level)
        one = dataclasses.replace(one, measure="verification_by_score", subgroup=name)
        if not one.estimable:
            verified_here = int(known[rows].sum())
            unverified = int(rows.sum()) - verified_here
            reason = f"needs two of each: {verified_here} verified and {unverified} unverified"
            one = dataclasses.replace(one, reason=reason)
        found.append(one)
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class _Cells:
    """By decision and stratum: all studies, the verified, and the diseased among them."""

    flagged: Decisions
    studies: Numbers
    verified: Numbers
    diseased: Numbers
    names: list[str]


def _cells(columns: tuple[ArrayLike, ArrayLike, ArrayLike], strata: ArrayLike | None) -> _Cells:
    truth, decision, verified = columns
    flagged, known = binary_column("decision", decision), binary_column("verified", verified)
    answers = np.asarray(truth)
    if answers.ndim != 1:
        raise ValueError(f"truth: needs one entry per study, got shape {answers.shape}")
    labels = np.zeros(flagged.size) if strata is None else np.asarray(strata)
    if labels.ndim != 1:
        raise ValueError(f"strata: needs one entry per study, got shape {labels.shape}")
    refuse_unequal(truth=answers, decision=flagged, verified=known, strata=labels)
    sick = np.zeros(flagged.size)
    sick[known] = binary_column("truth", answers[known])
    names, stratum = _coded(labels)
    cell = 2 * stratum + flagged
    size = 2 * len(names)
    studies = np.bincount(cell, minlength=size).astype(np.float64)
    counted = [
        np.bincount(cell, weights=of, minlength=size).astype(np.float64) for of in (known, sick)
    ]
    there = studies > 0
    decided = np.arange(size) % 2 == 1
    told = [
        ("flagged" if decided[i] else "not flagged")
        + (f" in stratum {names[i // 2]}" if strata is not None else "")
        for i in np.flatnonzero(there)
    ]
    return _Cells(decided[there], studies[there], counted[0][there], counted[1][there], told)


def _coded(labels: NDArray[np.generic]) -> tuple[list[str], NDArray[np.intp]]:
    text = [str(label) for label in labels.tolist()]
    if any(label in ("", "None", "nan", "NaT", "<NA>") for label in text):
        raise ValueError("strata: a study without a stratum cannot be weighed")
    names, codes = np.unique(np.asarray(text, dtype=str), return_inverse=True)
    return names.tolist(), codes


def _corrected(name: str, cells: _Cells, having: Numbers, level: float) -> Estimate:
    """Weight of what is sought (`having`, among the verified) in the cells called `flagged`."""
    z = normal_quantile(level)
    n = int(cells.verified.sum())
    bare = [cells.names[i] for i in np.flatnonzero(cells.verified == 0)]
    if bare or n == 0:
        reason = f"no study was verified among those {bare[0]}" if bare else "no study"
        return Estimate.not_estimable(name, reason, n=n)
    weight = cells.studies / cells.studies.sum()
    total = weight * having / cells.verified
    if total.sum() == 0.0:
        sought = "diseased" if name == "corrected_sensitivity" else "healthy"
        return Estimate.not_estimable(name, f"no {sought} study among the verified", n=n)
    value = float(total[cells.flagged].sum() / total.sum())
    both = cells.flagged.any() and not cells.flagged.all()
    if not both:
        missing = "every study has the same decision, so nothing can be weighed against it"
        return Estimate.not_estimable(name, missing, n=n)
    uniform = (having == 0) | (having == cells.verified)
    seen, of = having + 0.5 * uniform, cells.verified + 1.0 * uniform
    share = seen / of
    sides = np.array(
        [float((weight * share)[side].sum()) for side in (~cells.flagged, cells.flagged)]
    )
    pull = weight / sides[cells.flagged.astype(int)]
    variance = float(np.sum(pull**2 * share * (1.0 - share) / of))
    variance += float(np.sum((pull * share) ** 2 / weight)) / cells.studies.sum()
    middle = float(np.log(sides[1] / sides[0]))
    half = z * variance**0.5
    low, high = (0.5 * (1.0 + float(np.tanh(0.5 * (middle + s * half)))) for s in (-1.0, 1.0))
    method = f"Begg-Greenes, logit; {_ASSUMED}"
    method += f" and stratum ({len(cells.names)} cells)" if len(cells.names) > 2 else ""
    return Estimate(name, n, value, min(low, value), max(high, value), level, method)
