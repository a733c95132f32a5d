"""Shares of studies and how sure they are: Wilson by default, Clopper-Pearson where a claim rests.

Limits are two-sided at `level`. Wilson (1927) inverts the score test: its mean coverage is close
to nominal, single cases may fall a little short. Clopper-Pearson (1934) never covers less than
nominal and is wider. Neither ever has zero width (Newcombe, Stat Med 1998;17:857). Four more,
for a protocol that names them: :mod:`measures.proportion_methods`.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers

__all__ = [
    "ProportionInterval",
    "clopper_pearson",
    "clopper_pearson_limits",
    "counts_of_shares",
    "normal_quantile",
    "share_estimate",
    "shares_of_groups",
    "wilson",
    "wilson_limits",
]


class ProportionInterval(Protocol):
    """How a share becomes an Estimate: :func:`wilson`, :func:`clopper_pearson`, or another."""

    def __call__(self, measure: str, hits: int, n: int, *, level: float = 0.95) -> Estimate: ...


def normal_quantile(level: float) -> float:
    """Half-width, in standard errors, of a two-sided normal interval at this confidence.

    Raises ValueError unless 0 < level < 1.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}")
    return -NormalDist().inv_cdf((1.0 - level) / 2.0)


def counts_of_shares(hits: ArrayLike, n: ArrayLike) -> tuple[Numbers, Numbers]:
    """Hits and studies of many shares as numbers, refused unless 0 <= hits <= n and n above 0.

    Both may be fractional (effective numbers); what rounding left outside is put back.

    >>> counts_of_shares([3, 0], [4, 9])[0].tolist()
    [3.0, 0.0]
    >>> counts_of_shares(6, 5)
    Traceback (most recent call last):
    ValueError: hits, n: 6 hits out of 5 studies is impossible
    """
    x, size = np.broadcast_arrays(
        np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    over = 1e-9 * np.abs(size)
    fine = (size > 0.0) & (x >= -over) & (x <= size + over) & np.isfinite(size)
    if not fine.all():
        at = int(np.argmin(fine.ravel()))
        raise ValueError(
            f"hits, n: {x.ravel()[at]:g} hits out of {size.ravel()[at]:g} studies is impossible"
        )
    return np.clip(x, 0.0, size), size


def wilson_limits(hits: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """Lower and upper Wilson limits for many shares at once.

    hits, n: as :func:`counts_of_shares`, which refuses impossible ones.

    >>> low, high = wilson_limits([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2553, 0.0], [0.3662, 0.1611])
    """
    z = normal_quantile(level)
    x, size = counts_of_shares(hits, n)
    misses = size - x
    middle = x + z * z / 2.0
    half = z * np.sqrt(x * misses / size + z * z / 4.0)
    low = np.where(x <= 0.0, 0.0, (middle - half) / (size + z * z))
    high = np.where(misses <= 0.0, 1.0, (middle + half) / (size + z * z))
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def shares_of_groups(
    hits: ArrayLike, n: ArrayLike, *, level: float = 0.95
) -> tuple[Numbers, Numbers, Numbers]:
    """Share and Wilson limits of many groups at once, NaN for a group that is empty.

    hits, n: as :func:`wilson_limits`, but n may be 0 where hits are.

    >>> [part.round(4).tolist() for part in shares_of_groups([3, 0], [4, 0])]
    [[0.75, nan], [0.3006, nan], [0.9544, nan]]
    """
    x, size = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    there = (size != 0.0) | (x != 0.0)
    of = np.where(there, size, 1.0)
    low, high = wilson_limits(x, of, level=level)
    share, low, high = (np.where(there, part, np.nan) for part in (x / of, low, high))
    return share, low, high


def clopper_pearson_limits(
    hits: ArrayLike, n: ArrayLike, *, level: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Lower and upper exact (Clopper-Pearson) limits for many shares at once.

    hits, n: as :func:`counts_of_shares`, which refuses impossible ones; fractional hits are read
    through the beta quantiles.

    >>> low, high = clopper_pearson_limits([81, 0], [263, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2527, 0.0], [0.3676, 0.1684])
    """
    from scipy.special import betaincinv

    normal_quantile(level)
    tail = (1.0 - level) / 2.0
    x, size = counts_of_shares(hits, n)
    misses = size - x
    inside = (x > 0.0, misses > 0.0)
    low = np.where(inside[0], betaincinv(np.where(inside[0], x, 1.0), misses + 1.0, tail), 0.0)
    high = np.where(
        inside[1], betaincinv(x + 1.0, np.where(inside[1], misses, 1.0), 1.0 - tail), 1.0
    )
    return low, high


def wilson(measure: str, hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """A share of studies, hits out of n, with its Wilson score interval.

    Not estimable when n is 0. Raises ValueError unless 0 <= hits <= n.

    >>> print(wilson("sensitivity", 81, 263))
    sensitivity 0.308 (95 % interval 0.255 to 0.366, n = 263)
    """
    return share_estimate(measure, (hits, n), wilson_limits, "Wilson", level=level)


def clopper_pearson(measure: str, hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """A share of studies, hits out of n, with the exact interval a claim can rest on.

    Not estimable when n is 0. Raises ValueError unless 0 <= hits <= n.

    >>> print(clopper_pearson("sensitivity", 81, 263))
    sensitivity 0.308 (95 % interval 0.253 to 0.368, n = 263)
    """
    return share_estimate(
        measure, (hits, n), clopper_pearson_limits, "Clopper-Pearson", level=level
    )


def share_estimate(
    measure: str,
    counts: tuple[int, int],
    limits: Callable[..., tuple[Numbers, Numbers]],
    method: str,
    *,
    level: float = 0.95,
) -> Estimate:
    """A share of studies, hits out of n, with the interval of that method.

    counts: hits and n; limits: called as ``limits(hits, n, level=level)``; method: its name. Not
    estimable when n is 0. Raises ValueError unless 0 <= hits <= n.

    >>> share_estimate("ppv", (3, 4), wilson_limits, "Wilson").value
    0.75
    """
    normal_quantile(level)
    hits, n = counts
    if not 0 <= hits <= n:
        raise ValueError(f"{measure}: {hits} hits out of {n} studies is impossible")
    if n == 0:
        return Estimate.not_estimable(measure, "no study to count", n=0)
    low, high = limits(hits, n, level=level)
    return Estimate(
        measure, n, hits / n, float(low), float(high), level, method, numerator=hits, denominator=n
    )
