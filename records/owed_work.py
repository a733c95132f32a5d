"""A row of the one list of what is owed: by which roles, until when, and by which clause."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OwedWork:
    """Something that somebody still has to do.

    label: the record. due: the last day, None where no clause or plan names one. since: from when
    it is owed.
    """

    label: str
    kind: str
    what: str
    roles: tuple[str, ...]
    due: date | None
    citation: str
    since: datetime
