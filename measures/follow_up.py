"""Patients followed for different lengths of time: chance of an event by a day, and its interval.

The ground of :mod:`measures.time_to_event`. A patient whose follow-up ends without the event is
censored: known to be free of it until then, and unknown after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers, binary_column, number_column, refuse_unequal
from measures.proportions import wilson_limits

__all__ = ["FollowUp", "StepCurve", "accepted_follow_up", "event_chance", "kaplan_meier"]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """time: until the event or the end of follow-up, above 0; event: whether it came."""

    time: Numbers
    event: Decisions

    @property
    def n(self) -> int:
        """Patients.

        >>> accepted_follow_up([5, 8], [1, 0]).n
        2
        """
        return self.time.size


@dataclass(frozen=True, slots=True)
class StepCurve:
    """A share that steps down at each time; 1 before the first. at_risk, gone: patients under
    observation just before, and leaving at, that time. All of shape (times,), times ascending.
    """

    time: Numbers
    share: Numbers
    at_risk: Numbers
    gone: Numbers

    def just_before(self, times: Numbers) -> Numbers:
        """The share just before each time, so without the step at it."""
        return _step(self, np.searchsorted(self.time, times, side="left"))

    def at(self, times: Numbers) -> Numbers:
        """The share at each time, the step at it included."""
        return _step(self, np.searchsorted(self.time, times, side="right"))


def accepted_follow_up(time: ArrayLike, event: ArrayLike) -> FollowUp:
    """The two columns of follow-up, one entry per patient.

    Raises ValueError for unequal lengths, a time that is missing, infinite, zero or negative, or
    an event other than 0/1.

    >>> accepted_follow_up([5, -1], [1, 0])
    Traceback (most recent call last):
    ValueError: time: must be above 0; 1 of 2 entries are not
    """
    followed, came = number_column("time", time), binary_column("event", event)
    refuse_unequal(time=followed, event=came)
    bad = int(np.count_nonzero(followed <= 0.0))
    if bad:
        raise ValueError(f"time: must be above 0; {bad} of {followed.size} entries are not")
    return FollowUp(followed, came)


def kaplan_meier(followed: FollowUp, *, censoring: bool = False) -> StepCurve:
    """The share of patients still free of the event, day by day (Kaplan, Meier, JASA 1958;53:457).

    censoring: the share still under observation instead; at equal times events come first, so
    they are no longer at risk of being censored.

    >>> kaplan_meier(accepted_follow_up([1, 2, 2, 3], [1, 0, 1, 0])).share.tolist()
    [0.75, 0.5, 0.5]
    """
    times, place = np.unique(followed.time, return_inverse=True)
    everyone = np.bincount(place, minlength=times.size).astype(np.float64)
    events = np.bincount(place, weights=followed.event, minlength=times.size).astype(np.float64)
    at_risk: Numbers = followed.n - np.cumsum(everyone) + everyone
    gone = events
    if censoring:
        at_risk, gone = at_risk - events, everyone - events
    with np.errstate(invalid="ignore"):
        step = np.where(gone > 0.0, gone / at_risk, 0.0)
    share = np.cumprod(1.0 - step).astype(np.float64)
    return StepCurve(times.astype(np.float64), share, at_risk, gone)


def event_chance(
    time: ArrayLike, event: ArrayLike, *, horizon: float, level: float = 0.95
) -> Estimate:
    """Share of patients who have the event by the horizon, allowing for those followed for less.

    One minus Kaplan-Meier. Wilson's limits at the effective sample size that Greenwood's variance
    implies (Rothman, J Chronic Dis 1978;31:557); with no event, or when all have had it, that
    size is the number of patients still at risk, or all. Unlike Greenwood's plain interval they
    stay within 0 and 1 and never close.

    time: above 0, in the unit of `horizon`; event: 1 if it came, 0 if follow-up ended without; both
    of shape (patients,). n is the number of patients. Not estimable without a patient, or when
    follow-up ends before the horizon with patients still free of the event. Raises ValueError if
    malformed or the horizon is not above 0.

    >>> print(event_chance([1, 2, 2, 3, 5, 6], [1, 0, 1, 0, 1, 0], horizon=4))
    event_chance 0.333 (95 % interval 0.097 to 0.700, n = 6)
    """
    followed = accepted_follow_up(time, event)
    refuse_horizon(horizon)
    reason = beyond_follow_up(followed, horizon)
    if reason:
        return Estimate.not_estimable("event_chance", reason, n=followed.n)
    curve = kaplan_meier(followed)
    by = curve.time <= horizon
    free = float(curve.at(np.array([horizon]))[0])
    left = curve.at_risk[by] - curve.gone[by]
    if free <= 0.0 or not curve.gone[by].any():
        size = float(followed.n if free <= 0.0 else np.count_nonzero(followed.time >= horizon))
    else:
        greenwood = float(np.sum(curve.gone[by] / (curve.at_risk[by] * left)))
        size = (1.0 - free) / (free * greenwood)
    low, high = wilson_limits((1.0 - free) * size, size, level=level)
    method = "Kaplan-Meier, Wilson at the effective sample size (Rothman)"
    return Estimate("event_chance", followed.n, 1.0 - free, float(low), float(high), level, method)


def _step(curve: StepCurve, steps: NDArray[np.intp]) -> Numbers:
    shares: Numbers = np.concatenate([np.ones(1), curve.share])[steps]
    return shares


def refuse_horizon(horizon: float) -> None:
    """Raise ValueError unless the horizon is a finite time above 0."""
    if not 0.0 < horizon < float("inf"):
        raise ValueError(f"horizon: must be finite and above 0, not {horizon!r}")


def beyond_follow_up(followed: FollowUp, horizon: float) -> str:
    """Why nothing can be said at the horizon: nobody, or nobody free of the event, was followed as
    long; empty when something can.

    >>> beyond_follow_up(accepted_follow_up([1, 2], [1, 0]), 3.0)
    'nobody was followed as long as 3 without the event; the longest is 2'
    """
    if followed.n == 0:
        return "no patient"
    last = float(followed.time.max())
    if last < horizon and not followed.event[followed.time == last].all():
        return (
            f"nobody was followed as long as {horizon:g} without the event; the longest is {last:g}"
        )
    return ""
