"""Alerts: which wait for whom, what lies behind one, what became of it, and how to answer it."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.alert_answers import answer_alert, choose_alert, tell_alert
from dashboards.views.alert_explained import show_explanation
from dashboards.views.alert_list import alerts_shown, show_alert_list, show_candidates
from dashboards.views.alert_work import show_assignment, show_follow_ups, show_timeline
from dashboards.views.chart_matrix import PAGE as CHARTS
from records.alert_overview import ORDERS, in_order

_ORDERED_BY = {"deadline": "Deadline", "severity": "Severity", "site": "Site", "newest": "Newest"}


def show(desk: Desk) -> None:
    """The list to triage, then one alert with all that is known of it and the forms."""
    look.title("Alerts", "A chart raises an alert; only a person answers it.")
    found = alerts_shown(desk)
    look.section("Triage", "What waits first; what is closed stands last.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.segmented_control(
            "Order by", list(ORDERS), default=ORDERS[0], key="alert-order", required=True,
            format_func=_ORDERED_BY.__getitem__,
        )
        waiting = st.toggle("Only what is not closed", key="alert-waiting")
    listed = in_order(found, order or ORDERS[0])
    show_alert_list(desk, [one for one in listed if not waiting or one.status != "closed"])
    show_candidates(desk)
    if not found:
        return
    look.section("Read and answer an alert")
    chosen = choose_alert(desk, found)
    show_explanation(desk, chosen)
    if CHARTS in desk.pages:
        st.page_link(
            desk.pages[CHARTS], label=f"Control chart {look.plain_name(chosen.chart)} at "
            f"{chosen.site}", icon=":material/show_chart:",
            query_params={"device": chosen.device, "site": chosen.site, "chart": chosen.chart},
        )
    tell_alert(desk, chosen)
    look.section("Answer it")
    answer_alert(desk, chosen)
    show_assignment(desk, chosen)
    show_timeline(desk, chosen)
    show_follow_ups(desk, chosen)
