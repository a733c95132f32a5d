"""Where a demonstration's studies come from: the simulator, or tables of real images.

Either way files lie below ``incoming/<site>/``, the sites' list of truths is
``incoming/truth.csv``, and ``incoming/arrivals.json`` says what is to be taken in as what; all that
follows is one path.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from imaging.sources.base import Phase, SimulatedStudy
from imaging.sources.cases import OPERATION_START
from imaging.sources.simulator import development_plan, operation_day_plan, simulate
from imaging.sources.sites import DEVELOPMENT_SITES, EXTERNAL_SITE, OPERATION_SITES
from imaging.sources.truth import write_truth_csv
from journeys.receive_truth import TRUTH
from journeys.simulated_subjects import Scale, Subject, named_truth
from records.definition import TaskDefinition
from records.errors import NotFound
from records.settings import Workspace

CHANGED_SITE = "eastbrook"
DEVELOPMENT_TRUTH = "truth-development.csv"

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


@dataclass(frozen=True)
class Batch:
    """Studies to make and test the model: from which site, for what, which facts assigned."""

    site: str
    purpose: str
    origin: str
    assigned: tuple[str, ...]
    folder: str


@dataclass(frozen=True)
class Arrivals:
    """What lies in ``incoming``: development batches, and where operation goes on day by day."""

    description: str
    sites: tuple[str, ...]
    batches: tuple[Batch, ...]
    first_day: date
    days: int
    daily_per_site: int
    external: bool
    changed_site: str = ""
    change_day: date | None = None
    sites_assigned: bool = False
    notes: tuple[str, ...] = ()

    def day(self, number: int) -> date:
        """The date of a day of operation, counted from 1."""
        return self.first_day + timedelta(days=number - 1)


def make_simulated(
    workspace: Workspace,
    subject: Subject,
    task: TaskDefinition,
    *,
    seed: int,
    drift: bool,
    scale: Scale,
    workers: int,
    progress: Progress,
) -> Arrivals:
    """Write every study; same seed, same bytes. An interrupted call goes on where it stopped."""
    knobs = subject.knobs
    plans = development_plan(seed, scale.development_per_site, knobs=knobs)
    for site in OPERATION_SITES:
        for index in range(scale.days):
            changed = drift and site == CHANGED_SITE and index >= scale.change_day - 1
            plans += operation_day_plan(
                seed, site, index, scale.daily_per_site, changed, knobs=knobs
            )
    plans = subject.planned(plans)
    total = len(plans)
    studies = simulate(
        plans, workspace.incoming, workers=workers, progress=lambda done: progress(done, total)
    )
    write_truths(workspace, [named_truth(study, task) for study in studies])
    arrivals = Arrivals(
        description=subject.description,
        sites=tuple(OPERATION_SITES),
        batches=tuple(
            Batch(
                site=site, origin="reported", assigned=(), folder=f"{site}/development",
                purpose="external" if site == EXTERNAL_SITE else "development",
            )
            for site in DEVELOPMENT_SITES
        ),
        first_day=OPERATION_START, days=scale.days,
        daily_per_site=scale.daily_per_site, external=True,
        changed_site=CHANGED_SITE if drift else "",
        change_day=OPERATION_START + timedelta(days=scale.change_day - 1) if drift else None,
    )
    write_arrivals(workspace, arrivals)
    return arrivals


def write_truths(workspace: Workspace, studies: Sequence[SimulatedStudy]) -> None:
    """The lists of truths: one settled before development, one that fills up in operation."""
    for name, phase in ((DEVELOPMENT_TRUTH, Phase.DEVELOPMENT), (TRUTH, Phase.OPERATION)):
        chosen = [study for study in studies if study.phase is phase]
        write_truth_csv(chosen, workspace.incoming / name)


def arrivals_file(workspace: Workspace) -> Path:
    """Where the list of what arrives lies."""
    return workspace.incoming / "arrivals.json"


def write_arrivals(workspace: Workspace, arrivals: Arrivals) -> None:
    """Write the list, whole or not at all."""
    target = arrivals_file(workspace)
    part = target.with_suffix(".part")
    part.write_text(json.dumps(asdict(arrivals), default=str, indent=1, sort_keys=True))
    part.replace(target)


def read_arrivals(workspace: Workspace) -> Arrivals:
    """What lies in ``incoming``, or :class:`NotFound` where nothing was made yet."""
    path = arrivals_file(workspace)
    if not path.is_file():
        raise NotFound(f"There is no {path.name} in incoming.", hint="Make the studies first.")
    content = json.loads(path.read_text())
    changed = content.pop("change_day")
    return Arrivals(
        **content
        | {
            "sites": tuple(content["sites"]),
            "notes": tuple(content["notes"]),
            "batches": tuple(
                Batch(**one | {"assigned": tuple(one["assigned"])}) for one in content["batches"]
            ),
            "first_day": date.fromisoformat(content["first_day"]),
            "change_day": date.fromisoformat(changed) if changed else None,
        }
    )
