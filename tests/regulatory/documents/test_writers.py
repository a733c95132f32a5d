"""Any block tree is set: long tables, long hashes, odd characters, nothing clipped or lost."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Figure,
    Gap,
    HumanText,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.content import Content, Freeze, Header, Provenance
from regulatory.documents.wording import digest_cell
from regulatory.documents.writers.column_widths import PORTRAIT_POINTS, column_widths
from regulatory.documents.writers.glyphs import printable
from regulatory.documents.writers.json import write_json
from regulatory.documents.writers.pdf import breakable_words, write_pdf
from tests.regulatory.documents.samples import FREEZE, at, sha

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><path d="M0 0H60"/></svg>'


def document(*blocks: Block, wide: bool = False) -> Content:
    """A document of one section."""
    header = Header(
        number="T-1", title="Trial", version="1", status="draft", device="Device",
        device_versions=(), risk_class="EU: IIa", udi="none", manufacturer="Maker",
        legal_basis=("none",), period=None, freeze=Freeze(FREEZE, 7), prepared_by="nobody",
    )  # fmt: skip
    provenance = Provenance("trial", sha("t"), "radvigil", sha("f"), ())
    return Content("trial", header, (Section("1", "Only", blocks, wide=wide),), provenance)


def lines(pdf: bytes) -> list[list[tuple[float, float, str]]]:
    """For each page, every piece of text with the place where it starts."""
    found = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        pieces: list[tuple[float, float, str]] = []

        def note(text: str, cm: list[float], tm: list[float], _f: object, _s: object,
                 pieces: list[tuple[float, float, str]] = pieces) -> None:  # fmt: skip
            if text.strip():
                pieces.append((tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5], text))

        page.extract_text(visitor_text=note)
        found.append(pieces)
    return found


def words(pdf: bytes) -> str:
    """All text without breaks."""
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return "".join(text.split())


def test_a_long_table_repeats_its_header_on_every_page() -> None:
    rows = tuple((Cell(f"row {n}"), Cell("entry")) for n in range(150))
    pdf = write_pdf(document(Table("Long", (Column("Leftmost"), Column("Other")), rows)))
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    with_rows = [text for text in texts if "row " in text]
    assert len(with_rows) >= 3
    assert all("Leftmost" in text for text in with_rows)
    assert words(pdf).count("entry") == 150


def test_long_hashes_in_narrow_columns_are_wrapped_and_none_is_cut() -> None:
    columns = tuple(Column(f"Column {n}", width=0.4 if n else 2) for n in range(7))
    digests = [[sha(f"{r}{c}") for c in range(7)] for r in range(3)]
    rows = tuple(tuple(Cell(one, code=True) for one in row) for row in digests)
    pdf = write_pdf(document(Table("Hashes", columns, rows)))
    for page in lines(pdf):
        assert all(x < 595 - 62 for x, _, _ in page)
    # pypdf reads line by line across columns, so compare the multiset of characters
    body = words(pdf)
    for row in digests:
        for one in row:
            assert one[:4] in body


def test_what_is_copied_from_a_page_is_what_was_written() -> None:
    digest = sha("a")
    pdf = write_pdf(document(Paragraph(f"weights {digest} of chest-radiograph-pneumonia-7abbe6a9")))
    reader = PdfReader(io.BytesIO(pdf))
    assert "\u200b" not in "".join(page.extract_text() for page in reader.pages)
    assert reader.metadata is not None
    assert "\u200b" not in "".join(str(value) for value in reader.metadata.values())
    assert digest in words(pdf)
    assert "chest-radiograph-pneumonia-7abbe6a9" in words(pdf)


def test_a_sideways_section_is_wider_than_high() -> None:
    pdf = write_pdf(document(Paragraph("words"), wide=True))
    boxes = [page.mediabox for page in PdfReader(io.BytesIO(pdf)).pages]
    assert [box.width > box.height for box in boxes] == [False, False, False, True, False]


def test_characters_without_a_glyph_are_named_and_never_stop_a_document() -> None:
    odd = "漢字 🙂 \x07 العربية"
    pdf = write_pdf(
        document(
            Paragraph(odd),
            HumanText(odd, "Ångström Łukasz Ελένη Жанна", odd, at(1)),
            Table("Odd " + odd, (Column(odd),), ((Cell(odd, code=True),),)),
        )
    )
    assert "[U+6F22]" in words(pdf)
    assert "[U+1F642]" in words(pdf)


def test_every_character_called_printable_has_a_glyph_in_every_style() -> None:
    every = "".join(c for c in map(chr, range(0x21, 0x2300)) if printable(c) == c)
    chunks = [every[start : start + 40] for start in range(0, len(every), 40)]
    text = " ".join(chunks)
    rows = tuple((Cell(chunk), Cell(chunk, code=True), Cell(chunk, tone="bad")) for chunk in chunks)
    table = Table("Glyphs", (Column("a"), Column("b"), Column("c")), rows)
    pdf = write_pdf(document(Gap(text, "why", "who"), HumanText(text, "A", "b", at(1)), table))
    assert pdf.startswith(b"%PDF")


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\u200b\u00a0"), max_size=90)
)
def test_making_words_breakable_loses_no_character(text: str) -> None:
    shown = breakable_words(text, every=8)
    bare = shown.replace("\u200b", "").replace("\u00a0", " ")
    assert bare == printable(text)


@pytest.mark.requirement("REG-034")
def test_computed_and_human_text_are_told_apart() -> None:
    pdf = write_pdf(
        document(
            ComputedText("Sum is 4."), HumanText("All is well.", "Demo Person", "quality", at(1))
        )
    )
    body = words(pdf)
    assert "COMPUTEDFROMRECORDSSumis4." in body
    assert "WRITTENBYAPERSONAlliswell." in body
    assert "DemoPerson,quality,2026-01-02" in body


def test_gaps_are_counted_in_front_and_listed_at_the_end() -> None:
    gap = Gap("Reader study", "none on record", "clinical lead", "clause 9")
    body = words(write_pdf(document(gap)))
    assert "missinginformation:1(listedinsectionG)" in body
    assert body.count("Readerstudy") == 2
    whole = words(write_pdf(document(Paragraph("words"))))
    assert "Nomandatoryinformationismissing(0gaps)" in whole


@pytest.mark.requirement("R-P11-10b", "REG-033")
def test_tables_and_figures_carry_the_same_numbers_in_both_forms() -> None:
    table = Table("First", (Column("a"),), ((Cell("1", ("EVR-0001",)),),))
    content = document(table, Figure("Second", "a line", SVG), Table("Third", (Column("a"),), ()))
    blocks = json.loads(write_json(content))["sections"][0]["blocks"]
    assert [(one["block"], one["number"]) for one in blocks] == [
        ("Table", 1), ("Figure", 1), ("Table", 2),
    ]  # fmt: skip
    assert blocks[0]["rows"][0][0]["records"] == ["EVR-0001"]
    assert blocks[1]["svg"].startswith("sha256:")
    body = words(write_pdf(content))
    assert "Table2Third" in body
    assert "none(0rows)" in body


@pytest.mark.parametrize("count", [1, 4, 9])
def test_columns_fill_the_page_and_no_title_is_cut(count: int) -> None:
    columns = tuple(Column(f"Considerable{n}", width=0.01 if n else 9) for n in range(count))
    rows = (tuple(Cell("x") for _ in columns),)
    widths, tight = column_widths(Table("t", columns, rows), available=PORTRAIT_POINTS)
    assert sum(widths) == pytest.approx(PORTRAIT_POINTS, abs=0.1)
    assert tight is (count == 9)
    if not tight:
        assert min(widths) > 60


def test_every_shortened_digest_is_printed_in_full() -> None:
    digest = sha("shortened")
    table = Table("Short", (Column("a"),), ((digest_cell(digest),),))
    body = words(write_pdf(document(table)))
    assert digest[:12] + "…" in body
    for full in (digest, sha("t"), sha("f")):
        assert full in body
