"""What leaves as HTML, a document of every kind and other pages, is without fault for axe-core."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from imaging.gate_sheet import gate_sheet
from records.correction_assessments import assess_correction
from records.field_actions import FieldAction, assessments_of, open_field_action
from records.settings import Workspace
from records.store import Store, open_store
from records.vault import Vault
from regulatory.compile import Request, content_now
from regulatory.device_file import DeviceFile, FiledDocument, start_page
from regulatory.documents import pms_report
from regulatory.documents.blocks import ComputedText, HumanText, Paragraph
from regulatory.documents.content import Content
from regulatory.documents.registry import DOCUMENTS
from regulatory.documents.writers.html import write_html
from regulatory.documents.writers.pdf import write_pdf
from regulatory.gathering.surveillance import gather_pms_report
from tests.accessibility import classes_on, look_at, shorten
from tests.conftest import require
from tests.dashboards.small_workspace import TODAY
from tests.dashboards.test_browser import browser_page
from tests.imaging.test_gate_sheet import recorded
from tests.regulatory.case_workspace import act, case, store
from tests.regulatory.documents.test_change_assessment import answer, proposed, review
from tests.regulatory.documents.test_documents import built
from tests.regulatory.documents.test_surveillance_documents import decided
from tests.regulatory.gathering import small_store as small
from tests.regulatory.reported_incident import LATER, PLAN, Act
from tests.regulatory.surveilled import REPORT, surveil

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["act", "browser_page", "case", "store"]
pytestmark = pytest.mark.service
SUBJECTS = {
    "incident_report": "INC-0001", "fda_event_report": "INC-0001",
    "correction_record": "FSA-0001", "correction_report": "FSA-0002",
    "field_action_report": "FSA-0001", "field_safety_notice": "FSA-0001",
    "complaint_file": "CMP-0001",
}  # fmt: skip

OWN_STYLE = {"start page", "acceptance check"}


@pytest.fixture
def contents(case: Store, act: Act, tmp_path: Path) -> dict[str, Content]:
    """A document of every kind, each of the workspace in which its subject is on record."""
    found = of_a_year(tmp_path / "year") | of_a_change(tmp_path / "change")
    found |= {kind: built(kind) for kind in ("validation_report", "performance_monitoring_report")}
    for kind in set(DOCUMENTS) - set(found) - {"correction_report"}:
        found[kind] = of_the_case(case, kind)
    another = replace(PLAN, reason="Findings are missed at night.")
    act("quality", lambda tx, by: open_field_action(tx, another, by=by, now=TODAY))
    act("regulatory", _reported, now=LATER)
    return found | {"correction_report": of_the_case(case, "correction_report")}


def of_the_case(case: Store, kind: str) -> Content:
    with case.reader() as reader:
        request = Request(kind, small.DEVICE, subject=SUBJECTS.get(kind, ""))
        return content_now(reader, request, now=LATER, vault=Vault(case.workspace.vault))[1]


def _reported(tx: Any, by: Any) -> None:
    (asked,) = assessments_of(tx, tx.get_one(FieldAction, 2))
    answers = {"21 CFR 806": (True, "a risk"), "MDR Art. 87(1)(b)": (True, "it prevents")}
    assess_correction(tx, asked, answers, by=by, now=LATER)


def of_a_year(home: Path) -> dict[str, Content]:
    """The reports that only a year of surveillance, a trend or a device of class I gives."""
    opened = open_store(Workspace(home).create(), url="")
    surveil(opened)
    with opened.transaction("demo.regulatory", "a trend is reported", now=TODAY) as tx:
        decided(tx)
    with opened.reader() as reader:
        trend = content_now(reader, Request("trend_report", small.DEVICE), now=TODAY)[1]
        basis = content_now(reader, Request("psur", small.DEVICE), now=TODAY)
        definition = basis[0].definition
        risk_class = definition.risk_class.model_copy(update={"eu": "I"})
        low = definition.model_copy(update={"risk_class": risk_class})
        facts = gather_pms_report(reader, replace(basis[0], definition=low, period=REPORT))
    opened.close()
    return {"trend_report": trend, "psur": basis[1], "pms_report": pms_report.build(facts)}


def of_a_change(home: Path) -> dict[str, Content]:
    """Both assessments of a change."""
    opened = open_store(Workspace(home).create(), url="")
    proposed(opened)
    answer(opened)
    review(opened)
    found = {}
    with opened.reader() as reader:
        for kind in ("fda_change_assessment", "eu_change_assessment"):
            found[kind] = content_now(reader, Request(kind, small.DEVICE), now=TODAY)[1]
    opened.close()
    return found


def other_pages() -> dict[str, str]:
    """What else leaves as HTML: the start page of the file of a device, an acceptance check."""
    about = DeviceFile(small.DEVICE, "Trial", "DEV-0001", "2026-03-06", 9, "ab",
                       "DEMONSTRATION", "eu")  # fmt: skip
    filed = FiledDocument("DOC-04", "DOC-26-0001", 1, "Report", "draft", "2026-03-06T08:00:00", 2,
                          ("documents/report.pdf",))  # fmt: skip
    sections = [{"title": "1 Device description", "files": ["documents/report.pdf"]}]
    return {
        "start page": start_page(about, [filed], sections, {"Trend report": "no trend"}),
        "start page, empty": start_page(about, [], [], {}),
        "acceptance check": gate_sheet(recorded(sex="?", age_years=200.0)),
    }


@pytest.mark.timeout(900)
@pytest.mark.requirement("REG-128")
def test_a_document_of_every_kind_is_without_fault_for_axe_core(
    contents: dict[str, Content], browser_page: tuple["Page", list[str]]
) -> None:
    page, outside = browser_page
    assert set(contents) == set(DOCUMENTS)
    written = {kind: write_html(one).decode() for kind, one in contents.items()} | other_pages()
    seen: set[str] = set()
    for kind, text in sorted(written.items()):
        page.set_content(text)
        shorten(page)
        # one style sheet colours them all: contrast is computed where something is new
        new = classes_on(page) - seen or kind in OWN_STYLE
        seen |= classes_on(page)
        rules = {} if new else {"color-contrast": {"enabled": False}}
        assert look_at(page, rules=rules) == [], kind
    assert outside == []


def test_the_check_sees_what_is_broken(browser_page: tuple["Page", list[str]]) -> None:
    page, _ = browser_page
    text, sought = write_html(built("change_log")).decode(), set()
    for rule, sound, broken in (
        ("html-has-lang", ' lang="en"', ""),
        ("image-alt", '<main id="main">', '<main id="main"><img src="data:,">'),
        ("color-contrast", 'class="cover"', 'style="color:#aaa"'),
        ("heading-order", "<h2 ", "<h4 "),
        ("duplicate-id-aria", 'id="section-2"', 'id="section-1"'),
        ("empty-table-header", '<th scope="col">', '<th scope="col"></th><th hidden>'),
        ("region", "<footer>", "<p>outside</p><footer>"),
    ):
        assert sound in text, rule
        text = text.replace(sound, broken)
        sought.add(rule)
    page.set_content(text)
    shorten(page)
    assert sought <= {one.rule for one in look_at(page)}


@pytest.mark.requirement("REG-128")
def test_every_word_of_a_pdf_is_found_by_a_program_that_searches_it(tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    require("poppler", program is not None, "poppler-utils is not installed")
    content = built("performance_monitoring_report")
    file = tmp_path / "report.pdf"
    file.write_bytes(write_pdf(content))
    found = subprocess.run([str(program), str(file), "-"], capture_output=True, text=True,
                           check=True).stdout.split()  # fmt: skip
    said = [block.text for section in content.sections for block in section.blocks
            if isinstance(block, Paragraph | ComputedText | HumanText)]  # fmt: skip
    said += ["COMPUTED FROM RECORDS", "WRITTEN BY A PERSON", content.header.title]
    plain = {word for text in said for word in text.split() if word.isalpha() and len(word) < 17}
    assert len(plain) > 50
    assert plain <= {word.strip(".,;:()'") for word in found}
