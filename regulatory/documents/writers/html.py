"""A document as one HTML file: readable by any browser and screen reader, each figure a link.

Nothing is fetched and nothing runs: no script, no font, no picture from elsewhere. A statement's
link leads to the records behind it, at the end of the file.
"""

from __future__ import annotations

import base64
from html import escape
from importlib import resources

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
    SignatureBlock,
    Table,
)
from regulatory.documents.content import Content, gaps_said
from regulatory.documents.identified import (
    NUMBER,
    Identified,
    Item,
    NamedBlock,
    NamedSection,
    Part,
    gap_words,
    identify,
    note_of,
    series_words,
    signature_words,
)
from regulatory.documents.registry import code_of
from regulatory.documents.wording import instant


def write_html(content: Content, identified: Identified | None = None) -> bytes:
    """The document as HTML, the same bytes for the same content."""
    found = identified or identify(content)
    return _Page(content, found).whole().encode()


class _Page:
    """One document being written: which lists of records it names so far, and its counters."""

    def __init__(self, content: Content, found: Identified) -> None:
        self.content, self.found = content, found
        self._lists: dict[tuple[str, ...], int] = {}
        self._tables = self._figures = 0
        self._part: Part = "own"

    def whole(self) -> str:
        header = self.content.header
        title, sections = self._title(), [self._section(one) for one in self.found.sections]
        body = f"{title}{''.join(sections)}{self._records()}"  # last: by now all lists are known
        named = escape(f"{header.title} {header.number}, version {header.version}")
        style = resources.files("regulatory.documents").joinpath("templates/document.css")
        return (
            f'<!doctype html>\n<html lang="{escape(header.language)}">\n<head>\n'
            '<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"{self._meta()}<title>{named}</title>\n<style>\n{style.read_text()}</style>\n</head>\n"
            '<body>\n<a class="skip" href="#main">To the document</a>\n'
            f"<header>{escape(header.number)} · {escape(header.title)} · version "
            f"{escape(header.version)} · status: <strong>{escape(header.status)}</strong>"
            f"{self._marking()}</header>\n"
            f'{self._contents()}<main id="main">\n{body}</main>\n'
            f"<footer>{escape(header.confidentiality)}{self._marking()}</footer>\n"
            "</body>\n</html>\n"
        )

    def _meta(self) -> str:
        header, source = self.content.header, self.content.provenance
        named = {
            "number": header.number, "version": header.version, "status": header.status,
            "kind": self.content.kind, "freeze": str(header.freeze.sequence),
            "facts": source.facts_digest,
        }  # fmt: skip
        return "".join(
            f'<meta name="radvigil-{name}" content="{escape(value)}">\n'
            for name, value in named.items()
        )

    def _marking(self) -> str:
        said = self.content.marking
        return f' · <strong class="bad">{escape(said)}</strong>' if said else ""

    def _title(self) -> str:
        rows = "".join(
            f"<dt>{escape(one.place.removeprefix('title page, '))}</dt><dd>{self._stated(one)}</dd>"
            for one in self.found.items.values()
            if one.section == "H"
        )
        header, look, logo = self.content.header, self.content.header.appearance, ""
        if look and look.logo:
            media = {"svg": "svg+xml"}.get(look.logo_format, look.logo_format)
            picture = base64.b64encode(self.content.assets[0]).decode()
            logo = (f'<img class="logo" alt="{escape(look.logo_description)}" '
                    f'src="data:image/{media};base64,{picture}">\n')  # fmt: skip
        lines = look.cover if look else ()
        cover = "".join(f'<p class="cover">{escape(one)}</p>\n' for one in lines)
        gaps = gaps_said(self.content)
        missing = f" · missing information: <strong>{escape(gaps)}</strong>" if gaps else ""
        return (
            f'{logo}{cover}<p class="cover">{escape(code_of(self.content.kind))} · '
            f"{escape(header.number)}{missing}</p>\n"
            f'<h1>{escape(header.title)}</h1>\n<dl class="title">{rows}</dl>\n'
        )

    def _contents(self) -> str:
        entries = "".join(
            f'<li><a href="#{_anchor(one)}">{escape(one.section.number)} '
            f"{escape(one.section.title)}</a></li>"
            for one in self.found.sections
        )
        records = '<li><a href="#records">Records behind the figures</a></li>'
        return (
            '<nav aria-label="Contents"><p class="label">Contents</p>'
            f"<ol>{entries}{records}</ol></nav>\n"
        )

    def _section(self, named: NamedSection) -> str:
        section, self._part = named.section, named.part
        at = _anchor(named)
        blocks = "".join(self._block(one) for one in named.blocks)
        return (
            f'<section aria-labelledby="{at}"><h2 id="{at}">{escape(section.number)} '
            f"{escape(section.title)}</h2>\n{blocks}</section>\n"
        )

    def _block(self, named: NamedBlock) -> str:
        block: Block = named.block
        match block:
            case Heading():
                return f"<h3>{escape(block.text)}</h3>\n"
            case Paragraph():
                return f'<p id="{escape(named.id)}">{_lines(block.text)}</p>\n'
            case ComputedText():
                return self._sentence(named, block)
            case HumanText():
                by = f"{block.author}, {block.role}, {instant(block.at)}"
                return (
                    f'<div class="human"><p class="label">Written by a person</p>'
                    f'<blockquote id="{escape(named.id)}">{_lines(block.text)}<br>{escape(by)}'
                    "</blockquote></div>\n"
                )
            case Gap():
                words = escape(gap_words(block))
                return f'<p class="gap" id="{escape(named.id)}">{words}</p>\n'
            case SignatureBlock():
                lines = "".join(
                    f'<li id="{escape(key)}">{_lines(signature_words(line))}</li>'
                    for line, (key,) in zip(block.lines, named.cells, strict=True)
                )
                return f'<ul class="signatures">{lines}</ul>\n'
            case Definitions():
                return self._definitions(named, block)
            case Figure():
                return self._figure(named, block)
            case Table():
                return self._table(named, block)

    def _sentence(self, named: NamedBlock, block: ComputedText) -> str:
        inside, pieces, last = iter(named.cells[0]), [], 0
        for found in NUMBER.finditer(block.text):
            pieces.append(_lines(block.text[last : found.start()]))
            pieces.append(f"<span>{self._stated(self.found.items[next(inside)])}</span>")
            last = found.end()
        said = "".join(pieces) + _lines(block.text[last:])
        return (
            '<div class="computed"><p class="label">Computed from records</p>'
            f'<p id="{escape(named.id)}">{said}</p></div>\n'
        )

    def _definitions(self, named: NamedBlock, block: Definitions) -> str:
        rows = "".join(
            f"<dt>{escape(name)}</dt><dd>{self._stated(self.found.items[key], cell)}</dd>"
            for (name, cell), (key,) in zip(block.items, named.cells, strict=True)
        )
        return f"<dl>{rows}</dl>\n"

    def _figure(self, named: NamedBlock, block: Figure) -> str:
        self._figures += 1
        picture = base64.b64encode(block.svg.encode()).decode()
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td id="{escape(key)}">'
            f"{escape(series_words(values))}</td></tr>"
            for (name, values), key in zip(block.data, named.cells[0], strict=True)
        )
        table = (
            f"<details><summary>The plotted numbers of figure {self._figures}</summary>"
            f'<table><caption>Figure {self._figures} as numbers</caption><thead><tr>'
            f'<th scope="col">Series</th><th scope="col">Values</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></details>"
        ) if rows else ""  # fmt: skip
        return (
            f'<figure><img alt="{escape(block.alt)}" style="width:{block.width * 100:g}%" '
            f'src="data:image/svg+xml;base64,{picture}"><figcaption>Figure {self._figures} '
            f"{self._stated(self.found.items[named.id])}</figcaption>{table}</figure>\n"
        )

    def _table(self, named: NamedBlock, block: Table) -> str:
        caption = escape(block.caption)
        label = caption
        if self._part != "front":
            self._tables += 1
            label = f"Table {self._tables}"
            caption = f"{label} {caption}"
        heads = "".join(
            f'<th scope="col">{escape(_title(one.title, one.unit))}</th>' for one in block.columns
        )
        items, rows = self.found.items, []
        for keys, row in zip(named.cells, block.rows, strict=True):
            cells = [
                f'<td class="{column.align}">{self._stated(items[key], cell)}</td>'
                for key, column, cell in zip(keys, block.columns, row, strict=True)
            ]
            cells[0] = f'<th scope="row">{cells[0].partition(">")[2][:-5]}</th>'
            rows.append(f"<tr>{''.join(cells)}</tr>\n")
        if not rows:
            rows = [f'<tr><td colspan="{len(block.columns)}">none (0 rows)</td></tr>\n']
        at = escape(note_of(named.id))
        note = f'<p class="note" id="{at}">{_lines(block.note)}</p>\n' if block.note else ""
        return (
            f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
            f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead>\n<tbody>{''.join(rows)}</tbody></table>"
            f"</div>\n{note}"
        )

    def _stated(self, item: Item, cell: Cell | None = None) -> str:
        """The words of a statement with its identifier, as a link to its records."""
        cell = cell or item.cell
        style = f' class="{"code" if cell.code else cell.tone}"' if cell else ""
        full = f' title="{escape(cell.full)}"' if cell and cell.full else ""
        shown = f'<span id="{escape(item.id)}"{style}{full}>{_lines(item.text)}</span>'
        if not item.records:
            return shown
        number = self._lists.setdefault(item.records, len(self._lists) + 1)
        return f'<a href="#records-{number}">{shown}</a>'

    def _records(self) -> str:
        digests = {one.id: one.digest for one in self.content.provenance.cited}
        digests |= {
            one.id: one.digest for trace in self.content.provenance.traces for one in trace.records
        }
        entries = []
        for records, number in self._lists.items():
            said = "".join(
                f"<li>{escape(one)}: <code>{escape(digests.get(one) or 'no digest kept')}</code>"
                "</li>"
                for one in records
            )
            entries.append(f'<li id="records-{number}"><ul>{said}</ul></li>')
        return (
            '<section aria-labelledby="records"><h2 id="records">Records behind the figures</h2>\n'
            "<p>Each figure above is a link to its records. The digest is SHA-256 over the "
            "record's content as it was at the data freeze.</p>\n"
            f'<ol class="records">{"".join(entries)}</ol></section>\n'
        )


def _anchor(named: NamedSection) -> str:
    """Where a section's link leads: an outline may give a letter that front matter or annexes
    have, too."""
    part = "" if named.part == "own" else f"{named.part}-"
    return escape(f"section-{part}{named.section.number}")


def _title(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
