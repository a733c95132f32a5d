"""Each statement of a document under an identifier that stays the same from revision to revision.

It is made of what the statement is about (section, table, row, column), never of where it stands:
'3/performance-in-the-period/all-sites.all.sensitivity/estimate'. A pure function of the content, so
that every format of a document and every later reader name the same cell by the same words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from regulatory.documents.annexes import annexes
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
from regulatory.documents.content import Content, read_as_of
from regulatory.documents.control import front_matter
from regulatory.documents.wording import NOT_APPLICABLE, instant, number, signed_at, span

NUMBER = re.compile(
    "(?<![\\w.-])[\N{MINUS SIGN}-]?(?:\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.\\d+)?(?!\\.?\\d|[\\w-])"
)
"""A number in a sentence; digits of a label or a day, such as EVR-0012, are none."""

OWN, ROW, SECTION, DOCUMENT = "cell", "row", "section", "document"
"""How near the records of a statement are: its own, its row's, its section's, or the freeze's."""

WORDING, NOTE = "wording", "note"
"""Kinds of statement: the template's own words, which rest on no record, and a table's note."""

LONGEST = 48


@dataclass(frozen=True, slots=True)
class Item:
    """One statement: its identifier, what it is, its words, where it stands, its records.

    nearest: whose records these are (cell, row, section or document).
    """

    id: str
    kind: str
    text: str
    section: str
    place: str
    records: tuple[str, ...] = ()
    nearest: str = DOCUMENT
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class NamedBlock:
    """A block with its identifier, and those of its cells row by row ('' and () where none)."""

    block: Block
    id: str = ""
    cells: tuple[tuple[str, ...], ...] = ()


Part = Literal["front", "own", "annex"]


@dataclass(frozen=True, slots=True)
class NamedSection:
    """A section with its blocks, each with its identifiers.

    part: of the front matter, whose tables have no number; the document's own; or of its annexes.
    """

    section: Section
    blocks: tuple[NamedBlock, ...]
    part: Part = "own"


@dataclass(frozen=True, slots=True)
class Identified:
    """A document with the identifiers of all that it states."""

    sections: tuple[NamedSection, ...]
    items: dict[str, Item]


def slug(text: str) -> str:
    """Words as a part of an identifier: lower case, ASCII, at most 48 letters.

    >>> slug("Share of studies (n = 3), Quaran\N{SOFT HYPHEN}tined")
    'share-of-studies-n-3-quarantined'
    """
    bare = unicodedata.normalize("NFKD", text.replace("\N{SOFT HYPHEN}", ""))
    words = re.sub(r"[^a-z0-9]+", "-", bare.encode("ascii", "ignore").decode().lower()).strip("-")
    if len(words) > LONGEST:
        words = words[:LONGEST].rsplit("-", 1)[0]
    return words or "x"


class _Names:
    """Names given so far; the second of the same name says that it is."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def one(self, name: str, *, under: str = "") -> str:
        """under: the heading above, which tells a second one apart if it can."""
        if under and self._given[name] and not self._given[f"{name}.{slug(under)}"]:
            name = f"{name}.{slug(under)}"
        self._given[name] += 1
        return name if self._given[name] == 1 else f"{name}~{self._given[name]}"


def identify(content: Content) -> Identified:
    """Every statement of a document with its identifier and its records: title page, front matter,
    sections, annexes."""
    names, items = _Names(), list(_of_header(content))
    traced: dict[str, tuple[str, ...]] = {}
    for one in content.provenance.traces:
        traced[one.section] = (*traced.get(one.section, ()), *(ref.id for ref in one.records))
    sections = []
    for part, section in _parts(content):
        under, blocks = "", []
        for block in section.blocks:
            if isinstance(block, Heading):
                under = block.text
            named, found = _block(section, under, block, names)
            blocks.append(named)
            items += found
        sections.append(NamedSection(section, tuple(blocks), part))
    return Identified(
        tuple(sections),
        {one.id: _with_records(one, traced.get(one.section, ())) for one in items},
    )


def _parts(content: Content) -> Iterator[tuple[Part, Section]]:
    yield from (("front", one) for one in front_matter(content))
    yield from (("own", one) for one in content.sections)
    yield from (("annex", one) for one in annexes(content))


def places(found: Identified) -> dict[str, str]:
    """Every place of a document in words, by its identifier: sections, tables, each statement."""
    named = {"H": "title page"}
    for one in found.sections:
        section = one.section
        named[section.number] = f"section {section.number}, {section.title}"
        for block in one.blocks:
            if isinstance(block.block, Table):
                named[block.id] = f"section {section.number}, table '{block.block.caption}'"
            elif isinstance(block.block, Definitions | SignatureBlock):
                named[block.id] = f"section {section.number}, {block.id.partition('/')[2]}"
    return named | {key: one.place for key, one in found.items.items()}


def _with_records(item: Item, of_section: tuple[str, ...]) -> Item:
    if item.records or not of_section or item.kind == WORDING:
        return item
    return Item(item.id, item.kind, item.text, item.section, item.place, of_section, SECTION,
                item.cell)  # fmt: skip


def _of_header(content: Content) -> Iterator[Item]:
    header, names = content.header, _Names()
    rows: list[tuple[str, Cell]] = [
        ("Number", Cell(header.number)), ("Title", Cell(header.title)),
        ("Version", Cell(header.version)), ("Status", Cell(header.status)),
        ("Device", Cell(header.device)), ("UDI", Cell(header.udi or "not recorded")),
        *(("Model version in scope", one) for one in header.device_versions),
        ("Risk class", Cell(header.risk_class or "not recorded")),
        ("Manufacturer", Cell(header.manufacturer)),
        ("Legal basis", Cell("; ".join(header.legal_basis) or "not applicable")),
        ("Period", Cell(span(header.period))), ("Data freeze", Cell(read_as_of(header.freeze))),
        ("Prepared by", Cell(header.prepared_by or "not recorded")), *header.particulars,
    ]  # fmt: skip
    for name, cell in rows:
        about = slug(cell.records[0]) if name == "Model version in scope" and cell.records else ""
        key = names.one("/".join(filter(None, ("H", slug(name), about))))
        yield Item(key, "cell", cell.text, "H", f"title page, {name}", cell.records,
                   OWN if cell.records else DOCUMENT, cell)  # fmt: skip


def _block(
    section: Section, under: str, block: Block, names: _Names
) -> tuple[NamedBlock, list[Item]]:
    at, where = section.number, f"section {section.number}"
    match block:
        case Table():
            return _table(at, where, block, names.one(f"{at}/{slug(block.caption)}", under=under))
        case Definitions():
            return _definitions(at, under, block, names)
        case Figure():
            about = block.caption.partition(";")[0]  # then n, period, method: they change
            key = names.one(f"{at}/figure/{slug(about)}", under=under)
            return _figure(at, where, block, key)
        case ComputedText():
            return _sentence(at, where, block, names)
        case Paragraph():
            key = names.one(f"{at}/{WORDING}/{slug(block.text)}")
            return NamedBlock(block, key), [Item(key, WORDING, block.text, at, f"{where}, wording")]
        case HumanText():
            about = f"{slug(under or 'words')}/written-by-{slug(block.role)}"
            about = f"text/{slug(block.place)}" if block.place else about
            key = names.one(f"{at}/{about}")
            said = f"{block.text}\n{block.author}, {block.role}, {instant(block.at)}"
            near = OWN if block.record else DOCUMENT
            item = Item(key, "words", said, at, f"{where}, words of {block.role}",
                        tuple(filter(None, (block.record,))), near)  # fmt: skip
            return NamedBlock(block, key), [item]
        case Gap():
            key = names.one(f"{at}/gap/{slug(block.missing)}")
            return NamedBlock(block, key), [
                Item(key, "gap", gap_words(block), at, f"{where}, missing information")
            ]
        case SignatureBlock():
            key = names.one(f"{at}/signatures")
            found = list(_signatures(at, key, where, block.lines, names))
            return NamedBlock(block, key, tuple((one.id,) for one in found)), found
        case _:
            return NamedBlock(block), []


def gap_words(gap: Gap) -> str:
    """A gap as one sentence, the same in every format."""
    required = f" Required by: {gap.clause}." if gap.clause else ""
    return f"Missing: {gap.missing}. {gap.reason}. To be supplied by: {gap.who}.{required}"


def signature_words(line: SignatureLine) -> str:
    """A signature line as one sentence: who, meaning what, when, over which digest."""
    signed = line.signed
    if signed is None:
        return f"{line.role}, {line.meaning}: not signed at the data freeze"
    said = f"; comment: {signed.comment}" if signed.comment else ""
    given = f"{signed.name}, {signed_at(signed)}, {signed.digest or NOT_APPLICABLE}"
    return f"{line.role}, {signed.meaning}: {given}{said}"


def _signatures(
    section: str, key: str, where: str, lines: Iterable[SignatureLine], names: _Names
) -> Iterator[Item]:
    for line in lines:
        records = (line.signed.record,) if line.signed and line.signed.record else ()
        yield Item(
            names.one(f"{key}/{slug(line.role)}.{slug(line.meaning)}"), "signature",
            signature_words(line), section, f"{where}, signature of {line.role}", records,
            OWN if records else DOCUMENT,
        )


def _sentence(
    at: str, where: str, block: ComputedText, names: _Names
) -> tuple[NamedBlock, list[Item]]:
    key = names.one(f"{at}/sentence/{slug(NUMBER.sub('', block.text))}")
    near = OWN if block.records else DOCUMENT
    place = f"{where}, sentence"
    items = [Item(key, "sentence", block.text, at, place, block.records, near)]
    inside = []
    for count, found in enumerate(NUMBER.findall(block.text), start=1):
        inside.append(f"{key}/n{count}")
        items.append(Item(inside[-1], "number", found, at, f"{place}, number {count}",
                          block.records, near))  # fmt: skip
    return NamedBlock(block, key, (tuple(inside),)), items


def _definitions(
    at: str, under: str, block: Definitions, names: _Names
) -> tuple[NamedBlock, list[Item]]:
    whole = names.one(f"{at}/{slug(under or 'facts')}")
    items = []
    for name, cell in block.items:
        items.append(
            Item(names.one(f"{whole}/{slug(name)}"), "cell", cell.text, at,
                 f"section {at}, {under or 'facts'}, {name}", cell.records,
                 OWN if cell.records else DOCUMENT, cell)
        )  # fmt: skip
    return NamedBlock(block, whole, tuple((one.id,) for one in items)), items


def series_words(values: Iterable[float | str | None]) -> str:
    """The plotted values of a series, one after the other; a day without one is 'none'."""
    return "; ".join(
        "none" if one is None else one if isinstance(one, str) else number(float(one), 6)
        for one in values
    )


def _figure(at: str, where: str, block: Figure, key: str) -> tuple[NamedBlock, list[Item]]:
    near, names = OWN if block.records else DOCUMENT, _Names()
    place = f"{where}, figure '{block.caption}'"
    items = [Item(key, "figure", block.caption, at, place, block.records, near)]
    inside = []
    for name, values in block.data:
        inside.append(names.one(f"{key}/{slug(name)}"))
        items.append(Item(inside[-1], "series", series_words(values), at, f"{place}, {name}",
                          block.records, near))  # fmt: skip
    return NamedBlock(block, key, (tuple(inside),)), items


def _table(at: str, where: str, block: Table, key: str) -> tuple[NamedBlock, list[Item]]:
    titles, columns = _Names(), []
    for column in block.columns:
        columns.append(titles.one(slug(column.title)))
    items, ids = [], []
    for row_key, row in zip(row_keys(block), block.rows, strict=True):
        together = tuple(dict.fromkeys(one for cell in row for one in cell.records if one))
        line = []
        for column, name, cell in zip(block.columns, columns, row, strict=True):
            line.append(f"{key}/{row_key}/{name}")
            own = tuple(filter(None, cell.records))
            items.append(
                Item(line[-1], "cell", cell.text, at,
                     f"{where}, table '{block.caption}', row {row_key}, column {column.title}",
                     own or together, OWN if own else ROW if together else DOCUMENT, cell)
            )  # fmt: skip
        ids.append(tuple(line))
    if block.note:
        place = f"{where}, note of table '{block.caption}'"
        items.append(Item(note_of(key), NOTE, block.note, at, place))
    return NamedBlock(block, key, tuple(ids)), items


def note_of(table: str) -> str:
    """The identifier of a table's note."""
    return f"{table}/{NOTE}"


def row_keys(table: Table) -> list[str]:
    """A key for each row: the words of its first column, and of as many further ones as tell it
    from the other rows; figures are no part of a key, since they change."""
    rows = [
        [slug(cell.text) for cell in row if _tells(cell)] or ["row"] for row in table.rows
    ]
    keys, width = [row[0] for row in rows], 1
    most = max(map(len, rows), default=0)
    while width < most:
        counts = Counter(keys)
        if all(count == 1 for count in counts.values()):
            break
        keys = [
            f"{key}.{row[width]}" if counts[key] > 1 and width < len(row) else key
            for key, row in zip(keys, rows, strict=True)
        ]
        width += 1
    names = _Names()
    return [names.one(key) for key in keys]


_ONLY_FIGURES = re.compile(r"[\d\s.,%\N{MINUS SIGN}()-]+")


def _tells(cell: Cell) -> bool:
    day = len(cell.text) >= 10 and cell.text[:4].isdigit() and cell.text[4] == "-"
    return cell.estimate is None and (day or not _ONLY_FIGURES.fullmatch(cell.text))
