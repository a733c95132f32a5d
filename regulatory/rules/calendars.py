"""Working days of an authority's country, from versioned calendars (``data/calendars``).

A day beyond the years that a calendar holds has no answer: none is guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from records.errors import Refused
from records.yaml_source import read_yaml
from regulatory.rules.dictionary import DATA

FOLDER: Final = DATA / "calendars"
US_OBSERVED: Final = "US-FED-OBSERVED"
"""A Saturday holiday is observed on Friday, a Sunday one on Monday (OPM)."""
US_STATUTORY: Final = "US-FED-STATUTORY"
"""Only the statutory date is a holiday."""

_NATIONAL = sorted(one.stem for one in FOLDER.glob("*-NATIONAL.yaml"))
MEMBER_STATES: Final = tuple(name.partition("-")[0] for name in _NATIONAL)
"""The Union, Iceland, Liechtenstein, Norway, and XI for Northern Ireland."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The holidays of one country in the years that it holds."""

    id: str
    version: int
    citation: str
    checked: str
    checked_on: str
    primary_text_checked: bool
    years: tuple[int, int]
    holidays: Mapping[date, str]

    def holiday(self, day: date) -> str:
        """The name of a holiday; '' where there is none.

        Raises:
            Refused: The calendar does not hold that year.
        """
        if not self.years[0] <= day.year <= self.years[1]:
            raise Refused(
                f"The calendar {self.id} (version {self.version}) holds {self.years[0]} to "
                f"{self.years[1]}; what is a working day on {day} is not known, and no date is "
                "given.", hint="Load a newer calendar.",
            )
        return self.holidays.get(day, "")

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday and no holiday. Raises Refused beyond the calendar's years."""
        return not self.holiday(day) and day.weekday() < 5

    def on_or_after(self, day: date) -> date:
        """This day, or the next working day."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def on_or_before(self, day: date) -> date:
        """This day, or the last working day before it."""
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day


@cache
def calendar(name: str) -> Calendar:
    """A calendar by its name, such as DE-NATIONAL."""
    said = read_yaml(FOLDER / f"{name}.yaml").content
    days = {
        date.fromisoformat(f"{year}-{day}"): str(title)
        for year, of_year in said["days"].items()
        for day, title in of_year.items()
    }
    return Calendar(
        said["id"], said["version"], said["citation"], said["checked"], str(said["checked_on"]),
        said["primary_text_checked"], (said["first_year"], said["last_year"]), days,
    )


def national(member_state: str) -> Calendar:
    """The calendar of a member state's authority."""
    return calendar(f"{member_state}-NATIONAL")


@cache
def member_states() -> frozenset[str]:
    """The states whose authorities are told under the rules of the EU, by the calendars held."""
    return frozenset(
        one.stem.removesuffix("-NATIONAL") for one in FOLDER.glob("??-NATIONAL.yaml")
    )
