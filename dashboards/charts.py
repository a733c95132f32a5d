"""Stored points become figures: control charts, performance with intervals, arrivals by day.

Colours are Okabe and Ito's; sites differ by panel or pattern too, signals by shape.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.look import plain_name
from records.announced_alerts import Announcement
from records.overview import AlertStanding, DayVolume
from records.surveillance_overview import SeriesPoint, WindowFigures
from regulatory.gathering.truth_awaited import AwaitedDay

BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#5A6772",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION)
INK, GROUND, GRID, AXIS, ZERO, VEIL, BAND = (
    "#17242F", "#FFFFFF", "#E3E9ED", "#8796A3", "#C3CDD5", "rgba(255,255,255,0.85)",
    "rgba(0,114,178,0.18)",
)
CALM, ANNOUNCED, LITTLE_KNOWN, PARTLY_KNOWN = (
    "rgba(0,158,115,0.10)", "rgba(204,121,167,0.22)", "rgba(90,103,114,0.24)",
    "rgba(90,103,114,0.10)",
)  # fmt: skip
DARK = {
    INK: "#E6ECF1", GROUND: "#12191F", GRID: "#26323B", AXIS: "#71818E", ZERO: "#3B4A56",
    CALM: "rgba(60,199,154,0.14)", ANNOUNCED: "rgba(222,156,192,0.28)",
    LITTLE_KNOWN: "rgba(169,182,192,0.30)", PARTLY_KNOWN: "rgba(169,182,192,0.12)",
    VEIL: "rgba(18,25,31,0.85)", BAND: "rgba(86,180,233,0.25)", BLUE: "#6BB8E8", GREY: "#A9B6C0",
    VERMILLION: "#F28B4B", GREEN: "#3CC79A", PURPLE: "#DE9CC0",
}
"""Each colour of the light theme in the dark one: Okabe and Ito's, lighter where they sink."""
PATTERNS = ("", "/", ".", "x", "-", "+")


def control_chart(
    points: Sequence[SeriesPoint], alerts: Sequence[AlertStanding],
    announced: Sequence[Announcement] = (), truth: Sequence[AwaitedDay] = (),
) -> go.Figure:
    """A chart at a site by day: statistic, limit and the band below it, signals, days without a
    point, alerts, onset; changes that the site announced, days whose truth is not complete."""
    figure = _figure("Statistic of the chart")
    drawn = [one for one in points if one.statistic is not None]
    limits = [one for one in points if one.limit is not None]
    _in_control_band(figure, drawn, limits)
    figure.add_scatter(
        x=[one.day for one in drawn], y=[one.statistic for one in drawn], name="Statistic",
        mode="lines+markers", line={"color": BLUE, "width": 2}, marker={"size": 5},
        customdata=[one.n for one in drawn],
        hovertemplate="%{x|%Y-%m-%d}: %{y:.3g} (n = %{customdata})<extra></extra>",
    )
    figure.add_scatter(
        x=[one.day for one in limits], y=[one.limit for one in limits], name="Limit",
        mode="lines", line={"color": GREY, "dash": "dash", "width": 2, "shape": "hv"},
        hovertemplate="limit %{y:.3g}<extra></extra>",
    )
    signals = [one for one in drawn if one.signal]
    if signals:
        figure.add_scatter(
            x=[one.day for one in signals], y=[one.statistic for one in signals], name="Signal",
            mode="markers", marker={"symbol": "triangle-up", "size": 12, "color": VERMILLION},
            hovertemplate="signal on %{x|%Y-%m-%d}: %{y:.3g}<extra></extra>",
        )
    _mark_empty_days(figure, points)
    if points:
        shade_announced(figure, announced, points[0].day, points[-1].day)
        shade_awaited(figure, truth)
    for alert in alerts:
        _upright(figure, alert.raised_on, f"{alert.label} raised", VERMILLION, "solid", 1.0)
        if alert.onset_estimate is not None:
            _upright(figure, alert.onset_estimate, "estimated onset", ORANGE, "dot", 0.91)
    return figure


def _in_control_band(
    figure: go.Figure, drawn: Sequence[SeriesPoint], limits: Sequence[SeriesPoint]
) -> None:
    """Where the statistic lies while nothing signals: below the limit."""
    if not limits:
        return
    foot = min([0.0, *(one.statistic or 0.0 for one in drawn)])
    days = [one.day for one in limits]
    for height, fill in (([foot] * len(days), None), ([one.limit for one in limits], "tonexty")):
        figure.add_scatter(
            x=days, y=height, mode="lines", line={"width": 0, "shape": "hv"}, fill=fill,
            fillcolor=CALM, hoverinfo="skip", name="In control", showlegend=bool(fill),
            legendgroup="calm",
        )


def shade_announced(
    figure: go.Figure, announced: Sequence[Announcement], first: date, last: date
) -> None:
    """The days of each announced change that the figure holds, with its label."""
    for one in announced:
        if one.last_day < first or one.first_day > last:
            continue
        _shade(figure, one.first_day, one.last_day, ANNOUNCED)
        figure.add_annotation(
            x=one.first_day, y=0.04, yref="paper", text=f"{one.label} {one.kind}",
            showarrow=False, xanchor="left", bgcolor=VEIL, font={"color": INK, "size": 12},
        )


def shade_awaited(figure: go.Figure, truth: Sequence[AwaitedDay]) -> None:
    """Days whose truth is not complete: dark where less than half is known, else light."""
    for colour, name in (
        (LITTLE_KNOWN, "Truth of less than half known"), (PARTLY_KNOWN, "Truth of some awaited"),
    ):
        own = [one for one in truth if not one.complete
               and (2 * one.known < one.studies) == (colour == LITTLE_KNOWN)]  # fmt: skip
        for one in own:
            _shade(figure, one.day, one.day, colour)
        if own:
            figure.add_scatter(
                x=[None], y=[None], mode="markers", name=name, hoverinfo="skip",
                marker={"symbol": "square", "size": 12, "color": colour},
            )


def _shade(figure: go.Figure, first: date, last: date, colour: str) -> None:
    half = timedelta(hours=12)
    figure.add_shape(
        type="rect", x0=datetime.combine(first, time()) - half,
        x1=datetime.combine(last, time()) + half, y0=0, y1=1, yref="paper", layer="below",
        fillcolor=colour, line={"width": 0},
    )


def performance_chart(
    points: Sequence[SeriesPoint], measure: str, *, bound: float | None
) -> go.Figure:
    """A measure by day, one panel a site: the stored interval as a band, the claim as a line."""
    sites = sorted({one.site for one in points})
    figure = make_subplots(
        rows=max(1, len(sites)), cols=1, shared_xaxes=True, subplot_titles=sites,
        vertical_spacing=0.3 / max(1, len(sites)),
    )
    _dress(figure, "")
    figure.update_layout(height=90 + 165 * max(1, len(sites)))
    for row, site in enumerate(sites, start=1):
        own = [one for one in points if one.site == site and one.value is not None]
        _add_panel(figure, own, row=row, measure=plain_name(measure))
        if bound is not None and points:
            figure.add_scatter(
                x=[points[0].day, points[-1].day], y=[bound, bound], mode="lines",
                line={"color": GREY, "dash": "dash", "width": 2}, legendgroup="bound",
                name=f"Claim less its margin: {bound:g}", showlegend=row == 1, row=row, col=1,
                hoverinfo="skip",
            )
    figure.update_yaxes(range=[0, 1.05], tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_annotations(x=0, xanchor="left", font={"color": INK, "size": 14})
    figure.update_layout(legend={"y": 1.02 + 0.06 / max(1, len(sites))})
    return figure


def _add_panel(
    figure: go.Figure, own: Sequence[SeriesPoint], *, row: int, measure: str
) -> None:
    days = [one.day for one in own]
    for limit, fill in (("low", None), ("high", "tonexty")):
        figure.add_scatter(
            x=days, y=[getattr(one, limit) for one in own], mode="lines", fill=fill,
            line={"width": 0}, fillcolor=BAND, hoverinfo="skip",
            name="95 % interval", legendgroup="interval", showlegend=bool(fill) and row == 1,
            row=row, col=1,
        )
    figure.add_scatter(
        x=days, y=[one.value for one in own], mode="lines+markers", name=measure,
        line={"color": BLUE, "width": 2}, marker={"size": 5}, legendgroup="value",
        showlegend=row == 1, row=row, col=1,
        customdata=[(one.low, one.high, one.n) for one in own],
        hovertemplate=(
            "%{x|%Y-%m-%d}: %{y:.3f} (95 % CI %{customdata[0]:.3f} to %{customdata[1]:.3f}, "
            "n = %{customdata[2]})<extra></extra>"
        ),
    )


WAYS = {
    "estimated": ("Estimated without truth", BLUE, "circle-open"),
    "prediction-powered": ("Prediction-powered", ORANGE, "diamond"),
    "realised": ("Realised", GREEN, "square"),
}


def windows_chart(
    windows: Sequence[WindowFigures], measure: str, *, bound: float | None
) -> go.Figure:
    """The windows of one site: each way's figure with its interval, beside each other; the limit as
    a line; at the foot the windows of which nothing can be known yet, with the reason."""
    figure = _figure(plain_name(measure))
    for place, (way, (name, colour, symbol)) in enumerate(WAYS.items()):
        own = [(one, one.figures[way]) for one in windows if one.figures[way].value is not None]
        figure.add_scatter(
            x=[_beside(one, place) for one, _ in own], y=[found.value for _, found in own],
            name=name, mode="markers", marker={"color": colour, "symbol": symbol, "size": 10},
            error_y={
                "type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": colour,
                "array": [(found.high or 0.0) - (found.value or 0.0) for _, found in own],
                "arrayminus": [(found.value or 0.0) - (found.low or 0.0) for _, found in own],
            },
            customdata=[
                (f"{one.first} to {one.last}", found.low, found.high, found.n, found.day)
                for one, found in own
            ],
            hovertemplate=(
                "%{customdata[0]}: %{y:.3f} (95 % interval %{customdata[1]:.3f} to "
                "%{customdata[2]:.3f}, n = %{customdata[3]}), computed on %{customdata[4]}"
                "<extra></extra>"
            ),
        )
    empty = [one for one in windows if all(found.value is None for found in one.figures.values())]
    if empty:
        figure.add_scatter(
            x=[_beside(one, 1) for one in empty], y=[0.0] * len(empty), mode="markers",
            name="Not estimable", marker={"symbol": "x-thin-open", "size": 10, "color": GREY},
            customdata=[(f"{one.first} to {one.last}", one.figures["estimated"].reason)
                        for one in empty],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
        )  # fmt: skip
    if bound is not None and windows:
        figure.add_scatter(
            x=[_beside(windows[0], 0), _beside(windows[-1], 2)], y=[bound, bound], mode="lines",
            line={"color": GREY, "dash": "dash", "width": 2}, name=f"Limit: {bound:.3f}",
            hoverinfo="skip",
        )
    figure.update_yaxes(range=[-0.03, 1.05], tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure


def _beside(window: WindowFigures, place: int) -> datetime:
    """Around the middle of a window: the ways stand side by side, and windows apart."""
    span = window.last - window.first + timedelta(days=1)
    return datetime.combine(window.first, time()) + span * (place + 2.5) / 7


def volume_chart(volumes: Sequence[DayVolume], counted: str) -> go.Figure:
    """How much arrived, day by day, the sites upon each other; an uncounted day has no bar."""
    figure = _figure(plain_name(counted))
    for place, site in enumerate(sorted({one.site for one in volumes})):
        own = [one for one in volumes if one.site == site]
        figure.add_bar(
            x=[one.day for one in own], y=[one.counts.get(counted) for one in own], name=site,
            marker={
                "color": COLOURS[place % len(COLOURS)],
                "pattern": {"shape": PATTERNS[place % len(PATTERNS)], "solidity": 0.25,
                            "fgcolor": GROUND, "bgcolor": COLOURS[place % len(COLOURS)]},
            },
            hovertemplate="%{x|%Y-%m-%d}: %{y}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.25, legend={"traceorder": "normal"})
    figure.update_yaxes(rangemode="tozero")
    return figure


def _mark_empty_days(figure: go.Figure, points: Sequence[SeriesPoint]) -> None:
    """Days on which the chart could not be run, at the foot of the figure, with the reason."""
    empty = [one for one in points if one.statistic is None]
    if not empty:
        return
    figure.add_scatter(
        x=[one.day for one in empty], y=[0.0] * len(empty), name="No point (not estimable)",
        mode="markers", marker={"symbol": "x-thin-open", "size": 8, "color": GREY},
        customdata=[one.reason or "no reason recorded" for one in empty],
        hovertemplate="%{x|%Y-%m-%d}: %{customdata}<extra></extra>",
    )


def _upright(
    figure: go.Figure, day: date, words: str, colour: str, dash: str, height: float
) -> None:
    figure.add_shape(
        type="line", x0=day, x1=day, y0=0, y1=1, yref="paper",
        line={"color": colour, "dash": dash, "width": 2},
    )
    figure.add_annotation(
        x=day, y=height, yref="paper", text=f"{words} {day:%Y-%m-%d}", showarrow=False,
        xanchor="right", xshift=-5, bgcolor=VEIL,
        font={"color": INK, "size": 12},
    )


def plain_figure(upright: str, across: str) -> go.Figure:
    """An empty figure over numbers or names, dressed as all others are."""
    figure = _figure(upright)
    figure.update_xaxes(tickformat="", title={"text": across, "font": {"size": 13}})
    figure.update_layout(margin={"b": 52})
    return figure


def _figure(upright: str) -> go.Figure:
    figure = go.Figure()
    _dress(figure, upright)
    return figure


def _dress(figure: go.Figure, upright: str) -> None:
    """Axes, fonts and legend, the same in every figure."""
    axis = {"gridcolor": GRID, "linecolor": AXIS, "zerolinecolor": ZERO}
    figure.update_layout(
        height=390, margin={"l": 64, "r": 16, "t": 40, "b": 40},
        plot_bgcolor=GROUND, paper_bgcolor=GROUND,
        font={"family": "Source Sans, sans-serif", "size": 13, "color": INK},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        hoverlabel={"bgcolor": GROUND}, showlegend=True,
    )
    figure.update_xaxes(tickformat="%Y-%m-%d", **axis)
    figure.update_yaxes(title={"text": upright, "font": {"size": 13}}, **axis)
