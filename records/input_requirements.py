"""What a study must be for a device to read it, and which checks of an image refuse a study."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

HeaderCheck = Literal["age", "body_part", "laterality", "missing_tags", "view"]
ImageCheck = Literal[
    "clipping", "contrast", "deviation_index", "noise", "polarity", "sharpness", "uprightness"
]

REFUSED_UNLESS_DECLARED = frozenset({"age", "body_part", "view"})
"""Checks that keep a study from the device even where its definition does not list them."""

RequiredTag = Literal[
    "AcquisitionDate", "BodyPartExamined", "DeviationIndex", "Exposure", "ExposureIndex",
    "ImageLaterality", "ImagerPixelSpacing", "KVP", "Manufacturer", "ManufacturerModelName",
    "PatientAge", "PatientBirthDate", "PatientOrientation", "PatientSex", "SoftwareVersions",
    "StudyDate", "TargetExposureIndex", "ViewPosition",
]  # fmt: skip
"""Attributes of DICOM (PS3.6) that a device may ask for."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class InputCheck(_Part):
    """A check of every arriving image: its limits, and whether breaking them refuses the study.

    What an image breaks and is not refused for is recorded as a flag. The header checks take
    their limits from the input requirements; the measures of the image need one of their own:
    clipping (share, 0 to 1), contrast (standard deviation, 0 to 0.5), deviation_index (IEC
    62494-1), noise (standard deviation, 0 to 1), polarity and uprightness (margins of
    correlation, below 0 inverted or turned), sharpness (per pixel).
    """

    check: HeaderCheck | ImageCheck
    at_least: float | None = None
    at_most: float | None = None
    refuse: bool

    @model_validator(mode="after")
    def _limits_fit(self) -> "InputCheck":
        limits = [one for one in (self.at_least, self.at_most) if one is not None]
        if self.check in get_args(HeaderCheck):
            if limits:
                raise ValueError(
                    f"{self.check} takes no limit here: say in input_requirements what is allowed"
                )
        elif not limits:
            raise ValueError(f"{self.check} needs at_least, at_most or both")
        elif len(limits) == 2 and limits[0] > limits[1]:
            raise ValueError(f"{self.check}: at_least lies above at_most")
        return self


class InputRequirements(_Part):
    """Which studies the device may read; an empty list allows anything."""

    modalities: list[str] = Field(default_factory=list)
    body_parts: list[str] = Field(default_factory=list)
    views: list[str] = Field(default_factory=list)
    lateralities: list[Literal["B", "L", "R", "U"]] = Field(default_factory=list)
    min_rows: int = Field(ge=1)
    min_columns: int = Field(ge=1)
    min_age_years: float | None = Field(default=None, ge=0)
    max_age_years: float | None = Field(default=None, gt=0)
    required_tags: list[RequiredTag] = Field(default_factory=list)
    checks: list[InputCheck] = Field(default_factory=list)

    @model_validator(mode="after")
    def _checks_have_something_to_check(self) -> "InputRequirements":
        named = [one.check for one in self.checks]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"checks: {', '.join(twice)} is listed twice")
        if "laterality" in named and not self.lateralities:
            raise ValueError("checks: laterality needs 'lateralities': which ones are allowed")
        if "missing_tags" in named and not self.required_tags:
            raise ValueError("checks: missing_tags needs 'required_tags': which ones must be there")
        low, high = self.min_age_years, self.max_age_years
        if low is not None and high is not None and low > high:
            raise ValueError("min_age_years lies above max_age_years")
        return self

    @property
    def pictured(self) -> tuple[str, str]:
        """Modality and body part of a picture that states neither: the first that are allowed."""
        return (self.modalities or ["OT"])[0], (self.body_parts or [""])[0]

    @property
    def refusing(self) -> frozenset[str]:
        """The checks that refuse a study which breaks them; the others are recorded as flags."""
        declared: dict[str, bool] = {one.check: one.refuse for one in self.checks}
        kept = {name for name in REFUSED_UNLESS_DECLARED if declared.get(name, True)}
        return frozenset(kept | {name for name, refuse in declared.items() if refuse})
