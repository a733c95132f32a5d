"""Is every record still what was written? The chain, the rows and the file, checked in one pass."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from records.append_only import trigger_faults
from records.audit import (
    CREATE,
    CREATE_BATCH,
    GENESIS,
    AuditEvent,
    event_digest,
    read_events,
)  # fmt: skip
from records.base import Record, plain
from records.batches import batch_rows
from records.tables import RECORDS

UNREADABLE = (DBAPIError, ValueError, TypeError, LookupError)
"""What reading a row raises that cannot be decoded."""


@dataclass(frozen=True)
class Verdict:
    """What verification found: whole, or the first place where it is not, and all findings.

    contents: how many stored bytes were read and compared; anchors: how many anchors were; without
    one, a trail whose newest events were cut off cannot be told from a whole one.
    """

    events: int
    records: int
    head: str
    first_bad_sequence: int | None = None
    findings: tuple[str, ...] = field(default=())
    contents: int = 0
    anchors: int = 0

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
    changed or removed or added behind the trail's back, a trigger that no longer keeps rows from
    being changed, and pages that SQLite cannot read.
    """
    findings: list[str] = []
    first_bad: int | None = None
    state: dict[str, dict[str, Any]] = {}
    count, previous = 0, GENESIS
    try:
        for event in _events(reader):
            count += 1
            fault = _fault_of(event, count, previous)
            if fault:
                first_bad = count
                findings.append(fault)
                break
            previous = event["digest"]
            _replay(state, event)
    except EventUnreadable as unreadable:
        first_bad = unreadable.sequence
        findings.append(str(unreadable))
    if first_bad is None:
        findings += _compare_rows(reader, state)
    findings += _check_triggers(reader)
    findings += _check_pages(reader)
    return Verdict(count, len(state), previous, first_bad, tuple(findings[:100]))


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
    if event["digest"] != event_digest(event):
        return f"audit event {expected} was altered: its digest does not match its content"
    return ""


def _replay(state: dict[str, dict[str, Any]], event: dict[str, Any]) -> None:
    if event["action"] == CREATE:
        state[event["subject"]] = json.loads(event["new"])
    elif event["action"] == CREATE_BATCH:
        state.update(batch_rows(event))
    elif event["action"] in ("change", "change status"):
        state[event["subject"]].update(json.loads(event["new"]))


def _compare_rows(reader: Session, state: dict[str, dict[str, Any]]) -> list[str]:
    findings = []
    seen = set()
    for table in RECORDS:
        for subject, row in _read_rows(reader, table):
            seen.add(subject)
            if row is None:
                findings.append(f"{subject} cannot be read")
            elif subject not in state:
                findings.append(f"{subject} was added without an audit event")
            elif row != state[subject]:
                wrong = [name for name in row if row[name] != state[subject].get(name)]
                findings.append(f"{subject} was altered outside the system: {', '.join(wrong)}")
    findings += [f"{subject} was removed" for subject in state if subject not in seen]
    return findings


def _read_rows(
    reader: Session, table: type[Record]
) -> list[tuple[str, dict[str, Any] | None]]:
    """Every row of a table as recorded; a row that cannot be decoded as None."""
    try:
        return [(row.subject, row.as_recorded()) for row in reader.exec(select(table))]
    except UNREADABLE:
        reader.rollback()
    rows: list[tuple[str, dict[str, Any] | None]] = []
    keys = reader.execute(text(f'SELECT id FROM "{table.__tablename__}"')).scalars()  # noqa: S608
    for key in list(keys):
        try:
            row = reader.get(table, key)
            rows.append((f"{table.__name__}:{key}", row.as_recorded() if row else None))
        except UNREADABLE:
            reader.rollback()
            rows.append((f"{table.__name__}:{key}", None))
    return rows


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
