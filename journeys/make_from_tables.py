"""A demonstration with real images: tables of pictures become what sites would send.

Half of the patients are for development, half arrive in operation; facts that the table lacks
(site, date) are assigned from the seed and recorded as assigned. Nothing else is made up.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from imaging.datasets import least_development
from imaging.sources.assign import Deduplicated, assign_missing, drop_duplicates
from imaging.sources.base import SourceRefused
from imaging.sources.capture import CapturedStudy, write_captures
from imaging.sources.cases import OPERATION_START
from imaging.sources.columns import ColumnMapping
from imaging.sources.rows import TableRow, TableSource
from imaging.sources.table import read_table
from imaging.sources.truth import write_truth_csv
from journeys.make_studies import (
    DEVELOPMENT_TRUTH,
    Arrivals,
    Batch,
    Progress,
    write_arrivals,
)
from journeys.receive_truth import TRUTH
from journeys.simulated_subjects import Scale
from models.tasks import TASKS
from records.counting import counted
from records.definition import TaskDefinition
from records.settings import Workspace

ASSIGNED_SITES = ("site-a", "site-b", "site-c")
Write = Callable[..., list[CapturedStudy]]
""":func:`write_captures` for the device's pictures."""
LEAST_EXTERNAL = 100
"""Studies that a reported site must have to be held out as the external test."""


def make_from_tables(
    workspace: Workspace,
    data: Path,
    external: Path | None,
    *,
    seed: int,
    drift: bool,
    scale: Scale,
    task: TaskDefinition,
    acquired: tuple[str, str],
    columns: dict[str, Any],
    progress: Progress,
) -> Arrivals:
    """Write the pictures as DICOM files: development, external test, and 60 days of operation.

    acquired: modality and body part of the device's pictures, which the tables do not say.

    Raises:
        SourceRefused: Naming file, row and column, and what to do.
    """
    source, other = read_sources(data, external, task=task, columns=columns)
    unique = drop_duplicates(source)
    reported = {row.site for row in unique.rows if row.site is not None}
    rows = assign_missing(unique.rows, seed, sorted(reported) or ASSIGNED_SITES)
    sites = tuple(sorted({str(row.site) for row in rows}))
    held_out = _held_out(rows) if external is None and len(reported) > 1 else ""
    development, operation = share_patients(rows, seed=seed)
    total = len(rows)
    write = partial(write_captures, seed=seed, acquired=acquired)
    captured = write(source, development, workspace.incoming / "development")
    progress(len(captured), total)
    batches = _batches(captured, held_out=held_out)
    if other is not None:
        more, batch = _write_external(workspace, other, write, taken=sites, seed=seed)
        captured += more
        batches.append(batch)
    changed = sites[1 % len(sites)] if drift else ""
    fault_from = OPERATION_START + timedelta(days=scale.change_day - 1)
    arrived = _write_operation(
        workspace, source, write, spread_over_days(operation, seed=seed, days=scale.days),
        changed=changed, fault_from=fault_from,
    )
    progress(total, total)
    write_truth_csv(captured, workspace.incoming / DEVELOPMENT_TRUTH)
    write_truth_csv(arrived, workspace.incoming / TRUTH)
    arrivals = Arrivals(
        description=_description(source, external), sites=sites, batches=tuple(batches),
        first_day=OPERATION_START, days=scale.days,
        daily_per_site=max(1, len(operation) // (scale.days * len(sites))),
        external=external is not None or bool(held_out), changed_site=changed,
        change_day=fault_from if changed else None,
        sites_assigned=not reported,
        notes=tuple(_notes(source, unique, reported, external, held_out)),
    )
    write_arrivals(workspace, arrivals)
    return arrivals


def read_sources(
    data: Path, external: Path | None, *, task: TaskDefinition, columns: dict[str, Any]
) -> tuple[TableSource, TableSource | None]:
    """Read and check the tables, and that the images are there; no pixel is read.

    Raises:
        SourceRefused: Naming file, row and column, and what to do; or the truth of the device's
            studies is more than which finding is there.
    """
    finding, classes = task.finding, task.classes
    if TASKS[task.kind].reads_outline:
        raise SourceRefused(
            "real images with an outline that is given to the device are not shown day by day",
            where=str(data),
            hint="Leave --data out for simulated studies, or train with 'radvigil model train'",
        )
    if forms := TASKS[task.kind].truth_forms:
        raise SourceRefused(
            f"real images whose truth is given as {' and '.join(forms)} are not shown day by day",
            where=str(data),
            hint="Leave --data out for simulated studies, or train with 'radvigil model train'",
        )
    source = read_table(
        data, finding=finding, columns=ColumnMapping(**columns), classes=classes,
        coexisting=task.coexisting,
    )
    labels = {row.label for row in source.rows}
    if len(labels) < 2:
        raise SourceRefused(
            f"all {len(source.rows)} images are {'with' if labels == {1} else 'without'} {finding}",
            where=str(data), hint="Both are needed to train and to test: add images of the other",
        )
    return source, None if external is None else read_table(
        external, finding=finding, classes=classes, coexisting=task.coexisting
    )


def require_enough(source: TableSource) -> None:
    """Refuse a table that could not be split, before anything is made of it.

    Raises:
        SourceRefused: Saying how many images are needed.
    """
    least = 2 * least_development()
    if len(source.rows) < least:
        raise SourceRefused(
            f"{counted(len(source.rows), 'image')}: too few to split, about {least} are needed",
            where=str(source.path),
            hint="Half of the patients arrive in operation, the others are parted into training, "
            "tuning and internal test: add images",
        )


def share_patients(
    rows: Sequence[TableRow], *, seed: int
) -> tuple[list[TableRow], list[TableRow]]:
    """Half of the patients for development, the others for operation; nobody is in both."""
    patients = sorted({row.patient for row in rows})
    order = np.random.default_rng([seed, 7]).permutation(len(patients))
    chosen = {patients[index] for index in order[: (len(patients) + 1) // 2]}
    return (
        [row for row in rows if row.patient in chosen],
        [row for row in rows if row.patient not in chosen],
    )


def spread_over_days(rows: Sequence[TableRow], *, seed: int, days: int) -> list[TableRow]:
    """Give each study of operation its day: every site's studies evenly, in seeded order."""
    spread: list[TableRow] = []
    for number, site in enumerate(sorted({str(row.site) for row in rows})):
        own = [row for row in rows if row.site == site]
        order = np.random.default_rng([seed, 8, number]).permutation(len(own))
        for place, index in enumerate(order):
            day = OPERATION_START + timedelta(days=int(place * days / len(own)))
            row = own[index]
            spread.append(replace(row, date=day, assigned=row.assigned | {"date"}))
    return spread


def _held_out(rows: Sequence[TableRow]) -> str:
    """The smallest reported site that can carry an external test; '' where none can."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[str(row.site)] = counts.get(str(row.site), 0) + 1
    fit = [site for site, count in counts.items() if count >= LEAST_EXTERNAL]
    return min(fit, key=lambda site: (counts[site], site)) if len(fit) > 1 else ""


def _write_external(
    workspace: Workspace, source: TableSource, write: Write, *, taken: Sequence[str], seed: int
) -> tuple[list[CapturedStudy], Batch]:
    """The second institution, by a name that no site has: every picture is external test."""
    plain = re.sub(r"[^a-z0-9]+", "-", source.path.resolve().stem.lower())[:50].strip("-")
    name = plain or "external"
    if name in taken:
        name += "-external"
    rows = assign_missing(
        [replace(row, site=name) for row in drop_duplicates(source).rows], seed, [name]
    )
    folder = workspace.incoming / "external"
    captured = write(source, rows, folder)
    return captured, Batch(name, "external", "reported", _assigned(rows), f"external/{name}")


def _write_operation(
    workspace: Workspace,
    source: TableSource,
    write: Write,
    rows: Sequence[TableRow],
    *,
    changed: str,
    fault_from: date,
) -> list[CapturedStudy]:
    captured: list[CapturedStudy] = []
    for site, day in sorted({(str(row.site), row.date) for row in rows if row.date}):
        today = [row for row in rows if row.site == site and row.date == day]
        faulty = site == changed and day >= fault_from
        captured += write(
            source, today, workspace.incoming / site / day.isoformat(),
            degraded=_always if faulty else None,
        )
    return captured


def _always(_row: TableRow) -> bool:
    return True


def _batches(captured: Sequence[CapturedStudy], *, held_out: str) -> list[Batch]:
    found = []
    for site in sorted({str(study.row.site) for study in captured}):
        rows = [study.row for study in captured if study.row.site == site]
        assigned = _assigned(rows)
        found.append(
            Batch(
                site=site, purpose="external" if site == held_out else "development",
                origin="assigned" if "site" in assigned else "reported", assigned=assigned,
                folder=f"development/{site}",
            )
        )
    return found


def _assigned(rows: Sequence[TableRow]) -> tuple[str, ...]:
    return tuple(sorted(set().union(*(row.assigned for row in rows))))


def _description(source: TableSource, external: Path | None) -> str:
    text = f"images of {source.path.name} as DICOM secondary capture"
    return text + (f"; external test {external.name}" if external else "")


def _notes(
    source: TableSource, unique: Deduplicated, reported: set[str], external: Path | None,
    held_out: str,
) -> list[str]:
    notes = ["order of arrival in operation assigned from the seed"]
    if not reported:
        notes.append("site not recorded in the table: assigned from the seed")
    if unique.copies:
        notes.append(f"{unique.copies} copies of the same picture left out")
    if unique.conflicting_labels:
        pictures = counted(unique.conflicting_labels, "picture")
        notes.append(f"{pictures} listed both with and without the finding left out")
    notes += [f"{what}: {counted(count, 'row')}" for what, count in sorted(source.notes.items())]
    if external is None and not held_out:
        notes.append("no second institution: external validation is not available")
    return notes
