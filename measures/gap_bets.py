"""Bets on 'this group is right less often than the rest by more than is allowed', read every day.

Cases come in blocks of both groups. What a bettor is paid on a block is the likelihood of his pair
of shares over that of the allowed pair which is nearest to it (Kullback-Leibler): an e-variable,
whatever the true allowed pair (Turner, Ly, Grünwald. Two-sample tests that are safe under optional
stopping. arXiv:2106.02693; Turner, Grünwald. Exact anytime-valid confidence intervals for
contingency tables and beyond. Stat Probab Lett 2023;198:109835).

Why: the allowed pairs {share >= rest - gap} are a convex set, so at the nearest one the expected
log payment cannot rise towards any other; with 1 + x <= exp(x) the mean payment under each is at
most one. The same holds where the shares differ from case to case and their means in the block are
an allowed pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from measures.sequential import SHORTFALLS

__all__ = ["gap_bets", "nearest_allowed_pair"]

FloatArray = NDArray[np.float64]
EDGE = 0.01
"""No bettor takes a share for surer than this: he would lose all on one case."""
HALVINGS = 60


def nearest_allowed_pair(
    pair: tuple[float, float], sizes: tuple[int, int], *, allowed_gap: float
) -> tuple[float, float]:
    """The pair (share, share of the rest) with share >= rest - allowed_gap that is nearest.

    pair: share and share of the rest, each in (0, 1). sizes: cases of both in the block, at least
    one each. An allowed pair is its own.

    >>> share, rest = nearest_allowed_pair((0.6, 0.8), (10, 10), allowed_gap=0.0)
    >>> round(share, 4), round(rest, 4)
    (0.7, 0.7)
    """
    share, rest = pair
    if min(sizes) < 1 or not (0.0 < share < 1.0 and 0.0 < rest < 1.0):
        raise ValueError("nearest_allowed_pair: needs shares in (0, 1) and a case of each group")
    if not 0.0 <= allowed_gap < 1.0:
        raise ValueError(f"allowed_gap: must lie from 0 to below 1, got {allowed_gap!r}")
    if share >= rest - allowed_gap:
        return pair
    low, high = share + allowed_gap, rest  # of the rest's share, on the edge of what is allowed
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        own = middle - allowed_gap
        slope = sizes[0] * (own - share) / (own * (1.0 - own))
        slope += sizes[1] * (middle - rest) / (middle * (1.0 - middle))
        low, high = (middle, high) if slope < 0.0 else (low, middle)
    nearest = 0.5 * (low + high)
    return nearest - allowed_gap, nearest


def gap_bets(
    right: tuple[int, int], sizes: tuple[int, int], *, rest_share: float, allowed_gap: float
) -> FloatArray:
    """What each bettor is paid on one block, shape (1, bettors); mean at most one while allowed.

    right, sizes: cases called right and cases, of the group and of the rest. rest_share: what the
    share of the rest is taken for, from earlier blocks only; a bettor takes the log odds of the
    group to lie :data:`measures.sequential.SHORTFALLS` below the lowest that is allowed beside it.

    >>> gap_bets((4, 18), (10, 20), rest_share=0.9, allowed_gap=0.05).round(1).tolist()
    [[3.3, 8.1, 23.4]]
    """
    if not all(0 <= one <= n for one, n in zip(right, sizes, strict=True)):
        raise ValueError("gap_bets: more cases are right than there are")
    rest = float(np.clip(rest_share, allowed_gap + 2.0 * EDGE, 1.0 - EDGE))
    lowest = rest - allowed_gap
    odds = lowest / (1.0 - lowest) * np.exp(-np.array(SHORTFALLS))
    paid = []
    for share in np.maximum(odds / (1.0 + odds), 0.5 * EDGE).tolist():
        near = nearest_allowed_pair((share, rest), sizes, allowed_gap=allowed_gap)
        log = 0.0
        for hits, n, one, other in zip(right, sizes, (share, rest), near, strict=True):
            log += hits * np.log(one / other) + (n - hits) * np.log((1.0 - one) / (1.0 - other))
        paid.append(float(np.exp(np.clip(log, -600.0, 600.0))))
    return np.array([paid])
