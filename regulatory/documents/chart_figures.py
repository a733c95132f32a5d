"""Control charts as pictures: one panel a site, limits drawn, signals marked by shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from regulatory.documents.blocks import Figure
from regulatory.documents.facts import ChartSeries
from regulatory.documents.figures import COLOURS, GREY, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MANY = 5


def control_chart(
    series: Sequence[ChartSeries],
    *,
    caption: str,
    axis: str,
    logarithmic: bool = False,
    records: tuple[str, ...] = (),
) -> Figure:
    """The statistic by day against its limits, one panel a site; a triangle marks each signal.

    A day on which the chart could not be run is a gap in the line, never a zero.
    """
    columns = 1 if len(series) <= _MANY else 2
    rows = max(1, math.ceil(len(series) / columns))
    with drawing(0.45 + 0.92 * rows) as (canvas, written):
        panels = canvas.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        flat = [axes for row in panels for axes in row]
        for axes, one in zip(flat, series, strict=False):
            _draw_series(axes, one, logarithmic=logarithmic)
        for axes in flat[len(series) :]:
            axes.set_axis_off()
        canvas.supylabel(axis, fontsize=8)
        svg = written()
    said = "; ".join(_told(one) for one in series)
    data = tuple(pair for one in series for pair in _plotted(one))
    return Figure(caption, f"Control chart of {axis} by day. {said}.", svg, data, records)


def _draw_series(axes: Axes, one: ChartSeries, *, logarithmic: bool) -> None:
    days = [float(day.toordinal()) for day in one.days]
    axes.plot(days, _floats(one.statistic), color=COLOURS[0], marker=".", markersize=3, linewidth=1)
    for limit in (one.upper, one.lower):
        if limit:
            axes.plot(days, _floats(limit), color=GREY, linestyle="--", linewidth=1)
    at = dict(zip(one.days, one.statistic, strict=True))
    for day in one.signals:
        height = at.get(day)
        if height is not None:
            axes.plot([day.toordinal()], [height], "^", color=COLOURS[1], markersize=6, zorder=5)
    if logarithmic:
        axes.set_yscale("log")
    axes.set_title(one.site + (_first(one) if one.signals else ""), loc="left")
    shown = one.days[:: max(1, len(one.days) // 5)]
    axes.set_xticks([day.toordinal() for day in shown], [day.isoformat() for day in shown])


def _first(one: ChartSeries) -> str:
    return f": first signal {one.signals[0].isoformat()}"


def _floats(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _told(one: ChartSeries) -> str:
    run = sum(value is not None for value in one.statistic)
    signals = f"{len(one.signals)} signals{_first(one)}" if one.signals else "no signal"
    return f"{one.site}: {run} of {len(one.days)} days charted, {signals}"


def _plotted(one: ChartSeries) -> tuple[tuple[str, tuple[float | str | None, ...]], ...]:
    named: tuple[tuple[str, tuple[float | str | None, ...]], ...] = (
        (f"{one.site}: day", tuple(day.isoformat() for day in one.days)),
        (f"{one.site}: statistic", one.statistic),
        (f"{one.site}: upper limit", one.upper),
        (f"{one.site}: lower limit", one.lower),
        (f"{one.site}: signals", tuple(day.isoformat() for day in one.signals)),
    )
    return tuple((name, values) for name, values in named if values)
