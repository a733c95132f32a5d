"""Security events are screened as possible incidents (REG-105; MDR Annex I 17.2, MDCG 2019-16).

Damage that verification found, a clock set back, a personal data breach and a component that an
advisory affects each wait in the list of work until a person decides, signed, whether it is an
incident. Who answers the notice, closes the breach or plans a patch does not screen it by that.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.breaches import Breach
from records.errors import InvalidInput, Refused
from records.incidents import Incident, add_awareness, sign_decision
from records.notices import Notice, NoticeKind
from records.owed_work import OwedWork
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.reasons import says
from records.supplied_software import (
    AFFECTED,
    NOT_AFFECTED,
    OPEN,
    PATCH_PLANNED,
    VulnerabilityTriage,
)
from records.work_steps import roles_of

SCREENED: Final = (NoticeKind.DAMAGE_FOUND.value, NoticeKind.CLOCK_SET_BACK.value)
"""The notices that tell of a security event; a locked account is what locks are for."""
BREACH: Final = "personal data breach"
CITATION: Final = "MDR Annex I 17.2; MDCG 2019-16"

VULNERABLE: Final = "affected by an advisory"

SecurityEvent = Notice | Breach | VulnerabilityTriage


class SecurityScreening(Record, table=True):
    """The signed decision what a security event was: an incident, or none."""

    __tablename__ = "security_screening"
    PREFIX: ClassVar[str] = "SSC"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "about", "incident_id", "grounds", "decided_by", "decided_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    about: str = Field(unique=True)
    """The notice, breach or triage of an advisory, such as NTC-0003."""
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    """The incident that was opened; None where it was none."""
    grounds: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Affected:
    """The device that a security event may have harmed, and the site; '' where it was every one."""

    device: Device
    site: str = ""


def screen_security_event(
    tx: Session, event: SecurityEvent, *, affected: Affected | None, grounds: str, by: Actor,
    password: str, now: datetime,
) -> Incident | None:
    """Decide, signed, whether a security event is an incident; one is opened if it is.

    affected: of an incident the device and the site; None: it is no incident.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: No grounds.
        Refused: It is no security event, or was screened before.
    """
    require(by, Action.SCREEN_EVENT)
    if not says(grounds):
        raise InvalidInput("The decision has no grounds.", hint="Say why it is one, or is none.")
    _require_event(event)
    query = select(SecurityScreening).where(SecurityScreening.about == event.label)
    if (known := tx.exec(query).first()) is not None:
        raise Refused(f"{event.label} was screened before: {known.label}.",
                      hint="What is new is taken in as a complaint.")  # fmt: skip
    made = _opened(tx, event, affected, by=by, now=now) if affected else None
    screening = SecurityScreening(
        about=event.label, incident_id=made.id if made else None, grounds=grounds.strip(),
        decided_by=by.name, decided_at=now,
    )
    sign_decision(tx, screening, by=by, password=password, reason=grounds, now=now)
    return made


def _require_event(event: SecurityEvent) -> None:
    if isinstance(event, Notice) and event.kind not in SCREENED:
        raise Refused(f"{event.label} ({event.kind}) is no security event.",
                      hint=f"Screened are notices of {', '.join(SCREENED)}; breaches; affected "
                      "components.")  # fmt: skip
    if isinstance(event, VulnerabilityTriage) and event.status in (OPEN, NOT_AFFECTED):
        raise Refused(f"{event.label} is '{event.status}': nothing is affected, as far as is said.",
                      hint="Decide on the advisory first: 'radvigil soup decide'.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """An event in a few words, in full, since when it was known, and to whom."""

    kind: str
    words: str
    known_at: datetime
    who: str


def _told(event: SecurityEvent) -> _Told:
    if isinstance(event, Notice):
        return _Told(event.kind, event.words, event.raised_at, "verification")
    if isinstance(event, Breach):
        return _Told(BREACH, event.what, event.aware_at, event.recorded_by)
    return _Told(VULNERABLE, f"{event.advisory} of {event.component} {event.version}: "
                 f"{event.words}", event.decided_at or event.opened_at,
                 event.decided_by or event.opened_by)  # fmt: skip


def _opened(
    tx: Session, event: SecurityEvent, affected: Affected, *, by: Actor, now: datetime
) -> Incident:
    """The incident, with the instant from which the event was known as an awareness fact."""
    told = _told(event)
    made = Incident(device_id=affected.device.id or 0, site=affected.site,
                    words=f"Security event {event.label}: {told.words}", opened_by=by.name,
                    opened_at=now)  # fmt: skip
    tx.add(made)
    tx.flush()
    add_awareness(tx, made, person=told.who, person_class="ANY_EMPLOYEE", known_at=told.known_at,
                  zone="UTC", how=f"{event.label}: {told.kind}", by=by, now=now)  # fmt: skip
    return made


def owed_screenings(reader: Session) -> list[OwedWork]:
    """Security events that nobody screened yet, kind by kind, the oldest first; no rule gives a
    day."""
    done = set(reader.exec(select(SecurityScreening.about)))
    notices = select(Notice).where(col(Notice.kind).in_(SCREENED)).order_by(col(Notice.id))
    affected = select(VulnerabilityTriage).where(
        col(VulnerabilityTriage.status).in_((AFFECTED, PATCH_PLANNED))
    )
    found: list[SecurityEvent] = [
        *reader.exec(notices), *reader.exec(select(Breach).order_by(col(Breach.id))),
        *reader.exec(affected.order_by(col(VulnerabilityTriage.id))),
    ]
    return [
        OwedWork(one.label, "security event", f"screen as a possible incident: {told.kind}",
                 roles_of(Action.SCREEN_EVENT), None, CITATION, told.known_at, step="screening",
                 status=one.status, words=told.words)
        for one in found if one.label not in done for told in (_told(one),)
    ]  # fmt: skip
