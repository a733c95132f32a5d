"""What auditors may see of a live workspace: what they were granted, on the days of the grant.

An account whose only role is auditor sees nothing there without a grant. A grant names its purpose,
its days and its scope; several add up. What lies outside is refused, and the attempt is an event
(21 CFR 11.10(d), (g)).
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.clock import is_demonstration
from records.errors import InvalidInput, NotAllowed
from records.kinds import KINDS, Scope, holds, kind_named, numbers_in
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, looks_only_as_auditor, require
from records.product import Device, Site


class AuditGrant(Record, table=True):
    """What an auditor may see, on which days, and what for."""

    __tablename__ = "audit_grant"
    PREFIX: ClassVar[str] = "GRN"

    id: int | None = Field(default=None, primary_key=True)
    auditor_id: int = Field(foreign_key="actor.id", index=True)
    purpose: str
    first_day: date
    last_day: date
    """The last day on which it counts."""
    devices: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Names; none: not limited to devices. So for sites and kinds."""
    sites: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    kinds: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    records_since: date | None = None
    records_until: date | None = None
    granted_by: str
    granted_at: datetime
    status: str = "granted"
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None

    @property
    def scope(self) -> Scope:
        """Which records it holds."""
        return Scope(
            tuple(self.devices), tuple(self.sites), tuple(self.kinds), self.records_since,
            self.records_until,
        )


def grant_access(
    tx: Session, auditor: Actor, scope: Scope, *, purpose: str, first_day: date, last_day: date,
    by: Actor, now: datetime,
) -> AuditGrant:
    """The auditor may see what the scope holds, on these days.

    Raises:
        NotAllowed: The one who grants has no role that may.
        InvalidInput: The account is no auditor's alone, a day or period is past or in the wrong
            order, there is no purpose, or a device, site or kind is not known.
    """
    require(by, Action.GRANT_ACCESS)
    if not looks_only_as_auditor(auditor):
        raise InvalidInput(
            f"'{auditor.name}' is not an active account with the role auditor alone.",
            hint="Who has another role sees what that role sees, without a grant.",
        )
    if last_day < now.date() or first_day > last_day:
        raise InvalidInput(f"{first_day} to {last_day} is past, or ends before it begins.")
    if scope.since and scope.until and scope.since > scope.until:
        raise InvalidInput(f"No record is of {scope.since} to {scope.until}.")
    if len(purpose.strip()) < 3:
        raise InvalidInput("No purpose was given.", hint="Name the audit, such as its number.")
    _require_known(tx, scope)
    assert auditor.id is not None
    grant = AuditGrant(
        auditor_id=auditor.id, purpose=purpose.strip(), first_day=first_day, last_day=last_day,
        devices=list(scope.devices), sites=list(scope.sites), kinds=list(scope.kinds),
        records_since=scope.since, records_until=scope.until, granted_by=by.name, granted_at=now,
    )
    tx.add(grant)
    tx.flush()
    return grant


def _require_known(tx: Session, scope: Scope) -> None:
    for name in scope.kinds:
        kind_named(name)
    for table, names in ((Device, scope.devices), (Site, scope.sites)):
        for name in names:
            if tx.exec(select(table.id).where(table.name == name)).first() is None:
                raise InvalidInput(f"There is no {table.__name__.lower()} '{name}'.")


def withdraw_grant(tx: Session, grant: AuditGrant, *, by: Actor, now: datetime) -> AuditGrant:
    """The grant counts no more, from now on.

    Raises:
        NotAllowed: The one who withdraws has no role that may.
        TransitionRefused: It was withdrawn before.
    """
    require(by, Action.GRANT_ACCESS)
    check_transition("AuditGrant", grant.subject, grant.status, "withdrawn")
    grant.status = "withdrawn"
    grant.withdrawn_by, grant.withdrawn_at = by.name, now
    tx.add(grant)
    tx.flush()
    return grant


def is_bound(session: Session, person: Actor) -> bool:
    """Whether this person sees only what was granted: an auditor, in a live workspace."""
    return looks_only_as_auditor(person) and not is_demonstration(session)


def grants_on(session: Session, auditor: Actor, on: date) -> list[AuditGrant]:
    """The grants of an auditor that count on a day."""
    query = select(AuditGrant).where(
        AuditGrant.auditor_id == auditor.id, AuditGrant.status == "granted",
        col(AuditGrant.first_day) <= on, col(AuditGrant.last_day) >= on,
    )
    return list(session.exec(query.order_by(col(AuditGrant.id))))


def numbers_visible(
    session: Session, person: Actor, kind: str, period: Scope, *, on: date
) -> list[int]:
    """The numbers of the records of a kind and period that this person may see, in order."""
    within = set(numbers_in(session, kind, period))
    if is_bound(session, person):
        grants = grants_on(session, person, on)
        within &= {number for one in grants for number in numbers_in(session, kind, one.scope)}
    return sorted(within)


def kinds_visible(session: Session, person: Actor, *, on: date) -> list[str]:
    """The kinds of records of which this person may see any, by name."""
    if not is_bound(session, person):
        return list(KINDS)
    granted = [one.scope.kinds for one in grants_on(session, person, on)]
    return [name for name in KINDS if any(not kinds or name in kinds for kinds in granted)]


def require_visible(session: Session, person: Actor, subject: str, *, on: date) -> None:
    """Raise :class:`NotAllowed` where an auditor was not granted the record of this subject."""
    if not is_bound(session, person):
        return
    grants = grants_on(session, person, on)
    if not grants:
        raise NotAllowed(
            f"No grant of '{person.name}' counts on {on}: nothing is shown.",
            hint="Quality or an administrator grants access: 'radvigil user grant'.",
        )
    kind, _, number = subject.partition(":")
    table = next((one.table for one in KINDS.values() if one.table.__name__ == kind), None)
    record = session.get(table, int(number)) if table is not None and number.isdigit() else None
    if record is None or not any(holds(session, one.scope, record) for one in grants):
        raise NotAllowed(
            f"{subject} lies outside what '{person.name}' was granted.",
            hint=f"Granted: {' | '.join(one.scope.words for one in grants)}.",
        )
