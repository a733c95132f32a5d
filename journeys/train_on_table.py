"""Train a model on somebody's images: a folder with a CSV or an archive, from files to candidate.

The images go the way of every study: de-identified, measured, checked, frozen. What the table
says of splits is kept; what it does not say is dealt by patient.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from imaging.arriving_files import find_files
from imaging.deidentify import Deidentifier
from imaging.ingest import Arrival, ingest
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
from journeys.define import draft_device, load_device
from journeys.freeze_dataset import freeze_dataset
from journeys.predict_series import refuse_volumes
from journeys.receive_truth import receive_truth_list
from journeys.retrain import retrain
from journeys.watch_day import scope_of
from records.cases import BOXES, COURSE, FULL_DOSE, OUTLINE
from records.counting import counted
from records.definition import DeviceDefinition, TaskDefinition, find_definition
from records.errors import NotFound
from records.finding_states import PRESENT, UNKNOWN
from records.held_definition import definition_of
from records.keys import workspace_key
from records.product import Device, ModelVersion
from records.queries import find_device
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


@dataclass(frozen=True)
class TableOrder:
    """What to train on: the table, its columns, and what is stated of its origin."""

    data: Path
    seed: int
    columns: Mapping[str, Any]
    origin: Origin
    workers: int = 1


_FORMS = {
    "segmentation": (OUTLINE,), "detection": (BOXES,), "enhancement": (BOXES, FULL_DOSE),
    "prognosis": (COURSE,),
}
"""In which forms the table states the truth, where it says more than which finding is there."""
_ASSIGNING_SEED = 1
"""What a table leaves open (site, date) is drawn alike whatever the seed of the training: another
seed deals the same studies anew, and does not take the pictures in a second time."""


@dataclass(frozen=True)
class TrainedOnTable:
    """The candidate, and what was noticed on the way from the table to the frozen dataset."""

    version: ModelVersion
    dataset: str
    splits: dict[str, Any]
    notes: tuple[str, ...]


def train_on_table(
    store: Store,
    device_name: str,
    order: TableOrder,
    *,
    actor: str,
    now: datetime,
    report: Callable[[str], None],
) -> TrainedOnTable:
    """Take the images in, freeze them with their declared split, train, and record the candidate.

    A device that comes with Radvigil and is not defined here is recorded as a draft: a model of a
    draft can be evaluated, not released. Doing it again finds the candidate that is there.

    Raises:
        SourceRefused: Naming file, row and column of what cannot be read, and what to do.
        Refused: Too few studies for a split, or the dataset fails its acceptance check.
    """
    device = ensure_device(store, device_name, actor=actor, now=now)
    definition = definition_of(device)
    refuse_volumes(definition)
    source = read_table(
        order.data, finding=definition.task.finding, columns=ColumnMapping(**order.columns),
        classes=definition.task.classes, coexisting=definition.task.coexisting,
        outlined=definition.task.kind == "segmentation",
        boxed=definition.task.kind == "detection",
        paired=definition.task.kind == "enhancement", declared=definition.task.facts,
    )
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
    captured = write_captures(
        source, placed, folder, seed=_ASSIGNING_SEED,
        acquired=definition.input_requirements.pictured,
    )
    _take_in(store, captured, folder, definition, order.workers, actor, now, report)
    forms = _FORMS.get(definition.task.kind, ())
    if not forms or BOXES in forms:
        _keep_truth(store, captured, folder, definition, actor=actor, now=now)
    for each in forms:
        _keep_regions(store, source, captured, definition, each, actor=actor, now=now)
    dataset = freeze_dataset(
        store, device_name, seed=order.seed, origin=order.origin, actor=actor, now=now,
        declared=declared_splits(store, captured),
    )
    report(f"froze {dataset.label}: {counted(dataset.studies, 'study', 'studies')}")
    version = retrain(
        store, device_name, seed=order.seed, actor=actor, now=now, report=report, dataset=dataset
    )
    return TrainedOnTable(version, dataset.label, dataset.splits, tuple(notes))


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


def ensure_device(store: Store, name: str, *, actor: str, now: datetime) -> Device:
    """The device of that name; one that comes with Radvigil is recorded as a draft if need be.

    Raises:
        NotFound: It is neither defined here nor does it come with Radvigil.
    """
    with store.reader() as reader:
        try:
            return find_device(reader, name)
        except NotFound:
            definition = load_device(find_definition(name))
    with store.transaction(actor, "the definition that comes with Radvigil", now=now) as tx:
        known = tx.exec(select(Device).where(Device.name == definition.name)).first()
        if known is not None:
            return known
        return draft_device(tx, definition, revision=1, now=now)


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
) -> None:
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
        report(
            f"{site}: {found.stored} stored, {found.duplicate} known before, "
            f"{sum(found.quarantined.values())} in quarantine"
        )
    check_arrivals(
        store, now.date(), purposes=("development", "external"), actor=actor, now=now
    )


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
) -> None:  # fmt: skip
    """The masks, the true boxes, the pictures at full dose or the clinical courses into the vault,
    and then their digests on record, one a study; boxes also where there is none."""
    vault = Vault(store.workspace.vault)
    deidentifier = Deidentifier(workspace_key(store, "pseudonym"))
    regions, without = {}, set()
    for study in captured:
        uid = deidentifier.study_pseudonym(study.study_uid)
        if kind == OUTLINE:
            regions[uid] = vault.put(mask_png(source.mask(study.row)))
            continue
        if kind == FULL_DOSE:
            regions[uid] = vault.put(clean_png(source.clean(study.row)))
            continue
        if kind == COURSE:
            regions[uid] = vault.put(study.row.course.encode())
            if not study.row.label:
                without.add(uid)
            continue
        boxes = source.boxes(study.row)
        regions[uid] = vault.put(boxes.text.encode())
        if not boxes.boxes:
            without.add(uid)
    named = f"{kind}{'' if kind == BOXES else 's'} of {definition.task.finding}"
    with store.transaction(actor, f"{named} as the table states", now=now) as tx:
        record_regions(
            tx, regions, structure=definition.task.finding, kind=kind, known_on=now.date(),
            now=now, without=without,
        )
