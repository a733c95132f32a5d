"""What a plan declares before it looks for drift, and what it gets to hear."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

__all__ = ["ShiftLimits", "ShiftVerdict"]


@dataclass(frozen=True, slots=True)
class ShiftLimits:
    """What the plan declares: how often a quiet column may be called drifted, and the smallest
    effect that matters.

    alpha: per column and window, between 0 and 1; share it among columns watched together
    (:func:`measures.rank_charts.share_per_column`). floor: in the unit of the method's effect, 0
    or more. permutations, seed: of tests by arrangement; the smallest p-value that they can give
    is 1 / (1 + permutations), so alpha must not lie below it. Raises ValueError otherwise.

    >>> ShiftLimits(alpha=0.0001, floor=0.1)
    Traceback (most recent call last):
    ValueError: alpha 0.0001 cannot be reached with 1999 permutations; use at least 9999
    """

    alpha: float
    floor: float
    permutations: int = 1999
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha < 1.0:
            raise ValueError(f"alpha must lie between 0 and 1, not {self.alpha!r}")
        if not 0.0 <= self.floor < float("inf"):
            raise ValueError(f"floor must be 0 or more, not {self.floor!r}")
        if self.alpha * (1 + self.permutations) < 1.0 - 1e-9:
            needed = round(1.0 / self.alpha) - 1
            raise ValueError(
                f"alpha {self.alpha:g} cannot be reached with {self.permutations} permutations; "
                f"use at least {needed}"
            )


@dataclass(frozen=True, slots=True)
class ShiftVerdict:
    """What was compared, what was found, and whether that is drift; or why it cannot be said.

    statistic: of the method; p_value: two-sided, or None for a method without one. effect: in the
    unit named by `effect_unit`, held against `floor`. drifted: p-value below alpha (where there is
    one) and effect at or above the floor. method: the test and the law that the p-value rests on.
    Not estimable: no numbers, drifted None, and a `reason`; never "no drift". missing_*: entries
    without a value, which are not compared; chart their share as a column of its own.

    Raises ValueError for numbers together with a reason, or neither.
    """

    method: str
    n_reference: int
    n_current: int
    statistic: float | None = None
    p_value: float | None = None
    effect: float | None = None
    effect_unit: str = ""
    floor: float | None = None
    alpha: float | None = None
    drifted: bool | None = None
    missing_reference: int = 0
    missing_current: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.drifted is None) != bool(self.reason):
            raise ValueError(f"{self.method}: a verdict needs a finding or a reason, not both")
        if self.drifted is not None and (self.statistic is None or self.effect is None):
            raise ValueError(f"{self.method}: a verdict without its statistic and effect")

    @property
    def estimable(self) -> bool:
        """Whether there is a verdict.

        >>> ShiftVerdict("ks", 500, 3, reason="3 current studies with a value, 10 needed").estimable
        False
        """
        return self.drifted is not None

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain values, for a record.

        >>> ShiftVerdict("ks", 500, 3, reason="too few").to_dict()["n_current"]
        3
        """
        return dataclasses.asdict(self)
