"""Who places a device on the market, in which class, and by which number it is known."""

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from records.dataset_rules import without_absent


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Disclosure(_Part):
    """Where weaknesses that others find are told, and under which address statements are given."""

    contact: str = Field(pattern=r"^([^@\s]+@[^@\s]+|https://\S+)$")
    """An e-mail address of a function, no person's, or a page."""
    url: str = Field(pattern=r"^https://\S+$")


class Manufacturer(_Part):
    """Who places the device on the market (MDR Annex II 1.1; 21 CFR 801.1)."""

    name: str
    address: str
    single_registration_number: str
    disclosure: Disclosure | None = None
    """Coordinated disclosure (FD&C Act 524B(b)(1))."""

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A definition that does not name one keeps its digest."""
        return without_absent(write(self), ("disclosure",))


class RiskClass(_Part):
    """The class in the EU (MDR Annex VIII) and in the United States."""

    eu: Literal["I", "IIa", "IIb", "III"]
    us: Literal["I", "II", "III"]


class Udi(_Part):
    """Unique device identification (MDR Art. 27)."""

    basic_udi_di: str
    udi_di: str
