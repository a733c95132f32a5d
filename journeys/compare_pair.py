"""Two versions side by side on the locked tests, by what each said of the same studies.

Only answers that were frozen with the versions are read: no model is asked, and no look at a locked
test is spent. It is for reading; what decides are the declared criteria and limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from journeys.release import scored_rows
from measures.comparison import mcnemar
from measures.estimate import Estimate
from models.tasks import TASKS
from models.tasks.two_classes import present, said, settled
from monitoring.evaluate import outcomes_of
from records.definition import DeviceDefinition
from records.errors import Refused
from records.held_definition import definition_of
from records.performance_claims import LOCKED_SPLITS
from records.product import DatasetVersion, Device, ModelVersion
from records.store import Store
from records.vault import Vault

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SplitComparison:
    """One locked test: differences of the first version less the second, paired by study.

    left_out: studies that one of both learnt from or never read, by reason.
    """

    split: str
    studies: int
    patients: int
    differences: tuple[Estimate, ...]
    left_out: Mapping[str, int]
    first_alone_right: int | None = None
    """Studies that only the first decided rightly; None where the task has more than two answers,
    or no study."""
    second_alone_right: int | None = None
    p_value: float | None = None
    """Of McNemar's exact test that neither decides better."""


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Two versions of a device on the tests that are locked for both."""

    first: str
    second: str
    splits: tuple[SplitComparison, ...]


def compare_pair(
    store: Store, reader: Session, first: ModelVersion, second: ModelVersion
) -> VersionComparison:
    """Paired differences (first less second) on every locked test that both versions have.

    Raises:
        Refused: They are of different devices or tasks, or one is seen from outside only.
        IntegrityBroken: A frozen file is missing or altered.
    """
    devices = [reader.get_one(Device, one.device_id) for one in (first, second)]
    if devices[0].name != devices[1].name:
        raise Refused(
            f"{first.label} is of {devices[0].name}, {second.label} of {devices[1].name}: two "
            "versions of one device are compared.", hint="Choose two versions of one device.",
        )
    if first.id == second.id:
        raise Refused(f"{first.label} is the same version twice.", hint="Choose two versions.")
    definition, other = map(definition_of, devices)
    if definition.task != other.task:
        raise Refused(
            f"{first.label} and {second.label} answer different questions: the task of the device "
            "changed in between.", hint="See 'radvigil model diff'.",
        )
    vault = Vault(store.workspace.vault)
    read = [
        {row["study"]: row for row in scored_rows(
            vault, one, reader.get_one(DatasetVersion, one.own_dataset)
        )}
        for one in (first, second)
    ]  # fmt: skip
    return VersionComparison(first.label, second.label, tuple(
        _on_split(definition, split, *read) for split in LOCKED_SPLITS
    ))  # fmt: skip


def _on_split(
    definition: DeviceDefinition, split: str, first: Mapping[str, Row], second: Mapping[str, Row]
) -> SplitComparison:
    held = [{study for study, row in rows.items() if row["split"] == split}
            for rows in (first, second)]  # fmt: skip
    both = held[0] & held[1]
    agreed = sorted(study for study in both if first[study]["truth"] == second[study]["truth"])
    left_out = {
        "locked for one version only": len(held[0] ^ held[1]),
        "another truth in the two datasets": len(both) - len(agreed),
    }
    rows = [[read[study] for study in agreed] for read in (first, second)]
    task = TASKS[definition.task.kind]
    counted = {why: count for why, count in left_out.items() if count}
    if not agreed:
        return SplitComparison(split, 0, 0, (), counted)
    one, other = (outcomes_of(definition, each) for each in rows)
    alone: tuple[int, int, float] | tuple[()] = ()
    if task.two_classes:
        known, truth = settled(one), present(one)
        right = [(said(each) == truth) & known for each in (one, other)]
        gained, lost = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
        alone = (gained, lost, mcnemar(gained, lost))
    return SplitComparison(
        split, len(agreed), len(set(one.patient.tolist())), tuple(task.paired(one, other)), counted,
        *alone,
    )  # fmt: skip
