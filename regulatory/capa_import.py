"""CAPAs from a table of another system: old numbers kept, each fault named by its row and column.

A CAPA begins here as it stood there, with all that its steps ask for: nothing is guessed to fill a
step. One that was closed there stays closed, as closed in that system: nobody here signed it. The
same table again takes nothing in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any, Final

from sqlmodel import Session, col, select

from records.capas import (
    CAPA,
    CLOSED,
    IMPLEMENTED,
    INVESTIGATED,
    NEXT,
    OPEN,
    PLANNED,
    STEPS,
    WORDS,
)
from records.complaints import Complaint
from records.errors import InvalidInput, RadvigilError, Refused
from records.people import Actor
from records.permissions import Action, may, require
from records.product import Device
from records.reasons import says
from records.record_devices import devices_of, label_in_full
from regulatory.old_tables import Rows, read_table

ELSEWHERE: Final = "closed in the system it came from"
ORDER: Final = (OPEN, INVESTIGATED, PLANNED, IMPLEMENTED, CLOSED)
DUE: Final = {f"due_{step}": step for step in NEXT.values()}
NEEDED: Final = ("number", "problem", "status", "opened_at")
OTHERS: Final = ("source", "owner", *WORDS, "implemented_at", "implemented_by", "closed_at", *DUE)
COLUMNS: Final = (*NEEDED, *OTHERS)
TEMPLATE: Final = ",".join(COLUMNS) + "\n"
"""The header of a table, to be filled; days are 2026-03-20."""


@dataclass(slots=True)
class CapaReport:
    """What was taken in, what was known before, and the fault of each row that was not."""

    made: list[CAPA] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Old numbers that are on record already, with the same problem and day."""
    faults: list[str] = field(default_factory=list)


def read_capa_rows(content: bytes) -> Rows:
    """The rows of a table of CAPAs, each with the line on which it ends.

    Raises:
        InvalidInput: No UTF-8, a column that is missing or unknown, or no row.
    """
    return read_table(content, needed=NEEDED, others=OTHERS)


def import_capas(
    tx: Session, device: Device, content: bytes, *, by: Actor, now: datetime,
    accept_good: bool = False,
) -> CapaReport:
    """Take the CAPAs of a table in; nothing where a row is wrong, unless the good are wanted.

    device: what a CAPA without a source is about.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: It is no such table.
        Refused: A row is wrong and the good ones alone are not wanted; all faults are named.
    """
    require(by, Action.ADVANCE_CAPA)
    rows = read_capa_rows(content)
    report, seen = CapaReport(), dict[str, int]()
    found = select(CAPA).where(CAPA.external_number != None)  # noqa: E711  (SQL)
    on_record = {one.external_number: one for one in tx.exec(found)}
    known_here = _what_rows_name(tx, device, rows)
    for line, row in rows:
        try:
            told = _cells(row)
            if told["number"] in seen:
                raise InvalidInput(f"number: {told['number']} stands in line "
                                   f"{seen[told['number']]} already.")  # fmt: skip
            seen[told["number"]] = line
            if (known := on_record.get(told["number"])) is not None:
                _require_same(known, told)
                report.known.append(told["number"])
                continue
            report.made.append(_taken(known_here, told, by=by, now=now))
        except (RadvigilError, ValueError) as wrong:
            report.faults.append(f"line {line}: {getattr(wrong, 'message', wrong)}")
    if report.faults and not accept_good:
        raise Refused(
            f"Nothing was imported. {' '.join(report.faults)}",
            hint="Correct these rows, or take the others with --accept-good.",
        )
    tx.add_all(report.made)
    tx.flush()
    return report


@dataclass(frozen=True, slots=True)
class _Here:
    """What the rows of a table name, asked for at once: a few queries, whatever their number."""

    device: Device
    people: Mapping[str, Actor]
    complaints: Mapping[str, str]
    """By old number the label of the complaint."""
    sources: Mapping[str, int]
    """By label of a record its device."""


def _what_rows_name(tx: Session, device: Device, rows: Rows) -> _Here:
    asked = select(Complaint.old_number, Complaint.id).where(col(Complaint.old_number) != "")
    complaints = {str(old): Complaint.label_of(number or 0) for old, number in tx.exec(asked)}
    told = {(row.get("source") or "").strip() for _, row in rows}
    labels = {complaints.get(one, one) for one in told}
    return _Here(device, {one.name: one for one in tx.exec(select(Actor))}, complaints,
                 devices_of(tx, labels))  # fmt: skip


def _cells(row: Mapping[Any, Any]) -> dict[str, str]:
    told = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if None in row or not told["number"]:
        raise InvalidInput("The row has more cells than the table, or no number.")
    return told


def _require_same(known: CAPA, told: Mapping[str, str]) -> None:
    if (known.problem, known.opened_at.date()) != (told["problem"], _day(told, "opened_at")):
        raise InvalidInput(
            f"number: {told['number']} is {known.label} already, with another problem or day of "
            "opening."
        )


def _taken(here: _Here, told: Mapping[str, str], *, by: Actor, now: datetime) -> CAPA:
    status = told["status"]
    if status not in ORDER:
        raise InvalidInput(f"status: '{status}' is none of {', '.join(ORDER)}.")
    _require_filled(told, status)
    opened, implemented, closed = (
        _day(told, name) for name in ("opened_at", "implemented_at", "closed_at")
    )
    assert opened is not None
    days = [one for one in (opened, implemented, closed) if one is not None]
    if days != sorted(days) or days[-1] > now.date():
        raise InvalidInput("opened_at, implemented_at, closed_at: they follow each other and are "
                           "not to come.")  # fmt: skip
    source, number = _source(here, told["source"])
    words: dict[str, Any] = {name: told[name] for name in WORDS}
    return CAPA(
        device_id=number, source=source, problem=told["problem"],
        opened_by=by.name, opened_at=_instant(opened), status=status,
        owner=_account(here, told, "owner"), external_number=told["number"],
        due={step: day.isoformat() for name, step in DUE.items() if (day := _day(told, name))},
        implemented_by=_account(here, told, "implemented_by"),
        implemented_at=_instant(implemented) if implemented else None,
        closed_at=_instant(closed) if closed else None,
        closed_as=ELSEWHERE if status == CLOSED else "", **words,
    )


def _require_filled(told: Mapping[str, str], status: str) -> None:
    """Raise where the row lacks what the steps to its status asked for, or tells of later ones."""
    done = ORDER[: ORDER.index(status) + 1]
    asked = [name for step in pairwise(done) for name in STEPS[step]]
    asked += ["problem"] + ["implemented_at", "implemented_by"] * (IMPLEMENTED in done)
    if status == CLOSED:
        asked = [name for name in asked if name != "implemented_by"] + ["closed_at"]
    if lacking := [name for name in asked if not says(told[name]) and not told[name].isdigit()]:
        raise InvalidInput(f"{', '.join(lacking)}: empty, and a CAPA that is '{status}' says it.")
    early = [name for name, step in (("implemented_at", IMPLEMENTED), ("closed_at", CLOSED))
             if told[name] and step not in done]  # fmt: skip
    if early:
        raise InvalidInput(f"{', '.join(early)}: it is '{status}', and that comes later.")


def _source(here: _Here, told: str) -> tuple[str, int]:
    """The record that it was opened for, by its label or a complaint's old number; else the device.
    """
    if not told:
        return here.device.label, here.device.id or 0
    label = label_in_full(here.complaints.get(told, told))
    if label not in here.sources:
        raise InvalidInput(
            f"source: '{told}' is no label of a record here that is about a device, and no old "
            "number of a complaint."
        )
    return label, here.sources[label]


def _account(here: _Here, told: Mapping[str, str], column: str) -> str:
    """The account that a column names; '' where it names none."""
    if not told[column]:
        return ""
    person = here.people.get(told[column])
    if person is None:
        raise InvalidInput(f"{column}: there is no account '{told[column]}'.")
    if column == "owner" and not may(person, Action.ADVANCE_CAPA):
        raise InvalidInput(f"owner: '{person.name}' may not work on CAPAs.")
    return person.name


def _day(told: Mapping[str, str], column: str) -> date | None:
    if not told[column]:
        return None
    try:
        return date.fromisoformat(told[column])
    except ValueError:
        raise InvalidInput(f"{column}: '{told[column]}' is no day such as 2026-03-20.") from None


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
