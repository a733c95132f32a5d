"""The facts of post-market surveillance: what the PSUR and the PMS report quote of a period.

Rows keep the values in the order of their table's columns. A figure that nobody knows says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from measures.estimate import Estimate
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Note
from regulatory.documents.performance_facts import PerformanceFacts

Value: TypeAlias = str | int | float | bool | date | datetime | Estimate | None
Span: TypeAlias = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Listed:
    """A record as a table quotes it: its label, and its values in the order of the columns."""

    record: str
    values: tuple[Value, ...]
    records: tuple[str, ...] = ()
    """Others that stand behind the row."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Records that are known, and a sentence for each thing that nobody recorded."""

    rows: tuple[Listed, ...] = ()
    lacking: tuple[str, ...] = ()


NO_ROWS = Rows()


@dataclass(frozen=True, slots=True)
class InPeriod:
    """A count of one period, with its rate per 1,000 of the exposure or its whole, where asked.

    value: None where it is not known; `why` says why, or where the figure is from.
    of: the whole that it is a share of.
    """

    value: int | None
    why: str = ""
    rate: Estimate | None = None
    of: int | None = None
    records: tuple[str, ...] = ()
    related_to: str = ""
    """Of a rate, which kind of studies it is related to, in words."""


@dataclass(frozen=True, slots=True)
class Across:
    """A row of a table over periods: what it counts, where, and the periods, the newest first."""

    labels: tuple[str, ...]
    periods: tuple[InPeriod, ...]


@dataclass(frozen=True, slots=True)
class PeriodTable:
    """A table over 12-month periods, the newest first."""

    periods: tuple[Span, ...]
    rows: tuple[Across, ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rule's answer for this device, and whether the period of this report is one of its.

    says: how the period was chosen, or why the rule gives none.
    """

    report: str
    cadence_months: int | None
    says: str
    fits: bool
    period_no: int | None = None
    issue_due: date | None = None
    submission: str = ""
    citation: str = ""
    issued_through: date | None = None
    """By the definition, the last day of what was issued before or outside this system."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Volume of sales (T1), population (T2), characteristics (T3), studies read, denominators."""

    sales: PeriodTable
    population: PeriodTable
    characteristics: PeriodTable
    methods: Rows
    denominators: PeriodTable
    usage: Rows
    other_sales: Rows = NO_ROWS
    """Sales on record of other days than the periods of 12 months."""
    other_estimates: Rows = NO_ROWS
    """Estimates of the whole population on record of other days."""
    silent: tuple[str, ...] = ()
    """Sites where the device ran in the period, and of which no study that it read is on record."""


@dataclass(frozen=True, slots=True)
class Events:
    """Incidents by IMDRF codes over periods (T4 to T6), each of the period, and complaints.

    open_ones: incidents of the period of which nobody decided whether they are serious. unplaced:
    those of which it is not known where they happened. unreported: serious ones that happened in
    EEA+TR+XI and of which no report is on record. new_kinds: serious ones of a kind that the
    three periods before did not have. unscreened: complaints and candidates that nobody screened.
    otherwise: where the place that was told of an incident is not that of its site's record.
    unplaced_complaints: of the period, without a site or at one whose country is not recorded.
    """

    problems: PeriodTable
    causes: PeriodTable
    impacts: PeriodTable
    log: Rows
    complaints: PeriodTable
    not_serious: PeriodTable
    complaint_sites: Rows
    serious: int
    open_ones: tuple[str, ...] = ()
    unplaced: tuple[str, ...] = ()
    uncoded: tuple[str, ...] = ()
    unreported: tuple[str, ...] = ()
    new_kinds: tuple[str, ...] = ()
    unscreened: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    unplaced_complaints: tuple[str, ...] = ()
    ever_complained: bool = True


@dataclass(frozen=True, slots=True)
class Trends:
    """Looks at trends in the period: what was counted of each question, and what was decided.

    questions: what the plan fixed of each beforehand, once however often it was looked at.
    decisions: each decision, with the questions that it is on.
    """

    rows: tuple[Listed, ...] = ()
    undecided: tuple[str, ...] = ()
    why_none: str = ""
    questions: tuple[Listed, ...] = ()
    decisions: tuple[Listed, ...] = ()
    days: tuple[Span, ...] = ()
    """The periods that were looked at, each once."""


@dataclass(frozen=True, slots=True)
class Risks:
    """The risk review of the period: a row an item, and what points to none."""

    rows: tuple[Listed, ...] = ()
    new_hazards: tuple[Listed, ...] = ()
    reviews: Rows = NO_ROWS
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Previous:
    """The report before: which, its figures found again, and those that say otherwise now.

    rows: table, row, period, and what it said there.
    """

    label: str = ""
    period: Span | None = None
    rows: tuple[Listed, ...] = ()
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched and found outside: literature, databases, similar devices."""

    literature: Rows
    findings: Rows
    registers: Rows
    similar: Rows


@dataclass(frozen=True, slots=True)
class SurveillanceFacts:
    """Everything that a PSUR or a PMS report quotes."""

    edition: Edition
    schedule: Schedule
    organisations: Rows
    certificates: Rows
    identifiers: Rows
    markets: Rows
    purpose: tuple[tuple[str, str], ...]
    versions: Rows
    deployments: Rows
    definitions: Rows
    changes: Rows
    exposure: Exposure
    events: Events
    trends: Trends
    field_actions: Rows
    capas: Rows
    searched: Searched
    follow_up: Rows
    alerts: Rows
    risks: Risks
    actions: Rows
    sources: Rows
    indicators: Rows
    previous: Previous
    traces: tuple[Trace, ...]
    performance: PerformanceFacts | None = None
    why_no_performance: str = ""
    vocabulary: str = ""
    device_record: str = ""
    notes: Mapping[str, Note] = field(default_factory=dict)
