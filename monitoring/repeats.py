"""How far a measurement of the same patient may lie from the first with nothing changed, and
whether two studies of a patient differ by more.

Pure: measurements in, estimates and judgements out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from measures.change import Change, change_between
from measures.estimate import Estimate
from measures.proportions import wilson
from measures.repeatability import repeatability
from models.tasks.segmentation import MM, PIXELS

RETAKEN: Final = "retaken"
"""The subgroup under which a validation states the repeatability: of pictures taken once more."""
REPEATABILITY: Final[Mapping[tuple[str, str], str]] = {
    ("area", MM): "area_repeatability_mm2", ("longest", MM): "longest_repeatability_mm",
    ("area", PIXELS): "area_repeatability_px", ("longest", PIXELS): "longest_repeatability_px",
}  # fmt: skip
"""By measurement and unit, the measure that states its repeatability coefficient."""

OF_LESIONS: Final[Mapping[str, str]] = {
    "volume_ml": "volume_ml_repeatability_percent", "longest_mm": "longest_mm_repeatability_mm",
}  # fmt: skip
"""By measurement of the lesions of a volume, the measure that states its repeatability."""
FOLLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "segmentation": ("area", "longest"), "lesion_segmentation": tuple(OF_LESIONS),
}
"""By task, the measurements that are followed over a patient's studies; no other task measures."""

Measured = Mapping[str, Any]
"""An outline's measurements by the names of the task's fields."""


def repeatability_of(pairs: Sequence[tuple[Measured, Measured]]) -> list[Estimate]:
    """The repeatability coefficient of area and longest diameter (Raunig et al. 2015).

    pairs: two takes of the same picture. Each counts in mm where the image states its spacing, else
    in pixels. A pair with an empty outline has no diameter and stands in no figure; n is the number
    of pairs that do.
    """
    found = []
    for (name, unit), measure in REPEATABILITY.items():
        values = [
            (float(one[name]), float(other[name]))
            for one, other in pairs
            if one["unit"] == other["unit"] == unit
            and one["longest"] is not None and other["longest"] is not None
        ]
        if not values:
            reason = f"no picture was outlined twice and measured in {unit}"
            one = Estimate.not_estimable(measure, reason, n=0)
        else:
            one = replace(repeatability(values).coefficient, measure=measure)
        found.append(one.for_subgroup(RETAKEN))
    return found


def repeatability_of_lesions(pairs: Sequence[tuple[Measured, Measured]]) -> list[Estimate]:
    """The repeatability of the volume and of the longest diameter of all lesions of a study.

    pairs: two takes of the same study, which shows lesions. *same_count*: the share in which both
    takes outline the same number, one at least; the coefficients rest on these. That of the volume
    is found on the log scale, because the error of a volume grows with it, and is turned back: the
    increase in per cent that 95 of 100 repeats stay below (QIBA: Raunig et al. 2015).
    """
    same = [
        (one, other) for one, other in pairs if one["lesions"] == other["lesions"] > 0
    ]
    counted = replace(wilson("same_count", len(same), len(pairs)), measure="same_count")
    found = [counted.for_subgroup(RETAKEN)]
    for name, measure in OF_LESIONS.items():
        values = [(float(one[name]), float(other[name])) for one, other in same]
        if not values:
            why = "no study was outlined twice with the same number of lesions"
            found.append(Estimate.not_estimable(measure, why, n=0, subgroup=RETAKEN))
            continue
        scale = _ratio if name == "volume_ml" else None
        table = [[math.log(one) for one in pair] for pair in values] if scale else values
        one = replace(repeatability(table).coefficient, measure=measure)
        found.append((scale(one) if scale else one).for_subgroup(RETAKEN))
    return found


def _ratio(one: Estimate) -> Estimate:
    """A coefficient of logarithms as an increase in per cent."""
    if one.value is None or one.low is None or one.high is None:
        return one
    value, low, high = (100 * math.expm1(at) for at in (one.value, one.low, one.high))
    return replace(one, value=value, low=low, high=high, method=f"log scale, {one.method}")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One study's outline as a version recorded it. study, version: their labels."""

    study: str
    day: str
    version: str
    outputs: Measured


def change_of(
    earlier: Measurement, later: Measurement, name: str, coefficients: Mapping[str, Estimate]
) -> Change:
    """The later measurement less the earlier one, and whether that is a change.

    name: of :data:`FOLLOWED`. coefficients: by measure, what the version's validation states.
    Nothing is called, with the reason, between versions, without a spacing in mm, without an
    outline, and where no validation states the coefficient.
    """
    one, other = (found.outputs.get(name) for found in (earlier, later))
    if not one or not other:
        return Change(float("nan"), None, "nothing was outlined in one of the two")
    difference = float(other) - float(one)
    if earlier.version != later.version:
        why = f"read by {earlier.version} and {later.version}: compare readings of one version"
        return Change(difference, None, why)
    if name in OF_LESIONS:
        return _change_of_lesions(earlier, later, name, coefficients)
    if not earlier.outputs["unit"] == later.outputs["unit"] == MM:
        return Change(difference, None, "an image states no spacing: its size in mm is not known")
    stated = coefficients.get(REPEATABILITY[name, MM])
    if stated is None:
        why = f"no validation of {later.version} states the repeatability"
        return Change(difference, None, why)
    return change_between(float(one), float(other), coefficient=stated)


def _change_of_lesions(
    earlier: Measurement, later: Measurement, name: str, coefficients: Mapping[str, Estimate]
) -> Change:
    """Of lesions: nothing is called where their number differs, as none is known to be the same.

    A volume is judged by the ratio of the two: twice as large is as much as half as large.
    """
    one, other = (float(found.outputs[name]) for found in (earlier, later))
    before, now = (found.outputs["lesions"] for found in (earlier, later))
    if before != now:
        why = f"{before} outlined before, {now} now: which is which is for a person to see"
        return Change(other - one, None, why)
    stated = coefficients.get(OF_LESIONS[name])
    if stated is None:
        why = f"no validation of {later.version} states the repeatability"
        return Change(other - one, None, why)
    if name != "volume_ml" or stated.value is None:
        return change_between(one, other, coefficient=stated)
    limit = replace(stated, value=math.log1p(stated.value / 100))
    return replace(
        change_between(math.log(one), math.log(other), coefficient=limit), difference=other - one
    )
