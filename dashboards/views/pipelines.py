"""Pipelines, for engineers: how the routine work by Dagster stands, and why a run failed."""

from datetime import datetime, timedelta

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from journeys.ask_pipelines import LastSuccess, PipelineRun, PipelineState, Switch, ask_pipelines

KEPT = timedelta(seconds=60)
"""How long what Dagster said is shown before it is asked again: asking takes seconds."""
_TONES: dict[str, look.Tone] = {
    "success": "good", "failure": "bad", "canceled": "unknown", "canceling": "unknown",
    "started": "waiting", "starting": "waiting", "queued": "waiting", "not_started": "waiting",
}  # fmt: skip


def show(desk: Desk) -> None:
    """Failed runs first, then what succeeded last, what starts by itself, and the newest runs."""
    look.title(
        "Pipelines",
        "Routine work by Dagster: did it run, why did a run fail, and what starts by itself.",
    )
    found = _asked(desk, str(desk.store.workspace.home))
    if found.absent:
        look.notice(found.absent, "waiting")
        return
    if found.page:
        st.link_button("Open Dagster's page", found.page)
    else:
        look.quiet("Links to Dagster's page: RADVIGIL_DAGSTER_PAGE says where it is, such as "
                   "http://127.0.0.1:3000.")  # fmt: skip
    _verdict(found)
    if found.read_at is not None:
        look.quiet(f"Read from Dagster's records at {look.instant(found.read_at)}; asked again "
                   f"after {KEPT.seconds} seconds.")  # fmt: skip
    _failures(found)
    look.section("What succeeded last", "A job is all steps of a kind of run; an asset is what one "
                 "step leaves in the records.")  # fmt: skip
    look.table(
        ["What", "Name", "Succeeded last", "Last run"],
        [_success(one) for one in found.successes], empty="Dagster knows no job here.",
    )
    look.section("What starts by itself", "A schedule is off until somebody switches it on, on "
                 "Dagster's page.")  # fmt: skip
    look.table(
        ["What", "Name", "State", "Starts", "When (cron)"],
        [_switch(one) for one in found.switches], empty="Nothing starts by itself.",
    )
    look.section("Newest runs")
    look.table(
        ["Run", "Job", "Day", "Status", "Started", "Ended"], [_run(one) for one in found.runs],
        empty="No run is on record: start one on Dagster's page.",
    )


@st.cache_data(ttl=KEPT, max_entries=4, show_spinner="Asking Dagster's records …")  # type: ignore[untyped-decorator]
def _asked(_desk: Desk, home: str) -> PipelineState:
    """What Dagster said of a workspace, for a minute."""
    del home
    return ask_pipelines(_desk.store.workspace, _desk.reader, now=_desk.now)


def _verdict(found: PipelineState) -> None:
    """Is everything well: jobs whose last run failed, and schedules that are off."""
    failing = [one.name for one in found.successes if one.last == "failure"]
    if failing:
        look.notice(f"The last run failed of: {', '.join(failing)}. Why stands below.", "bad")
    off = [one.name for one in found.switches if not one.on]
    if off and len(off) == len(found.switches):
        look.notice("Nothing starts by itself: every schedule is off. Switch them on on Dagster's "
                    "page, or start jobs there by hand.", "waiting")  # fmt: skip
    elif off:
        look.notice(f"Off: {', '.join(off)}.", "waiting")
    if not failing:
        look.notice("The last run of no job failed.", "good")


def _failures(found: PipelineState) -> None:
    failed = [one for one in found.runs if one.status == "failure"]
    look.section("Failed runs", "Among the newest runs. A message that may name a patient is "
                 "withheld.")  # fmt: skip
    look.table(
        ["Run", "Job", "Day", "Ended", "Step", "Error", "Message"],
        [
            [_number(one), one.job, one.day or "none", _when(one.ended),
             one.step or "before the first step", one.error or "not told",
             look.Long(one.message or "not told")]
            for one in failed
        ],
        empty="None of the newest runs failed.", wide="Message",
    )  # fmt: skip


def _number(one: PipelineRun) -> look.Cell:
    return look.Link(one.run[:8], one.address) if one.address else look.Code(one.run)


def _when(at: datetime | None) -> look.Cell:
    return at or look.Mark("never", "unknown")


def _success(one: LastSuccess) -> list[look.Cell]:
    last = look.Mark(one.last.replace("_", " "), _TONES.get(one.last, "plain")) if one.last else (
        look.Mark("never run", "unknown") if one.kind == "job" else "see its job")
    return [one.kind, look.plain_name(one.name), _when(one.at), last]


def _switch(one: Switch) -> list[look.Cell]:
    return [
        one.kind, look.plain_name(one.name),
        look.Mark("on", "good") if one.on else look.Mark("off", "waiting"),
        look.plain_name(one.job) if one.job else "decides itself", one.when or "by its own check",
    ]


def _run(one: PipelineRun) -> list[look.Cell]:
    return [
        _number(one), one.job, one.day or "none",
        look.Mark(one.status.replace("_", " "), _TONES.get(one.status, "plain")),
        _when(one.started), one.ended or look.Mark("not yet", "waiting"),
    ]
