"""Does a predicted risk order patients by when the event comes, when some are still waiting?

Harrell's C, Uno's C and the AUC at a horizon; how right the predicted chances are is in
:mod:`measures.horizon_calibration`. One row a patient. Pairs are weighed and counted for each
patient, and the interval is formed from how each patient pulls at the result (the infinitesimal
jackknife, as in R's survival, times events / (events - 1)), on the logit scale.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from measures.comparison import independent_difference
from measures.estimate import Estimate
from measures.follow_up import (
    FollowUp,
    accepted_follow_up,
    beyond_follow_up,
    kaplan_meier,
    refuse_horizon,
)
from measures.inputs import Numbers, number_column, refuse_unequal
from measures.proportions import normal_quantile
from measures.roc import area_limits

__all__ = ["auc_at_horizon", "harrell_c", "uno_c", "uno_c_difference"]

_CELLS_AT_ONCE = 4_000_000  # pairs held in memory: 32 MB


def harrell_c(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Chance that, of two patients, the one with the earlier event has the higher predicted risk.

    Pairs count when it is known who was first: the earlier time is an event. Equal risks count
    half; two events at one time do not count; a patient censored at the time of another's event
    outlived it. Its value depends on how long patients were followed: use :func:`uno_c` to compare
    data sets (Harrell, Stat Med 1996;15:361).

    time: above 0; event: 0/1; risk: finite, higher is earlier; all of shape (patients,). n is the
    number of patients. Not estimable with fewer than two patients in comparable pairs. Raises
    ValueError if malformed.

    >>> print(harrell_c([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1], [6, 5, 2, 3, 4, 1]))
    harrell_c 0.909 (95 % interval 0.332 to 0.995, n = 6)
    """
    followed, scores = _accepted(time, event, risk)
    found = _pairs(followed, scores, np.ones(followed.n), followed.time, np.inf)
    return _estimate("harrell_c", followed, found, level, "")


def uno_c(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    horizon: float,
    level: float = 0.95,
) -> Estimate:
    """As Harrell's C, for events before the horizon, but as if nobody had been censored.

    Each pair is weighed by the inverse square of the chance of still being under observation just
    before the earlier event (Uno et al., Stat Med 2011;30:1105), from Kaplan-Meier of the
    censoring in the same patients: censoring must not depend on the risk. The interval takes
    these weights as known.

    horizon: in the unit of time, above 0, and short of the end of follow-up. Otherwise as
    :func:`harrell_c`; not estimable when follow-up ends before the horizon.

    >>> print(uno_c([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1], [6, 5, 2, 3, 4, 1], horizon=5))
    uno_c 0.858 (95 % interval 0.245 to 0.991, n = 6)
    """
    followed, scores = _accepted(time, event, risk)
    refuse_horizon(horizon)
    reason = beyond_follow_up(followed, horizon)
    if reason:
        return Estimate.not_estimable("uno_c", reason, n=followed.n)
    seen = kaplan_meier(followed, censoring=True).just_before(followed.time)
    found = _pairs(followed, scores, _inverse(seen) ** 2, followed.time, horizon)
    return _estimate("uno_c", followed, found, level, f", events before {horizon:g}")


def uno_c_difference(
    time: ArrayLike,
    event: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    horizon: float,
    level: float = 0.95,
) -> Estimate:
    """Uno's C of one risk less that of another, of the same patients.

    How each patient pulls at the two is subtracted before it is squared, so that what both share
    cancels, as in R's survival for several risks at once; normal interval cut at -1 and 1. Where
    the variance is zero (both order alike) the interval is built from the two single intervals, as
    if unpaired: wide, never zero-width.

    first, second: risks, finite, higher is earlier, shape (patients,); otherwise as :func:`uno_c`.

    >>> print(uno_c_difference([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1], [6, 5, 2, 3, 4, 1],
    ...                        [5, 6, 2, 3, 1, 4], horizon=5))
    uno_c_difference 0.080 (95 % interval -0.412 to 0.572, n = 6)
    """
    singles = [
        uno_c(time, event, risk, horizon=horizon, level=level) for risk in (first, second)
    ]
    both = independent_difference(*singles)
    if both.value is None:
        return Estimate.not_estimable(both.measure, both.reason, n=singles[0].n)
    followed, one = _accepted(time, event, first)
    _, two = _accepted(time, event, second)
    weight = _inverse(kaplan_meier(followed, censoring=True).just_before(followed.time)) ** 2
    found = [_pairs(followed, risk, weight, followed.time, horizon) for risk in (one, two)]
    apart = _pull(found[0]) - _pull(found[1])
    events = int(np.count_nonzero(followed.event & (found[0][1] > 0.0)))
    variance = float(apart @ apart) * _carried(events)
    if variance <= 1e-15:
        return replace(both, n=followed.n)
    half = normal_quantile(level) * float(np.sqrt(variance))
    return Estimate(
        both.measure, followed.n, both.value, max(-1.0, both.value - half),
        min(1.0, both.value + half), level,
        f"infinitesimal jackknife, paired, events before {horizon:g}",
    )  # fmt: skip


def auc_at_horizon(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    horizon: float,
    level: float = 0.95,
) -> Estimate:
    """Chance that a patient who has the event by the horizon was given a higher risk than one who
    is still free of it then.

    The cumulative/dynamic AUC: patients censored before the horizon are neither, and those with
    the event are weighed by the inverse chance of still being under observation just before it
    (Uno et al., JASA 2007;102:527; Blanche et al., Stat Med 2013;32:5381). The interval takes
    these weights as known. Arguments as :func:`uno_c`; not estimable without two patients of
    each.

    >>> print(auc_at_horizon([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1], [6, 5, 2, 3, 4, 1], horizon=4))
    auc_at_horizon 0.800 (95 % interval 0.158 to 0.988, n = 6)
    """
    followed, scores = _accepted(time, event, risk)
    refuse_horizon(horizon)
    reason = beyond_follow_up(followed, horizon)
    early = followed.event & (followed.time <= horizon)
    late = followed.time > horizon
    if not reason and min(early.sum(), late.sum()) < 2:
        reason = (
            f"needs two of each: {early.sum()} with the event by {horizon:g}, "
            f"{late.sum()} free of it after"
        )
    if reason:
        return Estimate.not_estimable("auc_at_horizon", reason, n=followed.n)
    weights = _inverse(kaplan_meier(followed, censoring=True).just_before(followed.time))
    # Every early event is before every late patient: the same count of pairs, at two times only.
    moved = FollowUp(np.where(late, 2.0, 1.0), early)
    found = _pairs(moved, scores, weights, np.where(early | late, moved.time, 0.5), np.inf)
    return _estimate("auc_at_horizon", moved, found, level, f", horizon {horizon:g}")


def _accepted(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> tuple[FollowUp, Numbers]:
    followed, scores = accepted_follow_up(time, event), number_column("risk", risk)
    refuse_unequal(time=followed.time, risk=scores)
    return followed, scores


def _inverse(share: Numbers) -> Numbers:
    # Nobody is left under observation only after the last time, where no pair begins.
    return np.divide(1.0, share, out=np.zeros_like(share), where=share > 0.0)


def _pairs(
    followed: FollowUp, risk: Numbers, weight: Numbers, until: Numbers, horizon: float
) -> tuple[Numbers, Numbers]:
    """Weight of each patient's pairs in the right order (ties half), and of all of its pairs.

    A pair is an event and a patient whose `until` is later, or equal and without the event.
    """
    right, all_of = np.zeros(followed.n), np.zeros(followed.n)
    first = np.flatnonzero(followed.event & (followed.time < horizon) & (weight > 0.0))
    for rows in np.array_split(first, max(1, first.size * followed.n // _CELLS_AT_ONCE)):
        began = followed.time[rows, None]
        later = (until > began) | ((until == began) & ~followed.event)
        order = np.where(later, (np.sign(risk[rows, None] - risk) + 1.0) / 2.0, 0.0)
        right[rows] += weight[rows] * order.sum(axis=1)
        all_of[rows] += weight[rows] * later.sum(axis=1)
        right += weight[rows] @ order
        all_of += weight[rows] @ later
    return right, all_of


def _pull(found: tuple[Numbers, Numbers]) -> Numbers:
    """How far each patient moves the share of pairs in the right order."""
    right, all_of = found
    total = float(all_of.sum())
    value = float(right.sum()) / total
    return 2.0 * (right - value * all_of) / total  # each pair was counted for both of its patients


def _carried(events: int) -> float:
    """The events carry the information."""
    return events / max(events - 1, 1)


def _estimate(
    measure: str, followed: FollowUp, found: tuple[Numbers, Numbers], level: float, said: str
) -> Estimate:
    right, all_of = found
    total, n = float(all_of.sum()), followed.n
    if not followed.event.any():
        return Estimate.not_estimable(measure, "no event: all patients are censored", n=n)
    if total <= 0.0:
        reason = "no pair of patients of whom it is known who had the event first"
        return Estimate.not_estimable(measure, reason, n=n)
    value = float(right.sum()) / total
    in_pairs = int(np.count_nonzero(all_of))
    pull = _pull(found)
    events = int(np.count_nonzero(followed.event & (all_of > 0.0)))
    variance = float(pull @ pull) * _carried(events)
    low, high, method = area_limits(
        value, variance, named="infinitesimal jackknife",
        pairs=max(1, min(events, in_pairs // 2)), level=level,
    )  # fmt: skip
    return Estimate(measure, n, value, low, high, level, method + said)
