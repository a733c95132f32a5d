"""Rows as a table for people, or as JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Rows with the same columns: a table, a JSON list, or ``empty`` where there are none."""
    if as_json:
        print_json(list(rows))
    elif not rows:
        typer.echo(empty)
    else:
        _print_table(rows)


def print_json(value: Any) -> None:
    """The value as JSON, with times in ISO form."""
    from records.base import plain

    typer.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def print_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """One record, a line a field."""
    if as_json:
        print_json(fields)
        return
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        typer.echo(f"{name.replace('_', ' '):<{width}}  {_text(value)}")


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_text(value) for value in row.values()))
    # Without a terminal, rich would cut to 80 columns what a person pipes into a file.
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False, markup=False, emoji=False).print(table)


def _text(value: Any) -> str:
    from datetime import datetime

    if value is None or value in ("", [], (), {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    return str(value)
