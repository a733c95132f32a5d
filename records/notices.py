"""Notices to administrators: what must not wait until somebody happens to read the audit trail.

A locked account, found damage and a clock set back are each written in the transaction that tells
of them, and stand on the administrators' first page until one of them answers (21 CFR 11.300(d)).
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require


class NoticeKind(StrEnum):
    """What an administrator is told of."""

    ACCOUNT_LOCKED = "account locked"
    DAMAGE_FOUND = "damage found"
    CLOCK_SET_BACK = "clock set back"
    VERSION_CHANGED = "version of another maker's product changed"
    RESULT_CHANGED = "result of another maker's product changed"
    ALERT_UNATTENDED = "alert that nobody answers"
    WORK_UNATTENDED = "overdue work that waits for nobody"
    MESSAGE_LOST = "message that could not be delivered"
    VERSION_TAKEN_BACK = "version taken back at a site"
    ROLLOUT_HALTED = "rollout of a version halted"
    DEVICE_SUSPENDED = "use of a device suspended at a site"
    SCORE_CONTRADICTED = "score of another maker's product contradicts its decision"


class Notice(Record, table=True):
    """Something that an administrator must see, open until one has answered it."""

    __tablename__ = "notice"
    PREFIX: ClassVar[str] = "NTC"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True)
    about: str
    """The subject in the audit trail, such as Actor:7."""
    words: str
    raised_at: datetime
    status: str = "open"
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    answer: str = ""


def raise_notice(
    tx: Session, kind: NoticeKind, about: str, words: str, *, now: datetime
) -> Notice | None:
    """Tell the administrators; None where an open notice says the same already."""
    said = select(Notice.id).where(
        Notice.kind == kind.value, Notice.about == about, Notice.words == words,
        Notice.status == "open",
    )
    if tx.exec(said).first() is not None:
        return None
    notice = Notice(kind=kind.value, about=about, words=words, raised_at=now)
    tx.add(notice)
    tx.flush()
    return notice


def open_notices(session: Session) -> list[Notice]:
    """What no administrator has answered yet, the oldest first."""
    query = select(Notice).where(Notice.status == "open").order_by(col(Notice.id))
    return list(session.exec(query))


def acknowledge_notice(
    tx: Session, notice: Notice, *, by: Actor, answer: str, now: datetime
) -> Notice:
    """An administrator has seen it, and says what was found or done.

    Raises:
        NotAllowed: The person has no role that answers notices.
        InvalidInput: Without words.
        TransitionRefused: It was acknowledged before.
    """
    require(by, Action.ACKNOWLEDGE_NOTICE)
    if len(answer.strip()) < 3:
        raise InvalidInput("Nothing was written.", hint="Say what you found or did.")
    check_transition("Notice", notice.subject, notice.status, "acknowledged")
    notice.status = "acknowledged"
    notice.acknowledged_by, notice.acknowledged_at = by.name, now
    notice.answer = answer.strip()
    tx.add(notice)
    tx.flush()
    return notice
