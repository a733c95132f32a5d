"""Intervals that may be read every day: all of them hold at once, with probability 1 - alpha.

A confidence sequence is the set of values that a fair bet has not yet made implausible. It is
wider than a fixed-n interval, because it pays for every look; in return one may look, stop and go
on as one likes. Formulas of Howard et al. 2021 (as in confseq) for shares and means with known SD,
of Waudby-Smith & Ramdas 2024 for means of bounded values.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers, number_column
from measures.run_lengths import finite_number, positive_number

__all__ = [
    "bernoulli_confidence_sequence", "bounded_mean_confidence_sequence", "bounded_mean_limits",
    "mixture_rho", "normal_mean_confidence_sequence", "normal_mixture_bound", "refuse_alpha",
]  # fmt: skip


def mixture_rho(v_opt: float, *, alpha: float) -> float:
    """The tuning constant that makes a normal-mixture bound tightest at variance `v_opt`.

    >>> round(mixture_rho(100.0, alpha=0.05), 5)
    12.60056
    """
    twice = -2.0 * math.log(refuse_alpha(alpha))
    return positive_number("v_opt", v_opt) / (twice + math.log1p(twice))


def normal_mixture_bound(
    v: float, *, alpha: float, v_opt: float, sides: int = 2, alpha_opt: float | None = None
) -> float:
    """How far a sum may stray from its mean at any time, with error alpha over all times.

    v: variance of the sum so far (Howard et al. 2021, as in confseq). The bound is tightest at
    variance `v_opt` for error `alpha_opt` (alpha if None); for one side, at twice that.
    Raises ValueError for a variance of zero or less, NaN, infinity.

    >>> round(normal_mixture_bound(100.0, alpha=0.05, v_opt=100.0), 5)
    30.35209
    """
    positive_number("v", v), positive_number("v_opt", v_opt)
    if sides not in (1, 2):
        raise ValueError(f"sides: 1 or 2, got {sides!r}")
    tuned = alpha if alpha_opt is None else alpha_opt
    refuse_alpha(alpha)
    if sides == 2:
        rho = mixture_rho(v_opt, alpha=tuned)
        return float(np.sqrt((v + rho) * (np.log((v + rho) / rho) + 2.0 * np.log(1.0 / alpha))))
    from scipy.optimize import brentq
    from scipy.special import log_ndtr

    rho = mixture_rho(v_opt, alpha=2.0 * tuned)

    def excess(s: float) -> float:
        spread = v + rho
        gain = 0.5 * np.log(4.0 * rho / spread) + s * s / (2.0 * spread)
        return float(gain + log_ndtr(s / np.sqrt(spread)) - np.log(1.0 / alpha))

    return float(brentq(excess, 0.0, 100.0 * np.sqrt(v + rho)))


def bernoulli_confidence_sequence(
    measure: str, successes: int, trials: int, *, alpha: float = 0.05, t_opt: float = 100.0,
    alpha_opt: float | None = None,
) -> Estimate:  # fmt: skip
    """A share with an interval that may be read every day: all its intervals hold at once.

    Wider than Wilson's, because it pays for every look (beta-binomial mixture of Howard et al.
    2021, tightest near `t_opt` trials for error `alpha_opt`, alpha if None). Not estimable without
    a trial. Raises ValueError for more successes than trials and an alpha outside 0 to 1.

    >>> print(bernoulli_confidence_sequence("sensitivity", 15, 50, t_opt=50))
    sensitivity 0.300 (95 % interval 0.130 to 0.512, n = 50)
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{measure}: {successes!r} successes of {trials!r} trials")
    refuse_alpha(alpha), positive_number("t_opt", t_opt)
    if trials == 0:
        return Estimate.not_estimable(measure, "no case yet", n=0)
    centre = successes / trials
    given = successes, trials, alpha, t_opt, refuse_alpha(alpha if alpha_opt is None else alpha_opt)
    low, high = _edge(given, outer=0.0), _edge(given, outer=1.0)
    return Estimate(
        measure, n=trials, value=centre, low=min(low, centre), high=max(high, centre),
        level=1.0 - alpha, method="anytime-valid beta-binomial mixture (Howard et al. 2021)",
        numerator=successes, denominator=trials,
    )  # fmt: skip


def normal_mean_confidence_sequence(
    measure: str, values: ArrayLike, *, sd: float, alpha: float = 0.05, n_opt: float = 100.0
) -> Estimate:
    """A mean with an interval that may be read after every value, where the SD is known.

    The mean -+ :func:`normal_mixture_bound` of the sum, over n; tightest near `n_opt` values.
    Valid for normal values and whatever is sub-Gaussian with this SD. Not estimable without a
    value. Raises ValueError for NaN, infinity, and an SD of zero or less.

    >>> print(normal_mean_confidence_sequence("minutes to read", [4.0, 6.0] * 50, sd=1.0))
    minutes to read 5.000 (95 % interval 4.696 to 5.304, n = 100)
    """
    column, variance = number_column("values", values), positive_number("sd", sd) ** 2
    refuse_alpha(alpha), positive_number("n_opt", n_opt)
    if not column.size:
        return Estimate.not_estimable(measure, "no value yet", n=0)
    n = column.size
    half = normal_mixture_bound(n * variance, alpha=alpha, v_opt=n_opt * variance) / n
    mean = float(column.mean())
    return Estimate(
        measure, n=n, value=mean, low=mean - half, high=mean + half, level=1.0 - alpha,
        method="anytime-valid normal mixture, known SD (Howard et al. 2021)",
    )  # fmt: skip


def bounded_mean_confidence_sequence(
    measure: str, values: ArrayLike, *, low: float = 0.0, high: float = 1.0, alpha: float = 0.05
) -> Estimate:
    """A mean of bounded values (a Dice, a probability) with an interval to be read at any time.

    No distribution is assumed, only that no value can lie outside `low` to `high`. Empirical
    Bernstein by predictable plug-in (Waudby-Smith & Ramdas 2024, theorem 2). Not estimable
    without a value. Raises ValueError for a value outside the bounds, NaN, infinity.

    >>> print(bounded_mean_confidence_sequence("Dice", [0.8, 0.9] * 100))
    Dice 0.850 (95 % interval 0.812 to 0.888, n = 200)
    """
    column = number_column("values", values)
    if not column.size:
        refuse_alpha(alpha)
        return Estimate.not_estimable(measure, "no value yet", n=0)
    lows, highs = bounded_mean_limits(column, low=low, high=high, alpha=alpha)
    mean = float(column.mean())
    return Estimate(
        measure, n=column.size, value=mean, low=min(float(lows[-1]), mean),
        high=max(float(highs[-1]), mean), level=1.0 - alpha,
        method="anytime-valid empirical Bernstein (Waudby-Smith & Ramdas 2024)",
    )  # fmt: skip


def bounded_mean_limits(
    values: ArrayLike, *, low: float = 0.0, high: float = 1.0, alpha: float = 0.05
) -> tuple[Numbers, Numbers]:
    """The limits of :func:`bounded_mean_confidence_sequence` after each value, for a chart.

    values: shape (..., n), each row a stream; returns two arrays of that shape. With stakes
    ``l_t = min(1/2, sqrt(2 log(2/alpha) / (v_{t-1} t log(1+t))))`` the centre is
    ``sum(l x) / sum(l)`` and the half width ``(log(2/alpha) + sum(4 (x_t - m_{t-1})^2 psi(l_t)))
    / sum(l)``, ``psi(l) = (-log(1-l) - l) / 4``; m and v are running mean and variance.

    >>> lows, highs = bounded_mean_limits([0.5] * 200)
    >>> round(float(lows[-1]), 3), round(float(highs[-1]), 3)
    (0.463, 0.537)
    """
    x = np.asarray(values, np.float64)
    span = finite_number("high", high) - finite_number("low", low)
    if span <= 0.0 or not x.size or not np.isfinite(x).all():
        raise ValueError("values: need at least one finite value, and low below high")
    if np.any(x < low) or np.any(x > high):
        raise ValueError(f"values: every value must lie between {low!r} and {high!r}")
    x, bet = (x - low) / span, math.log(2.0 / refuse_alpha(alpha))
    t = np.arange(1, x.shape[-1] + 1)
    means = (0.5 + np.cumsum(x, axis=-1)) / (t + 1)
    variances = (0.25 + np.cumsum((x - means) ** 2, axis=-1)) / (t + 1)
    known, spread = _a_step_before(means, 0.5), _a_step_before(variances, 0.25)
    stakes = np.minimum(0.5, np.sqrt(2.0 * bet / (spread * t * np.log1p(t))))
    psi = (-np.log1p(-stakes) - stakes) / 4.0
    staked = np.cumsum(stakes, axis=-1)
    centre = np.cumsum(stakes * x, axis=-1) / staked
    half = (bet + np.cumsum(4.0 * (x - known) ** 2 * psi, axis=-1)) / staked
    return low + span * np.maximum(centre - half, 0.0), low + span * np.minimum(centre + half, 1.0)


def _a_step_before(running: Numbers, start: float) -> Numbers:
    first = np.full((*running.shape[:-1], 1), start)
    return np.concatenate([first, running[..., :-1]], axis=-1)


def refuse_alpha(alpha: float) -> float:
    """An error probability strictly between 0 and 1; anything else is refused.

    >>> refuse_alpha(1.0)
    Traceback (most recent call last):
    ValueError: alpha: must lie between 0 and 1, got 1.0
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha: must lie between 0 and 1, got {alpha!r}")
    return float(alpha)


@lru_cache(maxsize=8192)  # charts of levels ask for the same counts day after day
def _edge(given: tuple[int, int, float, float, float], *, outer: float) -> float:
    """The limit between the observed share and 0 (or 1): the root of the mixture's evidence."""
    from scipy.optimize import brentq

    centre = min(max(given[0] / given[1], 1e-6), 1.0 - 1e-6)
    far = min(max(outer, 1e-6), 1.0 - 1e-6)
    if centre == far or _log_mixture(far, *given) < 0.0:
        return outer
    return float(brentq(_log_mixture, centre, far, args=given, xtol=1e-10))


def _log_mixture(
    p: float, successes: int, trials: int, alpha: float, t_opt: float, alpha_opt: float
) -> float:
    variance = p * (1.0 - p)
    rho = max(mixture_rho(variance * t_opt, alpha=alpha_opt) - variance, 0.001 * variance)
    a, b = rho / (1.0 - p), rho / p
    misses = trials - successes
    evidence = _log_beta(successes + a, misses + b) - _log_beta(a, b)
    evidence -= successes * math.log(p) + misses * math.log1p(-p)
    return evidence + math.log(alpha)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
