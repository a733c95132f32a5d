"""The risk file of a device, its items, and each period's observed rates beside the estimates.

A risk file is a version: it is recorded as a draft, signed by two people in different roles and put
into force, which ends the one before (ISO 14971:2019, 4.5, 7 and 8). Its items are never changed; a
changed estimate or control is a new version of the file.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, NotFound
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Device
from records.reasons import says
from records.required_signatures import require_signatures
from records.separation import makers_of
from records.signatures import sign

DRAFT, IN_FORCE, SUPERSEDED = "draft", "in force", "superseded"
ABOVE, WITHIN, BELOW, NOT_ESTIMABLE = "above", "within", "below", "not estimable"
NEW_HAZARD: Final = "new hazard"
"""What a count is that points to no item of the risk file."""


class RiskFile(Record, table=True):
    """A version of a device's risk file: user needs, matrix, and its items by their digest."""

    __tablename__ = "risk_file"
    __table_args__ = (UniqueConstraint("device_name", "version"),)
    PREFIX: ClassVar[str] = "RKF"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "device_name", "version", "content", "content_digest", "recorded_by",
    )

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    """The revision of the definition that it was written for."""
    device_name: str = Field(index=True)
    version: int
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The words of severities and bands of probability, the matrix, user needs, and the digest of
    the items."""
    content_digest: str
    recorded_by: str
    recorded_at: datetime
    status: str = Field(default=DRAFT, index=True)
    in_force_at: datetime | None = None


class RiskItem(Record, table=True):
    """A way in which the device may harm, with its controls and what they leave."""

    __tablename__ = "risk_item"
    __table_args__ = (UniqueConstraint("risk_file_id", "code"),)
    PREFIX: ClassVar[str] = "RSK"

    id: int | None = Field(default=None, primary_key=True)
    risk_file_id: int = Field(foreign_key="risk_file.id", index=True)
    code: str
    category: str
    hazard: str
    sequence: str
    situation: str
    harm: str
    severity: int
    """1 (negligible) to 5 (death), in the words of the file."""
    probability_before: float
    """Expected harmful events a study read, before controls: an estimate."""
    probability_after: float
    """The same with all controls in place."""
    basis: str
    """What the two estimates rest on."""
    controls: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Each with id, kind, words, the requirements that it became, and its verification."""
    observed: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """From which records the event is counted in use; empty where none shows it."""
    estimate_in_use: float | None = None
    """Expected events of that kind a study read; None where there is no estimate."""
    residual: str
    benefit_risk: str = ""


class RiskReview(Record, table=True):
    """The observed rate of each item in a period beside its estimate, and what points to none."""

    __tablename__ = "risk_review"
    PREFIX: ClassVar[str] = "RRV"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "risk_file_id", "period_from", "period_to", "studies", "rows", "new_hazards", "conclusion",
        "made_by", "made_at",
    )

    id: int | None = Field(default=None, primary_key=True)
    risk_file_id: int = Field(foreign_key="risk_file.id", index=True)
    period_from: date
    period_to: date
    studies: int
    """The exposure: studies that the device read in the period, returned to care."""
    rows: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    new_hazards: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    conclusion: str
    made_by: str
    made_at: datetime


def record_risk_file(
    tx: Session, device: Device, *, content: dict[str, Any], content_digest: str,
    items: Sequence[RiskItem], by: Actor, now: datetime,
) -> RiskFile:
    """Record the next version as a draft, with its items.

    Raises:
        NotAllowed: No role that works on risk files.
        InvalidInput: It says what the version before says, or holds no item.
    """
    require(by, Action.WORK_ON_RISKS)
    if not items:
        raise InvalidInput("The risk file holds no item.", hint="List at least one hazard.")
    last = newest_risk_file(tx, device.name)
    if last is not None and last.content_digest == content_digest:
        raise InvalidInput(
            f"The file says what {last.label} says (version {last.version}).",
            hint="Change it first; a version is a change.",
        )
    made = RiskFile(
        device_id=device.id or 0, device_name=device.name,
        version=last.version + 1 if last else 1, content=content, content_digest=content_digest,
        recorded_by=by.name, recorded_at=now,
    )
    tx.add(made)
    tx.flush()
    for one in items:
        one.risk_file_id = made.id or 0
    tx.add_all(items)
    tx.flush()
    return made


def accept_risk_file(tx: Session, one: RiskFile, *, by: Actor, now: datetime) -> RiskFile:
    """Put a signed version into force; the one before is superseded (ISO 14971, 8).

    Raises:
        NotAllowed: No role that may.
        Refused: Without valid signatures of two people in different roles.
        TransitionRefused: It is no draft.
    """
    require(by, Action.ACCEPT_RISKS)
    check_transition("RiskFile", one.label, one.status, IN_FORCE)
    require_signatures(tx, one)
    before = select(RiskFile).where(
        RiskFile.device_name == one.device_name, RiskFile.status == IN_FORCE
    )
    for earlier in tx.exec(before):
        earlier.status = SUPERSEDED
        tx.add(earlier)
    one.status, one.in_force_at = IN_FORCE, now
    tx.add(one)
    tx.flush()
    return one


def newest_risk_file(session: Session, device_name: str) -> RiskFile | None:
    """The newest version of a device's risk file, whatever its status."""
    query = select(RiskFile).where(RiskFile.device_name == device_name)
    return session.exec(query.order_by(col(RiskFile.version).desc())).first()


def risk_file_in_force(session: Session, device_name: str) -> RiskFile:
    """The version in force.

    Raises:
        NotFound: None is in force; it is said what to do.
    """
    query = select(RiskFile).where(
        RiskFile.device_name == device_name, RiskFile.status == IN_FORCE
    )
    found = session.exec(query).first()
    if found is None:
        newest = newest_risk_file(session, device_name)
        raise NotFound(
            f"No risk file of {device_name} is in force.",
            hint=f"{newest.label} is a draft: two people sign it, then 'radvigil risk accept "
            f"{newest.label}'." if newest else "Record one: 'radvigil risk import FILE'.",
        )
    return found


def items_of(session: Session, one: RiskFile) -> list[RiskItem]:
    """The items of a version, in the order of the file."""
    query = select(RiskItem).where(RiskItem.risk_file_id == one.id).order_by(col(RiskItem.id))
    return list(session.exec(query))


def newest_review(session: Session, one: RiskFile) -> RiskReview | None:
    """The review of a version that was made last; None where no period was reviewed."""
    query = select(RiskReview).where(RiskReview.risk_file_id == one.id)
    return session.exec(query.order_by(col(RiskReview.id).desc())).first()


def record_risk_review(
    tx: Session, review: RiskReview, *, by: Actor, password: str, now: datetime
) -> RiskReview:
    """Keep a review and sign it as its author; somebody else approves it afterwards.

    Raises:
        NotAllowed: No role that works on risk files, or a wrong password.
        InvalidInput: The conclusion says nothing.
    """
    require(by, Action.WORK_ON_RISKS)
    if not says(review.conclusion):
        raise InvalidInput(
            "The conclusion says nothing.",
            hint="Say whether the risk file stands, and what follows where it does not.",
        )
    tx.add(review)
    tx.flush()
    sign(tx, review, signer=by, password=password, meaning=Meaning.AUTHOR,
         reason=review.conclusion, now=now)  # fmt: skip
    return review


def own_or_approval(tx: Session, record: Record, person: Actor) -> Meaning:
    """With which meaning a person decides on a record: as author where it is the person's own."""
    return Meaning.AUTHOR if person.name in makers_of(tx, record) else Meaning.APPROVAL
