"""The Page-Hinkley test: a CUSUM around the stream's own running mean."""

from __future__ import annotations

import math

import numpy as np

from measures.cusum import one_sided_lengths
from measures.inputs import Numbers
from measures.page_hinkley_forgetting import forgetting_run_length
from measures.run_lengths import gauss_legendre, normal_density, positive_number, solved
from measures.streams import ALARM, QUIET, RunningMean

__all__ = ["PageHinkley", "page_hinkley_run_length", "page_hinkley_threshold"]

MODES = ("both", "up", "down")


class PageHinkley:
    """Alarms when a stream's values have risen (or fallen) for long from their mean so far.

    The mean takes in x first; ``up = alpha up + (x - mean) - delta`` and
    ``down = alpha down + (x - mean) + delta``; alarm from the `least`-th value on when
    ``up - min(up) > threshold`` or ``max(down) - down > threshold``, then a full restart
    (conventions of river 0.26, where the highest `down` starts at -1). Delta and threshold are in
    the stream's own unit.

    >>> detector = PageHinkley(threshold=5.0)
    >>> [detector.update(value) for value in [0.0] * 40 + [2.0] * 4][-4:]
    ['quiet', 'quiet', 'alarm', 'quiet']
    """

    binary = False

    def __init__(
        self, *, least: int = 30, delta: float = 0.005, threshold: float = 50.0,
        alpha: float = 1 - 0.0001, mode: str = "both",
    ) -> None:  # fmt: skip
        if mode not in MODES:
            raise ValueError(f"mode: one of {', '.join(MODES)}, got {mode!r}")
        if not 0.0 < alpha <= 1.0:
            raise ValueError(f"alpha: must lie above 0 and not above 1, got {alpha!r}")
        self._least, self._mode, self._alpha = least, mode, alpha
        self._delta = positive_number("delta", delta, or_zero=True)
        self._threshold = positive_number("threshold", threshold)
        self._restart()

    def _restart(self) -> None:
        self._mean, self._up, self._down = RunningMean(), 0.0, 0.0
        self._lowest, self._highest = math.inf, -1.0

    def update(self, value: float) -> str:
        """Take in the next value."""
        self._mean.add(value)
        away = value - self._mean.value
        self._up = self._alpha * self._up + away - self._delta
        self._down = self._alpha * self._down + away + self._delta
        self._lowest, self._highest = min(self._lowest, self._up), max(self._highest, self._down)
        if self._mean.n < self._least:
            return QUIET
        risen = self._mode != "down" and self._up - self._lowest > self._threshold
        fallen = self._mode != "up" and self._highest - self._down > self._threshold
        if not risen and not fallen:
            return QUIET
        self._restart()
        return ALARM


def page_hinkley_run_length(
    delta: float, threshold: float, *, sd: float = 1.0, sides: int = 2, least: int = 30,
    alpha: float = 1.0,
) -> float:  # fmt: skip
    """Values until a Page-Hinkley test gives a false alarm, on average.

    In control, for independent normal values, ``x_n - mean_n`` are independent themselves, with
    variance ``sd^2 (n - 1) / n``: the running mean costs nothing, and the test is a CUSUM with
    allowance ``delta / sd`` and limit ``threshold / sd`` that starts a little quieter and is mute
    before its `least`-th value. That start is stepped out value by value, the rest solved. Two
    sides (mode "both"): a signal of one leaves the other at zero, so the first of both comes half
    a plain one-sided run length sooner than that of one side alone; within 3 % of simulation.

    With forgetting (``alpha`` below 1) one side (mode "up" or "down") is solved level by level of
    its lowest sum (:mod:`measures.page_hinkley_forgetting`). Two sides then share no renewal and
    their sums still drift apart: ask :func:`measures.stream_run_lengths.simulated_run_length`,
    which gives a simulation's interval. Raises ValueError for two sides with forgetting, a
    negative delta, a threshold or sd of zero or less, NaN, infinity, or where a sum sinks for too
    long before it rests.

    >>> round(page_hinkley_run_length(0.5, 5.0))  # the CUSUM alone: 465
    497
    >>> round(page_hinkley_run_length(0.5, 3.0, alpha=0.9, sides=1))
    38
    """
    k = positive_number("delta", delta, or_zero=True) / positive_number("sd", sd)
    h = positive_number("threshold", threshold) / sd
    if sides not in (1, 2) or least < 1:
        raise ValueError(f"sides 1 or 2 and least of 1 or more: got {sides!r} and {least!r}")
    if not 0.0 < alpha <= 1.0:
        raise ValueError(f"alpha: must lie above 0 and not above 1, got {alpha!r}")
    if alpha < 1.0:
        if sides == 2:
            raise ValueError("sides: with forgetting one side is solved; simulate both")
        return forgetting_run_length(alpha, k, h, least=least)
    plain = one_sided_lengths(k, h, 0.0)
    one_side = _muted_length(k, h, least, plain)
    return one_side if sides == 1 else one_side - float(plain[0]) / 2.0


def page_hinkley_threshold(
    delta: float, *, run_length: float, sd: float = 1.0, sides: int = 2, least: int = 30,
    alpha: float = 1.0,
) -> float:  # fmt: skip
    """The threshold with a false alarm every `run_length` values on average; with forgetting for
    one side, to three digits.

    >>> round(page_hinkley_threshold(0.5, run_length=497.0), 1)
    5.0
    """

    def length(threshold: float) -> float:
        return page_hinkley_run_length(
            delta, threshold, sd=sd, sides=sides, least=least, alpha=alpha
        )

    exact = 1e-13 if alpha == 1.0 else 1e-3 * sd
    return solved(length, run_length, 0.01 * sd, 4.0 * sd, exact=exact)


def _muted_length(k: float, h: float, least: int, plain: Numbers) -> float:
    """Run length of one side: the share still quiet after 0, 1, 2, ... values, and what is left.

    plain: the CUSUM's lengths from zero and from its nodes. The sum lives on nodes below the limit
    and, while the test is mute, on some above it.
    """
    from scipy.special import ndtr

    below = plain.size - 1
    places, weights = gauss_legendre(below)
    top = max(8.0, 6.0 * math.sqrt(least))  # so far it may wander, and none of its law is lost
    above, more = gauss_legendre(max(24, int(3.0 * top)))
    states = np.concatenate([[0.0], (places + 1.0) * h / 2.0, h + (above + 1.0) * top / 2.0])
    width = np.concatenate([weights * h / 2.0, more * top / 2.0])
    law, values = np.zeros(states.size), 2.0
    law[0] = 1.0
    for n in range(2, max(400, 10 * least)):
        s = math.sqrt((n - 1) / n)
        step = width * normal_density((states[1:] - states[:, None] + k) / s) / s
        law = np.concatenate([[law @ ndtr((k - states) / s)], law @ step])
        if n >= least:
            law[below + 1 :] = 0.0
        values += float(law.sum())
    return values + float(law[: below + 1] @ (plain - 1.0))
