"""Does a score separate within each stratum, such as a site, as well as over all studies at once?

Where prevalence and score both rise from site to site, the pooled AUC compares the diseased of one
with the healthy of another and is too high (Simpson's paradox). Only pairs of one stratum are
compared here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.clusters import patient_codes
from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, number_column, refuse_unequal
from measures.proportions import normal_quantile
from measures.roc import area_limits, placements
from measures.subgroups import group_labels

__all__ = ["stratified_auc", "stratified_auc_difference"]


@dataclass(frozen=True, slots=True)
class _Area:
    """The area over pairs of one stratum, each patient's part in its deviation, and the number of
    diseased or healthy studies that carry it."""

    value: float
    parts: Numbers
    fewest: int

    @property
    def variance(self) -> float:
        return _between_patients(self.parts)


def stratified_auc(
    truth: ArrayLike,
    score: ArrayLike,
    strata: ArrayLike,
    *,
    patients: ArrayLike,
    level: float = 0.95,
) -> Estimate:
    """Chance that of a diseased and a healthy study of the same stratum the diseased one scores
    higher: the AUCs of the strata, weighted by their pairs (the covariate-adjusted AUC of Janes and
    Pepe, Biometrika 2009;96:371, with pair weights).

    Interval: logit, from the variance between patients, diseased and healthy studies of a patient
    together (Obuchowski, Biometrics 1997;53:567), the sizes of the strata taken as chance too.

    truth: 0/1; score: finite; strata, patients: names; all of shape (studies,). n is the number of
    studies in strata that hold both classes; the method counts the others. Not estimable where no
    stratum does, or with fewer than two patients. Raises ValueError if malformed.

    >>> print(stratified_auc([1, 0, 1, 0, 1, 0, 1, 0], [9, 4, 6, 5, 3, 1, 2, 2.5],
    ...                      list("aaaabbbb"), patients=range(8)))
    stratified_auc 0.875 (95 % interval 0.272 to 0.992, n = 8)
    """
    y, s, groups, codes = _columns(truth, score, strata, patients)
    held = _with_both(y, groups)
    found = _stratified(y, s, groups, codes, held)
    n = int(held.sum())
    if found is None:
        return Estimate.not_estimable("stratified_auc", _reason(held, codes), n=n)
    low, high, method = area_limits(
        found.value, found.variance, named="within strata, Obuchowski", pairs=found.fewest,
        level=level,
    )
    method += f", {np.unique(groups[held]).size} of {np.unique(groups).size} strata"
    return Estimate("stratified_auc", n, found.value, low, high, level, method)


def stratified_auc_difference(
    truth: ArrayLike,
    score: ArrayLike,
    strata: ArrayLike,
    *,
    patients: ArrayLike,
    level: float = 0.95,
) -> Estimate:
    """How much lower the AUC is once only studies of one stratum are compared: the stratified less
    the pooled AUC, below zero where part of the pooled one is a difference between strata.

    Normal interval cut at -1 and 1 from the variance of the difference between patients, so that
    what both areas share is counted. As :func:`stratified_auc`; the pooled area is of the same
    studies. Not estimable also where the two do not vary apart (one stratum).

    >>> found = stratified_auc_difference([1, 0, 1, 0, 1, 0, 1, 0], [9, 4, 6, 5, 3, 1, 2, 2.5],
    ...                                   list("aaaabbbb"), patients=range(8))
    >>> round(found.value, 4)
    0.1875
    """
    y, s, groups, codes = _columns(truth, score, strata, patients)
    held, name = _with_both(y, groups), "stratified_auc_difference"
    within, n = _stratified(y, s, groups, codes, held), int(held.sum())
    if within is None:
        return Estimate.not_estimable(name, _reason(held, codes), n=n)
    pooled = _stratified(y, s, np.full(y.size, "all"), codes, held)
    assert pooled is not None
    value = within.value - pooled.value
    variance = _between_patients(within.parts - pooled.parts)
    if variance <= 1e-15:
        return Estimate.not_estimable(name, "the two areas do not vary apart: no interval", n=n)
    half = normal_quantile(level) * variance**0.5
    return Estimate(
        name, n, value, max(-1.0, value - half), min(1.0, value + half), level,
        "normal, between patients, both areas of the same studies",
    )  # fmt: skip


def _columns(
    truth: ArrayLike, score: ArrayLike, strata: ArrayLike, patients: ArrayLike
) -> tuple[Numbers, Numbers, NDArray[np.str_], NDArray[np.intp]]:
    y = binary_column("truth", truth).astype(np.float64)
    s, groups = number_column("score", score), group_labels(strata)
    codes, _ = patient_codes(patients)
    refuse_unequal(truth=y, score=s, strata=groups, patients=codes)
    return y, s, groups, codes


def _with_both(y: Numbers, groups: NDArray[np.str_]) -> NDArray[np.bool_]:
    """The studies of strata that hold both classes."""
    held = np.zeros(y.size, dtype=bool)
    for one in np.unique(groups):
        there = groups == one
        if 0 < y[there].sum() < there.sum():
            held |= there
    return held


def _reason(held: NDArray[np.bool_], codes: NDArray[np.intp]) -> str:
    if not held.any():
        return "no stratum holds diseased and healthy studies"
    return f"needs two patients: {np.unique(codes[held]).size} there"


def _stratified(
    y: Numbers,
    s: Numbers,
    groups: NDArray[np.str_],
    codes: NDArray[np.intp],
    held: NDArray[np.bool_],
) -> _Area | None:
    if np.unique(codes[held]).size < 2:
        return None
    pairs, area, fewest = 0.0, 0.0, 0
    placed = []
    for one in np.unique(groups[held]):
        there = np.flatnonzero(held & (groups == one))
        sick, healthy = there[y[there] == 1], there[y[there] == 0]
        found = placements(y[there], s[there])
        weight = float(sick.size * healthy.size)
        placed.append((sick, healthy, found, weight))
        pairs, area = pairs + weight, area + weight * found.area
        fewest += min(sick.size, healthy.size)
    off = np.zeros(y.size)
    for sick, healthy, found, weight in placed:
        # from the area over all strata: how many pairs a stratum has is chance too
        off[sick] = weight / pairs * (found.diseased - area / pairs) / sick.size
        off[healthy] = weight / pairs * (found.healthy - area / pairs) / healthy.size
    _, there = np.unique(codes[held], return_inverse=True)
    parts: Numbers = np.bincount(there, weights=off[held]).astype(np.float64)
    return _Area(area / pairs, parts, fewest)


def _between_patients(parts: Numbers) -> float:
    return float(parts @ parts) * parts.size / (parts.size - 1)
