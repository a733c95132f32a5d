"""Facts of a document as named lists of records; each is set as a table, as pairs, or as a gap.

Documents that bring together what the records of a device say share these lists: what stands in two
of them is read once, by one question, and looks the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from measures.estimate import Estimate
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Table,
)
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Note
from regulatory.documents.wording import cell, digest_cell, estimate_cell, verdict_cell

Value = str | int | float | bool | date | datetime | Estimate | None
MOST_GAPS = 4
"""So many things that are missing in one list are a gap each; more are one gap together."""
NOBODY = "nobody recorded it before the data freeze"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by the name of the column, and the records that say so."""

    values: Mapping[str, Value]
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """What the records say under one name.

    lacking: a sentence for each thing that is missing. said: sentences formed from records, shown
    above the rows. none: why there is nothing, where that is no gap.
    """

    rows: tuple[Row, ...] = ()
    lacking: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    none: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The facts of a document that is made of lists."""

    edition: Edition
    lists: Mapping[str, Listed]
    traces: tuple[Trace, ...]
    notes: Mapping[str, Note] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a list looks: caption, columns by the name of the value, what is said of an empty one.

    who, clause: of the gap that a missing thing leaves. pairs: set as names with values, whose
    columns are 'item' and 'said'.
    """

    caption: str
    columns: tuple[tuple[str, Column], ...]
    none: str
    who: str
    clause: str = ""
    note: str = ""
    pairs: bool = False


def blocks_of(listed: Listed, shape: Shape) -> tuple[Block, ...]:
    """Sentences, rows and gaps of a list; never nothing."""
    found: list[Block] = [ComputedText(one, listed.records) for one in listed.said]
    if shape.pairs:
        found.insert(0, Heading(shape.caption))
    if listed.rows and shape.pairs:
        found.append(Definitions(tuple(
            (str(one.values["item"]), _cell("said", one.values.get("said"), one.records))
            for one in listed.rows
        )))  # fmt: skip
    elif listed.rows:
        rows = tuple(
            tuple(_cell(key, one.values.get(key), one.records) for key, _ in shape.columns)
            for one in listed.rows
        )
        columns = tuple(column for _, column in shape.columns)
        found.append(Table(shape.caption, columns, rows, shape.note))
    elif not listed.lacking:
        found.append(ComputedText(listed.none or shape.none, listed.records))
    return (*found, *_gaps(listed.lacking, shape))


def _gaps(lacking: tuple[str, ...], shape: Shape) -> tuple[Gap, ...]:
    told = lacking if len(lacking) <= MOST_GAPS else (" ".join(lacking),)
    return tuple(Gap(one, NOBODY, shape.who, shape.clause) for one in told)


def _cell(key: str, value: Value, records: tuple[str, ...]) -> Cell:
    if isinstance(value, Estimate):
        return estimate_cell(value, *records)
    if key == "digest":
        return digest_cell(str(value or ""), *records)
    if key == "verdict" and value:
        return verdict_cell(str(value), *records)
    if isinstance(value, float):
        return Cell(plainly(value), records)
    return cell(value, *records)


def plainly(value: float) -> str:
    """A number to four significant digits, without an exponent.

    >>> plainly(0.00005), plainly(-0.5), plainly(0.90658439), plainly(3.0)
    ('0.00005', '\N{MINUS SIGN}0.5', '0.9066', '3')
    """
    if abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{float(f'{value:.4g}'):.12f}".rstrip("0").rstrip(".")
    return text.replace("-", "\N{MINUS SIGN}")
