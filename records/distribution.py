"""How often a device was sold and on whom it was used, by period and region (MDCG 2022-21)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from records.facts import REGION, REGION_IN_WORDS, Fact, of_one_version, told

UNITS: Final = ("installations", "licences", "studies")
CHARACTERISTICS: Final = ("all", "age band", "sex", "indication", "setting")
_REGION: Final = (REGION, REGION_IN_WORDS)


def last_day_of_twelve_months(first: date) -> date:
    """The last day of the 12 months that begin on a day.

    >>> last_day_of_twelve_months(date(2025, 7, 1))
    datetime.date(2026, 6, 30)
    """
    year = first.year + 1
    if (first.month, first.day) == (2, 29):
        return date(year, 2, 28)
    return first.replace(year=year) - timedelta(days=1)


class Sales(Fact, table=True):
    """How many were sold or running in 12 months of a region, and how that was counted."""

    __tablename__ = "sales"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "SAL"
    CODE: ClassVar[str] = "SAL"
    KIND: ClassVar[str] = "sales"
    WORDS: ClassVar[str] = "Sales and installations by 12 months and region (PSUR, table T1)"

    since: date = told("first day of the 12 months", "2025-07-01")
    until: date = told("last day of the 12 months, or of what has passed of them", "2026-06-30",
                       past=True)  # fmt: skip
    region: str = told("where", "EEA+TR+XI", pattern=_REGION)
    unit: str = told("what is counted", "installations", choices=UNITS)
    number: int = told("how many; 0 is a figure, too", "12")
    counting: str = told("how it was counted", "contracts in force on the last day")

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """A period is no longer than 12 months."""
        found = super().contradictions(values)
        first, last = values.get("since"), values.get("until")
        if first and last and last > last_day_of_twelve_months(first):
            found.append(("until", f"More than 12 months: they end on "
                                   f"{last_day_of_twelve_months(first)}."))  # fmt: skip
        return found


class ExposureEstimate(Fact, table=True):
    """How many patients or studies a device was used on, of a characteristic, and how it is known.

    What the workspace counted itself is not entered: it is read from its studies.
    """

    __tablename__ = "exposure_estimate"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "EXP"
    CODE: ClassVar[str] = "EXP"
    KIND: ClassVar[str] = "exposure"
    WORDS: ClassVar[str] = "Patients and studies by region and characteristic (PSUR, T2 and T3)"

    since: date = told("first day of the period", "2025-07-01")
    until: date = told("last day of the period", "2026-06-30", past=True)
    region: str = told("where", "worldwide", pattern=_REGION)
    characteristic: str = told("by what they are told apart", "age band", choices=CHARACTERISTICS)
    group: str = told("which of them; empty for all", "65 and older", default="")
    patients: int | None = told("how many patients; empty: not known", "4100", default=None)
    studies: int | None = told("how many studies; empty: not known", "5300", default=None)
    method: str = told("how it was counted or estimated", "counts of the sites' archives, 9 of 12")
    limits: str = told("what the estimate misses", "three sites did not answer", default="")

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Something is counted, and a group is named where there are several."""
        found = super().contradictions(values)
        if values.get("patients") is None and values.get("studies") is None:
            found.append(("patients", "Neither patients nor studies: give one of them."))
        if values.get("characteristic") not in (None, "all") and not values.get("group"):
            found.append(("group", f"Say which {values['characteristic']}."))
        if values.get("characteristic") == "all" and values.get("group"):
            found.append(("group", "Leave it empty: the characteristic is 'all'."))
        patients, studies = values.get("patients"), values.get("studies")
        if patients is not None and studies is not None and studies < patients:
            found.append(("studies", f"{studies} studies of {patients} patients: each has one."))
        return found
