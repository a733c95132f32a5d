"""A device that is updated again and again: what an update learnt, what it could have, and what it
forgot.

From the performance of every model version on every dataset version (VIGILANT, FDA DIDSR; Burgon
and others, 2024). S(m | d) is version m on dataset d, both in order of their release:

- learning(v) = S(v | v) - S(v - 1 | v): the update against its predecessor, on the new data;
- potential(v) = S(v - 1 | v - 1) - S(v - 1 | v): what the predecessor lost on the new data;
- retention(v) = mean of S(v | u) over earlier datasets u, weighted by exp(-decay (v - 1 - u)), the
  weights summing to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import normal_quantile

__all__ = ["Adaptation", "adaptation", "adaptation_by_repetition", "adaptation_values"]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """The three measures of one update; version counts from 0, the first update is 1."""

    version: int
    learning: Estimate
    potential: Estimate
    retention: Estimate


def adaptation_values(performance: ArrayLike, *, decay: float = 0.5) -> Numbers:
    """Learning, potential and retention of every update, as plain numbers for further arithmetic.

    performance: shape (..., versions, datasets), S(m | d) at [m, d]; decay: not negative, 0 weighs
    all earlier datasets alike. Shape (..., versions - 1, 3). Raises ValueError for fewer than two
    versions, another shape, or a missing value.

    >>> adaptation_values([[0.5, 0.4, 0.3], [0.4, 0.7, 0.4], [0.2, 0.4, 0.6]]).round(4).tolist()
    [[0.3, 0.1, 0.4], [0.2, 0.3, 0.3245]]
    """
    table = _table(performance, decay)
    at = np.arange(1, table.shape[-1])
    before = table[..., at - 1, at]
    learnt = table[..., at, at] - before
    missed = table[..., at - 1, at - 1] - before
    kept = [table[..., v, :v] @ _weights(v, decay) for v in at.tolist()]
    values: Numbers = np.stack([learnt, missed, np.stack(kept, axis=-1)], axis=-1)
    return values


def adaptation(
    performance: Sequence[Sequence[Estimate]], *, decay: float = 0.5
) -> list[Adaptation]:
    """What each update learnt, could have learnt and kept, with intervals from those of the single
    numbers, for the report of a change under a predetermined plan.

    performance: [m][d] is version m on dataset d, one measure at one level. The distances of the
    single limits are squared and added (Zou and Donner, Stat Med 2008;27:1693), which is right for
    potential and retention, whose terms come from different studies. For learning both terms come
    from the same studies, so the interval is too wide as a rule: where it decides, take the paired
    difference (:mod:`measures.comparison`). n is the number of studies in the terms, each dataset
    counted once. Not estimable where a term is not. Raises ValueError if malformed.

    >>> from measures.proportions import wilson
    >>> counts = [[90, 80], [88, 92]]
    >>> cells = [[wilson("sensitivity", hits, 100) for hits in row] for row in counts]
    >>> print(adaptation(cells)[0].learning)
    learning 0.120 (95 % interval 0.023 to 0.217, n = 100)
    """
    count = len(performance)
    if count < 2 or any(len(row) != count for row in performance):
        raise ValueError("performance: needs every version on every dataset, at least two of each")
    cells = [cell for row in performance for cell in row]
    if len({(cell.measure, cell.level) for cell in cells}) > 1:
        raise ValueError("performance: needs one measure at one level")
    _refuse_decay(decay)
    found = []
    for v in range(1, count):
        now, before = performance[v], performance[v - 1]
        weights = _weights(v, decay).tolist()
        pairs = [(now[v], 1.0), (before[v], -1.0)]
        drop = [(before[v - 1], 1.0), (before[v], -1.0)]
        kept = list(zip(now[:v], weights, strict=True))
        found.append(
            Adaptation(
                v,
                _combined("learning", pairs, now[v].n),
                _combined("potential", drop, sum(cell.n for cell, _ in drop)),
                _combined("retention", kept, sum(cell.n for cell, _ in kept)),
            )
        )
    return found


def adaptation_by_repetition(
    performance: ArrayLike, *, decay: float = 0.5, level: float = 0.95
) -> list[Adaptation]:
    """The same from a study that was repeated, such as training from several seeds: means with
    Student's t intervals over the repetitions.

    The interval covers the mean over such repetitions on these datasets, not new patients. All
    repetitions count; n is their number. performance: shape (repetitions, versions, datasets). Not
    estimable with fewer than two repetitions or when all agree. Raises ValueError if malformed.

    >>> once = np.array([[0.5, 0.4], [0.4, 0.7]])
    >>> found = adaptation_by_repetition([once, once + [[0, 0.02], [0, 0]]])
    >>> print(found[0].learning)
    learning 0.290 (95 % interval 0.163 to 0.417, n = 2)
    """
    from scipy.special import stdtrit

    normal_quantile(level)
    table = np.asarray(performance, dtype=np.float64)
    if table.ndim != 3:
        raise ValueError(f"performance: needs (repetitions, versions, datasets), got {table.shape}")
    values = adaptation_values(table, decay=decay)
    n = values.shape[0]

    def estimate(name: str, column: Numbers) -> Estimate:
        if n < 2:
            return Estimate.not_estimable(name, "needs at least two repetitions", n=n)
        error = float(column.std(ddof=1)) / math.sqrt(n)
        if error <= 1e-15:
            return Estimate.not_estimable(name, "all repetitions agree: no spread", n=n)
        half = -float(stdtrit(n - 1, (1.0 - level) / 2.0)) * error
        mean = float(column.mean())
        return Estimate(name, n, mean, mean - half, mean + half, level, "Student t, repetitions")

    return [
        Adaptation(
            v + 1,
            estimate("learning", values[:, v, 0]),
            estimate("potential", values[:, v, 1]),
            estimate("retention", values[:, v, 2]),
        )
        for v in range(values.shape[1])
    ]


def _table(performance: ArrayLike, decay: float) -> Numbers:
    table = np.asarray(performance, dtype=np.float64)
    if table.ndim < 2 or table.shape[-1] != table.shape[-2] or table.shape[-1] < 2:
        raise ValueError(
            f"performance: needs every version on every dataset, at least two, got {table.shape}"
        )
    missing = int(np.count_nonzero(~np.isfinite(table)))
    if missing:
        raise ValueError(f"performance: {missing} of {table.size} entries are missing or infinite")
    _refuse_decay(decay)
    return table


def _refuse_decay(decay: float) -> None:
    if not 0.0 <= decay < math.inf:
        raise ValueError(f"decay must be at least 0 and finite, not {decay!r}")


def _weights(version: int, decay: float) -> Numbers:
    weights: Numbers = np.exp(-decay * (version - 1.0 - np.arange(version)))
    weights /= weights.sum()
    return weights


def _combined(name: str, terms: list[tuple[Estimate, float]], n: int) -> Estimate:
    value = below = above = 0.0
    for cell, weight in terms:
        if cell.value is None or cell.low is None or cell.high is None:
            return Estimate.not_estimable(name, f"{cell.measure}: {cell.reason}", n=n)
        down, up = cell.value - cell.low, cell.high - cell.value
        value += weight * cell.value
        below += (weight * (down if weight > 0 else up)) ** 2
        above += (weight * (up if weight > 0 else down)) ** 2
    low, high = value - math.sqrt(below), value + math.sqrt(above)
    return Estimate(name, n, value, low, high, terms[0][0].level, "single limits squared and added")
