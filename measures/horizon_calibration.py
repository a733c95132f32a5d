"""Are predicted chances of an event by a horizon right, when some patients are still waiting?

The Brier score, weighed for censoring, and observed (Kaplan-Meier) beside predicted, overall and
in groups of rising prediction. Discrimination is in :mod:`measures.time_to_event`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.follow_up import (
    FollowUp,
    accepted_follow_up,
    beyond_follow_up,
    event_chance,
    kaplan_meier,
    refuse_horizon,
)
from measures.inputs import Numbers, probability_column, refuse_unequal
from measures.proportions import wilson_limits

__all__ = ["GroupAtHorizon", "brier_at_horizon", "calibration_groups", "observed_to_expected"]


def brier_at_horizon(
    time: ArrayLike,
    event: ArrayLike,
    predicted: ArrayLike,
    *,
    horizon: float,
    level: float = 0.95,
) -> Estimate:
    """Mean squared error of the predicted chance of the event by the horizon; 0 is best.

    Patients with the event by then, and those free of it then, are weighed by the inverse chance
    of still being under observation (just before the event, or at the horizon); those censored
    before count through the weights alone (Graf et al., Stat Med 1999;18:2529). The weights come
    from Kaplan-Meier of the censoring, which must not depend on the risk, and the interval takes
    them as known: Wilson at the effective sample size that the spread between patients implies,
    as for :func:`measures.calibration.brier`.

    time: above 0; event: 0/1; predicted: chance of the event by `horizon`, 0 to 1; all of shape
    (patients,). n is the number of patients. Not estimable with fewer than two patients, or when
    follow-up ends before the horizon. Raises ValueError if malformed.

    >>> print(brier_at_horizon([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1],
    ...                        [0.9, 0.8, 0.5, 0.6, 0.2, 0.1], horizon=4))
    brier_at_horizon 0.055 (95 % interval 0.018 to 0.157, n = 6)
    """
    followed, chance = _accepted(time, event, predicted, horizon)
    n = followed.n
    reason = beyond_follow_up(followed, horizon) or ("one patient only" if n < 2 else "")
    if reason:
        return Estimate.not_estimable("brier_at_horizon", reason, n=n)
    seen = kaplan_meier(followed, censoring=True)
    early = followed.event & (followed.time <= horizon)
    late = followed.time > horizon
    watched = np.where(early, seen.just_before(followed.time), seen.at(np.full(n, float(horizon))))
    known = early | late
    loss = np.zeros(n)
    loss[known] = (chance[known] - early[known]) ** 2 / watched[known]
    value, spread = float(loss.mean()), float(loss.var(ddof=1))
    if not 0.0 <= value <= 1.0:
        reason = "weights for censoring are too large: too few were followed as long"
        return Estimate.not_estimable("brier_at_horizon", reason, n=n)
    size = max(float(known.sum()) if spread <= 1e-15 else value * (1.0 - value) / spread * n, 1.0)
    low, high = wilson_limits(value * size, size, level=level)
    method = f"weighed for censoring, Wilson at the effective sample size, horizon {horizon:g}"
    return Estimate("brier_at_horizon", n, value, float(low), float(high), level, method)


def observed_to_expected(
    time: ArrayLike,
    event: ArrayLike,
    predicted: ArrayLike,
    *,
    horizon: float,
    level: float = 0.95,
) -> Estimate:
    """How many times more patients have the event by the horizon than were predicted to: 1 is
    calibrated in the large, below 1 the device predicts too many.

    Observed by :func:`measures.follow_up.event_chance`; its limits are divided by the mean
    prediction, which is taken as it is. Columns as :func:`brier_at_horizon`. Not estimable where
    the observed share is not, or when all predictions are 0. Raises ValueError if malformed.

    >>> print(observed_to_expected([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1],
    ...                            [0.9, 0.8, 0.5, 0.6, 0.2, 0.1], horizon=4))
    observed_to_expected 1.075 (95 % interval 0.393 to 1.664, n = 6)
    """
    followed, chance = _accepted(time, event, predicted, horizon)
    observed = event_chance(followed.time, followed.event, horizon=horizon, level=level)
    expected = float(chance.mean()) if followed.n else 0.0
    reason = observed.reason or ("" if expected > 0.0 else "all predicted chances are 0")
    if reason or observed.value is None or observed.low is None or observed.high is None:
        return Estimate.not_estimable("observed_to_expected", reason, n=followed.n)
    value, low, high = (one / expected for one in (observed.value, observed.low, observed.high))
    method = f"{observed.method}, over the mean prediction, horizon {horizon:g}"
    return Estimate("observed_to_expected", followed.n, value, low, high, level, method)


@dataclass(frozen=True, slots=True)
class GroupAtHorizon:
    """Patients of similar prediction: their mean predicted chance, and the observed one."""

    predicted: float
    observed: Estimate


def calibration_groups(
    time: ArrayLike,
    event: ArrayLike,
    predicted: ArrayLike,
    *,
    horizon: float,
    groups: int = 10,
    level: float = 0.95,
) -> tuple[GroupAtHorizon, ...]:
    """Observed beside predicted chance of the event by the horizon, in groups of equal numbers of
    patients from the lowest prediction to the highest.

    Patients with equal predictions are never split, so there may be fewer groups than asked. A
    group whose follow-up ends before the horizon has no observed share, and says so. Columns as
    :func:`brier_at_horizon`. Raises ValueError if malformed, or unless 1 <= groups <= patients.

    >>> found = calibration_groups([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1],
    ...                            [0.9, 0.8, 0.5, 0.6, 0.2, 0.1], horizon=4, groups=2)
    >>> [round(one.predicted, 3) for one in found], found[1].observed.value
    ([0.267, 0.767], 1.0)
    """
    followed, chance = _accepted(time, event, predicted, horizon)
    if not 1 <= groups <= followed.n:
        raise ValueError(f"groups: from 1 to the number of patients ({followed.n}), not {groups}")
    order = np.argsort(chance, kind="stable")
    # Equal predictions go where the first of them falls.
    first = np.searchsorted(chance[order], chance[order], side="left")
    group = first * groups // followed.n
    found = []
    for one in np.unique(group):
        rows = order[group == one]
        observed = event_chance(
            followed.time[rows], followed.event[rows], horizon=horizon, level=level
        )
        found.append(GroupAtHorizon(float(chance[rows].mean()), observed))
    return tuple(found)


def _accepted(
    time: ArrayLike, event: ArrayLike, predicted: ArrayLike, horizon: float
) -> tuple[FollowUp, Numbers]:
    followed, chance = accepted_follow_up(time, event), probability_column("predicted", predicted)
    refuse_unequal(time=followed.time, predicted=chance)
    refuse_horizon(horizon)
    return followed, chance
