"""Drift and alerts, for quality teams: has anything moved, where, and what is done about it."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.alert_list import alerts_shown, show_alert_list
from dashboards.views.alert_plan import show_alert_plan
from dashboards.views.chart_matrix import show_matrix
from dashboards.views.drift_evidence import show_reports
from dashboards.views.report_concordance import show_concordance


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
    look.section("Where every chart stands",
                 "The latest point of each control chart at each site, and a line of the last 30 "
                 "days of surveillance; each opens its chart.")  # fmt: skip
    show_matrix(desk)
    _alert_list(desk)


def _alert_list(desk: Desk) -> None:
    """The alerts as a list; each opens on the page that answers it."""
    look.section("Alerts", "A chart raises an alert; only a person answers it, on the page Alerts.")
    show_alert_list(desk, alerts_shown(desk))
    if "alerts" in desk.pages:
        st.page_link(desk.pages["alerts"], label="Triage and answer alerts")


TABS = {
    "Status and alerts": _status,
    "Plan and who is told": show_alert_plan,
    "Radiologists' reports": show_concordance,
    "Weekly drift reports": show_reports,
}
