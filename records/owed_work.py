"""What one record asks of somebody, by when and by which article: the line of 'My work'."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final


def sources_read(checked: Mapping[str, str]) -> str:
    """What of the sources of rules was read, by whom and when: rules that say the same, together.

    >>> sources_read({"R-1": "read: text; by A", "R-2": "read: text; by A", "R-3": "read: summary"})
    'R-1, R-2: read: text; by A. R-3: read: summary'
    """
    by_words: dict[str, list[str]] = {}
    for rule, said in checked.items():
        by_words.setdefault(said, []).append(rule)
    return ". ".join(f"{', '.join(rules)}: {said}" for said, rules in by_words.items())


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
        rules: The rules that computed the day, such as R-803-01.
        legal_day: The law's last day, where ``due`` is one to work towards before it.
        computed: The day that the rule gave, where a person set ``due`` instead; None: none did.
        override: The signed record by which a person set it, such as OVR-0001.
        checked: What of the rules' sources was read, by whom, when, and who confirmed it.
        day_0: The day that the last one is counted from; None where it is counted from none.
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
    rules: tuple[str, ...] = ()
    legal_day: date | None = None
    computed: date | None = None
    override: str = ""
    checked: str = ""
    day_0: date | None = None

    @property
    def last_legal_day(self) -> date | None:
        """The day after which a law is broken; None where none sets a day."""
        return self.legal_day or ((self.computed or self.due) if self.legal else None)

    @property
    def key(self) -> str:
        """What stays the same of it from run to run: its record and step."""
        return f"{self.label}:{self.step}" if self.step else self.label


OVERDUE: Final = "overdue"
TODAY: Final = "today"
SOON: Final = "7 days"
LATER: Final = "later"
UNDATED: Final = "no day"
DEADLINES: Final = (OVERDUE, TODAY, SOON, LATER, UNDATED)
"""How soon a thing is owed, the soonest first."""


def deadline_of(due: date | None, today: date) -> str:
    """How soon a day is: one of :data:`DEADLINES`; the seventh day from today is within 7 days.

    >>> deadline_of(date(2026, 3, 5), date(2026, 3, 6)), deadline_of(None, date(2026, 3, 6))
    ('overdue', 'no day')
    >>> deadline_of(date(2026, 3, 13), date(2026, 3, 6)), deadline_of(date(2026, 3, 14),
    ... date(2026, 3, 6))
    ('7 days', 'later')
    """
    if due is None:
        return UNDATED
    if due <= today:
        return TODAY if due == today else OVERDUE
    return SOON if due <= today + timedelta(days=7) else LATER


def counts_by_deadline(work: Iterable[OwedWork], today: date) -> dict[str, int]:
    """How much of this is owed how soon: each of :data:`DEADLINES` with its count."""
    found = dict.fromkeys(DEADLINES, 0)
    for one in work:
        found[deadline_of(one.due, today)] += 1
    return found
