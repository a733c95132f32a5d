"""A device on the market: its numbers, its certificates, and where it was placed from when on."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from records.facts import Fact, of_one_version, told

CERTIFICATES: Final = (
    "MDR quality management system (Annex IX ch. I)",
    "MDR technical documentation (Annex IX ch. II)", "MDR type examination (Annex X)",
    "MDR product conformity (Annex XI)", "MDD certificate (legacy)",
    "declaration of conformity", "510(k)", "De Novo", "PMA", "ISO 13485", "other",
)  # fmt: skip
_DIGITS: Final = (r"[0-9A-Za-z()+.*/$%-]{4,60}", "4 to 60 letters, digits and signs, no blank")
ISSUERS: Final = ("GS1", "HIBCC", "ICCBBA", "IFA", "none")


class Certificate(Fact, table=True):
    """A certificate, clearance or declaration that a device or its maker holds, and until when."""

    __tablename__ = "certificate"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "CRT"
    CODE: ClassVar[str] = "DEV"
    KIND: ClassVar[str] = "certificate"
    WORDS: ClassVar[str] = "Certificates, clearances, declarations of conformity"

    of: str = told("what it is", CERTIFICATES[0], choices=CERTIFICATES)
    number: str = told("its number", "EX-0000-0001")
    issued_by: str = told("who issued it, a notified body with its number",
                          "Example Notified Body (0000)")  # fmt: skip
    scope: str = told("what it covers", "software for the analysis of radiographs")
    issued_on: date = told("day of issue", "2025-06-01", past=True)
    valid_until: date | None = told("last day; empty where it has none", "2030-05-31", default=None)
    state: str = told("how it stands", "valid", choices=("valid", "suspended", "withdrawn",
                                                         "expired"))  # fmt: skip

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """It is not over before it is issued."""
        issued, last = values.get("issued_on"), values.get("valid_until")
        if issued and last and last < issued:
            return [("valid_until", f"{last} lies before {issued} (issued_on).")]
        return []


class DeviceIdentifier(Fact, table=True):
    """A UDI-DI of a device: its version, its Basic UDI-DI, and how the device is classed by it."""

    __tablename__ = "device_identifier"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "UDI"
    CODE: ClassVar[str] = "DEV"
    KIND: ClassVar[str] = "identifier"
    WORDS: ClassVar[str] = "UDI-DI of each version, EMDN, product code (MDR Art. 27; 21 CFR 830)"

    udi_di: str = told("UDI-DI", "(01)00000000000017", pattern=_DIGITS)
    basic_udi_di: str = told("Basic UDI-DI", "0000000EXAMPLE01", default="",
                             pattern=_DIGITS)  # fmt: skip
    issuer: str = told("who issues the numbers", "GS1", choices=ISSUERS)
    of_version: str = told("version of the software that bears it", "1.0", default="")
    emdn: str = told("code of the EMDN, as the nomenclature has it", "Z11", default="")
    product_code: str = told("product code of the FDA", "QAS", default="",
                             pattern=(r"[A-Z]{3}", "three capital letters"))  # fmt: skip
    since: date | None = told("from which day on it is used", "2026-01-15", default=None)
    until: date | None = told("to which day; empty: until further notice", "", default=None)


class MarketPlacing(Fact, table=True):
    """A country in which a device is on the market: since when, and in which languages."""

    __tablename__ = "market_placing"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "MKT"
    CODE: ClassVar[str] = "DEV"
    KIND: ClassVar[str] = "market"
    WORDS: ClassVar[str] = "Countries where the device is on the market, since when"

    country: str = told("where it is on the market", "DE",
                        pattern=(r"[A-Z]{2}", "a country by its two letters, such as DE"))
    since: date = told("day on which it was first placed there", "2024-05-02", past=True)
    until: date | None = told("last day; empty: still on the market", "", default=None)
    languages: str = told("languages of label and instructions there", "German")
    registered_as: str = told("number under which it is registered there", "", default="")
