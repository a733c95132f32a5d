"""The truth about studies in operation, as the sites' list says that it has become known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from imaging.deidentify import Deidentifier
from imaging.outlines import correct_regions, record_regions
from imaging.sources.assessments import refuse_lines
from imaging.sources.base import SourceRefused, TruthRow
from imaging.sources.lesion_outlines import read_outlines
from imaging.sources.masks import mask_png, read_mask
from imaging.sources.truth import CLASS, OUTLINE, read_truth_csv
from imaging.study_days import days_taken
from imaging.truth import KnownTruth, TruthReport, known_by, record_truth
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
from records.truth import truths_on_record
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
    corrects: bool = False,
    volume: SeriesSelection | None = None,
) -> TruthReport:
    """Record what a list of truths says; how many studies it was new for, among others.

    Args:
        task: Of the device. Where it outlines, a row that names a mask says where the structure
            lies; of another device the mask is not read, and the row says what it says of the
            finding.
        adjudicated: The whole list is settled, whatever its delays.
        corrects: What the list says otherwise than the same source before is its next version.
        volume: The device outlines lesions in the volume that these rules choose: a row names a
            DICOM segmentation of its slices, and one without the finding needs none. Of a study
            that gives no such volume the line is left out and told; the others count.

    Raises:
        InvalidInput: There is no such file, or naming line and column of what cannot be read, or of
            a truth that would be known before its study was made.
        IntegrityBroken: The identity mapping, which keeps the true days, is damaged.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no truth list {path}.")
    rows = _truth_rows(path, path.stat().st_mtime_ns, workspace_key(store, "pseudonym"))
    for row in rows:
        _require_class(row.truth, task, where=f"{path}, line {row.truth.line}")
    _require_made_before(store, path, rows, until=until, adjudicated=adjudicated)
    finding, outlined = task.finding, "area" in {one.name for one in TASKS[task.kind].fields}
    left_out: Mapping[str, str] = {}
    if volume:  # where they lie, and below whether there are any
        left_out = _receive_lesions(
            store, path, finding, [row.truth for row in rows], volume,
            settled_by=until if adjudicated else None, until=until, corrects=corrects, actor=actor,
            now=now,
        )
    masked = [row for row in rows if outlined and row.truth.outline]
    drawn = TruthReport(0, 0, 0)
    if masked:
        drawn = _receive_outlines(
            store, path, finding,
            {row.study_uid: (row.truth, until if adjudicated else row.truth.known_on)
             for row in masked},
            until=until, again=adjudicated, corrects=corrects, actor=actor, now=now,
        )
    others = [
        row for row in rows
        if not (outlined and row.truth.outline) and row.study_uid not in left_out
    ]
    told = tuple(left_out.values())
    if not others:
        return replace(drawn, left_out=told)
    with store.transaction(actor, f"truth known by {until}", now=now) as tx:
        report = record_truth(
            tx, others, finding=finding, until=until, adjudicated=adjudicated, corrects=corrects,
            now=now,
        )
    return replace(
        report, recorded=drawn.recorded + report.recorded, known=drawn.known + report.known,
        corrected=drawn.corrected + report.corrected, left_out=told,
        contradicting=drawn.contradicting + report.contradicting,
    )


def _require_made_before(
    store: Store, path: Path, rows: Sequence[KnownTruth], *, until: date, adjudicated: bool
) -> None:
    """Of what is new, nothing was known before the study was made; by the true days, as the list
    states them."""
    due = {
        (row.study_uid, row.truth.source): row.truth
        for row in rows if adjudicated or known_by(row.truth, until)
    }
    with store.reader() as reader:
        fresh = due.keys() - truths_on_record(reader).keys()
        here = studies_by_uid(reader, {uid for uid, _ in fresh})
    taken = days_taken(store, here)
    refuse_lines(path, [
        f"line {truth.line}, columns study_date and delay_days: the truth would be known before "
        "its study was made"
        for (uid, _), truth in due.items()
        if uid in taken and (truth.known_on or truth.study_date) < taken[uid]
    ])  # fmt: skip


def _receive_outlines(
    store: Store, path: Path, structure: str,
    named: Mapping[str, tuple[TruthRow, date | None]], *, until: date, again: bool, corrects: bool,
    actor: str, now: datetime,
) -> TruthReport:  # fmt: skip
    """Put the masks of what has become known by a day into the vault, and record them.

    named: by study UID the row of the list that names the mask, and the day on which it is known.
    again: a mask of a study that has one is read too, and compared; it is a new version where the
    list ``corrects``, and else stays out and is counted as contradicting.

    Raises:
        SourceRefused: A mask lies outside the list's folder, is missing, or does not fit its study.
    """
    due = {uid: one for uid, one in named.items() if one[1] is not None and one[1] <= until}
    with store.reader() as reader:
        settled = regions_of(reader, structure)
        found = studies_by_uid(
            reader, [uid for uid in due if again or corrects or uid not in settled]
        )
        shapes = {uid: (study.rows, study.columns) for uid, study in found.items()}
    vault = Vault(store.workspace.vault)
    kept: dict[date, dict[str, str]] = {}
    changed, same, apart = dict[str, str](), 0, 0
    for uid, shape in shapes.items():
        (truth, known_on), folder = due[uid], path.parent
        name, where = truth.outline, _at(path, truth)
        place = (folder / name).resolve()
        if not (place.is_relative_to(folder.resolve()) and place.is_file()):
            raise SourceRefused(
                f"there is no mask {Path(name).name}", where=where,
                hint="Lay it beside or below the list, or leave the cell empty",
            )
        picture = mask_png(read_mask(place, shape, where=where))
        if uid not in settled:
            kept.setdefault(known_on or until, {})[uid] = vault.put(picture)
        elif sha256(picture).hexdigest() == settled[uid][0]:
            same += 1
        elif corrects:
            changed[uid] = vault.put(picture)
        else:
            same, apart = same + 1, apart + 1
    if not kept and not changed:
        return TruthReport(0, same, 0, contradicting=apart)
    with store.transaction(actor, f"outlines of {structure} known by {until}", now=now) as tx:
        recorded = sum(
            record_regions(tx, outlines, structure=structure, known_on=day, now=now)
            for day, outlines in sorted(kept.items())
        )
        corrected = correct_regions(
            tx, changed, structure=structure, known_on=until, now=now
        )
    return TruthReport(recorded + corrected, same, 0, apart, corrected)


def _at(path: Path, truth: TruthRow) -> str:
    return f"{path}, line {truth.line}, column {OUTLINE}"


def _receive_lesions(
    store: Store, path: Path, finding: str, truths: Sequence[TruthRow], volume: SeriesSelection,
    *, settled_by: date | None, until: date, corrects: bool, actor: str, now: datetime,
) -> dict[str, str]:
    """The outlines of the lesions of each study, on the slices that the device reads; by study UID
    why a line is left out: the device reads no series of it.

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
    without, left_out = set[str](), dict[str, str]()
    with store.reader() as reader:
        settled = regions_of(reader, finding)
        studies = studies_by_uid(reader, [uid for uid in due if corrects or uid not in settled])
        images = images_of(reader, [int(one.id or 0) for one in studies.values()])
    for uid, study in studies.items():
        truth, known_on = due[uid]
        slices, reason = slices_of(vault, images[int(study.id or 0)], volume)
        where = _at(path, truth)
        if not slices:
            left_out[uid] = (
                f"line {truth.line} is left out: the device reads no series of {study.label}, "
                f"{reason}"
            )
            continue
        outlines = _outlines_of(path.parent, truth, where)
        mask = lay_on_slices(
            outlines, slices, deidentifier, (study.rows, study.columns), where=where
        )
        if not outlines:
            without.add(uid)
        kept.setdefault(known_on, {})[uid] = vault.put(mask_png(mask))
    if not kept:
        return left_out
    with store.transaction(actor, f"outlines of {finding} known by {until}", now=now) as tx:
        for day, outlines in sorted(kept.items()):
            record_regions(
                tx, outlines, structure=finding, known_on=day, now=now, without=without
            )
            if corrects:
                correct_regions(
                    tx, outlines, structure=finding, known_on=until, now=now, without=without
                )
    return left_out


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
