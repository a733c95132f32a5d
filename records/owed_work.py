"""What one record asks of somebody, by when and by which article: the line of 'My work'."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OwedWork:
    """One thing that is owed: by which record, what, by whom, until when.

    Args:
        label: The record that it stands in, such as ALT-0003.
        kind: The record's kind in the users' words, such as 'alert'.
        what: What has to be done; it names no patient and quotes no typed text.
        roles: The roles of which one may do it; empty where it waits for no person.
        due: The last day; None where none is set, which is not the same as 'in time'.
        citation: The article, rule or plan that sets the day; empty where none is set.
        since: When it became owed.
        legal: Whether a law sets the day, rather than a plan of one's own.
        owner: The account that it was given to by name; empty where any of the roles may.
        step: What part of the record is owed, where one record owes several.
        status: The record's status; empty where its kind has none.
        words: What the record says of itself, for the signed-in pages; it leaves by no feed.
    """

    label: str
    kind: str
    what: str
    roles: tuple[str, ...]
    due: date | None
    citation: str
    since: datetime
    legal: bool = False
    owner: str = ""
    step: str = ""
    status: str = ""
    words: str = ""

    @property
    def key(self) -> str:
        """What stays the same of it from run to run: its record and step."""
        return f"{self.label}:{self.step}" if self.step else self.label
