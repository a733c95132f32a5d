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

from sqlmodel import Session, select

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
    device_of,
    linked_record,
)
from records.complaints import Complaint
from records.errors import InvalidInput, NotFound, RadvigilError, Refused
from records.people import Actor, find_actor
from records.permissions import Action, may, require
from records.product import Device
from records.reasons import says
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
    sources = {one.old_number: one.label for one in tx.exec(select(Complaint)) if one.old_number}
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
            report.made.append(_taken(tx, device, told, sources, by=by, now=now))
        except (RadvigilError, ValueError) as wrong:
            report.faults.append(f"line {line}: {getattr(wrong, 'message', wrong)}")
    if report.faults and not accept_good:
        raise Refused(
            f"Nothing was imported. {' '.join(report.faults)}",
            hint="Correct these rows, or take the others with --accept-good.",
        )
    return report


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


def _taken(
    tx: Session, device: Device, told: Mapping[str, str], sources: Mapping[str, str], *,
    by: Actor, now: datetime,
) -> CAPA:
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
    source, number = _source(tx, device, told["source"], sources)
    words: dict[str, Any] = {name: told[name] for name in WORDS}
    made = CAPA(
        device_id=number, source=source, problem=told["problem"],
        opened_by=by.name, opened_at=_instant(opened), status=status,
        owner=_account(tx, told, "owner"), external_number=told["number"],
        due={step: day.isoformat() for name, step in DUE.items() if (day := _day(told, name))},
        implemented_by=_account(tx, told, "implemented_by"),
        implemented_at=_instant(implemented) if implemented else None,
        closed_at=_instant(closed) if closed else None,
        closed_as=ELSEWHERE if status == CLOSED else "", **words,
    )
    tx.add(made)
    tx.flush()
    return made


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


def _source(
    tx: Session, device: Device, told: str, sources: Mapping[str, str]
) -> tuple[str, int]:
    """The record that it was opened for, by its label or a complaint's old number; else the device.
    """
    if not told:
        return device.label, device.id or 0
    try:
        record = linked_record(tx, sources.get(told, told))
    except (InvalidInput, NotFound):
        raise InvalidInput(
            f"source: '{told}' is no label of a record here and no old number of a complaint."
        ) from None
    return record.label, device_of(tx, record)


def _account(tx: Session, told: Mapping[str, str], column: str) -> str:
    """The account that a column names; '' where it names none."""
    if not told[column]:
        return ""
    try:
        person = find_actor(tx, told[column])
    except NotFound:
        raise InvalidInput(f"{column}: there is no account '{told[column]}'.") from None
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
