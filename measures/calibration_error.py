"""How far stated probabilities are off, bin by bin: expected and maximum calibration error.

Both depend on the bins: quote them with the number and kind of bins. Both are too large by chance
alone, the more so the fewer studies a bin has: read the interval, not the plain value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.calibration import ONE_CLASS, one_class, truth_and_probability
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import normal_quantile, wilson_limits
from measures.reliability import (
    Equal,
    basic_limits,
    bin_edges,
    bin_places,
    bin_sums,
    drawn_bin_sums,
    drawn_how,
    off_by_chance,
    reliability_bins,
)

__all__ = ["expected_calibration_error", "maximum_calibration_error"]


def expected_calibration_error(
    truth: ArrayLike,
    score: ArrayLike,
    bins: int = 10,
    *,
    resampling: Resampling,
    equal: Equal = "width",
    debiased: bool = False,
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """By how much, on average over studies, the stated probability misses the share diseased among
    studies scored alike.

    ECE = sum over bins of n_b / n |share diseased - mean score|. `debiased` takes off a good part
    of what chance adds: each |difference| loses the amount by which a normal error of its own
    standard error inflates it, cut at 0 (after Kumar, Liang and Ma, NeurIPS 2019). The interval is
    the basic bootstrap interval round the debiased value, widened to hold the value quoted, and
    down to 0 unless the bins are off by more than chance (chi-square). It covers the error over
    these bins in the population, not the error within bins, and draws whole patients when
    `patients` names them.

    truth: 0/1, score: probability, both of shape (studies,). n is the number of studies. Not
    estimable with one class only. Raises ValueError if malformed.

    >>> truth, score = [1, 0, 1, 0, 0, 1, 1, 0], [0.9, 0.1, 0.8, 0.3, 0.2, 0.6, 0.7, 0.4]
    >>> print(expected_calibration_error(truth, score, 2, resampling=Resampling(seed=1)))
    expected_calibration_error 0.250 (95 % interval 0.175 to 0.332, n = 8)
    """
    name = "expected_calibration_error"
    normal_quantile(level)
    diseased, score = truth_and_probability(truth, score)
    n = diseased.size
    if one_class(diseased):
        return Estimate.not_estimable(name, ONE_CLASS, n=n)
    place = bin_places(score, bin_edges(score, bins, equal=equal))
    off = diseased - score
    columns = np.column_stack([np.ones(n), off, off**2, score])
    sums = bin_sums(place, columns, bins)
    plain, centre = float(_error(sums)), float(_debiased_error(sums))
    drawn = drawn_bin_sums((place, columns, bins), resampling, patients)
    value = max(0.0, centre) if debiased else plain
    low, high = basic_limits(value, centre, _debiased_error(drawn), level, pivot=plain)
    if off_by_chance(sums, drawn, level):
        low = 0.0
    method = f"basic bootstrap, debiased, {bins} bins of equal {equal}, "
    return Estimate(name, n, value, low, high, level, method + drawn_how(resampling, patients))


def maximum_calibration_error(
    truth: ArrayLike,
    score: ArrayLike,
    bins: int = 10,
    *,
    equal: Equal = "width",
    level: float = 0.95,
) -> Estimate:
    """By how much the stated probability misses the share diseased in the worst bin.

    MCE = max over bins of |share diseased - mean score|; the largest of several noisy numbers, so
    it is too large by chance, and small bins rule it. The interval comes from Wilson limits of all
    bins at once (Bonferroni): it covers at least nominally, whichever bin is worst, the scores of
    these studies taken as given. It is wide where a bin holds few studies, rightly.

    truth: 0/1, score: probability, both of shape (studies,). n is the number of studies. Not
    estimable with one class only. Raises ValueError if malformed.

    >>> truth, score = [1, 0, 1, 0, 0, 1, 1, 0], [0.9, 0.1, 0.8, 0.3, 0.2, 0.6, 0.7, 0.4]
    >>> print(maximum_calibration_error(truth, score, 2))
    maximum_calibration_error 0.250 (95 % interval 0.000 to 0.307, n = 8)
    """
    name = "maximum_calibration_error"
    normal_quantile(level)
    diseased, score = truth_and_probability(truth, score)
    n = diseased.size
    if one_class(diseased):
        return Estimate.not_estimable(name, ONE_CLASS, n=n)
    points = reliability_bins(diseased, score, bins, equal=equal)
    hits = np.array([point.observed.numerator for point in points], dtype=np.float64)
    counts = np.array([point.observed.n for point in points], dtype=np.float64)
    stated = np.array([point.mean_score for point in points])
    apart = 1.0 - (1.0 - level) / len(points)
    low, high = wilson_limits(hits, counts, level=apart)
    nearest = np.maximum(0.0, np.maximum(low - stated, stated - high))
    farthest = np.maximum(np.abs(low - stated), np.abs(high - stated))
    value = float(np.abs(hits / counts - stated).max())
    method = f"Wilson, simultaneous over {len(points)} bins of equal {equal}"
    return Estimate(name, n, value, float(nearest.max()), float(farthest.max()), level, method)


def _error(sums: Numbers) -> Numbers:
    total: Numbers = np.abs(sums[..., 1, :]).sum(axis=-1) / sums[..., 0, :].sum(axis=-1)
    return total


def _debiased_error(sums: Numbers) -> Numbers:
    from scipy.special import ndtr

    count, off, squared, stated = (sums[..., row, :] for row in range(4))
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.abs(off) / count
        mean = stated / count
        spread = (squared - off**2 / count) / (count - 1.0)
        # A single study shows no spread: then the one that its own score states.
        spread = np.where(count > 1.5, spread, mean * (1.0 - mean))
        error = np.sqrt(np.maximum(spread, 0.0) / count)
        ratio = np.where(error > 0.0, size / error, np.inf)
        bell = error * np.sqrt(2.0 / np.pi) * np.exp(-(ratio**2) / 2.0)
        inflated = np.where(error > 0.0, bell + size * (1.0 - 2.0 * ndtr(-ratio)), size)
        less = np.where(count > 0.0, count * (2.0 * size - inflated), 0.0)
    total: Numbers = less.sum(axis=-1) / count.sum(axis=-1)
    return total
