"""The truth about studies in operation, as the sites' list says that it has become known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from imaging.deidentify import Deidentifier
from imaging.outlines import record_regions
from imaging.sources.base import SourceRefused, TruthRow
from imaging.sources.lesion_outlines import read_outlines
from imaging.sources.masks import mask_png, read_mask
from imaging.sources.truth import CLASS, OUTLINE, read_truth_csv
from imaging.truth import KnownTruth, TruthReport, record_truth
from journeys.choose_images import images_of
from journeys.gather_volumes import lay_on_slices, slices_of
from models.tasks import TASKS
from records.definition import TaskDefinition
from records.errors import InvalidInput
from records.finding_states import any_present
from records.keys import workspace_key
from records.outlines import regions_of
from records.queries import studies_by_uid
from records.series_selection import SeriesSelection
from records.store import Store
from records.vault import Vault

TRUTH = "truth.csv"
"""The sites' list of truths in operation, in ``incoming``."""


@lru_cache(maxsize=4)
def _truth_rows(path: Path, _changed: int, key: bytes) -> list[KnownTruth]:
    """The sites' list with each study's pseudonym; read again only when the file changes."""
    deidentifier = Deidentifier(key)
    return [
        KnownTruth(deidentifier.study_pseudonym(truth.study_uid), truth, reading)
        for truth, reading in read_truth_csv(path)
    ]


def receive_truth(
    store: Store,
    *,
    task: TaskDefinition,
    until: date,
    actor: str,
    now: datetime,
    name: str = TRUTH,
    adjudicated: bool = False,
    volume: SeriesSelection | None = None,
) -> int:
    """Record what the sites' list in ``incoming`` says has become known by a day."""
    path = store.workspace.incoming / name
    if not path.is_file():
        return 0
    return receive_truth_list(
        store, path, task=task, until=until, actor=actor, now=now, adjudicated=adjudicated,
        volume=volume,
    ).recorded


def receive_truth_list(
    store: Store,
    path: Path,
    *,
    task: TaskDefinition,
    until: date,
    actor: str,
    now: datetime,
    adjudicated: bool,
    volume: SeriesSelection | None = None,
) -> TruthReport:
    """Record what a list of truths says; how many studies it was new for, among others.

    Args:
        task: Of the device. Where it outlines, a row that names a mask says where the structure
            lies; of another device the mask is not read, and the row says what it says of the
            finding.
        adjudicated: The whole list is settled, whatever its delays.
        volume: The device outlines lesions in the volume that these rules choose: a row names a
            DICOM segmentation of its slices, and one without the finding needs none.

    Raises:
        InvalidInput: There is no such file, or naming line and column of what cannot be read.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no truth list {path}.")
    rows = _truth_rows(path, path.stat().st_mtime_ns, workspace_key(store, "pseudonym"))
    for number, row in enumerate(rows, start=1):
        _require_class(row.truth, task, where=f"{path}, study {number} of the list")
    finding, outlined = task.finding, "area" in {one.name for one in TASKS[task.kind].fields}
    if volume:  # where they lie, and below whether there are any
        _receive_lesions(
            store, path.parent, finding, [row.truth for row in rows], volume,
            settled_by=until if adjudicated else None, until=until, actor=actor, now=now,
        )
    masked = [row for row in rows if outlined and row.truth.outline]
    recorded = 0
    if masked:
        recorded = _receive_outlines(
            store, path.parent, finding,
            {row.study_uid: (row.truth.outline, until if adjudicated else row.truth.known_on)
             for row in masked},
            until=until, actor=actor, now=now,
        )
    others = [row for row in rows if not (outlined and row.truth.outline)]
    if not others:
        return TruthReport(recorded, 0, 0)
    with store.transaction(actor, f"truth known by {until}", now=now) as tx:
        report = record_truth(
            tx, others, finding=finding, until=until, adjudicated=adjudicated, now=now
        )
    return replace(report, recorded=recorded + report.recorded)


def _receive_outlines(
    store: Store, folder: Path, structure: str, named: Mapping[str, tuple[str, date | None]], *,
    until: date, actor: str, now: datetime,
) -> int:
    """Put the masks of what has become known by a day into the vault, and record them; how many.

    named: by study UID the mask as the list names it, and the day on which it is known.

    Raises:
        SourceRefused: A mask lies outside the list's folder, is missing, or does not fit its study.
    """
    due = {uid: one for uid, one in named.items() if one[1] is not None and one[1] <= until}
    with store.reader() as reader:
        settled = regions_of(reader, structure)
        found = studies_by_uid(reader, [uid for uid in due if uid not in settled])
        shapes = {uid: (study.rows, study.columns) for uid, study in found.items()}
    vault = Vault(store.workspace.vault)
    kept: dict[date, dict[str, str]] = {}
    for uid, shape in shapes.items():
        name, known_on = due[uid]
        place, where = (folder / name).resolve(), f"column {OUTLINE} of study {uid}"
        if not (place.is_relative_to(folder.resolve()) and place.is_file()):
            raise SourceRefused(
                f"there is no mask {Path(name).name}", where=where,
                hint="Lay it beside or below the list, or leave the cell empty",
            )
        digest = vault.put(mask_png(read_mask(place, shape, where=where)))
        kept.setdefault(known_on or until, {})[uid] = digest
    if not kept:
        return 0
    with store.transaction(actor, f"outlines of {structure} known by {until}", now=now) as tx:
        return sum(
            record_regions(tx, outlines, structure=structure, known_on=day, now=now)
            for day, outlines in sorted(kept.items())
        )


def _receive_lesions(
    store: Store, folder: Path, finding: str, truths: Sequence[TruthRow], volume: SeriesSelection,
    *, settled_by: date | None, until: date, actor: str, now: datetime,
) -> None:
    """The outlines of the lesions of each study, on the slices that the device reads.

    Raises:
        SourceRefused: A row with the finding names no outlines, or what it names does not fit.
    """
    deidentifier = Deidentifier(workspace_key(store, "pseudonym"))
    vault = Vault(store.workspace.vault)
    due = {
        deidentifier.study_pseudonym(one.study_uid): (one, known_on)
        for one in truths
        if (known_on := settled_by or one.known_on) is not None and known_on <= until
    }
    kept: dict[date, dict[str, str]] = {}
    without = set()
    with store.reader() as reader:
        settled = regions_of(reader, finding)
        studies = studies_by_uid(reader, [uid for uid in due if uid not in settled])
        images = images_of(reader, [int(one.id or 0) for one in studies.values()])
    for uid, study in studies.items():
        truth, known_on = due[uid]
        slices, reason = slices_of(vault, images[int(study.id or 0)], volume)
        where = f"column {OUTLINE} of study {uid}"
        if not slices:
            raise SourceRefused(
                f"the device reads no series of it: {reason}", where=where,
                hint="Take the row out, or take in the whole series",
            )
        outlines = _outlines_of(folder, truth, where)
        mask = lay_on_slices(
            outlines, slices, deidentifier, (study.rows, study.columns), where=where
        )
        if not outlines:
            without.add(uid)
        kept.setdefault(known_on, {})[uid] = vault.put(mask_png(mask))
    if not kept:
        return
    with store.transaction(actor, f"outlines of {finding} known by {until}", now=now) as tx:
        for day, outlines in sorted(kept.items()):
            record_regions(
                tx, outlines, structure=finding, known_on=day, now=now, without=without
            )


def _outlines_of(folder: Path, truth: TruthRow, where: str) -> dict[str, Any]:
    """What a row says of the lesions: nothing without the finding."""
    if bool(truth.finding) != bool(truth.outline):
        raise SourceRefused(
            f"finding {truth.finding} and the outlines {truth.outline!r} contradict each other",
            where=where, hint="Name a DICOM segmentation beside finding 1, and none beside 0",
        )
    if not truth.outline:
        return {}
    place = (folder / truth.outline).resolve()
    if not (place.is_relative_to(folder.resolve()) and place.is_file()):
        raise SourceRefused(
            f"there is no segmentation {Path(truth.outline).name}", where=where,
            hint="Lay it beside or below the list",
        )
    outlines = read_outlines(place, where=where)
    if not outlines:
        raise SourceRefused(
            f"the segmentation {place.name} is empty", where=where,
            hint="Write finding 0 and no segmentation where there is no lesion",
        )
    return dict(outlines)


def _require_class(truth: TruthRow, task: TaskDefinition, *, where: str) -> None:
    """A class of the device, or findings of it, that say the same as the finding; none where there
    are no classes."""
    classes = task.classes
    if task.coexisting:
        _require_findings(truth, task, where=where)
        return
    if not classes:
        if truth.class_name:
            raise SourceRefused(
                f"column {CLASS} holds {truth.class_name!r}, but the device has no classes",
                where=where, hint="Leave the column out",
            )
        return
    if truth.class_name not in classes:
        raise SourceRefused(
            f"column {CLASS} holds {truth.class_name!r}", where=where,
            hint=f"Write one of {', '.join(classes)}",
        )
    if bool(truth.finding) != (truth.class_name != classes[0]):
        raise SourceRefused(
            f"finding {truth.finding} and {CLASS} {truth.class_name!r} contradict each other",
            where=where, hint=f"Write 0 beside {classes[0]!r}, and 1 beside every other",
        )


def _require_findings(truth: TruthRow, task: TaskDefinition, *, where: str) -> None:
    none, *findings = task.classes
    try:
        present = any_present(truth.class_name, findings, none)
    except InvalidInput as wrong:
        raise SourceRefused(
            f"column {CLASS}: {wrong.message.rstrip('.')}", where=where,
            hint=wrong.hint.rstrip("."),
        ) from None
    if bool(truth.finding) != present:
        raise SourceRefused(
            f"finding {truth.finding} and {CLASS} {truth.class_name!r} contradict each other",
            where=where, hint="Write 1 where a finding is known to be present, else 0",
        )
