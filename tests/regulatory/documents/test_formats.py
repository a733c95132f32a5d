"""A document in the formats that are set when it is exported: whole, accessible, the same bytes."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import docx
import pytest
from lxml import etree
from openpyxl import load_workbook

from records.errors import InvalidInput
from regulatory.documents.blocks import Cell, Column, Figure, HumanText, Section, Table
from regulatory.documents.content import Content
from regulatory.documents.exported import read_export
from regulatory.documents.identified import identify
from regulatory.documents.rendering import FURTHER, render_further
from regulatory.documents.writers.docx import bookmark, write_docx
from regulatory.documents.writers.html import write_html
from regulatory.documents.writers.xlsx import write_xlsx
from tests.regulatory.documents.samples import at
from tests.regulatory.documents.test_documents import KINDS, built

ODD = 'Ärger & "<b>" =1+1 \x07\n漢'


def odd(content: Content) -> Content:
    """The document with words in it that a format could take for something else."""
    table = Table(
        ODD, (Column("What"), Column("Said", "n", "right")),
        ((Cell("=HYPERLINK(0)"), Cell("1,234")), (Cell(ODD), Cell("#N/A"))),
    )  # fmt: skip
    said = HumanText(ODD, "Ada", "clinician", at(1))
    return replace(
        content, sections=(*content.sections, Section("X", ODD, (table, said), wide=True))
    )


@pytest.fixture(scope="module")
def content() -> Content:
    return odd(built("performance_monitoring_report"))


@pytest.fixture(scope="module")
def made(content: Content) -> dict[str, bytes]:
    return render_further(content)


class Outline(HTMLParser):
    """What a screen reader is given of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.faults: list[str] = []
        self._tables: list[set[str]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given.get("href")))
        if tag == "img" and not given.get("alt"):
            self.faults.append("a picture without a description")
        if tag == "table":
            self._tables.append(set())
        if self._tables:
            self._tables[-1].add(tag)
        if tag == "th" and given.get("scope") not in ("col", "row"):
            self.faults.append("a table head without its scope")
        for name in ("src", "href"):
            value = given.get(name) or ""
            if value.startswith(("http:", "https:", "//")):
                self.faults.append(f"fetched from elsewhere: {value}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and not {"caption", "thead", "th"} <= self._tables.pop():
            self.faults.append("a table without caption or heads")


@pytest.mark.requirement("REG-128")
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_whole_for_a_screen_reader_and_fetches_nothing(kind: str) -> None:
    page = write_html(built(kind))
    read = Outline(page)
    assert read.faults == []
    assert read.headings[0] == 1
    assert read.headings.count(1) == 1
    steps = zip(read.headings, read.headings[1:], strict=False)
    assert all(later - earlier <= 1 for earlier, later in steps)
    assert {"main", "nav", "header", "footer", "title"} <= set(read.tags)
    assert "script" not in read.tags
    assert len(read.ids) == len(set(read.ids))
    assert {one.removeprefix("#") for one in read.links} <= set(read.ids)
    assert b'<html lang="en">' in page


def test_every_statement_stands_in_every_format_word_for_word(
    content: Content, made: dict[str, bytes], tmp_path: Path
) -> None:
    items = identify(content).items
    for kind, data in made.items():
        (tmp_path / f"T-v1.{kind}").write_bytes(data)
    for one in read_export(tmp_path):
        held = {key: item for key, item in items.items() if one.holds(item)}
        texts = {key: one.texts.get(one.key(key)) for key in held}
        assert {key: texts[key] for key in held} == {
            key: one.text_of(item) for key, item in held.items()
        }, one.format
        assert (one.number, one.version) == (content.header.number, content.header.version)


def test_the_same_document_gives_the_same_bytes_in_each_format(
    content: Content, made: dict[str, bytes]
) -> None:
    assert {kind: write(content, identify(content)) for kind, write in FURTHER.items()} == made


def test_word_finds_styles_contents_repeated_heads_captions_and_descriptions(
    content: Content, made: dict[str, bytes]
) -> None:
    document = docx.Document(io.BytesIO(made["docx"]))
    styles = {one.style.name for one in document.paragraphs if one.style is not None}
    wanted = {"Title", "Heading 1", "Heading 2", "Caption", "toc 1", "Computed from records",
              "Written by a person", "Missing information", "TOC Heading"}  # fmt: skip
    assert wanted <= styles
    body = document.element.body
    assert "TOC \\o" in "".join(one.text for one in body.iter() if one.tag.endswith("instrText"))
    tables = body.xpath("//w:tbl")
    assert tables
    assert all(one.xpath("./w:tr[1]/w:trPr/w:tblHeader") for one in tables)
    assert all(one.xpath("./w:tblPr/w:tblCaption") for one in tables)
    figures = sum(isinstance(b, Figure) for s in content.sections for b in s.blocks)
    described = [one.get("descr") for one in body.iter() if one.tag.endswith("docPr")]
    assert len(described) == figures
    assert all(described)
    names = [one.get(one.keys()[-1]) for one in body.xpath("//w:bookmarkStart")]
    assert len(names) == len(set(names))
    assert bookmark("H/number") in names
    headings = [
        one.text for one in document.paragraphs if one.style and one.style.name == "Heading 1"
    ]
    assert [one.partition("  ")[0] for one in headings[:3]] == ["C", "S", "1"]
    assert len(document.sections) > 1
    assert document.core_properties.title == content.header.title


def test_the_parts_of_the_file_fit_together(made: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(made["docx"])) as packed:
        names = set(packed.namelist())
        assert {one.date_time for one in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in names:
            if name.endswith((".xml", ".rels")):
                etree.fromstring(packed.read(name))
        links = etree.fromstring(packed.read("word/_rels/document.xml.rels"))
        for one in links:
            if one.get("TargetMode") != "External":
                assert f"word/{one.get('Target')}".replace("word/../", "") in names


def test_a_workbook_holds_numbers_as_numbers_and_never_a_formula(
    content: Content, made: dict[str, bytes]
) -> None:
    book = load_workbook(io.BytesIO(made["xlsx"]))
    cells = {row[0]: row[1:] for row in book["Cells"].iter_rows(min_row=2, values_only=True)}
    key = next(one for one in cells if one.endswith("/hyperlink-0/said"))
    sheet, place = str(cells[key][0]), str(cells[key][1])
    assert book[sheet][place].value == 1234
    everything = [one for sheet in book for row in sheet.iter_rows() for one in row]
    assert {one.data_type for one in everything} <= {"s", "n", "inlineStr"}
    assert "=HYPERLINK(0)" in {one.value for one in everything}
    estimates = list(book["Estimates"].iter_rows(min_row=2, values_only=True))
    assert any(isinstance(row[3], float) for row in estimates)
    wanted = sum(
        one.cell is not None and one.cell.estimate is not None
        for one in identify(content).items.values()
    )
    assert len(estimates) == wanted


def test_the_sidecar_names_question_records_and_number_of_each_cell(
    made: dict[str, bytes],
) -> None:
    tree = json.loads(made["trace.json"])
    assert tree["schema"] == "radvigil-trace/1"
    key = next(one for one in tree["cells"] if one.endswith("/hyperlink-0/said"))
    assert tree["cells"][key]["number"] == 1234
    estimate = next(one for one in tree["cells"].values() if "estimate" in one)
    assert {"measure", "n"} <= set(estimate["estimate"])
    assert all({"section", "query", "records"} <= set(one) for one in tree["queries"])


def test_an_unknown_format_is_refused_with_the_known_ones(content: Content) -> None:
    with pytest.raises(InvalidInput, match="no format 'odt'") as caught:
        render_further(content, ("odt",))
    assert "docx" in str(caught.value.hint)


def test_a_document_without_figures_and_tables_is_written() -> None:
    bare = replace(built("change_log"), sections=(Section("1", "Nothing", ()),))
    assert write_docx(bare)
    assert write_xlsx(bare)
    assert Outline(write_html(bare)).faults == []
