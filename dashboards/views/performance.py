"""Performance, for quality teams: how good, how sure, for whom, and at what other threshold."""

import streamlit as st

from dashboards import figures, look, performance_charts
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from dashboards.views.drift_evidence import show_performance
from dashboards.views.thresholds import show_explorer
from monitoring.adjudicated import PURPOSE, TWO_READERS
from monitoring.performance_definitions import (
    calibration_explanation,
    period_explanation,
    subgroup_explanation,
)
from records.evaluation_overview import (
    IN_OPERATION,
    PeriodEstimate,
    StoredEvaluation,
    estimates_by_period,
    estimates_in,
    stored_evaluations,
)
from records.report_answers import AGREEMENT
from records.surveillance import EvaluationResult
from records.surveillance_overview import baselines, chart_standings, performance_series
from regulatory.documents.wording import measure_name, number, spaced

TABS_KEY = "performance-tabs"
NOTHING = (
    "No version was evaluated yet. Locked tests are evaluated by 'radvigil model evaluate', a "
    "period of operation by 'radvigil monitor measure --since DAY --until DAY'."
)


def show(desk: Desk) -> None:
    """One device: over time, by period, calibration, other thresholds, subgroups, readers."""
    look.title(
        "Performance",
        "How good the device is and how sure that is: over time, for whom, and what another "
        "operating point would have meant.",
    )
    if not desk.device:
        look.quiet("No device is defined here yet.")
        return
    if len(desk.visible.devices) > 1:
        look.quiet(f"Of {desk.device}. Another device is chosen in the side bar.")
    _standing(desk)
    tabs = st.tabs(list(TABS), key=TABS_KEY, on_change="rerun")
    for tab, draw in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                draw(desk)


def _standing(desk: Desk) -> None:
    """Whether all is well: every chart that watches a measure, at each site."""
    watched = {
        (one.chart, one.site): one for one in baselines(desk.reader, device=desk.device)
        if one.measure and desk.selection.holds(site=one.site)
    }
    rows: list[list[look.Cell]] = [
        [
            one.site, look.plain_name(one.chart),
            measure_name(watched[one.chart, one.site].measure),
            look.mark(one.state, small=one.reason),
            to_record(one.alert) if one.alert else one.revalidation or "none",
        ]
        for one in chart_standings(desk.reader, device=desk.device)
        if (one.chart, one.site) in watched
    ]
    look.section("Is it as good as claimed?", "Where each chart of performance stands today.")
    look.table(
        ["Site", "Control chart", "Measure", "State", "What needs you"], rows,
        empty="No chart of the monitoring plan watches performance yet: see Measured periods.",
    )  # fmt: skip


def evaluation_chosen(desk: Desk, key: str) -> StoredEvaluation | None:
    """The evaluation that is looked at: of the site and days selected, the newest first."""
    found = [
        one for one in stored_evaluations(desk.reader, desk.device)
        if one.purpose != PURPOSE and desk.selection.holds(site=one.site, day=one.period_to)
    ]
    if not found:
        look.quiet(desk.none_of("No evaluation is stored", NOTHING))
        return None
    return choose(desk, "Evaluation", {one.words: one for one in found}, key=key)


def _periods(desk: Desk) -> None:
    look.section(
        "Measured periods",
        "Estimates as they were stored when each period was measured, with 95 % intervals.",
    )
    found = [one for one in stored_evaluations(desk.reader, desk.device)
             if one.purpose == IN_OPERATION]  # fmt: skip
    if not found:
        look.quiet(
            "No period was measured yet: 'radvigil monitor measure --since DAY --until DAY', or "
            "compile a periodic document."
        )
        return
    names = list(dict.fromkeys(
        one.measure for one in estimates_in(desk.reader, found[0].label) if one.subgroup == "all"
    ))  # fmt: skip
    measure = st.selectbox("Measure", names, key="period-measure", format_func=measure_name)
    rows = [one for one in estimates_by_period(desk.reader, desk.device, measure)
            if desk.selection.holds(site=one.site, day=one.period_to)]  # fmt: skip
    if not rows:
        look.quiet(desk.none_of("No period was measured"))
        return
    figures.draw(
        performance_charts.period_chart(rows, measure), key="period-figure",
        how=period_explanation(rows),
        alt=f"{measure_name(measure)} in each measured period by site, with 95 % intervals",
    )
    look.table(
        ["Evaluation", "Period", "Site", "Version", measure_name(measure)],
        [_period_row(one) for one in reversed(rows)], empty="",
    )  # fmt: skip


def _period_row(one: PeriodEstimate) -> list[look.Cell]:
    return [
        to_record(one.evaluation), look.span(one.period_from, one.period_to), one.site,
        one.version, _words(one),
    ]


def _words(one: PeriodEstimate | EvaluationResult) -> str:
    return look.estimate(one.value, one.low, one.high, n=one.n, level=one.level, reason=one.reason)


def _calibration(desk: Desk) -> None:
    one = evaluation_chosen(desk, "calibration-evaluation")
    if one is None:
        return
    look.section(
        "Calibration", "Whether a stated probability is what is observed, bin by bin.",
    )
    bins = one.figures.get("reliability") or []
    if not bins:
        look.quiet(
            "not estimable: the score of this evaluation states no probability of every study, or "
            "only one class is present."
        )
    else:
        figures.draw(
            performance_charts.calibration_chart(bins), key="calibration-figure",
            how=calibration_explanation(one),
            alt="Observed share by stated probability, with 95 % intervals and the line of "
            "equality",
        )
        look.table(
            ["Stated, mean of the bin", "Observed"],
            [
                [number(bin_["predicted"]),
                 look.estimate(bin_["observed"], bin_["low"], bin_["high"], n=bin_["n"],
                               reason="no study in the bin")]
                for bin_ in bins
            ],
            empty="",
        )  # fmt: skip
    look.section("In a few numbers")
    asked = ("calibration_intercept", "calibration_slope", "brier", "ece")
    look.table(
        ["Measure", "Estimate"],
        [[measure_name(row.measure), _words(row)] for row in estimates_in(desk.reader, one.label)
         if row.subgroup == "all" and row.measure.startswith(asked)],
        empty="No measure of calibration is stored with this evaluation.",
    )  # fmt: skip


def _thresholds(desk: Desk) -> None:
    one = evaluation_chosen(desk, "threshold-evaluation")
    if one is not None:
        show_explorer(desk, one)


def _subgroups(desk: Desk) -> None:
    one = evaluation_chosen(desk, "subgroup-evaluation")
    if one is None:
        return
    every = estimates_in(desk.reader, one.label)
    names = list(dict.fromkeys(row.measure for row in every))
    measure = st.selectbox("Measure", names, key="subgroup-measure", format_func=measure_name)
    rows = [row for row in every if row.measure == measure]
    look.section(
        f"{measure_name(measure)} by subgroup",
        "Each declared subgroup beside all studies; few studies give a wide interval.",
    )
    if any(row.value is not None for row in rows):
        figures.draw(
            performance_charts.forest_chart(rows, measure, words=_group),
            key="forest-figure", how=subgroup_explanation(one, rows),
            alt=f"Forest plot of {measure_name(measure)} by subgroup, with 95 % intervals",
        )
    look.table(
        ["Subgroup", measure_name(measure), "Method"],
        [[_group(row.subgroup), _words(row), row.method or "none"] for row in rows],
        empty="No subgroup is declared.",
    )  # fmt: skip


def _group(name: str) -> str:
    return "All studies" if name == "all" else spaced(name).replace("=", ": ", 1)


def _readers(desk: Desk) -> None:
    watched = [one for one in baselines(desk.reader, device=desk.device)
               if one.measure == AGREEMENT and desk.selection.holds(site=one.site)]  # fmt: skip
    look.section(
        "Device and radiologists' reports",
        "Agreement, no accuracy: a report is no truth, and who wrote it may have seen the output.",
    )
    points = performance_series(
        desk.reader, sorted({one.chart for one in watched}), device=desk.device
    ) if watched else []  # fmt: skip
    latest = {(one.chart, one.site): one for one in points
              if desk.selection.holds(site=one.site, day=one.day)}  # fmt: skip
    look.table(
        ["Site", "Control chart", "Day", "Agreement"],
        [
            [one.site, look.plain_name(one.chart), one.day,
             look.estimate(one.value, one.low, one.high, n=one.n, reason=one.reason)]
            for _, one in sorted(latest.items())
        ],
        empty="No chart of the monitoring plan watches agreement with reports, or no day was run.",
    )  # fmt: skip
    look.section(
        "Two blinded readers",
        "Of studies drawn for adjudication, before any arbiter, as stored by the last evaluation.",
    )
    judged = next((one for one in stored_evaluations(desk.reader, desk.device)
                   if one.purpose == PURPOSE), None)  # fmt: skip
    rows = [row for row in (estimates_in(desk.reader, judged.label) if judged else [])
            if row.subgroup == TWO_READERS]  # fmt: skip
    look.table(
        ["Measure", "Estimate", "Evaluation"],
        [[measure_name(row.measure), _words(row), to_record(judged.label if judged else "")]
         for row in rows],
        empty="No adjudicated reading was evaluated: draw studies on the page Adjudication, then "
        "'radvigil adjudication evaluate'.",
    )  # fmt: skip
    look.quiet(
        "What readers make of the output (accepted, changed, rejected) is on the page Readers."
    )


TABS = {
    "Over time": show_performance,
    "Measured periods": _periods,
    "Calibration": _calibration,
    "Other thresholds": _thresholds,
    "Subgroups": _subgroups,
    "Readers": _readers,
}
