"""Take the images of a table in, with what the table states of their truth.

The images go the way of every study: de-identified, measured, checked. What the table says of
splits is kept; what it does not say is dealt by patient when they are frozen.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from imaging.arriving_files import find_files
from imaging.deidentify import Deidentifier
from imaging.ingest import Arrival, IngestReport, ingest
from imaging.origin import Origin
from imaging.outlines import record_regions
from imaging.sources.assign import assign_missing, drop_duplicates
from imaging.sources.base import SourceRefused
from imaging.sources.capture import CapturedStudy, write_captures
from imaging.sources.clean_pictures import clean_png
from imaging.sources.columns import ColumnMapping
from imaging.sources.masks import mask_png
from imaging.sources.rows import TableRow, TableSource
from imaging.sources.table import read_table
from imaging.sources.truth import write_truth_csv
from journeys.check_arrivals import check_arrivals
from journeys.receive_truth import receive_truth_list
from journeys.watch_day import scope_of
from models.tasks import TASKS
from records.cases import BOXES, COURSE, FULL_DOSE, OUTLINE, Instance, Study
from records.counting import counted
from records.definition import DeviceDefinition, TaskDefinition
from records.finding_states import PRESENT, UNKNOWN
from records.keys import workspace_key
from records.outlines import outlined_structure
from records.store import Store
from records.vault import Vault

SPLITS: Mapping[str, str] = {
    "train": "train", "training": "train", "dev": "tuning", "val": "tuning", "valid": "tuning",
    "validation": "tuning", "tune": "tuning", "tuning": "tuning", "test": "internal_test",
    "internal_test": "internal_test", "internaltest": "internal_test",
    "external": "external_test", "external_test": "external_test", "externaltest": "external_test",
}  # fmt: skip
"""What tables call their parts, and what they are called here."""
_GUARDED = ("external_test", "internal_test", "tuning", "train")
"""Of a picture that stands in several parts, the first of these keeps it."""


_ASSIGNING_SEED = 1
"""What a table leaves open (site, date) is drawn alike whatever the seed of the training: another
seed deals the same studies anew, and does not take the pictures in a second time."""


@dataclass(frozen=True)
class TableOrder:
    """What to train on: the table, its columns, and what is stated of its origin."""

    data: Path
    seed: int
    columns: Mapping[str, Any]
    origin: Origin
    workers: int = 1


@dataclass(frozen=True, eq=False)
class Captured:
    """The studies of a table as DICOM files below ``folder``, and what was left out or dropped."""

    source: TableSource
    studies: Sequence[CapturedStudy]
    folder: Path
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TakenIn:
    """What became of every image, and what the table states but is not kept."""

    report: IngestReport
    notes: tuple[str, ...]


def capture_table(
    store: Store, definition: DeviceDefinition, order: TableOrder, *,
    report: Callable[[str], None],
) -> Captured:
    """Read the table and write its images as DICOM files into ``incoming``, each patient in one
    part only. Files that are there already stay: doing it again gives the same.

    Raises:
        SourceRefused: Naming file, row and column of what cannot be read, and what to do.
    """
    source = read_as(order.data, definition.task, columns=order.columns)
    if source.classes:
        counts = Counter(row.label for row in source.rows)
        report("; ".join(
            f"class {at} is {name}: {counted(counts[at], 'image')}"
            for at, name in enumerate(source.classes)
        ))
    if definition.task.coexisting:
        report(_named(source.rows, definition.task))
    unique = drop_duplicates(source)
    rows, notes = keep_once(unique.rows)
    notes += [f"{what}: {counted(count, 'row')}" for what, count in sorted(source.notes.items())]
    if unique.copies:
        notes.append(f"{unique.copies} copies of a picture in the same part left out")
    if unique.conflicting_labels:
        different = "with several classes" if definition.task.classes else (
            "both with and without the finding"
        )
        pictures = counted(unique.conflicting_labels, "picture")
        notes.append(f"{pictures} listed {different} left out")
    sites = sorted({row.site for row in rows if row.site is not None})
    placed = assign_missing(rows, _ASSIGNING_SEED, sites or ["site-a"])
    folder = store.workspace.incoming / "tables" / source.fingerprint()[:16]
    report(f"writing {counted(len(placed), 'image')} as DICOM secondary capture")
    studies = write_captures(
        source, placed, folder, seed=_ASSIGNING_SEED,
        acquired=definition.input_requirements.pictured,
    )
    return Captured(source, studies, folder, tuple(notes))


def _named(rows: Sequence[TableRow], task: TaskDefinition) -> str:
    """How many images show each finding that may be present beside others, in words."""
    none, *findings = task.classes
    states = [task.states(row.findings, of=row.file) for row in rows]
    told = [
        f"{name}: {counted(sum(one[at] == PRESENT for one in states), 'image')}"
        + (f", not known in {unknown}" if (unknown := sum(one[at] == UNKNOWN for one in states))
           else "")
        for at, name in enumerate(findings)
    ]  # fmt: skip
    return "; ".join([*told, f"{none}: {sum(not any(one) for one in states)}"])


def read_as(data: Path, task: TaskDefinition, *, columns: Mapping[str, Any]) -> TableSource:
    """The table with the truth in the forms that the task asks for.

    Raises:
        SourceRefused: Naming file, row and column of what cannot be read, and what to do.
    """
    forms, given = TASKS[task.kind].truth_forms, TASKS[task.kind].reads_outline
    return read_table(
        data, finding=task.finding, columns=ColumnMapping(**columns), classes=task.classes,
        coexisting=task.coexisting, outlined=OUTLINE in forms or given, labelled=given,
        boxed=BOXES in forms, paired=FULL_DOSE in forms, declared=task.facts,
    )


def take_in_table(
    store: Store, definition: DeviceDefinition, captured: Captured, *, workers: int, actor: str,
    now: datetime, report: Callable[[str], None],
) -> TakenIn:  # fmt: skip
    """Take the images in, check them, and put what the table states of their truth on record, and
    of a version that reads an outline the outlines that come with them."""
    found = _take_in(
        store, captured.studies, captured.folder, definition, workers, actor, now, report
    )
    forms = TASKS[definition.task.kind].truth_forms
    if not forms or BOXES in forms:
        _keep_truth(
            store, captured.studies, captured.folder, definition, actor=actor, now=now
        )
    notes: list[str] = []
    for each in forms:
        notes += _keep_regions(
            store, captured.source, captured.studies, definition, each, actor=actor, now=now
        )
    if TASKS[definition.task.kind].reads_outline:
        _keep_regions(
            store, captured.source, captured.studies, definition, OUTLINE, actor=actor, now=now
        )
    return TakenIn(found, tuple(notes))


def keep_once(rows: Sequence[TableRow]) -> tuple[list[TableRow], list[str]]:
    """Each patient in one part only: the test keeps a patient who is in several, before training.

    Raises:
        SourceRefused: A part of the table has a name that nobody knows.
    """
    parts = {row.file: _part(row) for row in rows}
    held: dict[str, str] = {}
    for row in rows:
        part = parts[row.file]
        if part and (row.patient not in held or _rank(part) < _rank(held[row.patient])):
            held[row.patient] = part
    kept = [row for row in rows if parts[row.file] == held.get(row.patient, parts[row.file])]
    left = len(rows) - len(kept)
    notes = []
    if left:
        notes.append(
            f"{counted(left, 'image')} left out of training or tuning: the patient, or the same "
            "picture, is also in a part that is held back"
        )
    return kept, notes


def declared_splits(store: Store, captured: Sequence[CapturedStudy]) -> dict[str, str]:
    """By pseudonym, the part that the table says a study belongs to; empty where it says none."""
    deidentifier = Deidentifier(workspace_key(store, "pseudonym"))
    return {
        deidentifier.study_pseudonym(study.study_uid): part
        for study in captured
        if (part := _part(study.row))
    }


def _part(row: TableRow) -> str:
    if row.split is None:
        return ""
    if row.split not in SPLITS:
        raise SourceRefused(
            f"{row.split!r} is no part that is known",
            where=f"row {row.number}, column split",
            hint="Write train, val or test, or external; or name another column with "
            "--split-column",
        )
    return SPLITS[row.split]


def _rank(part: str) -> int:
    return _GUARDED.index(part)


def _take_in(
    store: Store,
    captured: Sequence[CapturedStudy],
    folder: Path,
    definition: DeviceDefinition,
    workers: int,
    actor: str,
    now: datetime,
    report: Callable[[str], None],
) -> IngestReport:
    whole = IngestReport()
    inside = {study.row.site for study in captured if _part(study.row) != "external_test"}
    for site in sorted({str(study.row.site) for study in captured}):
        assigned = set().union(
            *(study.row.assigned for study in captured if study.row.site == site)
        )
        arrival = Arrival(
            site, "development" if site in inside else "external", now.date(),
            origin="assigned" if "site" in assigned else "reported",
            assigned=tuple(sorted(assigned)),
        )
        found = ingest(
            store, find_files(folder / site).paths, arrival, actor=actor, now=now,
            requirements=scope_of(definition), workers=workers,
        )
        whole.add(found)
        report(
            f"{site}: {found.stored} stored, {found.duplicate} known before, "
            f"{sum(found.quarantined.values())} in quarantine"
        )
    check_arrivals(
        store, now.date(), purposes=("development", "external"), actor=actor, now=now
    )
    return whole


def _keep_truth(
    store: Store, captured: Sequence[CapturedStudy], folder: Path, definition: DeviceDefinition, *,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    truth = folder / "truth.csv"
    write_truth_csv(captured, truth)
    receive_truth_list(
        store, truth, task=definition.task, until=now.date(), actor=actor, now=now,
        adjudicated=True,
    )


def _keep_regions(
    store: Store, source: TableSource, captured: Sequence[CapturedStudy],
    definition: DeviceDefinition, kind: str, *, actor: str, now: datetime,
) -> list[str]:  # fmt: skip
    """The masks, the true boxes, the pictures at full dose or the clinical courses into the vault,
    and then their digests on record, one a study; boxes also where there is none. Returns what was
    not kept, and why."""
    vault = Vault(store.workspace.vault)
    deidentifier = Deidentifier(workspace_key(store, "pseudonym"))
    named = {deidentifier.study_pseudonym(study.study_uid): study.row for study in captured}
    lettered = _lettered(store, source, named) if kind == FULL_DOSE else frozenset()
    regions = {
        uid: vault.put(_FORMS[kind](source, row))
        for uid, row in named.items() if uid not in lettered
    }
    without = frozenset(uid for uid, row in named.items() if not _is_there(row, kind))
    task = definition.task
    structure = outlined_structure(task) if kind == OUTLINE else task.finding
    said = f"{kind}{'' if kind == BOXES else 's'} of {structure}"
    with store.transaction(actor, f"{said} as the table states", now=now) as tx:
        record_regions(
            tx, regions, structure=structure, kind=kind, known_on=now.date(),
            now=now, without=without,
        )
    if not lettered:
        return []
    pairs = counted(len(lettered), "pair")
    return [f"{pairs} left out: letters in the picture at full dose, or masked in the other one"]


_FORMS: Mapping[str, Callable[[TableSource, TableRow], bytes]] = {
    OUTLINE: lambda source, row: mask_png(source.mask(row)),
    FULL_DOSE: lambda source, row: clean_png(source.clean(row)),
    COURSE: lambda _source, row: row.course.encode(),
    BOXES: lambda source, row: source.boxes(row).text.encode(),
}
"""The bytes in which each form of the truth is kept."""


def _is_there(row: TableRow, kind: str) -> bool:
    """Whether the finding is there by this form of the truth: a lesion, an event, a structure."""
    if kind in (BOXES, FULL_DOSE):
        return bool(row.boxes)
    return kind == OUTLINE or bool(row.label)


def _lettered(
    store: Store, source: TableSource, named: Mapping[str, TableRow]
) -> frozenset[str]:
    """The studies of which a picture has letters other than markers: at full dose, where they may
    name somebody and are looked for here, or as it came, where intake has masked them. The two
    pictures would differ by more than dose, so no such pair is learnt from or judged by."""
    from imaging.letters import find_letters

    query = (
        select(Study.study_uid, Instance.deidentification)
        .join(Instance, col(Instance.study_id) == Study.id)
        .where(col(Study.study_uid).in_(list(named)))
    )
    with store.reader() as reader:
        masked = frozenset(uid for uid, run in reader.exec(query) if run.get("masked"))
    return masked | {uid for uid, row in named.items() if find_letters(source.clean(row))}
