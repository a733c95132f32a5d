"""Means over studies (Dice, HD95, PSNR and the like), patients drawn again and again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.clusters import Resampling
from measures.inputs import Numbers
from measures.study_means import mean_over_studies

RESAMPLES = 200  # 2,000 in use; limits of 200 are a little less steady, not shifted
Draw = Callable[[Generator, int], Numbers]


def good_dice(rng: Generator, patients: int) -> Numbers:
    """Mean 0.9, skewed to the left, as for an organ."""
    return rng.beta(18.0, 2.0, patients)


def dice_with_misses(rng: Generator, patients: int) -> Numbers:
    """One lesion in ten is missed altogether (Dice 0), the others average 0.8."""
    return np.where(rng.random(patients) < 0.1, 0.0, rng.beta(8.0, 2.0, patients))


def distance(rng: Generator, patients: int) -> Numbers:
    """HD95 in mm: log-normal, median 4, a long tail to the right."""
    return rng.lognormal(np.log(4.0), 0.8, patients)


def decibels(rng: Generator, patients: int) -> Numbers:
    """PSNR: near normal."""
    return rng.normal(34.0, 3.0, patients)


def limits_of_means(draw: Draw, patients: int, studies: int) -> Intervals:
    """Each patient with so many studies that share most of what is special about the patient."""

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        whose = np.repeat(np.arange(patients), studies)
        limits = np.full((repeats, 2), np.nan)
        for repeat in range(repeats):
            values = draw(rng, patients)[whose]
            if studies > 1:  # half of the studies are as the patient's, half are like anybody's
                other = rng.random(whose.size) < 0.5
                values = np.where(other, draw(rng, whose.size), values)
            how = Resampling(seed=repeat, replicates=RESAMPLES)
            found = mean_over_studies("mean", values.tolist(), patients=whose, resampling=how)
            if found.low is not None and found.high is not None:
                limits[repeat] = found.low, found.high
        return limits[:, 0], limits[:, 1]

    return intervals


DATA: dict[str, tuple[Draw, float, int]] = {
    "Dice, mean 0.9": (good_dice, 0.9, 20),
    "Dice, 1 in 10 missed": (dice_with_misses, 0.72, 50),
    "HD95, log-normal": (distance, 4.0 * float(np.exp(0.32)), 200),
    "PSNR, normal": (decibels, 34.0, 20),
}
SHORT = "few patients with a skewed measure: too short"


def study(name: str, patients: int, studies: int = 1) -> Study:
    """One row; `enough` is the number of patients from which nominal coverage is claimed."""
    draw, truth, enough = DATA[name]
    each = "" if studies == 1 else f" with {studies} studies each"
    return Study(
        "mean over studies", "cluster bootstrap, expanded percentile",
        f"{name}, {patients} patients{each}", truth, limits_of_means(draw, patients, studies),
        claimed=(0.93, 0.97) if patients >= enough else None,
        note="" if patients >= enough else SHORT,
    )  # fmt: skip


STUDIES = [
    *(study(name, patients) for name in list(DATA)[:3] for patients in (20, 50, 100)),
    study("PSNR, normal", 20),
    study("Dice, mean 0.9", 30, studies=4),
    study("Dice, 1 in 10 missed", 50, studies=4),
]
