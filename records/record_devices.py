"""Which devices many records are about, by their labels: a query a kind of record."""

import re
from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col, select

from records.base import Record

_LABEL = re.compile(r"([A-Za-z]+)-([0-9]{1,11})")


def label_in_full(text: str) -> str:
    """A label as it is written; another text is given back as it is.

    >>> label_in_full("alt-7"), label_in_full("x 9")
    ('ALT-0007', 'x 9')
    """
    found = _LABEL.fullmatch(text.strip())
    return f"{found[1].upper()}-{int(found[2]):04d}" if found else text


def devices_of(session: Session, labels: Collection[str]) -> dict[str, int]:
    """By label of each record that is there and names a device, itself or by its version or plan,
    the number of the device. What is no label, not there or about no device is left out."""
    from records.tables import RECORDS

    tables = {one.PREFIX: one for one in RECORDS}
    wanted: dict[str, set[int]] = {}
    for label in map(label_in_full, labels):
        found = _LABEL.fullmatch(label)
        if found and found[1] in tables:
            wanted.setdefault(found[1], set()).add(int(found[2]))
    rows = [row for prefix, numbers in sorted(wanted.items())
            for row in _rows(session, tables[prefix], numbers)]  # fmt: skip
    return _own(rows) | _by_another(session, rows)


def _rows(session: Session, table: type[Record], numbers: set[int]) -> list[Any]:
    number: Any = getattr(table, "id")  # noqa: B009  (each table has it, the base class does not)
    return list(session.exec(select(table).where(col(number).in_(numbers))))


def _own(rows: list[Any]) -> dict[str, int]:
    return {one.label: int(one.id) if type(one).__name__ == "Device" else int(one.device_id)
            for one in rows
            if type(one).__name__ == "Device" or getattr(one, "device_id", None)}  # fmt: skip


def _by_another(session: Session, rows: list[Any]) -> dict[str, int]:
    """Of those that name no device: that of their version, else of their plan."""
    from records.product import ModelVersion
    from records.surveillance import MonitoringPlan

    found: dict[str, int] = {}
    for key, table in (("plan_id", MonitoringPlan), ("model_version_id", ModelVersion)):
        named = {one.label: getattr(one, key) for one in rows
                 if getattr(one, key, None) and not getattr(one, "device_id", None)}  # fmt: skip
        if named:
            of = {one.id: int(one.device_id)
                  for one in _rows(session, table, set(named.values()))}  # fmt: skip
            found |= {label: of[number] for label, number in named.items()}
    return found
