"""What another maker's product said of a study, as it came: joined to the study, waiting for it,
or saying something else than before."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, func, select

from records.base import Record
from records.product import Device, Site

WAITING, APPLIED, CHANGED = "waiting", "applied", "changed"


class ExternalResult(Record, table=True):
    """A result of a product that is seen from outside, without identities.

    The file or message that it was read from is not kept; its digest tells which it was. The same
    saying again, by whichever way, adds no row.
    """

    __tablename__ = "external_result"
    __table_args__ = (UniqueConstraint("device_id", "content_digest"),)
    PREFIX: ClassVar[str] = "XRS"

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    """The revision of the definition by which it was read."""
    site_id: int = Field(foreign_key="site.id")
    study_uid: str = Field(index=True)
    """The pseudonym of the study, which may not be here yet."""
    origin: str
    """By which way it came: SR, secondary capture, ORU, CSV, FHIR."""
    software: str
    """The version of the product, as the result names it."""
    score: float | None = None
    """0 to 1; None where the product states no score."""
    decision: bool
    said_at: datetime
    content_digest: str
    """SHA-256 over what is said: study, version, score and decision."""
    source_digest: str = Field(index=True)
    """SHA-256 of the file or message; of a table, of the table."""
    received_at: datetime
    status: str = Field(default=WAITING, index=True)
    """waiting for its study; applied: it is a Prediction; changed: the same version had said
    something else of the study before, and that stays the Prediction."""


def waiting_results(session: Session, device_name: str) -> list[ExternalResult]:
    """The results of a device whose studies are not here yet, oldest first."""
    query = (
        select(ExternalResult).join(Device, col(Device.id) == ExternalResult.device_id)
        .where(Device.name == device_name, ExternalResult.status == WAITING)
    )
    return list(session.exec(query.order_by(col(ExternalResult.id))))


def said_before(session: Session, device_name: str, digests: set[str]) -> set[str]:
    """Which of these contents are on record for any revision of a device."""
    found: set[str] = set()
    wanted = sorted(digests)
    for at in range(0, len(wanted), 500):
        query = (
            select(ExternalResult.content_digest)
            .join(Device, col(Device.id) == ExternalResult.device_id)
            .where(
                Device.name == device_name,
                col(ExternalResult.content_digest).in_(wanted[at : at + 500]),
            )
        )
        found.update(session.exec(query))
    return found


def results_by_state(session: Session, device_name: str) -> list[tuple[str, str, str, int]]:
    """How many results of a device came, by site, way and status: (site, origin, status, n)."""
    query = (
        select(Site.name, ExternalResult.origin, ExternalResult.status, func.count())
        .join(Site, col(Site.id) == ExternalResult.site_id)
        .join(Device, col(Device.id) == ExternalResult.device_id)
        .where(Device.name == device_name)
        .group_by(Site.name, ExternalResult.origin, ExternalResult.status)
        .order_by(Site.name, ExternalResult.origin, ExternalResult.status)
    )
    return [(str(a), str(b), str(c), int(n)) for a, b, c, n in session.exec(query)]
