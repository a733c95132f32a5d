"""Where a device is on the market and by which way it came there, as its definition declares it.

What is left out is not known. It blocks the release of a later version until each regime is
answered for that change; it never means that a regime does not apply.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Jurisdiction = Literal["EU", "US"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EuRoute(_Part):
    """The certificate: of the MDR, or of a directive and so a legacy device (MDR Art. 120(3)).

    technical_documentation_certificate: whether an EU technical documentation assessment
    certificate (Annex IX 4) is held for this device.
    """

    certificate: Literal["mdr", "legacy"]
    technical_documentation_certificate: bool


class UsRoute(_Part):
    """The way to the market of the United States, and the product code."""

    pathway: Literal["510(k)", "De Novo", "PMA"]
    product_code: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")


class MarketRegulation(_Part):
    """The jurisdictions in which the device is, or will be, on the market."""

    jurisdictions: list[Jurisdiction] = Field(min_length=1)
    eu: EuRoute | None = None
    us: UsRoute | None = None

    @model_validator(mode="after")
    def _says_how(self) -> "MarketRegulation":
        for name, route in (("EU", self.eu), ("US", self.us)):
            if route is not None and name not in self.jurisdictions:
                raise ValueError(f"{name.lower()}: {name} is not among the jurisdictions")
        return self
