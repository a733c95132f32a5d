"""Detectors that read a stream value by value: is there a change, and since when a warning?

The data-stream literature's detectors, in the conventions of river 0.26 (two libraries place the
same detector up to 320 cases apart, so the convention is part of the method). None of them comes
with a false-alarm rate of its own: :mod:`measures.stream_run_lengths` simulates what each has at a
stated rate, and says what its theory bounds. Alerts rest on charts whose run length is known
(:mod:`measures.cusum`) or on bets that may be read every day (:mod:`measures.sequential`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from numpy.typing import ArrayLike

from measures.inputs import binary_column
from measures.run_lengths import chart_points, positive_number

__all__ = [
    "ALARM",
    "QUIET",
    "WARNING",
    "Ddm",
    "Detector",
    "Eddm",
    "RunningMean",
    "StreamSignals",
    "signals_of",
]  # fmt: skip

QUIET, WARNING, ALARM = "quiet", "warning", "alarm"


@dataclass(frozen=True, slots=True)
class StreamSignals:
    """Where a detector warned and alarmed: positions of the values, counted from zero.

    warnings: every value at which it stood in its warning zone (empty where it has none).
    """

    alarms: tuple[int, ...]
    warnings: tuple[int, ...]

    @property
    def first_warning(self) -> int | None:
        """The first value at which it warned.

        >>> StreamSignals((9,), (4, 5)).first_warning
        4
        """
        return self.warnings[0] if self.warnings else None


class Detector(Protocol):
    """What reads one value and says :data:`QUIET`, :data:`WARNING` or :data:`ALARM`.

    After an alarm it starts afresh with the next value. binary: whether it reads errors (1) and
    right answers (0) only.
    """

    binary: bool

    def update(self, value: float) -> str:
        """Take in the next value of the stream."""


def signals_of(detector: Detector, values: ArrayLike) -> StreamSignals:
    """All warnings and alarms of a detector on a stream that is already there.

    Raises ValueError for an empty stream, NaN or infinity, and for values other than 0 and 1
    where the detector reads errors.

    >>> signals_of(Ddm(), [0, 1] * 50 + [1] * 30).alarms
    (125,)
    """
    points = chart_points(binary_column("stream", values) if detector.binary else values)
    said = [detector.update(value) for value in points.tolist()]
    return StreamSignals(
        tuple(at for at, verdict in enumerate(said) if verdict == ALARM),
        tuple(at for at, verdict in enumerate(said) if verdict == WARNING),
    )


@dataclass(slots=True)
class RunningMean:
    """The mean of all values so far.

    >>> mean = RunningMean()
    >>> mean.add(1.0); mean.add(2.0); mean.value
    1.5
    """

    n: int = 0
    value: float = 0.0

    def add(self, value: float) -> None:
        """Take in one more value."""
        self.n += 1
        self.value += (1.0 / self.n) * (value - self.value)


class Ddm:
    """Warns and alarms when the error rate rises above its own best (Gama et al. 2004).

    With p the error rate so far and ``s = sqrt(p (1 - p) / n)``: the smallest p + s is kept once
    more than `least` cases were seen; warning above ``p_min + 2 s_min``, alarm above
    ``p_min + 3 s_min``. Where no error came before, the first one alarms.

    >>> signals_of(Ddm(), [1] + [0, 1] * 40 + [1] * 30).alarms
    (105,)
    """

    binary = True

    def __init__(self, *, least: int = 30, warning: float = 2.0, alarm: float = 3.0) -> None:
        self._least = least
        self._levels = positive_number("warning", warning), positive_number("alarm", alarm)
        self._restart()

    def _restart(self) -> None:
        self._rate, self._best = RunningMean(), (math.inf, 0.0)

    def update(self, value: float) -> str:
        """Take in 1 for an error, 0 for a right answer."""
        self._rate.add(value)
        p, n = self._rate.value, self._rate.n
        s = math.sqrt(p * (1.0 - p) / n)
        if n <= self._least:
            return QUIET
        if p + s <= sum(self._best):
            self._best = p, s
        best_p, best_s = self._best
        if p + s > best_p + self._levels[1] * best_s:
            self._restart()
            return ALARM
        return WARNING if p + s > best_p + self._levels[0] * best_s else QUIET


class Eddm:
    """Warns and alarms when errors come closer together than they used to (Baena-Garcia 2006).

    With d the mean and s the SD of the distances between errors: alarm when
    ``(d + 2 s) / max(d + 2 s)`` falls below `beta`, warning below `alpha`, judged at errors, after
    more than `least` of them.

    >>> signals_of(Eddm(), [0, 0, 0, 0, 0, 0, 1] * 60 + [1] * 100).alarms
    (494,)
    """

    binary = True

    def __init__(self, *, least: int = 30, alpha: float = 0.95, beta: float = 0.9) -> None:
        if not 0.0 < beta <= alpha <= 1.0:
            raise ValueError(f"alpha: 0 < beta <= alpha <= 1 is needed, got {alpha!r} and {beta!r}")
        self._least, self._alpha, self._beta = least, alpha, beta
        self._restart()

    def _restart(self) -> None:
        self._distance, self._squares, self._widest = RunningMean(), 0.0, -1.0
        self._n = self._last = 0
        self._zone = QUIET

    def update(self, value: float) -> str:
        """Take in 1 for an error, 0 for a right answer."""
        self._n += 1
        if value != 1.0:
            return self._zone
        before = self._distance.value
        distance = float(self._n - self._last)
        self._distance.add(distance)
        self._squares += (distance - before) * (distance - self._distance.value)
        self._last = self._n
        if self._n > self._least:
            self._judge()
        found = self._zone
        if found == ALARM:
            self._restart()
        return found

    def _judge(self) -> None:
        errors = self._distance.n
        sd = math.sqrt(self._squares / (errors - 1)) if errors > 1 else 0.0
        reach = self._distance.value + 2.0 * sd
        if reach > self._widest:
            self._widest = reach
        elif errors > self._least:
            level = reach / self._widest
            alarm, warning = level < self._beta, level < self._alpha
            self._zone = ALARM if alarm else WARNING if warning else QUIET
