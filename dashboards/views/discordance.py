"""Discordant cases: what the learning meeting of a month looks at, with the pictures."""

from urllib.parse import urlencode

import streamlit as st

from dashboards import look
from dashboards.cells import Link
from dashboards.desk import Desk
from dashboards.links import choose
from dashboards.selection import DEVICE, OPEN, SITE
from journeys.discordance import (
    DEVICE_ONLY,
    FALSE_ALARM,
    KINDS,
    MISSED,
    REPORT_ONLY,
    DiscordanceList,
    Discordant,
    discordance_list,
    months_before,
)
from journeys.study_pictures import study_pictures

PAGE, MONTH, YEARS = "discordance", "month", 3
_TONES: dict[str, look.Tone] = {
    MISSED: "bad", FALSE_ALARM: "waiting", REPORT_ONLY: "unknown", DEVICE_ONLY: "unknown",
}  # fmt: skip


def show(desk: Desk) -> None:
    """The list of a month, then one case with its pictures."""
    look.title(
        "Discordant cases",
        "For the learning meeting: studies in which the device and what became known disagree.",
    )
    if not desk.device:
        look.quiet("No device is defined here yet.")
        return
    month = _month(desk)
    found = discordance_list(desk.reader, desk.device, month, site=desk.selection.site)
    if found.untold:
        look.quiet(f"Nothing can be listed of {found.device}: {found.untold}.")
        return
    counts = found.counts
    look.tiles([
        ("missed", counts[MISSED], "not flagged, and there", _TONES[MISSED]),
        ("false alarms", counts[FALSE_ALARM], "flagged, and not there", _TONES[FALSE_ALARM]),
        ("report differs", counts[REPORT_ONLY] + counts[DEVICE_ONLY], "no reference standard yet",
         "unknown"),
        ("left out", found.withheld, "wait for blinded readers", "plain"),
    ])  # fmt: skip
    _table(desk, found, month)
    if found.cases:
        _case(desk, found)


def _month(desk: Desk) -> str:
    """The month by the address, else the one that is running; the address follows the choice."""
    months = months_before(desk.now.date(), 12 * YEARS)
    wanted = st.query_params.get(MONTH, "")
    if wanted and wanted not in months:
        look.notice(f"The link's month '{wanted}' is not among the last {12 * YEARS}; "
                    f"{months[0]} is shown.", "waiting")  # fmt: skip
    if wanted in months and st.session_state.get("discordance-asked") != wanted:
        st.session_state["discordance-month"] = wanted
        st.session_state["discordance-asked"] = wanted
    return str(st.selectbox("Month in which it became known", months, key="discordance-month",
                            on_change=_chosen))  # fmt: skip


def _chosen() -> None:
    month = st.session_state["discordance-month"]
    st.query_params[MONTH] = st.session_state["discordance-asked"] = month
    st.query_params.pop(OPEN, None)


def _table(desk: Desk, found: DiscordanceList, month: str) -> None:
    look.section(
        f"Cases of {month}", "By pseudonym; open one to see its pictures below. Only answers that "
        "readers were given.",
    )  # fmt: skip
    look.table(
        ["Study", "What differs", "Site", "Arrived", "Known since", "Version", "Device",
         "Reference standard", "Report"],
        [
            [Link(one.study, _address(desk, month, one.study)),
             look.Mark(one.kind, _TONES[one.kind]), one.site, one.arrived_on, one.known_on,
             look.Number(one.version), _device(one), one.reference or "none yet",
             one.report or "none"]
            for one in found.cases
        ],
        empty=desk.none_of(f"No disagreement became known in {month}",
                           "Choose another month; they come with reports and reference standards."),
    )  # fmt: skip
    look.quiet(" ".join(f"{kind[:1].upper()}{kind[1:]}: {words}." for kind, words in KINDS.items()))


def _device(one: Discordant) -> str:
    return one.device_says if one.score is None else f"{one.device_says} ({one.score:.3f})"


def _address(desk: Desk, month: str, study: str) -> str:
    asked = {DEVICE: desk.device, SITE: desk.selection.site, MONTH: month, OPEN: study}
    return f"./{PAGE}?{urlencode({name: one for name, one in asked.items() if one})}"


def _case(desk: Desk, found: DiscordanceList) -> None:
    look.section("One case", "For whoever presents it: what was said, and what the pictures show.")
    named = {f"{one.study}, {one.kind}, {one.site}": one for one in found.cases}
    one = choose(desk, "Case", named, key="discordance-case", of=lambda case: case.study)
    pictures, withheld = study_pictures(desk.store, desk.reader, one.study_id)
    shown, told = st.columns([3, 2])
    with shown:
        for at, picture in enumerate(pictures, start=1):
            st.image(picture, caption=f"{one.study}, image {at}", width="stretch")
        for words in withheld:
            look.notice(f"Not shown: {words}.", "waiting")
        if not pictures and not withheld:
            look.quiet("No image of this study is kept here.")
    with told:
        look.facts([
            ("Study", look.Number(one.study)), ("What differs", KINDS[one.kind]),
            ("Device", _device(one)), ("Version", look.Number(one.version)),
            ("Reference standard", one.reference or "none yet"), ("Report", one.report or "none"),
            ("Arrived", one.arrived_on), ("Known since", one.known_on),
        ])  # fmt: skip
