"""How long a one-sided Page-Hinkley test with forgetting runs in control, solved.

The sum forgets, ``S' = alpha S + e - delta``, and its minimum m does not, so the chart has two
states. But m only falls. On a grid of minima the integral equation of the run length is therefore
solved from the lowest upward, each level with those below it known (block back-substitution): at
each level the sum lies on Gauss-Legendre nodes above m, and the minima below it are integrated with
Gregory's weights. Deviations from the running mean are independent with variance ``(n - 1) / n``
(Helmert), so the running mean only makes the first values quieter; those are stepped out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from measures.inputs import Numbers
from measures.run_lengths import gauss_legendre, normal_density

__all__ = ["forgetting_run_length"]

_STEP = 0.25  # of the grid of minima, in SDs
_GREGORY = (3.0 / 8.0, 7.0 / 6.0, 23.0 / 24.0)  # end correction of the trapezoid rule
_REACH = 8.0  # SDs beyond which a normal deviation is not looked for
_SETTLED = 1e-3  # relative: when deeper minima no longer change the run length
_DEEPEST = 6000  # levels


@dataclass(frozen=True, slots=True)
class _Chart:
    """In SDs; places: 0 and the nodes above the minimum; weights: of the nodes; drops: of the
    minima below, with their weights."""

    alpha: float
    delta: float
    limit: float
    places: Numbers
    weights: Numbers
    drops: Numbers
    masses: Numbers

    def pull(self, level: int) -> float:
        """How far the next sum is drawn down, on average, from the minimum of a level."""
        return self.delta - (1.0 - self.alpha) * (self.delta + level * _STEP)


def forgetting_run_length(alpha: float, delta: float, limit: float, *, least: int) -> float:
    """Values until a false alarm of one side, on average, for independent normal values.

    alpha: above 0, below 1; delta, limit: in SDs; least: values before which the test is mute.
    Raises ValueError where the sum sinks for longer than can be followed.

    >>> round(forgetting_run_length(0.9, 0.5, 3.0, least=1), 1)
    26.2
    """
    chart = _chart(alpha, delta, limit)
    # Where the sum rests, and as far below as it hardly ever strays.
    lowest = delta * alpha / (1.0 - alpha) + 6.0 / math.sqrt(1.0 - alpha**2) + limit
    levels, known = int(max(20.0, 4.0 * limit) / _STEP), 0.0
    while True:
        levels = min(levels, int(lowest / _STEP) + 2)
        found = _lengths(chart, levels)
        first = float(found[0, 0])
        if abs(first - known) <= _SETTLED * first or levels > lowest / _STEP:
            return _from_start(chart, found, least)
        if levels >= _DEEPEST:
            raise ValueError(
                f"alpha {alpha!r}, delta {delta!r}: the sum sinks {lowest:.0f} SDs before it "
                "rests, too far to follow; take a smaller delta, or alpha 1"
            )
        levels, known = 2 * levels, first


def _chart(alpha: float, delta: float, limit: float) -> _Chart:
    nodes, weights = gauss_legendre(max(32, int(3.0 * limit)))
    drops = np.arange(0.0, _REACH + delta + _STEP, _STEP)
    masses = np.full(drops.size, _STEP)
    masses[: len(_GREGORY)] *= _GREGORY
    return _Chart(
        alpha, delta, limit, np.concatenate([[0.0], (nodes + 1.0) * limit / 2.0]),
        weights * limit / 2.0, drops, masses,
    )  # fmt: skip


def _lengths(chart: _Chart, levels: int) -> Numbers:
    """Run lengths from each level of the minimum and each place above it: shape (levels, places).

    Level 0 is the minimum of the first value. Below the last level all is as at the last.
    """
    places, size = chart.places, chart.places.size
    found = np.empty((levels, size))
    below = np.zeros(levels + chart.drops.size)  # run lengths from each minimum itself
    away = places[None, 1:] - chart.alpha * places[:, None]
    fallen = -chart.drops[None, :] - chart.alpha * places[:, None]
    for level in range(levels - 1, -1, -1):
        pull = chart.pull(level)
        step = np.zeros((size, size))
        step[:, 1:] = chart.weights * normal_density(away + pull)
        lower = chart.masses * normal_density(fallen + pull)
        right = np.ones(size)
        if level == levels - 1:
            step[:, 0] = lower.sum(axis=1)
        else:
            step[:, 0] = lower[:, 0]
            right += lower[:, 1:] @ below[level + 1 : level + chart.drops.size]
        found[level] = np.linalg.solve(np.eye(size) - step, right)
        below[level] = found[level, 0]
        if level == levels - 1:
            below[level:] = found[level, 0]
    return found


def _from_start(chart: _Chart, lengths: Numbers, least: int) -> float:
    """Run length from the first value on, whose deviation is nought: the share still quiet after
    each of the first values, and what is left after them."""
    steps = max(2 * least, 60)
    if chart.limit > 5.0 * math.sqrt(steps):  # too far for the first values to matter
        return 1.0 + float(lengths[0, 0])
    # while the test is mute the sum wanders: nothing of its law may be lost above the limit
    top = max(8.0, 6.0 * math.sqrt(least))
    above, more = gauss_legendre(max(24, int(3.0 * top)))
    places = np.concatenate([chart.places, chart.limit + (above + 1.0) * top / 2.0])
    weights = np.concatenate([chart.weights, more * top / 2.0])
    away = places[None, 1:] - chart.alpha * places[:, None]
    fallen = -chart.drops[None, :] - chart.alpha * places[:, None]
    levels = len(lengths)
    law = np.zeros((levels, places.size))
    law[0, 0] = 1.0
    values = 2.0  # the first value is where its own mean is: it never signals
    for n in range(2, steps + 1):
        spread = math.sqrt((n - 1) / n)
        after = np.zeros_like(law)
        for level in np.flatnonzero(law.sum(axis=1) > 1e-9):
            pull, here = chart.pull(int(level)), law[level]
            after[level, 1:] += here @ (weights * normal_density((away + pull) / spread) / spread)
            lower = here @ (chart.masses * normal_density((fallen + pull) / spread) / spread)
            reach = min(lower.size, levels - level)
            after[level : level + reach, 0] += lower[:reach]
            after[-1, 0] += lower[reach:].sum()
        law = after
        if n >= least:
            law[:, chart.places.size :] = 0.0
        values += float(law.sum())
    return values + float((law[:, : chart.places.size] * (lengths - 1.0)).sum())
