"""How the routine work stands: Dagster's runs, what was made last, and what starts by itself.

Dagster is asked in a process of its own, so that pages and command line need not load it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlmodel import Session

from records.errors import Unavailable
from records.settings import REPOSITORY, Workspace, current_settings
from records.typed_text import identities_of_workspace

SECONDS: Final = 60
"""What Dagster is waited for at most."""
WITHHELD: Final = "not shown: it may tell who a patient is. Read it on Dagster's page"


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """A run of a job; ``message`` of a failed one says why, without identities of patients."""

    run: str
    job: str
    status: str
    day: str
    """The day that it worked on; '' where the job has no days."""
    started: datetime | None
    ended: datetime | None
    step: str = ""
    error: str = ""
    message: str = ""
    address: str = ""
    """Of the run on Dagster's page; '' where the setting names no page."""


@dataclass(frozen=True, slots=True)
class LastSuccess:
    """A job or asset and when it succeeded last; None: never."""

    kind: str
    name: str
    at: datetime | None
    last: str = ""
    """How the last run of a job ended; '' where none was run."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A schedule or sensor that starts a job: whether it is on, and when it does."""

    kind: str
    name: str
    on: bool
    job: str
    when: str
    """As cron writes it, with the time zone; '' of a sensor."""


@dataclass(frozen=True, slots=True)
class PipelineState:
    """All of it; without records of Dagster, ``absent`` says what to do."""

    absent: str = ""
    page: str = ""
    """Address of Dagster's page; '' where no setting names it."""
    read_at: datetime | None = None
    runs: tuple[PipelineRun, ...] = ()
    successes: tuple[LastSuccess, ...] = ()
    switches: tuple[Switch, ...] = ()


def ask_pipelines(workspace: Workspace, reader: Session, *, now: datetime) -> PipelineState:
    """The state of the workspace's routine work, as Dagster has it on record.

    now: what dates in messages are held against, when identities are looked for.

    Raises:
        Unavailable: Dagster's records are there and cannot be read.
    """
    page = current_settings().dagster_page.rstrip("/")
    if absent := _absent(workspace):
        return PipelineState(absent, page)
    told = _told(workspace)
    runs = []
    with identities_of_workspace(reader, workspace, now=now) as identities:
        for one in told["runs"]:
            told_of = one["message"]
            if told_of and next(iter(identities(told_of)), ""):
                told_of = WITHHELD
            runs.append(PipelineRun(
                one["run"], one["job"], one["status"], one["day"], _at(one["started"]),
                _at(one["ended"]), one["step"], one["error"], told_of,
                f"{page}/runs/{one['run']}" if page else "",
            ))  # fmt: skip
    return PipelineState(
        "", page, _at(told["read_at"]), tuple(runs),
        (
            *(LastSuccess("job", one["name"], _at(one["succeeded"]), one["last"])
              for one in told["jobs"]),
            *(LastSuccess("asset", one["name"], _at(one["made"])) for one in told["assets"]),
        ),
        tuple(
            Switch(kind, one["name"], one["on"], one["job"],
                   f"{one['when']} {one['zone']}" if one["when"] else "")
            for kind, members in (("schedule", told["schedules"]), ("sensor", told["sensors"]))
            for one in members
        ),
    )  # fmt: skip


def _absent(workspace: Workspace) -> str:
    """Why there is nothing to read, and what to do; '' where Dagster has run here."""
    home = workspace.dagster
    start = (
        f"Start it with DAGSTER_HOME={home} RADVIGIL_HOME={workspace.home} dagster dev -m "
        "pipelines.definitions; its page then switches the schedules on."
    )
    if not home.is_dir():
        return f"This workspace has no folder for Dagster. Make {home}. {start}"
    settings = home / "dagster.yaml"
    elsewhere = settings.is_file() and any(
        line.startswith("storage:") for line in settings.read_text(encoding="utf-8").splitlines()
    )
    if not elsewhere and not (home / "history" / "runs.db").is_file():
        return f"Dagster has not run in this workspace yet. {start}"
    return ""


def _told(workspace: Workspace) -> Mapping[str, Any]:
    """What Dagster's own storage says."""
    known = {**os.environ, "RADVIGIL_HOME": str(workspace.home),
             "DAGSTER_HOME": str(workspace.dagster)}  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.state", str(workspace.dagster)], env=known,
            cwd=REPOSITORY, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"Dagster's records did not answer in {SECONDS} seconds.", hint="Try again later."
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(
            f"Dagster's records in {workspace.dagster} cannot be read ({last.split(':')[0]}).",
            hint="Look at them with 'dagster dev -m pipelines.definitions'; after an update of "
            "Dagster, 'dagster instance migrate' may be needed.",
        )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
