"""Go-live and rollout: a version is tried at a site, comes to the sites by stages, and can go back.
"""

import streamlit as st

from dashboards import look, signing
from dashboards.desk import Desk
from dashboards.views.go_lives import show_go_lives
from dashboards.views.rollout_stages import show_rollouts
from dashboards.views.way_back import show_way_back
from dashboards.views.who_ran_what import show_who_ran_what
from records.overview import running_versions


def show(desk: Desk) -> None:
    """What runs where now; trials, rollouts, the ledger both ways, and versions taken back."""
    look.title(
        "Go-live and rollout",
        "A version is tried beside what is live, accepted by the site, and can go back at once.",
    )
    signing.ready_to_sign(desk)
    look.table(
        ["Site", "Runs", "Version", "Since"],
        [
            [one.site, look.mark(one.mode or "nothing runs", small=one.suspended),
             one.version or "none", one.since if one.version else "does not run"]
            for one in running_versions(desk.reader)
        ],
        empty="No site is registered.", wide="Version",
    )  # fmt: skip
    trials, stages, ledger, back = st.tabs(
        ["Go-live at a site", "Rollout by stages", "Who ran what", "Take a version back"],
        key="rollout-tabs",
    )
    with trials:
        show_go_lives(desk)
    with stages:
        show_rollouts(desk)
    with ledger:
        show_who_ran_what(desk)
    with back:
        show_way_back(desk)
