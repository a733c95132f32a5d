"""What a retraining could take: every study, every earlier dataset, and the selection by rule."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from imaging.case_selection import LOCKED, Case, FrozenSplits, Selection, select_cases
from imaging.dataset_diff import read_manifest
from records.cases import ReferenceStandard
from records.definition import DeviceDefinition
from records.deletions import deleted_digests
from records.errors import Refused
from records.product import DatasetVersion, Device, ModelVersion
from records.queries import case_rows
from records.reference_kinds import TruthRule, rule_declared
from records.retraining_rules import RetrainingRules
from records.study_corrections import rejected_images
from records.surveillance import RETRAINING, VALIDATION, Evaluation
from records.truth import counting, standing, strength
from records.vault import Vault

PURPOSES = ("development", "external", "clinical")


@dataclass(frozen=True)
class Material:
    """The studies, the selection from them, and what each earlier dataset version holds.

    in_use: the version that would be retrained; earlier: every version that was released, the
    first one first; datasets: of every dataset version of the device, what is frozen in it.
    """

    cases: list[Case]
    selection: Selection
    in_use: ModelVersion
    earlier: list[ModelVersion]
    datasets: dict[int, FrozenSplits]


def require_rules(device: Device, definition: DeviceDefinition) -> RetrainingRules:
    """The device's retraining protocol, in force.

    Raises:
        Refused: It declares none, or its newest revision was not signed and accepted.
    """
    if definition.retraining is None:
        raise Refused(
            f"{definition.name} declares no retraining protocol.",
            hint="Add a section 'retraining' to its definition (docs/retraining.md), or train a "
            "candidate without one: 'radvigil model train'.",
        )
    if device.status != "accepted":
        raise Refused(
            f"{device.label}, the newest revision of {device.name}, is '{device.status}': its "
            "retraining protocol is not in force.",
            hint="Two people sign it, then 'radvigil device accept'.",
        )
    return definition.retraining


def released_versions(session: Session, device: Device) -> list[ModelVersion]:
    """Every version of the device that was released, now in use or retired; the first one first."""
    query = (
        select(ModelVersion)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device.name, col(ModelVersion.status).in_(("released", "retired")))
    )
    return list(session.exec(query.order_by(col(ModelVersion.id))))


def gather_material(
    session: Session, vault: Vault, device: Device, definition: DeviceDefinition, *, seed: int
) -> Material:
    """Select by the device's rule from everything that is on record now.

    Raises:
        Refused: No protocol is declared, or no version is in use.
        IntegrityBroken: A frozen manifest is not what its record names.
    """
    rules = require_rules(device, definition)
    earlier = released_versions(session, device)
    in_use = next((one for one in reversed(earlier) if one.status == "released"), None)
    if in_use is None:
        raise Refused(
            f"No version of {device.name} is released: there is none to be retrained.",
            hint="Train, evaluate and release the first one: 'radvigil model train'.",
        )
    datasets = _datasets(session, vault, device, {one.own_dataset for one in earlier})
    base = session.get_one(DatasetVersion, in_use.own_dataset)
    chosen = rules.selection
    since = base.frozen_at.date() if chosen.since == "last_dataset" else chosen.since
    cases = _cases(session, definition.task.finding, rule_declared(device.definition))
    selection = select_cases(
        cases, datasets[in_use.own_dataset],
        [one for key, one in datasets.items() if key != in_use.own_dataset],
        rule=chosen, since=since, seed=seed,
    )
    return Material(cases, selection, in_use, earlier, datasets)


def _datasets(
    session: Session, vault: Vault, device: Device, learnt_from: set[int]
) -> dict[int, FrozenSplits]:
    query = (
        select(DatasetVersion)
        .join(Device, col(Device.id) == DatasetVersion.device_id)
        .where(Device.name == device.name).order_by(col(DatasetVersion.id))
    )
    return {
        one.id: FrozenSplits(
            one.label,
            {row["study_uid"]: (row["patient"], row["split"])
             for row in read_manifest(vault, one, "study_uid", "patient", "split")},
            released=one.id in learnt_from,
        )
        for one in session.exec(query) if one.id is not None
    }  # fmt: skip


def _cases(session: Session, finding: str, rule: TruthRule) -> list[Case]:
    """Every study with an image: where, whose, when, with which standards that count, the
    strongest first, usable or why not."""
    gone = deleted_digests(session, "image")
    rejected = set(session.exec(rejected_images()))
    standards: dict[int, list[tuple[str, bool]]] = {}
    known = select(ReferenceStandard).where(
        ReferenceStandard.finding == finding, counting(ReferenceStandard, rule),
        standing(ReferenceStandard, None),
    ).order_by(strength(ReferenceStandard, rule), col(ReferenceStandard.id))
    for one in session.exec(known):
        standards.setdefault(one.study_id, []).append((one.source, one.present))
    found: dict[str, Case] = {}
    for row in case_rows(session, purposes=PURPOSES, rule=rule):
        unusable = (
            "image deleted" if row["digest"] in gone
            else "image rejected by its sender" if row["instance_id"] in rejected else ""
        )
        seen = found.get(row["study_uid"])
        if seen is None or (unusable and not seen.unusable):
            found[row["study_uid"]] = Case(
                row["study_uid"], row["study_id"], row["patient"], row["site"],
                row["purpose"] == "clinical", row["arrived_on"],
                tuple(standards.get(row["study_id"], ())), unusable,
            )
    return list(found.values())


def locked_test_uses(session: Session, material: Material) -> int:
    """How many versions were looked at on the locked tests that the selection keeps."""
    kept = {uid for uid, split in material.selection.splits.items() if split in LOCKED}
    sharing = [
        number for number, one in material.datasets.items()
        if any(split in LOCKED and uid in kept for uid, (_, split) in one.studies.items())
    ]
    query = select(Evaluation.model_version_id).where(
        col(Evaluation.dataset_version_id).in_(sharing),
        col(Evaluation.purpose).in_((*LOCKED, VALIDATION, RETRAINING)),
    )
    return len(set(session.exec(query)))
