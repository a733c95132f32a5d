"""Both verdicts on a chart in one line, and Evidently's stored report to read in the page.

The report is a page of its own with scripts. It is shown in a frame without an origin, under a
policy that lets it load nothing: it sees neither the records nor the session, and asks nobody.
"""

from html import escape

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from monitoring.two_verdicts import two_verdicts
from records.surveillance_overview import DriftVerdicts, drift_reports
from records.vault import Vault

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; worker-src blob:"
)
AROUND = "frame-src 'none'"
"""Of the page around the frame: the report's own policy does not keep its scripts from leading
their frame to another address, with whatever they read."""
HEIGHT = 720


def show_both_verdicts(desk: Desk, chart: str, site: str) -> None:
    """Which verdict raises the alert, what Evidently says, why they differ; and its report."""
    found = two_verdicts(desk.reader, device=desk.device, chart=chart, site=site)
    if found is None:
        return
    look.section("Which verdict counts")
    tone: look.Tone = "plain" if found.agree is None else "good" if found.agree else "waiting"
    look.notice(found.words, tone)
    reports = drift_reports(desk.reader, device=desk.device)
    if reports and st.toggle("Show Evidently's stored report here", key="drift-embedded"):
        labels = {f"{one.day} ({one.occasion}), {one.label}": one for one in reports}
        chosen = labels[st.selectbox("Report", list(labels), key="drift-embedded-report")]
        embed(desk, chosen)


def embed(desk: Desk, report: DriftVerdicts) -> None:
    """The stored report in a frame of its own."""
    content = Vault(desk.store.workspace.vault).fetch(report.html_digest, of=report.label)
    st.iframe(framed(content.decode("utf-8"), report.label), height=HEIGHT)


def framed(html: str, label: str) -> str:
    """A frame that holds the report: scripts run, without origin, network, forms or windows.

    >>> "allow-same-origin" in framed("<p>x</p>", "DRR-0001")
    False
    """
    around, policy = (
        f'<meta http-equiv="Content-Security-Policy" content="{one}">' for one in (AROUND, POLICY)
    )
    return (
        f'{around}<iframe sandbox="allow-scripts" title="Evidently report {escape(label)}" '
        f'style="width:100%;height:{HEIGHT - 20}px;border:0;background:#fff" '
        f'srcdoc="{escape(policy + html)}"></iframe>'
    )
