"""All words of a document, each with where it stands and whose it is: fixed, computed, a person's,
or quoted from a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

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
from regulatory.documents.content import Content

Origin = Literal["fixed", "computed", "person", "quoted"]


@dataclass(frozen=True, slots=True)
class Said:
    """Words, the number of their section, and whose they are."""

    section: str
    origin: Origin
    words: str


def all_said(content: Content) -> Iterator[Said]:
    """Every piece of text of a document, in order; the cover's legal basis first."""
    for basis in content.header.legal_basis:
        yield Said("cover", "fixed", basis)
    for section in content.sections:
        yield Said(section.number, "fixed", section.title)
        yield from _of_section(section)


def _of_section(section: Section) -> Iterator[Said]:
    for block in section.blocks:
        for origin, words in _of_block(block):
            if words:
                yield Said(section.number, origin, words)


def _of_block(block: Block) -> Iterator[tuple[Origin, str]]:
    match block:
        case Heading():
            yield "computed", block.text
        case Paragraph():
            yield "fixed", block.text
        case ComputedText():
            yield "computed", block.text
        case HumanText():
            yield "person", block.text
        case Gap():
            yield from (("computed", said) for said in (block.missing, block.reason, block.clause))
        case Table():
            yield from (("computed", said) for said in (block.caption, block.note))
            yield from (("fixed", one.title) for one in block.columns)
            yield from (("quoted", cell.text) for row in block.rows for cell in row)
        case Figure():
            yield from (("computed", said) for said in (block.caption, block.alt))
        case Definitions():
            for name, value in block.items:
                yield "fixed", name
                yield "quoted", value.text
        case SignatureBlock():
            yield from (("quoted", one.meaning) for one in block.lines)
