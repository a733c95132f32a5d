"""The printed form of a document: tagged PDF/A-2a and PDF/UA-1, the same bytes every time."""

from __future__ import annotations

import json
import re
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from regulatory.documents.annexes import annexes
from regulatory.documents.appearance import Appearance, write_fonts
from regulatory.documents.blocks import (
    Block,
    Cell,
    ComputedText,
    Definitions,
    Figure,
    Gap,
    Heading,
    HumanText,
    Paragraph,
    Section,
    SignatureBlock,
    SignatureLine,
    Table,
)
from regulatory.documents.content import Content, gaps_said, read_as_of
from regulatory.documents.control import front_matter
from regulatory.documents.registry import code_of
from regulatory.documents.wording import NOT_APPLICABLE, instant, signed_at, span, unhyphened
from regulatory.documents.writers.column_widths import (
    LANDSCAPE_POINTS,
    PORTRAIT_POINTS,
    column_widths,
)
from regulatory.documents.writers.glyphs import printable

FINAL = frozenset({"approved", "signed", "released", "effective", "extract"})
"""The statuses whose pages carry no watermark."""
ENDED = frozenset({"superseded", "obsolete", "withdrawn"})
"""The statuses whose watermark nobody may overlook."""
_BREAK = "\N{ZERO WIDTH SPACE}"
_TIE = "\N{NO-BREAK SPACE}"
_LONG = re.compile(r"\S{17,}")
_JOINT = re.compile(r"(?<=[/_.,:;=&?+])(?=\S)")
_TIED = re.compile(r"(?<=\d) (?=%)|(?<=%) (?=CI)|(?<=\bn) (?==)|(?<==) (?=\d)")


@cache
def layout() -> bytes:
    """The page layout that sets every document, as Typst source."""
    return resources.files("regulatory.documents").joinpath("templates/document.typ").read_bytes()


def write_pdf(content: Content) -> bytes:
    """A document as PDF that a reader, a screen reader and an archive can use.

    Only fonts that travel with the software are used, and the document's date is that of its data
    freeze, so the same content gives the same bytes on any machine. The layout engine itself
    refuses what PDF/A-2a or PDF/UA-1 forbid, such as a picture without a description.
    """
    import typst

    tree = json.dumps(_document(content), ensure_ascii=True)
    with tempfile.TemporaryDirectory() as room:
        write_fonts(Path(room), _fonts(content))
        made = typst.compile(
            layout(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[room]),
            sys_inputs={"content": tree},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=int(content.header.freeze.at.timestamp()),
            format="pdf",
        )
    if not isinstance(made, bytes):
        raise TypeError("the layout engine returned no single PDF")
    return made


def _fonts(content: Content) -> tuple[bytes, ...]:
    look = content.header.appearance
    return content.assets[1 if look.logo else 0 :] if look else ()


def _look(content: Content) -> dict[str, Any]:
    """The organisation's own look; the layout has its own values for what is empty."""
    look = content.header.appearance or Appearance()
    logo = list(content.assets[0]) if look.logo else []
    return {
        "logo": logo,
        "logo-format": look.logo_format,
        "logo-description": breakable_words(look.logo_description),
        "cover": [breakable_words(one) for one in look.cover],
        "colour": look.colour,
        "font": look.font,
    }


def _document(content: Content) -> dict[str, Any]:
    header, at = content.header, content.header.freeze.at
    return {
        "code": code_of(content.kind),
        "number": breakable_words(header.number),
        "title": breakable_words(header.title),
        "version": breakable_words(header.version),
        "status": breakable_words(header.status),
        "watermark": "" if header.status in FINAL else breakable_words(header.status).upper(),
        "ended": header.status in ENDED,
        "marking": content.marking,
        "confidentiality": breakable_words(header.confidentiality),
        "language": header.language,
        "author": breakable_words(header.manufacturer),
        "device": breakable_words(header.device),
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "facts": [[name, *_cell(value)] for name, value in _title_page(content)],
        "gaps": gaps_said(content),
        "look": _look(content),
        "front": [_section(one) for one in front_matter(content)],
        "sections": [_section(one) for one in (*content.sections, *annexes(content))],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": breakable_words(f"{section.number}  {section.title}"),
        "wide": section.wide,
        "blocks": [_block(block, wide=section.wide) for block in section.blocks],
    }


def _title_page(content: Content) -> list[tuple[str, Cell]]:
    header = content.header
    if header.particulars:
        return list(header.particulars)
    rows = [("Device", Cell(header.device)), ("UDI", Cell(header.udi))]
    rows += [("Model version in scope", one) for one in header.device_versions]
    rows += [
        ("Risk class", Cell(header.risk_class)),
        ("Manufacturer", Cell(header.manufacturer)),
        ("Legal basis", Cell("; ".join(header.legal_basis))),
        ("Period", Cell(span(header.period))),
        ("Data freeze", Cell(read_as_of(header.freeze))),
        ("Prepared by", Cell(header.prepared_by)),
    ]
    return rows


def _block(block: Block, *, wide: bool) -> dict[str, Any]:
    match block:
        case Heading():
            return {"is": "heading", "text": breakable_words(block.text)}
        case Paragraph():
            return {"is": "paragraph", "text": breakable_words(block.text)}
        case ComputedText():
            return {"is": "computed", "text": breakable_words(block.text)}
        case HumanText():
            by = f"{block.author}, {block.role}, {instant(block.at)}"
            return {"is": "human", "text": breakable_words(block.text), "by": breakable_words(by)}
        case Gap():
            return _gap(block)
        case SignatureBlock():
            return {"is": "signatures", "lines": [_signature(line) for line in block.lines]}
        case Definitions():
            items = [[breakable_words(name), *_cell(value)] for name, value in block.items]
            return {"is": "definitions", "items": items}
        case Figure():
            return _figure(block)
        case Table():
            return _table(block, wide=wide)


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "is": "gap",
        "missing": breakable_words(gap.missing),
        "reason": breakable_words(gap.reason[:1].upper() + gap.reason[1:]),
        "who": breakable_words(gap.who),
        "clause": breakable_words(gap.clause),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "is": "figure",
        "caption": breakable_words(figure.caption),
        "alt": breakable_words(figure.alt),
        "svg": figure.svg,
        "width": figure.width,
    }


def _table(table: Table, *, wide: bool) -> dict[str, Any]:
    titles = [f"{one.title} ({one.unit})" if one.unit else one.title for one in table.columns]
    widths, tight = column_widths(table, available=LANDSCAPE_POINTS if wide else PORTRAIT_POINTS)
    return {
        "is": "table",
        "caption": breakable_words(table.caption),
        "titles": [breakable_words(title) for title in titles],
        "aligns": [one.align for one in table.columns],
        "widths": widths,
        "tight": tight,
        "wide": wide,
        "rows": [[_cell(value) for value in row] for row in table.rows],
        "note": breakable_words(table.note),
    }


def _cell(cell: Cell) -> list[str]:
    style = "code" if cell.code else cell.tone
    return [breakable_words(cell.text, every=4 if cell.code else 8), style]


def _signature(line: SignatureLine) -> dict[str, str]:
    signed = line.signed
    said = f"{signed.name}; comment: {signed.comment}" if signed and signed.comment else ""
    return {
        "role": breakable_words(line.role),
        "meaning": breakable_words(unhyphened(signed.meaning if signed else line.meaning)),
        "name": breakable_words(said or signed.name) if signed else "",
        "at": signed_at(signed) if signed else "not signed at the data freeze",
        "digest": breakable_words(signed.digest or NOT_APPLICABLE, every=4) if signed else "",
    }


def breakable_words(text: str, every: int = 12) -> str:
    """Text that can be set: every glyph exists, and no word is too long to be broken."""
    shown = _TIED.sub(_TIE, printable(text))
    return _LONG.sub(lambda found: _breakable(found[0], every), shown)


def _breakable(word: str, every: int) -> str:
    if word.isalpha() and len(word) < 30:
        return word  # hyphenation breaks it better
    pieces: list[str] = []
    for part in _JOINT.split(word):
        step = every if len(part) > 16 else len(part)
        pieces += [part[start : start + step] for start in range(0, len(part), step)]
    return _BREAK.join(pieces)
