"""The blinded queue: two clinicians read each case, a third only where they disagree.

Whoever reads is shown the picture and what is asked: not what the device said, no report, nobody's
answer, not why the study was drawn, and not whether somebody read it before. Nobody reads a case
twice, nor a study that he or she read in the clinic with the device at hand, where that is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from records.adjudicated import CONSENSUS, readings_in
from records.adjudication import (
    ADJUDICATED,
    ARBITER,
    FIRST,
    NOT_ESTIMABLE,
    SECOND,
    SETTLED,
    WAITING,
    AdjudicationCase,
    AdjudicationReading,
    AdjudicationSample,
)
from records.cases import Prediction, ReaderAssessment, ReferenceStandard
from records.definition import TaskDefinition
from records.errors import InvalidInput, NotAllowed, Refused
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.reader_links import ReaderLink

PRESENT, ABSENT, CANNOT_TELL = "present", "absent", "cannot be told"
LONGEST_COMMENT = 500


def answers_of(task: TaskDefinition) -> tuple[str, ...]:
    """What a reader may answer: whether the finding is there, or which class; always 'cannot be
    told'."""
    return (*(task.classes or (PRESENT, ABSENT)), CANNOT_TELL)


def next_case(session: Session, device: Device, reader: Actor) -> AdjudicationCase | None:
    """The case of a device that this person reads next; None where nothing waits for him or her.

    Raises:
        NotAllowed: The person has no role that reads for adjudication.
    """
    require(reader, Action.ADJUDICATE)
    return session.exec(
        _waiting(device, reader).order_by(
            col(AdjudicationCase.position), col(AdjudicationCase.id)
        ).limit(1)
    ).first()  # fmt: skip


def count_waiting(session: Session, device: Device, reader: Actor) -> int:
    """How many cases of a device wait for this person."""
    inner = _waiting(device, reader).subquery()
    return int(session.exec(select(func.count()).select_from(inner)).one())


@dataclass(frozen=True, slots=True)
class QueuedCase:
    """How far a case is, for those who run the queue; nobody who reads is shown this.

    waits_for: first, second or arbiter; '' once it is settled. readings: how many answers there
    are; agreed: whether the first two say the same, None before there are two.
    """

    label: str
    sample: str
    finding: str
    status: str
    waits_for: str
    readings: int
    agreed: bool | None
    drawn_at: datetime
    settled_at: datetime | None


def queue_of(session: Session, device_name: str) -> list[QueuedCase]:
    """Every case of a device: those that wait for an arbiter first, then the others that wait."""
    cases = session.exec(
        select(AdjudicationCase, AdjudicationSample)
        .join(AdjudicationSample, col(AdjudicationSample.id) == AdjudicationCase.sample_id)
        .join(Device, col(Device.id) == AdjudicationSample.device_id)
        .where(Device.name == device_name)
        .order_by(col(AdjudicationCase.position), col(AdjudicationCase.id))
    ).all()
    said = readings_in(session, [case for case, _ in cases])
    order = (ARBITER, SECOND, FIRST, "")
    found = [_queued(case, sample, said.get(case.id or 0, [])) for case, sample in cases]
    return sorted(found, key=lambda one: order.index(one.waits_for))


def _queued(
    case: AdjudicationCase, sample: AdjudicationSample, said: Sequence[AdjudicationReading]
) -> QueuedCase:
    waits_for = (FIRST, SECOND, ARBITER)[len(said)] if case.status == WAITING else ""
    return QueuedCase(
        case.label, sample.label, case.finding, case.status, waits_for, len(said),
        said[0].answer == said[1].answer if len(said) > 1 else None, sample.drawn_at,
        case.settled_at,
    )


def own_readings(
    session: Session, device_name: str, reader: Actor
) -> list[tuple[str, AdjudicationReading]]:
    """What this person answered, by the case's label, the newest first; nobody else's answers."""
    query = (
        select(AdjudicationCase, AdjudicationReading)
        .join(AdjudicationReading, col(AdjudicationReading.case_id) == AdjudicationCase.id)
        .join(AdjudicationSample, col(AdjudicationSample.id) == AdjudicationCase.sample_id)
        .join(Device, col(Device.id) == AdjudicationSample.device_id)
        .where(Device.name == device_name, AdjudicationReading.actor == reader.name)
        .order_by(col(AdjudicationReading.id).desc())
    )
    return [(case.label, said) for case, said in session.exec(query)]


def _waiting(device: Device, reader: Actor) -> SelectOfScalar[AdjudicationCase]:
    known = select(AdjudicationCase).join(
        AdjudicationSample, col(AdjudicationSample.id) == AdjudicationCase.sample_id
    ).join(Device, col(Device.id) == AdjudicationSample.device_id)  # fmt: skip
    return known.where(
        Device.name == device.name, AdjudicationCase.status == WAITING,
        *(~one for one in _barred(reader)),
    )


def _barred(reader: Actor) -> list[ColumnElement[bool]]:
    """Why a case is not for this person: read by him or her before, in any round, or the study was
    read or its result was answered by the same person in the clinic."""
    rounds = select(AdjudicationReading.case_id).where(AdjudicationReading.actor == reader.name)
    read_studies = select(AdjudicationCase.study_id).where(col(AdjudicationCase.id).in_(rounds))
    own = func.lower(reader.name)
    return [
        col(AdjudicationCase.study_id).in_(read_studies),
        exists().where(
            col(ReaderAssessment.study_id) == col(AdjudicationCase.study_id),
            func.lower(col(ReaderAssessment.reader)) == own,
        ),
        exists().where(
            col(Prediction.study_id) == col(AdjudicationCase.study_id),
            col(ReaderLink.prediction_id) == col(Prediction.id),
            func.lower(col(ReaderLink.reader)) == own,
        ),
    ]


def read_case(
    tx: Session, case: AdjudicationCase, answer: str, *, task: TaskDefinition, by: Actor,
    comment: str = "", now: datetime,
) -> AdjudicationReading:  # fmt: skip
    """Record what a blinded reader says of a case, and settle it where that decides it.

    Two answers that agree settle a case, else that of a third reader. 'cannot be told' as the
    deciding answer makes it not estimable, which is counted and never taken for 'absent'.

    Raises:
        NotAllowed: The person has no role that reads for adjudication, has read the study before,
            or knows it from the clinic.
        Refused: The case is settled, or another is next for this person: whoever chose would undo
            the random order, on which estimates from a half-read queue rest.
        InvalidInput: There is no such answer, or the comment is too long.
    """
    require(by, Action.ADJUDICATE)
    known = answers_of(task)
    if answer not in known:
        raise InvalidInput(f"'{answer}' is no answer.", hint=f"Answer one of: {', '.join(known)}.")
    if len(comment) > LONGEST_COMMENT:
        raise InvalidInput(f"The comment is longer than {LONGEST_COMMENT} characters.")
    if case.status != WAITING:
        raise Refused(f"{case.label} is settled and is not read any more.")
    barred = select(AdjudicationCase.id).where(
        AdjudicationCase.id == case.id, ~_none_of(_barred(by))
    )
    if tx.exec(barred).first() is not None:
        raise NotAllowed(
            f"'{by.name}' may not read {case.label}: the same person has read this study before.",
            hint="Somebody who does not know it reads it.",
        )
    sample = tx.get_one(AdjudicationSample, case.sample_id)
    following = next_case(tx, tx.get_one(Device, sample.device_id), by)
    if following is not case:
        raise Refused(
            f"{case.label} is not the next case for '{by.name}': cases are read in their order.",
            hint="Have the next one shown; studies that were drawn since may come before.",
        )
    before = list(
        tx.exec(
            select(AdjudicationReading).where(AdjudicationReading.case_id == case.id)
            .order_by(col(AdjudicationReading.id))
        )
    )
    reading = AdjudicationReading(
        case_id=case.id or 0, actor=by.name, part=(FIRST, SECOND, ARBITER)[len(before)],
        answer=answer, comment=comment.strip(), read_at=now,
    )
    tx.add(reading)
    tx.flush()
    if (decided := deciding_answer([*before, reading])) is not None:
        _settle(tx, case, decided, [*before, reading], task, now)
    return reading


def _none_of(reasons: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    found = ~reasons[0]
    for one in reasons[1:]:
        found = found & ~one
    return found


def deciding_answer(readings: Sequence[AdjudicationReading]) -> str | None:
    """The answer that settles a case: that of two who agree, else the arbiter's; None before."""
    said = [one.answer for one in readings]
    if len(said) > 2:
        return said[2]
    return said[0] if len(said) == 2 and said[0] == said[1] else None


def _settle(
    tx: Session, case: AdjudicationCase, answer: str, readings: Sequence[AdjudicationReading],
    task: TaskDefinition, now: datetime,
) -> None:  # fmt: skip
    """The case is closed, and what was agreed on is the next version of the study's truth."""
    case.status = NOT_ESTIMABLE if answer == CANNOT_TELL else SETTLED
    case.settled_at = now
    tx.add(case)
    newest = tx.exec(
        select(ReferenceStandard)
        .where(
            ReferenceStandard.study_id == case.study_id, ReferenceStandard.source == ADJUDICATED
        )
        .order_by(col(ReferenceStandard.version).desc())
    ).first()
    if answer == CANNOT_TELL and newest is None:
        tx.flush()
        return
    told = answer if answer != CANNOT_TELL else ""
    finding = told if task.classes and told else (newest.finding if not told and newest
                                                  else case.finding)  # fmt: skip
    present = (
        told not in (ABSENT, task.classes[0] if task.classes else ABSENT)
        if told else bool(newest and newest.present)
    )
    tx.add(
        ReferenceStandard(
            study_id=case.study_id, finding=finding, present=present, source=ADJUDICATED,
            reader=", ".join(one.actor for one in readings), known_on=now.date(), received_at=now,
            kind=CONSENSUS, state="final" if told else "withdrawn",
            version=newest.version + 1 if newest else 1,
            supersedes_id=newest.id if newest else None, evidence=case.label,
        )
    )
    tx.flush()
