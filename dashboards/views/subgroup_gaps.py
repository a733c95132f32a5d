"""How far each subgroup lies behind the others at each site, where a plan watches it."""

from dashboards import look
from dashboards.desk import Desk
from records.chart_names import level_of
from records.surveillance_overview import (
    Baseline,
    ChartStanding,
    SeriesPoint,
    baselines,
    chart_standings,
    performance_series,
)
from regulatory.documents.wording import measure_name, number


def show_gaps(desk: Desk) -> None:
    """The latest gap of every level, or why there is none; nothing where no plan compares them."""
    watched = [one for one in baselines(desk.reader, device=desk.device)
               if one.allowed_gap is not None and desk.selection.holds(site=one.site)]
    if not watched:
        return
    standings = {(one.chart, one.site): one
                 for one in chart_standings(desk.reader, device=desk.device)}
    points = performance_series(
        desk.reader, sorted({one.chart for one in watched}), device=desk.device
    )
    latest = {(one.chart, one.site): one for one in points if one.value is not None}
    look.section(
        "Subgroups beside each other",
        "The share of each subgroup less that of the others, over all truth since the chart "
        "started. These intervals hold on all days together.",
    )
    look.table(
        ["Subgroup", "Site", "Measure", "Behind (-) or ahead (+) of the others", "Allowed behind",
         "Status"],
        [
            _row(one, latest.get((one.chart, one.site)), standings.get((one.chart, one.site)))
            for one in watched
        ],
        empty="No plan compares subgroups.",
    )  # fmt: skip


def _row(
    watched: Baseline, point: SeriesPoint | None, standing: ChartStanding | None
) -> list[look.Cell]:
    said = standing.reason if standing else "no day was watched"
    if point is not None and None not in (point.value, point.low, point.high):
        low, high = number(point.low or 0.0, 2), number(point.high or 0.0, 2)
        said = (
            f"{number(point.value or 0.0, 2)} ({low} to {high}, n = {point.n}, {point.day})"
        )
    return [
        level_of(watched.chart).replace("=", " ", 1), watched.site,
        measure_name(watched.measure), f"not estimable: {said}" if point is None else said,
        number(watched.allowed_gap or 0.0, 2),
        look.mark(standing.state) if standing else look.mark("not estimable"),
    ]
