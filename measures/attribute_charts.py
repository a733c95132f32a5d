"""Charts of counts: a share of studies (p chart) or events per unit of exposure (u chart).

Shewhart charts whose limits move with how many studies stand behind a point. The customary limits
``centre -+ limit SD`` lean on a normal law that counts do not have; the run lengths here are exact
sums over the binomial or Poisson law, so the price of the approximation is said, not hidden.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers, number_column, refuse_unequal
from measures.run_lengths import chart_points, finite_number, positive_number

__all__ = [
    "AttributeChart", "p_chart", "p_chart_limit", "p_chart_run_length", "u_chart", "u_chart_limit",
    "u_chart_run_length",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AttributeChart:
    """The points of a chart of counts, the limits of each, and which points lie beyond theirs.

    values, low, high, beyond: shape (points,). Limits are cut at what a share or a rate can be.
    """

    values: Numbers
    low: Numbers
    high: Numbers
    beyond: NDArray[np.bool_]


def p_chart(events: ArrayLike, studies: ArrayLike, *, share: float, limit: float) -> AttributeChart:
    """Days whose share of flagged (or wrong, or positive) studies lies outside its limits.

    events, studies: shape (points,), counts; share: the in-control share; limit: in SDs of a
    day's share, ``sqrt(share (1 - share) / studies)``. Raises ValueError for a day without
    studies, more events than studies, a share of 0 or 1, an empty series, NaN or infinity.

    >>> p_chart([4, 15], [50, 50], share=0.1, limit=3.0).beyond.tolist()
    [False, True]
    """
    happened, sizes = _counts("events", events), _counts("studies", studies)
    refuse_unequal(events=happened, studies=sizes)
    if np.any(sizes == 0.0) or np.any(happened > sizes):
        raise ValueError("studies: each day needs at least one study and no more events than that")
    spread = np.sqrt(_share(share) * (1.0 - share) / sizes)
    return _chart(happened / sizes, share, spread * positive_number("limit", limit), most=1.0)


def u_chart(events: ArrayLike, exposure: ArrayLike, *, rate: float, limit: float) -> AttributeChart:
    """Periods whose events per unit of exposure (complaints per 1,000 studies) lie outside limits.

    events: shape (points,), counts; exposure: shape (points,), above zero; rate: in-control events
    per unit; limit: in SDs of a period's rate, ``sqrt(rate / exposure)``. Raises ValueError for
    exposure or rate of zero, an empty series, NaN or infinity.

    >>> u_chart([2, 9], [1.0, 1.0], rate=2.0, limit=3.0).beyond.tolist()
    [False, True]
    """
    happened, units = _counts("events", events), number_column("exposure", exposure)
    refuse_unequal(events=happened, exposure=units)
    if np.any(units <= 0.0):
        raise ValueError("exposure: must be above 0 in each period; leave periods without it out")
    spread = np.sqrt(positive_number("rate", rate) / units)
    return _chart(happened / units, rate, spread * positive_number("limit", limit), most=math.inf)


def p_chart_run_length(
    share: float, studies: int, limit: float, *, true_share: float | None = None
) -> float:
    """Days until a p chart signals, on average; exact for the binomial law.

    studies: a day's; limit: in SDs; true_share: what the share has become (in control if None).
    Infinite where no count of so many studies lies beyond the limits.

    >>> round(p_chart_run_length(0.1, 50, 3.0), 1)  # 370.4 if it were normal
    310.6
    """
    from scipy.stats import binom

    law = binom(_whole("studies", studies), _share(share if true_share is None else true_share))
    low, high = _inside(studies * _share(share), studies * share * (1.0 - share), limit)
    return _until(float(law.cdf(low - 1) + law.sf(high)))


def u_chart_run_length(
    rate: float, exposure: float, limit: float, *, true_rate: float | None = None
) -> float:
    """Periods until a u chart signals, on average; exact for the Poisson law.

    exposure: of one period; limit: in SDs; true_rate: what the rate has become.

    >>> round(u_chart_run_length(4.0, 1.0, 3.0), 1)  # 370.4 if it were normal
    352.1
    """
    from scipy.stats import poisson

    mean = positive_number("rate", rate) * positive_number("exposure", exposure)
    law = poisson(mean if true_rate is None else positive_number("rate", true_rate) * exposure)
    low, high = _inside(mean, mean, limit)
    return _until(float(law.cdf(low - 1) + law.sf(high)))


def p_chart_limit(share: float, studies: int, *, run_length: float) -> float:
    """The least limit (SDs) whose in-control run length is at least `run_length`.

    Counts jump, so the run length found is the wanted one or longer: ask
    :func:`p_chart_run_length` how long.

    >>> limit = p_chart_limit(0.1, 50, run_length=370.0)
    >>> p_chart_run_length(0.1, 50, limit) >= 370.0
    True
    """
    from scipy.stats import binom

    counts = np.arange(_whole("studies", studies) + 1)
    mean, spread = studies * _share(share), math.sqrt(studies * share * (1.0 - share))
    return _least(np.abs(counts - mean) / spread, binom.pmf(counts, studies, share), run_length)


def u_chart_limit(rate: float, exposure: float, *, run_length: float) -> float:
    """The least limit (SDs) whose in-control run length is at least `run_length`.

    >>> limit = u_chart_limit(4.0, 1.0, run_length=370.0)
    >>> u_chart_run_length(4.0, 1.0, limit) >= 370.0
    True
    """
    from scipy.stats import poisson

    mean = positive_number("rate", rate) * positive_number("exposure", exposure)
    counts = np.arange(int(poisson.isf(1e-15, mean)) + 2)
    return _least(np.abs(counts - mean) / math.sqrt(mean), poisson.pmf(counts, mean), run_length)


def _chart(values: Numbers, centre: float, half: Numbers, *, most: float) -> AttributeChart:
    beyond = np.abs(values - centre) > half * (1.0 + 1e-12)
    return AttributeChart(
        values, np.maximum(centre - half, 0.0), np.minimum(centre + half, most), beyond
    )


def _inside(mean: float, variance: float, limit: float) -> tuple[float, float]:
    """The least and the greatest count that do not signal, by the same comparison as the chart."""
    half = positive_number("limit", limit) * math.sqrt(variance) * (1.0 + 1e-12)
    return math.ceil(mean - half), math.floor(mean + half)


def _least(distances: Numbers, chances: Numbers, run_length: float) -> float:
    if finite_number("run length", run_length) <= 1.0:
        raise ValueError(f"run length: must be above 1 point, got {run_length!r}")
    order = np.argsort(-distances)
    beyond = np.cumsum(chances[order]) - chances[order]
    allowed = np.flatnonzero(beyond <= 1.0 / run_length)
    return float(max(distances[order][allowed].min(), np.finfo(float).tiny))


def _until(chance: float) -> float:
    return 1.0 / chance if chance > 0.0 else math.inf


def _counts(name: str, values: ArrayLike) -> Numbers:
    column = number_column(name, values)
    chart_points(column)
    if np.any(column < 0.0) or np.any(column != np.floor(column)):
        raise ValueError(f"{name}: counts are whole numbers of 0 or more")
    return column


def _whole(name: str, value: int) -> int:
    if finite_number(name, value) < 1 or value != int(value):
        raise ValueError(f"{name}: a whole number of at least 1, got {value!r}")
    return int(value)


def _share(value: float) -> float:
    if not 0.0 < finite_number("share", value) < 1.0:
        raise ValueError(f"share: must lie between 0 and 1, exclusive, got {value!r}")
    return float(value)
