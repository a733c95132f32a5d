"""What the charts rest on: performance with truth known, Evidently's reports, what arrived."""

from typing import Any

import streamlit as st

from dashboards import charts, figures, look
from dashboards.desk import Desk
from dashboards.views.subgroup_gaps import show_gaps
from monitoring.chart_definitions import (
    chart_explanation,
    volume_explanation,
    window_explanation,
)
from records.chart_names import level_of
from records.counting import counted
from records.overview import DayVolume, changed_truths, day_volumes
from records.report_answers import AGREEMENT
from records.surveillance_overview import (
    Baseline,
    DriftVerdicts,
    Figure,
    SeriesPoint,
    baselines,
    drift_reports,
    performance_series,
    window_figures,
)
from records.vault import Vault
from regulatory.documents.wording import measure_name, number, spaced

SHOWN_DAYS = 14


def show_performance(desk: Desk) -> None:
    """How often the device was right where the truth is known, by day and site."""
    show_gaps(desk)
    watched = {
        one.chart: one for one in baselines(desk.reader, device=desk.device)
        if one.measure and one.measure != AGREEMENT and one.allowed_gap is None
    }
    if not watched:
        look.quiet("No chart of the monitoring plan watches performance, or none was prepared.")
        return
    for one in changed_truths(desk.reader, device=desk.device):
        look.notice(
            f"{one.site}: {counted(one.truths, 'truth')} changed after charts had counted what "
            f"was known before, last on {one.last_on}. The charts keep what was known then; "
            "documents and new evaluations take what stands now.", "waiting",
        )  # fmt: skip
    chart = st.selectbox(
        "Measure", list(watched), key="performance-chart",
        format_func=lambda name: _title(watched[name]),
    )
    if watched[chart].windows:
        _show_windows(desk, watched[chart])
        return
    points = [one for one in performance_series(desk.reader, [chart], device=desk.device)
              if desk.selection.holds(site=one.site, day=one.day)]
    measure, bound = watched[chart].measure, watched[chart].bound
    look.section(
        f"{measure_name(measure)} where the truth is known",
        "All truth since the chart started, by the day on which it arrived. These intervals hold "
        "on all days together: they are wider than those of one reading in the documents.",
    )
    figures.draw(
        charts.performance_chart(points, measure, bound=bound), key="performance-figure",
        how=chart_explanation(desk.reader, desk.device, chart, desk.selection.site, points),
        alt=f"{measure_name(measure)} by day and site with 95 % intervals",
    )
    latest = {one.site: one for one in points}
    look.section("Latest figure of every site")
    look.table(
        ["Site", "Day", f"{measure_name(measure)}, interval for reading every day",
         "Claim less its margin"],
        [_latest_row(one, bound) for _, one in sorted(latest.items())],
        empty="No truth arrived yet.",
    )
    with st.expander("Every day as a table"):
        look.table(
            ["Day", "Site", measure_name(measure)],
            [[one.day, one.site, _words(one)] for one in sorted(points, key=_newest)],
            empty="No truth arrived yet.",
        )


def _title(one: Baseline) -> str:
    """Charts of a measure are told apart: of a subgroup, and estimated before the truth."""
    of = f", {level_of(one.chart).replace('=', ' ', 1)}" if level_of(one.chart) else ""
    return f"{measure_name(one.measure)}{of}{', estimated by window' if one.windows else ''}"


def _show_windows(desk: Desk, watched: Baseline) -> None:
    """A measure by window of a site: without truth, with some of it, with all of it."""
    windows = [one for one in window_figures(desk.reader, watched.chart, device=desk.device)
               if desk.selection.holds(site=one.site, day=one.last)]
    name = measure_name(watched.measure)
    if not windows:
        look.quiet(f"No window of {watched.chart} has ended yet"
                   f"{f' in {desk.selection.words}' if desk.selection.words else ''}.")
        return
    site = st.selectbox("Site", sorted({one.site for one in windows}), key="performance-site")
    own = [one for one in windows if one.site == site]
    here = [one for one in baselines(desk.reader, device=desk.device)
            if (one.chart, one.site) == (watched.chart, site)]  # fmt: skip
    bound = here[0].bound if here else watched.bound
    look.section(
        f"{name} of each window at {site}",
        "Estimated from scores alone, over every explanation of them that no score can tell apart; "
        "prediction-powered with the truth that had arrived; realised once all of it is known. "
        "Before the truth it is a warning, never a claim.",
    )
    figures.draw(
        charts.windows_chart(own, watched.measure, bound=bound), key="windows-figure",
        how=window_explanation(desk.reader, desk.device, watched.chart, site, own),
        alt=f"{name} by window at {site}: estimated, prediction-powered and realised",
    )
    look.table(
        ["Window", "Truth known", "Estimated without truth", "Prediction-powered", "Realised"],
        [
            [f"{one.first} to {one.last}", f"{one.known} of {one.studies}",
             *(_figure_words(one.figures[way]) for way in charts.WAYS)]
            for one in reversed(own)
        ],
        empty="No window has ended yet.",
    )  # fmt: skip


def _figure_words(one: Figure) -> str:
    return look.estimate(one.value, one.low, one.high, n=one.n, reason=one.reason)


def _newest(one: SeriesPoint) -> tuple[int, str]:
    return -one.day.toordinal(), one.site


def _latest_row(one: SeriesPoint, bound: float | None) -> list[look.Cell]:
    return [one.site, one.day, _words(one), "not recorded" if bound is None else f"{bound:g}"]


def _words(one: SeriesPoint) -> str:
    return look.estimate(one.value, one.low, one.high, n=one.n, reason=one.reason)


def show_reports(desk: Desk) -> None:
    """Evidently's verdict per column, and its stored report to read offline."""
    look.section(
        "Weekly drift reports (Evidently)",
        "Tables of all sites together; method and limit of every column are pinned. Alerts rest on "
        "the control charts, not on these verdicts.",
    )
    found = [one for one in drift_reports(desk.reader, device=desk.selection.device)
             if desk.selection.holds(day=one.day)]
    if not found:
        look.quiet("No drift report was made yet: the first comes after a week of operation.")
        return
    labels = {f"{one.day} ({one.occasion}), {one.label}": one for one in found}
    chosen = labels[st.selectbox("Report", list(labels), key="drift-report")]
    look.quiet(
        f"{chosen.current_rows} current studies against {chosen.reference_rows} reference studies."
    )
    _verdicts(chosen)
    st.download_button(
        "Download the whole report (HTML)",
        Vault(desk.store.workspace.vault).fetch(chosen.html_digest, of=chosen.label),
        file_name=f"drift-report-{chosen.day}-{chosen.label}.html", mime="text/html",
        key="drift-html", on_click="ignore",
    )


def _verdicts(report: DriftVerdicts) -> None:
    look.table(
        ["Column", "Verdict", "Distance", "Limit", "Method", "Current n", "Reference n"],
        [
            [
                look.plain_name(row["column"]), _verdict(row), _distance(row["value"]),
                _distance(row["threshold"]), spaced(row["method"]), row["n_current"],
                row["n_reference"],
            ]
            for row in report.verdicts
        ],
        empty="Evidently compared no column: none is in both tables.",
    )  # fmt: skip


def _verdict(row: dict[str, Any]) -> look.Cell:
    if row["drifted"] is None:
        return look.mark("not estimable", small=row["reason"])
    return look.mark("drift" if row["drifted"] else "no drift")


def _distance(value: float | None) -> str:
    return "not estimable" if value is None else number(value)


def show_arrivals(desk: Desk) -> None:
    """How much arrived a day and site."""
    volumes = [one for one in day_volumes(desk.reader, device=desk.selection.device)
               if desk.selection.holds(site=one.site, day=one.day)]
    look.section("Arrivals by day and site", "As counted by each day's surveillance.")
    kinds = list(dict.fromkeys(name for one in volumes for name in one.counts))
    if kinds:
        counted = st.selectbox("Count of", kinds, key="volume", format_func=look.plain_name)
        figures.draw(
            charts.volume_chart(volumes, counted), key="volume-figure",
            how=volume_explanation(volumes, counted),
            alt=f"{look.plain_name(counted)} by day and site",
        )
        with st.expander(f"The last {SHOWN_DAYS} days as a table"):
            _volume_table(volumes, kinds)
    else:
        look.quiet("No day of surveillance was run yet.")


def _volume_table(volumes: list[DayVolume], kinds: list[str]) -> None:
    days = sorted({one.day for one in volumes})[-SHOWN_DAYS:]
    look.table(
        ["Day", "Site", *(look.plain_name(name) for name in kinds)],
        [
            [one.day, one.site, *(one.counts.get(name) for name in kinds)]
            for one in sorted(volumes, key=lambda one: (-one.day.toordinal(), one.site))
            if one.day in days
        ],
        empty="No day of surveillance was run yet.",
    )
