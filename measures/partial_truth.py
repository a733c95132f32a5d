"""Performance when each study counts partly as diseased and partly as healthy.

With truth the parts are 0 and 1; without it they are a calibrated probability and its complement;
under importance weights they are the weight. One arithmetic serves the three, with the derivative
of every measure in every part, from which the intervals come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from measures.inputs import Decisions, Numbers

__all__ = ["PERFORMANCE", "Parts", "Slope", "performance_slopes"]

PERFORMANCE = ("accuracy", "sensitivity", "specificity", "ppv", "f1", "auc", "average_precision")


@dataclass(frozen=True, slots=True)
class Parts:
    """diseased, healthy: how much each study counts as either; flagged: the device's decision;
    score: for the ranking. All of shape (studies,)."""

    diseased: Numbers
    healthy: Numbers
    flagged: Decisions
    score: Numbers


@dataclass(frozen=True, slots=True)
class Slope:
    """A measure's value and its derivatives in the diseased and the healthy part of each study."""

    value: float
    diseased: Numbers
    healthy: Numbers


def performance_slopes(parts: Parts) -> dict[str, Slope | str]:
    """Every measure of :data:`PERFORMANCE` by name, or the reason why it is undefined.

    >>> parts = Parts(np.array([0.9, 0.2]), np.array([0.1, 0.8]), np.array([True, False]),
    ...               np.array([0.9, 0.2]))
    >>> found = performance_slopes(parts)
    >>> round(found["accuracy"].value, 3), round(found["sensitivity"].value, 3)
    (0.85, 0.818)
    """
    sick, well, flagged = parts.diseased, parts.healthy, parts.flagged.astype(np.float64)
    p, n, alarms = float(sick.sum()), float(well.sum()), float(flagged @ (sick + well))
    none = np.zeros_like(sick)
    found: dict[str, Slope | str] = dict.fromkeys(PERFORMANCE, "no study")
    if p + n <= 0.0:
        return found
    hit, quiet = float(flagged @ sick), float((1.0 - flagged) @ well)
    right = (hit + quiet) / (p + n)
    found["accuracy"] = Slope(right, (flagged - right) / (p + n), (1.0 - flagged - right) / (p + n))
    found["sensitivity"] = found["specificity"] = found["f1"] = "no diseased study is expected"
    found["auc"] = found["average_precision"] = "only one class is expected"
    found["ppv"] = "no study was flagged"
    if p > 0.0:
        found["sensitivity"] = Slope(hit / p, (flagged - hit / p) / p, none)
    found["specificity"] = (
        Slope(quiet / n, none, (1.0 - flagged - quiet / n) / n)
        if n > 0.0
        else "no healthy study is expected"
    )
    if alarms > 0.0:
        share = hit / alarms
        found["ppv"] = Slope(share, flagged * (1.0 - share) / alarms, -flagged * share / alarms)
    if p + alarms > 0.0:
        # 2 TP / (P + flagged): a study counts in P as diseased, in flagged as either.
        balance = 2.0 * hit / (p + alarms)
        found["f1"] = Slope(
            balance,
            (2.0 * flagged - balance * (1.0 + flagged)) / (p + alarms),
            -balance * flagged / (p + alarms),
        )
    if p > 0.0 and n > 0.0:
        found["auc"] = _area(parts, p, n)
        found["average_precision"] = _average_precision(parts, p)
    return found


def _area(parts: Parts, p: float, n: float) -> Slope:
    rank, levels = _levels(parts.score)
    sick = np.bincount(rank, weights=parts.diseased, minlength=levels)
    well = np.bincount(rank, weights=parts.healthy, minlength=levels)
    below = (np.cumsum(well) - well / 2.0) / n
    above = (p - np.cumsum(sick) + sick / 2.0) / p
    area = float(sick @ below) / p
    return Slope(area, (below[rank] - area) / p, (above[rank] - area) / n)


def _average_precision(parts: Parts, p: float) -> Slope:
    rank, levels = _levels(parts.score)
    sick = np.bincount(rank, weights=parts.diseased, minlength=levels)
    mass = sick + np.bincount(rank, weights=parts.healthy, minlength=levels)
    flagged = np.cumsum(mass[::-1])[::-1]  # at this score or above
    with np.errstate(invalid="ignore", divide="ignore"):
        precise = np.where(flagged > 0.0, np.cumsum(sick[::-1])[::-1] / flagged, 0.0)
        each = np.where(flagged > 0.0, sick / flagged, 0.0)
    value = float(sick @ precise) / p
    # A study raises or lowers the precision at its own score and at every lower one.
    as_hit, as_alarm = np.cumsum(each * (1.0 - precise)), np.cumsum(each * precise)
    return Slope(
        value,
        (precise[rank] - value + as_hit[rank]) / p,
        -as_alarm[rank] / p,
    )


def _levels(score: Numbers) -> tuple[NDArray[np.intp], int]:
    heights, rank = np.unique(score, return_inverse=True)
    return rank, heights.size
