"""The facts of a monitoring verification: what was drilled, and what each drill found."""

from __future__ import annotations

from dataclasses import dataclass

from measures.estimate import Estimate
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition


@dataclass(frozen=True, slots=True)
class QuietChart:
    """A chart, or the plan as a whole, where nothing changed.

    budget: highest mean number of false alerts a year that the plan allows.

    >>> from measures.event_rate import events_per_year
    >>> for alerts, years in (0, 2), (0, 200), (9, 200):
    ...     found = events_per_year("false alerts", alerts, 365 * years)
    ...     QuietChart("silence", 0.02, found, found).verdict
    'not decided'
    'met'
    'not met'
    """

    name: str
    budget: float
    false_alerts: Estimate
    disturbed: Estimate
    reason: str = ""

    @property
    def verdict(self) -> str:
        """Whether the whole interval lies at or below what is allowed, or above it. Few years
        decide nothing: two months without an alert are no evidence of a quiet year."""
        low, high = self.false_alerts.low, self.false_alerts.high
        if low is None or high is None:
            return "not estimable"
        if high <= self.budget:
            return "met"
        return "not met" if low > self.budget else "not decided"


@dataclass(frozen=True, slots=True)
class ShiftFound:
    """A shift at its size, and what the plan made of it.

    charts: those that found it in half of the repeats or more. elsewhere: alerts at other sites.
    """

    record: str
    title: str
    size: str
    detected: Estimate
    days: Estimate
    studies: Estimate
    charts: tuple[str, ...]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class VerificationFacts:
    """Everything a monitoring verification quotes.

    arranged: what each drill was run with, as name and words. quiet: charts without a shift, the
    plan last; empty where that was not drilled. earlier: runs on record before this one.
    """

    edition: Edition
    run: str
    device: str
    definition_digest: str
    current: bool
    arranged: tuple[tuple[str, str], ...]
    quiet_record: str
    quiet: tuple[QuietChart, ...]
    shifts: tuple[ShiftFound, ...]
    earlier: int
    traces: tuple[Trace, ...]
