"""A test's outcome, with the studies behind it, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SignificanceTest"]


@dataclass(frozen=True, slots=True)
class SignificanceTest:
    """How surprising the studies are if nothing is wrong: statistic, p-value, and n.

    Without numbers there is a `reason`. freedom: degrees of freedom of a chi-square statistic;
    None for a normal or a permutation one.

    >>> SignificanceTest("homogeneity", n=0, reason="no study").p_value is None
    True
    """

    test: str
    n: int
    statistic: float | None = None
    freedom: int | None = None
    p_value: float | None = None
    reason: str = ""
