"""How many studies a comparison of shares needs, and what power a planned one has.

Checked against simulated decisions in the tests; with a handful of differing pairs, or shares near
0 or 1, simulate instead. For AUC: :mod:`measures.sample_size_auc`.
"""

from __future__ import annotations

import math
from typing import Literal

from measures.planning import Aim, SampleSize, decision_power, refuse_sizes, smallest_size
from measures.proportions import clopper_pearson_limits, wilson_limits
from measures.score_limits import restricted_paired_share, restricted_shares

__all__ = [
    "paired_share_power",
    "paired_share_size",
    "precise_share_size",
    "unpaired_share_power",
    "unpaired_share_size",
]


def unpaired_share_power(first: float, second: float, n: int, m: int, aim: Aim) -> float:
    """Chance that a comparison of two shares on different studies shows what it shall.

    Score test: the variance under the tested hypothesis is that of the shares restricted to it
    (Farrington and Manning 1990).

    first, second: shares expected, between 0 and 1, exclusive; n, m: studies of each group.
    Raises ValueError for a share or a size out of range.

    >>> round(unpaired_share_power(0.9, 0.8, 200, 200, Aim("difference")), 3)
    0.802
    """
    _refuse_shares(first=first, second=second)
    refuse_sizes(n=n, m=m)
    true = math.sqrt(first * (1 - first) / n + second * (1 - second) / m)

    def tested(value: float) -> float:
        p, q = (float(share) for share in restricted_shares(first, second, m / n, value))
        return math.sqrt(p * (1 - p) / n + q * (1 - q) / m)

    return decision_power(first - second, tested, true, aim)


def unpaired_share_size(
    first: float, second: float, aim: Aim, *, power: float = 0.8, ratio: float = 1.0
) -> SampleSize:
    """Studies of each group needed to compare two shares; ratio: of the second to the first.

    As :func:`unpaired_share_power`. Raises ValueError when the aim cannot be reached at any size.

    >>> unpaired_share_size(0.9, 0.8, Aim("difference")).groups
    {'first': 199, 'second': 199}
    """
    refuse_sizes(ratio=ratio)
    n, reached = smallest_size(
        lambda n: unpaired_share_power(first, second, n, math.ceil(ratio * n), aim), power
    )
    assumed = f"shares {first:g} and {second:g} on different studies"
    return SampleSize({"first": n, "second": math.ceil(ratio * n)}, reached, assumed)


def paired_share_power(gained: float, lost: float, n: int, aim: Aim) -> float:
    """Chance that a comparison of two shares on the same studies shows what it shall.

    Difference: McNemar's test (Miettinen, Biometrics 1968;24:339; Connor, Biometrics 1987;43:207);
    margins: Tango's score test (Nam, Biometrics 1997;53:1422).

    gained, lost: expected shares of studies that only the first, only the second counts; the
    difference is gained - lost; together above 0 and at most 1. n: studies.

    >>> round(paired_share_power(0.15, 0.05, 200, Aim("difference")), 3)
    0.891
    """
    if not (gained >= 0.0 and lost >= 0.0 and 0.0 < gained + lost <= 1.0):
        raise ValueError(f"gained, lost: shares with a sum above 0, not {gained!r} and {lost!r}")
    refuse_sizes(n=n)
    difference = gained - lost
    true = math.sqrt(max(gained + lost - difference**2, 0.0) / n)

    def tested(value: float) -> float:
        if value == 0.0:
            return math.sqrt((gained + lost) / n)
        q = float(restricted_paired_share(gained, lost, value))
        return math.sqrt(max(2.0 * q + value * (1.0 - value), 0.0) / n)

    return decision_power(difference, tested, true, aim)


def paired_share_size(gained: float, lost: float, aim: Aim, *, power: float = 0.8) -> SampleSize:
    """Studies needed to compare two shares on the same studies.

    As :func:`paired_share_power`; for sensitivity they are diseased, for specificity healthy.

    >>> paired_share_size(0.15, 0.05, Aim("difference")).n
    155
    """
    n, reached = smallest_size(lambda n: paired_share_power(gained, lost, n, aim), power)
    return SampleSize({"both": n}, reached, f"{gained:g} gained and {lost:g} lost, same studies")


def precise_share_size(
    share: float,
    half_width: float,
    *,
    level: float = 0.95,
    interval: Literal["wilson", "clopper-pearson"] = "wilson",
) -> SampleSize:
    """Studies needed to know a share to within so much either way (half the interval's length).

    share: as expected, between 0 and 1 inclusive; half_width: between 0 and 0.5, exclusive.

    >>> precise_share_size(0.9, 0.05).n
    141
    """
    if not (0.0 <= share <= 1.0 and 0.0 < half_width < 0.5):
        raise ValueError(f"share or half_width out of range: {share!r}, {half_width!r}")
    if interval not in ("wilson", "clopper-pearson"):
        raise ValueError(f"interval: 'wilson' or 'clopper-pearson', not {interval!r}")
    limits = wilson_limits if interval == "wilson" else clopper_pearson_limits

    def half(n: int) -> float:
        low, high = limits(share * n, n, level=level)
        return float(high - low) / 2.0

    n, _ = smallest_size(lambda n: half_width - half(n), 0.0)
    return SampleSize({"all": n}, half(n), f"share {share:g}, {interval} at {level:g}")


def _refuse_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0.0 < share < 1.0:
            raise ValueError(f"{name}: a share between 0 and 1, not {share!r}")
