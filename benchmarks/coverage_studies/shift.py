"""The one interval of shift: DeLong's on the cross-validated AUC of the classifier test."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.classifier_two_sample import classifier_shift
from measures.inputs import Numbers
from measures.shift_verdict import ShiftLimits

__all__ = ["STUDIES"]

LIMITS = ShiftLimits(alpha=0.5, floor=0.0, permutations=1)
COLUMNS = 4


def _best(moved: float) -> float:
    """AUC of the best rule for two normal laws a distance apart: Phi(moved / sqrt 2)."""
    return 0.5 * math.erfc(-moved / 2.0)


def _intervals(n: int, m: int, moved: float) -> Intervals:
    def draw(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        limits = np.full((2, repeats), np.nan)
        for one in range(repeats):
            before, now = rng.normal(size=(n, COLUMNS)), rng.normal(size=(m, COLUMNS))
            now[:, 0] += moved
            found = classifier_shift(before, now, limits=LIMITS).separation
            if found.low is not None and found.high is not None:
                limits[:, one] = found.low, found.high
        return limits[0], limits[1]

    return draw


def _study(n: int, m: int, moved: float, note: str) -> Study:
    return Study(
        "separation (classifier shift)",
        "DeLong on cross-validated guesses",
        f"{n} and {m} studies, {COLUMNS} columns, one moved by {moved:g} SD",
        _best(moved),
        _intervals(n, m, moved),
        claimed=None,
        note=note,
    )


FITTED = "the classifier is fitted to few studies and worse than the best rule, whose AUC this is"
QUIET = "guesses of five fits are not independent; the p-value by arrangement is what holds here"
STUDIES: list[Study] = [
    _study(100, 50, 0.0, QUIET),
    _study(100, 50, 1.0, FITTED),
    _study(500, 200, 0.0, QUIET),
    _study(500, 200, 0.5, FITTED),
    _study(500, 200, 1.0, FITTED),
]
