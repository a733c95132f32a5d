"""Adjudication from the doors: what a blinded reader is shown, and the estimates put on record."""

import io
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from imaging.pixels import PixelsRefused
from imaging.small_view import may_be_shown, shown_frame
from monitoring.adjudicated import PURPOSE, prepare_adjudicated
from monitoring.evaluate import record_evaluation
from records.adjudication import AdjudicationCase
from records.adjudication_queue import answers_of, count_waiting, next_case
from records.cases import Instance, Study
from records.deletions import deleted_digests
from records.held_definition import definition_of
from records.people import Actor
from records.product import Device, ModelVersion
from records.store import Store
from records.study_corrections import rejected_images
from records.surveillance import Evaluation
from records.vault import Vault


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
    pictures, withheld = _pictures(store, reader, case)
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


def _pictures(
    store: Store, reader: Session, case: AdjudicationCase
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Each kept image of the study as PNG in the window that the file proposes."""
    from PIL import Image

    gone, shown, withheld = deleted_digests(reader, "image"), [], []
    query = select(Instance).where(
        Instance.study_id == case.study_id, col(Instance.id).not_in(rejected_images())
    )
    for one in reader.exec(query.order_by(col(Instance.id))):
        if one.digest in gone:
            withheld.append(f"{one.label}: its bytes were deleted")
            continue
        if not may_be_shown(one.deidentification):
            withheld.append(f"{one.label}: it may hold letters that tell who the patient is")
            continue
        try:
            grey = shown_frame(Vault(store.workspace.vault).fetch(one.digest, of=one.label))
        except PixelsRefused as refused:
            withheld.append(f"{one.label}: {refused.reason}")
            continue
        stream = io.BytesIO()
        Image.fromarray(grey).save(stream, format="PNG", optimize=False)
        shown.append(stream.getvalue())
    return tuple(shown), tuple(withheld)


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
