"""Everything about one record, in order, as people read it (REG-016; 21 CFR 11.10(b), (e)).

Its creation, alone or in a batch, every change from which value to which, the signatures on it,
exports and refusals; each with who acted, as that account stood then.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect
from sqlmodel import Session, col, select

from records.actors_then import ActorsThen, ActorThen
from records.audit import CREATE, CREATE_BATCH, AuditEvent, head
from records.base import Record
from records.batches import batch_rows
from records.errors import InvalidInput, NotFound
from records.lookup import EventFilter, each_event, find_events
from records.quality import Signature
from records.tables import RECORDS

_KINDS = {table.__name__: table for table in RECORDS}
_PREFIXES = {table.PREFIX: table for table in RECORDS}
_PLACES = {str(table.__tablename__): table for table in RECORDS}
_LABEL = re.compile(r"([A-Za-z]{3,4})-0*(\d{1,18})")
_SUBJECT = re.compile(r"([A-Za-z]+):0*(\d{1,18})")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, in words; ``old`` is empty where there was nothing before."""

    field: str
    old: str
    new: str

    @property
    def words(self) -> str:
        """Such as 'status: open → acknowledged'."""
        return f"{self.field}: {self.old} → {self.new}" if self.old else f"{self.field}: {self.new}"


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as people read it, with the event as it is stored."""

    event: dict[str, Any]
    actor: ActorThen
    changes: tuple[Change, ...]
    note: str = ""
    """Such as 'written in one batch of 60 records'."""

    @property
    def words(self) -> str:
        """What changed, in one line."""
        said = "; ".join(change.words for change in self.changes)
        return "; ".join(part for part in (self.note, said) if part)


@dataclass(frozen=True, slots=True)
class History:
    """Everything about one record up to the last event of the trail."""

    subject: str
    label: str
    kind: str
    sequence: int
    head: str
    events: tuple[ToldEvent, ...]


def subject_named(name: str) -> str:
    """The subject that a label ('ALT-0001') or a subject ('Alert:1') names.

    Raises:
        InvalidInput: It is neither.

    >>> subject_named("alt-7"), subject_named("ALT-0007"), subject_named("Alert:7")
    ('Alert:7', 'Alert:7', 'Alert:7')
    """
    text = name.strip()
    if (found := _LABEL.fullmatch(text)) and found[1].upper() in _PREFIXES:
        return f"{_PREFIXES[found[1].upper()].__name__}:{int(found[2])}"
    if (found := _SUBJECT.fullmatch(text)) and found[1] in _KINDS:
        return f"{found[1]}:{int(found[2])}"
    raise InvalidInput(
        f"'{name}' names no record.",
        hint=f"Give a label such as ALT-0001 or a subject such as Alert:1. Labels begin with "
        f"{', '.join(sorted(_PREFIXES))}.",
    )


def label_of(subject: str) -> str:
    """The label of a subject; a subject of another kind stays as it is.

    >>> label_of("Alert:7"), label_of("AuditTrail:all")
    ('ALT-0007', 'AuditTrail:all')
    """
    kind, _, number = subject.partition(":")
    known = _KINDS.get(kind)
    return f"{known.PREFIX}-{int(number):04d}" if known and number.isdecimal() else subject


def record_history(session: Session, name: str) -> History:
    """Everything about the record of this label or subject, in the order of the trail.

    Raises:
        InvalidInput: The name is none of a record.
        NotFound: The trail tells of no such record.
    """
    subject = subject_named(name)
    sequence, digest = head(session)
    found = {event.sequence: event for event in find_events(session, subject=subject)}
    signed = select(Signature.id).where(Signature.subject_name == subject)
    for number in session.exec(signed):
        for event in find_events(session, subject=f"{Signature.__name__}:{number}"):
            found[event.sequence] = event
    told = tuple(_told(session, [found[key] for key in sorted(found)], subject))
    if not told:
        raise NotFound(
            f"The audit trail tells of no record {label_of(subject)}.",
            hint="See 'radvigil audit show'.",
        )
    return History(subject, label_of(subject), subject.partition(":")[0], sequence, digest, told)


def tell_events(session: Session, wanted: EventFilter) -> Iterator[ToldEvent]:
    """The events that fit a filter, in order, as people read them."""
    yield from _told(session, each_event(session, wanted), "")


def told_events(session: Session, events: Iterable[AuditEvent]) -> list[ToldEvent]:
    """These events as people read them."""
    return list(_told(session, events, ""))


def _told(
    session: Session, events: Iterable[AuditEvent], subject: str
) -> Iterator[ToldEvent]:
    actors = ActorsThen(session)
    for one in events:
        event = one.model_dump()
        actor = actors.at(one.actor, one.sequence)
        if one.action != CREATE_BATCH:
            yield ToldEvent(event, actor, changes_of(event))
            continue
        count = json.loads(one.new)["count"]
        if not subject:
            yield ToldEvent(event, actor, (), f"{count} records written in one batch")
            continue
        row = dict(batch_rows(event)).get(subject)
        if row is not None:
            note = f"written in one batch of {count} records"
            yield ToldEvent(event, actor, _created(subject.partition(":")[0], row), note)


def changes_of(event: dict[str, Any]) -> tuple[Change, ...]:
    """What an event says changed, field by field, in words."""
    kind = str(event["subject"]).partition(":")[0]
    old, new = json.loads(event["old"]), json.loads(event["new"])
    if event["action"] == CREATE_BATCH:
        return (Change("records", "", str(new["count"])),)
    if event["action"] == CREATE and isinstance(new, dict):
        return _created(kind, new)
    before, after = (one if isinstance(one, dict) else {} for one in (old, new))
    fields = list(dict.fromkeys([*before, *after]))
    if fields:
        return tuple(
            Change(
                name, in_words(kind, name, before[name]) if name in before else "",
                in_words(kind, name, after.get(name)),
            )
            for name in fields
        )
    return () if new is None else (Change("value", "", in_words(kind, "", new)),)


def _created(kind: str, row: dict[str, Any]) -> tuple[Change, ...]:
    return tuple(
        Change(name, "", in_words(kind, name, value)) for name, value in row.items() if name != "id"
    )


def in_words(kind: str, field: str, value: Any) -> str:
    """A recorded value as people read it: instants with their zone, records by their labels.

    >>> in_words("Alert", "status", None), in_words("Alert", "status", "")
    ('none', 'empty')
    >>> in_words("Deployment", "site_id", 3), in_words("Actor", "active", True)
    ('SIT-0003', 'yes')
    >>> in_words("Actor", "registered_at", "2026-01-05T08:00:00.000000Z")
    '2026-01-05 08:00:00 UTC'
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and (named := _referred(kind, field)) is not None:
        return f"{named.PREFIX}-{value:04d}"
    if isinstance(value, str):
        if _INSTANT.fullmatch(value):
            return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M:%S} UTC"
        return value or "empty"
    if isinstance(value, list):
        return ", ".join(in_words(kind, "", one) for one in value) or "empty"
    if isinstance(value, dict):
        parts = (f"{name} {in_words(kind, '', one)}" for name, one in value.items())
        return f"{{{', '.join(parts)}}}" if value else "empty"
    return str(value)


def _referred(kind: str, field: str) -> type[Record] | None:
    """The kind of record that a column names by its number."""
    table = _KINDS.get(kind)
    column = inspect(table).columns.get(field) if table is not None else None
    for key in column.foreign_keys if column is not None else ():
        return _PLACES.get(key.target_fullname.partition(".")[0])
    return None


@dataclass(frozen=True, slots=True)
class Naming:
    """Records of one kind that name a record by its number: how many, and the first of them."""

    kind: str
    count: int
    labels: tuple[str, ...]


SHOWN_LABELS = 12


def records_naming(session: Session, subject: str) -> list[Naming]:
    """Which other records name this one by a column of theirs; each has a history of its own."""
    kind, _, number = subject.partition(":")
    found = []
    for table in RECORDS:
        columns = [
            column for column in inspect(table).columns if _referred(table.__name__, column.key)
            is _KINDS[kind]
        ]  # fmt: skip
        key = col(table.id)  # type: ignore[attr-defined]
        ids = {
            one for column in columns for one in session.exec(select(key).where(column == number))
        }
        if ids:
            labels = tuple(f"{table.PREFIX}-{one:04d}" for one in sorted(ids)[:SHOWN_LABELS])
            found.append(Naming(table.__name__, len(ids), labels))
    return found
