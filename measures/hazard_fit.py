"""What a risk is worth as a hazard, from patients who were followed for different times.

Cox's model with one covariate, and its baseline: how a raw risk becomes a chance by a horizon.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.follow_up import FollowUp, accepted_follow_up, beyond_follow_up, refuse_horizon
from measures.inputs import Numbers, number_column, refuse_unequal

__all__ = ["baseline_hazard", "hazard_slope"]

_STEPS = 60
_STEEPEST = 50.0  # per standard deviation of the risk: the order of events is perfect then


def hazard_slope(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> float:
    """By what a risk is multiplied to be the log of a hazard ratio in these patients: 1 is right.

    Maximum partial likelihood by Newton's method, ties as Breslow (Cox, J R Stat Soc B 1972;34:187;
    Breslow, Biometrics 1974;30:89). Below 1 the risks are too far apart.

    time: above 0; event: 0/1; risk: finite, the log of a hazard ratio; all of shape (patients,).
    Raises ValueError if malformed, without an event, with equal risks, and where risks order all
    events perfectly, so that no slope is the best.

    >>> round(hazard_slope([1, 2, 3, 4, 5], [1, 1, 0, 1, 1], [1.0, 0.0, 1.0, 0.5, 0.0]), 3)
    0.863
    """
    followed, scores = _accepted(time, event, risk)
    if not followed.event.any():
        raise ValueError("no event: all patients are censored")
    spread = float(scores.std())
    if spread <= 0.0:
        raise ValueError("risk: all are equal")
    told = (scores - scores.mean()) / spread
    slope = 0.0
    for _ in range(_STEPS):
        first, second = _slopes(followed, told, slope)
        if second <= 0.0:
            if slope:
                break
            raise ValueError("no pair of patients of whom it is known who had the event first")
        step = float(np.clip(first / second, -2.0, 2.0))
        slope += step
        if abs(slope) > _STEEPEST:
            break
        if abs(step) < 1e-10:
            return slope / spread
    raise ValueError("risk: it orders all events perfectly, so that no slope is the best")


def baseline_hazard(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, horizon: float
) -> float:
    """The cumulative hazard by the horizon of a patient of risk 0, by Breslow's estimator.

    At each time the events over the sum of exp(risk) of all under observation, added up (Breslow,
    J R Stat Soc B 1972;34:216). The chance of a patient is 1 - exp(-baseline * exp(risk)).

    Columns as :func:`hazard_slope`. Raises ValueError if malformed, without an event by the
    horizon, or when follow-up ends before it.

    >>> round(baseline_hazard([1, 2, 3, 4], [1, 0, 1, 0], [0.0, 0.0, 0.0, 0.0], horizon=3), 3)
    0.75
    """
    followed, scores = _accepted(time, event, risk)
    refuse_horizon(horizon)
    if reason := beyond_follow_up(followed, horizon):
        raise ValueError(reason)
    by = followed.event & (followed.time <= horizon)
    if not by.any():
        raise ValueError(f"no event by {horizon:g}")
    whole, _, _ = _at_risk(followed, scores)
    return float(np.sum(1.0 / whole[by]))


def _accepted(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> tuple[FollowUp, Numbers]:
    followed, scores = accepted_follow_up(time, event), number_column("risk", risk)
    refuse_unequal(time=followed.time, risk=scores)
    return followed, scores


def _slopes(followed: FollowUp, risk: Numbers, slope: float) -> tuple[float, float]:
    """First derivative of the log partial likelihood, and the negative of the second."""
    whole, mean, square = _at_risk(followed, slope * risk, risk)
    came = followed.event
    average = mean[came] / whole[came]
    return (
        float(np.sum(risk[came] - average)),
        float(np.sum(square[came] / whole[came] - average**2)),
    )


def _at_risk(
    followed: FollowUp, log_hazard: Numbers, weighed: Numbers | None = None
) -> tuple[Numbers, Numbers, Numbers]:
    """Of all under observation at each patient's time the sum of exp(log hazard), and of that times
    the weighed column and its square."""
    order = np.argsort(-followed.time, kind="stable")
    column = np.zeros_like(log_hazard) if weighed is None else weighed
    hazard = np.exp(log_hazard)
    falling = -followed.time[order]
    last: NDArray[np.intp] = np.searchsorted(falling, -followed.time, side="right") - 1
    one, two, three = (
        np.cumsum((hazard * column**power)[order])[last] for power in (0, 1, 2)
    )
    return one, two, three
