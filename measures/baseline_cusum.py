"""A CUSUM against its own first days, and what the error of that baseline costs.

Mean and SD of 30 days are themselves off, and every later day shares their error. A run length
that takes them as known is a promise about a chart nobody runs. Here the baseline is averaged
over: the *unconditional* run length and the share of charts with a false alarm within a time.
Points are independent and normal; the baseline's SD is the population SD (divided by n), as in
FDA's AIM-CU; sums start at zero after the baseline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.cusum import CusumSeries, cusum, one_sided_lengths
from measures.inputs import Numbers
from measures.run_lengths import (
    LONGEST,
    chart_points,
    finite_number,
    gauss_legendre,
    normal_density,
    positive_number,
    solved,
)

__all__ = [
    "BaselineCusum", "baseline_cusum_false_alarms", "baseline_cusum_limit",
    "baseline_cusum_run_length", "cusum_against_baseline",
]  # fmt: skip

MEANS, SPREADS, STATES = 16, 24, 32


@dataclass(frozen=True, slots=True)
class BaselineCusum:
    """A CUSUM against the mean and population SD of its first values, as FDA's AIM-CU draws it."""

    mean: float
    sd: float
    allowance: float
    limit: float
    series: CusumSeries


def cusum_against_baseline(
    values: ArrayLike, *, baseline: int, allowance: float, limit: float
) -> BaselineCusum:
    """A daily figure (such as specificity) watched against its own first days.

    Allowance and limit are in baseline SDs. The sums run through the baseline too, as in AIM-CU.
    With a baseline of some 30 days false alarms come more often than a known mean would give:
    :func:`baseline_cusum_run_length` says how often.

    Raises ValueError for a baseline shorter than 2 or longer than the series, for one that does
    not vary (SD 0), and for NaN or infinity.

    >>> daily = [0.9, 0.8, 0.9, 0.8, 0.5]
    >>> found = cusum_against_baseline(daily, baseline=4, allowance=0.5, limit=4)
    >>> round(found.mean, 3), round(found.sd, 3), found.series.first_signal, found.series.direction
    (0.85, 0.05, 4, 'down')
    """
    points = chart_points(values)
    if not 2 <= baseline <= len(points):
        raise ValueError(f"baseline of {baseline} values in a series of {len(points)}")
    mean, sd = float(points[:baseline].mean()), float(points[:baseline].std())
    if np.ptp(points[:baseline]) == 0.0:
        raise ValueError(
            f"baseline: its {baseline} values are all the same (SD 0), so nothing can be measured "
            "in their SD; take a longer baseline"
        )
    series = cusum(points - mean, allowance=allowance * sd, limit=limit * sd)
    return BaselineCusum(mean, sd, allowance * sd, limit * sd, series)


def baseline_cusum_run_length(
    allowance: float, limit: float, *, baseline: int, shift: float = 0.0, sides: int = 2
) -> float:
    """Points after the baseline until a CUSUM signals, on average over all baselines of this size.

    Unconditional: the mean of the run length over the law of the baseline's mean, normal with
    variance 1/n, and of its SD, ``sqrt(chi2_{n-1} / n)``. allowance, limit: in baseline SDs;
    baseline: how many points it has; shift: true change after it, in true SDs; sides: 1 or 2.
    A few baselines with too large an SD run almost for ever and pull the mean up, at large limits
    even above what known values give, while the median falls: look at
    :func:`baseline_cusum_false_alarms` beside it. Raises ValueError where the mean is infinite
    (``n <= 4 allowance limit`` for two sides).

    Source: Jones, Champ & Rigdon 2004, J. Quality Technology 36.

    >>> round(baseline_cusum_run_length(0.2996, 4.0, baseline=30), 1)  # 50 if they were known
    42.4
    """
    means, spreads, weights = _baselines(allowance, limit, baseline, sides)
    states = max(STATES, math.ceil(4.0 * limit * float(spreads.max())))
    scaled = allowance * spreads, limit * spreads
    up = one_sided_lengths(*scaled, finite_number("shift", shift) - means, nodes=states)[:, 0]
    if sides == 1:
        return float(weights @ up)
    if shift == 0.0:  # errors of either sign are alike: the pairs lie mirrored in halves
        down = np.roll(up, up.size // 2)
    else:
        down = one_sided_lengths(*scaled, means - shift, nodes=states)[:, 0]
    return float(weights @ (1.0 / (1.0 / up + 1.0 / down)))


def baseline_cusum_limit(
    allowance: float, *, baseline: int, run_length: float, sides: int = 2
) -> float:
    """The limit (baseline SDs) whose unconditional in-control run length is `run_length`.

    >>> round(baseline_cusum_limit(0.5, baseline=100, run_length=370.0), 2)  # 4.77 if known
    4.82
    """

    def length(limit: float) -> float:
        try:
            return baseline_cusum_run_length(allowance, limit, baseline=baseline, sides=sides)
        except ValueError:
            return 10.0 * LONGEST

    baseline_cusum_run_length(allowance, 0.1, baseline=baseline, sides=sides)
    return solved(length, run_length, 1e-3, 2.0)


def baseline_cusum_false_alarms(
    allowance: float,
    limit: float,
    *,
    baseline: int,
    points: int,
    shift: float = 0.0,
    sides: int = 2,
) -> Numbers:
    """The share of charts that have signalled by each of so many points after the baseline.

    Shape (points,); the point where it passes one half is the median run length. One-sided signal
    times are stepped out exactly; two sides are joined by the generating functions
    ``(f + g - 2 f g) / (1 - f g)``, for a signal of one side leaves the other at zero.

    >>> share = baseline_cusum_false_alarms(0.2996, 4.0, baseline=30, points=40)
    >>> int(np.argmax(share >= 0.5)) + 1
    25
    """
    if points < 1:
        raise ValueError(f"points: at least 1, got {points!r}")
    means, spreads, weights = _baselines(allowance, limit, baseline, sides, mean_is_finite=False)
    up = _signal_times(allowance * spreads, limit * spreads, shift - means, points)
    if sides == 1:
        return np.cumsum(up @ weights)
    down = _signal_times(allowance * spreads, limit * spreads, means - shift, points)
    return np.cumsum(_first_of_both(up, down) @ weights)


def _baselines(
    allowance: float, limit: float, baseline: int, sides: int, *, mean_is_finite: bool = True
) -> tuple[Numbers, Numbers, Numbers]:
    """Errors of the mean (true SDs), ratios of the SD, and the weight of each pair."""
    from scipy.stats import chi2

    if sides not in (1, 2):
        raise ValueError(f"sides: 1 (upwards only) or 2 (both directions), got {sides!r}")
    if baseline < 3:
        raise ValueError(f"baseline: at least 3 points, got {baseline!r}")
    growth = positive_number("allowance", allowance, or_zero=True) * positive_number("limit", limit)
    tilt = 4.0 * growth + (0.0 if sides == 2 else 4.0 * limit**2 / baseline)
    if mean_is_finite and tilt >= baseline - 2.0:
        raise ValueError(
            f"baseline: with {baseline} points the mean run length is infinite at limit {limit!r}; "
            "take a longer baseline or a lower limit"
        )
    # the run length grows like exp(2 k h w^2): integrate as far as that, times the law of w, does
    reach = chi2.isf(1e-12, baseline - 1) / (baseline - tilt if mean_is_finite else baseline)
    low, high = math.sqrt(chi2.ppf(1e-12, baseline - 1) / baseline), math.sqrt(reach)
    places, weights = gauss_legendre(SPREADS)
    spreads = low + (places + 1.0) * (high - low) / 2.0
    law = chi2.pdf(baseline * spreads**2, baseline - 1) * 2.0 * baseline * spreads
    halves, parts = gauss_legendre(MEANS)
    errors = np.concatenate([-(halves + 1.0) * 3.5, (halves + 1.0) * 3.5])
    chances = np.tile(parts, 2) * 3.5 * normal_density(errors)
    pairs = np.meshgrid(errors / math.sqrt(baseline), spreads, indexing="ij")
    joint = np.outer(chances, law * weights * (high - low) / 2.0)
    return pairs[0].ravel(), pairs[1].ravel(), joint.ravel()


def _signal_times(allowance: Numbers, limit: Numbers, shift: Numbers, points: int) -> Numbers:
    """Probability of the upward sum's first signal at each point; shape (points, charts)."""
    from scipy.special import ndtr

    places, weights = gauss_legendre(max(STATES, math.ceil(5.0 * float(limit.max()))))
    half, drift = limit[:, None] / 2.0, (allowance - shift)[:, None]
    states = np.concatenate([np.zeros_like(half), (places + 1.0) * half], axis=1)
    step = states[:, None, 1:] - states[:, :, None] + drift[..., None]
    kernel = np.concatenate(
        [ndtr(drift - states)[..., None], (weights * half)[:, None, :] * normal_density(step)],
        axis=2,
    )
    ahead, chances = ndtr(states - limit[:, None] - drift)[..., None], []
    for _ in range(points):
        chances.append(ahead[:, 0, 0])
        ahead = kernel @ ahead
    return np.array(chances)


def _first_of_both(up: Numbers, down: Numbers) -> Numbers:
    """The law of the first signal of either side, as a power series divided term by term."""
    from scipy.signal import fftconvolve

    both = np.concatenate([np.zeros((1, up.shape[1])), fftconvolve(up, down, axes=0)])[: len(up)]
    first = up + down - 2.0 * both
    for point in range(1, len(up)):
        first[point] += (both[:point][::-1] * first[:point]).sum(axis=0)
    return np.asarray(first)
