"""From files to a replay, and from a table to the file of a plan; how: docs/monitor-replay.md."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from monitoring.plan_of_table import PlannedWatch, plan_of_table
from monitoring.replay import Replayed, replay
from monitoring.replay_plan import read_replay_plan
from monitoring.replay_tables import Roles, read_table
from records.errors import InvalidInput
from records.vault import file_digest

__all__ = ["plan_file", "replay_files"]


def replay_files(
    plan: Path, reference: Path, current: Path, *, columns: Mapping[str, str], by: str = ""
) -> Replayed:
    """Replay a plan's charts on the current table, held against the reference table.

    columns: which column is what, by role (time, site, score, decision, truth, truth_time,
    patient), where it differs from what the plan says or, where that is silent, from the role's own
    name. by: the column whose values are watched apart in place of sites.

    Raises:
        NotFound: A file is missing.
        InvalidInput: A file cannot be read, or a column or row is wrong; named.
    """
    read = read_replay_plan(plan)
    roles = Roles(**{**read.columns, **columns})
    apart = by or read.by
    before, now = (
        read_table(path, roles, by=apart, kinds=read.kinds(), may_lack=read.may_lack())
        for path in (reference, current)
    )
    found = replay(read, before, now)
    if file_digest(reference) == file_digest(current):
        return dataclasses.replace(found, remarks=(
            f"{reference.name} and {current.name} are the same table: a table held against itself "
            "shows no change, so that a quiet result says nothing.",
        ))
    return found


def plan_file(
    reference: Path, out: Path, *, columns: Mapping[str, str], by: str, alerts_per_year: float
) -> PlannedWatch:
    """Write a plan for a table that was never seen before, as JSON; what it says comes back too.

    Raises as :func:`monitoring.replay_tables.read_table` and
    :func:`monitoring.plan_of_table.plan_of_table`.
    """
    if out.exists() and reference.exists() and out.samefile(reference):
        raise InvalidInput(
            f"--out {out.name}: that is the reference itself, which the plan would replace.",
            hint="Name another file, such as plan.json.",
        )
    roles = Roles(**columns)
    planned = plan_of_table(read_table(reference, roles, by=by), alerts_per_year=alerts_per_year)
    named = {one.name: getattr(roles, one.name) for one in dataclasses.fields(roles)}
    content = {"columns": named, "by": by, **planned.content}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return planned
