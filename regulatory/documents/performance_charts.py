"""The control charts of a performance-monitoring report: one table, and pictures."""

from __future__ import annotations

from records.counting import counted
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Paragraph, Table
from regulatory.documents.chart_figures import control_chart
from regulatory.documents.performance_facts import ChartFacts, PerformanceFacts
from regulatory.documents.wording import NOT_APPLICABLE, cell, number, span

MANY_CHARTS = 6


def chart_blocks(
    facts: PerformanceFacts, charts: list[ChartFacts], caption: str
) -> tuple[Block, ...]:
    """The charts of one kind: days run, signals and limits by site, then the pictures."""
    if not charts:
        return (ComputedText("The monitoring plan has no chart of this kind."),)
    table = Table(
        caption,
        (Column("Chart", width=2), Column("Site", width=1.3),
         Column("Days charted", align="right", width=1.2), Column("Signals", "days", "right", 1.1),
         Column("First signal", width=1.2), Column("Largest statistic", align="right", width=1.2),
         Column("Limit, last day", align="right", width=1.1)),
        tuple(row for one in charts for row in _chart_rows(one)),
    )  # fmt: skip
    drawn = [one for one in charts if _is_drawn(facts, one, charts)]
    figures = tuple(
        control_chart(
            one.series,
            caption=f"{one.name}: statistic by day against its limit (dashed), triangle: day with "
            f"a signal; n = {_days_charted(one)}; {span(facts.edition.period)}; "
            f"method: {one.detector}",
            axis=one.axis,
            logarithmic=one.logarithmic,
            records=one.records,
        )
        for one in drawn
    )
    if len(drawn) == len(charts):
        return (table, *figures)
    said = Paragraph(
        f"A plan of more than {MANY_CHARTS} charts is pictured where a chart signalled, and its "
        "first chart; the table and the JSON form hold all of them."
    )
    return (table, said, *figures)


def _days_charted(chart: ChartFacts) -> str:
    """On how many days a chart could be run, of how many, all sites together."""
    run = sum(value is not None for one in chart.series for value in one.statistic)
    days = sum(len(one.days) for one in chart.series)
    return f"{run} of {days} days charted at {counted(len(chart.series), 'site')}"


def _is_drawn(facts: PerformanceFacts, one: ChartFacts, group: list[ChartFacts]) -> bool:
    signalled = any(series.signals for series in one.series)
    return len(facts.charts) <= MANY_CHARTS or signalled or one is group[0]


def _chart_rows(chart: ChartFacts) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    for one in chart.series:
        run = [value for value in one.statistic if value is not None]
        limits = [value for value in one.upper or one.lower if value is not None]
        rows.append(
            (
                Cell(chart.name, chart.records),
                Cell(one.site),
                Cell(f"{len(run)} of {len(one.days)}"),
                Cell(str(len(one.signals)), tone="bad" if one.signals else "plain"),
                cell(one.signals[0] if one.signals else None, absent="none"),
                Cell(number(max(run)) if run else "not estimable"),
                Cell(number(limits[-1]) if limits else NOT_APPLICABLE),
            )
        )
    return tuple(rows)
