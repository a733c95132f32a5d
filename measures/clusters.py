"""Several studies of one patient are not independent: whose they are, and measures by weight.

A measure may declare a weighted form (:func:`weighted_by`): the same number from study weights,
for many resamples of patients at once (:mod:`measures.bootstrap`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.inputs import Numbers

__all__ = [
    "Measure",
    "Resampling",
    "WeightedForm",
    "patient_codes",
    "weighted_by",
    "weighted_form",
]

Measure = Callable[..., Estimate]
WeightedForm = Callable[[Numbers, Numbers, Numbers], Numbers]
_Declared = TypeVar("_Declared", bound=Measure)

_WEIGHTED: dict[Measure, WeightedForm] = {}


@dataclass(frozen=True, slots=True)
class Resampling:
    """How an interval by resampling was drawn, so that anybody can draw it again.

    seed: of the random generator (PCG64), never implicit. replicates: resamples, at least 200.

    >>> Resampling(seed=7).replicates
    2000
    """

    seed: int
    replicates: int = 2000

    def __post_init__(self) -> None:
        if self.replicates < 200:
            raise ValueError(f"replicates must be at least 200, not {self.replicates}")


def weighted_by(form: WeightedForm) -> Callable[[_Declared], _Declared]:
    """Declare the weighted form of a measure: ``form(truth, prediction, weights)`` with truth and
    prediction of shape (studies,), weights of shape (resamples, studies), gives (resamples,) with
    NaN where the measure is undefined.

    >>> @weighted_by(lambda truth, score, weights: weights @ score / weights.sum(axis=1))
    ... def mean_score(truth, score):
    ...     return Estimate("mean_score", len(score), float(np.mean(score)), 0.0, 1.0)
    >>> mean_score([1, 0], [0.5, 0.1]).value
    0.3
    """

    def declare(measure: _Declared) -> _Declared:
        _WEIGHTED[measure] = form
        return measure

    return declare


def patient_codes(patients: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which patient each study is of, as whole numbers from 0, and each patient's first study.

    patients: pseudonyms or numbers, shape (studies,). Raises ValueError for a missing patient.

    >>> [column.tolist() for column in patient_codes(["b", "a", "b"])]
    [[1, 0, 1], [1, 0]]
    """
    labels = np.asarray(patients)
    if labels.ndim != 1:
        raise ValueError(f"patients: needs one entry per study, got shape {labels.shape}")
    names = [str(label) for label in labels.tolist()]
    if any(name in ("", "None", "nan", "NaT", "<NA>") for name in names):
        raise ValueError("patients: a study without a patient cannot be counted")
    _, first, codes = np.unique(
        np.asarray(names, dtype=str), return_index=True, return_inverse=True
    )
    return codes, first


def weighted_form(measure: Any) -> WeightedForm | None:
    """The form that a measure declared, or None; a partial that only chooses the interval keeps it.

    >>> weighted_form(len) is None
    True
    """
    if isinstance(measure, functools.partial) and not measure.args:
        if set(measure.keywords) <= {"level", "interval"}:
            return _WEIGHTED.get(measure.func)
        return None
    return _WEIGHTED.get(measure)
