"""A thing that somebody owes: what, by when, who may do it, and by which clause."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OwedWork:
    """One line of the list of what is owed."""

    label: str
    kind: str
    what: str
    roles: tuple[str, ...]
    due: date | None
    citation: str
    since: datetime
