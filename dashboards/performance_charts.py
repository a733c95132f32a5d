"""Stored evaluations become figures: periods, calibration, thresholds, subgroups, with intervals.

Colours are Okabe and Ito's; what is compared differs by shape too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from typing import Any

import plotly.graph_objects as go

from dashboards.charts import BAND, BLUE, COLOURS, GREY, ORANGE, PATTERNS, VEIL, plain_figure
from measures.estimate import Estimate
from monitoring.threshold_explorer import NET_BENEFIT, OF_ALL, Exploration, Threshold
from records.evaluation_overview import PeriodEstimate
from records.surveillance import EvaluationResult
from regulatory.documents.wording import measure_name
from regulatory.gathering.truth_states import WeekTruth

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def period_chart(found: Sequence[PeriodEstimate], measure: str) -> go.Figure:
    """A measure in each measured period, by site: the estimate with its interval over its days."""
    figure = plain_figure(measure_name(measure), "")
    figure.update_xaxes(tickformat="%Y-%m-%d")
    named = [one for one in found if one.value is not None]
    for place, site in enumerate(dict.fromkeys(one.site for one in named)):
        own = [one for one in named if one.site == site]
        colour = COLOURS[place % len(COLOURS)]
        figure.add_scatter(
            x=[_within(one, place) for one in own], y=[one.value for one in own], name=site,
            mode="markers",
            marker={"color": colour, "size": 9, "symbol": SYMBOLS[place % len(SYMBOLS)]},
            error_y=_bars([(one.value, one.low, one.high) for one in own], colour),
            customdata=[(f"{one.period_from} to {one.period_to}", one.low, one.high, one.n,
                         one.version) for one in own],
            hovertemplate="%{customdata[0]}, %{customdata[4]}: %{y:.3f} (95 % CI "
            "%{customdata[1]:.3f} to %{customdata[2]:.3f}, n = %{customdata[3]})<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(range=[0, 1.05] if _are_shares(named) else None)
    return figure


def _are_shares(found: Sequence[PeriodEstimate]) -> bool:
    return all((one.low or 0.0) >= 0.0 and (one.high or 0.0) <= 1.0 for one in found)


def _within(one: PeriodEstimate, place: int) -> datetime:
    """Sites of the same period side by side around its middle."""
    start = datetime.combine(one.period_from, time())
    return start + (datetime.combine(one.period_to, time()) - start) * (place + 4) / 11


def _bars(limits: Sequence[tuple[Any, Any, Any]], colour: str) -> dict[str, Any]:
    return {
        "type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": colour,
        "array": [high - value for value, _, high in limits],
        "arrayminus": [value - low for value, low, _ in limits],
    }


def calibration_chart(bins: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Observed share with its interval by stated probability; on the diagonal both are equal."""
    figure = plain_figure("Observed share with the finding", "Stated probability")
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="As stated", hoverinfo="skip",
        line={"color": GREY, "dash": "dash", "width": 2},
    )
    own = [one for one in bins if one["observed"] is not None]
    figure.add_scatter(
        x=[one["predicted"] for one in own], y=[one["observed"] for one in own],
        name="Observed, with 95 % interval", mode="lines+markers",
        line={"color": BLUE, "width": 1}, marker={"size": 9, "color": BLUE},
        error_y=_bars([(one["observed"], one["low"], one["high"]) for one in own], BLUE),
        customdata=[(one["low"], one["high"], one["n"]) for one in own],
        hovertemplate="stated %{x:.3f}, observed %{y:.3f} (95 % CI %{customdata[0]:.3f} to "
        "%{customdata[1]:.3f}, n = %{customdata[2]})<extra></extra>",
    )
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_yaxes(range=[-0.02, 1.05])
    return figure


def threshold_chart(
    found: Exploration, names: Sequence[str], *, chosen: Threshold | None
) -> go.Figure:
    """Shares by threshold with their intervals; where the version cuts, and where was chosen."""
    figure = plain_figure("Share of studies", "Threshold: flagged from this score on")
    for place, name in enumerate(names):
        colour = COLOURS[place % len(COLOURS)]
        points = [(one.cut, one.estimates[name]) for one in found.thresholds
                  if one.estimates[name].value is not None]  # fmt: skip
        if points:
            _curve(figure, points, measure_name(name), colour, dash=_DASHES[place % len(_DASHES)])
    _uprights(figure, found, chosen)
    figure.update_yaxes(range=[0, 1.05])
    return figure


_DASHES = ("solid", "dash", "dot", "dashdot")


def decision_chart(found: Exploration, *, chosen: Threshold | None) -> go.Figure:
    """Net benefit by threshold probability, beside acting on every study and on none."""
    figure = plain_figure("Net benefit per study", "Threshold probability")
    points = {
        name: [(one.cut, one.estimates[name]) for one in found.thresholds if name in one.estimates]
        for name in (NET_BENEFIT, OF_ALL)
    }
    _curve(figure, points[NET_BENEFIT], "Acting on the device", BLUE, dash="solid")
    _curve(figure, points[OF_ALL], "Acting on every study", ORANGE, dash="dash", band=False)
    figure.add_hline(y=0.0, line={"color": GREY, "dash": "dot", "width": 2})
    _uprights(figure, found, chosen)
    highest = max((one.high or 0.0 for _, one in points[NET_BENEFIT]), default=0.1)
    figure.update_yaxes(range=[-0.25 * highest, 1.1 * highest])  # all studies fall without end
    return figure


def _curve(
    figure: go.Figure, points: Sequence[tuple[float | None, Estimate]], name: str, colour: str, *,
    dash: str, band: bool = True,
) -> None:
    cuts = [cut for cut, _ in points]
    if band:
        shade = f"rgba({','.join(str(int(colour[at:at + 2], 16)) for at in (1, 3, 5))},0.14)"
        shade = BAND if colour == BLUE else shade
        for limit, fill in (("low", None), ("high", "tonexty")):
            figure.add_scatter(
                x=cuts, y=[getattr(one, limit) for _, one in points], mode="lines", fill=fill,
                line={"width": 0}, fillcolor=shade, hoverinfo="skip", showlegend=False,
            )
    figure.add_scatter(
        x=cuts, y=[one.value for _, one in points], mode="lines", name=name,
        line={"color": colour, "width": 2, "dash": dash},
        customdata=[(one.low, one.high, one.n) for _, one in points],
        hovertemplate="from %{x:.3f}: %{y:.3f} (95 % CI %{customdata[0]:.3f} to "
        "%{customdata[1]:.3f}, n = %{customdata[2]})<extra></extra>",
    )


def _uprights(figure: go.Figure, found: Exploration, chosen: Threshold | None) -> None:
    if found.operating_point is not None:
        figure.add_vline(
            x=found.operating_point, line={"color": GREY, "width": 2},
            annotation={"text": "operating point", "bgcolor": VEIL},
        )
    if chosen is not None and chosen.cut is not None:
        figure.add_vline(
            x=chosen.cut, line={"color": GREY, "dash": "dot", "width": 2},
            annotation={"text": "explored", "bgcolor": VEIL},
            annotation_position="bottom right",
        )


def forest_chart(
    rows: Sequence[EvaluationResult], measure: str, *, words: Callable[[str], str]
) -> go.Figure:
    """A measure of every subgroup with its interval, one line each, beside that of all studies."""
    figure = plain_figure("", measure_name(measure))
    overall = next((one for one in rows if one.subgroup == "all"), None)
    own = [one for one in rows if one.value is not None][::-1]
    limits = [(one.value or 0.0, one.low, one.high) for one in own]
    bars = _bars(limits, BLUE)
    figure.add_scatter(
        x=[one.value for one in own], y=[words(one.subgroup) for one in own], mode="markers",
        name="Estimate, with 95 % interval", error_x=bars,
        marker={"size": 10, "color": BLUE,
                "symbol": ["diamond" if one.subgroup == "all" else "square" for one in own]},
        customdata=[(one.low, one.high, one.n) for one in own],
        hovertemplate="%{y}: %{x:.3f} (95 % CI %{customdata[0]:.3f} to %{customdata[1]:.3f}, "
        "n = %{customdata[2]})<extra></extra>",
    )  # fmt: skip
    if overall is not None and overall.value is not None:
        figure.add_vline(x=overall.value, line={"color": GREY, "dash": "dash", "width": 2})
    figure.update_layout(height=130 + 30 * len(own), margin={"l": 190})
    return figure


def truth_chart(weeks: Sequence[WeekTruth]) -> go.Figure:
    """By week of arrival the share of studies whose truth is known, by site, with its interval."""
    figure = plain_figure("Share with a reference standard", "Week of arrival")
    figure.update_xaxes(tickformat="%Y-%m-%d")
    for place, site in enumerate(sorted({one.truth.site for one in weeks})):
        own = [one.truth.known for one in weeks if one.truth.site == site]
        of = [one for one in weeks if one.truth.site == site]
        colour = COLOURS[place % len(COLOURS)]
        figure.add_bar(
            x=[one.first for one in of], y=[one.value for one in own], name=site,
            marker={"color": colour,
                    "pattern": {"shape": PATTERNS[place % len(PATTERNS)], "solidity": 0.25}},
            error_y=_bars([(one.value, one.low, one.high) for one in own], GREY)
            | {"thickness": 1, "width": 3},
            customdata=[(each.last, one.low, one.high, one.n)
                        for each, one in zip(of, own, strict=True)],
            hovertemplate="%{x|%Y-%m-%d} to %{customdata[0]}: %{y:.3f} (95 % CI "
            "%{customdata[1]:.3f} to %{customdata[2]:.3f}, n = %{customdata[3]})"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.3)
    figure.update_yaxes(range=[0, 1.05])
    return figure
