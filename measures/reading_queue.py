"""In what order waiting studies are read, and how long they wait: the device's one use in triage.

The rule moves a study up and never down, and it has an end: a study that has waited the longest
wait stands before everything that came after it, flagged or not. With one reader nobody therefore
waits longer than first-come-first-served would have made them wait, plus the longest wait, plus
one reading.
"""

from __future__ import annotations

import math
from collections import deque
from heapq import heappop, heappush

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, number_column, refuse_unequal

__all__ = ["mean_difference_by_day", "reading_order", "reading_starts"]

Order = NDArray[np.intp]


def reading_order(
    arrived: ArrayLike, moved_up: ArrayLike, *, now: float, longest_wait: float
) -> Order:
    """Which of the studies that wait now is read first, second, and so on.

    First those that have waited the longest wait, then those moved up, then the others; each
    group in the order of arrival, and equal arrivals in the order given.

    arrived: when each came, in minutes on any clock; moved_up: 0/1; both of shape (studies,).
    now: on the same clock, not before the last arrival. longest_wait: minutes, not negative.
    Returns positions, shape (studies,). Raises ValueError for malformed columns.

    >>> reading_order([0, 5, 6], [0, 0, 1], now=10, longest_wait=60).tolist()
    [2, 0, 1]
    >>> reading_order([0, 5, 6], [0, 0, 1], now=61, longest_wait=60).tolist()
    [0, 2, 1]
    """
    came, flagged = _columns(arrived, moved_up)
    _refuse_negative("longest_wait", longest_wait)
    if came.size and now < came.max():
        raise ValueError("now must not be before the last arrival")
    waited = now - came >= longest_wait
    group = np.where(waited, 0, np.where(flagged, 1, 2))
    return np.lexsort((came, group))


def reading_starts(
    arrived: ArrayLike,
    moved_up: ArrayLike,
    minutes: ArrayLike,
    *,
    readers: int,
    longest_wait: float,
    known: ArrayLike | None = None,
) -> Numbers:
    """When the reading of each study begins, with so many readers who take one after the other.

    A free reader takes the study that :func:`reading_order` puts first; a reading is not broken
    off. A study is moved up from the moment on that the device has answered, and is read in its
    turn before that: reading never waits for the device.

    arrived: minutes, rising; moved_up: 0/1; minutes: how long each is read, positive; known: when
    the device's answer is there (by default on arrival), not before it; all of shape (studies,).
    readers: 1 or more. longest_wait: minutes; infinite where waiting moves nothing up.
    Returns the starts in minutes, shape (studies,). Raises ValueError for malformed columns.

    >>> reading_starts([0, 1, 2], [0, 0, 1], [10, 10, 10], readers=1, longest_wait=60).tolist()
    [0.0, 20.0, 10.0]
    """
    came, flagged = _columns(arrived, moved_up)
    lasts = number_column("minutes", minutes)
    answered = came if known is None else number_column("known", known)
    refuse_unequal(arrived=came, minutes=lasts, known=answered)
    _refuse_negative("longest_wait", longest_wait)
    if readers < 1:
        raise ValueError(f"readers must be at least 1, not {readers}")
    if np.any(np.diff(came) < 0):
        raise ValueError("arrived must rise: give the studies in the order of arrival")
    if np.any(lasts <= 0) or np.any(answered < came):
        raise ValueError("minutes must be positive, and known not before arrived")
    return _read(came, flagged, lasts, answered, readers, longest_wait)


def _read(
    came: Numbers, flagged: NDArray[np.bool_], lasts: Numbers, answered: Numbers,
    readers: int, longest_wait: float,
) -> Numbers:  # fmt: skip
    starts = np.full(came.size, np.nan)
    free = [0.0] * readers  # when each reader is free, a heap
    turn: deque[int] = deque()  # all that wait, by arrival
    urgent: list[int] = []  # those moved up, a heap by arrival
    answers = deque(sorted(np.flatnonzero(flagged).tolist(), key=lambda one: answered[one]))
    taken = np.zeros(came.size, dtype=bool)
    arrivals, clock = 0, 0.0
    for _ in range(came.size):
        at = clock = max(heappop(free), clock)  # a reader who idled takes nothing of the past
        while turn and taken[turn[0]]:
            turn.popleft()
        if not turn and arrivals < came.size:
            at = clock = max(at, float(came[arrivals]))
        while arrivals < came.size and came[arrivals] <= at:
            turn.append(arrivals)
            arrivals += 1
        while answers and answered[answers[0]] <= at:
            heappush(urgent, answers.popleft())
        while urgent and taken[urgent[0]]:
            heappop(urgent)
        first = turn[0]
        chosen = first if not urgent or at - came[first] >= longest_wait else urgent[0]
        taken[chosen] = True
        starts[chosen] = at
        heappush(free, at + float(lasts[chosen]))
    return starts


def mean_difference_by_day(
    measure: str, first: ArrayLike, second: ArrayLike, days: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """How much longer studies wait in the first than in the second, on average.

    Studies of one day wait for each other, so days are the independent units: the mean over
    studies, as the ratio of two sums over days, with its linearised variance between days and
    Student's t with (days - 1) degrees of freedom (Cochran, Sampling Techniques, 3rd ed., 6.3).

    first, second: minutes; days: which day each study is of; all of shape (studies,).
    Not estimable from fewer than two days. Raises ValueError for malformed columns.

    >>> print(mean_difference_by_day("wait", [3, 5, 4, 8], [1, 1, 1, 1], [0, 0, 1, 1]))
    wait 4.000 (95 % interval -8.706 to 16.706, n = 4)
    """
    from scipy.special import stdtrit

    gained = number_column("first", first) - number_column("second", second)
    of = np.asarray(days)
    refuse_unequal(first=gained, days=of)
    units, codes = np.unique(of, return_inverse=True)
    if units.size < 2:
        return Estimate.not_estimable(
            measure, "fewer than two days hold such a study", n=int(gained.size)
        )
    sums, counts = np.bincount(codes, weights=gained), np.bincount(codes).astype(np.float64)
    mean = float(sums.sum() / counts.sum())
    left = sums - mean * counts
    spread = units.size / (units.size - 1) * float(left @ left)
    reach = float(stdtrit(units.size - 1, (1 + level) / 2)) * math.sqrt(spread) / counts.sum()
    return Estimate(
        measure, n=int(gained.size), value=mean, low=mean - reach, high=mean + reach, level=level,
        method=f"ratio of sums over {units.size} days, t",
    )  # fmt: skip


def _columns(arrived: ArrayLike, moved_up: ArrayLike) -> tuple[Numbers, NDArray[np.bool_]]:
    came = number_column("arrived", arrived)
    flagged = np.asarray(binary_column("moved_up", moved_up), dtype=bool)
    refuse_unequal(arrived=came, moved_up=flagged)
    return came, flagged


def _refuse_negative(name: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{name} must not be negative, but is {value}")
