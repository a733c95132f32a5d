"""The control charts of a performance-monitoring report: one table, and pictures."""

from __future__ import annotations

from records.counting import counted
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Paragraph, Table
from regulatory.documents.chart_figures import control_chart
from regulatory.documents.facts import ChartSeries
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
         Column("First signal", width=1.2),
         Column("Statistic nearest its limit", align="right", width=1.2),
         Column("Limit of that day", align="right", width=1.1)),
        tuple(row for one in charts for row in _chart_rows(one)),
        note="A limit may differ from day to day; a signal is a statistic beyond that of its day.",
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


def _nearest(one: ChartSeries) -> tuple[float | None, float | None]:
    """The statistic that came nearest to the limit of its day, or farthest beyond it, and that
    limit; where a chart has none, its largest statistic."""
    upper = [(value, limit) for value, limit in zip(one.statistic, one.upper, strict=False)
             if value is not None and limit is not None]  # fmt: skip
    lower = [(value, limit) for value, limit in zip(one.statistic, one.lower, strict=False)
             if value is not None and limit is not None]  # fmt: skip
    if upper:
        return max(upper, key=lambda pair: pair[0] - pair[1])
    if lower:
        return min(lower, key=lambda pair: pair[0] - pair[1])
    return max((value for value in one.statistic if value is not None), default=None), None


def _chart_rows(chart: ChartFacts) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    for one in chart.series:
        run = [value for value in one.statistic if value is not None]
        nearest, limit = _nearest(one)
        rows.append(
            (
                Cell(chart.name, chart.records),
                Cell(one.site),
                Cell(f"{len(run)} of {len(one.days)}"),
                Cell(str(len(one.signals)), tone="bad" if one.signals else "plain"),
                cell(one.signals[0] if one.signals else None, absent="none"),
                Cell("not estimable" if nearest is None else number(nearest)),
                Cell(NOT_APPLICABLE if limit is None else number(limit)),
            )
        )
    return tuple(rows)
