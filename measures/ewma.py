"""The EWMA chart: an average that forgets, for small lasting shifts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers
from measures.run_lengths import (
    LONGEST,
    chart_points,
    finite_number,
    gauss_legendre,
    mean_times,
    normal_density,
    positive_number,
    solved,
)

__all__ = ["ewma", "ewma_delay", "ewma_limit", "ewma_run_length"]


def ewma(values: ArrayLike, *, weight: float, start: float = 0.0) -> Numbers:
    """The exponentially weighted average of all points so far, newest counting most.

    The chart signals when it leaves ``limit * sqrt(weight / (2 - weight))``. With weight 0.1 and
    limit 2.814: a false alarm every 500 points, a shift of 1 SD found after 10
    (Lucas & Saccucci 1990). Raises ValueError for an empty series, NaN or infinity.

    >>> ewma([1.0, 1.0], weight=0.5).tolist()
    [0.5, 0.75]
    """
    level, levels, weight = finite_number("start", start), [], _weight(weight)
    for value in chart_points(values).tolist():
        level = weight * value + (1.0 - weight) * level
        levels.append(level)
    return np.array(levels, dtype=np.float64)


def ewma_run_length(weight: float, limit: float, *, shift: float = 0.0) -> float:
    """Points until an EWMA chart signals, on average (zero-state, limits at their final width).

    limit: in SDs of the average itself, ``sqrt(weight / (2 - weight))`` points SD. Two-sided.
    Raises ValueError for a run length beyond 1e9, which the equation cannot resolve.

    >>> round(ewma_run_length(0.1, 2.814))
    500
    """
    kernel = _kernel(weight, limit, shift)
    length = float(mean_times(kernel)[len(kernel) // 2])
    if not 1.0 <= length <= LONGEST:
        raise ValueError(f"run length beyond {LONGEST:g} points: take a lower limit than {limit!r}")
    return length


def ewma_limit(weight: float, *, run_length: float) -> float:
    """The limit (SDs of the average) with a false alarm every `run_length` points on average.

    >>> round(ewma_limit(0.1, run_length=500.0), 3)
    2.814
    """

    def length(limit: float) -> float:
        kernel = _kernel(weight, limit, 0.0)
        found = float(mean_times(kernel)[len(kernel) // 2])
        return found if 1.0 <= found <= LONGEST else 10.0 * LONGEST

    return solved(length, run_length, 0.01, 3.0)


def ewma_delay(weight: float, limit: float, *, shift: float) -> float:
    """Points from a late change to the signal, for a chart that had run quietly for long.

    The conditional steady-state delay: the mean over the law of the average given no signal,
    which is the left eigenvector of the chart's kernel (as R's spc, xewma.ad with its
    conditional steady state).

    >>> round(ewma_delay(0.1, 2.814, shift=1.0), 1)
    10.1
    """
    values, vectors = np.linalg.eig(_kernel(weight, limit, 0.0).T)
    law = np.abs(vectors[:, int(np.argmax(values.real))].real)
    return float(law @ mean_times(_kernel(weight, limit, shift)) / law.sum())


def _weight(weight: float) -> float:
    if positive_number("weight", weight) > 1.0:
        raise ValueError(f"weight: must lie above 0 and not above 1, got {weight!r}")
    return float(weight)


def _kernel(weight: float, limit: float, shift: float) -> Numbers:
    """One step between the nodes of the average; the middle node is its start, zero."""
    weight, limit = _weight(weight), positive_number("limit", limit)
    edge = limit * math.sqrt(weight / (2.0 - weight))
    # nodes no wider apart than a third of a step's SD, else narrow steps fall between them
    nodes, weights = gauss_legendre(2 * max(32, math.ceil(3.0 * edge / weight)) + 1)
    nodes, weights = nodes * edge, weights * edge
    moved = (nodes[None, :] - (1.0 - weight) * nodes[:, None]) / weight
    return np.asarray(weights * normal_density(moved - finite_number("shift", shift)) / weight)
