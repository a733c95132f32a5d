"""Score intervals of a difference of shares: each value asked how well it would fit the counts.

Limits are where the score statistic meets the normal quantile. They keep their coverage better in
small studies than squared and added Wilson limits do, and have no closed form: bisection, for many
tables at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers
from measures.proportions import counts_of_shares, normal_quantile

__all__ = [
    "miettinen_nurminen_limits",
    "restricted_paired_share",
    "restricted_shares",
    "tango_limits",
]

_HALVINGS = 52  # as many as a double can tell apart between -1 and 1


def miettinen_nurminen_limits(
    hits: ArrayLike, n: ArrayLike, others: ArrayLike, m: ArrayLike, *, level: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Limits of a difference between two shares of different studies, hits/n - others/m.

    Miettinen and Nurminen (Stat Med 1985;4:213) with their factor (n + m) / (n + m - 1).
    hits, n, others, m: equal shapes. Raises ValueError for impossible counts.

    >>> low, high = miettinen_nurminen_limits(56, 70, 48, 80)
    >>> low.round(4).item(), high.round(4).item()
    (0.0528, 0.3382)
    """
    (x, size), (y, other) = counts_of_shares(hits, n), counts_of_shares(others, m)
    found = x / size - y / other
    everyone = size + other

    def score(value: Numbers) -> Numbers:
        p, q = restricted_shares(x / size, y / other, other / size, value)
        variance = (p * (1.0 - p) / size + q * (1.0 - q) / other) * everyone / (everyone - 1.0)
        return _over_root(found - value, variance)

    return _where_it_meets(score, found, normal_quantile(level))


def tango_limits(
    gained: ArrayLike, lost: ArrayLike, n: ArrayLike, *, level: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Limits of a difference between two shares of the same studies, (gained - lost) / n.

    Tango (Stat Med 1998;17:891). gained: studies that only the first counts; lost: only the second;
    n: all; equal shapes. Raises ValueError for impossible counts.

    >>> low, high = tango_limits(1, 7, 21)
    >>> low.round(3).item(), high.round(3).item()
    (-0.517, -0.026)
    """
    (b, size), (c, _) = counts_of_shares(gained, n), counts_of_shares(lost, n)
    counts_of_shares(b + c, size)
    found = (b - c) / size

    def score(value: Numbers) -> Numbers:
        q = restricted_paired_share(b / size, c / size, value)
        return _over_root(found - value, (2.0 * q + value * (1.0 - value)) / size)

    return _where_it_meets(score, found, normal_quantile(level))


def restricted_shares(
    first: ArrayLike, second: ArrayLike, ratio: ArrayLike, difference: ArrayLike
) -> tuple[Numbers, Numbers]:
    """The two shares of different studies that fit best when they must differ by so much.

    Closed form of Farrington and Manning (Stat Med 1990;9:1447); ratio: size of the second group
    over the first.

    >>> [round(share.item(), 4) for share in restricted_shares(0.8, 0.6, 1.0, 0.0)]
    [0.7, 0.7]
    """
    p, q = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    t, s = np.asarray(ratio, dtype=np.float64), np.asarray(difference, dtype=np.float64)
    a = 1.0 + t
    b = -(1.0 + t + p + t * q + s * (t + 2.0))
    c = s * s + s * (2.0 * p + t + 1.0) + p + t * q
    d = -p * s * (1.0 + s)
    v = (b / (3.0 * a)) ** 3 - b * c / (6.0 * a * a) + d / (2.0 * a)
    u = np.where(v >= 0.0, 1.0, -1.0) * np.sqrt(
        np.maximum((b / (3.0 * a)) ** 2 - c / (3.0 * a), 0.0)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.where(u == 0.0, 0.0, np.clip(v / u**3, -1.0, 1.0))
    root = 2.0 * u * np.cos((np.pi + np.arccos(cosine)) / 3.0) - b / (3.0 * a)
    lowest, highest = np.maximum(0.0, s), np.minimum(1.0, 1.0 + s)
    one = np.clip(root, lowest, highest)
    return one, np.clip(one - s, 0.0, 1.0)


def restricted_paired_share(gained: ArrayLike, lost: ArrayLike, difference: ArrayLike) -> Numbers:
    """The share lost that fits best when gained minus lost must be so much (Tango 1998).

    >>> restricted_paired_share(0.2, 0.1, 0.0).round(3).item()
    0.15
    """
    b, c = np.asarray(gained, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    s = np.asarray(difference, dtype=np.float64)
    half = -b - c + (2.0 - b + c) * s
    under = np.maximum(half * half + 8.0 * c * s * (1.0 - s), 0.0)
    root: Numbers = np.clip(
        (np.sqrt(under) - half) / 4.0, np.maximum(0.0, -s), np.maximum(0.0, (1.0 - s) / 2.0)
    )
    return root


def _over_root(difference: Numbers, variance: Numbers) -> Numbers:
    with np.errstate(invalid="ignore", divide="ignore"):
        score = difference / np.sqrt(np.maximum(variance, 0.0))
    return np.where(difference == 0.0, 0.0, score)


def _where_it_meets(
    score: Callable[[Numbers], Numbers], found: Numbers, quantile: float
) -> tuple[Numbers, Numbers]:
    """The score falls as the asked value rises: bisect on each side of the value found."""
    limits = []
    for side, edge in ((1.0, -1.0), (-1.0, 1.0)):
        inside, outside = found.astype(np.float64), np.full(found.shape, edge)
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2.0
            fits = side * score(middle) < quantile
            inside, outside = np.where(fits, middle, inside), np.where(fits, outside, middle)
        limits.append(np.where(np.abs(inside - edge) < 1e-12, edge, inside))
    return limits[0], limits[1]
