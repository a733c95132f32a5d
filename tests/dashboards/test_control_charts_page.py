"""Control charts: one chart with what bears on it, both verdicts, and the way to it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dashboards import charts
from dashboards.views.drift_report import POLICY, framed
from monitoring.two_verdicts import compare_verdicts
from records.announced_alerts import Announcement
from records.chart_names import level_chart
from records.people import find_actor
from records.planned_changes import announce_change
from records.product import Site
from records.store import Store
from records.surveillance import ChartPoint
from records.surveillance_overview import ChartStanding, DriftVerdicts, SeriesPoint
from regulatory.gathering.truth_awaited import AwaitedDay
from tests.dashboards.conftest import Visit, go_to, text_of
from tests.dashboards.small_workspace import DAYS, FIRST, SITES, TODAY

PAGE = "control-charts"
GIRLS = level_chart("image_noise", "sex", "F")


def test_it_opens_at_the_site_with_the_alert_and_goes_where_one_chooses(visit: Visit) -> None:
    app = visit("demo.quality", PAGE)
    assert app.selectbox(key="chart-site").value == "south clinic"
    app.selectbox(key="chart-site").set_value("west practice").run()
    assert "Image noise at west practice" in text_of(app)
    app.selectbox(key="chart").set_value("sensitivity").run()
    assert app.query_params["chart"] == "sensitivity"
    assert "Sensitivity at west practice" in text_of(app)
    assert not app.exception


def test_a_link_names_chart_and_site_and_a_chart_that_is_none_is_said(visit: Visit) -> None:
    app = visit("demo.quality")
    app.query_params["chart"], app.query_params["site"] = "sensitivity", SITES[0]
    assert f"Sensitivity at {SITES[0]}" in text_of(go_to(app, PAGE))
    app.query_params["chart"] = "nothing"
    assert "the control chart &#x27;nothing&#x27;, which has no point" in text_of(app.run())


def test_a_level_of_a_subgroup_is_reached_from_its_chart(visit: Visit, records: Store) -> None:
    with records.transaction("service:surveillance", "watch", now=TODAY) as tx:
        tx.add(ChartPoint(
            run_id=DAYS, chart=GIRLS, subgroup="sex=F", site=SITES[0], day=TODAY.date(), n=9,
            statistic=0.3, limit=2.4,
        ))  # fmt: skip
    app = visit("demo.quality", PAGE)
    assert app.selectbox(key="chart-level-image_noise").options == ["all studies", "sex F"]
    app.selectbox(key="chart-level-image_noise").set_value(GIRLS).run()
    assert f"Image noise [sex=F] at {SITES[0]}" in text_of(app)
    assert not app.exception


def test_announced_days_are_shaded_and_named_in_the_explanation(
    visit: Visit, records: Store
) -> None:
    with records.transaction("demo.quality", "letter", now=TODAY) as tx:
        announce_change(
            tx, tx.get_one(Site, 2), kind="scanner", first_day=TODAY.date() - timedelta(days=3),
            last_day=TODAY.date(), description="unit replaced", reason="letter",
            by=find_actor(tx, "demo.quality"), now=TODAY,
        )
    assert "Days of changes that the site announced" in text_of(visit("demo.quality", PAGE))


def _point(number: int) -> SeriesPoint:
    return SeriesPoint("noise", "north", FIRST + timedelta(days=number), 20, None, None, None,
                       1.0, 2.4, False, "")  # fmt: skip


def test_the_figure_has_band_announced_days_and_two_depths_of_awaited_truth() -> None:
    change = Announcement(
        "PLC-0001", "north", "scanner", FIRST, FIRST, "", "ada", datetime.now(UTC), False,
        "announced", (),
    )
    old = Announcement(
        "PLC-0002", "north", "scanner", date(2020, 1, 1), date(2020, 1, 1), "", "ada",
        datetime.now(UTC), False, "announced", (),
    )
    truth = [AwaitedDay(FIRST, 8, 8), AwaitedDay(FIRST + timedelta(days=1), 8, 7),
             AwaitedDay(FIRST + timedelta(days=2), 8, 1)]  # fmt: skip
    figure = charts.control_chart([_point(0), _point(1), _point(2)], [], [change, old], truth)
    names = {trace.name for trace in figure.data}
    assert {"In control", "Truth of less than half known", "Truth of some awaited"} <= names
    assert [one.fillcolor for one in figure.layout.shapes] == [
        charts.ANNOUNCED, charts.LITTLE_KNOWN, charts.PARTLY_KNOWN
    ]
    assert [one.text for one in figure.layout.annotations] == ["PLC-0001 scanner"]


def _standing(*, signal: bool, statistic: float | None = 3.0) -> ChartStanding:
    return ChartStanding("d", "noise chart", "north", FIRST, 20, statistic, 2.4, signal, "",
                         {"columns": {"noise": {}}})  # fmt: skip


def _report(drifted: bool | None) -> DriftVerdicts:
    return DriftVerdicts("DRR-0001", FIRST, "weekly", 300, 70, "", [
        {"column": "noise", "drifted": drifted}, {"column": "age", "drifted": True}])  # fmt: skip


@pytest.mark.parametrize(("signal", "drifted", "said", "agree"), [
    (True, True, "They agree.", True), (False, False, "They agree.", True),
    (True, False, "adds up small changes of one site", False),
    (False, True, "counts no false alarms", False),
    (True, None, "could not be computed", None),
])  # fmt: skip
def test_which_verdict_raises_the_alert_and_why_the_other_differs(
    signal: bool, drifted: bool | None, said: str, agree: bool | None
) -> None:
    found = compare_verdicts(_standing(signal=signal), [_report(drifted)])
    assert found.agree is agree
    assert said in found.words
    assert found.words.startswith("This control chart raises the alert;")
    assert "age" not in found.words, "a column that the chart does not watch"


def test_without_a_report_or_a_common_column_evidently_says_nothing() -> None:
    assert "no report was made yet" in compare_verdicts(_standing(signal=True), []).words
    other = DriftVerdicts("DRR-0001", FIRST, "weekly", 300, 70, "", [
        {"column": "age", "drifted": True}])  # fmt: skip
    found = compare_verdicts(_standing(signal=True), [other])
    assert (found.evidently, found.agree) == ("not compared", None)


def test_the_stored_report_is_framed_without_origin_and_network(visit: Visit) -> None:
    app = visit("demo.quality", PAGE)
    app.toggle(key="drift-embedded").set_value(True).run()
    assert not app.exception
    assert str(app.selectbox(key="drift-embedded-report").value).endswith("DRR-0001")
    frame = framed("<p>\"report\"</p>", "DRR-0001")
    assert 'sandbox="allow-scripts"' in frame
    assert "allow-same-origin" not in frame
    assert POLICY.startswith("default-src 'none'")
    assert "&quot;report&quot;" in frame
