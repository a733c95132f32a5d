"""How long a chart runs until it signals: what the run lengths of every chart are solved with.

The average run length (ARL) is the number of points until the first signal. In control it should
be long (false alarms), after a shift short (delay). It obeys an integral equation over the states
of the chart (Page 1954; Brook & Evans 1972 is its Markov-chain form), which is solved on
Gauss-Legendre nodes: twelve digits instead of a simulation's three.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers, number_column

__all__ = [
    "LONGEST", "chart_points", "finite_number", "gauss_legendre", "mean_times", "normal_density",
    "positive_number", "solved",
]  # fmt: skip

LONGEST = 1e9
"""The longest run length a limit is solved for; beyond it no chart is ever watched."""


def chart_points(values: ArrayLike) -> Numbers:
    """The points of a chart in order of time; missing days are left out, never filled in.

    Raises ValueError for an empty series, NaN or infinite values.

    >>> chart_points([0.5, 1]).tolist()
    [0.5, 1.0]
    """
    points = number_column("points of a chart (leave missing days out)", values)
    if not points.size:
        raise ValueError("points of a chart: the series is empty; a chart needs at least one point")
    return points


def positive_number(name: str, value: float, *, or_zero: bool = False) -> float:
    """A finite number above zero (or zero, where that is allowed); anything else is refused.

    >>> positive_number("limit", -1.0)
    Traceback (most recent call last):
    ValueError: limit: needs a finite number above 0, got -1.0
    """
    number = finite_number(name, value)
    if number < 0.0 or (number == 0.0 and not or_zero):
        bound = "of 0 or more" if or_zero else "above 0"
        raise ValueError(f"{name}: needs a finite number {bound}, got {value!r}")
    return number


def finite_number(name: str, value: float) -> float:
    """One finite number; NaN and infinity are refused by name.

    >>> finite_number("shift", float("nan"))
    Traceback (most recent call last):
    ValueError: shift: needs a finite number, got nan
    """
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name}: needs a finite number, got {value!r}")
    return number


@lru_cache(maxsize=16)
def gauss_legendre(nodes: int) -> tuple[Numbers, Numbers]:
    """Places in (-1, 1) and weights that integrate smooth functions to machine precision.

    >>> places, weights = gauss_legendre(8)
    >>> round(float(weights @ places**2), 12)
    0.666666666667
    """
    places, weights = np.polynomial.legendre.leggauss(nodes)
    places.flags.writeable = weights.flags.writeable = False
    return np.asarray(places, np.float64), np.asarray(weights, np.float64)


def normal_density(x: NDArray[np.float64]) -> Numbers:
    """Density of the standard normal.

    >>> round(float(normal_density(np.zeros(1))[0]), 4)
    0.3989
    """
    return np.asarray(np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi))


def mean_times(kernel: Numbers) -> Numbers:
    """Expected steps until a chain leaves its states, from each state.

    kernel: shape (..., states, states), probability of each step between states.

    >>> mean_times(np.array([[0.75]])).tolist()
    [4.0]
    """
    states = kernel.shape[-1]
    ones = np.ones((*kernel.shape[:-1], 1))
    return np.asarray(np.linalg.solve(np.eye(states) - kernel, ones)[..., 0])


def solved(
    run_length: Callable[[float], float], wanted: float, low: float, high: float,
    *, exact: float = 1e-13,
) -> float:  # fmt: skip
    """The chart constant at which an increasing run length is as long as wanted.

    Searched on the scale of the logarithm, in which run lengths are nearly straight lines; `high`
    is moved up until it is enough. exact: how far off the constant may be. Raises ValueError for a
    wanted run length that is not above what `low` gives, or beyond :data:`LONGEST`.

    >>> round(solved(lambda x: 10.0**x, 1000.0, 0.0, 1.0), 9)
    3.0
    """
    from scipy.optimize import brentq

    if not run_length(low) < positive_number("run length", wanted) <= LONGEST:
        raise ValueError(
            f"run length: {wanted!r} cannot be had; it must lie above {run_length(low):.3g} "
            f"and not above {LONGEST:g}"
        )

    def excess(x: float) -> float:
        return math.log(min(run_length(x), 1e30) / wanted)

    while excess(high) < 0.0:
        high *= 1.5
    return float(brentq(excess, low, high, xtol=exact, rtol=1e-12))
