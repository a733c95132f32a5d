"""How often something happens: per image, such as a mark that the clean image does not have, or per
year, such as a false alert."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from measures.clusters import Resampling, patient_codes
from measures.estimate import Estimate
from measures.inputs import number_column, refuse_unequal
from measures.study_means import mean_over_studies

__all__ = ["events_per_exposure", "events_per_image", "events_per_year"]


def events_per_image(
    measure: str,
    counts: Sequence[int],
    *,
    patients: ArrayLike,
    resampling: Resampling,
    level: float = 0.95,
) -> Estimate:
    """Events per image, with an interval that respects that images of one patient resemble each
    other.

    Whole patients are drawn with replacement, as in :func:`measures.study_means.mean_over_studies`.
    Where there was no event there is nothing to resample, yet the rate is not known to be 0: the
    upper limit is Poisson's exact one (Garwood, Biometrika 1936;28:437) for as many images as there
    are patients, 3.69 events at 95 %.

    counts: shape (images,), whole numbers from 0. patients: shape (images,). n is the number of
    images; not estimable without one. Raises ValueError for anything else.

    >>> found = events_per_image("hallucinated", [0] * 100, patients=list(range(100)),
    ...                          resampling=Resampling(seed=1))
    >>> print(found)
    hallucinated 0.000 (95 % interval 0.000 to 0.037, n = 100)
    """
    from scipy.stats import chi2

    column = number_column(measure, counts)
    refuse_unequal(**{measure: column, "patients": np.asarray(patients)})
    if (column < 0).any() or (column != np.round(column)).any():
        raise ValueError(f"{measure}: counts are whole numbers from 0")
    if column.size == 0 or column.any():
        return mean_over_studies(
            measure, column.tolist(), patients=patients, resampling=resampling, level=level
        )
    whole = patient_codes(np.asarray(patients))[1].size
    high = float(chi2.ppf((1 + level) / 2, 2)) / (2 * whole)
    return Estimate(
        measure, column.size, 0.0, 0.0, high, level,
        f"exact Poisson on {whole} patients (no event)",
    )


def events_per_year(measure: str, events: int, days: int, *, level: float = 0.95) -> Estimate:
    """Events a year, with the exact interval of a Poisson count (Garwood, Biometrika 1936;28:437).

    Holds for events that come independently of each other; of clusters it is too narrow.

    events: how many, 0 or more. days: over how long, which is n; a year has 365. Not estimable over
    no day. Raises ValueError for counts below 0.

    >>> print(events_per_year("false alerts", 3, 30 * 365))
    false alerts 0.100 (95 % interval 0.021 to 0.292, n = 10950)
    >>> events_per_year("false alerts", 0, 3650).low
    0.0
    """
    if events < 0 or days < 0:
        raise ValueError(f"{measure}: {events!r} events in {days!r} days cannot be")
    if days == 0:
        return Estimate.not_estimable(measure, "no day was watched", n=0)
    return _poisson(measure, events, days, days / 365.0, level)


def events_per_exposure(
    measure: str, events: int, exposure: int, *, level: float = 0.95
) -> Estimate:
    """Events a unit of exposure, such as a study read, with the exact interval of a Poisson count.

    As :func:`events_per_year`: too narrow for events that come in clusters.

    events: how many, 0 or more; they may be more than the exposure. exposure: how many units, which
    is n. Not estimable without one. Raises ValueError for counts below 0.

    >>> print(events_per_exposure("alerts", 0, 300))
    alerts 0.000 (95 % interval 0.000 to 0.012, n = 300)
    """
    if events < 0 or exposure < 0:
        raise ValueError(f"{measure}: {events!r} events on {exposure!r} units cannot be")
    if exposure == 0:
        return Estimate.not_estimable(measure, "there was no exposure", n=0)
    return _poisson(measure, events, exposure, float(exposure), level)


def _poisson(measure: str, events: int, n: int, units: float, level: float) -> Estimate:
    from scipy.special import gammaincinv

    tail = (1.0 - level) / 2.0
    low = float(gammaincinv(events, tail)) if events else 0.0
    high = float(gammaincinv(events + 1, 1.0 - tail))
    return Estimate(measure, n, events / units, low / units, high / units, level, "exact Poisson")
