"""What a radiomics device declares: the outlined region, how features are made, which are used."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from records.errors import InvalidInput
from records.radiomics_settings import RadiomicsSettings


class RadiomicsRules(BaseModel):
    """A part of the device's definition, and of the parameters that its model is made by.

    region: what the outline that comes with each picture goes around, such as 'lungs'. settings:
    of :class:`RadiomicsSettings`, by name. outline_change: how far outlines are grown, shrunk and
    moved to see which features hold, as a share of the diameter of a disc of the region's area.
    least_icc: a feature may be used when the lower end of the 95 % interval of its intraclass
    correlation, ICC(A,1), between these outlines of the training regions is not below it (0.75:
    'good', Koo and Li, J Chiropr Med 2016;15:155). least_pixels: a smaller region is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    region: str = Field(min_length=1, max_length=60)
    settings: dict[str, Any]
    outline_change: float = Field(gt=0, le=0.2)
    least_icc: float = Field(ge=0, lt=1)
    least_pixels: int = Field(ge=9)

    @field_validator("settings")
    @classmethod
    def _are_known(cls, said: dict[str, Any]) -> dict[str, Any]:
        """Whole, so that the definition holds what was left out too."""
        try:
            return RadiomicsSettings.from_mapping(said).to_mapping()
        except InvalidInput as wrong:
            raise ValueError(f"{wrong.message} {wrong.hint or ''}".strip()) from None

    @property
    def prepared(self) -> RadiomicsSettings:
        """How image and outline are prepared before a feature."""
        return RadiomicsSettings.from_mapping(self.settings)


def why_no_radiomics(kind: str, rules: RadiomicsRules | None) -> str:
    """What of a task's radiomics does not belong to its kind; empty where all does."""
    if (kind == "radiomics") == (rules is not None):
        return ""
    return (
        "task: kind radiomics needs the section radiomics: region, settings, outline_change, "
        "least_icc and least_pixels"
        if rules is None else f"task: the section radiomics belongs to kind radiomics, not {kind}"
    )
