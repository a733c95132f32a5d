"""What each knob of the simulator does to image quality, as measured: knob_effects.csv.

Measured by scripts/measure_knobs.py on 100 simulated studies of Northfield a grade. Between grades
the effect is interpolated on a straight line, beyond the last it stays.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from monitoring.detectors.base import FloatArray

__all__ = ["NEUTRAL_AUC", "KnobEffects", "knob_effects"]

TABLE = Path(__file__).with_name("knob_effects.csv")
NEUTRAL_AUC = 0.879
"""What the classifier of docs/simulator.md reached with no knob turned."""
NEUTRAL = {"noise": 1.0, "gain": 1.0, "resolution": 1.0}
WITHOUT_NEUTRAL = ("prevalence", "age_mean", "female_share", "portable_share")
"""Knobs that set the patients' mix: their neutral value is the site's own, read between grades."""


@dataclass(frozen=True)
class KnobEffects:
    """One knob: rising grades, and by measure of image quality the shift of its mean and the ratio
    of its SD, both in SD of a study with no knob turned. auc: shape (grades,), NaN unmeasured."""

    grades: FloatArray
    shifts: dict[str, FloatArray]
    spreads: dict[str, FloatArray]
    auc: FloatArray

    def shift(self, column: str, grade: ArrayLike) -> FloatArray:
        """How far the mean of a measure moves at these grades, in SD."""
        return np.interp(np.asarray(grade, np.float64), self.grades, self.shifts[column])

    def spread(self, column: str, grade: ArrayLike) -> FloatArray:
        """How much wider a measure scatters at these grades: 1 as before."""
        return np.interp(np.asarray(grade, np.float64), self.grades, self.spreads[column])

    def separation(self, grade: ArrayLike) -> FloatArray:
        """Share of the distance between diseased and healthy that scores keep at these grades.

        Of binormal scores, whose distance is sqrt(2) times the normal quantile of the AUC. 1 where
        no AUC was measured.
        """
        from scipy.special import ndtri

        known = np.isfinite(self.auc)
        if known.sum() < 2:
            return np.ones_like(np.asarray(grade, np.float64))
        kept = np.clip(ndtri(self.auc[known]) / ndtri(NEUTRAL_AUC), 0.0, 1.0)
        return np.interp(np.asarray(grade, np.float64), self.grades[known], kept)


@cache
def measured_knobs() -> tuple[str, ...]:
    """The names of the knobs whose effects were measured, in order."""
    with TABLE.open(encoding="utf-8", newline="") as opened:
        return tuple(sorted({row["knob"] for row in csv.DictReader(opened)}))


@cache
def knob_effects(knob: str) -> KnobEffects:
    """The measured effects of one knob; KeyError for one that was not measured."""
    with TABLE.open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["knob"] == knob]
    if not rows:
        raise KeyError(knob)
    columns = list(dict.fromkeys(row["column"] for row in rows))
    by_grade = {(float(row["grade"]), row["column"]): row for row in rows}
    neutral = [] if knob in WITHOUT_NEUTRAL else [NEUTRAL.get(knob, 0.0)]
    measured = sorted({grade for grade, _ in by_grade})
    first = [0.0] * len(neutral)
    auc = [by_grade[grade, columns[0]]["auc"] for grade in measured]
    return KnobEffects(
        np.array([*neutral, *measured]),
        {one: np.array([*first, *(float(by_grade[grade, one]["shift"]) for grade in measured)])
         for one in columns},
        {one: np.array([*(1.0 for _ in first), *(float(by_grade[grade, one]["spread"])
                                                 for grade in measured)]) for one in columns},
        np.array([*(NEUTRAL_AUC for _ in first), *(float(one) if one else np.nan for one in auc)]),
    )  # fmt: skip
