"""What is owed by whom and by when: one row, whatever record it is of."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OwedWork:
    """A thing that somebody with one of these roles still has to do.

    due: a civil date; None where no rule sets one, which is never 'later'. citation: the article
    or clause that sets the date, empty without one. since: from when it has been owed.
    """

    label: str
    kind: str
    what: str
    roles: tuple[str, ...]
    due: date | None
    citation: str
    since: datetime
