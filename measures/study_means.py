"""What was measured on each study, such as Dice, HD95 or SSIM, averaged over studies."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.bootstrap import expanded_limits, patient_draws
from measures.clusters import Resampling, patient_codes
from measures.estimate import Estimate
from measures.inputs import Numbers, number_column, refuse_unequal
from measures.proportions import clopper_pearson_limits

__all__ = ["LEFT_OUT", "mean_over_studies"]

LEFT_OUT = "left out"


def mean_over_studies(
    measure: str,
    values: Sequence[float | None],
    *,
    patients: ArrayLike,
    resampling: Resampling,
    undefined: float | str | None = None,
    bounds: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Estimate:
    """The average over studies of what was measured on each, with an interval that respects that
    studies of one patient resemble each other.

    Whole patients are drawn with replacement (as in :mod:`measures.clusters`). When
    every study has the same value there is no spread to resample: for a measure between `bounds`
    and at one of them, the exact binomial limit on as many studies as patients holds (a share of
    perfect studies bounds the mean); otherwise there is no interval, hence no estimate.

    values: shape (studies,), None where the study has none (a distance with an empty mask, PSNR
    of equal images). undefined: what such a study counts as: a number in the measure's unit (0 for
    Dice, the image's diagonal for a distance), or LEFT_OUT, and then the method says how many.
    Without a choice the mean is not estimable: leaving a missed lesion out of a mean HD95 would
    flatter it. patients: shape (studies,). n is the number of studies averaged.
    Raises ValueError for NaN or infinity, unequal lengths or a missing patient.

    >>> found = mean_over_studies("dice", [0.8, 0.9, None, 0.7], patients=[1, 2, 3, 4],
    ...                           resampling=Resampling(seed=1), undefined=0.0, bounds=(0, 1))
    >>> round(found.value, 6), found.n
    (0.6, 4)
    >>> print(mean_over_studies("hd95", [3.0, None], patients=[1, 2], resampling=Resampling(1)))
    hd95 not estimable: 1 of 2 studies have no value: say what they count as (n = 2)
    """
    there = np.array([value is not None for value in values], dtype=bool)
    filled = [0.0 if value is None else value for value in values]
    column, whose = number_column(measure, filled), np.asarray(patients)
    refuse_unequal(**{measure: column, "patients": whose})
    note, missing = "", int(np.count_nonzero(~there))
    if missing and undefined is None:
        reason = f"{missing} of {there.size} studies have no value: say what they count as"
        return Estimate.not_estimable(measure, reason, n=there.size)
    if missing and undefined == LEFT_OUT:
        note = f"; {missing} of {there.size} studies without a value left out"
        column, whose = column[there], whose[there]
    elif missing:
        column[~there] = _counted_as(undefined)
        note = f"; {missing} of {there.size} studies without a value counted as {undefined:g}"
    if column.size == 0:
        return Estimate.not_estimable(measure, "no study with a value", n=0)
    found = _mean(measure, column, whose, resampling, bounds, level)
    return dataclasses.replace(found, method=found.method + note) if found.estimable else found


def _mean(
    measure: str,
    column: Numbers,
    whose: NDArray[np.generic],
    resampling: Resampling,
    bounds: tuple[float, float] | None,
    level: float,
) -> Estimate:
    codes, first = patient_codes(whose)
    patients, n, value = first.size, column.size, float(column.mean())
    if bounds is not None and not bounds[0] <= column.min() <= column.max() <= bounds[1]:
        raise ValueError(f"{measure}: values must lie between {bounds[0]:g} and {bounds[1]:g}")
    if patients < 2:
        reason = "fewer than two patients: nothing to resample"
        return Estimate.not_estimable(measure, reason, n=n)
    if np.ptp(column) <= 1e-12 * max(1.0, abs(value)):
        return _all_equal(measure, value, (n, patients), bounds, level)
    sums, counts = np.bincount(codes, weights=column), np.bincount(codes).astype(np.float64)
    draws = patient_draws(patients, resampling, columns=patients)
    drawn = np.concatenate([(times @ sums) / (times @ counts) for times in draws])
    low, high = expanded_limits(drawn, patients, level=level)
    method = (
        f"mean, cluster bootstrap, expanded percentile, {patients} patients, "
        f"{resampling.replicates} resamples, seed {resampling.seed}"
    )
    return Estimate(measure, n, value, low, high, level, method)


def _all_equal(
    measure: str,
    value: float,
    size: tuple[int, int],
    bounds: tuple[float, float] | None,
    level: float,
) -> Estimate:
    n, patients = size
    at = None if bounds is None else [abs(value - bound) <= 1e-12 for bound in bounds]
    if bounds is None or at is None or not any(at):
        reason = f"all {n} studies have the same value: no spread to make an interval from"
        return Estimate.not_estimable(measure, reason, n=n)
    shares = clopper_pearson_limits(patients if at[1] else 0, patients, level=level)
    low, high = (bounds[0] + float(share) * (bounds[1] - bounds[0]) for share in shares)
    method = f"exact binomial on {patients} patients (all studies at the bound)"
    return Estimate(measure, n, value, low, high, level, method)


def _counted_as(undefined: float | str | None) -> float:
    if isinstance(undefined, str) or undefined is None or not math.isfinite(undefined):
        raise ValueError(f"undefined: a finite number or {LEFT_OUT!r}, not {undefined!r}")
    return float(undefined)
