"""ADWIN: a window that grows while nothing changes and drops its old part when something does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from measures.streams import ALARM, QUIET

__all__ = ["Adwin"]


@dataclass(slots=True)
class _Bucket:
    """Sum and sum of squared deviations of 1, 2, 4, ... consecutive values."""

    size: int
    total: float
    squares: float


class Adwin:
    """Alarms when the older and the newer part of an adaptive window have different means.

    The window is kept as buckets of 1, 2, 4, ... values, at most `buckets` of a size (Bifet &
    Gavalda 2007, ADWIN2). Every `clock` values each cut between buckets is tried, oldest first:
    the means differ when they are further apart than
    ``sqrt(2 m v d) + 2/3 d m`` with ``d = log(2 log(n) / delta)``, v the window's variance and
    ``m = 1/(n0 - least + 1) + 1/(n1 - least + 1)``; then the oldest bucket goes, until no cut
    differs. As in river 0.26 the detector starts afresh after an alarm. Values may have any unit.

    >>> detector = Adwin()
    >>> verdicts = [detector.update(value) for value in [0.0, 1.0] * 100 + [4.0] * 100]
    >>> verdicts.index("alarm")
    223
    """

    binary = False

    def __init__(
        self, *, delta: float = 0.002, clock: int = 32, buckets: int = 5, least: int = 5,
        grace: int = 10,
    ) -> None:  # fmt: skip
        if not 0.0 < delta < 1.0:
            raise ValueError(f"delta: must lie between 0 and 1, got {delta!r}")
        if min(clock, buckets, least) < 1:
            raise ValueError("clock, buckets and least: at least 1 each")
        self._delta, self._clock, self._buckets = delta, clock, buckets
        self._least, self._grace = least, grace
        self._restart()

    def _restart(self) -> None:
        self._rows: list[list[_Bucket]] = [[]]
        self._n, self._ticks, self._total, self._squares = 0, 0, 0.0, 0.0

    def update(self, value: float) -> str:
        """Take in the next value."""
        self._insert(value)
        self._ticks += 1
        if self._ticks % self._clock or self._n <= self._grace:
            return QUIET
        changed = False
        while self._some_cut_differs():
            changed = True
            self._drop_oldest()
        if not changed:
            return QUIET
        self._restart()
        return ALARM

    def _insert(self, value: float) -> None:
        if self._n:
            self._squares += self._n * (value - self._total / self._n) ** 2 / (self._n + 1)
        self._n += 1
        self._total += value
        self._rows[0].append(_Bucket(1, value, 0.0))
        row = 0
        while len(self._rows[row]) > self._buckets:
            if row + 1 == len(self._rows):
                self._rows.append([])
            first, second = self._rows[row].pop(0), self._rows[row].pop(0)
            self._rows[row + 1].append(_merged(first, second))
            row += 1

    def _some_cut_differs(self) -> bool:
        n0, total0 = 0, 0.0
        level = math.log(2.0 * math.log(self._n) / self._delta)
        variance = self._squares / self._n
        for bucket in self._oldest_first():
            n0, total0 = n0 + bucket.size, total0 + bucket.total
            n1 = self._n - n0
            if n0 < self._least or n1 < self._least:
                continue
            m = 1.0 / (n0 - self._least + 1) + 1.0 / (n1 - self._least + 1)
            bound = math.sqrt(2.0 * m * variance * level) + 2.0 / 3.0 * level * m
            if abs(total0 / n0 - (self._total - total0) / n1) > bound:
                return True
        return False

    def _oldest_first(self) -> Iterator[_Bucket]:
        for row in reversed(self._rows):
            yield from row

    def _drop_oldest(self) -> None:
        gone = self._rows[-1].pop(0)
        self._n -= gone.size
        self._total -= gone.total
        apart = gone.total / gone.size - self._total / self._n
        self._squares -= gone.squares + gone.size * self._n * apart**2 / (gone.size + self._n)
        if not self._rows[-1]:
            self._rows.pop()


def _merged(first: _Bucket, second: _Bucket) -> _Bucket:
    size = first.size + second.size
    apart = first.total / first.size - second.total / second.size
    between = first.size * second.size * apart**2 / size
    return _Bucket(size, first.total + second.total, first.squares + second.squares + between)
