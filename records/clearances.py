"""Which version an authority cleared or a notified body certified: what later ones differ from."""

from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, NotFound
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Device, ModelVersion
from records.reasons import says
from records.signatures import sign


class Clearance(Record, table=True):
    """A version that was cleared, approved or certified: by whom, under which number, when."""

    __tablename__ = "clearance"
    PREFIX: ClassVar[str] = "CLR"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "model_version_id", "authority", "number", "cleared_on",
    )

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    model_version_id: int = Field(foreign_key="model_version.id")
    authority: str
    """Who decided, such as FDA or the notified body's number."""
    number: str
    """Of the clearance or certificate, such as K253456."""
    cleared_on: date
    recorded_by: str
    recorded_at: datetime


def record_clearance(
    tx: Session, version: ModelVersion, *, authority: str, number: str, cleared_on: date,
    by: Actor, password: str, reason: str, now: datetime,
) -> Clearance:  # fmt: skip
    """A person signs that a version was cleared.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: Authority or number is missing, or the day has not come yet.
    """
    require(by, Action.RECORD_CLEARANCE)
    if not says(authority) or not says(number):
        raise InvalidInput("Authority and number are needed.", hint="Read them from the letter.")
    if cleared_on > now.date():
        raise InvalidInput(f"{cleared_on} has not come yet.", hint="Name the day of the decision.")
    made = Clearance(
        device_id=version.device_id, model_version_id=version.id or 0,
        authority=authority.strip(), number=number.strip(), cleared_on=cleared_on,
        recorded_by=by.name, recorded_at=now,
    )
    tx.add(made)
    tx.flush()
    sign(tx, made, signer=by, password=password, meaning=Meaning.AUTHOR, reason=reason, now=now)
    return made


def last_clearance(
    session: Session, device_name: str, *, authority: str | None = None
) -> Clearance:
    """The clearance of a device with the latest day, of one authority or of any.

    Raises:
        NotFound: None is on record.
    """
    query = (
        select(Clearance).join(Device, col(Device.id) == Clearance.device_id)
        .where(Device.name == device_name)
        .order_by(col(Clearance.cleared_on).desc(), col(Clearance.id).desc())
    )  # fmt: skip
    if authority is not None:
        query = query.where(Clearance.authority == authority)
    found = session.exec(query).first()
    if found is None:
        by = f" by {authority}" if authority is not None else ""
        raise NotFound(
            f"No cleared or certified version of {device_name}{by} is on record.",
            hint="Use 'radvigil model clear MDV-0001 --authority ... --number ... --on ...'.",
        )
    return found
