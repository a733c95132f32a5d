"""Of which days of operation the truth is not known yet, and of how many studies of each.

A chart of performance counts what is known; of the last days little is, and more will come. The
counts are those of every figure of truth that comes back (:mod:`records.truth_counts`).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlmodel import Session

from records.queries import find_device
from records.reference_kinds import rule_declared
from records.truth_counts import day_truths
from records.truth_states import KNOWN
from regulatory.gathering.truth_states import structure_of

__all__ = ["MOST_DAYS", "AwaitedDay", "awaited_truth"]

MOST_DAYS: Final = 120


@dataclass(frozen=True, slots=True)
class AwaitedDay:
    """Studies of a day that the device read, and of how many the truth is known."""

    day: date
    studies: int
    known: int

    @property
    def complete(self) -> bool:
        """Whether no study of the day waits for its truth."""
        return self.known >= self.studies


def awaited_truth(
    session: Session, *, device: str, site: str, first: date | None, last: date, by: date
) -> list[AwaitedDay]:
    """By day of arrival at a site, both days included, as known by a day; of a longer span its last
    :data:`MOST_DAYS` days. Raises NotFound where there is no such device."""
    earliest = last - timedelta(days=MOST_DAYS - 1)
    known = find_device(session, device)
    found = day_truths(
        session, known, rule_declared(known.definition), by=by,
        since=max(first, earliest) if first else earliest, until=last,
        structure=structure_of(known),
    )
    return [AwaitedDay(one.day, one.studies, one.states.get(KNOWN, 0))
            for one in found if one.site == site]
