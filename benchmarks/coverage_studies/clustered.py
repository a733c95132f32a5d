"""Intervals where a patient has several studies that are alike, and the bootstrap.

A patient's own leaning has as much spread as the noise of one study, so that studies of a patient
correlate by one half.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Study
from measures.balanced import balanced_accuracy
from measures.binary import sensitivity
from measures.bootstrap import bootstrap
from measures.clustered import clustered
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.roc import auc

__all__ = ["STUDIES"]

_PREVALENCE, _APART, _CUT = 0.4, 1.5, 0.75
_Columns = tuple[Numbers, Numbers, Numbers]


def _clinic(rng: Generator, patients: int, most: int, mixed: bool) -> _Columns:
    """Truth, score (unit variance within a class), patient."""
    patient = np.repeat(np.arange(patients), rng.integers(1, most + 1, size=patients))
    ill = rng.random(patients)[patient] if not mixed else rng.random(patient.size)
    truth = (ill < _PREVALENCE).astype(np.float64)
    own = rng.normal(size=patients)[patient]
    score = (own + rng.normal(size=patient.size)) / 2**0.5 + _APART * truth
    return truth, score, patient.astype(np.float64)


def _limits(
    of: Callable[[_Columns, int], Estimate], patients: int, most: int, mixed: bool
) -> Callable[[Generator, int], tuple[Numbers, Numbers]]:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        limits = np.full((repeats, 2), np.nan)
        for i, row in enumerate(limits):
            found = of(_clinic(rng, patients, most, mixed), i)
            if found.low is not None and found.high is not None:
                row[:] = found.low, found.high
        return limits[:, 0], limits[:, 1]

    return intervals


def _truths() -> dict[str, float]:
    from scipy.special import ndtr

    right, spared = float(ndtr(_APART - _CUT)), float(ndtr(_CUT))
    flagged = _PREVALENCE * right + (1 - _PREVALENCE) * (1 - spared)
    jaccard = _PREVALENCE * right / (_PREVALENCE + (1 - _PREVALENCE) * (1 - spared))
    return {
        "sensitivity": right,
        "specificity": spared,
        "ppv": _PREVALENCE * right / flagged,
        "accuracy": _PREVALENCE * right + (1 - _PREVALENCE) * spared,
        "balanced_accuracy": 0.5 * (right + spared),
        "f1": 2 * jaccard / (1 + jaccard),
        "auc": float(ndtr(_APART / 2**0.5)),
    }


def _closed(name: str) -> Callable[[_Columns, int], Estimate]:
    def of(columns: _Columns, _: int) -> Estimate:
        truth, score, patient = columns
        asked = score if name == "auc" else (score >= _CUT).astype(np.float64)
        return clustered(name, truth, asked, patients=patient)

    return of


def _studies() -> list[Study]:
    found = []
    for patients, most in ((15, 5), (40, 5), (150, 4)):
        for name, truth in _truths().items():
            for mixed in (True, False):
                kind = "disease by study" if mixed else "disease by patient"
                setting = f"{patients} patients of 1 to {most} studies, {kind}"
                method = "Obuchowski" if name == "auc" else "ratio estimator, Rao-Scott"
                method = "linearised, logit" if name == "balanced_accuracy" else method
                few = patients < 40
                found.append(
                    Study(name, method, setting, truth,
                          _limits(_closed(name), patients, most, mixed),
                          (0.93, 1.0) if few else (0.93, 0.97),
                          "few patients: wide, not short" if few else "")
                )  # fmt: skip
    return found


def _drawn() -> list[Study]:
    measures = {"sensitivity": sensitivity, "balanced_accuracy": balanced_accuracy, "auc": auc}

    def of(name: str) -> Callable[[_Columns, int], Estimate]:
        def one(columns: _Columns, draw: int) -> Estimate:
            truth, score, patient = columns
            asked = score if name == "auc" else (score >= _CUT).astype(np.float64)
            how = Resampling(seed=draw, replicates=400)
            return bootstrap([(measures[name], asked)], truth, patients=patient, resampling=how)[0]

        return one

    return [
        Study(name, "bootstrap of patients", "60 patients of 1 to 4 studies, disease by study",
              _truths()[name], _limits(of(name), 60, 4, True))
        for name in measures
    ]  # fmt: skip


STUDIES: list[Study] = [*_studies(), *_drawn()]
