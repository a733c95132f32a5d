"""The checks of an arriving image: what it breaks of what its device asks for, as flags.

Each flag carries what was found and the limit. Whether a flag refuses the study is the device
definition's choice (records/input_requirements.py); what does not refuse is recorded.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from imaging.elements import tag, text
from imaging.headers import ScopeRequirements, StudyHeader, broken_requirements
from imaging.pixels import Pixels
from measures.image_quality import clipping
from measures.orientation import chest_orientation
from records.image_flags import flag_words

_SIGNIFICANT = 6
"""Digits of a measure in a flag: more would be noise of the arithmetic."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One check that an image broke: what was found, and what would have been within limits.

    ``found`` is a number for a measure of the image, text for what the header says (names of
    attributes for missing_tags). ``allowed`` lists the values of a header check that has some.
    """

    check: str
    found: float | str
    at_least: float | None = None
    at_most: float | None = None
    allowed: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The flag in one line, such as 'polarity -0.31, at least 0'."""
        return flag_words(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The flag as plain values, for a record."""
        return {**asdict(self), "allowed": list(self.allowed)}


def header_flags(
    header: StudyHeader, shown: StudyHeader, wanted: ScopeRequirements
) -> tuple[Flag, ...]:
    """What the header breaks, and is not refused for by modality, species or size.

    header: as it arrived. shown: the de-identified one, which the flags quote, so that an age
    above 89 is not told.
    """
    age_limits = (wanted.min_age_years, wanted.max_age_years)
    found = {
        "age": Flag("age", shown.age_years or 0.0, *age_limits),
        "body_part": Flag("body_part", shown.body_part or "", allowed=wanted.body_parts),
        "laterality": Flag("laterality", shown.laterality or "", allowed=wanted.lateralities),
        "view": Flag("view", shown.view or "", allowed=wanted.views),
    }
    broken = broken_requirements(header, wanted)
    return tuple(found[name] for name in broken if name in found)


def missing_tags(dataset: Any, header: StudyHeader, wanted: ScopeRequirements) -> tuple[Flag, ...]:
    """One flag that names the required attributes without a value, or none that can be believed."""
    missing = [
        name for name in wanted.required_tags
        if name in header.invalid_tags or not text(dataset, tag(name))
    ]
    return (Flag("missing_tags", ", ".join(missing)),) if missing else ()


def image_flags(
    measures: Mapping[str, float | None], wanted: ScopeRequirements
) -> tuple[Flag, ...]:
    """The measures that lie outside the limits of the device; what was not measured breaks none."""
    flags = []
    for limit in wanted.image_limits:
        value = measures[limit.check]
        if value is None:
            continue
        low = limit.at_least is not None and value < limit.at_least
        high = limit.at_most is not None and value > limit.at_most
        if low or high:
            rounded = float(f"{value:.{_SIGNIFICANT}g}")
            flags.append(Flag(limit.check, rounded, limit.at_least, limit.at_most))
    return tuple(flags)


def measures_to_check(
    pixels: Pixels, quality: Mapping[str, float], header: StudyHeader, wanted: ScopeRequirements
) -> dict[str, float | None]:
    """The measures that have a limit, each worked out only where it has one; None: not recorded.

    quality: the measures of :func:`imaging.quality.measure_quality` of the same picture.
    """
    asked = {one.check for one in wanted.image_limits}
    found: dict[str, float | None] = {name: quality[name] for name in asked & set(quality)}
    if "clipping" in asked:
        found["clipping"] = clipping(pixels.array)
    if asked & {"polarity", "uprightness"}:
        layout = chest_orientation(pixels.array)
        found |= {"polarity": layout.polarity, "uprightness": layout.uprightness}
    if "deviation_index" in asked:
        found["deviation_index"] = header.deviation_index
    return found
