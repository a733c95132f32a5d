"""Intervals by drawing patients, not images, again and again, for any measure or many at once.

Each set of draws serves all measures asked for. Measures with a weighted form
(:func:`measures.clusters.weighted_by`) are computed for many draws at once, others once per draw.
Reports use the closed forms of :mod:`measures.clustered`, which are tested against this.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.clusters import Measure, Resampling, patient_codes, weighted_form
from measures.estimate import Estimate
from measures.inputs import Numbers, number_column, refuse_unequal

__all__ = ["bootstrap", "expanded_limits", "patient_draws"]

_UNDEFINED_ALLOWED = 0.05  # share of resamples in which the measure may be undefined
_CELLS_AT_ONCE = 200_000  # weights at once: 1.6 MB, which a cache holds


def bootstrap(
    asked: Sequence[tuple[Measure, ArrayLike]],
    truth: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    resampling: Resampling,
) -> list[Estimate]:
    """Several measures of the same studies, each with an interval from the same draws of patients.

    Whole patients are drawn with replacement, so several images of a patient, or several lesions
    of an image, stay together; without `patients` each study is drawn for itself. The interval is
    the percentile interval of the resamples, widened for few patients by Student's t (the expanded
    percentile of Hesterberg, Am Stat 2015;69:371). n stays what the measure counts; the method
    names patients and seed. When every resample agrees (say, no diseased study was missed)
    percentiles would pretend certainty: the interval is then the measure's own on one study per
    patient, the first.

    asked: functions of (truth, prediction) returning an Estimate, whose level is kept, each with
    its prediction. truth, predictions, patients: shape (studies,); patients holds pseudonyms or
    numbers. Not estimable with fewer than two patients, or when over 5 % of resamples are
    undefined. Raises ValueError for unequal lengths, a missing patient or malformed columns.

    >>> from measures.binary import sensitivity, specificity
    >>> decision = [1, 1, 0, 0, 0, 1]
    >>> found = bootstrap([(sensitivity, decision), (specificity, decision)], [1, 1, 1, 0, 0, 0],
    ...                   resampling=Resampling(seed=1))
    >>> [round(one.value, 3) for one in found]
    [0.667, 0.667]
    """
    y = number_column("truth", truth)
    columns = [number_column("prediction", prediction) for _, prediction in asked]
    if patients is None:
        codes, first = np.arange(y.size), np.arange(y.size)
    else:
        codes, first = patient_codes(patients)
    for column in columns:
        refuse_unequal(truth=y, prediction=column, patients=codes)
    plain = [measure(y, p) for (measure, _), p in zip(asked, columns, strict=True)]
    draws = _Draws(y, codes, first, "studies" if patients is None else "patients", resampling)
    wanted = [i for i, one in enumerate(plain) if one.estimable and first.size >= 2]
    values = draws.values([(asked[i][0], columns[i]) for i in wanted])
    found = [draws.too_few(one) if one.estimable else one for one in plain]
    for i, drawn in zip(wanted, values, strict=True):
        found[i] = draws.interval(asked[i][0], columns[i], plain[i], drawn)
    return found


def patient_draws(
    patients: int, resampling: Resampling, *, columns: int
) -> Iterator[NDArray[np.intp]]:
    """How often each patient is drawn in each resample, shape (some resamples, patients) at a time.

    columns: how many numbers per resample the caller makes of it; more come in smaller portions.

    >>> [part.sum(axis=1).tolist()[:2] for part in patient_draws(3, Resampling(1, 200), columns=3)]
    [[3, 3]]
    """
    rng = np.random.default_rng(resampling.seed)
    rows = max(1, min(resampling.replicates, _CELLS_AT_ONCE // max(columns, 1)))
    for start in range(0, resampling.replicates, rows):
        size = min(rows, resampling.replicates - start)
        drawn = rng.integers(patients, size=(size, patients))
        drawn += patients * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * patients).reshape(size, patients)


def expanded_limits(values: Numbers, patients: int, *, level: float) -> tuple[float, float]:
    """Percentile limits of resampled values, widened for few patients by Student's t (Hesterberg,
    Am Stat 2015;69:371).

    values: finite, shape (resamples,); patients: at least two were drawn from.

    >>> low, high = expanded_limits(np.linspace(0.0, 1.0, 1001), 10, level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.009, 0.991)
    """
    from scipy.special import ndtr, stdtrit

    spread = math.sqrt(patients / (patients - 1)) * stdtrit(patients - 1, (1.0 - level) / 2.0)
    tail = float(ndtr(spread))
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class _Draws:
    truth: Numbers
    codes: NDArray[np.intp]
    first: NDArray[np.intp]
    units: str
    how: Resampling

    def values(self, asked: Sequence[tuple[Measure, Numbers]]) -> list[Numbers]:
        """Of each measure in each resample, NaN where it is undefined."""
        found = [np.full(self.how.replicates, np.nan) for _ in asked]
        if not asked:
            return found
        start = 0
        for drawn in patient_draws(self.first.size, self.how, columns=self.codes.size):
            times = drawn if self.units == "studies" else drawn[:, self.codes]
            weights = times.astype(np.float64)
            for into, (measure, column) in zip(found, asked, strict=True):
                form = weighted_form(measure)
                into[start : start + len(times)] = (
                    [self._once(measure, column, row) for row in times]
                    if form is None
                    else form(self.truth, column, weights)
                )
            start += len(times)
        return found

    def interval(
        self, measure: Measure, column: Numbers, plain: Estimate, values: Numbers
    ) -> Estimate:
        defined = values[np.isfinite(values)]
        if defined.size < (1.0 - _UNDEFINED_ALLOWED) * values.size:
            lost = values.size - defined.size
            reason = f"undefined in {lost} of {values.size} resamples of {self.units}"
            return Estimate.not_estimable(plain.measure, reason, n=plain.n)
        if np.ptp(defined) <= 1e-12:
            return _one_study_per_patient(
                measure(self.truth[self.first], column[self.first]), plain
            )
        low, high = expanded_limits(defined, self.first.size, level=plain.level)
        kind = "bootstrap" if self.units == "studies" else "cluster bootstrap"
        method = (
            f"{kind}, expanded percentile, {self.first.size} {self.units}, "
            f"{self.how.replicates} resamples, seed {self.how.seed}"
        )
        return dataclasses.replace(plain, low=low, high=high, method=method)

    def too_few(self, plain: Estimate) -> Estimate:
        reason = f"fewer than two {self.units}: nothing to resample"
        return Estimate.not_estimable(plain.measure, reason, n=plain.n)

    def _once(self, measure: Measure, column: Numbers, times: NDArray[np.intp]) -> float:
        rows = np.repeat(np.arange(times.size), times)
        value = measure(self.truth[rows], column[rows]).value
        return math.nan if value is None else value


def _one_study_per_patient(single: Estimate, plain: Estimate) -> Estimate:
    if single.low is None or single.high is None or plain.value is None:
        return Estimate.not_estimable(
            plain.measure, f"all resamples agree and, {single.reason}", n=plain.n
        )
    method = f"{single.method}, one study per patient (all resamples agree)"
    low, high = min(single.low, plain.value), max(single.high, plain.value)
    return dataclasses.replace(plain, low=low, high=high, method=method)
