"""What changed since a person was here last, counted from the records.

The last visit is the sign-in before this one, as the audit trail has it; somebody who was never
here before is told of the last days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from records.audit import AuditEvent
from records.capas import CAPA
from records.lockout import SIGN_IN
from records.planned_changes import PlannedChange
from records.product import Device, Site
from records.provider_sign_in import SIGN_IN_BY_PROVIDER
from records.quality import ChangeRequest, Document, Release
from records.surveillance import Alert, MonitoringPlan
from records.zones import in_utc

__all__ = ["Changed", "LastVisit", "changes_since", "last_visit"]

NEVER_HERE: Final = timedelta(days=7)
"""How far back whoever was never here before is shown changes."""


@dataclass(frozen=True, slots=True)
class LastVisit:
    """Since when changes are told; ``known``: whether there was a visit before this one."""

    since: datetime
    known: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A record that is new, or that moved on: its kind, label, what happened, when."""

    kind: str
    label: str
    what: str
    words: str
    at: datetime
    device: str = ""
    site: str = ""


def last_visit(session: Session, account: str, *, now: datetime) -> LastVisit:
    """The sign-in of an account before its latest one; where there is none, some days ago."""
    signed_in = (
        select(AuditEvent.at)
        .where(AuditEvent.actor == account,
               col(AuditEvent.action).in_((SIGN_IN, SIGN_IN_BY_PROVIDER)))
        .order_by(col(AuditEvent.sequence).desc()).limit(2)
    )  # fmt: skip
    times = session.exec(signed_in).all()
    if len(times) < 2:
        return LastVisit(now - NEVER_HERE, known=False)
    return LastVisit(datetime.fromisoformat(times[1]), known=True)


def changes_since(session: Session, since: datetime) -> list[Changed]:
    """Alerts, releases, documents, CAPAs and announced changes since an instant, newest first."""
    since = in_utc(since)
    found = [
        *_alerts(session, since), *_releases(session, since), *_documents(session, since),
        *_capas(session, since), *_announced(session, since),
    ]
    return sorted(found, key=lambda one: in_utc(one.at), reverse=True)


def _moves(one: Any, since: datetime, **what: str) -> list[tuple[str, datetime]]:
    """Each of these columns that has an instant since then, with what it means."""
    times = [(words, getattr(one, column)) for column, words in what.items()]
    return [(words, at) for words, at in times if at is not None and in_utc(at) >= since]


def _since(table: Any, since: datetime, *columns: str) -> Any:
    return or_(*(getattr(table, column) >= since for column in columns))


def _alerts(session: Session, since: datetime) -> list[Changed]:
    columns = {"raised_at": "raised", "acknowledged_at": "acknowledged", "closed_at": "closed"}
    rows = session.exec(
        select(Alert, Device.name)
        .join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(_since(Alert, since, *columns))
    )
    return [
        Changed("alert", one.label, words, one.summary, at, device, one.site)
        for one, device in rows for words, at in _moves(one, since, **columns)
    ]  # fmt: skip


def _releases(session: Session, since: datetime) -> list[Changed]:
    rows = session.exec(
        select(Release, ChangeRequest, Device.name)
        .join(ChangeRequest, col(ChangeRequest.id) == Release.change_request_id)
        .join(Device, col(Device.id) == ChangeRequest.device_id)
        .where(col(Release.decided_at) >= since)
    )
    return [
        Changed("release", one.label, one.outcome, change.title, one.decided_at, device)
        for one, change, device in rows
    ]


def _documents(session: Session, since: datetime) -> list[Changed]:
    columns = {"compiled_at": "compiled", "effective_at": "in force", "ended_at": "ended"}
    rows = session.exec(
        select(Document, Device.name).join(Device, col(Device.id) == Document.device_id)
        .where(_since(Document, since, *columns))
    )
    return [
        Changed("document", f"{one.number} v{one.version}", words, one.title, at, device)
        for one, device in rows for words, at in _moves(one, since, **columns)
    ]  # fmt: skip


def _capas(session: Session, since: datetime) -> list[Changed]:
    rows = session.exec(
        select(CAPA, Device.name).join(Device, col(Device.id) == CAPA.device_id)
        .where(_since(CAPA, since, "opened_at", "closed_at"))
    )
    return [
        Changed("CAPA", one.label, words, one.problem, at, device)
        for one, device in rows
        for words, at in _moves(one, since, opened_at="opened", closed_at="closed")
    ]


def _announced(session: Session, since: datetime) -> list[Changed]:
    rows = session.exec(
        select(PlannedChange, Site.name).join(Site, col(Site.id) == PlannedChange.site_id)
        .where(col(PlannedChange.announced_at) >= since)
    )
    return [
        Changed("announced change", one.label,
                "announced" if one.withdraws_id is None else "withdrawn", one.description,
                one.announced_at, site=site)
        for one, site in rows
    ]  # fmt: skip
