"""Until when each kind of record is kept and by which rule, and which bytes are due: to look at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlmodel import Session, func, select

from records.base import Record
from records.cases import Instance
from records.erasable import JURISDICTIONS, KIND_OF_RECORD, Erasable, Selection, erasable
from records.product import Device, ModelVersion
from records.retention import Facts, Periods, Retention, cited, read_periods, retention_of
from records.retention_facts import facts_of_device
from records.store import Store
from records.tables import RECORDS


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A kind of record: how many, the kind of rule, until when they are kept at least, and why."""

    records: str
    count: int
    kind: str
    retain_until: date | None
    rule: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueBytes:
    """A kind of bytes: how many lie here, are due, held, kept until a day, or not computable."""

    kind: str
    rule: str
    here: int
    due: int
    held: int
    kept: int
    not_known: int
    next_due_on: date | None


def kept_tables(reader: Session) -> list[KeptTable]:
    """Every table of records. Rows are never deleted; the day says what the law asks for."""
    periods = read_periods()
    facts = _facts_of_all_devices(reader)
    rows = []
    for table in RECORDS:
        count = int(reader.exec(select(func.count()).select_from(table)).one())
        found = _of_table(table, facts, periods)
        rows.append(
            KeptTable(
                table.__name__, count, periods.tables.get(table.__name__, "-"),
                found.retain_until, cited(found.citations), found.reasons,
            )
        )
    return rows


def retention_of_record(reader: Session, record: Record) -> Retention:
    """Until when this record is kept by the law, by which rule, or why that is not known.

    The row itself is kept for ever; so are its events (21 CFR 11.10(e)).
    """
    name = _device_of(reader, record)
    facts = facts_of_device(reader, name) if name else _facts_of_all_devices(reader)
    return _of_table(type(record), facts, read_periods())


def images_on_record(reader: Session) -> int:
    """How many images :func:`due_bytes` looks at: some 10,000 a second."""
    return int(reader.exec(select(func.count()).select_from(Instance)).one())


def due_bytes(store: Store, reader: Session, today: date) -> list[DueBytes]:
    """A row for each kind of bytes that can be deleted at all."""
    periods = read_periods()
    return [
        _counted(kind, erasable(store, reader, Selection(kind), periods), periods, today)
        for kind in KIND_OF_RECORD
    ]


def due_files(
    store: Store, reader: Session, wanted: Selection, today: date, *, most: int
) -> list[Erasable]:
    """The files of a selection that may be deleted today, the first so many."""
    found = erasable(store, reader, wanted, read_periods())
    return list(islice((one for one in found if one.is_due(today)), most))


def _counted(
    kind: str, found: Iterator[Erasable], periods: Periods, today: date
) -> DueBytes:
    counts: Counter[str] = Counter()
    days: list[date] = []
    for one in found:
        allowed = one.retention.deletion_allowed_on
        state = (
            "held" if one.holds else "not known" if allowed is None or one.obstacle
            else "due" if today >= allowed else "kept"
        )
        counts[state] += 1
        if state == "kept" and allowed is not None:
            days.append(allowed)
    rule = cited(rule.citation for rule in periods.records[KIND_OF_RECORD[kind]])
    return DueBytes(
        kind, rule, counts.total(), counts["due"], counts["held"], counts["kept"],
        counts["not known"], min(days, default=None),
    )


def _of_table(table: type[Record], facts: Facts, periods: Periods) -> Retention:
    kind = periods.tables.get(table.__name__)
    if kind is None:
        return Retention(None, True, ("no rule says how long",), (), periods.version)
    return retention_of(kind, JURISDICTIONS, facts, periods)


def _facts_of_all_devices(reader: Session) -> Facts:
    """What holds for every device here: the latest day of all, not known where one is not."""
    names = sorted(set(reader.exec(select(Device.name))))
    all_facts = [facts_of_device(reader, name) for name in names]

    def latest(field: str) -> object:
        values = [getattr(one, field) for one in all_facts]
        return max(values) if values and None not in values else None

    fields = ("last_unit_placed", "release_date", "expected_life_years", "device_lifetime_years")
    return Facts(**{field: latest(field) for field in fields})  # type: ignore[arg-type]


def _device_of(reader: Session, record: Record) -> str:
    """The name of the device that a record belongs to; empty where it is not one's alone."""
    if isinstance(record, Device):
        return record.name
    device_id = getattr(record, "device_id", None)
    version_id = getattr(record, "model_version_id", None)
    if device_id is None and version_id is not None:
        device_id = reader.get_one(ModelVersion, version_id).device_id
    return reader.get_one(Device, device_id).name if device_id is not None else ""
