"""What every document has: control block, revisions, glossary, references, an own look; and what
none says: claims that only a person may make."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from records.errors import InvalidInput
from regulatory.documents.annexes import works_cited
from regulatory.documents.appearance import HOUSE_STYLE, Stationery, read_stationery
from regulatory.documents.assembly import with_signatures
from regulatory.documents.blocks import (
    ComputedText,
    Figure,
    HumanText,
    Paragraph,
    Section,
    Signed,
)
from regulatory.documents.content import Content, Revision, placed_gaps
from regulatory.documents.difference import build, differences, in_short, statements
from regulatory.documents.identified import identify, places
from regulatory.documents.lists import (
    forbidden_claims,
    references_cited,
    terms_used,
    unresolved_citations,
)
from regulatory.documents.places import PLACES
from regulatory.documents.reading import read_content
from regulatory.documents.rendering import Rendered, render, render_further
from regulatory.documents.said import all_said
from regulatory.documents.writers.json import write_json
from regulatory.forbidden_claims import with_claims_as_gaps
from tests.regulatory.documents.test_documents import KINDS, built, pages

FONT = "DejaVuSans.ttf"
SVG = b'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"'
LOGO = b"<svg " + SVG + b'><rect width="9" height="9"/></svg>'


@pytest.fixture(scope="module")
def contents() -> dict[str, Content]:
    return {kind: built(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def revised(contents: dict[str, Content]) -> tuple[Content, Rendered]:
    """A change log in its second revision."""
    content = contents["change_log"]
    at = content.header.freeze.at
    revisions = (
        Revision("1", at, "Demo Engineer", "first release", "first revision", "superseded"),
        Revision("2", at, "Demo Regulatory", "yearly", "against revision 1: cells: 3 changed"),
    )
    rule_sets = ("rules: version 1.1, approved by demo.quality (RSA-0001)",)
    header = replace(content.header, version="2", revisions=revisions, rule_sets=rule_sets)
    given = Signed("Demo Engineer", "engineer", "author", at, "ab" * 32, "SIG-0001",
                   "2026-07-02 20:05 +02:00", "as discussed")  # fmt: skip
    changed = with_signatures(replace(content, header=header), status="in review", signed=(given,))
    return changed, render(changed)


def test_the_control_block_stands_before_the_contents(revised: tuple[Content, Rendered]) -> None:
    found = pages(revised[1].pdf)[1]
    for words in ("C Document control", "Document number", "Data freeze", "Legal basis", "UDI",
                  "RSA-0001", "Template digest", "Revision history", "first release",
                  "cells: 3 changed", "superseded", "S Signatures"):
        assert words in found, words
    assert revised[0].header.rule_sets


def squeezed(words: str) -> str:
    """Words without what a layout puts between their letters."""
    return re.sub(r"[\s\N{ZERO WIDTH SPACE}\N{SOFT HYPHEN}-]+", "", html.unescape(words))


@pytest.mark.requirement("REG-032")
def test_every_format_states_what_the_pdf_states(revised: tuple[Content, Rendered]) -> None:
    content, made = revised
    furthers = render_further(content)
    sheets = load_workbook(io.BytesIO(furthers["xlsx"]))
    texts = {
        "pdf": "".join(pages(made.pdf)),
        "html": re.sub(r"<[^>]+>", " ", furthers["html"].decode()),
        "docx": re.sub(r"<[^>]+>", " ", zipfile.ZipFile(io.BytesIO(furthers["docx"])).read(
            "word/document.xml").decode()),
        "trace.json": "".join(
            one["text"] for one in json.loads(furthers["trace.json"])["cells"].values()),
        "xlsx": "".join(
            str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True)
            for cell in row),
    }  # fmt: skip
    said = {kind: squeezed(words) for kind, words in texts.items()}
    found = identify(content)
    around = [one for one in found.sections if one.part != "own"]
    assert [one.section.number for one in around] == ["C", "S", "T", "R", "G", "V"]
    numbers = {one.section.number for one in around}
    stated = [one for one in found.items.values() if one.section in numbers]
    assert len(stated) > 60
    assert {one.section for one in stated} == numbers
    for item in stated:
        for kind, words in said.items():
            parts = re.split("[,:;] ", item.text) if item.kind == "signature" else [item.text]
            if kind != "xlsx" or item.kind in ("cell", "signature"):
                assert all(squeezed(part) in words for part in parts), (kind, item.id)
    tree = json.loads(made.json)
    assert [one["term"] for one in tree["glossary"]] == [one for one, _ in terms_used(content)]
    assert tree["references"] == list(works_cited(content))
    assert tree["header"]["rule_sets"] == list(content.header.rule_sets)


@pytest.mark.requirement("REG-032")
def test_a_document_with_its_revisions_is_read_back_as_it_was(
    revised: tuple[Content, Rendered],
) -> None:
    content, made = revised
    kept = {hashlib.sha256(one).hexdigest(): one for one in made.pictures}
    assert write_json(read_content(made.json, pictures=kept.__getitem__)) == made.json
    tree = json.loads(made.json)
    assert tree["header"]["revisions"][1]["changed"].endswith("3 changed")
    assert render(content).digests == made.digests


def structure(reader: PdfReader) -> list[Any]:
    """Every element of the structure tree."""
    waiting, found = [reader.trailer["/Root"]["/StructTreeRoot"]], []
    while waiting:
        one = waiting.pop().get_object()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            found.append(one)
            kids = one.get("/K")
            waiting += [] if kids is None or isinstance(kids, int) else [kids]
    return found


@pytest.mark.requirement("REG-122", "REG-128")
def test_the_structure_of_a_pdf_serves_a_screen_reader(
    revised: tuple[Content, Rendered],
) -> None:
    reader = PdfReader(io.BytesIO(revised[1].pdf))
    root = reader.trailer["/Root"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title
    tags = [str(one.get("/S", "")) for one in structure(reader)]
    assert {"/H1", "/Table", "/TR", "/TH", "/TD", "/TOC"} <= set(tags)
    fonts = [
        font.get_object() for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    ]  # fmt: skip
    assert fonts
    for font in fonts:
        below = font.get("/DescendantFonts", [font])[0].get_object()
        assert any(str(key).startswith("/FontFile") for key in below["/FontDescriptor"]), "embedded"
    titles = [one.title.split()[0] for one in reader.outline if not isinstance(one, list)]
    assert {"C", "S", "1", "T", "R", "G", "V"} <= set(titles)


def test_pictures_in_the_structure_have_words(contents: dict[str, Content]) -> None:
    picture = Figure("A square", "A black square on nothing", LOGO.decode())
    content = replace(contents["change_log"], sections=(Section("1", "Picture", (picture,)),))
    reader = PdfReader(io.BytesIO(render(content).pdf))
    drawn = [one for one in structure(reader) if one.get("/S") == "/Figure"]
    assert drawn
    assert all(len(str(one.get("/Alt", ""))) > 10 for one in drawn)


@pytest.mark.parametrize("kind", KINDS)
def test_terms_and_references_are_those_of_the_text(
    kind: str, contents: dict[str, Content]
) -> None:
    content = contents[kind]
    assert not unresolved_citations(content), "add these to templates/references.yaml"
    cited, terms = references_cited(content), dict(terms_used(content))
    assert len(cited) == len(set(cited)) > 0
    assert "FSCA" not in terms, "a term that the text does not use"
    words = " ".join(one.words for one in all_said(content))
    assert ("AUC" in terms) == bool(re.search(r"\bAUC\b", words))


@pytest.mark.requirement("REG-125")
@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_of_software_claims_what_only_a_person_may(
    kind: str, contents: dict[str, Content]
) -> None:
    assert forbidden_claims(all_said(contents[kind])) == ()


CLAIMS = (
    "The device is safe.", "The product complies with the EU MDR.", "There is no risk.",
    "The benefit-risk ratio remains acceptable.", "The death was caused by the device.",
    "It is better than radiologists.", "The version is approved by the FDA.",
    "No harm was done.", "The software fulfils all requirements.",
)  # fmt: skip
HARMLESS = (
    "No risk file is on record.", "A figure here is no statement about patients.",
    "The alert was caused by a new scanner.", "Criteria met: 3 of 4.",
)


@pytest.mark.requirement("REG-125")
def test_a_claim_of_software_is_a_gap_and_a_person_may_write_it(
    contents: dict[str, Content],
) -> None:
    log = contents["change_log"]

    def saying(*blocks: Any) -> Content:
        return replace(log, sections=(Section("1", "Words", blocks),))

    for words in CLAIMS:
        for block in (Paragraph(words), ComputedText(words)):
            gaps = placed_gaps(with_claims_as_gaps(saying(block)))
            assert len(gaps) >= 1, words
            assert gaps[0][1].clause == "REG-125"
        said = saying(HumanText(words, "Demo Clinician", "clinician", log.header.freeze.at))
        assert with_claims_as_gaps(said) == said
    for words in HARMLESS:
        assert not placed_gaps(with_claims_as_gaps(saying(ComputedText(words)))), words


@pytest.mark.parametrize("kind", KINDS)
def test_places_of_people_are_declared_and_lie_where_they_are_declared(
    kind: str, contents: dict[str, Content]
) -> None:
    found = {
        block.place: section.number for section in contents[kind].sections
        for block in section.blocks if getattr(block, "place", "")
    }  # fmt: skip
    declared = {key: one.section for key, one in PLACES.get(kind, {}).items()}
    assert found.items() <= declared.items(), "declare them in regulatory/documents/places.py"


@pytest.mark.parametrize("kind", KINDS)
def test_differences_and_comments_name_a_statement_as_a_trace_does(
    kind: str, contents: dict[str, Content]
) -> None:
    said = statements(identify(contents[kind]))
    assert len(said) > 20
    found = identify(contents[kind])
    assert set(said) <= set(places(found))
    assert set(said) - set(found.items) == {one.number for one in contents[kind].sections}
    assert differences(contents[kind], contents[kind]) == ()


def test_a_difference_names_what_changed_and_nothing_else(contents: dict[str, Content]) -> None:
    before = contents["change_log"]
    first, *rest = before.sections
    after = replace(before, sections=(
        replace(first, blocks=(*first.blocks, ComputedText("One more sentence."))), *rest,
    ))  # fmt: skip
    found = differences(before, after)
    assert [(one.change, one.after) for one in found] == [("added", "One more sentence.")]
    assert differences(after, before)[0].change == "removed"
    assert in_short(found) == "sentences: 1 added"
    paper = pages(render(build(before, after, software="radvigil")).pdf)
    assert any("One more sentence." in page for page in paper)


def configured(folder: Path, text: str) -> Stationery:
    (folder / "appearance.yaml").write_text(text)
    return read_stationery(folder)


def test_a_document_looks_as_it_is_configured_and_keeps_that(
    tmp_path: Path, contents: dict[str, Content]
) -> None:
    import matplotlib

    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / FONT
    (tmp_path / FONT).write_bytes(font.read_bytes())
    (tmp_path / "logo.svg").write_bytes(LOGO)
    assert read_stationery(tmp_path) == HOUSE_STYLE
    own = configured(tmp_path, (
        f"logo: logo.svg\nlogo_description: The mark\ncover: [Example Ltd]\ncolour: '#0b6b3a'\n"
        f"font: DejaVu Sans\nfonts: [{FONT}]\nnumbering: 'QMS-{{code}}-{{device}}'\n"
    ))  # fmt: skip
    assert own.numbering.format(code="DOC-27", device="chest") == "QMS-DOC-27-chest"
    content = contents["change_log"]
    content = replace(content, header=replace(content.header, appearance=own.appearance),
                      assets=own.assets)  # fmt: skip
    made = render(content)
    assert "Example Ltd" in pages(made.pdf)[0]
    used = {str(name) for page in PdfReader(io.BytesIO(made.pdf)).pages
            for name in (one.get_object()["/BaseFont"]
                         for one in page["/Resources"]["/Font"].values())}  # fmt: skip
    assert any("DejaVuSans" in one and "Mono" not in one for one in used)
    kept = {hashlib.sha256(one).hexdigest(): one for one in made.pictures}
    again = read_content(made.json, pictures=kept.__getitem__)
    assert render(again).digests == made.digests, "set anew after the folder has changed"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("logo: none.svg\n", "line 1: logo: there is no file 'none.svg' beside appearance.yaml"),
        ("logo: ../x\n", "there is no file"),
        ("colour: blue\n", "takes a colour such as"),
        ("numbering: 'DOC-{code}'\n", "with {code} and {device}"),
        ("font: Arial\n", "both or none"),
        ("cover: words\n", "takes a list of lines"),
        ("size: 12\n", "line 1: size: unknown; known are logo"),
    ],
)
def test_a_wrong_appearance_is_told_with_file_line_and_field(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(InvalidInput, match=re.escape(words)):
        configured(tmp_path, text)
