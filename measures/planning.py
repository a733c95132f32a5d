"""What a planned comparison shall show, and the smallest size that shows it.

Normal approximations with the variance under the hypothesis that is tested and under the one that
is expected; :mod:`measures.sample_size` and :mod:`measures.sample_size_auc` fill them in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from measures.proportions import normal_quantile

__all__ = ["Aim", "SampleSize", "decision_power", "refuse_sizes", "smallest_size"]

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


def decision_power(
    difference: float, tested: Callable[[float], float], true: float, aim: Aim
) -> float:
    """Chance that the decision falls as the aim says, when the difference is as expected.

    tested: the standard error under the hypothesis that the difference is that value; true: as
    expected.

    >>> round(decision_power(0.0, lambda value: 0.02, 0.02, Aim("non-inferiority", 0.025, 0.05)), 3)
    0.705
    """
    two_sided = aim.kind == "difference"
    z = normal_quantile(1.0 - (aim.alpha if two_sided else 2.0 * aim.alpha))
    above = _beyond(difference + aim.margin, z * tested(-aim.margin), true)
    if aim.kind == "non-inferiority":
        return above
    below = _beyond(aim.margin - difference, z * tested(aim.margin), true)
    return min(1.0, above + below) if two_sided else max(0.0, above + below - 1.0)


def smallest_size(reached: Callable[[int], float], wanted: float) -> tuple[int, float]:
    """The smallest size that reaches what is wanted, and what it reaches, for what grows with it.

    Raises ValueError when no size does.

    >>> smallest_size(lambda n: 1.0 - 1.0 / n, 0.9)
    (10, 0.9)
    """
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


def refuse_sizes(**sizes: float) -> None:
    """Refuse sizes below one and ratios that are not above zero, by name.

    >>> refuse_sizes(n=0)
    Traceback (most recent call last):
    ValueError: n: at least one study, not 0
    """
    for name, size in sizes.items():
        if name.startswith("ratio") or name == "healthy_per_diseased":
            if not (math.isfinite(size) and size > 0.0):
                raise ValueError(f"{name}: above 0 and finite, not {size!r}")
        elif size < 1:
            raise ValueError(f"{name}: at least one study, not {size!r}")


def _beyond(distance: float, needed: float, spread: float) -> float:
    from scipy.special import ndtr

    if spread <= 0.0:
        return float(distance > needed)
    return float(ndtr((distance - needed) / spread))
