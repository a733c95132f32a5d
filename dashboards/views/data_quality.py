"""Data quality, for quality teams: is what the figures rest on whole, and what was refused?"""

import streamlit as st

from dashboards import figures, look, performance_charts
from dashboards.desk import Desk
from dashboards.views.arriving_images import show_checks
from dashboards.views.drift_evidence import show_arrivals
from dashboards.views.quarantine import show_quarantine
from measures.estimate import Estimate
from monitoring.completeness import WEEKS_SHOWN, FactShare, days_counted, facts_by_site
from monitoring.performance_definitions import truth_explanation
from records.queries import find_device
from regulatory.documents.wording import number
from regulatory.gathering.truth_states import WeekTruth, truth_by_week, truth_facts

TABS_KEY = "quality-tabs"
_NAMES = {
    "age_years": "Age (years)", "tube_voltage_kv": "Tube voltage (kV)",
    "exposure_mas": "Exposure (mAs)", "spacing_mm": "Pixel spacing (mm)",
    "model_name": "Scanner model", "software_version": "Scanner software",
}  # fmt: skip


def show(desk: Desk) -> None:
    """Refused files, checks of what arrives, and how complete truth and facts are."""
    look.title(
        "Data quality",
        "What was refused and why, whether arriving data keep the rules, and how much of the truth "
        "and of the facts there is.",
    )
    tabs = st.tabs(list(TABS), key=TABS_KEY, on_change="rerun")
    for tab, draw in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                draw(desk)


def _truth(desk: Desk) -> None:
    look.section("Completeness of the truth", _days_words(desk))
    if not desk.device:
        look.quiet("No device is defined here yet.")
        return
    by, device = desk.now.date(), find_device(desk.reader, desk.device)
    period = days_counted(desk.selection.first, desk.selection.last, by=by)
    found = truth_facts(desk.reader, device, by=by, period=period)
    shares = [one for one in found.sites if desk.selection.holds(site=one.site) and one.studies]
    look.table(
        ["Site", "With a reference standard", "Days until half had it", "Days until 90 % had it"],
        [[one.site, _share(one.known), _wait(one.median_days), _wait(one.most_days)]
         for one in shares],
        empty=desk.none_of("No study that the device read arrived in these days",
                           "Truth comes in by incoming/truth.csv day by day, or by 'radvigil "
                           "study truth'."),
    )  # fmt: skip
    if not shares:
        return
    weeks = truth_by_week(desk.reader, device, by=by, period=period, site=desk.selection.site)
    look.section("By week of arrival")
    figures.draw(
        performance_charts.truth_chart(weeks), key="truth-figure",
        how=truth_explanation(shares[0].studies, found.rule, first=period[0], last=period[1]),
        alt="Share of studies with a reference standard by week of arrival and site",
    )
    with st.expander("Every week as a table"):
        look.table(
            ["Week", "Site", "With a reference standard", "Days until half had it"],
            [_week_row(one) for one in reversed(weeks)], empty="",
        )  # fmt: skip
    look.quiet(
        f"{found.rule} What is missing, weak or late, state by state, is on the page Reference "
        "standards."
    )


def _week_row(one: WeekTruth) -> list[look.Cell]:
    return [look.span(one.first, one.last), one.truth.site, _share(one.truth.known),
            _wait(one.truth.median_days)]  # fmt: skip


def _days_words(desk: Desk) -> str:
    chosen = desk.selection
    if chosen.first or chosen.last:
        return "Studies of operation that arrived in the chosen days."
    return (
        f"Studies of operation of the last {WEEKS_SHOWN} weeks; choose another period in the side "
        "bar."
    )


def _share(one: Estimate) -> str:
    return look.estimate(one.value, one.low, one.high, n=one.n, level=one.level, reason=one.reason)


def _wait(one: Estimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"not estimable: {one.reason}"
    return f"{number(one.value, 0)} (95 % CI {number(one.low, 0)} to {number(one.high, 0)})"


def _facts(desk: Desk) -> None:
    first, last = days_counted(desk.selection.first, desk.selection.last, by=desk.now.date())
    look.section("Completeness of the facts", _days_words(desk))
    found = facts_by_site(desk.reader, first=first, last=last, site=desk.selection.site)
    sites = list(dict.fromkeys(one.site for one in found))
    by_fact: dict[str, dict[str, FactShare]] = {}
    for one in found:
        by_fact.setdefault(one.fact, {})[one.site] = one
    look.table(
        ["Recorded with the study", *sites],
        [[_NAMES.get(fact, look.plain_name(fact)), *(_share(of[site].recorded) for site in sites)]
         for fact, of in by_fact.items()],
        empty=desk.none_of("No clinical study arrived in these days"),
    )  # fmt: skip
    look.quiet(
        "A fact that is missing takes its study out of subgroups and of the charts that watch it. "
        "What the source lacked and was assigned does not count as recorded."
    )


TABS = {
    "Quarantine": show_quarantine,
    "Acceptance checks": show_checks,
    "Arrivals": show_arrivals,
    "Truth": _truth,
    "Facts": _facts,
}
