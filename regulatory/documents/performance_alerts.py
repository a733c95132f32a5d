"""Sections 4 to 6 of the performance-monitoring report: alerts, comparison, decisions."""

from __future__ import annotations

from datetime import datetime, timedelta

from records.counting import counted
from regulatory.documents.assembly import from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Heading,
    Section,
    SignatureBlock,
    SignatureLine,
    Table,
)
from regulatory.documents.performance_facts import (
    AlertFacts,
    PerformanceFacts,
    RevalidationFacts,
)
from regulatory.documents.places import PERFORMANCE
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    estimate_cell,
    instant,
    measure_name,
    span,
)


def alerts_section(facts: PerformanceFacts) -> Section:
    """Every alert with what became of it, and the revalidations that followed."""
    waiting = sum(one.acknowledged_at is None for one in facts.alerts)
    late = sum(bool(_lateness(one.raised_at, one.acknowledged_at, one.acknowledge_days))
               for one in facts.alerts)  # fmt: skip
    said = ComputedText(
        f"Alerts raised in the period: {len(facts.alerts)}; not yet acknowledged at the data "
        f"freeze: {waiting}; acknowledged later than the plan says: {late}. Revalidations on "
        f"record: {len(facts.revalidations)}.",
        (*(one.record for one in facts.alerts), *(one.record for one in facts.revalidations)),
    )
    blocks: list[Block] = [said, _alert_table(facts)]
    for one in facts.revalidations:
        blocks += [Heading(f"Revalidation {one.record}, {one.site}"), *_revalidation(one)]
    return Section("4", "Alerts and their disposition", tuple(blocks))


def _alert_table(facts: PerformanceFacts) -> Table:
    columns = (
        Column("Alert", width=1),
        Column("Site and chart", width=1.5),
        Column("What was seen", width=2.4),
        Column("Raised", width=1.2),
        Column("Acknowledged", width=1.6),
        Column("Status and disposition", width=1.8),
    )
    rows = tuple(
        (
            Cell(one.record, (one.record,)),
            Cell(f"{one.site}: {one.chart} ({one.severity})"),
            Cell(_seen(one)),
            cell(one.raised_at),
            Cell(_acknowledged(one)),
            Cell(_answered(one)),
        )
        for one in facts.alerts
    )
    return Table("Alerts in the order they were raised", columns, rows)


def _answered(alert: AlertFacts) -> str:
    """Status and disposition, the root cause, what became of the action, and where it went late."""
    late = _lateness(alert.raised_at, alert.closed_at, alert.close_days)
    closed = f" on {alert.closed_at:%Y-%m-%d}{late}" if alert.closed_at else ""
    said = [f"{alert.status}{closed}: {alert.disposition or 'no disposition recorded'}"]
    if alert.root_cause:
        said.append(f"Root cause: {alert.root_cause}")
    if alert.action:
        said.append(f"Required action: {alert.action}")
    return ". ".join(one.rstrip(".") for one in [*said, *alert.escalations])


def _seen(alert: AlertFacts) -> str:
    if alert.onset_estimate is None:
        return alert.summary
    return f"{alert.summary} Onset estimated: {alert.onset_estimate.isoformat()}."


def _acknowledged(alert: AlertFacts) -> str:
    if alert.acknowledged_at is None:
        return "not acknowledged"
    waited = _waited(alert.acknowledged_at - alert.raised_at)
    late = _lateness(alert.raised_at, alert.acknowledged_at, alert.acknowledge_days)
    return f"{instant(alert.acknowledged_at)} by {alert.acknowledged_by} (after {waited}{late})"


def _lateness(raised: datetime, answered: datetime | None, days: int | None) -> str:
    """That an answer came later than the plan has it, and by when it was due."""
    if answered is None or days is None or answered <= raised + timedelta(days=days):
        return ""
    return f"; late: within {counted(days, 'day')} by the plan"


def _waited(time: timedelta) -> str:
    hours, rest = divmod(int(time.total_seconds()), 3600)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {rest // 60} min"


def _revalidation(one: RevalidationFacts) -> tuple[Block, ...]:
    said = ComputedText(
        f"Trigger: {one.trigger}. Field data of {span(one.period)}. Outcome: {one.outcome}. "
        f"{one.conclusion}",
        tuple(filter(None, (one.record, one.alert))),
    )
    columns = (
        Column("Measure", width=1.5),
        Column("Before", width=2.2),
        Column("After", width=2.2),
        Column("Difference, after \N{MINUS SIGN} before", width=2.2),
    )
    rows = tuple(
        (
            Cell(measure_name(measure)),
            estimate_cell(before.estimate, before.record) if before else estimate_cell(None),
            estimate_cell(after.estimate, after.record) if after else estimate_cell(None),
            estimate_cell(difference, one.record, absent="not available"),
        )
        for measure, before, after, difference in one.rows
    )
    if not rows:
        return (said,)
    return (said, Table(f"Revalidation {one.record}: before and after", columns, rows))


def comparison_section(facts: PerformanceFacts) -> Section:
    """The period beside the validation and the period before, each number as it was reported."""
    columns = (
        Column("Model version", width=1),
        Column("Measure", width=1.3),
        Column("Group", width=1),
        Column("Validation", width=2.1),
        Column("This period", width=2.1),
        Column("Period before", width=2.1),
    )
    rows = tuple(
        (
            cell(one.version, absent="not told"),
            Cell(measure_name(one.measure)),
            Cell(one.group),
            *(
                estimate_cell(found.estimate, found.record)
                if found
                else Cell(absent, tone="unknown")
                for found, absent in (
                    (one.validation, "not available"),
                    (one.period, "not available"),
                    (one.previous, "not available" if facts.previous_report else NOT_APPLICABLE),
                )
            ),
        )
        for one in facts.comparisons
    )
    note = "" if facts.previous_report else "Not applicable: this is the first report on record."
    table = Table("Comparison with validation and the period before", columns, rows, note=note)
    text = from_person(facts.notes, PERFORMANCE["comparison"])
    return Section("5", "Comparison with validation and the period before", (table, text))


def decisions_section(facts: PerformanceFacts) -> Section:
    """What was decided on record, and the statement and signatures that only people give."""
    columns = (
        Column("Record", width=1),
        Column("Decision", width=1.5),
        Column("Reason", width=3),
        Column("Decided by", width=1.3),
        Column("At", width=1.4),
    )
    rows = tuple(
        (cell(one.record, one.record), cell(one.decision), cell(one.reason), cell(one.decided_by),
         cell(one.at))
        for one in facts.decisions
    )  # fmt: skip
    statement = from_person(facts.notes, PERFORMANCE["decision"])
    lines = tuple(
        SignatureLine(one.role, one.meaning, one.signed) for one in facts.edition.signers
    )
    blocks: tuple[Block, ...] = (
        Table("Decisions on record in the period", columns, rows),
        statement,
        *((SignatureBlock(lines),) if lines else ()),
    )
    return Section("6", "Decisions", blocks)
