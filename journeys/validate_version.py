"""Validate a model version: the locked tests, and what a reviewer asks beyond them, on record.

How its figures fall as images get worse, what other thresholds would do and mean elsewhere, whether
subgroups differ, where it failed most, how training, test and use differ, and whether it is better
than the version before: one Evaluation with the purpose 'validation'. Tasks that say
of a study whether a finding is there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from sqlmodel import col, select

from imaging.boxes import BoxedPicture
from imaging.degradations import DEGRADATIONS, degraded, degraded_boxes
from imaging.pixels import parse_file, read_pixels
from journeys.release import evaluate_version, scored_rows
from measures.estimate import Estimate
from models.tasks import TASKS
from models.tasks.detection import marks_text
from monitoring.evaluate import EvaluationFacts, record_evaluation, subgroup_labels
from monitoring.group_differences import Asked
from monitoring.stress import compared, gaps, stressed, thresholds, worst_failures
from monitoring.supplementary import PREVALENCES, Supplement, one_a_patient, supplement
from records.base import digest_of
from records.definition import DeviceDefinition
from records.errors import Refused
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.product import DatasetVersion, Device, ModelVersion
from records.queries import evaluations_of, prediction_rows
from records.store import Store
from records.surveillance import VALIDATION, Evaluation
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import PredictionFacts, Predictor

MOST_STRESSED = 400
"""Images of the internal test that are degraded: enough for a narrow interval, few enough to wait
for."""
_BATCH = 64


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

    A version that was validated before is not looked at again.

    Raises:
        Refused: The internal test has no study, or the task follows no measure as images get worse.
        IntegrityBroken: An image or a frozen file is missing or altered.
    """
    from models.predict import Predictor

    with store.reader() as reader:
        known = evaluations_of(reader, version, VALIDATION)
        if known:
            return known[-1]
        device = reader.get_one(Device, version.device_id)
        dataset = reader.get_one(DatasetVersion, version.dataset_version_id)
    definition = definition_of(device)
    task = TASKS[definition.task.kind]
    if not task.followed:
        raise Refused(f"A validation of the task '{task.name}' is not built yet.")
    evaluate_version(store, version, actor=actor, now=now)
    vault = Vault(store.workspace.vault)
    rows = scored_rows(vault, version, dataset)
    tested = [row for row in rows if row["split"] == "internal_test"]
    if not tested:
        raise Refused(f"{dataset.label} holds no study for an internal test.")
    predictor = Predictor.load(
        frozen_folder(vault, version), weights_hash=version.weights_hash
    )
    chosen = tested[:most]  # in order of their pseudonyms, which say nothing of the patient
    estimates = _stressed(vault, predictor, definition, chosen, report)
    estimates += _against_earlier(store, vault, device, version, tested)
    parts = _parts(store, version, rows)
    estimates += gaps(parts)
    alone = one_a_patient(tested)
    more = (  # of a device that marks lesions the score is of a mark, and no study's probability
        supplement(alone, one_a_patient(parts["tuning"]), _asked(definition, version, alone))
        if "brier" in task.measures else Supplement([], {"supplement": {
            "studies": len(alone),
            "reason": "the score of a study is that of its best mark, and no probability of it",
        }})
    )
    facts = EvaluationFacts(
        purpose=VALIDATION, estimates=_once([*estimates, *more.estimates]),
        figures=more.figures | {
            "thresholds": thresholds(alone, version.operating_point),
            "failures": worst_failures(tested),
            "degradations": {
                kind: {"levels": list(one.levels), "unit": one.unit}
                for kind, one in DEGRADATIONS.items()
            },
            "studies_by_part": {name: len(found) for name, found in parts.items()},
        },
        inputs_digest=digest_of([[row["study"], row["digest"]] for row in chosen]),
        studies=len(tested), patients=len({row["patient"] for row in tested}),
    )
    with store.transaction(actor, "validate beyond the locked tests", now=now) as tx:
        return record_evaluation(tx, version, facts, dataset=dataset, now=now)


def _stressed(
    vault: Vault,
    predictor: "Predictor",
    definition: DeviceDefinition,
    rows: Sequence[dict[str, Any]],
    report: Callable[[str], None],
) -> list[Estimate]:
    task, found = TASKS[definition.task.kind], []
    names = [(kind, level) for kind, one in DEGRADATIONS.items() for level in one.levels]
    said: dict[tuple[str, float], list[dict[str, Any]]] = {name: [] for name in names}
    numbered = iter(enumerate(_pictures(vault, rows)))
    while batch := list(islice(numbered, _BATCH)):  # each image is decoded once
        for kind, level in names:
            worse = [degraded(array, kind, level, seed=number) for number, array in batch]
            said[kind, level] += [
                _answer(one) | _lesions(rows[number], kind, level, number)
                for (number, _), one in zip(batch, predictor.predict(worse), strict=True)
            ]
        report(f"{batch[-1][0] + 1} of {len(rows)} images degraded in {len(names)} ways")
    for (kind, level), answers in said.items():
        found += stressed(
            task, rows, answers, name=f"{kind}={level:g}", minimum_n=definition.minimum_n
        )
    return found


def _answer(said: "PredictionFacts") -> dict[str, Any]:
    """What was said of a degraded image, by the names under which the rows hold it."""
    marks = {"marks": marks_text(said.outputs["marks"])} if "marks" in said.outputs else {}
    return {"score": said.score, "decision": said.decision, **marks}


def _lesions(row: dict[str, Any], kind: str, level: float, seed: int) -> dict[str, Any]:
    """The true lesions where the degraded picture has them."""
    if "lesions" not in row:
        return {}
    known = BoxedPicture.of(row["lesions"])
    return {"lesions": degraded_boxes(known, kind, level, seed=seed).text}


def _pictures(vault: Vault, rows: Sequence[dict[str, Any]]) -> Iterator[NDArray[Any]]:
    for row in rows:
        content = vault.fetch(row["digest"], of=f"image {row['record']}")
        yield read_pixels(parse_file(content)).array


def _against_earlier(
    store: Store, vault: Vault, device: Device, version: ModelVersion,
    tested: Sequence[dict[str, Any]],
) -> list[Estimate]:
    """The version before it that was released, on the test studies that both have read."""
    with store.reader() as reader:
        query = (
            select(ModelVersion)
            .join(Device, col(Device.id) == ModelVersion.device_id)
            .where(Device.name == device.name, col(ModelVersion.id) < version.id,
                   col(ModelVersion.status).in_(("released", "retired")))
            .order_by(col(ModelVersion.id).desc())
        )  # fmt: skip
        earlier = reader.exec(query).first()
        if earlier is None:
            return []
        dataset = reader.get_one(DatasetVersion, earlier.dataset_version_id)
    read = {
        row["study"]: row
        for row in scored_rows(vault, earlier, dataset)
        if row["split"] in ("internal_test", "external_test")
    }
    return compared(tested, read, name=f"against {earlier.label}")


def _parts(
    store: Store, version: ModelVersion, rows: Sequence[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Tuning, internal and external test, and use, each with its truth and score."""
    parts = {
        name.replace("_", " "): [row for row in rows if row["split"] == name]
        for name in ("tuning", "internal_test", "external_test")
    }
    with store.reader() as reader:
        used = prediction_rows(reader, version)
    parts["in use"] = [row for row in used if row["truth"] is not None]
    return parts


def _asked(
    definition: DeviceDefinition, version: ModelVersion, rows: Sequence[Mapping[str, Any]]
) -> Asked:
    """The declared subgroups, and the shares of the finding that the device declares to expect."""
    expected = [
        share
        for one in definition.expected_population or ()
        if one.field == "finding"
        for share in (one.at_least, one.at_most)
        if share is not None and 0 < share < 1
    ]
    return Asked(
        operating_point=version.operating_point,
        groups=subgroup_labels(definition.subgroups, rows),
        prevalences=[*PREVALENCES, *expected], minimum_n=definition.minimum_n,
    )


def _once(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Each measure of a subgroup once: a record holds it once."""
    return list({(one.measure, one.subgroup): one for one in estimates}.values())
