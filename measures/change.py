"""Has a measurement of one patient changed between two studies, or is it the same within error?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from measures.estimate import Estimate

__all__ = ["Change", "change_between"]


@dataclass(frozen=True, slots=True)
class Change:
    """Later minus earlier; called "more", "less", "within repeatability", or not judged.

    called: None where it cannot be judged, and then `reason` says why.
    """

    difference: float
    called: str | None
    reason: str = ""


def change_between(earlier: float, later: float, *, coefficient: Estimate) -> Change:
    """Call a change only where it is larger than a repeat with nothing changed would make it.

    coefficient: the repeatability coefficient that validation states, in the unit of the two
    (:func:`measures.repeatability.repeatability`; Raunig et al., Stat Methods Med Res 2015;24:27):
    95 of 100 repeats differ by less. A difference that equals it is no change. Where it is not
    estimable nothing is called, neither change nor stability.
    Raises ValueError unless both measurements are finite and the coefficient is not negative.

    >>> known = Estimate("repeatability_coefficient", 20, 5.0, 4.0, 7.0)
    >>> change_between(100.0, 104.0, coefficient=known).called
    'within repeatability'
    >>> change_between(100.0, 106.0, coefficient=known).called
    'more'
    """
    if not (math.isfinite(earlier) and math.isfinite(later)):
        raise ValueError(f"both measurements must be finite, not {earlier!r} and {later!r}")
    difference = later - earlier
    if coefficient.value is None:
        why = f"the repeatability coefficient is not estimable: {coefficient.reason}"
        return Change(difference, None, why)
    if coefficient.value < 0:
        raise ValueError(f"a repeatability coefficient is not negative: {coefficient.value!r}")
    if abs(difference) <= coefficient.value:
        return Change(difference, "within repeatability")
    return Change(difference, "more" if difference > 0 else "less")
