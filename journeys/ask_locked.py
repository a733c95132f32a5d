"""The locked tests asked again: does this installation still answer as when it was evaluated?

The stored predictions would repeat themselves whatever had become of the installation. So the
frozen images are read again by the version as it is deployed, through the same code as in use, and
every score, decision and figure is compared with the evaluation on record, exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imaging.dataset_diff import read_manifest
from journeys.ask_again import Asker, Row
from journeys.release import scored_rows
from models.tasks import TASKS
from models.tasks.base import Outcomes
from monitoring.claim_verdicts import Basis, Reproduction, judge_basis
from monitoring.evaluate import outcomes_of
from records.definition import DeviceDefinition
from records.product import DatasetVersion, ModelVersion
from records.queries import evaluations_of, results_of
from records.revalidation_rules import RevalidationRules
from records.store import Store
from records.surveillance import Evaluation, EvaluationResult
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor

VOLUMES = "locked studies are not asked again of a device that reads volumes"
OUTSIDE = "another maker's product of which only the results are seen is not asked again"


@dataclass(frozen=True)
class Locked:
    """What was found on the locked tests: the claims on each, and whether it was reproduced."""

    bases: tuple[Basis, ...]
    reproductions: tuple[Reproduction, ...]


def ask_locked(
    store: Store, definition: DeviceDefinition, rules: RevalidationRules, version: ModelVersion,
    load: Callable[[], "Predictor"],
) -> Locked:
    """Ask the version about each locked test that the plan names, and hold the claims against it.

    The claims are judged by what is said now. Nothing is recorded, and no look at the locked test
    is counted: nothing is chosen by it.

    Raises:
        IntegrityBroken: An image or a frozen file is missing or altered.
    """
    why = OUTSIDE if version.seen_from_outside else VOLUMES if definition.volume else ""
    if why:
        return Locked((), tuple(Reproduction(one, 0, "", reason=why) for one in rules.splits))
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        dataset = reader.get_one(DatasetVersion, version.own_dataset)
        earlier = {
            split: (found[-1], results_of(reader, found[-1]))
            for split in rules.splits
            for found in (evaluations_of(reader, version, split),)
            if found
        }
    frozen = scored_rows(vault, version, dataset)
    manifest = read_manifest(vault, dataset)
    asker = Asker(vault, load(), definition)
    bases, reproductions = [], []
    for split in rules.splits:
        before = [row for row in frozen if row["split"] == split]
        images = _of_split(manifest, split)
        if not before or split not in earlier:
            why = "it holds no study" if not before else "no evaluation of it is on record"
            reproductions.append(Reproduction(split, len(before), "", reason=why))
            continue
        now = asker.as_they_are(images)
        reproductions.append(
            _compared(definition, split, now, outcomes_of(definition, before), earlier[split])
        )
        name = f"locked {split.replace('_', ' ')}"
        bases.append(judge_basis(definition, rules, now, name=name))
    return Locked(tuple(bases), tuple(reproductions))


def _of_split(manifest: Sequence[Row], split: str) -> list[Row]:
    """The images of a test in the order of the studies in its evaluation."""
    rows = [row | {"study": row["study_uid"], "truth": row["finding"]} for row in manifest
            if row["split"] == split]  # fmt: skip
    return sorted(rows, key=lambda row: (row["study_uid"], row["instance_uid"]))


def _compared(
    definition: DeviceDefinition, split: str, now: Outcomes, before: Outcomes,
    earlier: tuple[Evaluation, list[EvaluationResult]],
) -> Reproduction:
    evaluation, results = earlier
    score = np.asarray(now.score, np.float64), np.asarray(before.score, np.float64)
    if len(score[0]) != len(score[1]):
        return Reproduction(
            split, len(before), evaluation.label, differing=len(before), reproduced=False
        )
    decision = np.asarray(now.decision) != np.asarray(before.decision)
    other = (score[0] != score[1]) | decision
    said = {
        (one.measure, one.subgroup): (one.n, one.value, one.low, one.high)
        for one in TASKS[definition.task.kind].estimates(now, minimum_n=definition.minimum_n)
    }
    figures = tuple(sorted({
        one.measure for one in results
        if (one.measure, one.subgroup) in said
        and said[one.measure, one.subgroup] != (one.n, one.value, one.low, one.high)
    }))  # fmt: skip
    return Reproduction(
        split, len(before), evaluation.label, differing=int(other.sum()),
        decisions_changed=int(decision.sum()),
        largest=float(np.abs(score[0] - score[1]).max(initial=0.0)), figures=figures,
        reproduced=not other.any() and not figures,
    )
