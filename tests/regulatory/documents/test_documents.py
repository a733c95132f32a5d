"""The four documents as people and machines get them: complete, marked, the same every time."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from records.errors import NotFound
from regulatory.documents import (
    audit_export,
    change_log,
    performance_monitoring_report,
    validation_report,
)
from regulatory.documents.content import Content
from regulatory.documents.rendering import Rendered, render
from tests.regulatory.documents.sample_others import (
    audit_facts,
    change_log_facts,
    performance_facts,
)
from tests.regulatory.documents.sample_validation import validation_facts
from tests.regulatory.documents.samples import edition

ROOT = Path(__file__).parents[3]
KINDS = ("validation_report", "performance_monitoring_report", "change_log", "audit_export")


@cache
def built(kind: str) -> Content:
    """The sample document of a kind."""
    match kind:
        case "validation_report":
            return validation_report.build(validation_facts())
        case "performance_monitoring_report":
            return performance_monitoring_report.build(performance_facts())
        case "change_log":
            return change_log.build(change_log_facts())
        case _:
            return audit_export.build(audit_facts(1200))


@pytest.fixture(scope="module")
def rendered() -> dict[str, tuple[Content, Rendered]]:
    """Each document built and set once."""
    contents = {kind: built(kind) for kind in KINDS}
    return {kind: (content, render(content)) for kind, content in contents.items()}


@cache
def pages(pdf: bytes) -> list[str]:
    """The words of each page, without the invisible break opportunities."""
    texts = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return [" ".join(text.replace("\u200b", "").split()) for text in texts]


@pytest.mark.requirement("REG-141")
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_says_what_it_is_and_that_it_is_a_demonstration(
    kind: str, rendered: dict[str, tuple[Content, Rendered]]
) -> None:
    content, made = rendered[kind]
    found = pages(made.pdf)
    for number, text in enumerate(found, start=1):
        assert "DEMONSTRATION: simulated data and signers" in text
        assert content.header.number in text
        assert "status: draft" in text
        assert "DRAFT" in text
        assert f"page {number} of {len(found)}" in text


@pytest.mark.requirement("REG-122", "REG-128")
@pytest.mark.parametrize("kind", KINDS)
def test_pdf_is_tagged_and_declares_pdf_a_and_pdf_ua(
    kind: str, rendered: dict[str, tuple[Content, Rendered]]
) -> None:
    reader = PdfReader(io.BytesIO(rendered[kind][1].pdf))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert catalogue["/Lang"] == "en"
    declared = catalogue["/Metadata"].get_data().decode()
    assert "pdfaid:part>2<" in declared
    assert "pdfaid:conformance>A<" in declared
    assert "pdfuaid:part>1<" in declared
    assert reader.outline


def elements(node: Any) -> Iterator[dict[str, Any]]:
    """Every element of a structure tree, in the order in which it is read aloud."""
    one = node.get_object()
    if isinstance(one, list):
        for each in one:
            yield from elements(each)
    elif isinstance(one, dict):
        yield one
        if "/K" in one and not isinstance(one["/K"], int):
            yield from elements(one["/K"])


@pytest.mark.requirement("REG-122", "REG-128")
@pytest.mark.parametrize("kind", KINDS)
def test_headings_table_heads_and_pictures_of_a_pdf_are_told_to_a_screen_reader(
    kind: str, rendered: dict[str, tuple[Content, Rendered]]
) -> None:
    reader = PdfReader(io.BytesIO(rendered[kind][1].pdf))
    found = list(elements(reader.trailer["/Root"]["/StructTreeRoot"]))
    tags = [str(one.get("/S", "")) for one in found]
    levels = [int(tag[2:]) for tag in tags if re.fullmatch(r"/H\d", tag)]
    assert levels[0] == 1 and levels.count(1) >= len(rendered[kind][0].sections)
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    heads = [one for one in found if one.get("/S") == "/TH"]
    assert heads and all(
        {"/Column"} == {one["/Scope"] for one in head["/A"] if one["/O"] == "/Table"}
        for head in heads
    )
    for table in (one for one in found if one.get("/S") == "/Table"):
        parts = [str(one.get("/S", "")) for one in elements(table)]
        assert parts.index("/TH") < parts.index("/TD"), "a table begins with its heads"
    for picture in (one for one in found if one.get("/S") == "/Figure"):
        assert len(str(picture.get("/Alt", ""))) > 10
    assert tags.count("/Title") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_contents_list_every_section_and_gaps_and_provenance_close_the_document(
    kind: str, rendered: dict[str, tuple[Content, Rendered]]
) -> None:
    content, made = rendered[kind]
    contents = next(one for one in pages(made.pdf) if " Contents " in one)
    for section in content.sections:
        assert f"{section.number} {section.title}" in contents
    for annex in ("C Document control", "S Signatures", "T Glossary", "R References"):
        assert annex in contents
    assert "G Missing information" in contents
    assert "V Provenance and traceability" in contents


@pytest.mark.parametrize("kind", KINDS)
def test_json_holds_the_same_tree_with_records_and_gaps(
    kind: str, rendered: dict[str, tuple[Content, Rendered]]
) -> None:
    content, made = rendered[kind]
    tree = json.loads(made.json)
    assert [one["title"] for one in tree["sections"]] == [one.title for one in content.sections]
    assert tree["demonstration"] is True
    assert tree["provenance"]["traces"][0]["records"][0]["digest"]
    assert made.digests["json"] == hashlib.sha256(made.json).hexdigest()
    assert made.digests["pdf"] == hashlib.sha256(made.pdf).hexdigest()


@pytest.mark.requirement("REG-032", "REG-127")
def test_same_facts_give_the_same_bytes_in_another_session(
    rendered: dict[str, tuple[Content, Rendered]],
) -> None:
    script = (
        "from tests.regulatory.documents.test_documents import KINDS, built\n"
        "from regulatory.documents.rendering import render\n"
        "for kind in KINDS:\n"
        "    made = render(built(kind))\n"
        "    print(kind, made.digests['pdf'], made.digests['json'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [line.split() for line in done.stdout.splitlines()]
    assert told == [
        [kind, made.digests["pdf"], made.digests["json"]] for kind, (_, made) in rendered.items()
    ]


def test_importing_the_builders_loads_no_heavy_library() -> None:
    script = (
        "import sys\n"
        "from regulatory.documents import audit_export, change_log, rendering\n"
        "from regulatory.documents import performance_monitoring_report, validation_report\n"
        "print([m for m in ('typst', 'matplotlib', 'torch', 'pandas') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_live_document_carries_no_demonstration_mark_and_an_approved_one_no_watermark() -> None:
    live = edition("LIVE-1", marking="", status="approved")
    made = render(change_log.build(change_log_facts(edition=live)))
    text = " ".join(pages(made.pdf))
    assert "DEMONSTRATION" not in text
    assert "DRAFT" not in text
    assert "APPROVED" not in text
    assert "status: approved" in text
    assert json.loads(made.json)["marking"] == ""


def test_a_device_without_a_known_risk_class_gets_no_document() -> None:
    unknown = replace(edition("X-1"), risk_class_eu="9")
    with pytest.raises(NotFound, match="no EU risk class '9'"):
        change_log.build(change_log_facts(edition=unknown))
