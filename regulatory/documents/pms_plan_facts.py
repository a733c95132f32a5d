"""The facts of a PMS plan and of a trend report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from measures.estimate import Estimate
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Note
from regulatory.documents.surveillance_facts import NO_ROWS, Rows


@dataclass(frozen=True, slots=True)
class PmsPlanFacts:
    """Everything that a PMS plan quotes, as it stands at the data freeze.

    monitoring, trend: what the plan in force says, by name. why_no_plan, why_no_trend: why it says
    nothing. ran: how many deployments each version had, and where.
    """

    edition: Edition
    device_record: str
    purpose: tuple[tuple[str, str], ...]
    versions: Rows
    markets: Rows
    sales: Rows
    sources: Rows
    indicators: Rows
    organisations: Rows
    follow_up: Rows
    calendar: Rows
    overdue: tuple[str, ...]
    """Reports whose day is past and that are not on record as issued, with their periods."""
    ran: Rows
    traces: tuple[Trace, ...]
    plan_record: str = ""
    monitoring: tuple[tuple[str, str], ...] = ()
    charts: Rows = NO_ROWS
    subgroups: Rows = NO_ROWS
    answering: Rows = NO_ROWS
    why_no_plan: str = ""
    trend: tuple[tuple[str, str], ...] = ()
    categories: Rows = NO_ROWS
    why_no_trend: str = ""
    notes: Mapping[str, Note] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrendReportFacts:
    """Everything that a trend report quotes of the decision that it reports.

    history: the rate of each reported question in each period looked at, the oldest first.
    """

    edition: Edition
    device_record: str
    look: str
    decision: Rows
    reported: Rows
    thresholds: tuple[tuple[str, str], ...]
    history: tuple[tuple[str, Estimate, str], ...]
    exposure: Rows
    beside: tuple[tuple[str, str], ...]
    individual: Rows
    organisations: Rows
    identifiers: Rows
    markets: Rows
    versions: Rows
    deployments: Rows
    forms: Rows
    risks: Rows
    measures: Rows
    traces: tuple[Trace, ...]
    notes: Mapping[str, Note] = field(default_factory=dict)
