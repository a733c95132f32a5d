"""A document as DOCX for staff who edit: real styles, repeated table heads, a contents field.

Each statement stands in a bookmark that is named by the digest of its identifier, so that a figure
that somebody edits is found again (Word allows 40 letters in such a name).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from regulatory.documents.blocks import (
    Cell,
    ComputedText,
    Definitions,
    Figure,
    Gap,
    Heading,
    HumanText,
    Paragraph,
    SignatureBlock,
    Table,
)
from regulatory.documents.content import Content, gaps_said
from regulatory.documents.identified import (
    Identified,
    NamedBlock,
    NamedSection,
    Part,
    gap_words,
    identify,
    note_of,
    signature_words,
)
from regulatory.documents.registry import code_of
from regulatory.documents.wording import instant
from regulatory.documents.writers.column_widths import column_widths
from regulatory.documents.writers.docx_frame import Frame, opened
from regulatory.documents.writers.packed import packed_again, writable

if TYPE_CHECKING:
    from docx.document import Document

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_COLOURS = {"good": "0B6B3A", "bad": "A11212", "unknown": "7A5200"}
PORTRAIT, LANDSCAPE = 9300, 14100
"""Room between the margins, in twentieths of a point."""


def bookmark(identifier: str) -> str:
    """The name of the bookmark that holds a statement."""
    return f"c_{hashlib.sha256(identifier.encode()).hexdigest()[:24]}"


def write_docx(content: Content, identified: Identified | None = None) -> bytes:
    """The document as DOCX, the same bytes for the same content."""
    found = identified or identify(content)
    document, frame = opened(content)
    _Text(document, frame, found).write(content)
    made = io.BytesIO()
    document.save(made)
    return packed_again(made.getvalue(), f"{content.header.freeze.at:%Y-%m-%dT%H:%M:%SZ}")


class _Text:
    """The body being written, as XML that is parsed once: python-docx's own tables are slow."""

    def __init__(self, document: Document, frame: Frame, found: Identified) -> None:
        self._document, self._frame, self._found = document, frame, found
        self._numbers = count(1000)
        self._tables, self._figures = count(1), count(1)
        self._xml: list[str] = []
        self._part: Part = "own"
        self._wide = False

    def write(self, content: Content) -> None:
        """Title page, front matter, contents, sections with their blocks."""
        from docx.oxml.parser import parse_xml

        header = content.header
        for line in header.appearance.cover if header.appearance else ():
            self._add("", _run(line))
        gaps = gaps_said(content)
        missing = f" · missing information: {gaps}" if gaps else ""
        self._add("", _run(f"{code_of(content.kind)} · {header.number}{missing}"))
        self._add("Title", _run(header.title))
        if content.marking:
            self._add("Missing information", _run(content.marking))
        items = [one for one in self._found.items.values() if one.section == "H"]
        rows = [
            (_run(one.place.removeprefix("title page, ")),
             self._stated(one.id, one.text, one.cell)) for one in items
        ]  # fmt: skip
        self._xml.append(_grid([("What", 2700), ("Value", 6600)], rows, "Title page", header.title))
        front = [one for one in self._found.sections if one.part == "front"]
        for named in front:
            self._section(named)
        self._contents()
        for named in self._found.sections[len(front) :]:
            self._section(named)
        body = self._document.element.body
        last = body.sectPr
        if self._wide:
            _turned(last)
        whole = parse_xml(f"<w:body {_W} {self._frame.names}>{''.join(self._xml)}</w:body>")
        for element in list(whole):
            last.addprevious(element)

    def _section(self, named: NamedSection) -> None:
        section, self._part = named.section, named.part
        if section.wide != self._wide:
            self._turn(self._wide)
            self._wide = section.wide
        self._heading(1, f"{section.number}  {section.title}", f"s_{_bare(section.number)}")
        for block in named.blocks:
            self._block(block, LANDSCAPE if self._wide else PORTRAIT)

    def _turn(self, wide: bool) -> None:
        width, height = ("16838", "11906") if wide else ("11906", "16838")
        turned = ' w:orient="landscape"' if wide else ""
        self._xml.append(
            f'<w:p><w:pPr><w:sectPr>{self._frame.references}<w:pgSz w:w="{width}" w:h="{height}"'
            f'{turned}/><w:pgMar w:top="1417" w:right="1247" w:bottom="1304" w:left="1247" '
            'w:header="700" w:footer="700" w:gutter="0"/></w:sectPr></w:pPr></w:p>'
        )

    def _contents(self) -> None:
        self._add("TOC Heading", _run("Contents"))
        lines = [
            (f"s_{_bare(one.section.number)}", f"{one.section.number}  {one.section.title}")
            for one in self._found.sections
        ]
        begin = (
            '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText '
            'xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        )
        for place, (name, text) in enumerate(lines):
            end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>' if place == len(lines) - 1 else ""
            self._xml.append(
                f'<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr>{begin if place == 0 else ""}'
                f'<w:hyperlink w:anchor="{name}" w:history="1">{_run(text)}</w:hyperlink>{end}'
                "</w:p>"
            )
        self._xml.append('<w:p><w:r><w:br w:type="page"/></w:r></w:p>')

    def _block(self, named: NamedBlock, room: int) -> None:
        block = named.block
        match block:
            case Heading():
                self._heading(2, block.text)
            case Paragraph():
                self._add("", self._stated(named.id, block.text))
            case ComputedText():
                self._add("Computed from records", self._stated(named.id, block.text))
            case HumanText():
                said = f"{block.text}\n{block.author}, {block.role}, {instant(block.at)}"
                self._add("Written by a person", self._stated(named.id, said))
            case Gap():
                self._add("Missing information", self._stated(named.id, gap_words(block)))
            case SignatureBlock():
                for line, (key,) in zip(block.lines, named.cells, strict=True):
                    self._add("List Bullet", self._stated(key, signature_words(line)))
            case Definitions():
                rows = [
                    (_run(name), self._stated(key, cell.text, cell))
                    for (name, cell), (key,) in zip(block.items, named.cells, strict=True)
                ]
                self._xml.append(
                    _grid([("What", room * 3 // 10), ("Value", room * 7 // 10)], rows, named.id, "")
                )
            case Figure():
                self._figure(named, block)
            case Table():
                self._table(named, block, room)

    def _heading(self, level: int, text: str, name: str = "") -> None:
        run = _run(text)
        self._add(f"Heading {level}", self._marked(name, run) if name else run)

    def _figure(self, named: NamedBlock, block: Figure) -> None:
        number = next(self._figures)
        self._xml.append(self._frame.picture(number, block, self._found.items[named.id].text))
        self._add("Caption", _sequence("Figure", number)
                  + self._stated(named.id, block.caption))  # fmt: skip

    def _table(self, named: NamedBlock, block: Table, room: int) -> None:
        number = "" if self._part == "front" else _sequence("Table", next(self._tables))
        self._add("Caption", number + _run(block.caption), keep=True)
        widths, _ = column_widths(block, available=room / 20)
        heads = [
            (f"{one.title} ({one.unit})" if one.unit else one.title, int(20 * width))
            for one, width in zip(block.columns, widths, strict=True)
        ]
        rows = [
            [self._stated(key, cell.text, cell) for key, cell in zip(keys, row, strict=True)]
            for keys, row in zip(named.cells, block.rows, strict=True)
        ]
        sides = [one.align for one in block.columns]
        self._xml.append(_grid(heads, rows, block.caption, block.note, sides))
        self._add("", self._stated(note_of(named.id), block.note) if block.note else "")

    def _stated(self, key: str, text: str, cell: Cell | None = None) -> str:
        colour = _COLOURS.get(cell.tone, "") if cell else ""
        return self._marked(bookmark(key), _run(text, colour=colour, code=bool(cell and cell.code)))

    def _marked(self, name: str, inner: str) -> str:
        number = next(self._numbers)
        return (
            f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{inner}'
            f'<w:bookmarkEnd w:id="{number}"/>'
        )

    def _add(self, style: str, inner: str, *, keep: bool = False) -> None:
        named = f'<w:pStyle w:val="{self._frame.styles[style]}"/>' if style else ""
        held = "<w:keepNext/>" if keep else ""
        self._xml.append(f"<w:p><w:pPr>{named}{held}</w:pPr>{inner}</w:p>")


def _bare(number: str) -> str:
    return re.sub(r"\W", "_", number)


def _turned(properties: Any) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Twips

    properties.page_width, properties.page_height = Twips(16838), Twips(11906)
    properties.orientation = WD_ORIENT.LANDSCAPE


def _run(text: str, *, colour: str = "", code: bool = False, bold: bool = False) -> str:
    """Words as a run; a line break stays one, and what XML cannot hold is shown as a box."""
    shown = writable(text)
    lines = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in shown.split("\n")
    )
    font = '<w:rFonts w:ascii="DejaVu Sans Mono" w:hAnsi="DejaVu Sans Mono"/>' if code else ""
    paint = f'<w:color w:val="{colour}"/>' if colour else ""
    heavy = "<w:b/>" if bold else ""
    style = f"<w:rPr>{font}{heavy}{paint}</w:rPr>" if font or heavy or paint else ""
    return f"<w:r>{style}{lines}</w:r>"


def _sequence(name: str, number: int) -> str:
    field = f' SEQ {name} \\* ARABIC '
    return (
        f"{_run(f'{name} ')}<w:fldSimple w:instr={quoteattr(field)}>"
        f"{_run(str(number))}</w:fldSimple>{_run('  ')}"
    )


def _grid(
    heads: list[tuple[str, int]], rows: list[Any], title: str, described: str,
    sides: Sequence[str] | None = None,
) -> str:
    """A table with a head that repeats on each page; its cells hold runs already."""
    sides = sides or ["left"] * len(heads)
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for _, width in heads)
    first = "".join(
        _box(width, _run(text, bold=True), side)
        for (text, width), side in zip(heads, sides, strict=True)
    )
    lines = "".join(
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        + "".join(
            _box(width, cell, side)
            for (_, width), cell, side in zip(heads, row, sides, strict=True)
        )
        + "</w:tr>"
        for row in rows
    )
    if not rows:
        lines = (
            f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="{len(heads)}"/></w:tcPr><w:p>'
            f"{_run('none (0 rows)')}</w:p></w:tc></w:tr>"
        )
    told = f"<w:tblDescription w:val={quoteattr(writable(described))}/>" if described else ""
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/>'
        '<w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        "</w:tblCellMar>"
        '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        f'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/>'
        f"<w:tblCaption w:val={quoteattr(writable(title))}/>{told}</w:tblPr>"
        f"<w:tblGrid>{columns}</w:tblGrid>"
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{first}</w:tr>{lines}</w:tbl>"
    )


def _box(width: int, runs: str, side: str) -> str:
    placed = f'<w:jc w:val="{side}"/>' if side != "left" else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
        f'<w:pStyle w:val="TableText"/>{placed}</w:pPr>{runs}</w:p></w:tc>'
    )
