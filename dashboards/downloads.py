"""Every table is taken along as CSV: UTF-8, nothing shortened, nothing that a spreadsheet runs.

The shell says once a run who takes copies (:func:`begin`); the file is made, and put on record,
when it is asked for.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from dashboards.cells import Cell, plain

Recorder = Callable[[str, bytes], None]
"""Puts on record that a file of this name and content was taken along."""

KEY = "csv-"
"""What the keys of these buttons begin with."""

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


@dataclass(slots=True)
class _Run:
    """One drawing of a page: who takes copies, the heading that was drawn last, tables so far."""

    page: str = "page"
    record: Recorder | None = None
    heading: str = ""
    names: dict[str, int] = field(default_factory=dict)


_RUN: ContextVar[_Run | None] = ContextVar("run", default=None)


def begin(page: str = "page", record: Recorder | None = None) -> None:
    """A page is drawn from here on: its name stands in the names of the files."""
    _RUN.set(_Run(page, record))


def _run() -> _Run:
    found = _RUN.get()
    if found is None:
        found = _Run()
        _RUN.set(found)
    return found


def under(heading: str) -> None:
    """The next tables stand under this heading, and are named by it."""
    _run().heading = heading


def csv_of(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    r"""The table as CSV (RFC 4180), UTF-8 with the mark by which spreadsheets know it.

    >>> content = csv_of(["Site", "Found"], [["=1+1", "-0.3"], ["north, old", "@x"]])
    >>> content.decode("utf-8-sig").splitlines()
    ['Site,Found', "'=1+1,-0.3", '"north, old",\'@x']
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([harmless(name) for name in headings])
    writer.writerows([[harmless(plain(value)) for value in row] for row in rows])
    return file.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """Text that a spreadsheet would run as a formula is shown as text; a number stays one."""
    if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def offer(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """The button below a table that takes it along."""
    run = _run()
    name = _named(run)
    st.download_button(
        "CSV", partial(_made, headings, rows, name, run.record), file_name=name, mime="text/csv",
        key=f"{KEY}{name}", type="tertiary", icon=":material/download:",
        help=f"This table as a file: {name}", on_click="ignore",
    )


def _named(run: _Run) -> str:
    """Page and heading, with a number from the second table on: the same at each drawing."""
    words = [part for part in (run.page, run.heading) if part]
    stem = re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")[:80]
    run.names[stem] = run.names.get(stem, 0) + 1
    return f"{stem}-{run.names[stem]}.csv" if run.names[stem] > 1 else f"{stem}.csv"


def _made(
    headings: Sequence[str], rows: Sequence[Sequence[Cell]], name: str, record: Recorder | None
) -> bytes:
    content = csv_of(headings, rows)
    if record is not None:
        record(name, content)
    return content
