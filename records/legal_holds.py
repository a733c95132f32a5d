"""Legal holds: nothing that one covers is deleted, whatever its period says, until it is lifted."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, NotFound
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.product import Device, Site

HELD_KINDS = {
    "image": "images of studies", "quarantine": "refused files", "export": "exported copies",
}
"""Kinds of bytes that can be deleted at all, and therefore held; each in words for people."""


class LegalHold(Record, table=True):
    """What must not be deleted, why, since when, by whom; empty scopes restrict nothing."""

    __tablename__ = "legal_hold"
    PREFIX: ClassVar[str] = "HLD"

    id: int | None = Field(default=None, primary_key=True)
    device: str = ""
    site: str = ""
    patient: str = ""
    """A pseudonym."""
    kinds: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    reason: str
    placed_by: str
    placed_at: datetime
    status: str = "standing"
    lifted_by: str = ""
    lifted_at: datetime | None = None
    lifted_because: str = ""

    @property
    def scope(self) -> str:
        """What it covers, in words."""
        parts = [
            f"{name} {value}" for name, value in
            (("device", self.device), ("site", self.site), ("patient", self.patient)) if value
        ]
        return ", ".join([*(str(kind) for kind in self.kinds), *parts]) or "everything"

    def covers(self, kind: str, *, site: str = "", patient: str = "") -> bool:
        """Whether it covers bytes of this kind; what is not known of them is never a way out.

        A hold on a device covers bytes of every device: images belong to none alone.
        """
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.site or not site or site == self.site)
            and (not self.patient or not patient or patient == self.patient)
        )


def place_hold(
    tx: Session, *, by: Actor, reason: str, now: datetime, device: str = "", site: str = "",
    patient: str = "", kinds: list[str] | None = None,
) -> LegalHold:
    """Put a hold on record; it counts from now on.

    Raises:
        NotAllowed: No role of the person may.
        InvalidInput: A kind of bytes that is none.
        NotFound: There is no such device or site.
    """
    require(by, Action.PLACE_HOLD)
    for kind in kinds or []:
        if kind not in HELD_KINDS:
            raise InvalidInput(f"'{kind}' cannot be held.", hint=f"Known: {', '.join(HELD_KINDS)}.")
    if site and tx.exec(select(Site.id).where(Site.name == site)).first() is None:
        raise NotFound(f"There is no site '{site}'.", hint="See 'radvigil site list'.")
    if device and tx.exec(select(Device.id).where(Device.name == device)).first() is None:
        raise NotFound(f"There is no device '{device}'.", hint="See 'radvigil device list'.")
    hold = LegalHold(
        device=device, site=site, patient=patient, kinds=list(dict.fromkeys(kinds or [])),
        reason=reason, placed_by=by.name, placed_at=now,
    )
    tx.add(hold)
    tx.flush()
    return hold


def lift_hold(
    tx: Session, hold: LegalHold, *, by: Actor, reason: str, now: datetime
) -> LegalHold:
    """End a hold; what is due then can be deleted.

    Raises:
        NotAllowed: No role of the person may.
        TransitionRefused: It was lifted before.
    """
    require(by, Action.PLACE_HOLD)
    check_transition("LegalHold", hold.subject, hold.status, "lifted")
    hold.status = "lifted"
    hold.lifted_by, hold.lifted_at, hold.lifted_because = by.name, now, reason
    tx.add(hold)
    tx.flush()
    return hold


def standing_holds(session: Session) -> list[LegalHold]:
    """The holds that count, the oldest first."""
    query = select(LegalHold).where(LegalHold.status == "standing").order_by(col(LegalHold.id))
    return list(session.exec(query))
