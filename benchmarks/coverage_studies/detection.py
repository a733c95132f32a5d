"""Lesions found, at a threshold and at so many false positives per image; patients with several."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.clusters import Resampling
from measures.detection import Matched
from measures.estimate import Estimate
from measures.froc import froc_score, lesion_sensitivity, sensitivity_at_false_positives
from measures.inputs import Numbers

RESAMPLES = 200
MARKED, RATE = 0.9, 2.0  # share of lesions that get a mark; false positives per image, in all
SCORE = 1.5  # how much higher a lesion's mark is scored, in standard deviations
Measure = Callable[[Matched, int], Estimate]


def tail(cut: float) -> float:
    """Share of a standard normal at or above."""
    from scipy.special import ndtr

    return float(ndtr(-cut))


def share_at(rate: float) -> float:
    """True share of lesions found at so many false positives per image."""
    from scipy.special import ndtri

    cut = -np.inf if rate >= RATE else float(-ndtri(rate / RATE))
    return MARKED * tail(cut - SCORE)


def images(rng: Generator, count: int, shared: float) -> Matched:
    """One image a patient, up to 5 lesions; `shared`: correlation of the scores of one patient."""
    per_image = np.minimum(rng.geometric(0.5, count) - 1, 5)
    whose = np.repeat(np.arange(count), per_image)
    easy = rng.normal(size=count)
    score = (
        SCORE + np.sqrt(shared) * easy[whose] + np.sqrt(1 - shared) * rng.normal(size=whose.size)
    )
    marked = rng.random(whose.size) < MARKED
    false = np.repeat(np.arange(count), rng.poisson(RATE, count))
    return Matched(
        np.r_[score[marked], rng.normal(size=false.size)], np.r_[whose[marked], false],
        np.r_[np.flatnonzero(marked), np.full(false.size, -1)],
        np.where(marked, score, -np.inf), whose, count,
    )  # fmt: skip


def limits_of(measure: Measure, patients: int, shared: float) -> Intervals:
    """One estimate a drawn set of images."""

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        limits = np.full((repeats, 2), np.nan)
        for repeat in range(repeats):
            found = measure(images(rng, patients, shared), repeat)
            if found.low is not None and found.high is not None:
                limits[repeat] = found.low, found.high
        return limits[:, 0], limits[:, 1]

    return intervals


def at_threshold(found: Matched, _seed: int) -> Estimate:
    """At threshold 1."""
    return lesion_sensitivity(found, 1.0, patients=range(found.images))


def at_half(found: Matched, seed: int) -> Estimate:
    """At half a false positive per image."""
    how = Resampling(seed, RESAMPLES)
    one = sensitivity_at_false_positives(found, [0.5], patients=range(found.images), resampling=how)
    return one[0]


def score_of(found: Matched, seed: int) -> Estimate:
    """Mean over 1/4, 1/2 and 1."""
    how = Resampling(seed, RESAMPLES)
    return froc_score(found, (0.25, 0.5, 1.0), patients=range(found.images), resampling=how)


BOOTSTRAP = "cluster bootstrap, expanded percentile"
MEASURES: list[tuple[str, str, float, Measure, int]] = [
    ("lesion_sensitivity", "Wilson, Rao-Scott", MARKED * tail(1.0 - SCORE), at_threshold, 40),
    ("lesion_sensitivity_at_0.5_false_positives", BOOTSTRAP, share_at(0.5), at_half, 40),
    (
        "froc_score",
        BOOTSTRAP,
        float(np.mean([share_at(r) for r in (0.25, 0.5, 1.0)])),
        score_of,
        40,
    ),
]
STUDIES = [
    Study(
        name, method, f"{patients} patients, about {patients} lesions, correlation {shared:g}",
        truth, limits_of(measure, patients, shared),
        claimed=(0.93, 0.97) if patients >= enough else None,
        note="" if patients >= enough else "few lesions: wide",
    )
    for name, method, truth, measure, enough in MEASURES
    for patients, shared in ((20, 0.0), (40, 0.5), (100, 0.0), (100, 0.5))
]  # fmt: skip
