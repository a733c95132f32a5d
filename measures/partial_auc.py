"""The part of the ROC curve where a device is used: its area over a range of specificity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers, truth_and_score
from measures.roc import RocPoints, area_limits, roc_points

__all__ = ["partial_auc"]


def partial_auc(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    specificity: tuple[float, float] = (0.9, 1.0),
    standardised: bool = False,
    level: float = 0.95,
) -> Estimate:
    """Area under the ROC curve where specificity lies in the range the device is used in.

    The curve runs straight between its points. With U the false-alarm rate at a study's own score,
    the area over [a, b] of the false-alarm rate is the mean over the diseased of
    b - min(max(U, a), b); its variance is that of this mean plus, for the cut that the healthy
    determine, that of ROC(min(max(U, a), b)) over the healthy. Over the whole curve this is
    DeLong's. Ties are averaged over their stretch of the curve. Limits on the logit scale of the
    share of the range, b - a; where the variance is zero, exact binomial on as many independent
    pairs as the range holds.

    truth: 0/1, score: finite, both of shape (studies,); specificity: from, to, within 0 and 1.
    standardised: mapped so that a useless score gives 0.5 and a perfect one 1 (McClish, Med Decis
    Making 1989;9:190). n is the number of studies. Not estimable with fewer than two of either
    class. The range holds few healthy studies: below about 20 of them the interval is too short.
    Raises ValueError for malformed columns or a range out of order.

    >>> print(partial_auc([1, 1, 1, 0, 0, 0], [9, 8, 3, 4, 2, 1], specificity=(0.5, 1.0)))
    partial_auc 0.389 (95 % interval 0.045 to 0.496, n = 6)
    >>> round(partial_auc([1, 1, 0, 0], [4, 2, 3, 1], specificity=(0.0, 1.0)).value, 3)
    0.75
    """
    if len(specificity) != 2 or not 0.0 <= specificity[0] < specificity[1] <= 1.0:
        raise ValueError(f"specificity: needs a range within 0 and 1, not {specificity!r}")
    name = "partial_auc_standardised" if standardised else "partial_auc"
    diseased, marks = truth_and_score(truth, score)
    sick, n = int(diseased.sum()), diseased.size
    if min(sick, n - sick) < 2:
        reason = f"needs two of each: {sick} diseased and {n - sick} healthy studies"
        return Estimate.not_estimable(name, reason, n=n)
    a, b = 1.0 - specificity[1], 1.0 - specificity[0]
    points = roc_points(diseased, marks)
    share, variance = _share_of_range(points, (sick, n - sick), (a, b))
    share = min(max(share, 0.0), 1.0)  # a mean of rounded parts may lie 1e-16 outside
    pairs = max(1, int(min(sick, (n - sick) * (b - a))))
    low, high, method = area_limits(share, variance, named="placements", pairs=pairs, level=level)
    area, low, high = ((b - a) * part for part in (share, low, high))
    if standardised:
        least, most = 0.5 * (b * b - a * a), b - a
        area, low, high = (0.5 + 0.5 * (x - least) / (most - least) for x in (area, low, high))
    method = f"{method}, specificity {specificity[0]:g} to {specificity[1]:g}"
    return Estimate(name, n, area, low, high, level, method)


def _share_of_range(
    points: RocPoints, counts: tuple[int, int], between: tuple[float, float]
) -> tuple[float, float]:
    (sick, healthy), (a, b) = counts, between
    alarms, hits = 1.0 - points.specificity, points.sensitivity
    of_sick, of_healthy = np.diff(hits), np.diff(alarms)  # shares of studies with each score
    own = b - _averages(alarms, *_clipped(alarms, a, b))
    height = _averages(alarms, *_heights(alarms, hits, a, b))
    share, middle = float(of_sick @ own), float(of_healthy @ height)
    variance = float(of_sick @ (own - share) ** 2) / (sick - 1)
    variance += float(of_healthy @ (height - middle) ** 2) / (healthy - 1)
    return share / (b - a), variance / (b - a) ** 2


def _averages(alarms: Numbers, integral: Numbers, at: Numbers) -> Numbers:
    """Of a function along the stretch of the curve that studies of one score share."""
    width = np.diff(alarms)
    flat = width > 0.0
    return np.where(flat, np.diff(integral) / np.where(flat, width, 1.0), at[1:])


def _clipped(alarms: Numbers, a: float, b: float) -> tuple[Numbers, Numbers]:
    clipped = np.clip(alarms, a, b)
    integral = a * np.minimum(alarms, a) + 0.5 * (clipped**2 - a * a)
    return integral + b * np.maximum(alarms - b, 0.0), clipped


def _heights(alarms: Numbers, hits: Numbers, a: float, b: float) -> tuple[Numbers, Numbers]:
    below = np.r_[0.0, np.cumsum(0.5 * np.diff(alarms) * (hits[1:] + hits[:-1]))]
    asked = np.r_[np.clip(alarms, a, b), a, b]
    left = np.clip(np.searchsorted(alarms, asked, "right") - 1, 0, alarms.size - 2)
    width, step = np.diff(alarms)[left], asked - alarms[left]
    rise = np.diff(hits)[left] * step / np.where(width > 0.0, width, 1.0)
    height, area = hits[left] + rise, below[left] + (hits[left] + 0.5 * rise) * step
    integral = height[-2] * np.minimum(alarms, a) + area[:-2] - area[-2]
    return integral + height[-1] * np.maximum(alarms - b, 0.0), height[:-2]
