"""A drill from files: a plan, optionally a table of studies, and what is to happen; as JSON values.

How it works and what it found for the shipped plans: docs/monitoring-verification.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from monitoring.drill import Arrangement, Repeat, drill
from monitoring.drill_report import drill_report
from monitoring.drill_shifts import Shift
from monitoring.drill_studies import (
    SENSITIVITY,
    SPECIFICITY,
    SimulatedSites,
    StudySource,
    TableResamples,
)
from monitoring.explaining.where import AGES
from monitoring.replay_plan import ReplayPlan, read_replay_plan
from monitoring.replay_tables import Roles, read_table
from records.errors import InvalidInput

__all__ = ["DrillFiles", "drill_files", "drilled", "simulated_for"]

MOST_REPEATS = 10_000


@dataclass(frozen=True)
class DrillFiles:
    """What is asked for. reference: a table to draw from, else sites are simulated. columns, by: as
    in a replay. sites, daily_n, reference_n: of the simulated sites."""

    plan: Path
    shift: Shift
    arrangement: Arrangement
    repeats: int
    seed: int
    reference: Path | None = None
    columns: Mapping[str, str] | None = None
    by: str = ""
    sites: int = 3
    daily_n: int = 20
    reference_n: int = 400


def drill_files(
    asked: DrillFiles, *, progress: Callable[[int], None] = lambda _done: None
) -> dict[str, Any]:
    """Run the drill and say what it found, with all that is needed to run it again.

    Raises:
        NotFound: A file is missing.
        InvalidInput: A file or field is wrong, the source lacks a column that the plan watches or
            the shift changes, or the site is none of the source.
    """
    plan = read_replay_plan(asked.plan)
    source, notes = _source(plan, asked)
    site = asked.arrangement.site or source.sites[0]
    if site not in source.sites:
        raise InvalidInput(f"--at: there is no {site}.", hint=f"One of {', '.join(source.sites)}.")
    found = drilled(
        plan, source, asked.shift, asked.arrangement, repeats=asked.repeats, seed=asked.seed,
        progress=progress,
    )
    simulated = {"daily_studies": asked.daily_n, "reference_studies": asked.reference_n}
    return {
        "plan": _file(asked.plan) | {"alerts_per_year": plan.alerts_per_year},
        "studies": _file(asked.reference) if asked.reference else "simulated",
        **({} if asked.reference else simulated), **found, "notes": notes,
    }  # fmt: skip


def drilled(
    plan: ReplayPlan, source: StudySource, shift: Shift, arrangement: Arrangement, *, repeats: int,
    seed: int, progress: Callable[[int], None] = lambda _done: None,
) -> dict[str, Any]:  # fmt: skip
    """A drill as JSON values: what was changed and arranged, and what was found.

    Raises InvalidInput for a number of repeats that cannot be, and as :func:`drill`.
    """
    if not 1 <= repeats <= MOST_REPEATS:
        raise InvalidInput(f"--repeats: from 1 to {MOST_REPEATS}, not {repeats}.")
    done: list[Repeat] = []
    for number in range(repeats):
        done += drill(plan, source, shift, arrangement, seeds=[seed * MOST_REPEATS + number])
        progress(number + 1)
    shifted = shift.name != "none"
    found = drill_report(plan, done, arrangement, sites=source.sites, shifted=shifted)
    where = arrangement.site or source.sites[0]
    return {
        "shift": {
            "name": shift.name, "title": shift.kind.title, "size": shift.size,
            "unit": shift.kind.unit, "ramp_days": shift.ramp_days, "column": shift.column,
            "site": where if shifted else "",
        },
        "arrangement": {
            "sites": list(source.sites), "days_before": arrangement.before,
            "days_after": arrangement.after, "repeats": repeats, "seed": seed,
        },
        "whole": found.whole.to_dict(), "charts": [one.to_dict() for one in found.charts],
        "alerts_elsewhere": found.elsewhere, "causes_named": found.causes,
    }  # fmt: skip


def simulated_for(
    plan: ReplayPlan, *, sites: int = 3, daily_n: int = 20, reference_n: int = 400
) -> SimulatedSites:
    """Simulated sites that hold every column of the plan.

    Raises InvalidInput for a column of names that is not simulated, and where the simulated device
    does not reach a claim's bound: every alert of performance would be true.
    """
    usual = SimulatedSites().draw("North", 1, np.random.default_rng(0))
    watched = plan.kinds()
    for name, kind in watched.items():
        names = usual[name].dtype == object if name in usual else False
        if (kind == "names") != names:
            raise InvalidInput(
                f"The plan watches '{name}' as {kind}, which the simulated studies do not hold.",
                hint="Draw the studies from a table with --reference.",
            )
    reached = {"sensitivity": SENSITIVITY, "fitting": SENSITIVITY, "specificity": SPECIFICITY}
    claimed = [one for one in plan.plan.charts if one.detector == "claimed_performance"]
    for measure in (str(one.parameters["measure"]) for one in claimed):
        if plan.bounds.get(measure, 0.0) > reached[measure]:
            raise InvalidInput(
                f"The plan's lowest {measure} is {plan.bounds[measure]:g}; that of the simulated "
                f"device is {reached[measure]:g}, so that every alert would be true.",
                hint="Draw the studies from a table with --reference.",
            )
    unit = {
        one.parameters["column"] for one in plan.plan.charts if one.detector == "conformal_test"
    }
    ages = {
        one.level.field for one in plan.plan.charts if one.level and one.level.field in AGES
    }
    further = sorted(set(watched) - set(usual) - ages)
    return SimulatedSites(
        tuple(f"Site {number + 1}" for number in range(sites)), daily_n, reference_n,
        tuple(one for one in further if one not in unit),
        tuple(one for one in further if one in unit), tuple(sorted(ages - set(usual))),
    )  # fmt: skip


def _source(plan: ReplayPlan, asked: DrillFiles) -> tuple[StudySource, list[str]]:
    if asked.reference is None:
        return simulated_for(
            plan, sites=asked.sites, daily_n=asked.daily_n, reference_n=asked.reference_n
        ), []
    roles = Roles(**{**plan.columns, **(asked.columns or {})})
    table = read_table(asked.reference, roles, by=asked.by or plan.by)
    notes = []
    called = table.decision if table.decision is not None else np.full(table.n, np.nan)
    known = np.isfinite(table.truth) & np.isfinite(called)
    for measure, finding in (("sensitivity", 1.0), ("specificity", 0.0)):
        of = known & (table.truth == finding)
        if of.any() and np.mean(called[of] == finding) < plan.bounds.get(measure, 0.0):
            notes.append(
                f"{measure} in the table lies below the plan's lowest acceptable value: alerts of "
                "its chart before the shift are true, not false."
            )
    return TableResamples(table), notes


def _file(path: Path) -> dict[str, Any]:
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
