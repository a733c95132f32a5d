"""How long a detector of streams runs in control until it gives a false alarm, by simulation.

For detectors whose run length nobody can solve: DDM, EDDM, HDDM, ADWIN, and Page-Hinkley with
forgetting where both sides are watched. None of them bounds it by its own theory. DDM and EDDM cut
at multiples of a standard deviation or a share of a maximum, chosen by experience. HDDM's bounds
hold for one comparison at a cut fixed beforehand; it chooses the cut from the data and compares at
every value. ADWIN's theorem (Bifet & Gavalda 2007, 3.1) bounds the chance of a false cut at one
look by delta, for Hoeffding's bound; the bound by variance that is in use, here as in river, is an
approximation, and looks add up. So each is quoted with the run length that it has at a stated rate,
or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import normal_quantile
from measures.streams import ALARM, Detector

__all__ = ["bernoulli_values", "normal_values", "simulated_run_length"]

Draw = Callable[[Generator, int], Numbers]
_BLOCK = 256  # values drawn at once


def bernoulli_values(rate: float) -> Draw:
    """Errors (1) and right answers (0) at a constant rate, 0 to 1.

    >>> bernoulli_values(1.0)(np.random.default_rng(1), 3).tolist()
    [1.0, 1.0, 1.0]
    """
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"rate: must lie between 0 and 1, got {rate!r}")
    return lambda rng, n: (rng.random(n) < rate).astype(np.float64)


def normal_values(sd: float = 1.0) -> Draw:
    """Independent normal values around 0, for detectors of any stream.

    >>> normal_values(2.0)(np.random.default_rng(1), 3).shape
    (3,)
    """
    if not 0.0 < sd < math.inf:
        raise ValueError(f"sd: must be above 0 and finite, got {sd!r}")
    return lambda rng, n: rng.normal(0.0, sd, n)


def simulated_run_length(
    detector: Callable[[], Detector],
    values: Draw,
    *,
    runs: int = 1000,
    seed: int,
    longest: int = 100_000,
    level: float = 0.95,
) -> Estimate:
    """Values until a detector's first alarm, on average, while nothing changes.

    The interval is the simulation's own (normal, of the mean of `runs` run lengths); more runs make
    it shorter. detector: makes a fresh one; values: :func:`bernoulli_values`,
    :func:`normal_values`, or any draw of so many values. n is the number of runs. Not estimable
    when a run reaches `longest` values without alarm: a mean over the others would be too short,
    and the reason says how many did. Raises ValueError for fewer than 100 runs or a `longest`
    below 1.

    >>> from measures.hoeffding_streams import HddmW
    >>> found = simulated_run_length(HddmW, bernoulli_values(0.3), runs=100, seed=1)
    >>> found.n, found.low < found.value < found.high
    (100, True)
    """
    if runs < 100 or longest < 1:
        raise ValueError(f"runs: 100 or more, longest: 1 or more; got {runs!r} and {longest!r}")
    quantile = normal_quantile(level)
    seeds = np.random.SeedSequence(seed).spawn(runs)
    lengths = [_run(detector(), values, np.random.default_rng(one), longest) for one in seeds]
    known = np.array([one for one in lengths if one is not None], dtype=np.float64)
    if known.size < runs:
        at_least = (float(known.sum()) + (runs - known.size) * longest) / runs
        reason = (
            f"{runs - known.size} of {runs} runs had no alarm within {longest} values "
            f"(cut there, the mean is {at_least:.0f})"
        )
        return Estimate.not_estimable("in_control_run_length", reason, n=runs)
    mean, half = float(known.mean()), quantile * float(known.std(ddof=1)) / math.sqrt(runs)
    method = f"{runs} simulated runs, seed {seed}, normal"
    return Estimate("in_control_run_length", runs, mean, mean - half, mean + half, level, method)


def _run(detector: Detector, values: Draw, rng: Generator, longest: int) -> int | None:
    """The number of the value that alarmed first, counted from one."""
    done = 0
    while done < longest:
        for value in values(rng, min(_BLOCK, longest - done)).tolist():
            done += 1
            if detector.update(value) == ALARM:
                return done
    return None
