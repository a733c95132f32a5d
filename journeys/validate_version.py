"""Validate a model version: the locked tests, and what a reviewer asks beyond them, on record.

How its figures fall as images get worse and facts are missing, what other thresholds would do and
mean elsewhere, whether subgroups and their intersections differ, how clinicians read the same
studies, whether it answers from a shortcut, where it failed most, how training, tuning, tests and
use differ, and whether it is better than the version before: one Evaluation with the purpose
'validation'. What is measured the task says, and what makes no sense for it, with the reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from imaging.dataset_diff import read_manifest
from imaging.degradations import DEGRADATIONS
from journeys.ask_again import Asker, Row
from journeys.ask_volumes import VolumeAsker
from journeys.release import evaluate_version, scored_rows
from journeys.validate_further import Further, further, with_pictures
from measures.estimate import Estimate
from models.tasks import TASKS
from models.tasks.base import Outcomes
from models.tasks.two_classes import present, settled
from monitoring.clinical_readings import READINGS
from monitoring.evaluate import EvaluationFacts, outcomes_of, record_evaluation
from monitoring.group_differences import Asked
from monitoring.intersections import INTERSECTIONS
from monitoring.outlines import judged_rows
from monitoring.shortcut_tests import EDGES_MASKED, METADATA, REGION, STRATA
from monitoring.stress import compared, side_by_side, thresholds, worst_failures
from monitoring.supplementary import PREVALENCES, one_a_patient, supplement
from records.base import digest_of
from records.definition import DeviceDefinition
from records.errors import Refused
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.performance_claims import LOCKED_SPLITS
from records.product import DatasetVersion, Device, ModelVersion
from records.queries import evaluations_of, prediction_rows
from records.store import Store
from records.surveillance import VALIDATION, Evaluation
from records.vault import Vault

MOST_STRESSED = 400
"""Images of the internal test that are degraded, and training studies that are asked about: enough
for a narrow interval, few enough to wait for."""
PARTS = ("training", "tuning", "internal test", "external test", "in use")
NO_EARLIER = "no version before it was released"
OTHER_CLASSES = "the version before it does not answer with the same classes"


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """What is validated, and where its bytes lie."""

    vault: Vault
    device: Device
    definition: DeviceDefinition
    version: ModelVersion
    dataset: DatasetVersion


def validate_version(
    store: Store,
    version: ModelVersion,
    *,
    actor: str,
    now: datetime,
    report: Callable[[str], None],
    most: int = MOST_STRESSED,
) -> Evaluation:
    """Judge the version on the locked tests, then record what else a validation shows.

    A version that was validated before, or by another program meanwhile, is not looked at again.

    Raises:
        Refused: The internal test has no study.
        IntegrityBroken: An image or a frozen file is missing or altered.
    """
    from models.predict import Predictor

    with store.reader() as reader:
        known = evaluations_of(reader, version, VALIDATION)
        if known:
            return known[-1]
        device = reader.get_one(Device, version.device_id)
        dataset = reader.get_one(DatasetVersion, version.own_dataset)
    evaluate_version(store, version, actor=actor, now=now)
    vault = Vault(store.workspace.vault)
    one = _Subject(vault, device, definition_of(device), version, dataset)
    rows = scored_rows(vault, version, dataset)
    tested = _by_test(rows)["internal test"]
    if not tested:
        raise Refused(f"{dataset.label} holds no study for an internal test.")
    predictor = Predictor.load(
        frozen_folder(vault, version), weights_hash=version.weights_hash
    )
    asker = (VolumeAsker if one.definition.volume else Asker)(vault, predictor, one.definition)
    chosen = tested[:most]  # in order of their pseudonyms, which say nothing of the patient
    estimates = [
        *asker.degraded(chosen, report), *asker.retaken(chosen), *asker.without_facts(chosen),
        *asker.drawn_otherwise(chosen),
    ]
    with store.reader() as reader:
        used = judged_rows(
            reader, vault, version, prediction_rows(reader, version), until=now.date()
        )
        against, reasons = _against_earlier(reader, one, tested)
        found = _further(reader, asker, one, rows, chosen, report)
        more, figures = _beyond(reader, asker, one, rows)
    parts, why = _parts(one, rows, used, asker, most)
    beside, told = side_by_side(
        asker.task, parts, why, minimum_n=one.definition.minimum_n
    )
    facts = EvaluationFacts(
        purpose=VALIDATION,
        estimates=_once([*estimates, *against, *beside, *more, *found.estimates]),
        figures=figures | found.figures | {
            "degradations": {
                kind: {"levels": list(DEGRADATIONS[kind].levels), "unit": DEGRADATIONS[kind].unit}
                for kind in asker.task.degraded_by
            },
            "parts": told,
            "studies_by_part": {name: len(part) for name, part in parts.items()},
            "not_asked": dict(asker.task.not_asked) | reasons | found.not_asked,
        },
        inputs_digest=digest_of([[row["study"], row["digest"]] for row in chosen]),
        studies=len(tested), patients=len({row["patient"] for row in tested}),
    )
    with store.transaction(actor, "validate beyond the locked tests", now=now) as tx:
        if known := evaluations_of(tx, version, VALIDATION):  # another program was first
            return known[-1]
        return record_evaluation(tx, version, facts, dataset=dataset, now=now)


def _by_test(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The studies of each locked test, by its name."""
    return {
        name.replace("_", " "): [row for row in rows if row["split"] == name]
        for name in LOCKED_SPLITS
    }


def _further(
    reader: Session, asker: Asker | VolumeAsker, one: _Subject, rows: Sequence[Row],
    chosen: Sequence[Row], report: Callable[[str], None],
) -> Further:  # fmt: skip
    if isinstance(asker, VolumeAsker):
        return Further(not_asked=dict.fromkeys(
            (INTERSECTIONS, READINGS, METADATA, STRATA, REGION, EDGES_MASKED),
            "not built for a device that reads volumes",
        ))
    asked = _asked(one.definition, one.version)
    return further(reader, asker, _by_test(rows), chosen, asked=asked, report=report)


def _beyond(
    reader: Session, asker: Asker | VolumeAsker, one: _Subject, rows: Sequence[Row]
) -> tuple[list[Estimate], dict[str, Any]]:
    """What rests on one study a patient, and the failures of all: estimates, and other figures."""
    task, point = asker.task, one.version.own_operating_point
    tested = _by_test(rows)["internal test"]
    alone, tuning = (
        outcomes_of(one.definition, one_a_patient(chosen))
        for chosen in (tested, [row for row in rows if row["split"] == "tuning"])
    )
    more = supplement(task, alone, tuning, _asked(one.definition, one.version))
    cut = task.cut(alone)
    known = settled(alone)
    table = [] if cut is None else thresholds(
        present(alone)[known].astype(np.int8), np.asarray(cut)[known], point,
        probability="net benefit" not in task.not_asked,
    )
    failures = worst_failures(task, outcomes_of(one.definition, tested), tested)
    if isinstance(asker, Asker):  # a volume has no one picture to show
        failures = with_pictures(reader, asker, failures, tested)
    return more.estimates, more.figures | {"thresholds": table, "failures": failures}


def _against_earlier(
    reader: Session, one: _Subject, tested: Sequence[Row]
) -> tuple[list[Estimate], dict[str, str]]:
    """The version before it that was released, on the test studies that both have read; or why
    there is no comparison."""
    part = "comparison with the version before"
    query = (
        select(ModelVersion)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == one.device.name, col(ModelVersion.id) < one.version.id,
               col(ModelVersion.status).in_(("released", "retired")))
        .order_by(col(ModelVersion.id).desc())
    )  # fmt: skip
    earlier = reader.exec(query).first()
    if earlier is None:
        return [], {part: NO_EARLIER}
    if earlier.model.get("classes", []) != one.version.model.get("classes", []):
        return [], {part: OTHER_CLASSES}
    dataset = reader.get_one(DatasetVersion, earlier.own_dataset)
    read = {
        row["study"]: row
        for row in scored_rows(one.vault, earlier, dataset)
        if row["split"] in ("internal_test", "external_test")
    }
    task = TASKS[one.definition.task.kind]
    both = [row for row in tested if row["study"] in read]
    names = ("score", "decision", *task.columns)
    theirs = [
        row | {name: said[name] for name in names if name in said}
        for row in both for said in (read[row["study"]],)
    ]
    first, second = (outcomes_of(one.definition, found) for found in (both, theirs))
    return compared(task, first, second, name=f"against {earlier.label}"), {}


def _parts(
    one: _Subject, rows: Sequence[Row], used: Sequence[Row], asker: Asker | VolumeAsker, most: int
) -> tuple[dict[str, Outcomes], dict[str, str]]:
    """Training, tuning, tests and use, each with its truth and what was said; of an empty part the
    reason."""
    found = {
        name: outcomes_of(one.definition, [
            row for row in rows if row["split"] == name.replace(" ", "_")
        ])
        for name in ("tuning", "internal test", "external test")
    }  # fmt: skip
    why = {"external test": f"{one.dataset.label} holds no study of another site"}
    taught = _training_rows(one, most)
    if one.version.made_elsewhere:
        why["training"] = "the model was made elsewhere: what it learnt from is not here"
    found["training"] = asker.as_they_are(taught)
    known = [row | {"study": row["study_id"]} for row in used if row["truth"] is not None]
    why["in use"] = "the truth of no study in use is known"
    if asker.task.not_operated:
        known, why["in use"] = [], asker.task.not_operated
    found["in use"] = outcomes_of(one.definition, known)
    return {name: found[name] for name in PARTS}, why


def _training_rows(one: _Subject, most: int) -> list[Row]:
    """The images of the first training studies, in order of their pseudonyms."""
    if one.version.made_elsewhere:
        return []
    rows = [row for row in read_manifest(one.vault, one.dataset) if row["split"] == "train"]
    first = sorted({row["study_uid"] for row in rows})[:most]
    return [
        row | {"study": row["study_uid"], "truth": row["finding"]}
        for row in rows if row["study_uid"] in set(first)
    ]


def _asked(definition: DeviceDefinition, version: ModelVersion) -> Asked:
    """The shares of the finding that the device declares to expect, among others."""
    expected = [
        share
        for one in definition.expected_population or ()
        if one.field == "finding"
        for share in (one.at_least, one.at_most)
        if share is not None and 0 < share < 1
    ]
    return Asked(
        operating_point=version.own_operating_point, prevalences=[*PREVALENCES, *expected],
        minimum_n=definition.minimum_n,
    )


def _once(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Each measure of a subgroup once: a record holds it once."""
    return list({(one.measure, one.subgroup): one for one in estimates}.values())
