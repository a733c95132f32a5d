"""One control chart at one site: how it went, what bears on it, and both verdicts on it."""

from dataclasses import replace

import streamlit as st

from dashboards import charts, figures, look
from dashboards.desk import Desk
from dashboards.links import to_record
from dashboards.views.alert_explained import show_examples
from dashboards.views.chart_matrix import cell, chart_address
from dashboards.views.drift_report import show_both_verdicts
from monitoring.chart_definitions import Explanation, chart_explanation
from monitoring.two_verdicts import EVIDENTLY
from records.announced_alerts import Announcement, announcements
from records.chart_names import level_of, whole_chart
from records.chart_tails import chart_tails
from records.overview import AlertStanding, alerts
from records.surveillance_overview import (
    ChartStanding,
    SeriesPoint,
    baselines,
    chart_series,
    chart_standings,
)
from regulatory.documents.wording import number
from regulatory.gathering.truth_awaited import MOST_DAYS, AwaitedDay, awaited_truth

CHART = "chart"
"""In the address: the control chart, by its name."""

ALL = "all studies"


def show(desk: Desk) -> None:
    """The chart that the link names, else the one with the alert that waits."""
    look.title(
        "Control charts",
        "One chart at one site: its points, its limit, and what happened around it.",
    )
    standings = chart_standings(desk.reader, device=desk.device)
    if not standings:
        look.quiet("No day of surveillance was run yet: there is no chart to draw. It is run each "
                   "day by the scheduler, or with 'radvigil monitor day'.")  # fmt: skip
        return
    found = [one for one in alerts(desk.reader) if one.device == desk.device]
    chart, site = _chosen(standings, found, desk.selection.site)
    raised = [one for one in found if one.site == site and chart in one.charts
              and desk.selection.holds(day=one.raised_on)]
    points = chart_series(desk.reader, chart, site, device=desk.device,
                          first=desk.selection.first, last=desk.selection.last)  # fmt: skip
    look.section(f"{look.plain_name(chart)} at {site}", _of_device(desk))
    if not points:
        look.quiet(f"This chart has no point of {desk.selection.words}: choose a longer period, or "
                   "another site, in the side bar.")  # fmt: skip
        return
    _draw(desk, chart, site, points, raised)
    show_both_verdicts(desk, chart, site)
    _levels(desk, standings, chart)
    _alerts(desk, raised)
    _table(points)


def _chosen(
    standings: list[ChartStanding], found: list[AlertStanding], only: str
) -> tuple[str, str]:
    """Chart, level of a subgroup and site, as the link says or as chosen; the link follows.

    only: the site of the side bar; empty: any.
    """
    stored = {one.chart: one for one in standings}
    names = sorted({whole_chart(one) for one in stored},
                   key=lambda name: (name.startswith(EVIDENTLY), name))  # fmt: skip
    worst = next((one for one in found if one.status != "closed" and one.chart in stored
                  and only in ("", one.site)), None)
    start = _of_link(set(stored)) or (worst.chart if worst else "")
    left, middle, right = st.columns(3)
    _begin("chart", names, whole_chart(start))
    whole = left.selectbox("Control chart", names, key="chart", format_func=look.plain_name)
    levels = sorted({one for one in stored if whole_chart(one) == whole}, key=level_of)
    _begin(f"chart-level-{whole}", levels, start)
    chart = middle.selectbox(
        "Of", levels, key=f"chart-level-{whole}", format_func=_level,
        help="Scanners and subgroups that the plan watches by this chart.",
    )
    sites = sorted({one.site for one in standings if one.chart == chart and only in ("", one.site)})
    _begin("chart-site", sites, worst.site if worst else "")
    site = right.selectbox("Site", sites, key="chart-site", placeholder="No site has this chart")
    st.query_params[CHART] = st.session_state["chart-link"] = chart
    return chart, site or ""


def _begin(choice: str, options: list[str], wanted: str) -> None:
    """A choice that was not made yet, or is offered no more, begins at what is wanted."""
    if options and st.session_state.get(choice) not in options:
        st.session_state[choice] = wanted if wanted in options else options[0]


def _of_link(stored: set[str]) -> str:
    """The chart that a new link names; what it names and there is not is said."""
    told = st.query_params.get(CHART, "")
    if not told or ("chart" in st.session_state and st.session_state.get("chart-link") == told):
        return ""
    if told not in stored:
        look.notice(f"The link asks for the control chart '{told}', which has no point here.",
                    "waiting")  # fmt: skip
        return ""
    st.session_state["chart"] = whole_chart(told)
    st.session_state[f"chart-level-{whole_chart(told)}"] = told
    return str(told)


def _level(chart: str) -> str:
    return level_of(chart).replace("=", " ", 1) or ALL


def _draw(
    desk: Desk, chart: str, site: str, points: list[SeriesPoint], raised: list[AlertStanding]
) -> None:
    announced = [one for one in announcements(desk.reader)
                 if one.site == site and one.status == "announced"]
    prepared = baselines(desk.reader, device=desk.device)
    baseline = next((one for one in prepared if (one.chart, one.site) == (chart, site)), None)
    truth = awaited_truth(
        desk.reader, device=desk.device, site=site, first=points[0].day, last=points[-1].day,
        by=desk.now.date(),
    ) if baseline is not None and baseline.measure else []
    how = chart_explanation(desk.reader, desk.device, chart, site, points)
    figures.draw(
        charts.control_chart(points, raised, announced, truth), key="control-chart",
        how=_with_shades(how, announced, truth),
        alt=f"Control chart {look.plain_name(chart)} at {site}: {len(points)} days, "
        f"{sum(one.signal for one in points)} of them with a signal",
    )  # fmt: skip
    if baseline is not None and baseline.reason:
        look.notice(f"This chart cannot run here: {baseline.reason}", "waiting")
    elif baseline is not None:
        look.quiet(
            f"Compared with {baseline.reference_n} reference studies, frozen before the first day. "
            f"Probability of any false alert of this chart at this site within the plan's horizon: "
            f"at most {baseline.alpha:.2g}."
        )
    waiting = [one for one in truth if not one.complete]
    if waiting:
        look.quiet(
            f"Shaded grey: {len(waiting)} of {len(truth)} days whose truth is not complete "
            f"({sum(one.known for one in waiting)} of {sum(one.studies for one in waiting)} "
            "studies known). What the chart says of them may still change."
        )


def _with_shades(
    how: Explanation, announced: list[Announcement], truth: list[AwaitedDay]
) -> Explanation:
    """What is shaded, in words, under the chart's definition."""
    more = [("Green band", "Where the statistic lies while nothing signals: below the limit.")]
    if announced:
        more.append(("Shaded purple", "Days of changes that the site announced; they silence "
                     "nothing."))  # fmt: skip
    if truth:
        more.append((
            "Shaded grey", f"Of the last {MOST_DAYS} days those of which not every study has a "
            "final truth yet; dark where less than half are known.",
        ))  # fmt: skip
    return replace(how, more=(*how.more, *more))


def _levels(desk: Desk, standings: list[ChartStanding], chart: str) -> None:
    """The same chart at the other sites, and of the scanners and subgroups that are watched."""
    whole = whole_chart(chart)
    own = [one for one in standings if whole_chart(one.chart) == whole]
    look.section(
        "The same at other sites, scanners and subgroups",
        "Stored charts of this kind; each opens. A level that is not listed has no chart in the "
        "monitoring plan.",
    )
    tails = chart_tails(desk.reader, device=desk.device)
    sites = sorted({one.site for one in own})
    stood = {(one.chart, one.site): one for one in own}
    look.table(
        ["Of", *sites],
        [
            [look.Link(_level(name), chart_address(desk.device, name)),
             *(cell(stood.get((name, site)), tails.get((desk.device, name, site)))
               for site in sites)]
            for name in sorted({one.chart for one in own}, key=level_of)
        ],
        empty="",
    )  # fmt: skip


def _alerts(desk: Desk, raised: list[AlertStanding]) -> None:
    look.section("Alerts of this chart", "The newest first, with example images before and since.")
    look.table(
        ["Alert", "Raised", "Estimated onset", "What was seen", "Status"],
        [[to_record(one.label), one.raised_on, one.onset_estimate or "not estimable", one.summary,
          look.mark(one.status)] for one in raised],
        empty="This chart has raised no alert here, so there are no images to compare.",
        wide="What was seen",
    )  # fmt: skip
    if raised:
        show_examples(desk, raised[0].evidence)


def _table(points: list[SeriesPoint]) -> None:
    look.section("Points")
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
