"""Poisson MaxSPRT: are there more events (complaints, incidents) than expected, looking always?

Kulldorff et al. 2011 (Sequential Analysis 30): after each event the likelihood of the rate seen is
compared with that of the rate expected; surveillance ends with a signal or when `upper` events
would have been expected. Critical values are exact, not simulated: the count at the times when
each next event would be too early is a Markov chain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers, number_column, refuse_unequal
from measures.run_lengths import chart_points, positive_number

__all__ = ["MaxSprtPerformance", "maxsprt_critical_value", "maxsprt_evidence",
           "maxsprt_performance"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class MaxSprtPerformance:
    """power: chance of a signal before the end. time_to_signal: expected events (in control) until
    the signal, given that there is one. length: expected events until surveillance ends either way.
    """

    power: float
    time_to_signal: float
    length: float


def maxsprt_evidence(events: ArrayLike, expected: ArrayLike) -> Numbers:
    """How surprising the events so far are, as a log likelihood ratio; 0 while not above expected.

    events: shape (looks,), cumulative counts; expected: cumulative events expected, above zero.
    ``c log(c / mu) - (c - mu)`` for ``c > mu``. Raises ValueError for negative or falling counts,
    expected events of zero or falling, an empty series, NaN or infinity.

    >>> maxsprt_evidence([1, 5], [0.5, 2.0]).round(3).tolist()
    [0.193, 1.581]
    """
    seen, mean = number_column("events", events), number_column("expected", expected)
    chart_points(seen)
    refuse_unequal(events=seen, expected=mean)
    if np.any(seen < 0.0) or np.any(np.diff(seen) < 0.0):
        raise ValueError("events: cumulative counts of 0 or more that never fall")
    if np.any(mean <= 0.0) or np.any(np.diff(mean) < 0.0):
        raise ValueError("expected: cumulative expected events above 0 that never fall")
    above = np.maximum(seen, mean)
    return np.asarray(above * np.log(above / mean) - (above - mean))


def maxsprt_critical_value(*, upper: float, alpha: float = 0.05, least: int = 1) -> float:
    """The log likelihood ratio that is ever reached with probability alpha if nothing is wrong.

    upper: expected events at which surveillance ends; least: events needed before a signal.
    Raises ValueError where even a signal at every `least`-th event comes less often than alpha.

    >>> round(maxsprt_critical_value(upper=10.0), 6)
    3.467952
    """
    from scipy.optimize import brentq

    _refuse_design(upper, least)
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha: must lie between 0 and 1, got {alpha!r}")

    def excess(critical: float) -> float:
        return maxsprt_performance(critical, upper=upper, least=least).power - alpha

    if excess(1e-9) < 0.0:
        raise ValueError(
            f"least: {least} events before {upper!r} are expected come less often than alpha; "
            "watch for longer or ask for fewer"
        )
    high = 4.0
    while excess(high) > 0.0:
        high *= 1.5
    return float(brentq(excess, 1e-9, high, xtol=1e-12, rtol=1e-12))


def maxsprt_performance(
    critical: float, *, upper: float, least: int = 1, relative_risk: float = 1.0
) -> MaxSprtPerformance:
    """What a critical value finds: power, and how long it takes, at a true relative risk.

    Exact: event n signals if it comes before time ``mu_n`` (in expected events); between those
    times the count is Poisson. With relative_risk 1 the power is the false-alarm probability.

    >>> found = maxsprt_performance(3.467952, upper=10.0, relative_risk=2.0)
    >>> round(found.power, 3), round(found.time_to_signal, 2)
    (0.685, 4.13)
    """
    _refuse_design(upper, least)
    risk = positive_number("relative risk", relative_risk)
    times = _boundaries(positive_number("critical value", critical), upper, least)
    alive, start = np.array([1.0]), 0.0
    power = signal_time = 0.0
    for events, time in enumerate(times, least):
        # over (start, time] the chart signals at once when its count reaches `events`
        alive, (signalled, when) = _lived(alive, events, risk, start, time)
        power, signal_time, start = power + signalled, signal_time + when, time
    length = signal_time + upper * float(alive.sum())
    return MaxSprtPerformance(power, signal_time / power if power > 0.0 else math.nan, length)


def _refuse_design(upper: float, least: int) -> None:
    positive_number("upper", upper)
    if least < 1:
        raise ValueError(f"least: at least 1 event, got {least!r}")


def _boundaries(critical: float, upper: float, least: int) -> list[float]:
    """Latest time at which event `least`, `least` + 1, ... still signals, up to `upper`."""
    from scipy.special import lambertw

    times: list[float] = []
    events = least
    while not times or times[-1] < upper:
        # c log(c / mu) - c + mu = critical, with mu / c = -W(-exp(-1 - critical / c))
        share = -lambertw(-math.exp(-1.0 - critical / events)).real
        times.append(min(events * float(share), upper))
        events += 1
    return times


def _lived(
    alive: Numbers, events: int, risk: float, start: float, time: float
) -> tuple[Numbers, tuple[float, float]]:
    """The law of the count below `events` after one stretch, and what signalled in it, and when.

    From count i the (events - i)-th arrival is a gamma time; its mean on the stretch is that of
    the next gamma law.
    """
    from scipy.special import gammainc, gammaln, xlogy

    mean, arrived = risk * (time - start), np.arange(events)
    step = np.exp(xlogy(arrived, mean) - mean - gammaln(arrived + 1.0))
    after = np.convolve(alive, step)[:events]
    needed = events - np.arange(alive.size)
    signalled = alive * gammainc(needed, mean)
    later = alive * gammainc(needed + 1, mean) * needed / risk
    return after, (float(signalled.sum()), float(start * signalled.sum() + later.sum()))
