"""What readers answer to an output: accepted, changed or rejected, each answer and correction kept.

One way on record for all ways in (link, DICOM SR, HL7, table): a correction is a new version that
names what it corrects, and the unaided and the aided reading of one reader both stand.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.batches import add_batch
from records.cases import Prediction, ReaderAssessment, Study, named_in
from records.definition import TaskDefinition
from records.errors import InvalidInput
from records.held_definition import definition_of
from records.product import Device, ModelVersion, Site
from records.result_deliveries import ResultDelivery

ACCEPTED, CHANGED, REJECTED = "accepted", "changed", "rejected"
RESPONSES: Final = (ACCEPTED, CHANGED, REJECTED)
BEFORE, WITH, AFTER = "before the output", "with the output", "after the output"
ORDERS: Final = (BEFORE, WITH, AFTER)
"""When the reader read: before the output was seen, with it in view, or again after it."""
UNVERIFIED: Final = "by link, identity not verified"
"""The identity of whoever answers by a link: it is no signature, and no independent reading."""
REASONS: Final = (
    "the image is not suitable", "the finding is wrong", "the place is wrong",
    "the case is outside the intended use", "another reason",
)  # fmt: skip
"""Why an output is rejected; no free text, which could name a patient."""


Slot = tuple[int, str, bool, str]
"""Study, reader, whether the output was in view, and the way: versions are counted in each."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one reader said of one study, by one way.

    finding, present: what the reader says is there, or not. response: accepted, changed, rejected,
    or '' where not said. prediction: the number of the output that was answered, None where none
    was named. origin: the way; '' for a table.
    """

    study: int
    reader: str
    finding: str
    present: bool
    saw_output: bool
    assessed_on: date
    response: str = ""
    reading_order: str = ""
    prediction: int | None = None
    origin: str = ""
    identity: str = ""
    evidence: str = ""

    @property
    def slot(self) -> Slot:
        """Whose reading of what, in which arm, by which way."""
        return (self.study, self.reader, self.saw_output, self.origin)

    def says_as(self, known: ReaderAssessment) -> bool:
        """Whether this is what is on record already."""
        return (
            self.finding, self.present, self.assessed_on, self.response, self.reading_order,
            self.prediction,
        ) == (
            known.finding, known.present, known.assessed_on, known.response, known.reading_order,
            known.prediction_id,
        )


@dataclass(frozen=True, slots=True)
class Task:
    """What was asked of the device, so that an answer can be held against it: finding, classes."""

    finding: str
    classes: tuple[str, ...]
    said: str
    """What the device said: the finding or class that it named, or that there is none."""
    decision: bool

    @property
    def choices(self) -> tuple[str, ...]:
        """What a reader may say instead, as 'present', 'absent', or the name of a class."""
        return self.classes or ("present", "absent")

    def meant(self, choice: str) -> tuple[str, bool]:
        """Finding and whether it is present, by one of the choices.

        Raises:
            InvalidInput: It is none of them.
        """
        if choice not in self.choices:
            raise InvalidInput(
                "The finding is none of those that this device answers.",
                hint=f"Known: {', '.join(self.choices)}.",
            )
        if self.classes:
            none = choice == self.classes[0]
            return (self.finding if none else choice, not none)
        return self.finding, choice == "present"

    @property
    def meant_by_device(self) -> tuple[str, bool]:
        """Finding and whether it is present, as the device said it."""
        if not self.classes:
            return self.finding, self.decision
        named = self.said != self.classes[0]
        return (self.said if named else self.finding, named)


def task_of(reader: Session, prediction: Prediction) -> Task:
    """What the device of a prediction was asked, and what it said."""
    version = reader.get_one(ModelVersion, prediction.model_version_id)
    task: TaskDefinition = definition_of(reader.get_one(Device, version.device_id)).task
    classes = task.classes
    said = named_in(prediction, classes) if classes else ""
    if not said:
        said = f"{task.finding} {'present' if prediction.decision else 'absent'}"
    return Task(task.finding, classes, said, prediction.decision)


def answered(task: Task, response: str, choice: str) -> tuple[str, bool]:
    """Finding and whether it is present, by a response to the output and a choice beside it.

    An accepted output needs no choice; a changed one says something else than the device did; of a
    rejected one the reader still says what is there, as a reading without a finding would be a
    guess of ours.

    Raises:
        InvalidInput: The response is none, a choice is missing, or contradicts the response.
    """
    if response not in RESPONSES:
        raise InvalidInput(
            "The answer is none of accepted, changed and rejected.", hint="Choose one of them."
        )
    if response == ACCEPTED:
        if choice and task.meant(choice) != task.meant_by_device:
            raise InvalidInput(
                "The output is accepted, and the finding is not what the device said.",
                hint="Answer 'changed' where it says something else.",
            )
        return task.meant_by_device
    if not choice:
        raise InvalidInput(
            f"The output is {response}, and what is there instead is missing.",
            hint=f"Say one of: {', '.join(task.choices)}.",
        )
    found = task.meant(choice)
    if response == CHANGED and found == task.meant_by_device:
        raise InvalidInput(
            "The output is changed to what the device said.", hint="Answer 'accepted' for that."
        )
    return found


def record_answers(
    tx: Session, answers: Sequence[Answer], *, now: datetime
) -> list[ReaderAssessment]:
    """Record new answers, each as the next version of its reader, study, arm and way.

    A version that answers the same output, or none, names the one that it corrects.
    """
    last = latest_of(tx, {one.study for one in answers})
    numbers = {slot: one.version for slot, one in last.items()}
    rows = []
    for one in answers:
        before = last.get(one.slot)
        numbers[one.slot] = numbers.get(one.slot, 0) + 1
        corrects = before is not None and before.prediction_id in (None, one.prediction)
        rows.append({
            "study_id": one.study, "reader": one.reader, "finding": one.finding,
            "present": one.present, "saw_output": one.saw_output, "assessed_on": one.assessed_on,
            "received_at": now, "response": one.response, "reading_order": one.reading_order,
            "prediction_id": one.prediction, "origin": one.origin, "identity": one.identity,
            "version": numbers[one.slot], "evidence": one.evidence,
            "supersedes_id": before.id if before is not None and corrects else None,
        })  # fmt: skip
    ids = add_batch(tx, ReaderAssessment, rows)
    query = select(ReaderAssessment).where(col(ReaderAssessment.id).in_(ids))
    return list(tx.exec(query.order_by(col(ReaderAssessment.id))))


def latest_of(
    session: Session, studies: Collection[int]
) -> dict[Slot, ReaderAssessment]:
    """The newest version of each reading of these studies, by study, reader, arm and way."""
    query = (
        select(ReaderAssessment).where(col(ReaderAssessment.study_id).in_(list(studies)))
        .order_by(col(ReaderAssessment.version), col(ReaderAssessment.id))
    )  # fmt: skip
    return {
        (one.study_id, one.reader, one.saw_output, one.origin): one for one in session.exec(query)
    }


def standing() -> Any:
    """The condition that a reading was not corrected by a later version."""
    corrected = select(ReaderAssessment.supersedes_id).where(
        col(ReaderAssessment.supersedes_id).is_not(None)
    )
    return col(ReaderAssessment.id).not_in(corrected)


def outputs_named(session: Session, names: Iterable[str]) -> dict[str, Prediction]:
    """The outputs that answers name: by a label such as PRE-0001, or by the SOP Instance UID of a
    result that was put on its way to a hospital."""
    wanted = set(names)
    labels = {
        one: int(one[4:]) for one in wanted
        if one.upper().startswith("PRE-") and one[4:].isascii() and one[4:].isdigit()
        and len(one) < 16
    }  # fmt: skip
    uids = wanted - labels.keys()
    by_number = {
        one.id: one for one in session.exec(
            select(Prediction).where(col(Prediction.id).in_(list(labels.values())))
        )
    }
    query = (
        select(ResultDelivery.instance_uid, Prediction)
        .join(Prediction, col(Prediction.id) == ResultDelivery.prediction_id)
        .where(col(ResultDelivery.instance_uid).in_(list(uids)))
    )
    found = dict(session.exec(query).all())
    return found | {name: by_number[at] for name, at in labels.items() if at in by_number}


def newest_output(session: Session, study: Study) -> Prediction | None:
    """What was returned to care of a study last; None where nothing was."""
    query = (
        select(Prediction)
        .where(Prediction.study_id == study.id, col(Prediction.returned_to_care).is_(True))
        .order_by(col(Prediction.id).desc())
    )
    return session.exec(query).first()


def contradiction(task: Task, response: str, present: bool) -> str:
    """What is wrong between a response and a finding that stands beside it; '' where nothing is.

    Of a device that tells classes only whether any finding is there can be compared.
    """
    same = present == task.meant_by_device[1]
    if response == ACCEPTED and not same:
        return "it is accepted, and says otherwise than the device"
    if response == CHANGED and same and not task.classes:
        return "it is changed to what the device said"
    return ""


def overruled_on(session: Session, version: ModelVersion, day: date) -> dict[str, list[int]]:
    """By site, of each answer to this version's outputs that came on a day (UTC) whether the output
    was overruled (changed or rejected: 1) or accepted (0). A correction is no second answer."""
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    query = (
        select(Site.name, ReaderAssessment.response)
        .join(Study, col(Study.site_id) == col(Site.id))
        .join(Prediction, col(Prediction.study_id) == col(Study.id))
        .join(ReaderAssessment, col(ReaderAssessment.prediction_id) == col(Prediction.id))
        .where(
            Prediction.model_version_id == version.id, ReaderAssessment.response != "",
            func.coalesce(ReaderAssessment.supersedes_id, 0) == 0,  # most have none: by no index
            col(ReaderAssessment.received_at) >= begin,
            col(ReaderAssessment.received_at) < begin + timedelta(days=1),
        )
        .order_by(col(ReaderAssessment.id))
    )
    found: dict[str, list[int]] = {}
    for site, response in session.exec(query):
        found.setdefault(site, []).append(int(response != ACCEPTED))
    return found
