"""The CUSUM chart: what lies beyond an allowance is added up, for small lasting shifts.

Points are independent, normal, in units of the in-control standard deviation (SD) and around the
in-control mean. Where mean and SD come from a finite baseline, these run lengths are too
optimistic: :mod:`measures.baseline_cusum` counts the baseline's own error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers
from measures.run_lengths import (
    chart_points,
    finite_number,
    gauss_legendre,
    mean_times,
    normal_density,
    positive_number,
    solved,
)

__all__ = [
    "CusumSeries", "cusum", "cusum_allowance", "cusum_delay", "cusum_limit", "cusum_run_length",
    "one_sided_lengths",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CusumSeries:
    """Both sums of a two-sided CUSUM, where it first signalled, and where the change began.

    high, low: shape (points,), in the unit of the points. first_signal: index of the first point
    with a sum above the limit. direction: ``"up"``, ``"down"`` or ``""``. onset: index of the
    first point after the signalling sum was last zero, the usual estimate of the change point.
    """

    high: Numbers
    low: Numbers
    first_signal: int | None
    direction: str
    onset: int | None


def cusum(
    values: ArrayLike, *, allowance: float, limit: float, headstart: float = 0.0
) -> CusumSeries:
    """Adds up what lies beyond the allowance, upwards and downwards, until it exceeds the limit.

    Finds small lasting shifts soonest. With allowance 0.5 and limit 4.77 (in SD): a false alarm
    every 370 points, a shift of 1 SD found after 9.9 (zero-state, two-sided; Hawkins 1993).
    Sums are compared unrounded and strictly (AIM-CU rounds to two decimals first and signals
    early on its own example). headstart: where both sums begin, 0 or up to the limit; half of the
    limit finds what was off from the start sooner (fast initial response, Lucas & Crosier 1982).
    Raises ValueError for an empty series, NaN or infinity, a headstart beyond the limit.

    >>> found = cusum([0.0, 1.5, 1.5, 1.5], allowance=0.5, limit=2.0)
    >>> found.high.tolist(), found.first_signal, found.direction, found.onset
    ([0.0, 1.0, 2.0, 3.0], 3, 'up', 1)
    """
    points = chart_points(values)
    allowance = positive_number("allowance", allowance, or_zero=True)
    limit = positive_number("limit", limit)
    high, low = np.zeros(len(points)), np.zeros(len(points))
    up = down = _head(headstart, limit)
    for index, value in enumerate(points.tolist()):
        up = max(0.0, up + value - allowance)
        down = max(0.0, down - value - allowance)
        high[index], low[index] = up, down
    beyond = np.flatnonzero((high > limit) | (low > limit))
    if not len(beyond):
        return CusumSeries(high, low, None, "", None)
    first = int(beyond[0])
    direction, arm = ("up", high) if high[first] > limit else ("down", low)
    zeros = np.flatnonzero(arm[:first] == 0.0)
    return CusumSeries(high, low, first, direction, int(zeros[-1]) + 1 if len(zeros) else 0)


def cusum_run_length(
    allowance: float, limit: float, *, shift: float = 0.0, sides: int = 2, headstart: float = 0.0
) -> float:
    """Points until a CUSUM signals, on average, with a shift of so many SD from its first point.

    headstart: where the sums begin, in SD. sides: 2 for both directions, 1 for upwards. AIM-CU
    quotes the one-sided figure for a chart that signals on both sides, twice the true one.
    Two sides: ``1 / ARL = 1 / up + 1 / down`` (Van Dobben de Bruyn 1968); from a headstart the
    lengths of both sides are mixed (Lucas & Crosier 1982), exactly where it is at most half the
    limit plus the allowance. Raises ValueError for a limit of zero or less, a negative allowance,
    a headstart below 0 or beyond the limit (two sides: beyond that half), NaN or infinity.

    >>> round(cusum_run_length(0.5, 4.0), 1), round(cusum_run_length(0.5, 4.0, shift=1.0), 2)
    (167.7, 8.38)
    >>> round(cusum_run_length(0.5, 4.0, sides=1), 1)
    335.4
    >>> round(cusum_run_length(0.5, 5.0, shift=1.0, headstart=2.5), 2)  # 10.38 from zero
    6.35
    """
    _refuse_sides(sides)
    head = _head(headstart, limit)
    if sides == 2 and head > limit / 2.0 + allowance:
        raise ValueError(f"headstart: at most half the limit plus the allowance, got {headstart!r}")
    up, up_head = _from_head(allowance, limit, shift, head)
    if sides == 1:
        return up_head
    down, down_head = _from_head(allowance, limit, -shift, head)
    return (up_head * down + down_head * up - up * down) / (up + down)


def cusum_delay(allowance: float, limit: float, *, shift: float, cells: int | None = None) -> float:
    """Points from a late change to the signal, for a two-sided chart that had run quietly long.

    The conditional steady-state delay. In control the two sums renew each other: a signal of one
    side leaves the other at zero. So the law of one sum, given that neither has signalled, is
    the occupation law ``e0 (I - z K)^-1`` at the z where the generating function of the one-sided
    signal time equals -1, and the delay from two head starts is linear in the one-sided ones
    (Lucas & Crosier 1982).

    cells: None solves the integral equations. A number gives the Markov chain with so many states
    a side instead (Brook & Evans 1972): 20 is what R's spc, and with it AIM-CU, prints, up to
    0.9 % too low for shifts of 0.1 SD.

    >>> round(cusum_delay(0.2996, 4.0, shift=1.2), 2)
    4.43
    >>> round(cusum_delay(0.6568, 4.0, shift=0.1), 2)
    395.68
    >>> round(cusum_delay(0.6568, 4.0, shift=0.1, cells=20), 2)
    392.24
    """
    if cells is not None:
        return _chain_delay(allowance, limit, shift, cells)
    positive_number("allowance", allowance, or_zero=True)
    law = _quiet_law(float(allowance), float(limit))
    moved = finite_number("shift", shift)
    up, down = (one_sided_lengths(allowance, limit, one) for one in (moved, -moved))
    mixed = float(law @ up) * down[0] + float(law @ down) * up[0] - up[0] * down[0]
    return float(mixed / (up[0] + down[0]))


def cusum_limit(allowance: float, *, run_length: float, sides: int = 2) -> float:
    """The limit (SD) at which a CUSUM gives a false alarm every `run_length` points on average.

    sides: 2 for a chart that signals in both directions, 1 for upwards only.

    >>> round(cusum_limit(0.5, run_length=370.0), 2)
    4.77
    """
    return solved(lambda h: cusum_run_length(allowance, h, sides=sides), run_length, 1e-3, 4.0)


def cusum_allowance(limit: float, *, run_length: float, sides: int = 1) -> float:
    """The allowance (SD) for a given limit and in-control run length; AIM-CU's design question.

    One-sided unless told otherwise, as AIM-CU asks it: a chart that signals on both sides with
    this allowance has half the run length; ask with ``sides=2`` for the whole.

    >>> round(cusum_allowance(4.0, run_length=100.0), 4)
    0.2996
    >>> round(cusum_allowance(4.0, run_length=100.0, sides=2), 4)
    0.4191
    """
    return solved(lambda k: cusum_run_length(k, limit, sides=sides), run_length, 0.0, 0.5)


def one_sided_lengths(
    allowance: ArrayLike, limit: ArrayLike, shift: ArrayLike, *, nodes: int | None = None
) -> Numbers:
    """Expected points to a signal of the upward sum, from zero first and then from each node.

    allowance, limit, shift: numbers, or arrays of one shape (charts,): all are solved at once and
    the result has shape (charts, nodes + 1). Page's formula: one excursion from zero lasts n
    points on average and ends above the limit with probability p, so the length is n / p. p is
    solved under the measure that turns the drift round, so that run lengths of 1e12 keep their
    digits. Raises ValueError for a limit that is not above 0 or beyond 300 SD, NaN, infinity.

    >>> one_sided_lengths([0.5, 0.5], [4.0, 5.0], [0.0, 0.0])[:, 0].round(1).tolist()
    [335.4, 930.9]
    """
    from scipy.special import log_ndtr

    k, h, moved = np.broadcast_arrays(
        *(np.asarray(one, float) for one in (allowance, limit, shift))
    )
    if not (np.isfinite(k).all() and np.isfinite(moved).all() and np.all((h > 0.0) & (h <= 300.0))):
        raise ValueError("allowance and shift must be finite, the limit above 0 and at most 300 SD")
    drift = (k - moved)[..., None]
    places, weights = gauss_legendre(nodes or max(48, math.ceil(6.0 * float(np.max(h)))))
    edge = h[..., None]
    states = np.concatenate([np.zeros_like(edge), (places + 1.0) * edge / 2.0], axis=-1)
    step = states[..., None, 1:] - states[..., :, None]
    scale = (weights * edge / 2.0)[..., None, :]
    onward = scale * normal_density(step + drift[..., None])
    turned = scale * normal_density(step - np.abs(drift)[..., None])
    lasts = 1.0 + (onward @ mean_times(onward[..., 1:, :])[..., None])[..., 0]
    tilt = 2.0 * np.maximum(drift, 0.0)
    over = np.exp(tilt * (edge - states) + log_ndtr(states - edge - drift))
    inside = np.eye(places.size) - turned[..., 1:, :]
    reached = np.linalg.solve(inside, over[..., 1:, None])
    ends_above = np.exp(tilt * (states - edge)) * (over + (turned @ reached)[..., 0])
    with np.errstate(over="ignore", divide="ignore"):
        from_zero = lasts[..., :1] / ends_above[..., :1]
        return np.asarray(lasts + (1.0 - ends_above) * from_zero)


def _from_zero(allowance: float, limit: float, shift: float) -> float:
    allowance = positive_number("allowance", allowance, or_zero=True)
    limit = positive_number("limit", limit)
    return float(one_sided_lengths(allowance, limit, finite_number("shift", shift))[0])


def _from_head(allowance: float, limit: float, shift: float, head: float) -> tuple[float, float]:
    """Lengths of one side from zero and from a headstart."""
    zero = _from_zero(allowance, limit, shift)
    if head == 0.0:
        return zero, zero
    lengths = one_sided_lengths(allowance, limit, shift)
    places, weights = gauss_legendre(lengths.size - 1)
    states = (places + 1.0) * limit / 2.0
    step = weights * limit / 2.0 * normal_density(states - head + allowance - shift)
    from scipy.special import ndtr

    back = float(ndtr(allowance - shift - head))  # to zero at the first point
    return zero, 1.0 + back * zero + float(step @ lengths[1:])


def _head(headstart: float, limit: float) -> float:
    head = positive_number("headstart", headstart, or_zero=True)
    if head > limit:
        raise ValueError(f"headstart: at most the limit {limit!r}, got {headstart!r}")
    return head


def _refuse_sides(sides: int) -> None:
    if sides not in (1, 2):
        raise ValueError(f"sides: 1 (upwards only) or 2 (both directions), got {sides!r}")


@lru_cache(maxsize=32)
def _quiet_law(allowance: float, limit: float) -> Numbers:
    """Law of one sum, state zero first, given that neither of the two has signalled for long."""
    from scipy.special import ndtr

    nodes = one_sided_lengths(allowance, limit, 0.0).size - 1
    places, weights = gauss_legendre(nodes)
    states = np.concatenate([[0.0], (places + 1.0) * limit / 2.0])
    kernel = np.empty((nodes + 1, nodes + 1))
    kernel[:, 0] = ndtr(allowance - states)
    kernel[:, 1:] = weights * limit / 2.0 * normal_density(states[1:] + allowance - states[:, None])
    unit = np.eye(nodes + 1)
    start = 1.0 / float(np.max(np.linalg.eigvals(kernel).real))

    def occupation(step: float) -> Numbers:
        z = start * (1.0 + step)
        return np.asarray(np.linalg.solve((unit - z * kernel).T, unit[0]))

    def signal_time(step: float) -> float:
        return float(1.0 - (1.0 - start * (1.0 + step)) * occupation(step).sum())

    from scipy.optimize import brentq

    step = 1e-3 / _from_zero(allowance, limit, 0.0)
    while signal_time(step) < -1.0:
        step *= 1.5
    found = brentq(lambda x: signal_time(x) + 1.0, step / 1.5, step, xtol=1e-16, rtol=1e-12)
    law = occupation(float(found))
    return np.asarray(law / law.sum())


def _chain_delay(allowance: float, limit: float, shift: float, cells: int) -> float:
    """The same delay by a Markov chain over cells of equal width, cells x cells for both sums."""
    if cells < 2:
        raise ValueError(f"cells: at least 2 a side, got {cells!r}")
    k, h = positive_number("allowance", allowance, or_zero=True), positive_number("limit", limit)
    quiet = _chain(k, h, 0.0, cells)
    lengths = mean_times(_chain(k, h, finite_number("shift", shift), cells))
    values, vectors = np.linalg.eig(quiet.T)
    law = np.abs(vectors[:, int(np.argmax(values.real))].real)
    return float(law @ lengths / law.sum())


def _chain(k: float, h: float, shift: float, cells: int) -> Numbers:
    from scipy.special import ndtr

    width = 2.0 * h / (2 * cells - 1)
    number = np.arange(cells)
    moved = (number[None, :] - number[:, None]) * width
    to_zero = number[None, :] == 0
    # the points that move the upward sum from cell to cell, and the same for the downward sum
    up_low, up_high = np.where(to_zero, -np.inf, moved - width / 2.0 + k), moved + width / 2.0 + k
    down_low, down_high = -up_high, -up_low
    low = np.maximum(up_low[:, None, :, None], down_low[None, :, None, :])
    high = np.minimum(up_high[:, None, :, None], down_high[None, :, None, :])
    chance = np.where(low < high, ndtr(high - shift) - ndtr(low - shift), 0.0)
    return np.asarray(chance.reshape(cells * cells, cells * cells))
