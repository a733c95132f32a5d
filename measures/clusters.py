"""Several studies of one patient are not independent: intervals that resample patients, not images.

A measure may declare a weighted form (:func:`weighted_by`): the same number from study weights,
for many resamples at once. Measures without one are called once per resample. Slow for many
subgroups: reports use the closed forms of :mod:`measures.clustered`, tested against this.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.inputs import Numbers, number_column, refuse_unequal

__all__ = [
    "Measure",
    "Resampling",
    "WeightedForm",
    "cluster_bootstrap",
    "expanded_limits",
    "patient_codes",
    "patient_draws",
    "weighted_by",
]

Measure = Callable[..., Estimate]
WeightedForm = Callable[[Numbers, Numbers, Numbers], Numbers]
_Declared = TypeVar("_Declared", bound=Measure)

_WEIGHTED: dict[Measure, WeightedForm] = {}
_UNDEFINED_ALLOWED = 0.05  # share of resamples in which the measure may be undefined
_CELLS_AT_ONCE = 2_000_000  # weights held in memory: 16 MB


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


def cluster_bootstrap(
    measure: Measure,
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    patients: ArrayLike,
    resampling: Resampling,
) -> Estimate:
    """The same number as `measure` gives, with an interval that respects that studies of one
    patient resemble each other.

    Whole patients are drawn with replacement; the interval is the percentile interval of the
    resamples, widened for few patients by Student's t (the expanded percentile of Hesterberg,
    Am Stat 2015;69:371). n stays the number of studies; the method names patients and seed.
    When every resample agrees (say, no diseased study was missed) percentiles would pretend
    certainty: the interval is then the measure's own on one study per patient, the first.

    measure: a function of (truth, prediction) returning an Estimate; its level is kept.
    truth, prediction, patients: shape (studies,); patients holds pseudonyms or numbers.
    Not estimable with fewer than two patients, or when over 5 % of resamples are undefined.
    Raises ValueError for unequal lengths, a missing patient or malformed columns.

    >>> from measures.binary import sensitivity
    >>> found = cluster_bootstrap(sensitivity, [1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1],
    ...     patients=["a", "a", "b", "b", "c", "c"], resampling=Resampling(seed=1, replicates=400))
    >>> round(found.value, 3), found.low, found.high
    (0.667, 0.0, 1.0)
    """
    y, p = number_column("truth", truth), number_column("prediction", prediction)
    codes, first = patient_codes(patients)
    refuse_unequal(truth=y, prediction=p, patients=codes)
    plain = measure(y, p)
    if plain.value is None:
        return plain
    if first.size < 2:
        return Estimate.not_estimable(
            plain.measure, "fewer than two patients: nothing to resample", n=plain.n
        )
    values = _resampled(measure, (y, p), codes, resampling)
    defined = values[np.isfinite(values)]
    if defined.size < (1.0 - _UNDEFINED_ALLOWED) * values.size:
        reason = f"undefined in {values.size - defined.size} of {values.size} resamples of patients"
        return Estimate.not_estimable(plain.measure, reason, n=plain.n)
    if np.ptp(defined) <= 1e-12:
        return _one_study_per_patient(measure(y[first], p[first]), plain)
    low, high = expanded_limits(defined, first.size, level=plain.level)
    method = (
        f"cluster bootstrap, expanded percentile, {first.size} patients, "
        f"{resampling.replicates} resamples, seed {resampling.seed}"
    )
    return dataclasses.replace(plain, low=low, high=high, method=method)


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


def patient_draws(
    patients: int, resampling: Resampling, *, columns: int
) -> Iterator[NDArray[np.int64]]:
    """How often each patient is drawn in each resample, shape (some resamples, patients) at a time.

    columns: how many numbers per resample the caller makes of it; more come in smaller portions.

    >>> [part.sum(axis=1).tolist()[:2] for part in patient_draws(3, Resampling(1, 200), columns=3)]
    [[3, 3]]
    """
    rng = np.random.default_rng(resampling.seed)
    rows = max(1, min(resampling.replicates, _CELLS_AT_ONCE // columns))
    for start in range(0, resampling.replicates, rows):
        size = min(rows, resampling.replicates - start)
        yield rng.multinomial(patients, np.full(patients, 1.0 / patients), size=size)


def expanded_limits(values: Numbers, patients: int, *, level: float) -> tuple[float, float]:
    """Percentile limits of resampled values, widened for few patients by Student's t (Hesterberg
    2015). Needs two patients.

    >>> low, high = expanded_limits(np.linspace(0, 1, 1001), 20, level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.016, 0.984)
    """
    from scipy.special import ndtr, stdtrit

    spread = math.sqrt(patients / (patients - 1)) * stdtrit(patients - 1, (1.0 - level) / 2.0)
    tail = float(ndtr(spread))
    low, high = np.quantile(values, (tail, 1.0 - tail))
    return float(low), float(high)


def _resampled(
    measure: Measure, columns: tuple[Numbers, Numbers], codes: NDArray[np.intp], how: Resampling
) -> Numbers:
    form = _weighted_form(measure)
    values: list[Numbers] = []
    for drawn in patient_draws(int(codes.max()) + 1, how, columns=codes.size):
        weights = drawn[:, codes]
        if form is not None:
            values.append(form(*columns, weights.astype(np.float64)))
        else:
            values.append(np.array([_once(measure, columns, row) for row in weights]))
    return np.concatenate(values)


def _weighted_form(measure: Any) -> WeightedForm | None:
    # A partial that only chooses the interval leaves the number itself as it is.
    if isinstance(measure, functools.partial) and not measure.args:
        if set(measure.keywords) <= {"level", "interval"}:
            return _WEIGHTED.get(measure.func)
        return None
    return _WEIGHTED.get(measure)


def _once(measure: Measure, columns: tuple[Numbers, Numbers], times: NDArray[np.int64]) -> float:
    rows = np.repeat(np.arange(times.size), times)
    value = measure(columns[0][rows], columns[1][rows]).value
    return math.nan if value is None else value


def _one_study_per_patient(single: Estimate, plain: Estimate) -> Estimate:
    if single.low is None or single.high is None or plain.value is None:
        return Estimate.not_estimable(
            plain.measure, f"all resamples agree and, {single.reason}", n=plain.n
        )
    method = f"{single.method}, one study per patient (all resamples agree)"
    low, high = min(single.low, plain.value), max(single.high, plain.value)
    return dataclasses.replace(plain, low=low, high=high, method=method)
