"""What a document says, each statement under a key that stays when others come or go."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from regulatory.documents.blocks import (
    Block,
    ComputedText,
    Definitions,
    Figure,
    Gap,
    Heading,
    HumanText,
    Paragraph,
    Section,
    SignatureBlock,
    Table,
)
from regulatory.documents.canonical import canonical_json
from regulatory.documents.content import Content
from regulatory.documents.wording import span

CELL, TEXT, HUMAN, GAP, FIGURE, TITLE = "cell", "sentence", "text", "gap", "figure", "title"
Stated = tuple[str, str]
"""What kind of statement it is, and its words."""


def statements(content: Content) -> dict[str, Stated]:
    """Every statement of a document by its key: 'section 8 / Measures on the test / AUC / Value'.

    Left out is what each edition says of itself: version, status, freeze, signatures, digests.
    """
    header = content.header
    said: dict[str, Stated] = {
        "cover / device": (CELL, header.device), "cover / UDI": (CELL, header.udi),
        "cover / risk class": (CELL, header.risk_class),
        "cover / manufacturer": (CELL, header.manufacturer),
        "cover / period": (CELL, span(header.period)),
        "cover / legal basis": (CELL, "; ".join(header.legal_basis)),
        "cover / model versions": (CELL, "; ".join(one.text for one in header.device_versions)),
    }
    for section in content.sections:
        for key, stated in _of_section(section):
            said[_unused(said, key)] = stated
    return said


def places_on(content: Content) -> list[str]:
    """Every key that a comment can be made on: sections, tables, figures, and each statement."""
    found: dict[str, None] = {}
    for key in statements(content):
        parts = key.split(" / ")
        for end in range(1, len(parts) + 1):
            found[" / ".join(parts[:end])] = None
    return list(found)


def _unused(said: dict[str, Stated], key: str) -> str:
    number, free = 1, key
    while free in said:
        number += 1
        free = f"{key} ({number})"
    return free


def _of_section(section: Section) -> Iterator[tuple[str, Stated]]:
    start, under, sentences = f"section {section.number}", "", 0
    yield start, (TITLE, section.title)
    for block in section.blocks:
        if isinstance(block, Heading):
            under, sentences = f" / {block.text}", 0
        elif isinstance(block, Paragraph | ComputedText):
            sentences += 1
            yield f"{start}{under} / sentence {sentences}", (TEXT, block.text)
        else:
            yield from ((f"{start} / {key}", stated) for key, stated in _of_block(block))


def _of_block(block: Block) -> Iterator[tuple[str, Stated]]:
    match block:
        case HumanText():
            yield f"text {block.place or block.author}", (HUMAN, block.text)
        case Gap():
            yield f"gap: {block.missing}", (GAP, block.reason)
        case Table():
            yield from _of_table(block)
        case Figure():
            drawn = canonical_json([list(pair) for pair in block.data]) + block.svg.encode()
            digest = hashlib.sha256(drawn).hexdigest()
            yield block.caption, (FIGURE, f"{block.alt} (picture {digest[:12]})")
        case Definitions():
            yield from ((name, (CELL, value.full or value.text)) for name, value in block.items)
        case SignatureBlock():
            return
        case _:
            return


def _of_table(table: Table) -> Iterator[tuple[str, Stated]]:
    names = _row_names(table)
    for name, row in zip(names, table.rows, strict=True):
        for column, cell in zip(table.columns, row, strict=True):
            said = cell.full or cell.text
            yield f"{table.caption} / {name} / {column.title}", (CELL, said)
    if table.note:
        yield f"{table.caption} / note", (TEXT, table.note)


def _row_names(table: Table) -> list[str]:
    """Each row by its first cells, as many as tell the rows apart; else also by its number."""
    for width in range(1, min(3, len(table.columns)) + 1):
        names = [", ".join(cell.text for cell in row[:width]) for row in table.rows]
        if len(set(names)) == len(names):
            return names
    names = [row[0].text for row in table.rows]
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name} (row {seen[name]})")
    return numbered
