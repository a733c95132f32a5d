"""HDDM: has the mean of a bounded stream changed, by Hoeffding's and McDiarmid's bounds?

Frias-Blanco et al. 2015 (IEEE Transactions on Knowledge and Data Engineering 27), in the
conventions of river 0.26: values in [0, 1], increases only unless two-sided is asked for.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field

from measures.run_lengths import positive_number
from measures.streams import ALARM, QUIET, WARNING, RunningMean

__all__ = ["HddmA", "HddmW"]


class HddmA:
    """Warns and alarms when the mean of all values has risen since it was lowest (A-test).

    The cut is where the upper Hoeffding bound of the mean was lowest; alarm when the mean since
    the start lies above the mean at the cut by
    ``sqrt((n - m) / (m n) log(2 / alarm) / 2)``, warning likewise. two_sided: falls as well.

    >>> detector = HddmA()
    >>> verdicts = [detector.update(value) for value in [0.0, 1.0] * 60 + [1.0] * 60]
    >>> verdicts.index("alarm")
    136
    """

    binary = True

    def __init__(
        self, *, alarm: float = 0.001, warning: float = 0.005, two_sided: bool = False
    ) -> None:
        self._alarm, self._warning = _confidences(alarm, warning)
        self._two_sided = two_sided
        self._restart()

    def _restart(self) -> None:
        self._all, self._lowest, self._highest = RunningMean(), RunningMean(), RunningMean()

    def update(self, value: float) -> str:
        """Take in 1 for an error, 0 for a right answer."""
        self._all.add(value)
        bound = self._bound(self._all.n)
        if not self._lowest.n or (
            self._lowest.value + self._bound(self._lowest.n) >= self._all.value + bound
        ):
            self._lowest = copy.copy(self._all)
        if not self._highest.n or (
            self._highest.value - self._bound(self._highest.n) <= self._all.value - bound
        ):
            self._highest = copy.copy(self._all)
        return self._restarted_after(self._verdict())

    def _verdict(self) -> str:
        risen = self._all.value - self._lowest.value
        fallen = self._highest.value - self._all.value
        sides = [(risen, self._lowest.n)]
        if self._two_sided:
            sides.append((fallen, self._highest.n))
        for confidence, said in ((self._alarm, ALARM), (self._warning, WARNING)):
            if any(self._moved(change, cut, confidence) for change, cut in sides):
                return said
        return QUIET

    def _moved(self, change: float, cut: int, confidence: float) -> bool:
        n = self._all.n
        if cut == n:
            return False
        m = (n - cut) / cut * (1.0 / n)
        return change >= math.sqrt(m / 2.0 * math.log(2.0 / confidence))

    def _bound(self, n: int) -> float:
        return math.sqrt(1.0 / (2 * n) * math.log(1.0 / self._alarm))

    def _restarted_after(self, verdict: str) -> str:
        if verdict == ALARM:
            self._restart()
        return verdict


@dataclass(slots=True)
class _Weighted:
    """An exponentially weighted mean and the sum of its squared weights, for McDiarmid's bound."""

    weight: float
    mean: float | None = None
    squares: float = field(default=1.0)

    def add(self, value: float) -> None:
        fresh = self.mean is None
        self.mean = value if fresh else self.mean + self.weight * (value - self.mean)  # type: ignore[operator]
        self.squares = self.weight**2 + (1.0 - self.weight) ** 2 * self.squares


class HddmW:
    """Warns and alarms when the weighted mean has risen since it was lowest (W-test).

    Newest values count most, by `weight`. The cut is where the mean's upper McDiarmid bound was
    lowest; alarm when the weighted mean since the cut lies above that before it by more than
    ``sqrt((b1 + b2) log(1 / alarm) / 2)``, b the sums of squared weights.

    >>> detector = HddmW()
    >>> verdicts = [detector.update(value) for value in [0.0, 1.0] * 60 + [1.0] * 60]
    >>> verdicts.index("alarm")
    148
    """

    binary = True

    def __init__(
        self, *, alarm: float = 0.001, warning: float = 0.005, weight: float = 0.05,
        two_sided: bool = False,
    ) -> None:  # fmt: skip
        self._alarm, self._warning = _confidences(alarm, warning)
        if positive_number("weight", weight) >= 1.0:
            raise ValueError(f"weight: must lie between 0 and 1, got {weight!r}")
        self._weight, self._two_sided = weight, two_sided
        self._restart()

    def _restart(self) -> None:
        self._all = _Weighted(self._weight)
        self._rise = self._fall = (_Weighted(self._weight), _Weighted(self._weight))
        self._lowest, self._highest = math.inf, -math.inf

    def update(self, value: float) -> str:
        """Take in 1 for an error, 0 for a right answer."""
        self._all.add(value)
        mean = self._all.mean or 0.0
        bound = math.sqrt(self._all.squares * math.log(1.0 / self._alarm) / 2.0)
        if mean + bound < self._lowest:
            self._lowest = mean + bound
            self._rise = copy.copy(self._all), _Weighted(self._weight)
        else:
            self._rise[1].add(value)
        if mean - bound > self._highest:
            self._highest = mean - bound
            self._fall = copy.copy(self._all), _Weighted(self._weight)
        else:
            self._fall[1].add(value)
        verdict = self._verdict()
        if verdict == ALARM:
            self._restart()
        return verdict

    def _verdict(self) -> str:
        for confidence, said in ((self._alarm, ALARM), (self._warning, WARNING)):
            if _risen(*self._rise, confidence):
                return said
            if self._two_sided and _risen(*self._fall[::-1], confidence):
                return said
        return QUIET


def _risen(before: _Weighted, since: _Weighted, confidence: float) -> bool:
    if before.mean is None or since.mean is None:
        return False
    bound = math.sqrt((before.squares + since.squares) * math.log(1.0 / confidence) / 2.0)
    return since.mean - before.mean > bound


def _confidences(alarm: float, warning: float) -> tuple[float, float]:
    if not 0.0 < alarm <= warning < 1.0:
        raise ValueError(
            f"alarm: 0 < alarm <= warning < 1 is needed, got {alarm!r} and {warning!r}"
        )
    return alarm, warning
