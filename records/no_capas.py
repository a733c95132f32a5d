"""The decision that no corrective or preventive action is needed: signed, with its reason (REG-036,
REG-085; ISO 13485:2016, 8.5.2)."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, Session, select

from records.base import Record
from records.capas import CAPA, CLOSED, device_of, linked_record
from records.errors import InvalidInput, Refused
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.reasons import says
from records.signatures import sign


class NoCAPA(Record, table=True):
    """That a record needs no CAPA, who decided so, and why."""

    __tablename__ = "no_capa"
    PREFIX: ClassVar[str] = "NCA"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "source", "grounds", "decided_by", "decided_at",
    )

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    source: str = Field(index=True)
    """The record that it was decided for, such as ALT-0003."""
    grounds: str
    decided_by: str
    decided_at: datetime


def decide_no_capa(
    tx: Session, *, source: str, grounds: str, by: Actor, password: str,
    now: datetime,
) -> NoCAPA:
    """Decide that a record needs no CAPA; a later CAPA of it can still be opened.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: The grounds say nothing, or the source is no label.
        NotFound: There is no such record.
        Refused: A CAPA of it is open.
    """
    require(by, Action.CLOSE_CAPA)
    if not says(grounds):
        raise InvalidInput("The grounds say nothing.", hint="Say why no CAPA is needed.")
    known_as = linked_record(tx, source)
    label = known_as.label
    query = select(CAPA).where(CAPA.source == label, CAPA.status != CLOSED)
    if (known := tx.exec(query).first()) is not None:
        raise Refused(
            f"{known.label} of {label} is '{known.status}'.",
            hint="Work on it, or close it with the reason.",
        )
    made = NoCAPA(device_id=device_of(tx, known_as), source=label, grounds=grounds.strip(),
                  decided_by=by.name, decided_at=now)  # fmt: skip
    tx.add(made)
    tx.flush()
    sign(tx, made, signer=by, password=password, meaning=Meaning.AUTHOR, reason=grounds.strip(),
         now=now)  # fmt: skip
    return made
