"""Drift and alerts, for quality teams: has anything moved, where, and what is done about it."""

import streamlit as st

from dashboards import charts, look
from dashboards.desk import Desk
from dashboards.sign_in import NOTICE
from dashboards.views.alert_explained import show_explanation
from dashboards.views.arriving_images import show_checks
from dashboards.views.drift_evidence import show_arrivals, show_performance, show_reports
from dashboards.views.report_concordance import show_concordance
from journeys.retraining_due import proposal_on_alert
from records.alert_decisions import DISPOSITIONS, acknowledge_alert, close_alert
from records.errors import RadvigilError
from records.overview import AlertStanding, alerts
from records.permissions import Action
from records.surveillance import Alert
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
    _alerts(desk, alerts(desk.reader))


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


def _alerts(desk: Desk, found: list[AlertStanding]) -> None:
    look.section("Alerts", "A chart raises an alert; only a person answers it.")
    look.table(
        ["Alert", "Site", "Control chart", "What was seen", "Raised", "Estimated onset", "Status"],
        [
            [
                look.Mark(one.label, small=f"severity: {one.severity}"), one.site,
                look.Mark(look.plain_name(one.chart), small=_with(one)) if _with(one)
                else look.plain_name(one.chart),
                f"{one.summary} {one.verdicts}".strip(),
                one.raised_on,
                one.onset_estimate or "not estimable", look.mark(one.status, small=_answer(one)),
            ]
            for one in found
        ],
        empty="No alert was raised. Quiet charts are a result: see the control charts.",
        wide="What was seen",
    )  # fmt: skip
    if found:
        _decide(desk, found)


def _with(one: AlertStanding) -> str:
    """The charts that were merged into the alert: every signal is found from an alert."""
    also = [look.plain_name(chart) for chart in one.charts[1:]]
    return f"with {', '.join(also)}" if also else ""


def _answer(one: AlertStanding) -> str:
    if not one.acknowledged_by:
        return "nobody has answered yet"
    return f"by {one.acknowledged_by}: {one.disposition}"


def _decide(desk: Desk, found: list[AlertStanding]) -> None:
    look.section("Read and answer an alert")
    labels = {f"{one.label}, {one.site}, {one.status}": one for one in found}
    waiting = [number for number, one in enumerate(found) if one.status != "closed"]
    first = waiting[-1] if waiting else 0  # the oldest, as on the first page
    chosen = labels[st.selectbox("Alert", list(labels), index=first, key="alert")]
    show_explanation(desk, chosen)
    for words in chosen.revalidations:
        look.facts([("Revalidation", words)])
    proposed = proposal_on_alert(desk.reader, desk.reader.get_one(Alert, chosen.id))
    if proposed:
        look.facts([("Retraining", proposed)])
    if chosen.status == "closed":
        look.quiet(f"{chosen.label} is closed: {chosen.disposition}")
        return
    closing = chosen.status == "acknowledged"
    action = Action.CLOSE_ALERT if closing else Action.ACKNOWLEDGE_ALERT
    if not desk.may(action):
        look.quiet(f"You may not {action}: your roles are {', '.join(desk.person.roles)}.")
        return
    with st.form(f"decide-{chosen.id}-{chosen.status}"):
        disposition: str | None = ""
        if closing:
            disposition = st.selectbox(
                "What came of it", list(DISPOSITIONS), key="disposition", index=None,
                placeholder="Choose what you concluded",
                format_func=lambda name: f"{name}: {DISPOSITIONS[name]}",
            )
        reason = st.text_area(
            "Reason: what you concluded, and from what"
            if closing
            else "Reason: what you found, or what you do first",
            key="alert-reason", height=90,
        )
        label = f"Close {chosen.label}" if closing else f"Acknowledge {chosen.label}"
        pressed = st.form_submit_button(label, type="primary", key="alert-decide")
    if pressed and disposition is None:
        look.notice("Choose what came of it.", "bad")
    elif pressed:
        _carry_out(desk, chosen, disposition or "", reason)


def _carry_out(desk: Desk, chosen: AlertStanding, disposition: str, reason: str) -> None:
    try:
        known = desk.reader.get_one(Alert, chosen.id)
        deed = "closing" if disposition else "acknowledgement"
        with desk.act_on(known, deed, reason) as (tx, person, now):
            alert = tx.get_one(Alert, chosen.id)
            if disposition:
                close_alert(
                    tx, alert, by=person, disposition=disposition, conclusion=reason, now=now
                )
            else:
                acknowledge_alert(tx, alert, by=person, finding=reason, now=now)
    except RadvigilError as refused:
        look.refusal(refused)
        return
    done = "closed" if disposition else "acknowledged"
    st.session_state[NOTICE] = f"{chosen.label} is {done} by {desk.person.full_name}."
    st.rerun()


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
    "Control charts": _control_chart,
    "Performance": show_performance,
    "Radiologists' reports": show_concordance,
    "Weekly drift reports": show_reports,
    "Arrivals and quarantine": show_arrivals,
    "Image checks": show_checks,
}
