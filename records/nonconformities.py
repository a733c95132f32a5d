"""Nonconformities: what did not meet its requirement, and what was done (ISO 13485:2016, 8.3)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from sqlalchemy import JSON
from sqlalchemy import Column as Stored

from records.facts import Fact, of_one_version, told

FOUND_BY: Final = ("internal audit", "audit by others", "production", "test", "supplier",
                   "complaint", "monitoring", "other")  # fmt: skip
DISPOSITIONS: Final = ("corrected", "accepted by concession", "withheld", "not decided")


class Nonconformity(Fact, table=True):
    """What did not meet a requirement, its effect on the device, and how it was disposed of."""

    __tablename__ = "nonconformity"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "NCF"
    CODE: ClassVar[str] = "NC"
    KIND: ClassVar[str] = "nonconformity"
    WORDS: ClassVar[str] = "Nonconformities of product and quality system"

    found_on: date = told("day on which it was found", "2026-04-20", past=True)
    found_by: str = told("by what it was found", "internal audit", choices=FOUND_BY)
    requirement: str = told("requirement that was not met", "ISO 13485, 7.5.6; procedure SOP-12")
    description: str = told("what was found", "two test runs were not reviewed before release")
    effect: str = told("effect on the device and its users", "none: both passed on review")
    disposition: str = told("how it was disposed of", "corrected", choices=DISPOSITIONS)
    correction: str = told("what was done; why a concession was made", "both reviewed", default="")
    links: list[str] = told(
        "records that belong to it, such as a CAPA", "", default_factory=list,
        sa_column=Stored(JSON, nullable=False),
    )
    no_action: str = told("why there is no CAPA, where there is none", "single event", default="")
    closed_on: date | None = told("day on which it was closed; empty: open", "2026-05-02",
                                  past=True, default=None)  # fmt: skip

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is closed was decided, and has a CAPA or says why not."""
        found, closed = [], values.get("closed_on")
        opened = values.get("found_on")
        if closed and opened and closed < opened:
            found.append(("closed_on", f"{closed} lies before {opened} (found_on)."))
        if values.get("disposition") in DISPOSITIONS[:2] and not values.get("correction"):
            found.append(("correction", "Say what was done, or why a concession was made."))
        if closed and values.get("disposition") == "not decided":
            found.append(("disposition", "It is closed: say how it was disposed of."))
        if closed and not values.get("no_action") and not any(
            one.upper().startswith("CAPA-") for one in values.get("links", ())
        ):
            found.append(("no_action", "Name its CAPA under links, or say why there is none."))
        return found
