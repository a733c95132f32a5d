"""Intervals of a share for a protocol that names another method than Wilson or Clopper-Pearson.

Each is a :class:`measures.proportions.ProportionInterval`, so it can be handed to any share:
``sensitivity(truth, decision, interval=mid_p)``. Limits for many shares at once end in `_limits`;
there hits may be fractional and impossible counts are refused. Compared in Newcombe, Stat Med
1998;17:857 and Brown, Cai and DasGupta, Stat Sci 2001;16:101.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import (
    clopper_pearson_limits,
    counts_of_shares,
    normal_quantile,
    share_estimate,
)

__all__ = [
    "jeffreys",
    "jeffreys_limits",
    "logit",
    "logit_limits",
    "mid_p",
    "mid_p_limits",
    "wald_limits",
    "wilson_corrected",
    "wilson_corrected_limits",
]

_HALVINGS = 60  # of a bracket inside 0 to 1: below the spacing of doubles


def wilson_corrected_limits(
    hits: ArrayLike, n: ArrayLike, *, level: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Wilson limits with Yates' continuity correction, for many shares.

    >>> low, high = wilson_corrected_limits([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2535, 0.0], [0.3682, 0.2005])
    """
    z = normal_quantile(level)
    x, size = counts_of_shares(hits, n)
    p, square = x / size, z * z
    # The root is of a negative number only where the limit is 0 or 1 anyway.
    left = np.maximum(square - 2.0 - 1.0 / size + 4.0 * p * (size * (1.0 - p) + 1.0), 0.0)
    right = np.maximum(square + 2.0 - 1.0 / size + 4.0 * p * (size * (1.0 - p) - 1.0), 0.0)
    low = (2.0 * x + square - 1.0 - z * np.sqrt(left)) / (2.0 * (size + square))
    high = (2.0 * x + square + 1.0 + z * np.sqrt(right)) / (2.0 * (size + square))
    return np.where(x <= 0.0, 0.0, np.clip(low, 0, p)), np.where(
        x >= size, 1.0, np.clip(high, p, 1)
    )


def mid_p_limits(hits: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """Limits where the binomial tail, with half the chance of the result itself, is (1 - level)/2.

    >>> low, high = mid_p_limits([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2544, 0.0], [0.3658, 0.1391])
    """
    normal_quantile(level)
    x, size = counts_of_shares(hits, n)
    tail = (1.0 - level) / 2.0
    low = np.where(x <= 0.0, 0.0, _where_above(x, size, tail))
    high = np.where(x >= size, 1.0, _where_above(x, size, 1.0 - tail))
    return low, high


def jeffreys_limits(
    hits: ArrayLike, n: ArrayLike, *, level: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Equal-tailed limits of the posterior under Jeffreys' prior, Beta(1/2, 1/2).

    As the formula gives them: at no hits the lower limit is above 0 and at no misses the upper
    one below 1. :func:`jeffreys` mends that.

    >>> low, high = jeffreys_limits([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2545, 0.0], [0.3656, 0.1166])
    """
    from scipy.special import betaincinv

    normal_quantile(level)
    x, size = counts_of_shares(hits, n)
    tail = (1.0 - level) / 2.0
    low, high = (betaincinv(x + 0.5, size - x + 0.5, chance) for chance in (tail, 1.0 - tail))
    return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)


def logit_limits(hits: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """Wald limits of the log odds, brought back to shares; Clopper-Pearson at no hits or no misses,
    where the log odds are infinite.

    >>> low, high = logit_limits([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2551, 0.0], [0.3664, 0.1684])
    """
    z = normal_quantile(level)
    x, size = counts_of_shares(hits, n)
    inside = (x > 0.0) & (x < size)
    within, of = np.where(inside, x, 1.0), np.where(inside, size, 2.0)
    middle = np.log(within / (of - within))
    half = z * np.sqrt(1.0 / within + 1.0 / (of - within))
    exact = clopper_pearson_limits(x, size, level=level)
    return (
        np.where(inside, 0.5 * (1.0 + np.tanh(0.5 * (middle - half))), exact[0]),
        np.where(inside, 0.5 * (1.0 + np.tanh(0.5 * (middle + half))), exact[1]),
    )


def wald_limits(hits: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """The share plus and minus its standard error, only to check a published interval: these leave
    0 to 1, close at no hits, and cover far below nominal. No estimate here carries them.

    >>> low, high = wald_limits([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2522, 0.0], [0.3638, 0.0])
    """
    x, size = counts_of_shares(hits, n)
    p = x / size
    half = normal_quantile(level) * np.sqrt(p * (1.0 - p) / size)
    return p - half, p + half


def wilson_corrected(measure: str, hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """A share of studies with Wilson's interval, widened so that it rarely covers too little.

    Not estimable when n is 0. Raises ValueError unless 0 <= hits <= n.

    >>> print(wilson_corrected("sensitivity", 81, 263))
    sensitivity 0.308 (95 % interval 0.254 to 0.368, n = 263)
    """
    method = "Wilson, continuity corrected"
    return share_estimate(measure, (hits, n), wilson_corrected_limits, method, level=level)


def mid_p(measure: str, hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """A share of studies with the mid-P interval: exact in form, nominal on the average.

    Not estimable when n is 0. Raises ValueError unless 0 <= hits <= n.

    >>> print(mid_p("sensitivity", 81, 263))
    sensitivity 0.308 (95 % interval 0.254 to 0.366, n = 263)
    """
    return share_estimate(measure, (hits, n), mid_p_limits, "mid-P", level=level)


def jeffreys(measure: str, hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """A share of studies with Jeffreys' interval, which reaches 0 at no hits and 1 at no misses
    (Brown, Cai and DasGupta 2001, 4.1.2), so that it always holds the share itself.

    Not estimable when n is 0. Raises ValueError unless 0 <= hits <= n.

    >>> print(jeffreys("sensitivity", 0, 20))
    sensitivity 0.000 (95 % interval 0.000 to 0.117, n = 20)
    """

    def limits(x: ArrayLike, size: ArrayLike, *, level: float) -> tuple[Numbers, Numbers]:
        low, high = jeffreys_limits(x, size, level=level)
        return np.where(hits == 0, 0.0, low), np.where(hits == n, 1.0, high)

    return share_estimate(measure, (hits, n), limits, "Jeffreys", level=level)


def logit(measure: str, hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """A share of studies with limits formed on the log odds; exact at no hits or no misses.

    Not estimable when n is 0. Raises ValueError unless 0 <= hits <= n.

    >>> print(logit("sensitivity", 81, 263))
    sensitivity 0.308 (95 % interval 0.255 to 0.366, n = 263)
    """
    method = "logit" if 0 < hits < n else "Clopper-Pearson (log odds infinite)"
    return share_estimate(measure, (hits, n), logit_limits, method, level=level)


def _where_above(x: Numbers, size: Numbers, chance: float) -> Numbers:
    """The share at which 'more hits than seen', plus half of 'as many', has this chance."""
    from scipy.special import betainc

    misses = size - x
    low, high = np.zeros(x.shape), np.ones(x.shape)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        more = np.where(misses > 0.0, betainc(x + 1.0, np.maximum(misses, 1e-9), middle), 0.0)
        reached = np.where(x > 0.0, betainc(np.maximum(x, 1e-9), misses + 1.0, middle), 1.0)
        below = 0.5 * (more + reached) < chance
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found: Numbers = 0.5 * (low + high)
    return found
