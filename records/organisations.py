"""Who stands behind a device: the maker, its representatives and people, and its suppliers."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from records.facts import Fact, of_one_version, told

ROLES: Final = (
    "manufacturer", "authorised representative", "person responsible for regulatory compliance",
    "importer", "distributor", "notified body", "US agent", "contact", "site of manufacture",
)  # fmt: skip
_COUNTRY: Final = (r"[A-Z]{2}", "a country by its two letters, such as DE")
_CONTACT: Final = (
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+|\+?[0-9][0-9 ()/.-]{4,30}|https?://[^\s]+",
    "one mail address, telephone number or address of a web page",
)
"""So that nobody is named there: it is not searched for identities, which look alike."""


class Organisation(Fact, table=True):
    """Who acts for a device in which role: name, address, numbers of registration, contact."""

    __tablename__ = "organisation"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "ORG"
    CODE: ClassVar[str] = "ORG"
    KIND: ClassVar[str] = "organisation"
    WORDS: ClassVar[str] = "Maker, representatives, responsible people, contacts"

    role: str = told("in which role", "manufacturer", choices=ROLES)
    name: str = told("name of the organisation or person", "Example Imaging GmbH")
    address: str = told("street, town", "1 Example Street, 00000 Sampletown", default="")
    country: str = told("where it is", "DE", pattern=_COUNTRY)
    registration: str = told(
        "number of registration: SRN, FEI, number of the notified body", "DE-MF-000000000",
        default="",
    )
    contact: str = told("mail address, telephone or web page", "vigilance@example.org", default="",
                        pattern=_CONTACT)  # fmt: skip
    since: date | None = told("from which day on", "2024-01-01", default=None)
    until: date | None = told("to which day; empty: until further notice", "", default=None)

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """A contact can be reached."""
        found = super().contradictions(values)
        if values.get("role") == "contact" and not values.get("contact"):
            found.append(("contact", "A contact needs a mail address or telephone."))
        return found


class Supplier(Fact, table=True):
    """Who supplies what for a device, how critical it is, and how that is controlled."""

    __tablename__ = "supplier"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "SUP"
    CODE: ClassVar[str] = "ORG"
    KIND: ClassVar[str] = "supplier"
    WORDS: ClassVar[str] = "Suppliers and outsourced work (ISO 13485:2016, 7.4; MDR Annex II 3(c))"

    name: str = told("name of the supplier", "Example Cloud SE")
    supplies: str = told("what is supplied", "computers on which versions are trained")
    critical: bool = told("whether the device's safety depends on it", "yes")
    control: str = told("how it is controlled: contract, audit, acceptance test",
                        "quality agreement QA-07, audit every two years")  # fmt: skip
    address: str = told("town and country where it is done", "Sampletown, DE", default="")
    evaluated_on: date | None = told("day of the last evaluation", "2026-02-10", past=True,
                                     default=None)  # fmt: skip
    outcome: str = told("outcome of the last evaluation", "approved", default="")
