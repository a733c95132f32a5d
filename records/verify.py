"""Is every record still what was written? The chain, the rows and the file, checked in one pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from records.append_only import trigger_faults
from records.audit import GENESIS, AuditEvent, event_digest, read_events
from records.base import Record, plain, recorded
from records.lookup import find_events
from records.replay import CHANGES, Replay, rebuilt, row_digest
from records.schema_check import schema_faults
from records.storage_form import misformed
from records.store import SCHEMA
from records.tables import RECORDS

MOST_FINDINGS = 100

UNREADABLE = (DBAPIError, ValueError, TypeError, LookupError)
"""What reading a row raises that cannot be decoded."""


@dataclass(frozen=True)
class Verdict:
    """What verification found: whole, or the first place where it is not, and all findings.

    contents: how many stored bytes were read and compared; anchors: how many anchors were; without
    one, a trail whose newest events were cut off cannot be told from a whole one. notices: what is
    no damage and somebody should know, such as a key that others can read.
    """

    events: int
    records: int
    head: str
    first_bad_sequence: int | None = None
    findings: tuple[str, ...] = field(default=())
    contents: int = 0
    anchors: int = 0
    notices: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True when nothing differs from what was written."""
        return not self.findings


class EventUnreadable(Exception):
    """An event of the audit trail that the database holds and cannot give."""

    def __init__(self, sequence: int, failure: Exception) -> None:
        super().__init__(f"audit event {sequence} cannot be read ({type(failure).__name__})")
        self.sequence = sequence


def verify_records(reader: Session) -> Verdict:
    """Recompute the hash chain, replay it, and compare every row with what the trail says.

    Finds a changed, dropped, inserted or reordered event (with its sequence number), a row
    changed or removed or added behind the trail's back, a table, column or index that is not the
    program's, a trigger that no longer keeps rows from being changed, and pages that SQLite
    cannot read. Memory does not grow with the trail.
    """
    with Replay(_changed_subjects(reader)) as replay:
        chain = verify_chain(reader, each=replay.add)
        records = replay.finish()
        findings = list(chain.findings)
        if chain.whole:
            findings += islice(_compare(reader, replay), MOST_FINDINGS)
    if not findings:
        findings += (one for table in RECORDS for one in misformed(reader, table))
    findings += _check_triggers(reader)
    findings += schema_faults(reader, SCHEMA)
    findings += _check_pages(reader)
    return replace(chain, records=records, findings=tuple(findings[:MOST_FINDINGS]))


def verify_chain(
    reader: Session, *, each: Callable[[dict[str, Any]], None] | None = None
) -> Verdict:
    """Recompute the hash chain alone: is every event what was written, in its place?

    each: is given every event that is, in order.
    """
    count, previous = 0, GENESIS
    try:
        for event in _events(reader):
            count += 1
            if fault := _fault_of(event, count, previous):
                return Verdict(count, 0, previous, count, (fault,))
            previous = event["digest"]
            if each is not None:
                each(event)
    except EventUnreadable as unreadable:
        return Verdict(count, 0, previous, unreadable.sequence, (str(unreadable),))
    return Verdict(count, 0, previous)


def _changed_subjects(reader: Session) -> set[str]:
    query = select(AuditEvent.subject).where(col(AuditEvent.action).in_(CHANGES)).distinct()
    try:
        return set(reader.exec(query))
    except UNREADABLE:  # the walk through the events will name the first that cannot be read
        reader.rollback()
        rows = reader.execute(text("SELECT CAST(subject AS BLOB) FROM audit_event"))
        return {bytes(row[0]).decode(errors="replace") for row in rows}


def _events(reader: Session) -> Iterator[dict[str, Any]]:
    """All events in order; where reading them together fails, one by one from there.

    Raises:
        EventUnreadable: Naming the first that cannot be read.
    """
    count = 0
    try:
        for event in read_events(reader):
            count += 1
            yield event
        return
    except UNREADABLE as failed:
        reader.rollback()
        last = _last_sequence(reader, failed, count + 1)
    for sequence in range(count + 1, last + 1):
        try:
            alone = list(read_events(reader, since=sequence, upto=sequence))
        except UNREADABLE as failed:
            reader.rollback()
            raise EventUnreadable(sequence, failed) from failed
        yield from alone


def _last_sequence(reader: Session, failed: Exception, begin: int) -> int:
    try:
        return int(reader.execute(text("SELECT MAX(sequence) FROM audit_event")).scalar() or 0)
    except UNREADABLE:
        reader.rollback()
        raise EventUnreadable(begin, failed) from failed


def _fault_of(event: dict[str, Any], expected: int, previous: str) -> str:
    if event["sequence"] != expected:
        return f"audit event {expected} is missing: the next one found is {event['sequence']}"
    if event["previous"] != previous:
        return f"audit event {expected} does not follow the event before it"
    try:
        matches = event["digest"] == event_digest(event)
    except TypeError:  # SQLite keeps a number, a blob or nothing where text belongs
        matches = False
    if not matches:
        return f"audit event {expected} was altered: its digest does not match its content"
    return ""


def _compare(reader: Session, replay: Replay) -> Iterator[str]:
    """A sentence for each row that is not what the events say; both are read in order of ids."""
    for table in RECORDS:
        kind = table.__name__
        told = replay.digests(kind)
        expected = next(told, None)
        for number, digest in _row_digests(reader, table):
            if not isinstance(number, int):  # SQLite keeps any value, where the schema was altered
                yield f"a row of {kind} was altered: its number is none"
                continue
            while expected is not None and expected[0] < number:
                yield f"{kind}:{expected[0]} was removed"
                expected = next(told, None)
            if expected is None or expected[0] != number:
                yield f"{kind}:{number} was added without an audit event"
                continue
            if digest is None:
                yield f"{kind}:{number} cannot be read"
            elif digest != expected[1]:
                where = ", ".join(_altered_columns(reader, table, number))
                yield f"{kind}:{number} was altered outside the system: {where}"
            expected = next(told, None)
        while expected is not None:
            yield f"{kind}:{expected[0]} was removed"
            expected = next(told, None)
    for kind in sorted(replay.kinds() - {table.__name__ for table in RECORDS}):
        yield f"the trail tells of records of a kind that is not known: {kind}"


def _altered_columns(reader: Session, table: type[Record], number: int) -> list[str]:
    """The columns in which a row differs from what the events say."""
    subject = f"{table.__name__}:{number}"
    told = rebuilt(_told(reader, subject), subject)
    row = reader.get_one(table, number).as_recorded()
    return sorted(name for name in {*row, *told} if row.get(name) != told.get(name))


def _told(reader: Session, subject: str) -> Iterator[dict[str, Any]]:
    return (event.model_dump() for event in find_events(reader, subject=subject))


def _row_digests(
    reader: Session, table: type[Record]
) -> Iterator[tuple[int, bytes | None]]:
    """Id and digest of every row of a table, in order; None for a row that cannot be decoded."""
    done = 0
    try:
        for number, digest in _together(reader, table):
            yield number, digest
            done = number
        return
    except UNREADABLE:
        reader.rollback()
    name = table.__tablename__
    keys = text(f'SELECT id FROM "{name}" WHERE id > :done ORDER BY id')  # noqa: S608
    for number in list(reader.execute(keys, {"done": done}).scalars()):
        try:
            row = reader.get(table, number)
            yield number, row_digest(row.as_recorded()) if row else None
        except UNREADABLE:
            reader.rollback()
            yield number, None


def _together(reader: Session, table: type[Record]) -> Iterator[tuple[int, bytes]]:
    """All rows of a table, some at a time; without objects where the columns are all there is."""
    key = inspect(table).columns["id"]
    if table.as_recorded is Record.as_recorded:
        columns = select(inspect(table).local_table).order_by(key)
        with reader.execute(columns.execution_options(yield_per=5000)) as rows:
            for row in rows.mappings():
                yield row["id"], row_digest(recorded(table, row))  # type: ignore[arg-type]
        return
    for record in reader.exec(select(table).order_by(key)):
        content = record.as_recorded()
        yield content["id"], row_digest(content)


def _check_triggers(reader: Session) -> list[str]:
    tables = [AuditEvent.__tablename__, *(one.__tablename__ for one in RECORDS)]
    try:
        return trigger_faults(reader, [str(name) for name in tables])
    except DBAPIError as damaged:
        return [f"the database's triggers cannot be read: {plain(str(damaged.orig))}"]


def _check_pages(reader: Session) -> list[str]:
    """SQLite's own check of pages and indexes, which no record would show."""
    if reader.get_bind().dialect.name != "sqlite":
        return []
    try:
        lines = [str(row[0]) for row in reader.execute(text("PRAGMA integrity_check(20)"))]
    except DBAPIError as damaged:
        return [f"the database file is damaged: {plain(str(damaged.orig))}"]
    return [f"the database file is damaged: {line}" for line in lines if line != "ok"]
