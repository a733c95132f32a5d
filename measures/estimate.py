"""A number that never travels alone: its interval and how many studies are behind it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Estimate"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """How well, how sure, and from how many studies: or, plainly, why that cannot be said.

    An estimate is one of two things. *Estimable*: `value` with the interval `low` to `high` at
    confidence `level`, the `n` it rests on, and the `method` of the interval. *Not estimable*: no
    numbers, and a `reason` a reader can act on. Undefined is never written as zero: a month
    without a diseased study has no sensitivity, it does not have sensitivity 0.

    measure: name of the measure, such as ``"sensitivity"``.
    n: studies (or patients, where the method says so) that the number rests on. For a proportion
        this is its denominator: the diseased for sensitivity, the flagged for PPV.
    value, low, high: in the unit of the measure; all finite, `low` not above `high`.
    level: two-sided confidence, between 0 and 1.
    numerator, denominator: the counts of a proportion, both or neither.

    Raises ValueError on any mixture of the two, on NaN or infinity, and on a number without its
    n or interval.

    >>> found = Estimate("sensitivity", n=51, value=44 / 51, low=0.743, high=0.932,
    ...                  method="Wilson", numerator=44, denominator=51)
    >>> print(found)
    sensitivity 0.863 (95 % interval 0.743 to 0.932, n = 51)
    >>> print(Estimate.not_estimable("sensitivity", "no diseased study", n=0))
    sensitivity not estimable: no diseased study (n = 0)
    """

    measure: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str = ""
    subgroup: str = "all"
    numerator: int | None = None
    denominator: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        self._refuse_bad_labels()
        if self.value is None:
            self._refuse_half_empty()
        else:
            self._refuse_bare_number()
        self._refuse_bad_counts()

    @property
    def estimable(self) -> bool:
        """Whether there is a number to quote.

        >>> Estimate.not_estimable("auc", "only one class present", n=12).estimable
        False
        """
        return self.value is not None

    @classmethod
    def not_estimable(cls, measure: str, reason: str, *, n: int, subgroup: str = "all") -> Estimate:
        """Say plainly that a number cannot be had from these studies, and why.

        >>> Estimate.not_estimable("ppv", "no study was flagged", n=0, subgroup="site A").reason
        'no study was flagged'
        """
        return cls(measure, n, subgroup=subgroup, reason=reason)

    def for_subgroup(self, name: str) -> Estimate:
        """The same number, said of a named group of patients.

        >>> Estimate.not_estimable("auc", "n too small", n=3).for_subgroup("children").subgroup
        'children'
        """
        return dataclasses.replace(self, subgroup=name)

    def to_dict(self) -> dict[str, Any]:
        """The estimate as plain values that JSON and a table row can hold; :meth:`from_dict` reads
        them back without loss.

        >>> Estimate.not_estimable("auc", "n too small", n=3).to_dict()["reason"]
        'n too small'
        """
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Estimate:
        """An estimate read back from :meth:`to_dict`; the same refusals apply as on writing.

        Raises ValueError when a field is missing or unknown.

        >>> original = Estimate("auc", n=80, value=0.9, low=0.81, high=0.95, method="DeLong, logit")
        >>> Estimate.from_dict(original.to_dict()) == original
        True
        """
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        missing = sorted({"measure", "n"} - set(values))
        if unknown or missing:
            raise ValueError(f"estimate fields unknown: {unknown}, missing: {missing}")
        return cls(**values)

    def __str__(self) -> str:
        where = "" if self.subgroup == "all" else f" [{self.subgroup}]"
        if self.value is None:
            return f"{self.measure}{where} not estimable: {self.reason} (n = {self.n})"
        return (
            f"{self.measure}{where} {self.value:.3f} "
            f"({100 * self.level:g} % interval {self.low:.3f} to {self.high:.3f}, n = {self.n})"
        )

    def _refuse_bad_labels(self) -> None:
        if not self.measure or not self.subgroup:
            raise ValueError("an estimate needs a measure and a subgroup name")
        if isinstance(self.n, bool) or not isinstance(self.n, int) or self.n < 0:
            raise ValueError(f"{self.measure}: n must be a whole number >= 0, not {self.n!r}")
        if not 0.0 < self.level < 1.0:
            raise ValueError(f"{self.measure}: level must lie between 0 and 1, not {self.level!r}")

    def _refuse_half_empty(self) -> None:
        if self.low is not None or self.high is not None:
            raise ValueError(f"{self.measure}: an interval without a value")
        if not self.reason:
            raise ValueError(f"{self.measure}: no value and no reason why")

    def _refuse_bare_number(self) -> None:
        if self.low is None or self.high is None:
            raise ValueError(f"{self.measure}: a value without its interval")
        if self.n == 0:
            raise ValueError(f"{self.measure}: a value from no studies (n = 0)")
        if self.reason:
            raise ValueError(f"{self.measure}: a value together with a reason for having none")
        numbers = (self.value, self.low, self.high)
        if not all(number is not None and math.isfinite(number) for number in numbers):
            raise ValueError(f"{self.measure}: value and interval must be finite, not {numbers}")
        if self.low > self.high:
            raise ValueError(f"{self.measure}: interval upside down, {self.low} > {self.high}")

    def _refuse_bad_counts(self) -> None:
        top, bottom = self.numerator, self.denominator
        if top is None and bottom is None:
            return
        if top is None or bottom is None or not 0 <= top <= bottom:
            raise ValueError(f"{self.measure}: numerator {top!r} and denominator {bottom!r}")
