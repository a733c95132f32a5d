"""The audit trail: one event for each thing that happened, chained by SHA-256 (21 CFR 11.10(e)).

An event's digest is SHA-256 over the canonical JSON (keys sorted, no spaces, UTF-8) of its other
ten columns; ``previous`` is the digest of the event before it, 64 zeros for the first. Anybody
with an export can check it: recompute each digest and compare, in order of ``sequence``.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json.encoder import encode_basestring
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Connection, Text, func, insert, inspect, select
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel

from records.base import Record, canonical_json, plain
from records.door import Door
from records.errors import Refused, TransitionRefused
from records.lifecycle import FIRST_STATUS, LIFECYCLES, TAKEN_OVER, check_transition, needs_reason
from records.notices import Notice, NoticeKind
from records.reasons import says
from records.typed_columns import IN_EVENTS, typed_texts

GENESIS = "0" * 64
SOFTWARE = "radvigil 0.1.0"

CLOCK_SET_BACK = NoticeKind.CLOCK_SET_BACK.value
"""The action of the event that flags the first one with an earlier instant (REG-015)."""

_SIDE_BY_SIDE = timedelta(minutes=1)

CREATE, CREATE_BATCH = "create", "create batch"
CREATIONS = (CREATE, CREATE_BATCH)
"""The actions by which records come to be: one, or many in one event ('Prediction:101..160')."""


class AuditEvent(SQLModel, table=True):
    """What happened: when, who, to what, why, from which value to which."""

    __tablename__ = "audit_event"
    PREFIX: ClassVar[str] = "AUD"

    sequence: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    at: str = Field(index=True)
    actor: str = Field(index=True)
    action: str = Field(index=True)
    subject: str = Field(index=True)
    reason: str
    old: str = Field(sa_type=Text)
    new: str = Field(sa_type=Text)
    software: str
    previous: str = Field(unique=True)
    digest: str = Field(unique=True)


@dataclass(frozen=True, slots=True)
class Move:
    """A change of status that a transaction makes."""

    record: Record
    current: str
    wanted: str


@dataclass
class Act:
    """Who acts, when and why: given once for a transaction, written with each of its events."""

    actor: str
    reason: str
    now: datetime
    events: list[dict[str, str]] = field(default_factory=list)
    notes_refusals: bool = False
    """Whether who opened the transaction writes down itself what was refused in it."""
    door: Door = field(default_factory=Door)
    moves: list[Move] = field(default_factory=list)
    """The changes of status so far: before the commit each is held against its guard."""
    typed: list[tuple[str, str]] = field(default_factory=list)
    """Field and text of what people typed so far: before the commit it must name nobody."""

    def note(self, action: str, subject: str, *, old: Any = None, new: Any = None) -> None:
        """Remember an event; sequence and digest are given just before the commit."""
        self.events.append(
            {
                "at": plain(self.now), "actor": self.actor, "action": action, "subject": subject,
                "reason": self.reason, "old": canonical_json(old), "new": canonical_json(new),
                "software": f"{SOFTWARE}; {self.door.source}",
            }
        )


def note(tx: Session, action: str, subject: str, *, old: Any = None, new: Any = None) -> None:
    """Write an event that no row stands for: an export, a sign-in, a refusal."""
    act: Act = tx.info["act"]
    if isinstance(new, dict):
        act.typed += [(name, str(new[name])) for name in IN_EVENTS if new.get(name)]
    act.note(action, subject, old=old, new=new)


STATUS_REFUSED, ACT_REFUSED = "change of status refused", "act refused"
"""The actions of the events that tell of what the rules did not allow (21 CFR 11.10(f))."""


def note_refusal(
    tx: Session, why: Refused, *, deed: str = "", subject: str = "", wanted: Any = None
) -> None:
    """Write an event about an act of which nothing else was written.

    deed: what was tried, in words; empty where it is not known. wanted: what it would have done.
    """
    if isinstance(why, TransitionRefused):
        action = f"{deed} refused" if deed else STATUS_REFUSED
        note(
            tx, action, subject or why.subject, old={"status": why.current},
            new={"status": why.wanted} if wanted is None else wanted,
        )
        return
    action = f"{deed} refused" if deed else ACT_REFUSED
    said = {"why": why.message} if wanted is None else wanted
    note(tx, action, subject or "Workspace:all", new=said)


_CANONICAL = (
    '{"action":%s,"actor":%s,"at":%s,"new":%s,"old":%s,"previous":%s,"reason":%s,"sequence":%d,'
    '"software":%s,"subject":%s}'
)


def event_digest(event: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of an event's ten other columns in canonical JSON.

    The text is that of :func:`records.base.canonical_json`, put together directly: verification
    does this for every event there ever was.
    """
    text = encode_basestring
    content = _CANONICAL % (
        text(event["action"]), text(event["actor"]), text(event["at"]), text(event["new"]),
        text(event["old"]), text(event["previous"]), text(event["reason"]), event["sequence"],
        text(event["software"]), text(event["subject"]),
    )  # fmt: skip
    return hashlib.sha256(content.encode()).hexdigest()


def observe_flush(session: Session, _context: Any = None) -> None:
    """After each flush: an event for every new and every changed record."""
    act: Act = session.info["act"]
    for row in session.new:
        if isinstance(row, Record):
            _check_first_status(row)
            content = row.as_recorded()
            act.typed += typed_texts(type(row).__name__, content)
            act.note(CREATE, row.subject, new=content)
    for row in session.dirty:
        if isinstance(row, Record) and session.is_modified(row):
            _observe_change(act, row)


def _check_first_status(row: Record) -> None:
    name = type(row).__name__
    first = FIRST_STATUS.get(name)
    status = getattr(row, "status", None)
    if first is not None and name in TAKEN_OVER and getattr(row, TAKEN_OVER[name]):
        first = first.union(*LIFECYCLES[name].values())
    if first is not None and status not in first:
        raise Refused(f"{row.subject} cannot begin as '{status}'; it begins as {sorted(first)}.")


def _observe_change(act: Act, row: Record) -> None:
    state = inspect(row)
    assert state is not None
    content = row.as_recorded()
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if history.has_changes():
            was = history.deleted[0] if history.deleted else None
            old[attribute.key] = "" if attribute.key == "password_hash" else plain(was)
            new[attribute.key] = content.get(attribute.key, row.LATER_COLUMNS.get(attribute.key))
    if "status" in new and old["status"] != new["status"]:
        move = Move(row, str(old["status"]), str(new["status"]))
        check_transition(type(row).__name__, row.subject, move.current, move.wanted)
        act.moves.append(move)
    act.typed += typed_texts(type(row).__name__, new)
    _require_reason(act, row, old)
    action = "change status" if "status" in new else "change"
    act.note(action, row.subject, old=old, new=new)


def _require_reason(act: Act, row: Record, old: Mapping[str, Any]) -> None:
    """What was approved is changed for a reason, whoever changes it (21 CFR 11.10(e))."""
    now = str(getattr(row, "status", ""))
    if needs_reason(type(row).__name__, str(old.get("status", now)), now) and not says(act.reason):
        raise Refused(
            f"{row.subject} is not changed without a reason.",
            hint="Say why in a few words: the audit trail keeps it.",
        )


def refuse_deletes(session: Session, _context: Any, _instances: Any) -> None:
    """Before each flush: nothing is ever deleted."""
    for row in session.deleted:
        raise Refused(f"{getattr(row, 'subject', row)} cannot be deleted: records are kept.")


def seal(session: Session) -> int:
    """Write the transaction's events behind the head of the chain.

    No other transaction writes meanwhile (records/write_lock.py).

    Returns:
        The number of events written.
    """
    act: Act = session.info["act"]
    if not act.events:
        return 0
    connection = session.connection()
    sequence, previous, at = _last(connection)
    _flag_clock_set_back(session, at, act)
    rows = []
    for event in act.events:
        sequence += 1
        row: dict[str, Any] = {"sequence": sequence, **event, "previous": previous}
        row["digest"] = previous = event_digest(row)
        rows.append(row)
    connection.execute(insert(AuditEvent), rows)
    act.events.clear()
    return len(rows)


def _flag_clock_set_back(session: Session, last: str, act: Act) -> None:
    """Put an event before the others where the clock stands before the last event's instant.

    The administrators are told in the same transaction.

    Less than a minute is the time that transactions side by side take, not a clock set back.
    """
    if not last or act.now >= datetime.fromisoformat(last) - _SIDE_BY_SIDE:
        return
    act.note(CLOCK_SET_BACK, "AuditTrail:all", old={"at": last}, new={"at": act.now})
    act.events.insert(0, act.events.pop())
    words = f"The clock stands at {act.now:%Y-%m-%d %H:%M} UTC, and the last event was at {last}."
    session.add(
        Notice(kind=CLOCK_SET_BACK, about="AuditTrail:all", words=words, raised_at=act.now)
    )
    session.flush()


def head(connection: Connection | Session) -> tuple[int, str]:
    """Sequence number and digest of the last event; (0, 64 zeros) for an empty trail."""
    sequence, digest, _ = _last(connection)
    return sequence, digest


def _last(connection: Connection | Session) -> tuple[int, str, str]:
    last = connection.execute(
        select(AuditEvent.sequence, AuditEvent.digest, AuditEvent.at)  # type: ignore[call-overload]
        .order_by(AuditEvent.sequence.desc())  # type: ignore[attr-defined]
        .limit(1)
    ).first()
    return (last[0], last[1], last[2]) if last else (0, GENESIS, "")


def count_events(session: Session) -> int:
    """How many events the trail holds."""
    return int(session.execute(select(func.count()).select_from(AuditEvent)).scalar_one())


def read_events(
    session: Session, *, since: int | None = None, upto: int | None = None
) -> Iterator[dict[str, Any]]:
    """All events in order, or those of these sequence numbers, as dictionaries of the columns."""
    sequence = AuditEvent.__table__.c.sequence  # type: ignore[attr-defined]
    query = select(AuditEvent.__table__).order_by(sequence)  # type: ignore[attr-defined]
    if since is not None:
        query = query.where(sequence >= since)
    if upto is not None:
        query = query.where(sequence <= upto)
    with session.execute(query.execution_options(yield_per=5000)) as rows:
        for row in rows.mappings():
            yield dict(row)
