"""Adjudication from the doors: what a blinded reader is shown, and the estimates put on record."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from journeys.study_pictures import study_pictures
from monitoring.adjudicated import PURPOSE, prepare_adjudicated
from monitoring.evaluate import record_evaluation
from records.adjudication_queue import answers_of, count_waiting, next_case
from records.cases import Study
from records.held_definition import definition_of
from records.people import Actor
from records.product import Device, ModelVersion
from records.store import Store
from records.surveillance import Evaluation


@dataclass(frozen=True, slots=True)
class BlindedCase:
    """All that a reader is shown of a case: what is asked, facts of the patient and the picture,
    and the pictures as PNG; or why one cannot be shown. Nothing of the device or of other readers.
    """

    label: str
    number: int
    question: str
    definition: str
    answers: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    pictures: tuple[bytes, ...]
    withheld: tuple[str, ...]
    waiting: int


def open_next_case(
    store: Store, reader: Session, device: Device, person: Actor
) -> BlindedCase | None:
    """The next case of a device for this person, blinded; None where nothing waits.

    Raises:
        NotAllowed: The person has no role that reads for adjudication.
    """
    case = next_case(reader, device, person)
    if case is None:
        return None
    task = definition_of(device).task
    study = reader.get_one(Study, case.study_id)
    pictures, withheld = study_pictures(store, reader, case.study_id)
    age = "" if study.age_years is None else f"{study.age_years:.0f} years"
    told = (("age", age), ("sex", study.sex), ("modality", study.modality),
            ("body part", study.body_part), ("view", study.view))  # fmt: skip
    asked = (f"Which of these does the study show: {', '.join(task.classes)}?" if task.classes
             else f"Does the study show {task.finding}?")  # fmt: skip
    return BlindedCase(
        case.label, case.id or 0, asked, task.definition, answers_of(task),
        tuple((name, value) for name, value in told if value), pictures, withheld,
        count_waiting(reader, device, person),
    )


def evaluate_adjudicated(
    store: Store, version: ModelVersion, *, actor: str, now: datetime
) -> Evaluation:
    """Estimate performance by adjudicated truth and put the estimates on record.

    Raises:
        NotFound: Nothing was drawn for adjudication of the version.
        Refused: The studies here are not those that a sample was drawn from.
    """
    with store.reader() as reader:
        known = reader.get_one(ModelVersion, version.id)
        task = definition_of(reader.get_one(Device, known.device_id)).task
        facts, period = prepare_adjudicated(reader, known, task)
    with store.transaction(actor, "performance by adjudicated truth", now=now) as tx:
        return record_evaluation(
            tx, tx.get_one(ModelVersion, version.id), facts, period=period, now=now
        )


def newest_adjudicated(reader: Session, version: ModelVersion) -> Evaluation | None:
    """The last estimates by adjudicated truth that are on record."""
    query = select(Evaluation).where(
        Evaluation.model_version_id == version.id, Evaluation.purpose == PURPOSE
    )
    return reader.exec(query.order_by(col(Evaluation.id).desc())).first()
