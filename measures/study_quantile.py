"""The value that a share of studies falls below: how the worst ones fare, which a mean hides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.bootstrap import expanded_limits, patient_draws
from measures.clusters import Resampling, patient_codes
from measures.estimate import Estimate
from measures.inputs import number_column, refuse_unequal

__all__ = ["value_of_lowest"]

_LEAST = 5  # studies below the value: with fewer it is the luck of one or two of them


def value_of_lowest(
    measure: str,
    values: ArrayLike,
    *,
    share: float,
    patients: ArrayLike,
    resampling: Resampling,
    level: float = 0.95,
) -> Estimate:
    """The smallest value that at least this share of the studies does not exceed.

    It is one of the values seen (inverse of the empirical distribution). Interval by drawing whole
    patients, as in :mod:`measures.study_means`. Not estimable where the lowest share is fewer
    than five studies, or without a second patient.

    values, patients: shape (studies,). Raises ValueError if malformed, or unless 0 < share < 1.

    >>> found = value_of_lowest("dice_lowest_5", np.arange(100) / 100, share=0.05,
    ...                         patients=range(100), resampling=Resampling(seed=1))
    >>> found.value, found.n
    (0.04, 100)
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share: must lie between 0 and 1, not {share!r}")
    column, whose = number_column(measure, values), np.asarray(patients)
    refuse_unequal(**{measure: column, "patients": whose})
    n = int(column.size)
    codes, first = patient_codes(whose)
    if n * share < _LEAST or first.size < 2:
        why = f"the lowest {100 * share:g} % of {n} studies are fewer than {_LEAST}"
        return Estimate.not_estimable(measure, why, n=n)
    order = np.argsort(column, kind="stable")
    ranked, owner = column[order], codes[order]
    drawn = np.concatenate(
        [
            ranked[_reached(times[:, owner], share)]
            for times in patient_draws(first.size, resampling, columns=n)
        ]
    )
    value = float(ranked[_reached(np.ones((1, n), dtype=np.intp), share)[0]])
    low, high = expanded_limits(drawn, first.size, level=level)
    method = (
        f"cluster bootstrap, expanded percentile, {first.size} patients, "
        f"{resampling.replicates} resamples, seed {resampling.seed}"
    )
    return Estimate(measure, n, value, min(low, value), max(high, value), level, method)


def _reached(times: np.ndarray, share: float) -> np.ndarray:
    """Of each row of counts, the first place at which their running sum reaches the share."""
    running = times.cumsum(axis=1)
    enough: np.ndarray = (running >= share * running[:, -1:]).argmax(axis=1)
    return enough
