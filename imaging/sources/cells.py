"""A CSV as people save it: with or without a byte order mark; commas, semicolons or tabs."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from imaging.sources.base import SourceRefused

_DELIMITERS: Final = (",", ";", "\t")


def find_csv(folder: Path, *, apart_from: Path | None = None) -> Path:
    """The folder's table: manifest.csv, or the only CSV there is.

    apart_from: another table that may lie in the folder as well.

    Raises SourceRefused naming those that were found.
    """
    if (folder / "manifest.csv").is_file():
        return folder / "manifest.csv"
    tables = sorted(
        one for one in folder.iterdir()
        if one.suffix.casefold() == ".csv" and not one.name.startswith(".") and one.is_file()
        and not (apart_from and one.samefile(apart_from))
    )
    if len(tables) != 1:
        names = ", ".join(table.name for table in tables) or "none"
        raise SourceRefused(
            f"one CSV file is expected, found: {names}",
            where=str(folder),
            hint="Leave one there, or call the one that is meant manifest.csv",
        )
    return tables[0]


LONGEST_CELL: Final = 1_000_000
"""Characters of a cell that are read: a report is some thousands."""


def delimiter_of(handle: TextIO) -> str:
    """Comma, semicolon or tab: what parts the first line into most names. The text stands at its
    beginning again."""
    csv.field_size_limit(LONGEST_CELL)
    start = handle.tell()
    first = handle.readline()
    handle.seek(start)
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), [])))


@contextmanager
def utf8_text(table: Path) -> Iterator[TextIO]:
    """A table opened as text in UTF-8; whoever reads it meets SourceRefused where it is none."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as handle:
            yield handle
    except UnicodeDecodeError:
        raise SourceRefused(
            "is no text in UTF-8", where=str(table),
            hint="Save it as text in UTF-8, separated by commas or semicolons",
        ) from None
    except csv.Error:
        raise SourceRefused(
            "is no table: a quotation mark is open, or a cell is too long", where=str(table),
            hint="Save it anew as CSV, with every quotation mark closed",
        ) from None


def read_cells(table: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The names of the columns, and one mapping a row; a column without a name is left out.

    The separator is the one that parts the first line into most names. Raises SourceRefused for a
    file that is no table, a name that stands twice, and a row with more cells than the header.
    """
    with utf8_text(table) as handle:
        header, *rows = _parsed(handle.read(), table) or [[]]
    _refuse_twice(header, table)
    if not rows:
        raise SourceRefused("no rows", where=str(table), hint="List one image a row below a header")
    named = [(place, name) for place, name in enumerate(header) if name]
    return [name for _, name in named], [
        {name: row[place] if place < len(row) else "" for place, name in named} for row in rows
    ]


def _parsed(text: str, table: Path) -> list[list[str]]:
    """Rows of cells, the header first; empty lines are left out."""
    delimiter = max(
        _DELIMITERS, key=lambda one: len(next(csv.reader(_lines(text), delimiter=one), []))
    )
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    for row in reader:
        if rows and any(cell.strip() for cell in row[len(rows[0]) :]):
            raise SourceRefused(
                f"{len(row)} cells below {len(rows[0])} names",
                where=f"{table}, line {reader.line_num}",
                hint="Put a text that holds the separator in quotation marks",
            )
        if row:
            rows.append(row if rows else [name.strip() for name in row])
    return rows


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _refuse_twice(header: list[str], table: Path) -> None:
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise SourceRefused(
            f"{header.count(twice)} columns are called {twice!r}",
            where=str(table),
            hint="Give each column a name of its own",
        )
