"""Differences of AUCs and of shares, on the same studies and on different ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.comparison import (
    newcombe_difference,
    paired_auc_difference,
    paired_proportion_difference,
    unpaired_auc_difference,
)
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import wilson
from measures.score_limits import miettinen_nurminen_limits, tango_limits

Limits = tuple[Numbers, Numbers]


def limits_of(found: Iterator[Estimate]) -> Limits:
    """Limits of many estimates, NaN where there is none."""
    pairs = [(math.nan, math.nan) if e.low is None else (e.low, e.high) for e in found]
    both = np.array(pairs, dtype=np.float64)
    return both[:, 0], both[:, 1]


def shift(area: float) -> float:
    """By how much two unit normals must be apart to have this AUC."""
    from scipy.special import ndtri

    return math.sqrt(2.0) * float(ndtri(area))


def paired_aucs(areas: tuple[float, float], correlation: float, n: tuple[int, int]) -> Intervals:
    """Binormal scores, correlated within a study."""

    def intervals(random: Generator, repeats: int) -> Limits:
        truth = np.repeat([1.0, 0.0], n)
        root = np.linalg.cholesky([[1.0, correlation], [correlation, 1.0]])

        def one() -> Estimate:
            scores = root @ random.normal(size=(2, truth.size))
            scores += np.array([[shift(area)] for area in areas]) * truth
            return paired_auc_difference(truth, scores[0], scores[1]).difference

        return limits_of(one() for _ in range(repeats))

    return intervals


def unpaired_aucs(
    areas: tuple[float, float], n: tuple[int, int], others: tuple[int, int]
) -> Intervals:
    """Binormal scores of two sites."""

    def intervals(random: Generator, repeats: int) -> Limits:
        truths = [np.repeat([1.0, 0.0], size) for size in (n, others)]

        def one() -> Estimate:
            sites = [
                (truth, random.normal(size=truth.size) + shift(area) * truth)
                for truth, area in zip(truths, areas, strict=True)
            ]
            return unpaired_auc_difference(sites[0], sites[1]).difference

        return limits_of(one() for _ in range(repeats))

    return intervals


def unpaired_shares(shares: tuple[float, float], n: tuple[int, int], score: bool) -> Intervals:
    """Two binomial samples."""

    def intervals(random: Generator, repeats: int) -> Limits:
        hits = [random.binomial(n[at], shares[at], repeats) for at in (0, 1)]
        if score:
            size, other = (np.full(repeats, one) for one in n)
            return miettinen_nurminen_limits(hits[0], size, hits[1], other)
        return limits_of(
            newcombe_difference(wilson("share", int(x), n[0]), wilson("share", int(y), n[1]))
            for x, y in zip(*hits, strict=True)
        )

    return intervals


def paired_shares(cells: tuple[float, float, float], n: int, score: bool) -> Intervals:
    """Cells: chances of both, only the first, only the second."""

    def intervals(random: Generator, repeats: int) -> Limits:
        tables = random.multinomial(n, [*cells, 1.0 - sum(cells)], repeats)
        if score:
            return tango_limits(tables[:, 1], tables[:, 2], np.full(repeats, n))
        first, second = np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0])
        return limits_of(
            paired_proportion_difference(
                np.repeat(first, table), np.repeat(second, table)
            ).difference
            for table in tables
        )

    return intervals


WIDE = "few differing studies, or AUCs near 1 from few: coarse, never short"


def _study(
    measure: str, method: str, setting: str, truth: float, intervals: Intervals, coarse: bool
) -> Study:
    claimed = (0.93, 1.0) if coarse else (0.93, 0.97)
    return Study(measure, method, setting, truth, intervals, claimed, WIDE if coarse else "")


def _areas() -> Iterator[Study]:
    pairs = [(0.80, 0.80), (0.90, 0.85), (0.96, 0.94)]
    for first, second in pairs:
        for n in ((20, 20), (50, 100), (30, 270)):
            coarse = n[0] < 25 and first > 0.95
            said = f"AUC {first:g} and {second:g}, {n[0]} + {n[1]} studies"
            yield _study(
                "AUC difference, paired", "DeLong", f"{said}, correlation 0.6", first - second,
                paired_aucs((first, second), 0.6, n), coarse,
            )  # fmt: skip
            yield _study(
                "AUC difference, unpaired", "Welch on DeLong", f"{said} at each of two sites",
                first - second, unpaired_aucs((first, second), n, n), coarse,
            )  # fmt: skip


def _shares() -> Iterator[Study]:
    made: list[tuple[str, Callable[..., Intervals], bool]] = [
        ("Newcombe", unpaired_shares, False), ("Miettinen-Nurminen", unpaired_shares, True),
    ]  # fmt: skip
    for first, second in ((0.7, 0.7), (0.9, 0.8), (0.97, 0.95)):
        for n in ((20, 20), (50, 50), (30, 300), (400, 400)):
            for method, of, score in made:
                coarse = first >= 0.9 and min(n) < 100
                yield _study(
                    "Difference of shares, unpaired", method,
                    f"{first:g} of {n[0]} and {second:g} of {n[1]}", first - second,
                    of((first, second), n, score), coarse,
                )  # fmt: skip
    for cells in ((0.6, 0.15, 0.10), (0.8, 0.06, 0.04), (0.93, 0.02, 0.01)):
        for size in (20, 50, 150, 500):
            for method, score in (("Newcombe, paired", False), ("Tango", True)):
                coarse = (cells[1] + cells[2]) * size < 8
                yield _study(
                    "Difference of shares, paired", method,
                    f"{cells[1]:g} gained, {cells[2]:g} lost, n = {size}", cells[1] - cells[2],
                    paired_shares(cells, size, score), coarse,
                )  # fmt: skip


STUDIES: list[Study] = [*_areas(), *_shares()]
