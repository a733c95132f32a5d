"""Results on their way to the hospital's systems: none is lost, none is returned that may not be.

A row is written before anything is sent and settled after, so a kill in between leaves it waiting.
What could not be delivered stays on the list with the reason, until it is sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.application_entities import ACTIVE, ApplicationEntity
from records.base import Record
from records.cases import Instance, Prediction, Study
from records.errors import Refused
from records.held_results import held_by, require_use, suspended_since
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.study_corrections import rejected_images

WAITING, DELIVERED, UNDELIVERABLE = "waiting", "delivered", "undeliverable"
DELIVERY_LIMIT: Final = timedelta(minutes=10)
"""The declared time from the queue to its place in the PACS; what takes longer is 'late'."""
PAUSES: Final = tuple(timedelta(minutes=one) for one in (0, 1, 2, 5, 10, 30, 60, 120, 240, 480))
"""How long a delivery waits after each failed attempt; after the last it is given up."""


class ResultDelivery(Record, table=True):
    """One result object for one system: where its bytes lie, and how far it came."""

    __tablename__ = "result_delivery"
    __table_args__ = (UniqueConstraint("entity_id", "instance_uid"),)
    PREFIX: ClassVar[str] = "RSD"

    id: int | None = Field(default=None, primary_key=True)
    prediction_id: int = Field(foreign_key="prediction.id", index=True)
    entity_id: int = Field(foreign_key="application_entity.id", index=True)
    kind: str
    """report, segmentation or heat map."""
    sop_class: str
    instance_uid: str
    digest: str
    """SHA-256 of the object in the vault, under the pseudonym."""
    status: str = Field(default=WAITING, index=True)
    attempts: int = 0
    outcome: str = ""
    """What became of the last attempt, in words that name nobody."""
    queued_at: datetime
    tried_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A result object that lies in the vault: kind, SOP class and instance UID, and SHA-256."""

    kind: str
    sop_class: str
    instance_uid: str
    digest: str


def queue_results(
    tx: Session, prediction: Prediction, objects: Sequence[Kept],
    to: Sequence[ApplicationEntity], *, now: datetime,
) -> list[ResultDelivery]:
    """Put the results of a reading on their way; what is on its way to a system stays as it is.
    None where use of the device was suspended since it was read.

    Raises:
        Refused: The reading is a shadow's, whose results care never sees.
    """
    if not prediction.returned_to_care:
        raise Refused(
            f"{prediction.label} was read by a shadow: its results are not returned to care.",
            hint="Only what a live deployment says is returned.",
        )
    if held_by(tx, [prediction.id or 0]):
        return []
    known = select(ResultDelivery.entity_id, ResultDelivery.instance_uid).where(
        col(ResultDelivery.instance_uid).in_([one.instance_uid for one in objects])
    )
    there = {(int(row[0]), str(row[1])) for row in tx.exec(known)}
    rows = [
        ResultDelivery(
            prediction_id=prediction.id or 0, entity_id=entity.id or 0, kind=one.kind,
            sop_class=one.sop_class, instance_uid=one.instance_uid, digest=one.digest,
            queued_at=now,
        )
        for entity in to
        for one in objects
        if (entity.id, one.instance_uid) not in there
    ]
    tx.add_all(rows)
    tx.flush()
    return rows


def readings_to_return(session: Session) -> list[tuple[Prediction, ApplicationEntity]]:
    """Live readings made since a system of their site receives, and not on their way to it yet.

    A study of which the sender rejected every image has no results to return; what was read before
    use of the device was suspended at its site is not returned any more.
    """
    stands = select(Instance.id).where(
        Instance.study_id == Study.id, col(Instance.id).not_in(rejected_images())
    )
    on_its_way = select(ResultDelivery.id).where(
        ResultDelivery.prediction_id == Prediction.id,
        ResultDelivery.entity_id == ApplicationEntity.id,
    )
    query = (
        select(Prediction, ApplicationEntity)
        .join(Study, col(Study.id) == col(Prediction.study_id))
        .join(ApplicationEntity, col(ApplicationEntity.site_id) == col(Study.site_id))
        .where(
            col(Prediction.returned_to_care).is_(True), ApplicationEntity.status == ACTIVE,
            col(ApplicationEntity.receives).is_(True),
            col(Prediction.predicted_at) >= col(ApplicationEntity.registered_at),
            ~on_its_way.exists(), stands.exists(), ~suspended_since().exists(),
        )
        .order_by(col(Prediction.id), col(ApplicationEntity.id))
    )
    return list(session.exec(query))


def due_deliveries(session: Session, now: datetime) -> list[ResultDelivery]:
    """What waits and whose pause after the last attempt is over, oldest first."""
    query = select(ResultDelivery).where(ResultDelivery.status == WAITING)
    waiting = session.exec(query.order_by(col(ResultDelivery.id)))
    return [one for one in waiting if one.tried_at is None or now >= _next_try(one)]


def _next_try(one: ResultDelivery) -> datetime:
    assert one.tried_at is not None
    return one.tried_at + PAUSES[min(one.attempts, len(PAUSES) - 1)]


def is_late(one: ResultDelivery, now: datetime) -> bool:
    """Whether it took, or takes already, longer than declared."""
    return (one.delivered_at or now) - one.queued_at > DELIVERY_LIMIT


def begin_attempt(tx: Session, one: ResultDelivery, *, now: datetime) -> None:
    """Note, before anything is sent, that it will be: after a kill it may have arrived."""
    one.attempts += 1
    one.tried_at = now
    one.outcome = BEGUN
    tx.add(one)


BEGUN: Final = "begun"
"""The outcome of an attempt of which nothing more is known."""


def settle(tx: Session, one: ResultDelivery, *, fault: str, now: datetime) -> None:
    """Write down what became of an attempt; no fault: it arrived. The last attempt gives it up, and
    what was given up during it is not tried again."""
    one.outcome = fault or "stored"
    if not fault:
        wanted = DELIVERED
        one.delivered_at = now
    else:
        over = one.status == UNDELIVERABLE or one.attempts >= len(PAUSES)
        wanted = UNDELIVERABLE if over else WAITING
    if wanted != one.status:
        check_transition("ResultDelivery", one.subject, one.status, wanted)
        one.status = wanted
    tx.add(one)


def resend(tx: Session, one: ResultDelivery, *, by: Actor) -> ResultDelivery:
    """Put what was given up on its way again, from the first attempt on.

    Raises:
        NotAllowed: The person has no role that may.
        TransitionRefused: It is waiting, or was delivered.
        Refused: Use of the device is suspended at the site.
    """
    require(by, Action.RESEND_RESULT)
    require_use(tx, tx.get_one(Prediction, one.prediction_id))
    check_transition("ResultDelivery", one.subject, one.status, WAITING)
    one.status, one.attempts, one.tried_at = WAITING, 0, None
    tx.add(one)
    tx.flush()
    return one
