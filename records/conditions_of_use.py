"""Under which conditions a device is used, and what users are warned of: part of its promise."""

from pydantic import BaseModel, ConfigDict, Field


class ConditionsOfUse(BaseModel):
    """Environment, warnings, accessories and expected life (MDR Annex I 23.4, Annex II 1.1).

    They stand in the definition and not among the facts: another environment or warning is another
    promise, so it is a new revision that two people sign.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    environment: str = Field(min_length=10)
    """Where, on what, and with which other systems it is used."""
    warnings: list[str] = Field(min_length=1)
    residual_risks: list[str] = []
    """Risks that remain and that users are told of."""
    accessories: list[str] = []
    expected_life_years: float | None = Field(default=None, gt=0, le=50)
