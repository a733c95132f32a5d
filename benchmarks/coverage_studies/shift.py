"""The one interval of shift: DeLong's on the half that the classifier was not fitted to.

The truth is another one each time, the AUC of the classifier as fitted: its own on many fresh
studies is taken from the limits, which are then to hold 0.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.classifier_two_sample import held_out_separation
from measures.inputs import Numbers
from measures.roc import placements

__all__ = ["STUDIES"]

COLUMNS, FRESH = 4, 10_000


def _drawn(rng: Generator, n: int, m: int, moved: float) -> tuple[Numbers, Numbers]:
    before, now = rng.normal(size=(n, COLUMNS)), rng.normal(size=(m, COLUMNS))
    now[:, 0] += moved
    return before, now


def _intervals(n: int, m: int, moved: float) -> Intervals:
    def draw(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        limits, truth = np.full((2, repeats), np.nan), np.arange(n + m) >= n
        for one in range(repeats):
            found, score = held_out_separation(np.concatenate(_drawn(rng, n, m, moved)), truth, rng)
            area = 0.5
            if moved:
                fresh = np.concatenate(_drawn(rng, FRESH, FRESH, moved))
                area = placements(np.arange(2 * FRESH) >= FRESH, score(fresh)).area
            if found.low is not None and found.high is not None:
                limits[:, one] = found.low - area, found.high - area
        return limits[0], limits[1]

    return draw


def _study(n: int, m: int, moved: float, note: str = "") -> Study:
    return Study(
        "separation (classifier shift)",
        "DeLong on the half not fitted to",
        f"{n} and {m} studies, {COLUMNS} columns, one moved by {moved:g} SD",
        0.0,
        _intervals(n, m, moved),
        claimed=None if note else (0.93, 0.97),
        note=note,
    )


STUDIES: list[Study] = [
    _study(40, 20, 0.0),
    _study(40, 20, 1.0),
    _study(100, 50, 0.0),
    _study(100, 50, 1.0),
    _study(500, 200, 0.0),
    _study(500, 200, 0.5),
    _study(500, 200, 1.0),
]
