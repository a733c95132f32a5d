"""How far stated probabilities are off, without bins: the integrated calibration index."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.calibration import ONE_CLASS, no_recalibration, one_class, truth_and_probability
from measures.clusters import Resampling, patient_codes
from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers, refuse_unequal
from measures.loess import local_parabolas
from measures.logistic import log_odds, logistic_line, weighted_logistic_lines
from measures.proportions import normal_quantile
from measures.reliability import (
    basic_limits,
    bin_edges,
    bin_places,
    bin_sums,
    drawn_bin_sums,
    drawn_how,
    drawn_times,
    off_by_chance,
)

__all__ = ["Smoother", "calibration_curve", "integrated_calibration_index"]

Smoother = Literal["loess", "lowess", "logistic"]

SPAN = 0.75
"""Share of the studies that each local fit rests on: R's loess default, which Austin and Steyerberg
use."""
_STEP = 0.001
_DRAWN_STEP = 0.01  # in resamples: ten times faster, the index moves by about 1e-5
_CELL = 0.004  # in resamples parabolas go through the studies of so wide a cell together
_FEWEST = 20  # below this local fits follow single studies
_GROUPS = 4  # of equal count, to ask whether the scores are off at all
_UNDEFINED_ALLOWED = 0.05
_CELLS_AT_ONCE = 2_000_000  # weights held in memory: 16 MB


def calibration_curve(
    truth: ArrayLike, score: ArrayLike, *, smoother: Smoother = "loess", span: float = SPAN
) -> Numbers:
    """The share diseased among studies scored like this one, a smooth value for each study.

    loess: tricube local parabolas over a `span` (share) of the studies, 0.75 unless declared
    otherwise: the defaults of R's loess, as Austin and Steyerberg 2019 use it (with its direct
    surface; the interpolated one moves the index by less than 0.001). lowess: local lines, no
    robustness steps (Cleveland, JASA 1979;74:829), as FDA's calzone, which takes a span of 0.5.
    Both are interpolated within 0.001 and may leave 0 to 1 at the ends. logistic: Cox's
    recalibration curve, for small samples; without span.

    truth: 0/1, score: probability, both of shape (studies,). Raises ValueError if malformed, with
    fewer than 20 studies for loess and lowess, for a span not above 0 and at most 1, or where the
    logistic curve has no finite fit.

    >>> rng = np.random.default_rng(1)
    >>> score = rng.random(200)
    >>> curve = calibration_curve(rng.random(200) < score, score, smoother="logistic")
    >>> bool(abs(curve - score).mean() < 0.1)
    True
    """
    diseased, score = truth_and_probability(truth, score)
    _refuse_span(span)
    reason = _why_not(diseased, score, smoother)
    if reason:
        raise ValueError(f"calibration_curve: {reason}")
    return _smoothed(diseased, score, smoother, span)


def integrated_calibration_index(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    resampling: Resampling,
    smoother: Smoother = "loess",
    span: float = SPAN,
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """By how much, on average over studies, the stated probability misses the smoothed share
    diseased; 0 is perfect, and no bins are needed.

    ICI = mean |curve - score| (Austin and Steyerberg, Stat Med 2019;38:4051) with the curve of
    :func:`calibration_curve`, at that span. It cannot be negative, so chance alone lifts it above
    0. The interval is the basic bootstrap one, widened to hold the value, and down to 0 unless
    quarters of the studies are off by more than chance (chi-square); whole patients are drawn when
    `patients` names them.

    truth: 0/1, score: probability, both of shape (studies,). n is the number of studies. Not
    estimable with one class only, with fewer than 20 studies (local fits), where the fit has no
    finite solution (logistic), or in over 5 % of the resamples. Raises ValueError if malformed.

    >>> rng = np.random.default_rng(1)
    >>> score = rng.random(200)
    >>> found = integrated_calibration_index(rng.random(200) < score, score,
    ...     smoother="logistic", resampling=Resampling(seed=1, replicates=200))
    >>> found.low, found.n
    (0.0, 200)
    """
    name = "integrated_calibration_index"
    normal_quantile(level)
    _refuse_span(span)
    diseased, score = truth_and_probability(truth, score)
    n = diseased.size
    reason = _why_not(diseased, score, smoother)
    if reason:
        return Estimate.not_estimable(name, reason, n=n)
    value = _index(diseased, score, smoother, span)
    draws = _draws((diseased, score), (smoother, span), resampling, patients)
    defined = draws[np.isfinite(draws)]
    if defined.size < (1.0 - _UNDEFINED_ALLOWED) * draws.size:
        reason = f"undefined in {draws.size - defined.size} of {draws.size} resamples"
        return Estimate.not_estimable(name, reason, n=n)
    low, high = basic_limits(value, value, defined, level)
    place = bin_places(score, bin_edges(score, _GROUPS, equal="count"))
    columns = np.column_stack([np.ones(n), diseased - score])
    drawn = drawn_bin_sums((place, columns, _GROUPS), resampling, patients)
    if off_by_chance(bin_sums(place, columns, _GROUPS), drawn, level):
        low = 0.0
    told = smoother if smoother == "logistic" else f"{smoother}, span {span:g}"
    method = f"{told}, basic bootstrap, {drawn_how(resampling, patients)}"
    return Estimate(name, n, value, low, high, level, method)


def _why_not(diseased: Decisions, score: Numbers, smoother: Smoother) -> str:
    if smoother not in get_args(Smoother):
        raise ValueError(f"smoother: one of {', '.join(get_args(Smoother))}, not {smoother!r}")
    if smoother == "logistic":
        return no_recalibration(diseased, score)
    if one_class(diseased):
        return ONE_CLASS
    if diseased.size < _FEWEST:
        return f"local fits need at least {_FEWEST} studies"
    return "all scores are equal" if np.ptp(score) <= 1e-9 else ""


def _refuse_span(span: float) -> None:
    if not 0.0 < span <= 1.0:
        raise ValueError(f"span: a share of the studies, above 0 and at most 1, not {span!r}")


def _smoothed(
    diseased: Decisions, score: Numbers, smoother: Smoother, span: float, step: float = _STEP
) -> Numbers:
    if smoother == "logistic":
        beta, _ = logistic_line(log_odds(score), diseased.astype(np.float64))
        eta = beta[0] + beta[1] * log_odds(score)
        curve: Numbers = 0.5 * (1.0 + np.tanh(0.5 * eta))
        return curve
    if smoother == "loess":
        ones = np.ones(score.size)
        return _parabolas((score, ones, diseased.astype(np.float64)), score, span, step)
    from statsmodels.nonparametric.smoothers_lowess import lowess

    smooth: Numbers = lowess(
        diseased.astype(np.float64), score,
        frac=span, it=0, delta=step, return_sorted=False,
    )  # fmt: skip
    return smooth


def _parabolas(
    cells: tuple[Numbers, Numbers, Numbers], score: Numbers, span: float, step: float
) -> Numbers:
    """Local parabolas at each score, straight between points about a `step` apart.

    cells: where the studies lie, how many, and how many of them are diseased.
    """
    lying, counts, sums = cells
    places, cell = np.unique(lying, return_inverse=True)
    low, high = float(score.min()), float(score.max())
    asked = int((high - low) / step) + 2 if step > 0.0 else places.size
    at = places if places.size <= asked else np.linspace(low, high, asked)
    smooth = local_parabolas(
        places, _added(cell, counts), _added(cell, sums), at=at, span=span
    )
    return np.interp(score, at, smooth)


def _index(
    diseased: Decisions, score: Numbers, smoother: Smoother, span: float, step: float = _STEP
) -> float:
    try:
        return float(np.mean(np.abs(_smoothed(diseased, score, smoother, span, step) - score)))
    except np.linalg.LinAlgError:
        return float("nan")


def _draws(
    columns: tuple[Decisions, Numbers],
    curve: tuple[Smoother, float],
    resampling: Resampling,
    patients: ArrayLike | None,
) -> Numbers:
    (diseased, score), (smoother, span) = columns, curve
    codes = np.arange(score.size)
    if patients is not None:
        codes, _ = patient_codes(patients)
        refuse_unequal(truth=diseased, patients=codes)
    count = int(codes.max()) + 1
    rng = np.random.default_rng(resampling.seed)
    found = []
    rows = max(1, min(resampling.replicates, _CELLS_AT_ONCE // score.size))
    for start in range(0, resampling.replicates, rows):
        size = min(rows, resampling.replicates - start)
        times = drawn_times(rng, count, size)[:, codes]
        if smoother == "logistic":
            found.append(_logistic_indices(diseased, score, times))
        elif smoother == "loess":
            found.append(_loess_indices(diseased, score, times, span))
        else:
            found.append(np.array([_lowess_index(columns, row, span) for row in times]))
    return np.concatenate(found)


def _added(cell: NDArray[np.intp], values: Numbers) -> Numbers:
    """The sum of the values of each cell."""
    return np.asarray(np.bincount(cell, weights=values), dtype=np.float64)


def _loess_indices(diseased: Decisions, score: Numbers, times: Numbers, span: float) -> Numbers:
    """The index of each resample; the studies of a narrow cell are fitted together."""
    cell = np.unique(np.round(score / _CELL), return_inverse=True)[1]
    size = np.bincount(cell)
    place = _added(cell, score) / size
    found = np.full(times.shape[0], np.nan)
    for row, drawn in enumerate(times):
        counts, sick = _added(cell, drawn), _added(cell, drawn * diseased)
        there = counts > 0.0
        if 0.0 < sick.sum() < counts.sum() and np.count_nonzero(there) > 1:
            cells = place[there], counts[there], sick[there]
            curve = np.interp(score, place[there], _parabolas(cells, cells[0], span, _DRAWN_STEP))
            found[row] = float(drawn @ np.abs(curve - score) / drawn.sum())
    return found


def _logistic_indices(diseased: Decisions, score: Numbers, times: Numbers) -> Numbers:
    odds = log_odds(score)
    lines = weighted_logistic_lines(odds, diseased.astype(np.float64), times)
    curve = 0.5 * (1.0 + np.tanh(0.5 * (lines[:, :1] + lines[:, 1:] * odds)))
    index: Numbers = (times * np.abs(curve - score)).sum(axis=1) / times.sum(axis=1)
    return index


def _lowess_index(columns: tuple[Decisions, Numbers], times: Numbers, span: float) -> float:
    diseased, score = columns
    rows = np.repeat(np.arange(score.size), times.astype(np.intp))
    sick, stated = diseased[rows], score[rows]
    if _why_not(sick, stated, "lowess"):
        return float("nan")
    return _index(sick, stated, "lowess", span, _DRAWN_STEP)
