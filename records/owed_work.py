"""What somebody owes: one row a thing, whichever room it comes from, so that one list holds all."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OwedWork:
    """A thing that waits for people: which record, what is owed, by which roles, until when.

    due: None where no rule gives a date. citation: the clause that asks for it, '' without one.
    """

    label: str
    kind: str
    what: str
    roles: tuple[str, ...]
    due: date | None
    citation: str
    since: datetime
