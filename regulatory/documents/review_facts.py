"""The facts of reviews of the system: what the trail holds since the last one, and what stands out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from regulatory.documents.audit_facts import AuditRow, ChainCheck
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Notes


@dataclass(frozen=True, slots=True)
class Window:
    """What a review covers: events after those of the last approved one, up to the data freeze.

    after: the version whose freeze it begins behind; empty where it begins with the first event.
    since: the instant of that freeze.
    """

    first: int
    last: int
    count: int
    missing: tuple[int, ...]
    after: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Remarkable:
    """Something out of the ordinary: the record, what, when, by whom, why."""

    record: str
    what: str
    on: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class ExceptionsFacts:
    """Everything that an exceptions report quotes, each list in order."""

    edition: Edition
    window: Window
    late: tuple[Remarkable, ...]
    reopened: tuple[Remarkable, ...]
    limits: tuple[Remarkable, ...]
    overrides: tuple[Remarkable, ...]
    suppressed: tuple[Remarkable, ...]
    traces: tuple[Trace, ...]
    notes: Notes | None = None


@dataclass(frozen=True, slots=True)
class TrailReviewFacts:
    """Everything that a review of the audit trail quotes.

    unreasoned: changes by people without a reason. after_signature: changes of a record after its
    first signature.
    """

    edition: Edition
    window: Window
    check: ChainCheck
    events: tuple[AuditRow, ...]
    after_signature: tuple[int, ...]
    signed: int
    traces: tuple[Trace, ...]
    notes: Notes | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of records of the window, by state, with their labels."""

    what: str
    counts: tuple[tuple[str, int], ...]
    records: tuple[str, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(n for _, n in self.counts)


@dataclass(frozen=True, slots=True)
class ReviewInput:
    """One input of the management review: its counts, and lines that stand out."""

    number: str
    title: str
    counted: tuple[Counted, ...]
    lines: tuple[Remarkable, ...] = ()


@dataclass(frozen=True, slots=True)
class ManagementFacts:
    """Everything that the input to the management review quotes."""

    edition: Edition
    window: Window
    inputs: tuple[ReviewInput, ...]
    traces: tuple[Trace, ...]
    notes: Notes | None = None
