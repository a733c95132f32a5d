"""A sheet as PDF: tagged PDF/A-2a and PDF/UA-1, the same bytes for the same words."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from regulatory.documents.blocks import Cell
from regulatory.documents.sheet import Sheet, SheetList, SheetTable
from regulatory.documents.writers.glyphs import printable
from regulatory.documents.writers.pdf import breakable_words


@cache
def layout() -> bytes:
    """How a sheet is set, as Typst source."""
    return resources.files("regulatory.documents").joinpath("templates/sheet.typ").read_bytes()


def write_sheet(sheet: Sheet) -> bytes:
    """The sheet as PDF; its date is that of its facts, so the same facts give the same bytes."""
    import typst

    made = typst.compile(
        layout(),
        font_paths=typst.Fonts(include_system_fonts=False),
        sys_inputs={"content": json.dumps(_tree(sheet), ensure_ascii=True)},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=int(sheet.at.timestamp()),
        format="pdf",
    )
    if not isinstance(made, bytes):
        raise TypeError("the layout engine returned no single PDF")
    return made


def _tree(sheet: Sheet) -> dict[str, Any]:
    at = sheet.at
    return {
        "plain-title": printable(f"{sheet.title}, {sheet.below}"),
        "title": breakable_words(sheet.title),
        "above": breakable_words(sheet.above),
        "below": breakable_words(sheet.below),
        "verdict": breakable_words(sheet.verdict),
        "tone": sheet.tone,
        "marking": sheet.marking,
        "footer": f"as of {at:%Y-%m-%d %H:%M} UTC",
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "sections": [_part(one) for one in sheet.parts],
    }


def _part(part: SheetList | SheetTable) -> dict[str, Any]:
    said = {"heading": breakable_words(part.heading), "note": breakable_words(part.note)}
    if isinstance(part, SheetList):
        return said | {"is": "list", "words": [breakable_words(one) for one in part.words]}
    return said | {
        "is": "table",
        "titles": [breakable_words(one) for one in part.titles],
        "rows": [[_cell(one) for one in row] for row in part.rows],
        "widths": list(part.widths),
    }


def _cell(cell: Cell) -> list[str]:
    return [breakable_words(cell.text), cell.tone]
