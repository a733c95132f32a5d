"""Figures draw what is stored, leave gaps where nothing is, and do not rest on colour alone."""

from datetime import date, timedelta

import pytest

from dashboards import charts
from records.overview import AlertStanding, DayVolume
from records.surveillance_overview import Figure, SeriesPoint, WindowFigures

FIRST = date(2026, 2, 1)


def _point(number: int, *, site: str = "north", statistic: float | None = 1.0) -> SeriesPoint:
    known = statistic is not None
    return SeriesPoint(
        chart="noise", site=site, day=FIRST + timedelta(days=number), n=20,
        value=0.8 if known else None, low=0.6 if known else None, high=0.9 if known else None,
        statistic=statistic, limit=2.4, signal=known and statistic is not None and statistic >= 2.4,
        reason="" if known else "too few studies",
    )  # fmt: skip


ALERT = AlertStanding(
    id=1, label="ALT-0001", chart="noise", site="north", severity="high", summary="", evidence={},
    raised_on=FIRST + timedelta(days=2), onset_estimate=FIRST + timedelta(days=1), status="open",
    acknowledged_by="", acknowledged_at=None, disposition="", closed_at=None,
)


def test_a_control_chart_shows_limit_signals_alert_and_onset() -> None:
    figure = charts.control_chart([_point(0), _point(1), _point(2, statistic=3.0)], [ALERT])
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["Signal"].y) == [3.0]
    assert traces["Signal"].marker.symbol == "triangle-up"
    assert set(traces["Limit"].y) == {2.4}
    words = [note.text for note in figure.layout.annotations]
    assert words == ["ALT-0001 raised 2026-02-03", "estimated onset 2026-02-02"]


def test_a_day_without_a_point_is_named_with_its_reason_and_is_no_zero() -> None:
    figure = charts.control_chart([_point(0), _point(1, statistic=None)], [])
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["Statistic"].y) == [1.0]
    assert list(traces["No point (not estimable)"].customdata) == ["too few studies"]


def test_an_empty_chart_is_a_figure_without_points() -> None:
    assert len(charts.control_chart([], []).data[0].x) == 0
    assert len(charts.performance_chart([], "sensitivity", bound=0.78).data) == 0
    assert len(charts.volume_chart([], "studies").data) == 0


def test_performance_has_one_panel_a_site_with_the_stored_interval() -> None:
    points = [_point(day, site=site) for site in ("north", "south") for day in range(3)]
    figure = charts.performance_chart(points, "sensitivity", bound=0.78)
    assert [note.text for note in figure.layout.annotations] == ["north", "south"]
    values = [trace for trace in figure.data if trace.name == "Sensitivity"]
    assert [list(trace.y) for trace in values] == [[0.8, 0.8, 0.8]] * 2
    assert tuple(values[0].customdata[0]) == (0.6, 0.9, 20)


def test_the_ways_to_know_a_window_stand_side_by_side_and_an_unknown_one_says_why() -> None:
    def window(number: int, **values: float | None) -> WindowFigures:
        first = FIRST + timedelta(days=7 * number)
        found = {
            way: Figure(values.get(way), 0.7 if values.get(way) else None,
                        0.9 if values.get(way) else None, 140, "only truth can tell", first)
            for way in ("estimated", "prediction-powered", "realised")
        }  # fmt: skip
        return WindowFigures("north", first, first + timedelta(days=6), 140, 0, found)

    windows = [window(0, estimated=0.8, realised=0.82), window(1)]
    figure = charts.windows_chart(windows, "sensitivity", bound=0.78)
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["Estimated without truth"].y) == [0.8]
    assert list(traces["Prediction-powered"].y) == []
    assert traces["Realised"].error_y.array == pytest.approx((0.08,))
    assert traces["Estimated without truth"].x[0] < traces["Realised"].x[0]
    assert traces["Not estimable"].customdata[0][1] == "only truth can tell"
    assert set(traces["Limit: 0.780"].y) == {0.78}
    assert len({traces[name].marker.symbol for name, *_ in charts.WAYS.values()}) == 3


def test_sites_differ_by_pattern_too_where_bars_are_stacked() -> None:
    volumes = [DayVolume(FIRST, site, {"studies": 20}) for site in ("north", "south", "west")]
    figure = charts.volume_chart(volumes, "studies")
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 3
    assert len({trace.marker.color for trace in figure.data}) == 3


def test_a_count_that_a_day_lacks_is_a_gap() -> None:
    figure = charts.volume_chart([DayVolume(FIRST, "north", {"studies": 20})], "truth_received")
    assert list(figure.data[0].y) == [None]
