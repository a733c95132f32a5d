"""The address of a person's calendar: a token that reads what waits for that person, and no more.

It is random (256 bits) and shown once; on record is its SHA-256 alone. It counts until it is
revoked or the account may no longer have one; unknown and revoked ones are answered alike.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, may, require

BYTES: Final = 32
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class CalendarToken(Record, table=True):
    """What lets a calendar program read the days that wait for one person."""

    __tablename__ = "calendar_token"
    PREFIX: ClassVar[str] = "CLT"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="actor.id", index=True)
    secret_digest: str = Field(unique=True)
    """SHA-256 (hex) of the token."""
    made_at: datetime
    status: str = "active"
    revoked_by: str = ""
    revoked_at: datetime | None = None


def make_calendar_token(tx: Session, *, by: Actor, now: datetime) -> tuple[CalendarToken, str]:
    """A new address of one's own calendar, with its token, which nobody can read again.

    Raises:
        NotAllowed: An auditor, or an account without a role: nothing waits for them.
    """
    require(by, Action.SUBSCRIBE_CALENDAR)
    token = secrets.token_urlsafe(BYTES)
    made = CalendarToken(person_id=by.id or 0, secret_digest=_digest(token), made_at=now)
    tx.add(made)
    tx.flush()
    return made, token


def revoke_calendar_token(
    tx: Session, one: CalendarToken, *, by: Actor, now: datetime
) -> CalendarToken:
    """The address gives nothing any more; one's own, or another's by who manages tokens.

    Raises:
        NotAllowed: It is another person's, and no role may.
        TransitionRefused: It was revoked before.
    """
    require(by, Action.SUBSCRIBE_CALENDAR if one.person_id == by.id else Action.MANAGE_TOKENS)
    check_transition("CalendarToken", one.subject, one.status, "revoked")
    one.status = "revoked"
    one.revoked_by, one.revoked_at = by.name, now
    tx.add(one)
    tx.flush()
    return one


def person_of_calendar(session: Session, token: str) -> Actor | None:
    """Whose calendar this token reads; None where it is unknown, revoked, or counts no more."""
    whole = token if _TOKEN.fullmatch(token) else ""
    digest = _digest(whole)
    query = select(CalendarToken).where(CalendarToken.secret_digest == digest)
    found = session.exec(query).first()
    if not whole or found is None or not hmac.compare_digest(found.secret_digest, digest):
        return None
    person = session.get_one(Actor, found.person_id)
    return person if found.status == "active" and may(person, Action.SUBSCRIBE_CALENDAR) else None


def calendar_tokens(session: Session, person: Actor | None = None) -> list[CalendarToken]:
    """Every address, or those of one person, in order."""
    query = select(CalendarToken).order_by(col(CalendarToken.id))
    if person is not None:
        query = query.where(CalendarToken.person_id == person.id)
    return list(session.exec(query))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
