"""How many studies a comparison needs, and what power a planned one has.

Normal approximations with the variance under the hypothesis that is tested and under the one that
is expected. They are checked against simulated decisions in the tests; with a handful of differing
pairs, or shares near 0 or 1, simulate instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


from measures.auc_variance import AreaVariance, planned_area_variance
from measures.proportions import clopper_pearson_limits, normal_quantile, wilson_limits
from measures.score_limits import restricted_paired_share, restricted_shares

__all__ = [
    "Aim",
    "PlannedAreas",
    "SampleSize",
    "paired_auc_power",
    "paired_auc_size",
    "paired_share_power",
    "paired_share_size",
    "precise_auc_size",
    "precise_share_size",
    "unpaired_auc_power",
    "unpaired_auc_size",
    "unpaired_share_power",
    "unpaired_share_size",
]

_MOST = 100_000_000


@dataclass(frozen=True, slots=True)
class Aim:
    """What the comparison shall show, with its error.

    kind "difference": two-sided test at alpha. "non-inferiority": one-sided at alpha (usually
    0.025) against the margin. "equivalence": two one-sided tests at alpha (usually 0.05).
    margin: above 0, or 0 for a difference. Raises ValueError otherwise.

    >>> Aim("non-inferiority", alpha=0.025, margin=0.05).margin
    0.05
    """

    kind: Literal["difference", "non-inferiority", "equivalence"]
    alpha: float = 0.05
    margin: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("difference", "non-inferiority", "equivalence"):
            raise ValueError(
                f"aim: {self.kind!r} is none of difference, non-inferiority, equivalence"
            )
        if not 0.0 < self.alpha < 0.5:
            raise ValueError(f"alpha: must lie between 0 and 0.5, not {self.alpha!r}")
        if self.kind == "difference" and self.margin != 0.0:
            raise ValueError("margin: a test of no difference has none")
        if self.kind != "difference" and not 0.0 < self.margin < 1.0:
            raise ValueError(f"margin: must lie between 0 and 1, not {self.margin!r}")


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Studies needed, what they give, and what was assumed.

    groups: studies of each group (or class) by name. reached: the power, or the half-width.
    """

    groups: dict[str, int]
    reached: float
    assumed: str

    @property
    def n(self) -> int:
        """All studies together.

        >>> SampleSize({"diseased": 40, "healthy": 60}, 0.8, "").n
        100
        """
        return sum(self.groups.values())


@dataclass(frozen=True, slots=True)
class PlannedAreas:
    """Two AUCs as expected in a planned comparison.

    first, second: between 0.5 and 1, exclusive. correlation: of the two estimated AUCs on the same
    studies, 0 for different studies (about 0.5 for two readings of the same studies, after Rockette
    et al. 1999). variance: as :func:`measures.auc_variance.planned_area_variance`.
    """

    first: float
    second: float
    correlation: float = 0.0
    variance: AreaVariance = "hanley-mcneil"

    def __post_init__(self) -> None:
        if not -1.0 < self.correlation < 1.0:
            raise ValueError(f"correlation: between -1 and 1, not {self.correlation!r}")

    def standard_errors(self, diseased: int, healthy: int) -> tuple[float, float]:
        """Of the difference: were both AUCs the same (their mean), and as expected.

        >>> [round(se, 4) for se in PlannedAreas(0.8, 0.8).standard_errors(50, 50)]
        [0.0629, 0.0629]
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


def unpaired_share_power(first: float, second: float, n: int, m: int, aim: Aim) -> float:
    """Chance that a comparison of two shares on different studies shows what it shall.

    Score test: the variance under the tested hypothesis is that of the shares restricted to it
    (Farrington and Manning 1990).

    first, second: shares expected, between 0 and 1, exclusive; n, m: studies of each group.
    Raises ValueError for a share or a size out of range.

    >>> round(unpaired_share_power(0.9, 0.8, 200, 200, Aim("difference")), 3)
    0.802
    """
    _refuse_shares(first=first, second=second)
    _refuse_sizes(n=n, m=m)
    true = math.sqrt(first * (1 - first) / n + second * (1 - second) / m)

    def tested(value: float) -> float:
        p, q = (float(share) for share in restricted_shares(first, second, m / n, value))
        return math.sqrt(p * (1 - p) / n + q * (1 - q) / m)

    return _power(first - second, tested, true, aim)


def unpaired_share_size(
    first: float, second: float, aim: Aim, *, power: float = 0.8, ratio: float = 1.0
) -> SampleSize:
    """Studies of each group needed to compare two shares; ratio: of the second to the first.

    As :func:`unpaired_share_power`. Raises ValueError when the aim cannot be reached at any size.

    >>> unpaired_share_size(0.9, 0.8, Aim("difference")).groups
    {'first': 199, 'second': 199}
    """
    _refuse_ratio(ratio)
    n, reached = _smallest(
        lambda n: unpaired_share_power(first, second, n, math.ceil(ratio * n), aim), power
    )
    assumed = f"shares {first:g} and {second:g} on different studies"
    return SampleSize({"first": n, "second": math.ceil(ratio * n)}, reached, assumed)


def paired_share_power(gained: float, lost: float, n: int, aim: Aim) -> float:
    """Chance that a comparison of two shares on the same studies shows what it shall.

    Difference: McNemar's test (Miettinen, Biometrics 1968;24:339; Connor, Biometrics 1987;43:207);
    margins: Tango's score test (Nam, Biometrics 1997;53:1422).

    gained, lost: expected shares of studies that only the first, only the second counts; the
    difference is gained - lost; together above 0 and at most 1. n: studies.

    >>> round(paired_share_power(0.15, 0.05, 200, Aim("difference")), 3)
    0.891
    """
    if not (gained >= 0.0 and lost >= 0.0 and 0.0 < gained + lost <= 1.0):
        raise ValueError(f"gained, lost: shares with a sum above 0, not {gained!r} and {lost!r}")
    _refuse_sizes(n=n)
    difference = gained - lost
    true = math.sqrt(max(gained + lost - difference**2, 0.0) / n)

    def tested(value: float) -> float:
        if value == 0.0:
            return math.sqrt((gained + lost) / n)
        q = float(restricted_paired_share(gained, lost, value))
        return math.sqrt(max(2.0 * q + value * (1.0 - value), 0.0) / n)

    return _power(difference, tested, true, aim)


def paired_share_size(gained: float, lost: float, aim: Aim, *, power: float = 0.8) -> SampleSize:
    """Studies needed to compare two shares on the same studies.

    As :func:`paired_share_power`; for sensitivity they are diseased, for specificity healthy.

    >>> paired_share_size(0.15, 0.05, Aim("difference")).n
    155
    """
    n, reached = _smallest(lambda n: paired_share_power(gained, lost, n, aim), power)
    return SampleSize({"both": n}, reached, f"{gained:g} gained and {lost:g} lost, same studies")


def unpaired_auc_power(
    areas: PlannedAreas, sizes: tuple[int, int], others: tuple[int, int], aim: Aim
) -> float:
    """Chance that a comparison of two AUCs on different studies shows what it shall.

    sizes, others: diseased and healthy studies of the first and of the second. The correlation must
    be 0. Raises ValueError otherwise.

    >>> round(unpaired_auc_power(PlannedAreas(0.9, 0.8), (60, 60), (60, 60), Aim("difference")), 3)
    0.51
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
    119
    """
    _refuse_ratio(healthy_per_diseased)

    def at(n: int) -> float:
        size = n, math.ceil(healthy_per_diseased * n)
        return unpaired_auc_power(areas, size, size, aim)

    n, reached = _smallest(at, power)
    healthy = math.ceil(healthy_per_diseased * n)
    groups = {f"{which}, {what}": size for which in ("first", "second")
              for what, size in (("diseased", n), ("healthy", healthy))}  # fmt: skip
    return SampleSize(groups, reached, f"{_said(areas)}, different studies")


def paired_auc_power(areas: PlannedAreas, diseased: int, healthy: int, aim: Aim) -> float:
    """Chance that a comparison of two AUCs on the same studies shows what it shall.

    Difference: variance of two equal AUCs under the hypothesis (Obuchowski and McClish, Stat Med
    1997;16:1529); margins: the variance as expected. Readers are fixed: for a sample of readers
    plan from a pilot's components (:mod:`measures.obuchowski_rockette`).

    >>> areas = PlannedAreas(0.9, 0.8, correlation=0.5)
    >>> round(paired_auc_power(areas, 60, 60, Aim("difference")), 3)
    0.797
    """
    _refuse_sizes(diseased=diseased, healthy=healthy)
    return _area_power(areas, *areas.standard_errors(diseased, healthy), aim)


def paired_auc_size(
    areas: PlannedAreas, aim: Aim, *, power: float = 0.8, healthy_per_diseased: float = 1.0
) -> SampleSize:
    """Studies needed to compare two AUCs on the same studies; as :func:`paired_auc_power`.

    >>> paired_auc_size(PlannedAreas(0.9, 0.8, correlation=0.5), Aim("difference")).n
    122
    """
    _refuse_ratio(healthy_per_diseased)
    n, reached = _smallest(
        lambda n: paired_auc_power(areas, n, math.ceil(healthy_per_diseased * n), aim), power
    )
    groups = {"diseased": n, "healthy": math.ceil(healthy_per_diseased * n)}
    return SampleSize(groups, reached, f"{_said(areas)}, same studies, {areas.correlation:g}")


def precise_share_size(
    share: float,
    half_width: float,
    *,
    level: float = 0.95,
    interval: Literal["wilson", "clopper-pearson"] = "wilson",
) -> SampleSize:
    """Studies needed to know a share to within so much either way (half the interval's length).

    share: as expected, between 0 and 1 inclusive; half_width: between 0 and 0.5, exclusive.

    >>> precise_share_size(0.9, 0.05).n
    141
    """
    if not (0.0 <= share <= 1.0 and 0.0 < half_width < 0.5):
        raise ValueError(f"share or half_width out of range: {share!r}, {half_width!r}")
    if interval not in ("wilson", "clopper-pearson"):
        raise ValueError(f"interval: 'wilson' or 'clopper-pearson', not {interval!r}")
    limits = wilson_limits if interval == "wilson" else clopper_pearson_limits

    def half(n: int) -> float:
        low, high = limits(share * n, n, level=level)
        return float(high - low) / 2.0

    n, _ = _smallest(lambda n: half_width - half(n), 0.0)
    return SampleSize({"all": n}, half(n), f"share {share:g}, {interval} at {level:g}")


def precise_auc_size(
    area: float,
    half_width: float,
    *,
    level: float = 0.95,
    healthy_per_diseased: float = 1.0,
    variance: AreaVariance = "hanley-mcneil",
) -> SampleSize:
    """Studies needed to know an AUC to within so much either way.

    >>> precise_auc_size(0.9, 0.05).groups
    {'diseased': 79, 'healthy': 79}
    """
    _refuse_ratio(healthy_per_diseased)
    if not 0.0 < half_width < 0.5:
        raise ValueError(f"half_width: between 0 and 0.5, not {half_width!r}")

    def half(n: int) -> float:
        spread = planned_area_variance(area, n, math.ceil(healthy_per_diseased * n), form=variance)
        return normal_quantile(level) * math.sqrt(spread)

    n, _ = _smallest(lambda n: half_width - half(n), 0.0)
    groups = {"diseased": n, "healthy": math.ceil(healthy_per_diseased * n)}
    return SampleSize(groups, half(n), f"AUC {area:g}, {variance}, normal at {level:g}")


def _area_power(areas: PlannedAreas, same: float, true: float, aim: Aim) -> float:
    return _power(
        areas.first - areas.second, lambda value: same if value == 0.0 else true, true, aim
    )


def _power(difference: float, tested: Callable[[float], float], true: float, aim: Aim) -> float:
    """tested: the standard error under the hypothesis that the difference is that value."""
    two_sided = aim.kind == "difference"
    z = normal_quantile(1.0 - (aim.alpha if two_sided else 2.0 * aim.alpha))
    above = _beyond(difference + aim.margin, z * tested(-aim.margin), true)
    if aim.kind == "non-inferiority":
        return above
    below = _beyond(aim.margin - difference, z * tested(aim.margin), true)
    return min(1.0, above + below) if two_sided else max(0.0, above + below - 1.0)


def _beyond(distance: float, needed: float, spread: float) -> float:
    from scipy.special import ndtr

    if spread <= 0.0:
        return float(distance > needed)
    return float(ndtr((distance - needed) / spread))


def _smallest(reached: Callable[[int], float], wanted: float) -> tuple[int, float]:
    """The smallest size that reaches what is wanted, for what grows with the size."""
    if not 0.0 <= wanted < 1.0:
        raise ValueError(f"power: between 0 and 1, not {wanted!r}")
    high = 2
    while reached(high) < wanted:
        high *= 2
        if high > _MOST:
            raise ValueError("not reached with any number of studies under these assumptions")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= wanted else (middle, high)
    if high == 2 and reached(2) >= wanted:
        return 2, reached(2)
    return high, reached(high)


def _said(areas: PlannedAreas) -> str:
    return f"AUC {areas.first:g} and {areas.second:g}, {areas.variance}"


def _refuse_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0.0 < share < 1.0:
            raise ValueError(f"{name}: a share between 0 and 1, not {share!r}")


def _refuse_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}: at least one study, not {size!r}")


def _refuse_ratio(ratio: float) -> None:
    if not (math.isfinite(ratio) and ratio > 0.0):
        raise ValueError(f"ratio: above 0 and finite, not {ratio!r}")
