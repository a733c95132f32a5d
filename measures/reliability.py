"""The reliability diagram, and what the Brier score is made of.

Scores are probabilities; a bin is (low, high], the first with its lower edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from measures.calibration import ONE_CLASS, one_class, truth_and_probability
from measures.clusters import Resampling, patient_codes
from measures.estimate import Estimate
from measures.inputs import Numbers, refuse_unequal
from measures.proportions import normal_quantile, wilson, wilson_limits

__all__ = [
    "BrierDecomposition",
    "Equal",
    "ReliabilityBin",
    "basic_limits",
    "bin_edges",
    "bin_places",
    "bin_sums",
    "brier_decomposition",
    "drawn_bin_sums",
    "drawn_how",
    "drawn_times",
    "off_by_chance",
    "reliability_bins",
]

Equal = Literal["width", "count"]
_CELLS_AT_ONCE = 2_000_000  # weights held in memory: 16 MB


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One point of the reliability diagram: scores above `low` up to `high`, their mean, and the
    share of those studies that is diseased."""

    low: float
    high: float
    mean_score: float
    observed: Estimate


def reliability_bins(
    truth: ArrayLike,
    score: ArrayLike,
    bins: int = 10,
    *,
    equal: Equal = "width",
    level: float = 0.95,
) -> list[ReliabilityBin]:
    """Points of the reliability diagram: stated probability against the share diseased, with
    Wilson intervals.

    Bins (low, high], the first with its lower edge: of equal width between 0 and 1, or of equal
    count, cut at linearly interpolated quantiles of the score. Empty bins are left out, since no
    study speaks there. truth: 0/1, score: probability, both of shape (studies,). Raises ValueError
    if malformed.

    >>> [(bin.mean_score, bin.observed.value) for bin in reliability_bins([0, 1], [0.25, 0.75], 2)]
    [(0.25, 0.0), (0.75, 1.0)]
    >>> points = reliability_bins([0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4], 2, equal="count")
    >>> [(round(point.high, 2), point.observed.n) for point in points]
    [(0.25, 2), (0.4, 2)]
    """
    diseased, score = truth_and_probability(truth, score)
    edges = bin_edges(score, bins, equal=equal)
    place = bin_places(score, edges)
    counts = np.bincount(place, minlength=bins)
    hits = np.bincount(place[diseased], minlength=bins)
    sums = np.bincount(place, weights=score, minlength=bins)
    return [
        ReliabilityBin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            mean_score=float(sums[i] / counts[i]),
            observed=wilson("observed_share", int(hits[i]), int(counts[i]), level=level),
        )
        for i in np.flatnonzero(counts).tolist()
    ]


def bin_edges(score: Numbers, bins: int, *, equal: Equal) -> Numbers:
    """Edges of the bins of a reliability diagram, shape (bins + 1,).

    Raises ValueError for fewer than one bin or another division.

    >>> bin_edges(np.array([0.2, 0.4, 0.9]), 2, equal="count").tolist()
    [0.2, 0.4, 0.9]
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    if equal not in ("width", "count"):
        raise ValueError(f"equal must be 'width' or 'count', not {equal!r}")
    steps: Numbers = np.linspace(0.0, 1.0, bins + 1)
    if equal == "width" or score.size == 0:
        return steps
    quantiles: Numbers = np.quantile(score, steps)
    return quantiles


def bin_places(score: Numbers, edges: Numbers) -> NDArray[np.intp]:
    """Which bin each study falls into: (low, high], the lowest score into the first.

    >>> bin_places(np.array([0.0, 0.5, 0.6]), np.array([0.0, 0.5, 1.0])).tolist()
    [0, 0, 1]
    """
    found = np.searchsorted(edges, score, side="left") - 1
    places: NDArray[np.intp] = np.clip(found, 0, edges.size - 2)
    return places


@dataclass(frozen=True, slots=True)
class BrierDecomposition:
    """Where the Brier score comes from: reliability (0 is perfect), resolution (more is better) and
    uncertainty (prevalence alone); brier = reliability - resolution + uncertainty + within_bins.

    within_bins: what the bins themselves take away (Stephenson, Wea Forecast 2008;23:752).
    """

    reliability: Estimate
    resolution: Estimate
    uncertainty: Estimate
    within_bins: float


def brier_decomposition(
    truth: ArrayLike,
    score: ArrayLike,
    bins: int = 10,
    *,
    resampling: Resampling,
    equal: Equal = "width",
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> BrierDecomposition | Estimate:
    """What a bad Brier score is made of: scores that are off (reliability), scores that do not
    separate (resolution), or simply the mix of studies (uncertainty).

    Murphy's partition (J Appl Meteorol 1973;12:595) over the bins of the reliability diagram. The
    values are the plain ones, which add up. By chance alone reliability and resolution come out too
    large, so the intervals are basic bootstrap intervals of the root, round the values of Ferro and
    Fricker (Q J R Meteorol Soc 2012;138:1954), which correct that, widened to hold the plain value;
    reliability's goes down to 0 unless the bins are off by more than chance. They cover the parts
    for these bins in the population; whole patients are drawn when `patients` names them.

    truth: 0/1, score: probability, both of shape (studies,). Where only one class is present an
    Estimate that is not estimable. Raises ValueError if malformed.

    >>> found = brier_decomposition([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.1], 2,
    ...                             resampling=Resampling(seed=1))
    >>> round(found.reliability.value, 4), found.resolution.value, found.uncertainty.value
    (0.0425, 0.25, 0.25)
    """
    normal_quantile(level)
    diseased, score = truth_and_probability(truth, score)
    n = diseased.size
    if one_class(diseased):
        return Estimate.not_estimable("brier_decomposition", ONE_CLASS, n=n)
    place = bin_places(score, bin_edges(score, bins, equal=equal))
    columns = np.column_stack([np.ones(n), diseased - score, diseased, score])
    sums = bin_sums(place, columns, bins)
    values, centre = _parts(sums, corrected=False), _parts(sums, corrected=True)
    drawn = drawn_bin_sums((place, columns, bins), resampling, patients)
    draws = _parts(drawn, corrected=True)
    method = f"basic bootstrap of the root, bias-corrected, {drawn_how(resampling, patients)}"
    found = []
    for at, part in enumerate(("reliability", "resolution")):
        value = float(values[at])
        low, high = basic_limits(
            math.sqrt(value), float(_root(centre[at])), _root(draws[:, at]), level
        )
        if part == "reliability" and off_by_chance(sums, drawn, level):
            low = 0.0
        low, high = min(value, low**2), max(value, high**2)  # squares of roots may miss by an ulp
        found.append(Estimate(f"brier_{part}", n, value, low, high, level, method))
    found.append(_uncertainty(n, float(diseased.mean()), drawn, level))
    rest = float(np.mean((score - diseased) ** 2) - (values[0] - values[1] + values[2]))
    return BrierDecomposition(found[0], found[1], found[2], rest)


def bin_sums(
    place: NDArray[np.intp], columns: Numbers, bins: int, weights: Numbers | None = None
) -> Numbers:
    """Sums of columns within bins, shape (columns, bins), or (draws, columns, bins) with weights.

    place: (studies,); columns: (studies, columns); weights: (draws, studies).

    >>> bin_sums(np.array([0, 1, 1]), np.array([[1.0], [2.0], [3.0]]), 2).tolist()
    [[1.0, 5.0]]
    """
    if weights is None:
        each = [np.bincount(place, weights=column, minlength=bins) for column in columns.T]
        return np.array(each, dtype=np.float64)
    member = np.zeros((place.size, columns.shape[1], bins))
    member[np.arange(place.size), :, place] = columns
    flat: Numbers = weights @ member.reshape(place.size, -1)
    return flat.reshape(weights.shape[0], columns.shape[1], bins)


def drawn_bin_sums(
    binned: tuple[NDArray[np.intp], Numbers, int],
    resampling: Resampling,
    patients: ArrayLike | None,
) -> Numbers:
    """The same sums in resamples of studies, or of whole patients; the bins stay where they are.

    binned: place, columns and bins as :func:`bin_sums` takes them. Shape (draws, columns, bins).

    >>> one = np.array([0, 0]), np.ones((2, 1)), 1
    >>> float(drawn_bin_sums(one, Resampling(seed=1, replicates=200), None).mean())
    2.0
    """
    place, columns, bins = binned
    codes = np.arange(place.size)
    if patients is not None:
        codes, _ = patient_codes(patients)
        refuse_unequal(truth=place, patients=codes)
    count = int(codes.max()) + 1
    rng = np.random.default_rng(resampling.seed)
    rows = max(1, min(resampling.replicates, _CELLS_AT_ONCE // place.size))
    drawn = []
    for start in range(0, resampling.replicates, rows):
        size = min(rows, resampling.replicates - start)
        drawn.append(bin_sums(place, columns, bins, drawn_times(rng, count, size)[:, codes]))
    return np.concatenate(drawn)


def drawn_times(rng: Generator, count: int, size: int) -> Numbers:
    """How often each of `count` studies or patients comes up in each of `size` resamples.

    >>> drawn_times(np.random.default_rng(1), 4, 3).sum(axis=1).tolist()
    [4.0, 4.0, 4.0]
    """
    drawn = rng.integers(0, count, (size, count)) + np.arange(size)[:, None] * count
    times = np.bincount(drawn.ravel(), minlength=size * count)
    return times.reshape(size, count).astype(np.float64)


def off_by_chance(sums: Numbers, drawn: Numbers, level: float) -> bool:
    """Whether honest scores would miss their bins by as much, so that no error at all is plausible.

    Chi-square over bins of the summed truth - score (row 1 of :func:`bin_sums`), with the variances
    that the resamples show.

    >>> sums, drawn = np.array([[10.0], [0.5]]), np.array([[[10.0], [-1.0]], [[10.0], [2.0]]])
    >>> off_by_chance(sums, drawn, 0.95)
    True
    """
    from scipy.special import chdtrc

    spread = drawn[:, 1, :].var(axis=0)
    there = spread > 0.0
    chi = float(np.sum(sums[1, there] ** 2 / spread[there]))
    return bool(chdtrc(max(1, int(there.sum())), chi) >= 1.0 - level)


def basic_limits(
    value: float, centre: float, draws: Numbers, level: float, pivot: float | None = None
) -> tuple[float, float]:
    """Basic bootstrap limits of a quantity that cannot be negative, round a corrected `centre`;
    `pivot` is what the draws estimate (the plain value), and the limits are widened to hold it.

    >>> [round(limit, 3) for limit in basic_limits(0.2, 0.1, np.linspace(0.1, 0.3, 201), 0.9)]
    [0.01, 0.2]
    """
    truth = value if pivot is None else pivot
    tail = (1.0 - level) / 2.0
    below, above = np.quantile(draws, [1.0 - tail, tail]) - truth
    low, high = centre - float(below), centre - float(above)
    return max(0.0, min(low, value)), max(0.0, high, value)


def drawn_how(resampling: Resampling, patients: ArrayLike | None) -> str:
    """How the resamples were drawn, for an estimate's method.

    >>> drawn_how(Resampling(seed=7), None)
    '2000 resamples of studies, seed 7'
    """
    what = "studies" if patients is None else "patients"
    return f"{resampling.replicates} resamples of {what}, seed {resampling.seed}"


def _root(value: Numbers) -> Numbers:
    root: Numbers = np.sqrt(np.maximum(0.0, value))
    return root


def _uncertainty(n: int, share: float, drawn: Numbers, level: float) -> Estimate:
    """Wilson's limits of the prevalence at its effective sample size, carried through p (1 - p)."""
    spread = float((drawn[:, 2, :].sum(axis=-1) / drawn[:, 0, :].sum(axis=-1)).var())
    size = share * (1.0 - share) / spread if spread > 0.0 else float(n)
    low, high = (float(limit) for limit in wilson_limits(share * size, size, level=level))
    ends = (low * (1.0 - low), high * (1.0 - high))
    most = 0.25 if low <= 0.5 <= high else max(ends)
    method = "Wilson of the prevalence, transformed"
    return Estimate("brier_uncertainty", n, share * (1.0 - share), min(ends), most, level, method)


def _parts(sums: Numbers, *, corrected: bool) -> Numbers:
    """Reliability, resolution, uncertainty from the bin sums of `brier_decomposition`."""
    count, sick, stated = sums[..., 0, :], sums[..., 2, :], sums[..., 3, :]
    n = count.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share, mean = sick / count, stated / count
        noise = np.where(count > 1.0, share * (1.0 - share) * count / (count - 1.0), 0.0)
    overall = sick.sum(axis=-1) / n
    off = np.where(count > 0, count * (mean - share) ** 2, 0.0).sum(axis=-1) / n
    apart = np.where(count > 0, count * (share - overall[..., None]) ** 2, 0.0).sum(axis=-1) / n
    doubt = overall * (1.0 - overall)
    if corrected:
        chance = np.where(count > 0, noise, 0.0).sum(axis=-1) / n
        off, apart = off - chance, apart - chance + doubt / (n - 1.0)
        doubt = doubt * n / (n - 1.0)
    return np.stack([off, apart, doubt], axis=-1)
