"""Lockout: an account whose password fails several times in a row rests (21 CFR 11.300(d)).

Whether an account is locked is read from the audit trail; nothing else is stored. Only failed
passwords count, at sign-in and at signing; a sign-in or a signature begins the count anew.
"""

import json
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, and_, col, func, or_, select

from records.audit import AuditEvent, note
from records.base import plain
from records.clock import is_demonstration
from records.errors import NotAllowed
from records.notices import NoticeKind, raise_notice
from records.people import Actor
from records.permissions import Action, require

FAILURES = 5
"""So many failed passwords in a row lock an account."""

LOCKED_FOR = timedelta(minutes=15)

SIGN_IN, SIGN_IN_REFUSED, PASSWORD_REFUSED = "sign in", "sign-in refused", "password refused"
LOCKED, UNLOCKED = "account locked", "account unlocked"


def require_unlocked(session: Session, actor: Actor, *, now: datetime) -> None:
    """Raise :class:`NotAllowed` while the account is locked, naming until when."""
    events = select(AuditEvent).where(
        AuditEvent.subject == actor.subject, col(AuditEvent.action).in_((LOCKED, UNLOCKED))
    )
    last = session.exec(events.order_by(col(AuditEvent.sequence).desc()).limit(1)).first()
    if last is None or last.action == UNLOCKED:
        return
    until = datetime.fromisoformat(json.loads(last.new)["until"])
    if _attempted_at(session, now) < until:
        raise NotAllowed(
            f"'{actor.name}' is locked until {until:%Y-%m-%d %H:%M} UTC: the password failed "
            f"{FAILURES} times in a row.",
            hint="Wait, or have an administrator unlock it ('radvigil user unlock').",
        )


def note_failed_password(tx: Session, actor: Actor, action: str, *, now: datetime) -> None:
    """Write a failed password down; the last of :data:`FAILURES` in a row locks the account."""
    note(tx, action, actor.subject)
    if _failures_in_a_row(tx, actor) + 1 >= FAILURES:
        until = _attempted_at(tx, now) + LOCKED_FOR
        note(tx, LOCKED, actor.subject, new={"until": plain(until)})
        words = (
            f"'{actor.name}' is locked until {until:%Y-%m-%d %H:%M} UTC: the password failed "
            f"{FAILURES} times in a row."
        )
        raise_notice(tx, NoticeKind.ACCOUNT_LOCKED, actor.subject, words, now=now)


def unlock_account(tx: Session, actor: Actor, *, by: Actor) -> None:
    """An administrator ends a lock, and the count of failures begins anew.

    Raises:
        NotAllowed: The one who unlocks has no role that may.
    """
    require(by, Action.UNLOCK_ACCOUNT)
    note(tx, UNLOCKED, actor.subject)


def _failures_in_a_row(session: Session, actor: Actor) -> int:
    """Failed passwords since the last sign-in, signature, lock or unlocking."""
    latest = select(func.max(AuditEvent.sequence)).where(
        or_(
            and_(
                col(AuditEvent.subject) == actor.subject,
                col(AuditEvent.action).in_((SIGN_IN, LOCKED, UNLOCKED)),
            ),
            and_(
                col(AuditEvent.subject).startswith("Signature:"),
                col(AuditEvent.actor) == actor.name,
            ),
        )
    )
    failures = select(func.count()).where(
        AuditEvent.subject == actor.subject,
        col(AuditEvent.action).in_((SIGN_IN_REFUSED, PASSWORD_REFUSED)),
        col(AuditEvent.sequence) > (session.exec(latest).one() or 0),
    )
    return session.exec(failures).one()


def _attempted_at(session: Session, now: datetime) -> datetime:
    """The instant by a clock that runs: a demonstration's own stands still."""
    return datetime.now(UTC) if is_demonstration(session) else now
