"""What is done with a link: issued for one result and one reader, answered once, withdrawn, ended.

The token is random (256 bits) and shown once; on record is its SHA-256 alone, so that nobody who
reads the records can answer in a reader's place.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlmodel import Session, col, select

from records.cases import Prediction, ReaderAssessment
from records.errors import InvalidInput, Refused
from records.held_results import require_use
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.reader_answers import (
    BEFORE,
    ORDERS,
    REASONS,
    REJECTED,
    UNVERIFIED,
    WITH,
    Answer,
    answered,
    record_answers,
    task_of,
)
from records.reader_links import EXPIRED, OPEN, USED, WITHDRAWN, ReaderLink

BYTES: Final = 32
"""Of a token, from the operating system's source of randomness."""
DAYS: Final = 14
"""For how long a link counts unless another number of days is declared."""
MOST_DAYS: Final = 90
READER: Final = re.compile(r"[A-Za-z]{0,4}[-_]?\d{1,6}")
"""A reader is named by a code such as R07: a person's name does not look like one."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
LINK: Final = "link"
"""The origin of an answer that came by a link."""


class Standing(StrEnum):
    """How a link stands at an instant; unknown: there is none of that token."""

    OPEN = OPEN
    USED = USED
    EXPIRED = EXPIRED
    WITHDRAWN = WITHDRAWN
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What the page sent: response, a choice beside it, why it was rejected, and the order."""

    response: str
    choice: str = ""
    reason: str = ""
    reading_order: str = WITH


def issue_link(
    tx: Session, prediction: Prediction, reader: str, *, by: str, now: datetime, days: int = DAYS
) -> tuple[ReaderLink, str]:
    """A link for one reader to one result, and its token, which is nowhere on record.

    reader: the code that the site uses for readings. days: for how long it counts.

    Raises:
        InvalidInput: The reader is no code, or the days are not from 1 to 90.
        Refused: The reading was a shadow's, which care never sees, or use of the device is
            suspended at the site.
    """
    require_reader(reader)
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"A link counts for 1 to {MOST_DAYS} days, not {days}.")
    if not prediction.returned_to_care:
        raise Refused(
            f"{prediction.label} was read by a shadow: nobody in care answers it.",
            hint="Links are issued for what a live deployment says.",
        )
    require_use(tx, prediction)
    token = secrets.token_urlsafe(BYTES)
    link = ReaderLink(
        prediction_id=prediction.id or 0, reader=reader, token_digest=digest_of_token(token),
        issued_by=by, issued_at=now, expires_at=now + timedelta(days=days),
    )
    tx.add(link)
    tx.flush()
    return link, token


def require_reader(reader: str) -> None:
    """Raise InvalidInput unless a reader is named by a code; the text is not quoted."""
    if not READER.fullmatch(reader):
        raise InvalidInput("The reader is no code such as R07; a name is not taken in.")


def digest_of_token(token: str) -> str:
    """SHA-256 (hex) of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_link(session: Session, token: str) -> ReaderLink | None:
    """The link of a token, or None.

    It is looked up by its digest, of which who guesses tokens learns nothing by how long it takes,
    and compared in constant time once more.
    """
    whole = token if _TOKEN.fullmatch(token) else ""
    digest = digest_of_token(whole)
    found = session.exec(select(ReaderLink).where(ReaderLink.token_digest == digest)).first()
    if not whole or found is None or not hmac.compare_digest(found.token_digest, digest):
        return None
    return found


def standing_of(link: ReaderLink | None, now: datetime) -> Standing:
    """How a link stands: an open one whose days are over has expired, marked so yet or not."""
    if link is None:
        return Standing.UNKNOWN
    if link.status == OPEN and now >= link.expires_at:
        return Standing.EXPIRED
    return Standing(link.status)


def answer_link(tx: Session, token: str, given: LinkAnswer, *, now: datetime) -> ReaderAssessment:
    """Record the answer of the addressed reader, and use the link up.

    What is recorded says that nobody proved who answered; it is no signature and no independent
    reading. Inside one transaction, of which there is one at a time: the second of two answers at
    once finds the link used.

    Raises:
        Refused: The link is unknown, used, expired or withdrawn.
        InvalidInput: The answer lacks something, or contradicts itself.
    """
    link = find_link(tx, token)
    stands = standing_of(link, now)
    if link is None or stands is not Standing.OPEN:
        raise Refused(f"The link is {stands}.", hint="Ask for a new one at your department.")
    if given.reading_order not in (BEFORE, WITH) or given.reading_order not in ORDERS:
        raise InvalidInput("When the study was read is not said.", hint="Choose one of the two.")
    if (given.response == REJECTED) != (given.reason in REASONS):
        raise InvalidInput(
            "A rejected output needs one of the reasons, and no other answer takes one.",
            hint=f"Known: {', '.join(REASONS)}.",
        )
    prediction = tx.get_one(Prediction, link.prediction_id)
    finding, present = answered(task_of(tx, prediction), given.response, given.choice)
    _end(tx, link, USED)
    link.used_at = now
    for other in _open_links(tx, prediction.id or 0, link.reader):
        _end(tx, other, WITHDRAWN)  # sent with an attempt before: the result is answered
    evidence = f"{link.label}: {given.reason}" if given.reason else link.label
    (found,) = record_answers(tx, [Answer(
        prediction.study_id, link.reader, finding, present, saw_output=True,
        assessed_on=now.date(), response=given.response, reading_order=given.reading_order,
        prediction=prediction.id, origin=LINK, identity=UNVERIFIED, evidence=evidence,
    )], now=now)  # fmt: skip
    return found


def withdraw_link(tx: Session, link: ReaderLink, *, by: Actor, now: datetime) -> ReaderLink:
    """End a link before its time, such as one that went to the wrong reader.

    Raises:
        NotAllowed: The person has no role that may.
        Refused: It was answered, has expired, or was withdrawn.
    """
    require(by, Action.RETURN_RESULT)
    if standing_of(link, now) is Standing.EXPIRED:
        raise Refused(f"{link.label} has expired: nobody can answer by it any more.")
    _end(tx, link, WITHDRAWN)
    tx.flush()
    return link


def withdraw_unsent(tx: Session, prediction: int, reader: str) -> int:
    """End the open links of a result that never reached its reader's system; how many."""
    found = _open_links(tx, prediction, reader)
    for one in found:
        _end(tx, one, WITHDRAWN)
    return len(found)


def expire_links(tx: Session, *, now: datetime) -> int:
    """Mark the open links whose days are over; how many."""
    query = select(ReaderLink).where(ReaderLink.status == OPEN, col(ReaderLink.expires_at) <= now)
    found = tx.exec(query).all()
    for one in found:
        _end(tx, one, EXPIRED)
    return len(found)


def any_expired(session: Session, *, now: datetime) -> bool:
    """Whether an open link's days are over."""
    query = select(ReaderLink.id).where(
        ReaderLink.status == OPEN, col(ReaderLink.expires_at) <= now
    )
    return session.exec(query).first() is not None


def _open_links(tx: Session, prediction: int, reader: str) -> list[ReaderLink]:
    query = select(ReaderLink).where(
        ReaderLink.prediction_id == prediction, ReaderLink.reader == reader,
        ReaderLink.status == OPEN,
    )
    return list(tx.exec(query))


def _end(tx: Session, link: ReaderLink, status: str) -> None:
    check_transition("ReaderLink", link.subject, link.status, status)
    link.status = status
    tx.add(link)
