"""How is it doing here: for radiologists, how often the device is right at their own site and how
often it misses, what was changed last, what they are warned of, and what to do."""

from urllib.parse import urlencode

import streamlit as st

from dashboards import look
from dashboards.cells import Link
from dashboards.desk import Desk
from dashboards.links import to_record
from dashboards.selection import DEVICE, SITE
from journeys.site_standing import CAVEAT, SiteStanding, site_standing
from measures.estimate import Estimate

PAGE = "here"


def show(desk: Desk) -> None:
    """The chosen site in full; without a choice every site in a line."""
    look.title(
        "How is it doing here",
        "How often the device is right at your site, what it misses, and what you should know now.",
    )
    if not desk.device or not desk.visible.sites:
        look.quiet("No device is defined or no site is registered yet: quality or engineering "
                   "defines one with 'radvigil device define'.")  # fmt: skip
        return
    chosen = desk.selection.site or (
        desk.visible.sites[0] if len(desk.visible.sites) == 1 else ""
    )
    if chosen:
        _one(desk, _standing(desk, chosen))
        return
    look.section("Sites", "Choose yours in the side bar, or by its name here.")
    found = [_standing(desk, name) for name in desk.visible.sites]
    look.table(
        ["Site", "Version", "PPV", "Misses", "Warnings"],
        [
            [Link(one.site, _address(desk, one.site)), one.version or "none runs",
             figure(one.flagged_right), figure(one.missed), _warned(one)]
            for one in found
        ],
        empty="No site is registered.",
    )  # fmt: skip
    look.quiet(CAVEAT)


def _standing(desk: Desk, site: str) -> SiteStanding:
    return site_standing(
        desk.reader, desk.device, site, since=desk.selection.first, until=desk.selection.last
    )


def _address(desk: Desk, site: str) -> str:
    return f"./{PAGE}?{urlencode({DEVICE: desk.device, SITE: site})}"


def _warned(one: SiteStanding) -> look.Cell:
    if not one.version:
        return look.mark("nothing runs")
    count = len(one.warnings)
    return look.Mark(f"{count} open", "bad") if count else look.Mark("none", "good")


def _one(desk: Desk, found: SiteStanding) -> None:
    look.notice(found.verdict, "good" if found.version and not found.warnings else (
        "bad" if found.warnings else "unknown"))  # fmt: skip
    _warnings(found)
    _figures(desk, found)
    _updates(found)
    look.section("What to do")
    look.quiet(
        f"You decide, not the device: look for {found.finding} in every study, also where it flags "
        "nothing. Tell quality of a study in which it was wrong in a way that could have harmed "
        "somebody; they take it in as a complaint on 'Complaints and incidents'. Name the study's "
        "pseudonym, never the patient."
    )
    if "discordance" in desk.pages:
        st.page_link(desk.pages["discordance"], label="Cases for the next learning meeting")


def _warnings(found: SiteStanding) -> None:
    look.section("Current warnings", "Suspensions, field notices and alerts that are open here.")
    look.table(
        ["Record", "What", "In words", "Since", "What to do"],
        [
            [to_record(one.label), look.Mark(one.what, "bad"), one.words, one.since, one.do]
            for one in found.warnings
        ],
        empty="None: no suspension, field notice or alert is open at this site.", wide="In words",
    )  # fmt: skip


def _figures(desk: Desk, found: SiteStanding) -> None:
    first, last = desk.selection.first, desk.selection.last
    days = f"{first or 'the beginning'} to {last or 'today'}"
    period = f"studies that arrived from {days}" if first or last else "all studies so far"
    look.section(
        "How often it is right", f"{found.version or 'No version'}, {found.mode or 'not in use'}; "
        f"{period}.",
    )  # fmt: skip
    look.table(
        ["Question", "Answer", "Known from"],
        [
            [f"It flags a study: how often is {found.finding} there? (PPV)",
             figure(found.flagged_right),
             f"{found.flagged_right.n} flagged studies with a reference standard"],
            [f"{found.finding.capitalize()} is there: how often does it miss it?",
             figure(found.missed),
             f"{found.missed.n} studies in which a reference standard says that it is there"],
        ],
        empty="", wide="Question",
    )  # fmt: skip
    cells = found.answers
    look.table(
        ["Studies read", "With reference standard", "Flagged, right", "Flagged, wrong",
         "Missed", "Rightly not flagged"],
        [[cells.read, cells.known, cells.hits, cells.alarms, cells.misses, cells.cleared]],
        empty="",
    )  # fmt: skip
    look.quiet(f"{CAVEAT} Intervals: Wilson, 95 %.")


def _updates(found: SiteStanding) -> None:
    look.section("Last updates", "The versions that came into use at this site, the newest first.")
    look.table(
        ["Since", "Version", "As", "Until", "What was changed", "Change"],
        [
            [one.since, look.Mark(one.name, small=one.version), one.mode,
             one.until or "runs", one.words,
             to_record(one.change) if one.change else "none"]
            for one in found.updates
        ],
        empty="No version ever ran at this site.", wide="What was changed",
    )  # fmt: skip


def figure(one: Estimate) -> look.Cell:
    """An estimate with its interval and n below it, or why there is none."""
    if one.value is None or one.low is None or one.high is None:
        return look.Mark("not estimable", "unknown", f"{one.reason} (n = {one.n})")
    return look.Mark(
        f"{100 * one.value:.1f} %",
        small=f"{100 * one.level:g} % CI {100 * one.low:.1f} to {100 * one.high:.1f} %, "
        f"n = {one.n}",
    )
