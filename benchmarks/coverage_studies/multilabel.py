"""Mean AUC over findings that may be present together, some of them not known in some studies."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.inputs import Numbers
from measures.multilabel import auc_over_findings, paired_auc_over_findings_difference

APART = np.array([1.0, 1.5, 2.5])  # how far studies with each finding lie from those without
SHARES = np.array([0.4, 0.2, 0.1])
FINDINGS = ("a", "b", "c")


def areas() -> Numbers:
    """True area of each finding."""
    from scipy.special import ndtr

    return np.asarray(ndtr(APART / np.sqrt(2.0)), dtype=np.float64)


def drawn(
    rng: Generator, n: int, studies: int, known: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States of findings that come together, noise that is half in common, and the patients."""
    from scipy.special import ndtri

    whose = np.repeat(np.arange(n // studies), studies)
    ill = (rng.normal(size=(n // studies, 1)) + rng.normal(size=(n // studies, 3))) / np.sqrt(2.0)
    states = (ill > ndtri(1.0 - SHARES)).astype(int)[whose]
    noise = (rng.normal(size=(n, 1)) + rng.normal(size=(n, 3))) / np.sqrt(2.0)
    if studies > 1:
        noise = (noise + rng.normal(size=(n // studies, 3))[whose]) / np.sqrt(2.0)
    shown = states.copy()
    shown[rng.random((n, 3)) > known] = -1
    return shown, noise + states * APART, whose


def limits_of(n: int, studies: int, known: float, *, paired: bool) -> Intervals:
    """One estimate a drawn set; `studies` of each patient; each state known with this chance."""

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        limits = np.full((repeats, 2), np.nan)
        for repeat in range(repeats):
            states, scores, whose = drawn(rng, n, studies, known)
            patients = whose if studies > 1 else None
            if paired:
                blurred = scores + rng.normal(size=scores.shape)
                found = paired_auc_over_findings_difference(
                    states, scores, blurred, FINDINGS, patients=patients
                )
            else:
                found = auc_over_findings(states, scores, FINDINGS, patients=patients)
            if found.low is not None and found.high is not None:
                limits[repeat] = found.low, found.high
        return limits[:, 0], limits[:, 1]

    return intervals


def lost() -> float:
    """True difference to scores with as much noise again."""
    from scipy.special import ndtr

    return float(areas().mean() - np.mean(ndtr(APART / 2.0)))


SETTINGS = [(100, 1, 1.0), (100, 1, 0.7), (300, 1, 1.0), (300, 1, 0.7), (300, 3, 0.7)]
STUDIES = [
    Study(
        "macro_auc_difference" if paired else "macro_auc",
        "DeLong, mean over findings" + (", paired" if paired else ", logit"),
        f"{n} studies" + (f", {studies} of each patient" if studies > 1 else "")
        + f", findings 40% 20% 10%, {known:.0%} of states known",
        lost() if paired else float(areas().mean()),
        limits_of(n, studies, known, paired=paired),
    )
    for paired in (False, True)
    for n, studies, known in SETTINGS
]  # fmt: skip
