"""Who places a device on the market, in which class, and by which number it is known."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Manufacturer(_Part):
    """Who places the device on the market (MDR Annex II 1.1; 21 CFR 801.1)."""

    name: str
    address: str
    single_registration_number: str


class RiskClass(_Part):
    """The class in the EU (MDR Annex VIII) and in the United States."""

    eu: Literal["I", "IIa", "IIb", "III"]
    us: Literal["I", "II", "III"]


class Udi(_Part):
    """Unique device identification (MDR Art. 27)."""

    basic_udi_di: str
    udi_di: str
