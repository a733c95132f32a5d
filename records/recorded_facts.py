"""Record facts: all rows or none, the same row once, a correction only where it is meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.cited import records_cited
from records.errors import InvalidInput, Refused
from records.fact_cells import read_cells, written
from records.fact_kinds import FACTS
from records.facts import Fact, columns_of
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.reasons import require_reason

MOST_FAULTS: Final = 200
"""So many are told at once; that there are more is said."""


@dataclass(slots=True)
class Taken:
    """What became of the rows: new facts, new versions of facts, and rows that stood already."""

    made: list[Fact] = field(default_factory=list)
    corrected: list[Fact] = field(default_factory=list)
    unchanged: list[Fact] = field(default_factory=list)

    @property
    def words(self) -> str:
        """In one line."""
        return (f"{len(self.made)} new, {len(self.corrected)} corrected, {len(self.unchanged)} "
                "on record already")  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one cell; row 0: of a form, which has no rows."""

    row: int
    column: str
    words: str

    @property
    def sentence(self) -> str:
        """Where and what."""
        return f"{f'row {self.row}, ' if self.row else ''}column {self.column}: {self.words}"


def take_facts(
    tx: Session, table: type[Fact], device: Device, rows: Sequence[tuple[int, Mapping[str, str]]],
    *, by: Actor, now: datetime, correct: bool = False, because: str = "",
) -> Taken:
    """Record facts of one kind from cells; nothing where a cell is wrong, and all faults are told.

    A row that says what stands under its key changes nothing. One that says something else is a
    fault, unless corrections are meant: then it is a new version.

    rows: the number of each row in its table (0: of a form) and its text by column.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: A cell is wrong; each with row and column, never with its text.
    """
    require(by, Action.RECORD_FACT)
    if correct:
        require_reason(because)
    faults, read = _read(table, rows, now)
    standing = {one.key: one for one in newest_versions(tx, table, device.name)}
    faults += _unknown_labels(tx, table, read)
    faults += [] if correct else _other_than_standing(standing, read)
    if faults:
        refuse_rows(faults)
    taken = Taken()
    for _, values in read:
        known = standing.get(values["key"])
        if known is not None and not known.withdrawn and known.told == values:
            taken.unchanged.append(known)
            continue
        made = table(
            device_id=device.id or 0, device_name=device.name, recorded_by=by.name,
            recorded_at=now, version=known.version + 1 if known else 1,
            because=because.strip() if known else "", **values,
        )
        (taken.corrected if known else taken.made).append(made)
    tx.add_all([*taken.made, *taken.corrected])
    tx.flush()
    return taken


def correct_fact(
    tx: Session, fact: Fact, cells: Mapping[str, str], *, by: Actor, now: datetime, because: str
) -> Fact:
    """Record a later version of a fact in which these cells are others.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: A cell is wrong, there is no such column, no reason, or nothing would change.
        Refused: It is not the newest version under its key.
    """
    require(by, Action.RECORD_FACT)
    table = type(fact)
    require_newest(tx, fact)
    require_columns(table, cells)
    if cells.get("key", fact.key) != fact.key:
        raise InvalidInput("key: it is the same in every version.",
                           hint="Withdraw this one, and record another.")  # fmt: skip
    said = {name: written(value) for name, value in fact.told.items()} | dict(cells)
    taken = take_facts(tx, table, _device(tx, fact), [(0, said)], by=by, now=now, correct=True,
                       because=because)  # fmt: skip
    if not taken.corrected:
        raise InvalidInput(f"{fact.known_as} says that already.", hint="Say what is different.")
    return taken.corrected[0]


def withdraw_fact(tx: Session, fact: Fact, *, by: Actor, now: datetime, because: str) -> Fact:
    """Record that nothing stands under the key of a fact any more; what was told stays.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No reason.
        Refused: It is not the newest version under its key, or was withdrawn before.
    """
    require(by, Action.RECORD_FACT)
    require_newest(tx, fact)
    if fact.withdrawn:
        raise Refused(f"{fact.known_as} is withdrawn already.")
    made = type(fact)(
        device_id=_device(tx, fact).id or 0, device_name=fact.device_name, withdrawn=True,
        version=fact.version + 1, because=require_reason(because), recorded_by=by.name,
        recorded_at=now, **fact.told,
    )
    tx.add(made)
    tx.flush()
    return made


def newest_versions(
    session: Session, table: type[Fact], device: str, *, at: datetime | None = None
) -> list[Any]:
    """The newest version under each key, withdrawn ones too, in the order of their first version.

    at: as they were known at an instant.
    """
    query = select(table).where(col(table.device_name) == device).order_by(col(table.id))
    if at is not None:
        query = query.where(col(table.recorded_at) <= at)
    return list({one.key: one for one in session.exec(query)}.values())


def versions_of(session: Session, fact: Fact) -> list[Fact]:
    """Every version under the key of a fact, the first one first."""
    table = type(fact)
    query = select(table).where(
        col(table.device_name) == fact.device_name, col(table.key) == fact.key
    )
    return list(session.exec(query.order_by(col(table.version))))


def find_fact(session: Session, label: str) -> Fact:
    """The fact of any kind that a label such as SAL-0001 means.

    Raises:
        InvalidInput: It is no label of a fact.
        NotFound: There is no such fact.
    """
    from records.lookup import find_record

    prefix = label.strip().upper().rpartition("-")[0]
    table = {one.PREFIX: one for one in FACTS}.get(prefix)
    if table is None:
        raise InvalidInput(f"'{label}' is no label of a fact.",
                           hint="One looks like SAL-0001; see 'radvigil fact list'.")  # fmt: skip
    return find_record(session, table, label)


def require_columns(table: type[Fact], names: Iterable[str]) -> None:
    """Raise :class:`InvalidInput` for a name that is no column of this kind of fact."""
    known = [one.name for one in columns_of(table)]
    if strange := sorted(set(names) - set(known)):
        raise InvalidInput(f"A fact of kind {table.KIND} has no column {', '.join(strange)}.",
                           hint=f"Columns: {', '.join(known)}.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class FactsOfKind:
    """How many facts of a kind stand for a device, and which came last; none: nobody entered any.

    newest: the last version of any, a withdrawal too.
    """

    table: type[Fact]
    standing: int
    newest: Fact | None

    def as_row(self) -> dict[str, Any]:
        """As the command line prints it."""
        last = self.newest
        return {"code": self.table.CODE, "kind": self.table.KIND, "standing": self.standing,
                "newest": last.label if last else "", "recorded_by": last.recorded_by if last
                else "", "recorded_at": last.recorded_at if last else None,
                "what": self.table.WORDS}  # fmt: skip


def facts_by_kind(session: Session, device: str) -> list[FactsOfKind]:
    """For each kind what stands for a device, one query a kind."""
    found = []
    for table in FACTS:
        versions = newest_versions(session, table, device)
        newest = max(versions, key=lambda one: one.id, default=None)
        standing = sum(not one.withdrawn for one in versions)
        found.append(FactsOfKind(table, standing, newest))
    return found


def require_newest(session: Session, fact: Fact) -> None:
    """Raise :class:`Refused` where a later version stands under the key of a fact."""
    last = versions_of(session, fact)[-1]
    if last.id != fact.id:
        raise Refused(f"{fact.known_as} is not the newest version.",
                      hint=f"Name {last.label}, which stands under its key.")  # fmt: skip


def _device(session: Session, fact: Fact) -> Device:
    from records.queries import find_device

    return find_device(session, fact.device_name)


Read = tuple[int, dict[str, Any]]


def _read(
    table: type[Fact], rows: Sequence[tuple[int, Mapping[str, str]]], now: datetime
) -> tuple[list[RowFault], list[Read]]:
    faults: list[RowFault] = []
    read: list[Read] = []
    first: dict[str, int] = {}
    for row, cells in rows:
        values, wrong = read_cells(table, cells, today=now.date())
        faults += [RowFault(row, column, words) for column, words in wrong]
        key = values.get("key", "")
        if key and key in first:
            faults.append(RowFault(row, "key", f"It stands in row {first[key]}, too."))
        first.setdefault(key, row)
        if not wrong:
            read.append((row, values))
    return faults, read


def _other_than_standing(standing: Mapping[str, Fact], read: Sequence[Read]) -> list[RowFault]:
    faults = []
    for row, values in read:
        known = standing.get(values["key"])
        if known is None or (not known.withdrawn and known.told == values):
            continue
        if known.withdrawn:
            words = f"{known.label} under this key was withdrawn: say that it is corrected."
        else:
            other = ", ".join(name for name, value in known.told.items() if values[name] != value)
            words = f"{known.label} stands under this key with another {other}: say that it is " \
                "corrected, or choose another key."  # fmt: skip
        faults.append(RowFault(row, "key", words))
    return faults


def _unknown_labels(
    session: Session, table: type[Fact], read: Sequence[Read]
) -> list[RowFault]:
    """Labels that no record has; a few queries a kind of record."""
    names = [one.name for one in columns_of(table) if one.form == "labels"]
    told = {label for _, values in read for name in names for label in values[name]}
    unknown = told - {label for label, _ in records_cited(session, told)}
    return [
        RowFault(row, name, f"There is no record {label}.")
        for row, values in read for name in names for label in values[name] if label in unknown
    ]  # fmt: skip


def refuse_rows(faults: Sequence[RowFault]) -> None:
    """Raise :class:`InvalidInput` with each fault by row and column; the first of very many."""
    told = [one.sentence for one in faults[:MOST_FAULTS]]
    if len(faults) > MOST_FAULTS:
        told.append(f"And {len(faults) - MOST_FAULTS} more.")
    raise InvalidInput("\n".join(["Nothing was recorded.", *told]),
                       hint="Correct these cells and try again.")  # fmt: skip
