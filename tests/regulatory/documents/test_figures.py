"""Pictures: the same SVG every time, described in words, no number lost."""

from __future__ import annotations

from datetime import date, timedelta

from measures.estimate import Estimate
from regulatory.documents.blocks import Figure
from regulatory.documents.chart_figures import control_chart
from regulatory.documents.facts import ChartSeries, Curve, FlowStep, Reliability
from regulatory.documents.figures import counts_bar, forest_plot, reliability_diagram, roc_curve
from regulatory.documents.flow_figure import flow_diagram
from tests.regulatory.documents.samples import about, share_of

NONE = Estimate.not_estimable("auc", "only one class present", n=3)
DAYS = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(8))


def curve(auc: Estimate) -> Curve:
    """A short curve."""
    return Curve("internal test", (0.0, 0.2, 1.0), (0.0, 0.8, 1.0), auc, (0.2, 0.8))


def pictures() -> list[Figure]:
    """One of each."""
    series = ChartSeries("A", DAYS, (None, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), (4.5,) * 8, (),
                         DAYS[5:])  # fmt: skip
    bins = Reliability("internal", (0.1, 0.9), (share_of("o", 1, 9), NONE))
    return [
        roc_curve([curve(about("auc", 0.8, 0.1, 50))], caption="c"),
        reliability_diagram([bins], caption="c"),
        forest_plot(
            [("all", about("auc", 0.8, 0.1, 50)), ("young", NONE)], caption="c", axis="AUC"
        ),
        counts_bar([("A", 5), ("B", 0)], caption="c", axis="studies"),
        flow_diagram([FlowStep("In", 5, (("bad", 1),)), FlowStep("Out", 4)], caption="c"),
        control_chart([series], caption="c", axis="CUSUM"),
    ]


def test_the_same_numbers_give_the_same_picture() -> None:
    first, second = pictures(), pictures()
    assert [one.svg for one in first] == [one.svg for one in second]
    assert all(one.alt and "<svg" in one.svg and "<text" not in one.svg for one in first)


def test_a_users_own_plot_settings_do_not_reach_a_document() -> None:
    import matplotlib as mpl

    before = pictures()[0].svg
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red"}):
        assert pictures()[0].svg == before
        assert mpl.rcParams["font.size"] == 30.0


def test_what_cannot_be_estimated_is_said_and_not_drawn_at_zero() -> None:
    plot = forest_plot([("young", NONE)], caption="c", axis="AUC")
    assert "young: not estimable: only one class present (n = 3)" in plot.alt
    assert dict(plot.data)["value"] == (None,)
    assert "AUC not estimable" in roc_curve([curve(NONE)], caption="c").alt


def test_a_signal_is_told_with_its_first_day() -> None:
    told = pictures()[5].alt
    assert "A: 7 of 8 days charted, 3 signals: first signal 2026-01-06" in told


def test_many_sites_are_drawn_in_two_columns() -> None:
    series = [ChartSeries(f"S{n}", DAYS, (1.0,) * 8, (2.0,) * 8) for n in range(7)]
    told = control_chart(series, caption="c", axis="CUSUM")
    assert told.alt.count("no signal") == 7


def test_no_rows_and_no_sites_give_an_empty_picture_and_no_error() -> None:
    assert forest_plot([], caption="c", axis="AUC").svg
    assert counts_bar([], caption="c", axis="n").svg
    assert control_chart([], caption="c", axis="n").svg
    assert flow_diagram([FlowStep("In", 0)], caption="c").svg
