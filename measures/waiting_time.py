"""How long until it comes, where for some it has not come yet: a quantile with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.follow_up import accepted_follow_up, kaplan_meier
from measures.inputs import Numbers
from measures.proportions import wilson_limits

__all__ = ["waiting_time"]


def waiting_time(
    time: ArrayLike, event: ArrayLike, *, share: float = 0.5, level: float = 0.95
) -> Estimate:
    """The time by which it has come for this share, allowing for those who still wait.

    The first time at which one minus Kaplan-Meier reaches the share. The interval holds the times
    at which the share lies within the limits of :func:`measures.follow_up.event_chance` (Wilson's
    at Greenwood's effective sample size; inverting pointwise limits is Brookmeyer, Crowley,
    Biometrics 1982;38:29).

    time: above 0; event: 1 if it came, 0 if it is still waited for; both of shape (studies,).
    share: above 0 and below 1. n is the number of studies. Not estimable without a study, where
    too few have come to say when the share is reached, or none to bound it from above. Raises
    ValueError if malformed.

    >>> print(waiting_time([2, 3, 3, 4, 5, 7, 8, 9, 9, 12], [1, 1, 1, 1, 1, 1, 1, 0, 1, 1]))
    waiting_time 5.000 (95 % interval 3.000 to 12.000, n = 10)
    >>> waiting_time([2, 3, 9, 9], [1, 0, 0, 0]).reason
    'it has come for 1 of 4: fewer than 50 % by the longest wait'
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share: must be above 0 and below 1, not {share!r}")
    followed = accepted_follow_up(time, event)
    came = int(np.count_nonzero(followed.event))
    if followed.n == 0:
        return Estimate.not_estimable("waiting_time", "no study", n=0)
    curve = kaplan_meier(followed)
    steps = curve.gone > 0
    reached = 1.0 - curve.share
    if not (reached >= share - 1e-12).any():
        return Estimate.not_estimable(
            "waiting_time",
            f"it has come for {came} of {followed.n}: fewer than {share:.0%} by the longest wait"
            .replace("%", " %"), n=followed.n,
        )
    low, high = _limits(curve.at_risk, curve.gone, curve.share, followed.n, level)
    if not (low[steps] >= share).any():
        return Estimate.not_estimable(
            "waiting_time",
            f"it has come for {came} of {followed.n}: too few to say when at the latest",
            n=followed.n,
        )
    first = [
        float(curve.time[steps][np.argmax(one[steps] >= share - 1e-12)])
        for one in (reached, high, low)
    ]
    return Estimate(
        "waiting_time", followed.n, first[0], first[1], first[2], level,
        f"Kaplan-Meier, {share:g} quantile, Wilson limits at the effective sample size inverted",
    )


def _limits(
    at_risk: Numbers, gone: Numbers, free: Numbers, n: int, level: float
) -> tuple[Numbers, Numbers]:
    """Limits of the share for whom it has come, at each time; as ``event_chance`` forms them."""
    left = at_risk - gone
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(gone > 0, gone / (at_risk * left), 0.0))
        size = np.where(
            (free <= 0.0) | (free >= 1.0), float(n), (1.0 - free) / (free * greenwood)
        )
    return wilson_limits((1.0 - free) * size, size, level=level)
