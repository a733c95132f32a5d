"""Which series of a study a device reads, as its definition declares it."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Orientation = Literal["axial", "coronal", "oblique", "sagittal"]
Preference = Literal["most_images", "newest", "thinnest"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Bounds(_Part):
    """Between which limits a number lies; one of them at least is given."""

    at_least: float | None = Field(default=None, ge=0)
    at_most: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _there_are_some(self) -> "Bounds":
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both")
        if None not in (self.at_least, self.at_most) and self.at_least > self.at_most:  # type: ignore[operator]
            raise ValueError("at_least lies above at_most")
        return self

    def hold(self, value: float) -> bool:
        """Whether the value lies within, the limits included."""
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)


class SeriesRule(_Part):
    """What a series must be; every image of it must be so, and what is not recorded is not so.

    description, not_description: words with | between them, `*` for anything, of which one must, or
    none must, stand in the series description, capitals or not. They see what de-identification
    keeps of it: words for body parts, projections and techniques, without figures and signs.
    Capitals do not matter in modalities, body parts, views and image types either. image_type:
    values that ImageType must all hold; not_image_type: none of these. volume: the images must be
    the slices of one volume, with or without missing slices.
    """

    name: str = Field(min_length=1, max_length=64)
    modalities: list[str] = Field(default_factory=list)
    body_parts: list[str] = Field(default_factory=list)
    views: list[str] = Field(default_factory=list)
    description: str | None = Field(default=None, max_length=200)
    not_description: str | None = Field(default=None, max_length=200)
    image_type: list[str] = Field(default_factory=list)
    not_image_type: list[str] = Field(default_factory=list)
    slice_thickness_mm: Bounds | None = None
    images: Bounds | None = None
    orientation: Orientation | None = None
    contrast: bool | None = None
    volume: Literal["gaps_allowed", "whole"] | None = None

    @field_validator("description", "not_description")
    @classmethod
    def _holds_words(cls, value: str | None) -> str | None:
        if value is not None and not all(word.strip(" *") for word in value.split("|")):
            raise ValueError("words with | between them, such as chest|thorax; * is anything")
        return value

    @model_validator(mode="after")
    def _asks_for_something(self) -> "SeriesRule":
        if not any(value not in (None, []) for name, value in self if name != "name"):
            raise ValueError(f"'{self.name}' asks for nothing: every series would meet it")
        return self


class SeriesSelection(_Part):
    """The rules in their order: the first that a series meets chooses.

    prefer: what decides between several series that meet it, one after the other; without it, or
    where they are equal in all of it, none is chosen. newest: by the day of acquisition, then by
    series number (the time of day is not kept). image: which image of the chosen series is read, or
    all as the slices of one volume.
    """

    rules: list[SeriesRule] = Field(min_length=1)
    prefer: list[Preference] = Field(default_factory=list)
    image: Literal["middle_slice", "newest", "only", "volume"] = "only"

    @property
    def as_volume(self) -> "SeriesSelection | None":
        """The same where all slices are read as one volume; None where an image is read."""
        return self if self.image == "volume" else None

    @model_validator(mode="after")
    def _fits_together(self) -> "SeriesSelection":
        _refuse_twice("rules", [one.name for one in self.rules])
        _refuse_twice("prefer", self.prefer)
        loose = [one.name for one in self.rules if one.volume is None]
        if self.image in ("middle_slice", "volume") and loose:
            raise ValueError(
                f"image: {self.image} needs 'volume' in every rule; '{loose[0]}' has none"
            )
        gaps = [one.name for one in self.rules if one.volume == "gaps_allowed"]
        if self.image == "volume" and gaps:
            raise ValueError(
                f"image: volume needs 'volume: whole' in every rule; '{gaps[0]}' allows gaps, and "
                "what lies in a missing slice is not known"
            )
        return self


def _refuse_twice(field: str, names: Sequence[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{field}: '{twice[0]}' is listed twice")
