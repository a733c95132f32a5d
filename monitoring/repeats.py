"""How far a measurement of the same patient may lie from the first with nothing changed, and
whether two studies of a patient differ by more.

Pure: measurements in, estimates and judgements out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from measures.change import Change, change_between
from measures.estimate import Estimate
from measures.repeatability import repeatability
from models.tasks.segmentation import MM, PIXELS

RETAKEN: Final = "retaken"
"""The subgroup under which a validation states the repeatability: of pictures taken once more."""
REPEATABILITY: Final[Mapping[tuple[str, str], str]] = {
    ("area", MM): "area_repeatability_mm2", ("longest", MM): "longest_repeatability_mm",
    ("area", PIXELS): "area_repeatability_px", ("longest", PIXELS): "longest_repeatability_px",
}  # fmt: skip
"""By measurement and unit, the measure that states its repeatability coefficient."""

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

    name: area or longest. coefficients: by measure, what the version's validation states. Nothing
    is called, with the reason, between versions, without a spacing in mm, without an outline, and
    where no validation states the coefficient.
    """
    one, other = (found.outputs.get(name) for found in (earlier, later))
    if one is None or other is None:
        return Change(float("nan"), None, "nothing was outlined in one of the two")
    difference = float(other) - float(one)
    if earlier.version != later.version:
        why = f"read by {earlier.version} and {later.version}: compare readings of one version"
        return Change(difference, None, why)
    if not earlier.outputs["unit"] == later.outputs["unit"] == MM:
        return Change(difference, None, "an image states no spacing: its size in mm is not known")
    stated = coefficients.get(REPEATABILITY[name, MM])
    if stated is None:
        why = f"no validation of {later.version} states the repeatability"
        return Change(difference, None, why)
    return change_between(float(one), float(other), coefficient=stated)
