"""Drift and alerts, for quality teams: has anything moved, where, and what is done about it."""

import streamlit as st

from dashboards import charts, look
from dashboards.desk import Desk
from dashboards.views.alert_answers import show_alerts
from dashboards.views.alert_plan import show_alert_plan
from dashboards.views.arriving_images import show_checks
from dashboards.views.drift_evidence import show_arrivals, show_performance, show_reports
from dashboards.views.report_concordance import show_concordance
from records.overview import alerts
from records.surveillance_overview import (
    Baseline,
    ChartStanding,
    baselines,
    chart_series,
    chart_standings,
)
from regulatory.documents.wording import number

EVIDENTLY = "evidently "

def show(desk: Desk) -> None:
    """Site by chart status, alerts with their decisions, the charts, and what they rest on."""
    look.title(
        "Drift and alerts",
        "Control charts with a limited rate of false alarms watch every site, every day.",
    )
    # Only the open tab asks its questions and draws: a decision on an alert answers at once.
    tabs = st.tabs(list(TABS), key="drift-tabs", on_change="rerun")
    for tab, draw in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                draw(desk)


def _status(desk: Desk) -> None:
    _matrix(chart_standings(desk.reader), baselines(desk.reader))
    show_alerts(desk)


def _matrix(standings: list[ChartStanding], prepared: list[Baseline]) -> None:
    look.section("Where every chart stands", "The latest point of each control chart at each site.")
    # Evidently compares all sites together and raises no alert: its verdicts have their own tab.
    stood = {
        (one.chart, one.site): one for one in standings if not one.chart.startswith(EVIDENTLY)
    }
    cannot = {(one.chart, one.site): one.reason for one in prepared if one.reason}
    pairs = sorted({*stood, *cannot})
    sites = sorted({site for _, site in pairs})
    rows: list[list[look.Cell]] = []
    for chart in sorted({chart for chart, _ in pairs}):
        row: list[look.Cell] = [look.plain_name(chart)]
        row += [
            _standing(stood.get((chart, site)), cannot.get((chart, site), "")) for site in sites
        ]
        rows.append(row)
    look.table(
        ["Control chart", *sites], rows,
        empty="No day of surveillance was run yet: there is no chart point.",
    )


def _standing(one: ChartStanding | None, cannot: str) -> look.Cell:
    if one is None:
        return look.mark("cannot run", small=cannot) if cannot else "not applicable"
    small = f"{one.day}, n = {one.n}, {_figure(one)}"
    if one.revalidation:
        small += f"; counted since the deployment, {one.revalidation} since the onset"
    if one.alert:
        return look.Mark(f"{one.alert} {one.alert_status}", "bad", small)
    return look.mark(one.state, small=small)


def _figure(one: ChartStanding) -> str:
    if one.statistic is None:
        return one.reason or "no reason recorded"
    limit = "none" if one.limit is None else number(one.limit, 2)
    return f"statistic {number(one.statistic, 2)}, limit {limit}"


def _control_chart(desk: Desk) -> None:
    standings = chart_standings(desk.reader)
    found = alerts(desk.reader)
    if not standings:
        look.quiet("No day of surveillance was run yet: there is no chart to draw.")
        return
    names = sorted(
        {one.chart for one in standings}, key=lambda name: (name.startswith(EVIDENTLY), name)
    )
    worst = next((one for one in found if one.status != "closed" and one.chart in names), None)
    left, right = st.columns(2)
    chart = left.selectbox(
        "Control chart", names, index=names.index(worst.chart) if worst else 0, key="chart",
        format_func=look.plain_name,
    )
    sites = sorted({one.site for one in standings if one.chart == chart})
    wanted = worst.site if worst and worst.site in sites else sites[0]
    site = right.selectbox("Site", sites, index=sites.index(wanted), key="chart-site")
    points = chart_series(desk.reader, chart, site)
    raised = [one for one in found if one.site == site and chart in one.charts]
    figure = charts.control_chart(points, raised)
    look.section(f"{look.plain_name(chart)} at {site}")
    st.plotly_chart(
        figure, theme=None, config={"displayModeBar": False}, key="control-chart",
        alt=f"Control chart {look.plain_name(chart)} at {site}: {len(points)} days, "
        f"{sum(one.signal for one in points)} of them with a signal",
    )
    prepared = baselines(desk.reader)
    baseline = next((one for one in prepared if (one.chart, one.site) == (chart, site)), None)
    if baseline is not None:
        look.quiet(
            f"Compared with {baseline.reference_n} reference studies, frozen before the first day. "
            f"Probability of any false alert of this chart at this site within the plan's horizon: "
            f"at most {baseline.alpha:.2g}."
        )


TABS = {
    "Status and alerts": _status,
    "Plan and who is told": show_alert_plan,
    "Control charts": _control_chart,
    "Performance": show_performance,
    "Radiologists' reports": show_concordance,
    "Weekly drift reports": show_reports,
    "Arrivals and quarantine": show_arrivals,
    "Image checks": show_checks,
}
