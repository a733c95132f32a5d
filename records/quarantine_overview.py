"""Refused files as people look for them: by site, day and reason, and what became of each since."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, func, select

from records.audit import AuditEvent
from records.cases import Instance, Quarantine
from records.product import Site

EXAMINED_AGAIN: Final = "file examined again"
"""The action of the event on a quarantined file that somebody had examined again."""
SHOWN = 200


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file in quarantine. taken_in_as: the image it is by now, '' while it is none.

    again: what became of it when it was examined again last, '' where it never was.
    """

    label: str
    site: str
    reason: str
    detail: str
    arrived_on: date
    size_bytes: int
    source_digest: str
    taken_in_as: str
    again: str
    again_at: datetime | None

    @property
    def state(self) -> str:
        """taken in since, refused again, or in quarantine."""
        if self.taken_in_as:
            return "taken in since"
        return "refused again" if self.again else "in quarantine"


def refused_files(
    reader: Session, *, site: str = "", reason: str = "", first: date | None = None,
    last: date | None = None, most: int = SHOWN,
) -> list[RefusedFile]:
    """The newest refused files that fit; each reason begins with ``reason``."""
    image = (
        select(func.min(Instance.id)).where(Instance.source_digest == Quarantine.source_digest)
        .correlate(Quarantine).scalar_subquery()
    )
    query: Any = (
        select(Quarantine, Site.name, image).join(Site, col(Site.id) == Quarantine.site_id)
        .order_by(col(Quarantine.arrived_on).desc(), col(Quarantine.id).desc())
        .limit(most)
    )
    if site:
        query = query.where(Site.name == site)
    if reason:
        query = query.where(col(Quarantine.reason).startswith(reason, autoescape=True))
    if first:
        query = query.where(col(Quarantine.arrived_on) >= first)
    if last:
        query = query.where(col(Quarantine.arrived_on) <= last)
    rows = list(reader.exec(query))
    again = _examined_again(reader, [one.subject for one, _, _ in rows])
    return [
        RefusedFile(
            one.label, name, one.reason, one.detail, one.arrived_on, one.size_bytes,
            one.source_digest, Instance.label_of(number) if number else "",
            *again.get(one.subject, ("", None)),
        )
        for one, name, number in rows
    ]


def refusal_reasons(reader: Session) -> list[str]:
    """Every reason for which a file was ever refused, by name."""
    return list(reader.exec(select(Quarantine.reason).distinct().order_by(Quarantine.reason)))


def _examined_again(
    reader: Session, subjects: list[str]
) -> dict[str, tuple[str, datetime | None]]:
    query = (
        select(AuditEvent)
        .where(AuditEvent.action == EXAMINED_AGAIN, col(AuditEvent.subject).in_(subjects))
        .order_by(col(AuditEvent.sequence))
    )
    return {
        one.subject: (
            str(json.loads(one.new).get("outcome", "")), datetime.fromisoformat(one.at)
        )
        for one in reader.exec(query)
    }
