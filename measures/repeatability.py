"""How far two measurements of the same patient may lie apart: between readers, methods or days."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import number_column, refuse_unequal
from measures.proportions import normal_quantile

__all__ = ["AgreementLimits", "Repeatability", "bland_altman", "repeatability"]


@dataclass(frozen=True, slots=True)
class AgreementLimits:
    """Mean difference, and the limits that hold a share of single differences."""

    bias: Estimate
    lower: Estimate
    upper: Estimate


@dataclass(frozen=True, slots=True)
class Repeatability:
    """What repeating a measurement on the same patient, with nothing changed, does to it.

    within_sd: standard deviation of repeats. coefficient: two repeats differ by less in 95 of 100
    patients. lower, upper: the same as limits of second minus first.
    """

    within_sd: Estimate
    coefficient: Estimate
    lower: Estimate
    upper: Estimate


def bland_altman(
    first: ArrayLike, second: ArrayLike, *, share: float = 0.95, level: float = 0.95
) -> AgreementLimits:
    """How far two measurements of the same studies lie apart: bias and limits of agreement.

    Differences are first minus second. Limits: mean -/+ 1.96 SD (for the share 0.95; Bland and
    Altman, Lancet 1986;327:307). The interval of each limit is exact for normal differences, from
    the non-central t (Carkeet, Optom Vis Sci 2015;92:e71); that of the bias is Student's. Look at
    the differences over the means first: where they grow with size, measure on the log scale.

    first, second: finite, shape (studies,). share: of single differences inside, between 0 and 1.
    n is the number of studies. Not estimable with fewer than three studies or equal differences.
    Raises ValueError if malformed.

    >>> limits = bland_altman([5.1, 6.0, 7.2, 8.1, 9.3], [5.0, 6.2, 7.0, 8.4, 9.0])
    >>> print(limits.upper)
    upper_limit_of_agreement 0.527 (95 % interval 0.259 to 1.567, n = 5)
    """
    from scipy.special import stdtrit

    one, two = number_column("first", first), number_column("second", second)
    refuse_unequal(first=one, second=two)
    factor, n = normal_quantile(share), one.size
    names = "bias", "lower_limit_of_agreement", "upper_limit_of_agreement"
    off = one - two
    spread = float(off.std(ddof=1)) if n > 1 else 0.0
    reason = _no_spread(n, spread, float(np.abs(np.concatenate([one, two, [0.0]])).max()))
    if reason:
        return AgreementLimits(*(Estimate.not_estimable(name, reason, n=n) for name in names))
    mean, step = float(off.mean()), spread / math.sqrt(n)
    near, far = _non_central(n, factor, level)
    half = -float(stdtrit(n - 1, (1.0 - level) / 2.0)) * step
    exact = f"exact, non-central t, {100 * share:g} % of differences"
    found = (
        (mean, mean - half, mean + half, "Student's t"),
        (mean - factor * spread, mean - far * step, mean - near * step, exact),
        (mean + factor * spread, mean + near * step, mean + far * step, exact),
    )
    return AgreementLimits(
        *(
            Estimate(name, n, value, low, high, level, method)
            for name, (value, low, high, method) in zip(names, found, strict=True)
        )
    )


def repeatability(values: ArrayLike, *, share: float = 0.95, level: float = 0.95) -> Repeatability:
    """How far a repeat of the same measurement may lie from the first by chance alone.

    Coefficient 1.96 sqrt(2) times the within-patient standard deviation (2.77 SD for the share
    0.95; Bland and Altman, BMJ 1996;313:744; QIBA: Raunig et al., Stat Methods Med Res 2015;24:27).
    A change beyond it is a real one with that confidence. Interval from chi-squared with patients x
    (repeats - 1) degrees of freedom, exact for normal differences of constant spread. A drift
    between test and retest inflates it: look at :func:`bland_altman` of the two too.

    values: finite, shape (patients, repeats), complete. n is the number of patients. Not estimable
    without a repeat, with fewer than three degrees of freedom, or without spread.
    Raises ValueError if malformed.

    >>> found = repeatability([[10.1, 10.4], [12.0, 11.7], [9.5, 9.9], [14.2, 14.0], [8.8, 9.1]])
    >>> print(found.coefficient)
    repeatability_coefficient 0.601 (95 % interval 0.375 to 1.474, n = 5)
    """
    from scipy.special import chdtri

    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"values: needs shape (patients, repeats), got {table.shape}")
    number_column("values", table.ravel())
    n, repeats = table.shape
    freedom = n * max(repeats - 1, 0)
    squared = float(table.var(axis=1, ddof=1).mean()) if freedom else 0.0
    spread, largest = math.sqrt(squared), float(np.abs(table).max()) if table.size else 0.0
    names = "within_sd", "repeatability_coefficient", "lower_limit", "upper_limit"
    reason = _no_spread(freedom, spread, largest, "repeats")
    if reason:
        return Repeatability(*(Estimate.not_estimable(name, reason, n=n) for name in names))
    tails = (1.0 - level) / 2.0, (1.0 + level) / 2.0
    low, high = (spread * math.sqrt(freedom / float(chdtri(freedom, tail))) for tail in tails)
    method = f"chi-squared, {freedom} degrees of freedom"
    factor = normal_quantile(share) * math.sqrt(2.0)
    found = []
    for name, times in zip(names, (1.0, factor, -factor, factor), strict=True):
        ends = sorted((times * low, times * high))
        found.append(Estimate(name, n, times * spread, ends[0], ends[1], level, method))
    return Repeatability(*found)


def _non_central(n: int, factor: float, level: float) -> tuple[float, float]:
    """Quantiles of t with non-centrality factor sqrt(n): how many SD / sqrt(n) from the mean."""
    from scipy.special import nctdtrit

    tails = (1.0 - level) / 2.0, (1.0 + level) / 2.0
    near, far = (float(nctdtrit(n - 1, factor * math.sqrt(n), tail)) for tail in tails)
    return near, far


def _no_spread(freedom: int, spread: float, largest: float, what: str = "studies") -> str:
    if freedom < 3:
        return f"fewer than three {what}: their spread is not known"
    return "no spread: all differences are equal" if spread <= 1e-12 * (largest + 1e-300) else ""
