"""What is asked of one reading session is answered once.

A reading session is one consistent view of the records: the same question has the same answer as
long as it lasts. A set of documents asks for the digest of the same record dozens of times, and
four times whether the trail is whole.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session as AnySession
from sqlalchemy.orm import SessionTransaction, object_session

from records.base import Record, canonical_json, digest_of_text
from records.store import ReadSession

Answer = TypeVar("Answer")

_ANSWERS, _TEXTS = "answers", "record texts"
_MOST_TEXTS = 50_000
"""Texts of records that are kept, about 1 kB each; then they are written anew."""


def asked_once(reader: AnySession, question: Hashable, answer: Callable[[], Answer]) -> Answer:
    """The answer to a question of this session, found the first time.

    A session that writes is asked anew each time: what it answers may have changed.
    """
    if not isinstance(reader, ReadSession):
        return answer()
    known: dict[Hashable, Answer] = reader.info.setdefault(_ANSWERS, {})
    if question not in known:
        known[question] = answer()
    return known[question]


def record_digest(record: Record) -> str:
    """SHA-256 (hex) of the content of a record."""
    return digest_of_text(_text_of(record))


def records_digest(records: Sequence[Record]) -> str:
    """SHA-256 (hex) over the contents of records, in this order; as `digest_of` of the list."""
    return digest_of_text(f"[{','.join(map(_text_of, records))}]")


def _text_of(record: Record) -> str:
    """The canonical text of a record's content."""
    reader = object_session(record)
    if not isinstance(reader, ReadSession):
        return canonical_json(record.as_recorded())
    known: dict[str, str] = reader.info.setdefault(_TEXTS, {})
    subject = record.subject
    if subject not in known:
        if len(known) >= _MOST_TEXTS:
            known.clear()
        known[subject] = canonical_json(record.as_recorded())
    return known[subject]


@event.listens_for(ReadSession, "after_transaction_end")
def _forget(reader: AnySession, _ended: SessionTransaction) -> None:
    """What comes after is another view of the records."""
    reader.info.pop(_ANSWERS, None)
    reader.info.pop(_TEXTS, None)
