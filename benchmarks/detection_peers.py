"""Three peers of the watch as series of a statistic, so that each can be set to one false-alarm
rate: FDA's AIM-CU, NannyML's and Evidently's defaults. Published rules, none of their code.

A peer alarms in a window where its statistic lies above its limit, which each has of its own:
AIM-CU h (4), NannyML 3 SD, Evidently 1 (a column at its default threshold).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.reference_summary import summarise_numbers
from measures.roc import auc
from measures.shift_distances import jensen_shannon_distance
from monitoring.replay_tables import WatchTable

__all__ = ["Stream", "aimcu", "evidently", "nannyml", "released_cusum"]

Numbers = NDArray[np.float64]
NOTHING = -np.inf
FEW = 5
"""Cases without which a day or chunk has no figure of performance: one miss among two would set the
limit of a tool that does not know how many cases stand behind a figure."""


@dataclass(frozen=True)
class Stream:
    """Studies of one site in order of time, day 0 the first, and the truth by day of arrival."""

    columns: dict[str, Any]
    day: NDArray[np.int64]
    days: int
    truth: Numbers
    truth_day: Numbers

    @classmethod
    def of(cls, table: WatchTable, *, first: int, days: int) -> Stream:
        """A table of one site."""
        return cls(table.values(), table.day - first, days, table.truth, table.truth_day - first)

    def windows(self, length: int) -> Iterator[tuple[int, slice]]:
        """Last day and rows of each whole window."""
        for start in range(0, self.days - length + 1, length):
            low, high = np.searchsorted(self.day, [start, start + length])
            yield start + length - 1, slice(int(low), int(high))

    def arrived(self, first: int, last: int) -> NDArray[np.bool_]:
        """Whose truth came on these days."""
        return (self.truth_day >= first) & (self.truth_day <= last)


def aimcu(reference: Stream, watched: Stream) -> Numbers:
    """Largest sum of any chart, in SD: AIM-CU's two-sided CUSUM, one on each daily figure.

    S+ = max(0, S+ + x - mean - k SD), S- mirrored, k = 0.5; mean and population SD of the baseline;
    sums are rounded to two decimals before they are compared, as released. AIM-CU watches one
    figure; here one chart watches each of: the daily mean of every column of numbers and share of
    every level (in SD of a study), missing entries, studies, positive decisions, sensitivity and
    specificity of the truth that came, of 5 cases on. Baseline: the whole reference, not its first
    30 days.
    """
    highest = np.zeros(watched.days)
    for before, now in zip(_daily(reference), _daily(watched, like=reference), strict=True):
        known = before[np.isfinite(before)]
        mean, sd = float(known.mean()), float(known.std())
        if sd > 0.0:
            highest = np.maximum(highest, released_cusum(now, mean=mean, sd=sd) / sd)
    return highest


def released_cusum(values: Numbers, *, mean: float, sd: float) -> Numbers:
    """The larger of both sums after each value, as AIM-CU compares it: rounded to two decimals."""
    up, down, found = 0.0, 0.0, []
    for value in values:
        if np.isfinite(value):
            up = max(0.0, up + value - mean - 0.5 * sd)
            down = max(0.0, down - value + mean - 0.5 * sd)
        found.append(round(max(up, down), 2))
    return np.array(found)


def _daily(stream: Stream, like: Stream | None = None) -> Iterator[Numbers]:
    """A figure a day, NaN where there is none; the same figures for a stream `like` another."""
    other = like or stream
    count = np.bincount(stream.day, minlength=stream.days).astype(np.float64)
    yield count
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, values in other.columns.items():
            mine = stream.columns[name]
            if values.dtype == object:
                for level in sorted({one for one in values if one is not None}):
                    yield np.bincount(stream.day, mine == level, stream.days) / count
                missing = np.array([one is None for one in mine], np.float64)
            else:
                known, ok = values[np.isfinite(values)], np.isfinite(mine)
                scaled = np.where(ok, (mine - known.mean()) / (known.std() or 1.0), 0.0)
                yield (np.bincount(stream.day, scaled, stream.days)
                       / np.bincount(stream.day, ok, stream.days))  # fmt: skip
                missing = (~ok).astype(np.float64)
            yield np.bincount(stream.day, missing, stream.days) / count
        for finding in (1.0, 0.0):
            of = stream.arrived(0, stream.days - 1) & (stream.truth == finding)
            day = stream.truth_day[of].astype(np.int64)
            right = (stream.columns["decision"][of] == finding).astype(np.float64)
            cases = np.bincount(day, minlength=stream.days).astype(np.float64)
            cases[cases < FEW] = np.nan
            yield np.bincount(day, right, stream.days) / cases


def nannyml(reference: Stream, watched: Stream, *, length: int) -> Numbers:
    """Largest distance from the mean over the reference's chunks, in their population SDs.

    Univariate Jensen-Shannon distances of every column (Doane's bins), as it does of itself, and
    realised AUC of the truth that came, of 5 cases of either kind on. Its own limit is 3.
    """
    highest = np.full(watched.days, NOTHING)
    ends = [end for end, _ in watched.windows(length)]
    for name, values in reference.columns.items():
        code = _cells(values)
        whole = code(values).sum(axis=0)
        own, now = (
            jensen_shannon_distance(
                np.tile(whole / whole.sum(), (len(counts), 1)),
                counts / counts.sum(axis=1, keepdims=True),
            )
            for counts in (_counts(one, name, code, length) for one in (reference, watched))
        )
        sd = own.std()
        if sd > 0.0:
            highest[ends] = np.fmax(highest[ends], (now - own.mean()) / sd)
    before, after = _areas(reference, length), _areas(watched, length)
    sd = np.nanstd(before) if np.isfinite(before).any() else 0.0
    if sd > 0.0:
        highest[ends] = np.fmax(highest[ends], np.abs(after - np.nanmean(before)) / sd)
    return highest


def _cells(values: Any) -> Any:
    """Which cell each entry falls in, as rows of a table of ones, by the reference column."""
    if values.dtype == object:
        levels = sorted({one for one in values if one is not None})

        def of_names(entries: Any) -> Numbers:
            found = np.array([entries == one for one in levels], np.float64).T
            return np.column_stack([found, 1.0 - found.sum(axis=1)])

        return of_names
    edges = summarise_numbers(values).doane_edges

    def of_numbers(entries: Any) -> Numbers:
        cells = np.searchsorted(edges, entries, "right") - 1
        cells[entries == edges[-1]] = len(edges) - 2
        outside = ~((entries >= edges[0]) & (entries <= edges[-1]))
        cells[outside] = len(edges) - 1
        table = np.zeros((len(entries), len(edges)))
        table[np.arange(len(entries)), cells] = np.isfinite(entries)
        return table

    return of_numbers


def _counts(stream: Stream, name: str, code: Any, length: int) -> Numbers:
    """Entries in each cell, a row a chunk; chunks without any hold the whole."""
    table = code(stream.columns[name])
    sums = np.vstack([np.zeros(table.shape[1]), np.cumsum(table, axis=0)])
    rows = [(rows.start, rows.stop) for _, rows in stream.windows(length)]
    counts = np.array([sums[high] - sums[low] for low, high in rows])
    counts[counts.sum(axis=1) == 0] = table.sum(axis=0)
    return counts


def _areas(stream: Stream, length: int) -> Numbers:
    found = []
    for end, _ in stream.windows(length):
        of = stream.arrived(end - length + 1, end)
        diseased = int(stream.truth[of].sum())
        if min(diseased, int(of.sum()) - diseased) < FEW:
            found.append(np.nan)
            continue
        value = auc(stream.truth[of].astype(int), stream.columns["score"][of]).value
        found.append(np.nan if value is None else value)
    return np.array(found)


def evidently(reference: Stream, watched: Stream, *, length: int) -> Numbers:
    """Largest drift score of any column by Evidently's preset, in units of its threshold 0.1.

    Above 1,000 reference rows: Wasserstein distance in reference SDs for numbers, Jensen-Shannon
    (base e) for names and few values. Missing entries are left out.
    """
    highest = np.full(watched.days, NOTHING)
    for name, values in reference.columns.items():
        names = values.dtype == object or len(np.unique(values[np.isfinite(values)])) <= 5
        distance = _levels_moved(values) if names else _numbers_moved(values)
        for end, rows in watched.windows(length):
            score = distance(watched.columns[name][rows])
            highest[end] = np.fmax(highest[end], score / 0.1)
    return highest


def _levels_moved(values: Any) -> Any:
    known = [one for one in values.tolist() if one is not None and one == one]
    levels = sorted(set(known))
    before = np.array([known.count(one) for one in levels], np.float64) / len(known)

    def moved(entries: Any) -> float:
        now = [one for one in entries.tolist() if one is not None and one == one]
        if not now:
            return NOTHING
        every = levels + sorted(set(now) - set(levels))
        after = np.array([now.count(one) for one in every]) / len(now)
        p = np.append(before, np.zeros(len(every) - len(levels)))
        return float(jensen_shannon_distance(p, after, base=np.e))

    return moved


def _numbers_moved(values: Numbers) -> Any:
    """Area between two step curves, by the antiderivative of the reference's."""
    known = np.sort(values[np.isfinite(values)])
    n, sd = len(known), max(float(known.std()), 0.001)
    below = np.concatenate([[0.0], np.cumsum(np.diff(known) * np.arange(1, n) / n)])

    def area(at: Numbers) -> Numbers:
        place = np.searchsorted(known, at, "right")
        last = np.maximum(place - 1, 0)
        return np.where(place == 0, 0.0, below[last] + (at - known[last]) * place / n)

    def moved(entries: Numbers) -> float:
        x = np.sort(entries[np.isfinite(entries)])
        if not len(x):
            return NOTHING
        low, high = min(x[0], known[0]), max(x[-1], known[-1])
        points = np.concatenate([[low], x, [high]])
        share = np.arange(len(x) + 1) / len(x)
        start, end = points[:-1], points[1:]
        cross = np.clip(known[np.clip((np.ceil(share * n) - 1).astype(int), 0, n - 1)], start, end)
        before = share * (cross - start) - (area(cross) - area(start))
        after = (area(end) - area(cross)) - share * (end - cross)
        return float((np.abs(before) + np.abs(after)).sum()) / sd

    return moved
