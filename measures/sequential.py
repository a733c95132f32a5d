"""Tests that may be read every day: their error holds over all looks together.

A bet against 'nothing has changed' that is fair while nothing has: its capital is then a
non-negative martingale, and by Ville's inequality it ever reaches 1/alpha with probability at
most alpha, however often one looks and whenever one stops. Capital is thus evidence: 100 means
'as surprising as a p value of 0.01, at any time'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate

__all__ = [
    "CONFORMAL_BETS", "SHORTFALLS", "Capital", "bernoulli_bets", "bernoulli_confidence_sequence",
    "conformal_bets", "conformal_p_values", "mixture_rho", "normal_mixture_bound",
]  # fmt: skip

FloatArray = NDArray[np.float64]
CONFORMAL_BETS: tuple[tuple[str, float], ...] = (
    ("shift", 0.95), ("shift", 0.5), ("shift", -0.5), ("shift", -0.95),
    ("spread", 0.6), ("spread", -0.4),
)  # fmt: skip
"""The bettors: on higher, on lower values, on wider, on narrower spread."""
SHORTFALLS = (0.4, 0.8, 1.6)
"""The bettors on a proportion: its log odds lie this far below the claim."""


@dataclass(frozen=True, slots=True)
class Capital:
    """What the bettors own, as natural logarithms; all of it together starts at 1 (log 0).

    Part of the capital sleeps. Each day a share wakes and goes to the bettors in equal parts, so
    that a change on day 80 meets fresh money and not what 79 quiet days left of it. Moving money
    around between days is fair, so the promise of Ville's inequality holds for the total.
    """

    sleeping: float
    bettors: tuple[float, ...]

    @classmethod
    def fresh(cls, bettors: int) -> Capital:
        """All capital asleep.

        >>> Capital.fresh(3).evidence
        0.0
        """
        return cls(0.0, (float("-inf"),) * bettors)

    @property
    def evidence(self) -> float:
        """Base-10 logarithm of the total: 2 means 100 to 1 against 'nothing has changed'."""
        total = np.logaddexp.reduce([self.sleeping, *self.bettors])
        return float(total / np.log(10.0))

    def after(self, bets: FloatArray, *, share: float) -> Capital:
        """The capital after one day: a share wakes, then each bettor multiplies his by his bets.

        bets: shape (studies, bettors), each the factor paid on one study, of mean one (or less)
        while nothing has changed. share: part of the sleeping capital that wakes, in (0, 1).

        >>> round(Capital.fresh(1).after(np.array([[3.0]]), share=0.5).evidence, 4) == 0.301
        True
        """
        woken = self.sleeping + np.log(share) - np.log(len(self.bettors))
        held = np.logaddexp(np.array(self.bettors), woken) + np.log(bets).sum(axis=0)
        return Capital(float(self.sleeping + np.log1p(-share)), tuple(held.tolist()))

    def capped(self, evidence: float) -> Capital:
        """Scaled down so that it shows at most so much evidence; harmless once it has signalled."""
        excess = (self.evidence - evidence) * np.log(10.0)
        if excess <= 0.0:
            return self
        return Capital(
            float(self.sleeping - excess), tuple(float(held - excess) for held in self.bettors)
        )


def conformal_p_values(
    pool: ArrayLike, cells: ArrayLike, uniforms: ArrayLike
) -> tuple[FloatArray, NDArray[np.int64]]:
    """How high each new value stands among all values before it; even on (0, 1) in control.

    pool: shape (k,), how many earlier values (the reference and all since) fell in each ordered
    cell; cells: shape (n,), the cell of each new value in order of arrival; uniforms: shape (n,)
    random numbers in (0, 1) that break ties. If reference and new values are exchangeable, the
    p values are independent and exactly uniform whatever the size of the reference (Vovk et al.
    2003): no baseline is ever taken as known. Small p: high value. Returns p and the grown pool.

    >>> p, grown = conformal_p_values([2, 1, 0], [2, 0], [0.5, 0.5])
    >>> p.tolist(), grown.tolist()
    ([0.125, 0.7], [3, 1, 1])
    """
    counts, places = np.asarray(pool, np.int64), np.asarray(cells, np.int64)
    ties = np.asarray(uniforms, np.float64)
    above = counts.sum() - np.cumsum(counts)
    earlier = np.tri(len(places), k=-1, dtype=bool)
    greater = above[places] + (earlier & (places[None, :] > places[:, None])).sum(axis=1)
    equal = counts[places] + (earlier & (places[None, :] == places[:, None])).sum(axis=1) + 1
    seen = counts.sum() + 1 + np.arange(len(places))
    p = (greater + ties * equal) / seen
    return np.asarray(p), counts + np.bincount(places, minlength=len(counts))


def conformal_bets(p_values: ArrayLike) -> FloatArray:
    """What each bettor of :data:`CONFORMAL_BETS` is paid on each p value; mean one if uniform.

    Returns shape (n, bettors). Shift bets pay ``1 + b (1 - 2p)``, spread bets
    ``1 + b (3 (1 - 2p)^2 - 1)``.

    >>> conformal_bets([0.5])[0].round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.4, 1.4]
    """
    height = 1.0 - 2.0 * np.asarray(p_values, np.float64)
    column = {"shift": height, "spread": 3.0 * height**2 - 1.0}
    return np.stack([1.0 + stake * column[kind] for kind, stake in CONFORMAL_BETS], axis=1)


def bernoulli_bets(outcomes: ArrayLike, *, at_least: float) -> FloatArray:
    """What bettors on 'right less often than claimed' are paid on each outcome (1 right, 0 wrong).

    Likelihood ratio of a proportion whose log odds lie :data:`SHORTFALLS` below `at_least`; its
    mean is at most one for every true proportion of `at_least` or more. Shape (n, bettors).

    >>> bernoulli_bets([1, 0], at_least=0.9).round(2).tolist()
    [[0.95, 0.89, 0.72], [1.42, 1.98, 3.55]]
    """
    right = np.asarray(outcomes, bool)[:, None]
    odds = at_least / (1.0 - at_least) * np.exp(-np.array(SHORTFALLS))
    worse = odds / (1.0 + odds)
    return np.asarray(np.where(right, worse / at_least, (1.0 - worse) / (1.0 - at_least)))


def mixture_rho(v_opt: float, *, alpha: float) -> float:
    """The tuning constant that makes a normal-mixture bound tightest at variance `v_opt`.

    >>> round(mixture_rho(100.0, alpha=0.05), 5)
    12.60056
    """
    twice = -2.0 * math.log(alpha)
    return v_opt / (twice + math.log1p(twice))


def normal_mixture_bound(v: float, *, alpha: float, v_opt: float, sides: int = 2) -> float:
    """How far a sum may stray from its mean at any time, with error alpha over all times.

    v: variance of the sum so far (Howard et al. 2021, as in confseq). For one side, rho is tuned
    at twice alpha.

    >>> round(normal_mixture_bound(100.0, alpha=0.05, v_opt=100.0), 5)
    30.35209
    """
    if sides == 2:
        rho = mixture_rho(v_opt, alpha=alpha)
        return float(np.sqrt((v + rho) * (np.log((v + rho) / rho) + 2.0 * np.log(1.0 / alpha))))
    from scipy.optimize import brentq
    from scipy.special import log_ndtr

    rho = mixture_rho(v_opt, alpha=2.0 * alpha)

    def excess(s: float) -> float:
        spread = v + rho
        gain = 0.5 * np.log(4.0 * rho / spread) + s * s / (2.0 * spread)
        return float(gain + log_ndtr(s / np.sqrt(spread)) - np.log(1.0 / alpha))

    return float(brentq(excess, 0.0, 100.0 * np.sqrt(v + rho)))


def bernoulli_confidence_sequence(
    measure: str, successes: int, trials: int, *, alpha: float = 0.05, t_opt: float = 100.0
) -> Estimate:
    """A share with an interval that may be read every day: all its intervals hold at once.

    Wider than Wilson's, because it pays for every look (beta-binomial mixture of Howard et al.
    2021, tightest near `t_opt` trials). Not estimable without a trial.

    >>> print(bernoulli_confidence_sequence("sensitivity", 15, 50, t_opt=50))
    sensitivity 0.300 (95 % interval 0.130 to 0.512, n = 50)
    """
    if trials == 0:
        return Estimate.not_estimable(measure, "no case yet", n=0)
    centre = successes / trials
    low = _edge(successes, trials, alpha, t_opt, outer=0.0)
    high = _edge(successes, trials, alpha, t_opt, outer=1.0)
    return Estimate(
        measure, n=trials, value=centre, low=min(low, centre), high=max(high, centre),
        level=1.0 - alpha, method="anytime-valid beta-binomial mixture (Howard et al. 2021)",
        numerator=successes, denominator=trials,
    )  # fmt: skip


def _edge(successes: int, trials: int, alpha: float, t_opt: float, *, outer: float) -> float:
    """The limit between the observed share and 0 (or 1): the root of the mixture's evidence."""
    from scipy.optimize import brentq

    centre = min(max(successes / trials, 1e-6), 1.0 - 1e-6)
    far = min(max(outer, 1e-6), 1.0 - 1e-6)
    if centre == far or _log_mixture(far, successes, trials, alpha, t_opt) < 0.0:
        return outer
    return float(
        brentq(_log_mixture, centre, far, args=(successes, trials, alpha, t_opt), xtol=1e-10)
    )


def _log_mixture(p: float, successes: int, trials: int, alpha: float, t_opt: float) -> float:
    variance = p * (1.0 - p)
    rho = max(mixture_rho(variance * t_opt, alpha=alpha) - variance, 0.001 * variance)
    a, b = rho / (1.0 - p), rho / p
    misses = trials - successes
    evidence = _log_beta(successes + a, misses + b) - _log_beta(a, b)
    evidence -= successes * math.log(p) + misses * math.log1p(-p)
    return evidence + math.log(alpha)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
