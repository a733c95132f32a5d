"""How many studies a comparison of AUCs needs, and what power a planned one has.

Readers are fixed here; for a sample of readers plan from a pilot's variance components
(:mod:`measures.obuchowski_rockette`). Checked against simulated decisions in the tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from measures.planning import Aim, SampleSize, decision_power, refuse_sizes, smallest_size
from measures.proportions import normal_quantile

__all__ = [
    "AreaVariance",
    "PlannedAreas",
    "paired_auc_power",
    "paired_auc_size",
    "planned_area_variance",
    "precise_auc_size",
    "unpaired_auc_power",
    "unpaired_auc_size",
]

AreaVariance = Literal["binormal", "hanley-mcneil", "obuchowski"]


@dataclass(frozen=True, slots=True)
class PlannedAreas:
    """Two AUCs as expected in a planned comparison.

    first, second: between 0.5 and 1, exclusive. correlation: of the two estimated AUCs on the same
    studies, 0 for different studies (about 0.5 for two readings of the same studies, after Rockette
    et al. 1999). variance: as :func:`planned_area_variance`.
    """

    first: float
    second: float
    correlation: float = 0.0
    variance: AreaVariance = "binormal"

    def __post_init__(self) -> None:
        if not -1.0 < self.correlation < 1.0:
            raise ValueError(f"correlation: between -1 and 1, not {self.correlation!r}")

    def standard_errors(self, diseased: int, healthy: int) -> tuple[float, float]:
        """Of the difference: were both AUCs the same (their mean), and as expected.

        >>> [round(se, 4) for se in PlannedAreas(0.8, 0.8).standard_errors(50, 50)]
        [0.0618, 0.0618]
        """
        mean = (self.first + self.second) / 2.0
        variances = [
            planned_area_variance(area, diseased, healthy, form=self.variance)
            for area in (mean, self.first, self.second)
        ]
        same = 2.0 * variances[0] * (1.0 - self.correlation)
        expected = (
            variances[1] + variances[2]
            - 2.0 * self.correlation * math.sqrt(variances[1] * variances[2])
        )  # fmt: skip
        return math.sqrt(same), math.sqrt(expected)


def unpaired_auc_power(
    areas: PlannedAreas, sizes: tuple[int, int], others: tuple[int, int], aim: Aim
) -> float:
    """Chance that a comparison of two AUCs on different studies shows what it shall.

    sizes, others: diseased and healthy studies of the first and of the second. The correlation must
    be 0. Raises ValueError otherwise.

    >>> round(unpaired_auc_power(PlannedAreas(0.9, 0.8), (60, 60), (60, 60), Aim("difference")), 3)
    0.536
    """
    if areas.correlation != 0.0:
        raise ValueError("correlation: different studies are not correlated; it must be 0")
    mean = (areas.first + areas.second) / 2.0
    same, true = (
        math.sqrt(sum(
            planned_area_variance(area, *size, form=areas.variance)
            for area, size in zip(pair, (sizes, others), strict=True)
        ))
        for pair in ((mean, mean), (areas.first, areas.second))
    )  # fmt: skip
    return _area_power(areas, same, true, aim)


def unpaired_auc_size(
    areas: PlannedAreas, aim: Aim, *, power: float = 0.8, healthy_per_diseased: float = 1.0
) -> SampleSize:
    """Studies needed in each of two equal groups to compare AUCs.

    As :func:`unpaired_auc_power`.

    >>> unpaired_auc_size(PlannedAreas(0.9, 0.8), Aim("difference")).groups["first, diseased"]
    111
    """
    refuse_sizes(healthy_per_diseased=healthy_per_diseased)

    def at(n: int) -> float:
        size = n, math.ceil(healthy_per_diseased * n)
        return unpaired_auc_power(areas, size, size, aim)

    n, reached = smallest_size(at, power)
    healthy = math.ceil(healthy_per_diseased * n)
    groups = {f"{which}, {what}": size for which in ("first", "second")
              for what, size in (("diseased", n), ("healthy", healthy))}  # fmt: skip
    return SampleSize(groups, reached, f"{_said(areas)}, different studies")


def paired_auc_power(areas: PlannedAreas, diseased: int, healthy: int, aim: Aim) -> float:
    """Chance that a comparison of two AUCs on the same studies shows what it shall.

    Difference: variance of two equal AUCs under the hypothesis (Obuchowski and McClish, Stat Med
    1997;16:1529); margins: the variance as expected. Readers are fixed: for a sample of readers
    plan from a pilot's components.

    >>> areas = PlannedAreas(0.9, 0.8, correlation=0.5)
    >>> round(paired_auc_power(areas, 60, 60, Aim("difference")), 3)
    0.82
    """
    refuse_sizes(diseased=diseased, healthy=healthy)
    return _area_power(areas, *areas.standard_errors(diseased, healthy), aim)


def paired_auc_size(
    areas: PlannedAreas, aim: Aim, *, power: float = 0.8, healthy_per_diseased: float = 1.0
) -> SampleSize:
    """Studies needed to compare two AUCs on the same studies; as :func:`paired_auc_power`.

    >>> paired_auc_size(PlannedAreas(0.9, 0.8, correlation=0.5), Aim("difference")).n
    114
    """
    refuse_sizes(healthy_per_diseased=healthy_per_diseased)
    n, reached = smallest_size(
        lambda n: paired_auc_power(areas, n, math.ceil(healthy_per_diseased * n), aim), power
    )
    groups = {"diseased": n, "healthy": math.ceil(healthy_per_diseased * n)}
    return SampleSize(groups, reached, f"{_said(areas)}, same studies, {areas.correlation:g}")


def precise_auc_size(
    area: float,
    half_width: float,
    *,
    level: float = 0.95,
    healthy_per_diseased: float = 1.0,
    variance: AreaVariance = "binormal",
) -> SampleSize:
    """Studies needed to know an AUC to within so much either way.

    >>> precise_auc_size(0.9, 0.05).groups
    {'diseased': 70, 'healthy': 70}
    """
    refuse_sizes(healthy_per_diseased=healthy_per_diseased)
    if not 0.0 < half_width < 0.5:
        raise ValueError(f"half_width: between 0 and 0.5, not {half_width!r}")

    def half(n: int) -> float:
        spread = planned_area_variance(area, n, math.ceil(healthy_per_diseased * n), form=variance)
        return normal_quantile(level) * math.sqrt(spread)

    n, _ = smallest_size(lambda n: half_width - half(n), 0.0)
    groups = {"diseased": n, "healthy": math.ceil(healthy_per_diseased * n)}
    return SampleSize(groups, half(n), f"AUC {area:g}, {variance}, normal at {level:g}")


def planned_area_variance(
    area: float, diseased: int, healthy: int, *, form: AreaVariance = "binormal"
) -> float:
    """Variance that an AUC is expected to have with so many diseased and healthy studies.

    Hanley and McNeil (Radiology 1982;143:29): (A (1 - A) + (diseased - 1) (Q1 - A^2) +
    (healthy - 1) (Q2 - A^2)) / (diseased healthy), Q1 and Q2 the chances that two diseased studies
    are both scored above a healthy one, and one diseased above two healthy. "binormal": Q1 = Q2 of
    normal scores with equal spread. "hanley-mcneil": Q1 = A / (2 - A), Q2 = 2 A^2 / (1 + A), of
    exponential scores; asks for up to half more where healthy studies are many. "obuchowski"
    (Invest Radiol 1994;29:238), for readers' ratings on a few steps: 0.0099 exp(-a^2 / 2)
    ((5 a^2 + 8) / diseased + (a^2 + 8) / healthy), a = 1.414 times the normal quantile of the AUC.

    Raises ValueError unless 0.5 <= area < 1 and both counts are at least 1.

    >>> [round(planned_area_variance(0.8, 50, 50, form=form), 5)
    ...  for form in ("binormal", "hanley-mcneil", "obuchowski")]
    [0.00191, 0.00198, 0.0024]
    """
    from scipy.special import ndtri, owens_t

    if not 0.5 <= area < 1.0:
        raise ValueError(f"area: an AUC from 0.5 to below 1, not {area!r}")
    if diseased < 1 or healthy < 1:
        raise ValueError(f"at least one study of each class: {diseased!r} and {healthy!r}")
    if form not in ("binormal", "hanley-mcneil", "obuchowski"):
        raise ValueError(f"variance: binormal, hanley-mcneil or obuchowski, not {form!r}")
    quantile = float(ndtri(area))
    if form == "obuchowski":
        a = math.sqrt(2.0) * quantile
        scale = math.exp(-a * a / 2.0) / (32.0 * math.pi)
        return scale * ((5.0 * a * a + 8.0) / diseased + (a * a + 8.0) / healthy)
    if form == "binormal":  # two normals above a third: correlation 1/2, by Owen's T
        first = second = area - 2.0 * float(owens_t(quantile, math.sqrt(1.0 / 3.0)))
    else:
        first, second = area / (2.0 - area), 2.0 * area * area / (1.0 + area)
    spread = area * (1.0 - area)
    spread += (diseased - 1) * (first - area * area) + (healthy - 1) * (second - area * area)
    return spread / (diseased * healthy)


def _area_power(areas: PlannedAreas, same: float, true: float, aim: Aim) -> float:
    return decision_power(
        areas.first - areas.second, lambda value: same if value == 0.0 else true, true, aim
    )


def _said(areas: PlannedAreas) -> str:
    return f"AUC {areas.first:g} and {areas.second:g}, {areas.variance}"
