"""AUC of each class against the rest, averaged; classes of equal and unequal size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.inputs import Numbers
from measures.multiclass import Average, auc_one_against_rest

APART = np.array([1.0, 1.5, 2.5])  # how far each class lies from the rest on its own score


def areas() -> Numbers:
    """True area of each class against the rest."""
    from scipy.special import ndtr

    return np.asarray(ndtr(APART / np.sqrt(2.0)), dtype=np.float64)


def limits_of(average: Average, n: int, mix: Sequence[float], studies: int) -> Intervals:
    """One estimate a drawn set; `studies` of each patient, of one class, with half of the noise."""

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        limits = np.full((repeats, 2), np.nan)
        whose = np.repeat(np.arange(n // studies), studies)
        for repeat in range(repeats):
            truth = rng.choice(3, n // studies, p=mix)[whose]
            noise = rng.normal(size=(whose.size, 3))
            if studies > 1:
                noise = (noise + rng.normal(size=(n // studies, 3))[whose]) / np.sqrt(2.0)
            scores = noise + np.eye(3)[truth] * APART
            patients = whose if studies > 1 else None
            found = auc_one_against_rest(
                truth, scores, [0, 1, 2], average=average, patients=patients
            )
            if found.low is not None and found.high is not None:
                limits[repeat] = found.low, found.high
        return limits[:, 0], limits[:, 1]

    return intervals


EQUAL, UNEQUAL = (1 / 3, 1 / 3, 1 / 3), (0.7, 0.2, 0.1)
SETTINGS = [(60, EQUAL, 1), (60, UNEQUAL, 1), (200, EQUAL, 1), (200, UNEQUAL, 1), (200, EQUAL, 4)]
AVERAGES: tuple[Average, ...] = ("macro", "weighted")
STUDIES = [
    Study(
        f"{average}_auc", "DeLong, one against the rest, logit",
        f"{n} studies" + (f", {studies} of each patient" if studies > 1 else "") + ", classes "
        + " ".join(f"{share:.0%}" for share in mix),
        float(areas() @ (np.full(3, 1 / 3) if average == "macro" else np.array(mix))),
        limits_of(average, n, mix, studies),
    )
    for average in AVERAGES
    for n, mix, studies in SETTINGS
]  # fmt: skip
