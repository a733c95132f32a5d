"""Drift and alerts, for quality teams: has anything moved, where, and what is done about it."""

import streamlit as st

from dashboards import charts, figures, look
from dashboards.desk import Desk
from dashboards.views.alert_answers import show_alerts
from dashboards.views.alert_plan import show_alert_plan
from dashboards.views.drift_evidence import show_reports
from dashboards.views.report_concordance import show_concordance
from monitoring.chart_definitions import chart_explanation
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
    chosen = desk.selection
    standings = chart_standings(desk.reader, device=chosen.device, site=chosen.site)
    prepared = [one for one in baselines(desk.reader, device=chosen.device)
                if chosen.holds(site=one.site)]
    _matrix(standings, prepared)
    show_alerts(desk)


def _matrix(standings: list[ChartStanding], prepared: list[Baseline]) -> None:
    look.section("Where every chart stands", "The latest point of each control chart at each site.")
    # Evidently compares all sites together and raises no alert: its verdicts have their own tab.
    stood = {
        (one.device, one.chart, one.site): one for one in standings
        if not one.chart.startswith(EVIDENTLY)
    }
    cannot = {(one.device, one.chart, one.site): one.reason for one in prepared if one.reason}
    known = {*stood, *cannot}
    sites = sorted({site for _, _, site in known})
    several = len({device for device, _, _ in known}) > 1
    rows: list[list[look.Cell]] = []
    for device, chart in sorted({(device, chart) for device, chart, _ in known}):
        row: list[look.Cell] = [device, look.plain_name(chart)] if several else [
            look.plain_name(chart)
        ]
        row += [
            _standing(stood.get((device, chart, site)), cannot.get((device, chart, site), ""))
            for site in sites
        ]
        rows.append(row)
    look.table(
        [*(["Device"] if several else []), "Control chart", *sites], rows,
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
    chosen = desk.selection
    standings = chart_standings(desk.reader, device=desk.device, site=chosen.site)
    found = [one for one in alerts(desk.reader) if one.device == desk.device]
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
    points = chart_series(
        desk.reader, chart, site, device=desk.device, first=chosen.first, last=chosen.last
    )
    raised = [one for one in found if one.site == site and chart in one.charts
              and chosen.holds(day=one.raised_on)]
    look.section(f"{look.plain_name(chart)} at {site}", _of_device(desk))
    if not points:
        look.quiet(f"This chart has no point in {chosen.words}: choose a longer period.")
        return
    figures.draw(
        charts.control_chart(points, raised), key="control-chart",
        how=chart_explanation(desk.reader, desk.device, chart, site, points),
        alt=f"Control chart {look.plain_name(chart)} at {site}: {len(points)} days, "
        f"{sum(one.signal for one in points)} of them with a signal",
    )
    prepared = baselines(desk.reader, device=desk.device)
    baseline = next((one for one in prepared if (one.chart, one.site) == (chart, site)), None)
    if baseline is not None:
        look.quiet(
            f"Compared with {baseline.reference_n} reference studies, frozen before the first day. "
            f"Probability of any false alert of this chart at this site within the plan's horizon: "
            f"at most {baseline.alpha:.2g}."
        )
    with st.expander("Every point as a table"):
        look.table(
            ["Day", "n", "Statistic", "Limit", "Signal", "Reason"],
            [[one.day, one.n, _shown(one.statistic), _shown(one.limit),
              look.mark("signal" if one.signal else "in control"
                        if one.statistic is not None else "not estimable"), one.reason or "none"]
             for one in reversed(points)],
            empty="",
        )  # fmt: skip


def _shown(value: float | None) -> str:
    return "not estimable" if value is None else number(value)


def _of_device(desk: Desk) -> str:
    """Which device it is, where there are several."""
    return f"Of {desk.device}." if len(desk.visible.devices) > 1 else ""


TABS = {
    "Status and alerts": _status,
    "Plan and who is told": show_alert_plan,
    "Control charts": _control_chart,
    "Radiologists' reports": show_concordance,
    "Weekly drift reports": show_reports,
}
