"""The tables of a document as a workbook: a sheet a table, and what each cell's identifier is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from regulatory.documents.blocks import Cell, Definitions, Table
from regulatory.documents.content import Content
from regulatory.documents.identified import Identified, NamedBlock, identify
from regulatory.documents.wording import measure_name
from regulatory.documents.writers.packed import packed_again, writable
from regulatory.documents.writers.sidecar import number_in

if TYPE_CHECKING:
    from openpyxl import Workbook

FACTS, ESTIMATES, CELLS = "Document", "Estimates", "Cells"
HEADS = {
    ESTIMATES: ("Cell", "Measure", "Group", "Value", "Low", "High", "Level", "n", "Method",
                "Reason if none", "Records"),
    CELLS: ("Cell", "Sheet", "At", "Records", "Records of"),
}  # fmt: skip
MOST_LETTERS = 32_000
"""A spreadsheet cell holds 32,767 letters."""


def write_xlsx(content: Content, identified: Identified | None = None) -> bytes:
    """All tables of a document as XLSX, the same bytes for the same content.

    A whole number is a number; an estimate is written as in the document and once more, number by
    number, on the sheet 'Estimates'. The sheet 'Cells' gives the identifier of each cell.
    """
    from openpyxl import Workbook

    found = identified or identify(content)
    book = Workbook(write_only=True)
    places: list[tuple[str, ...]] = []
    _facts(book, content, found, places)
    count = 0
    for section in found.sections:
        for named in section.blocks:
            if isinstance(named.block, Table | Definitions):
                count += 1
                _sheet(book, f"{count} section {section.section.number}", named, found, places)
    _estimates(book, found)
    sheet = book.create_sheet(CELLS)
    sheet.append([_head(sheet, one) for one in HEADS[CELLS]])
    for place in places:
        sheet.append(place)
    header = content.header
    book.properties.title, book.properties.creator = header.title, header.manufacturer
    book.properties.identifier, book.properties.version = header.number, header.version
    made = io.BytesIO()
    book.save(made)
    return packed_again(made.getvalue(), f"{header.freeze.at:%Y-%m-%dT%H:%M:%SZ}")


def _facts(
    book: Workbook, content: Content, found: Identified, places: list[tuple[str, ...]]
) -> None:
    sheet = book.create_sheet(FACTS)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 90
    sheet.append([_head(sheet, "What"), _head(sheet, "Value")])
    source, row = content.provenance, 1
    rest = {
        "Kind": content.kind, "Marking": content.marking or "none",
        "Freeze event": str(content.header.freeze.sequence),
        "Digest of the facts": source.facts_digest,
    }  # fmt: skip
    for name, text in rest.items():
        row += 1
        sheet.append([name, _text(sheet, text)])
    for item in found.items.values():
        if item.section == "H" or item.kind == "signature":
            row += 1
            sheet.append([item.place.removeprefix("title page, "), _text(sheet, item.text)])
            places.append(_place(found, item.id, FACTS, f"B{row}"))


def _sheet(
    book: Workbook, name: str, named: NamedBlock, found: Identified,
    places: list[tuple[str, ...]],
) -> None:
    from openpyxl.utils import get_column_letter

    sheet, block = book.create_sheet(name[:31]), named.block
    if isinstance(block, Definitions):
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 60
        caption, titles = named.id.rpartition("/")[2].replace("-", " "), ["What", "Value"]
        rows: list[list[str | Cell]] = [[what, cell] for what, cell in block.items]
        keys: list[tuple[str, ...]] = [("", *one) for one in named.cells]
    else:
        assert isinstance(block, Table)
        titles = [f"{one.title} ({one.unit})" if one.unit else one.title for one in block.columns]
        for place, column in enumerate(block.columns, start=1):
            sheet.column_dimensions[get_column_letter(place)].width = 10 + 8 * (column.width or 1)
        caption, rows, keys = block.caption, [list(one) for one in block.rows], list(named.cells)
    sheet.freeze_panes = "A3"
    sheet.append([_head(sheet, caption)])
    sheet.append([_head(sheet, one) for one in titles])
    for number, (row, line) in enumerate(zip(rows, keys, strict=True), start=3):
        sheet.append([
            _value(sheet, one.text) if isinstance(one, Cell) else _text(sheet, one) for one in row
        ])
        for at, key in enumerate(line, start=1):
            if key:
                places.append(_place(found, key, name[:31], f"{get_column_letter(at)}{number}"))
    if isinstance(block, Table) and block.note:
        sheet.append([_text(sheet, block.note)])


def _estimates(book: Workbook, found: Identified) -> None:
    sheet = book.create_sheet(ESTIMATES)
    sheet.append([_head(sheet, one) for one in HEADS[ESTIMATES]])
    for item in found.items.values():
        one = item.cell.estimate if item.cell else None
        if one is not None:
            sheet.append([
                item.id, measure_name(one.measure), one.subgroup, one.value, one.low, one.high,
                one.level if one.estimable else None, one.n, one.method, one.reason,
                ", ".join(item.records),
            ])  # fmt: skip


def _place(found: Identified, key: str, sheet: str, at: str) -> tuple[str, ...]:
    item = found.items[key]
    return key, sheet, at, ", ".join(item.records)[:MOST_LETTERS], item.nearest


def _head(sheet: Any, text: str) -> Any:
    from openpyxl.styles import Font

    cell = _cell(sheet, shown(text))
    cell.font = Font(bold=True)
    return cell


def _text(sheet: Any, text: str) -> Any:
    """Text that a spreadsheet never takes for a formula or an error."""
    bare = shown(text)
    return _cell(sheet, bare) if bare[:1] in ("=", "#") else bare


def _cell(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value="text")
    cell._value = text  # its setter would read a formula
    return cell


def shown(text: str) -> str:
    """A text as a spreadsheet can hold it; what is cut says so."""
    bare = writable(text)
    return bare if len(bare) <= MOST_LETTERS else f"{bare[:MOST_LETTERS]}… (cut)"


def _value(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    number = number_in(text)
    if not isinstance(number, int) or f"{number:,}".replace("-", "\N{MINUS SIGN}") != text:
        return _text(sheet, text)
    cell = WriteOnlyCell(sheet, value=number)
    cell.number_format = "#,##0"
    return cell
