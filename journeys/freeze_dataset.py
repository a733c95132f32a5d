"""Freeze the studies with known truth as a dataset version, under version control."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from imaging.clinical_course import ClinicalCourse
from imaging.datasets import (
    NOTHING_DECLARED,
    DatasetRefused,
    prepare_dataset,
    record_check,
    record_dataset,
)
from imaging.origin import Origin
from imaging.shards import NONE_YET, shards_of
from journeys.gather_volumes import as_volumes
from journeys.keep_tests_apart import images_elsewhere
from models.tasks import TASKS
from records.base import digest_of
from records.cases import BOXES, COURSE, FULL_DOSE, OUTLINE
from records.definition import TaskDefinition
from records.deletions import deleted_digests
from records.errors import Refused
from records.finding_states import PRESENT
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.outlines import outlined_structure, regions_of
from records.product import DatasetVersion
from records.queries import case_rows, find_device, newest_dataset
from records.reference_kinds import rule_declared
from records.store import Store
from records.study_corrections import former_patients
from records.vault import Vault


@dataclass(frozen=True)
class ByRule:
    """What a retraining's rule has selected, for the dataset and its datasheet.

    splits: by study UID, of what is taken. left_out: studies by reason. partition: how the parts
    are made, in words. stated: the run, the rule and where every study's reason stands.
    """

    splits: Mapping[str, str]
    left_out: Mapping[str, int]
    partition: str
    stated: Mapping[str, Any]


def freeze_dataset(
    store: Store,
    device_name: str,
    *,
    seed: int,
    origin: Origin,
    actor: str,
    now: datetime,
    declared: Mapping[str, str] = NOTHING_DECLARED,
    selected: ByRule | None = None,
) -> DatasetVersion:
    """Split the development and external studies by patient, check, pack, freeze and record.

    The same studies of the same patients give the same version: it is found, not made again. A
    dataset that breaks a refusing rule is not frozen, and the refusal is on record as an acceptance
    check.

    declared: by study UID, the split that the source of the images states (a table's own split);
    studies that it does not name are left out. Without it, patients are dealt by the seed.

    selected: what a retraining has chosen by its rule, studies in operation among them; its splits
    are the declared ones.

    The images that an earlier version holds stay in its shards, which both versions share.

    Raises:
        Refused: Too few studies, or the dataset fails its acceptance check or breaks a rule of the
            device.
        IntegrityBroken: An image, or the earlier version, is not what its record names.
    """
    vault = Vault(store.workspace.vault)
    purposes = ("development", "external", *(("clinical",) if selected else ()))
    declared = selected.splits if selected else declared
    with store.reader() as reader:
        device = find_device(reader, device_name)
        gone = deleted_digests(reader, "image")
        definition = definition_of(device)
        every = case_rows(reader, purposes=purposes, rule=rule_declared(device.definition))
        kept, outside = _in_scope(
            [row for row in every if row["digest"] not in gone],
            definition.input_requirements.modalities,
        )
        if definition.volume:
            kept = as_volumes(reader, vault, kept, definition.volume)
        _with_more_than_yes_or_no(reader, vault, definition.task, kept)
        rows = [
            row | _truth(definition.task, row) for row in kept
            if not declared or row["study_uid"] in declared
        ]
        basis = _basis_of(rows, declared, seed, moved=former_patients(reader))
        query = select(DatasetVersion).where(
            DatasetVersion.device_id == device.id, col(DatasetVersion.name).endswith(basis)
        )
        known = reader.exec(query).first()
        if known is not None:
            return known
        newest = newest_dataset(reader, device)
        count = reader.exec(
            select(func.count()).where(DatasetVersion.device_id == device.id)
        ).one()
        elsewhere = images_elsewhere(reader, vault, device_name, definition)
    name = f"{device_name}-{count + 1:02d}-{basis}"
    earlier = shards_of(frozen_folder(vault, newest)) if newest else NONE_YET
    try:
        with vault.work() as work:
            facts = prepare_dataset(
                vault, rows, definition=definition, name=name, seed=seed, work=work,
                earlier=earlier, declared=declared, elsewhere=elsewhere,
            )
    except DatasetRefused as refused:
        with store.transaction(actor, "refuse to freeze a dataset", now=now) as tx:
            label = record_check(
                tx, refused.check, scope=f"refused dataset datasets/{name}", now=now
            ).label
        raise Refused(f"{refused.message} Recorded as {label}.", hint=refused.hint) from None
    if outside:
        facts = replace(facts, excluded=facts.excluded | {"other modality": outside})
    deleted = sum(row["digest"] in gone for row in every)
    if selected:
        facts = replace(facts, excluded=dict(selected.left_out), partition=selected.partition)
    elif deleted:
        facts = replace(facts, excluded=facts.excluded | {"image deleted": deleted})
    with store.transaction(actor, "freeze a dataset version", now=now) as tx:
        return record_dataset(
            tx, device, facts, origin=origin, now=now,
            selection=selected.stated if selected else None,
        )


def _in_scope(
    rows: list[dict[str, Any]], modalities: Sequence[str]
) -> tuple[list[dict[str, Any]], int]:
    """The images of modalities that the device reads, and how many are of others."""
    kept = [row for row in rows if not row["modality"] or row["modality"] in modalities]
    return kept, len(rows) - len(kept)


def _with_more_than_yes_or_no(
    reader: Session, vault: Vault, task: TaskDefinition, rows: list[dict[str, Any]]
) -> None:
    """The form of truth that the task learns from, where it is more than which finding is there."""
    asked = TASKS[task.kind]
    for form in asked.truth_forms:
        known = regions_of(reader, task.finding, form)
        if form == OUTLINE and asked.two_classes:
            _with_lesions(rows, known)
        elif form == OUTLINE:
            _with_outlines(rows, known)
        elif form == BOXES:
            _with_boxes(vault, rows, known)
        elif form == FULL_DOSE:
            _with_beside(rows, known)
        elif form == COURSE:
            _with_courses(vault, rows, known)
    if TASKS[task.kind].reads_outline:
        _with_beside(rows, regions_of(reader, outlined_structure(task)))


def _with_outlines(rows: list[dict[str, Any]], outlines: Mapping[str, tuple[str, str]]) -> None:
    """The truth of a structure is its outline alone; a study without one has no truth here."""
    for row in rows:
        region, record = outlines.get(row["study_uid"], ("", ""))
        row |= {
            "truth": True if region else None, "region": region, "region_record": record,
        }


def _with_lesions(rows: list[dict[str, Any]], outlines: Mapping[str, tuple[str, str]]) -> None:
    """The outlines of the lesions beside whether there are any; a study of which they are not known
    has no truth here."""
    for row in rows:
        row["region"], row["region_record"] = outlines.get(row["study_uid"], ("", ""))
        if not row["region"]:
            row["truth"] = None


def _with_boxes(
    vault: Vault, rows: list[dict[str, Any]], regions: Mapping[str, tuple[str, str]]
) -> None:
    """The true boxes beside the finding; a study of which they are not known has no truth here."""
    for row in rows:
        region, record = regions.get(row["study_uid"], ("", ""))
        row["lesions"] = vault.fetch(region, of=record).decode() if region else ""
        if not region:
            row["truth"] = None


def _with_beside(rows: list[dict[str, Any]], regions: Mapping[str, tuple[str, str]]) -> None:
    """The picture at full dose beside the boxes, or the outlined region beside the finding; a study
    without one has no truth here."""
    for row in rows:
        row["region"], row["region_record"] = regions.get(row["study_uid"], ("", ""))
        if not row["region"]:
            row["truth"] = None


def _with_courses(
    vault: Vault, rows: list[dict[str, Any]], courses: Mapping[str, tuple[str, str]]
) -> None:
    """The truth of a prognosis is its follow-up alone, kept with the facts that were known."""
    for row in rows:
        digest, record = courses.get(row["study_uid"], ("", ""))
        row["course"] = vault.fetch(digest, of=record).decode() if digest else ""
        row["truth"] = ClinicalCourse.of(row["course"]).event if digest else None


def _truth(task: TaskDefinition, row: dict[str, Any]) -> dict[str, Any]:
    """Present or absent, or the number of the class; None where it is not known. Where findings may
    be present together, whether any is known to be, and which are or are not known."""
    told, uid = row["truth_finding"], row["study_uid"]
    if task.coexisting:
        present = None if row["truth"] is None else PRESENT in task.states(told, of=uid)
        return {"truth": present, "findings": told or ""}
    if row["truth"] is None or not task.classes:
        return {}
    return {"truth": task.class_number(told, of=uid)}


def _basis_of(
    rows: Sequence[dict[str, Any]], declared: Mapping[str, str], seed: int, *,
    moved: Collection[int],
) -> str:  # fmt: skip
    """What names a version: its studies, and the seed where that decides anything."""
    dealt = not declared or "tuning" not in declared.values()
    return digest_of([seed if dealt else 0, [_basis(row, declared, moved) for row in rows]])[:8]


def _basis(
    row: dict[str, Any], declared: Mapping[str, str], moved: Collection[int]
) -> list[Any]:
    """What of a study decides which version it makes; a declared split is part of it, and so is the
    patient of a study that was moved to another: who is one patient decides who is kept apart."""
    facts = [row["digest"], row["purpose"], row["truth"], row["site"]]
    names = ("region", "lesions", "course", "findings", "slices")
    facts += [row[name] for name in names if name in row]
    if row["study_id"] in moved:
        facts.append(row["patient"])
    return [*facts, declared[row["study_uid"]]] if declared else facts
