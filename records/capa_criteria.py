"""What a CAPA will have to show, fixed before anything is done (ISO 13485:2016, 8.5.2 f and 8.5.3).

A criterion is structured, so that the records can answer it: a chart of surveillance or a measure
of an evaluation, at a site, of a subgroup, a bound with its direction, how many cases are needed,
and by when.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from math import isfinite
from typing import Any, Final

from records.errors import InvalidInput

AT_LEAST, AT_MOST = "at least", "at most"
MET, NOT_MET, NOT_YET = "met", "not met", "not yet decided"
ON: Final = {
    "chart": "a point of this chart in a monitoring run",
    "measure": "this measure in an evaluation or revalidation on later studies",
}
ALL_SITES: Final = "all sites"
FIELDS: Final = ("on", "name", "site", "subgroup", "direction", "bound", "minimum_n", "by")


@dataclass(frozen=True, slots=True)
class EffectivenessCriterion:
    """What must be found, where, in how many cases at least, in a period that ends by when."""

    on: str
    name: str
    direction: str
    bound: float
    minimum_n: int
    by: date
    site: str = ALL_SITES
    subgroup: str = "all"

    @property
    def words(self) -> str:
        """As people read it."""
        of = "" if self.subgroup == "all" else f", {self.subgroup}"
        return (
            f"{self.on} {self.name} at {self.site}{of}: {self.direction} {self.bound:g}, "
            f"n at least {self.minimum_n}, by {self.by}"
        )

    def as_stored(self) -> dict[str, Any]:
        """As the CAPA keeps it."""
        return asdict(self) | {"by": self.by.isoformat()}


def read_criterion(said: Mapping[str, Any]) -> EffectivenessCriterion:
    """A criterion from its fields.

    Raises:
        InvalidInput: Naming each field that lacks, is unknown, or says what cannot be.
    """
    given = {name: value for name, value in said.items() if value not in (None, "")}
    if unknown := sorted(set(given) - set(FIELDS)):
        raise InvalidInput(
            f"The criterion has no field {', '.join(unknown)}.",
            hint=f"Fields: {', '.join(FIELDS)}.",
        )
    if lacking := [one for one in FIELDS if one not in given and one not in ("site", "subgroup")]:
        raise InvalidInput(
            f"The criterion does not say {', '.join(lacking)}.",
            hint="Such as on=measure name=sensitivity direction='at least' bound=0.9 "
            "minimum_n=255 by=2026-12-31.",
        )
    if given["on"] not in ON:
        raise InvalidInput(f"on: {given['on']!r} is not known.", hint="One of: chart, measure.")
    if given["direction"] not in (AT_LEAST, AT_MOST):
        raise InvalidInput(
            f"direction: {given['direction']!r} is not known.", hint="One of: at least, at most."
        )
    return EffectivenessCriterion(
        on=given["on"], name=str(given["name"]), direction=given["direction"],
        bound=_number(given["bound"]), minimum_n=_count(given["minimum_n"]),
        by=_day(given["by"]), site=str(given.get("site", ALL_SITES)),
        subgroup=str(given.get("subgroup", "all")),
    )


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = float("nan")
    if not isfinite(found):
        raise InvalidInput(f"bound: {value!r} is no number.")
    return found


def _count(value: Any) -> int:
    if not str(value).isascii() or not str(value).isdigit() or int(value) < 1:
        raise InvalidInput(f"minimum_n: {value!r} is no whole number above 0.")
    return int(value)


def _day(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(f"by: {value!r} is no day such as 2026-12-31.") from None
