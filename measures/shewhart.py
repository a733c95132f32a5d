"""The Shewhart chart: each point by itself, for large and sudden changes."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.run_lengths import chart_points, finite_number, positive_number

__all__ = ["shewhart", "shewhart_limit", "shewhart_run_length"]


def shewhart(values: ArrayLike, *, limit: float) -> NDArray[np.bool_]:
    """Which single points lie further from the centre than the limit allows.

    values: in units of the in-control standard deviation (SD), around the in-control mean. Sees
    large, sudden shifts only. With the usual limit of 3 SD a false alarm comes every 370 points;
    a shift of 1 SD is found after 44 points on average, one of 3 SD after 2. Raises ValueError
    for an empty series, NaN or infinity.

    >>> shewhart([0.2, -3.4, 1.0], limit=3.0).tolist()
    [False, True, False]
    """
    return np.asarray(np.abs(chart_points(values)) > positive_number("limit", limit))


def shewhart_run_length(limit: float, *, shift: float = 0.0) -> float:
    """Points until a Shewhart chart signals, on average, after a shift of so many SD.

    >>> round(shewhart_run_length(3.0), 1)
    370.4
    """
    from scipy.special import ndtr

    limit, shift = positive_number("limit", limit), finite_number("shift", shift)
    chance = float(ndtr(shift - limit) + ndtr(-shift - limit))
    return 1.0 / chance if chance else inf


def shewhart_limit(*, run_length: float) -> float:
    """The limit (SD) with a false alarm every `run_length` points on average.

    Raises ValueError for a run length that is not above 1.

    >>> round(shewhart_limit(run_length=370.398), 4)
    3.0
    """
    from scipy.special import ndtri

    if finite_number("run length", run_length) <= 1.0:
        raise ValueError(f"run length: must be above 1 point, got {run_length!r}")
    return float(-ndtri(0.5 / run_length))
