"""Documents of one incident, action or complaint: each section, clocks, negative decisions, links.
"""

import re
from pathlib import Path

import pytest

from journeys.review_documents import write
from records.base import digest_of as recorded_digest
from records.clock import WorkspaceKind, mark_workspace
from records.definition import find_definition, load_definition
from records.errors import InvalidInput, NotFound, Refused
from records.people import Role, register_person
from records.product import Device
from records.queries import find_device
from records.settings import Workspace
from records.store import Store, open_store
from records.vault import Vault
from regulatory.compile import Request, content_now, gaps_of
from regulatory.documents.blocks import HumanText
from regulatory.documents.canonical import canonical_json
from regulatory.documents.content import Content
from regulatory.documents.identified import identify
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.said import all_said
from regulatory.documents.vigilance_kinds import VIGILANCE_KINDS
from regulatory.gathering.subjects import subjects_of
from regulatory.readiness import NOT_MADE, readiness
from tests.dashboards.small_workspace import PASSWORD, TODAY
from tests.regulatory.case_workspace import NOT_806, NOT_JP, act, case, store
from tests.regulatory.reported_incident import LATER

__all__ = ["act", "case", "store"]
DEVICE = "chest-radiograph-pneumonia"
OUTLINES = {
    ("incident_report", "INC-0001"): "1.1 1.2 1.3 2 3.1 3.2 3.3 3.4 4.1 4.2 4.3 5 6 7 8 9 10",
    ("fda_event_report", "INC-0001"): "3500A-A 3500A-B 3500A-C 3500A-D 3500A-E 3500A-F 3500A-G "
    "3500A-H 1 2 3 4 5",
    ("correction_record", "FSA-0001"): "1 2 3 4 5 806.20 6 7 8 9 10",
    ("field_action_report", "FSA-0001"): "F1 F2 N1 N2 1 2 3 4",
    ("field_safety_notice", "FSA-0001"): "1 2 3 4 5 6",
    ("complaint_file", "CMP-0001"): "1 2 3 4 5 6 7 8 9 10 11 12",
}


def said(store: Store, kind: str, subject: str) -> Content:
    with store.reader() as reader:
        request = Request(kind, DEVICE, subject=subject)
        return content_now(reader, request, now=LATER, vault=Vault(store.workspace.vault))[1]


def words(content: Content, section: str = "") -> str:
    return "\n".join(one.words for one in all_said(content)
                     if not section or one.section == section)  # fmt: skip


@pytest.mark.requirement("REG-140", "REG-141", "REG-125")
def test_each_document_has_its_outline_its_records_and_no_claim(case: Store) -> None:
    for (kind, subject), outline in OUTLINES.items():
        content = said(case, kind, subject)
        assert [one.number for one in content.sections] == outline.split(), kind
        assert all(one.blocks for one in content.sections), kind
        assert content.header.number.endswith(f"-{DEVICE}-{subject}")
        assert content.header.title.endswith(f": {subject}")
        assert forbidden_claims(all_said(content)) == (), kind
        assert unresolved_citations(content) == (), kind
        assert not re.search(r"(?<!EU )(?<!FDA )\bMDR\b", words(content)), kind
        items = identify(content).items.values()
        assert all(one.records for one in items if one.kind == "cell" and one.section == "6"), kind
        again = said(case, kind, subject)
        assert canonical_json(again) == canonical_json(content), "same facts, same bytes"


@pytest.mark.requirement("REG-078", "REG-083")
def test_the_clock_block_tells_awareness_day_zero_rules_and_due_days(case: Store) -> None:
    mir = words(said(case, "incident_report", "INC-0001"), "6")
    for told in ("AWF-0001", "any employee of the maker", "Europe/Berlin", "governs",
                 "2026-03-06", "2026-03-21", "2026-03-23", "R-EU87-01, R-EU87-02", "1.1+",
                 "no, read in summary only", "RPD-0001", "by the rules", "MDR87_15D", "DE", "FR"):
        assert told in mir, told
    fda = words(said(case, "fda_event_report", "INC-0001"), "1")
    for told in ("803.50_30CD", "2026-04-05", "The clock of five work days does not run",
                 "Has FDA asked for reports within five working days?: no"):
        assert told in fda, told


@pytest.mark.requirement("REG-036")
def test_negative_decisions_stand_with_their_grounds_and_who_decided(case: Store) -> None:
    file = words(said(case, "complaint_file", "CMP-0001"))
    assert NOT_JP in file and "not applicable" in file and "RPD-0003" in file
    assert NOT_806 in file and "not reported" in file
    record = words(said(case, "correction_record", "FSA-0001"), "806.20")
    assert NOT_806 in record and "demo.regulatory" in record and "2026-03-20" in record
    with pytest.raises(Refused, match="assessed as not reported under 21 CFR 806") as refused:
        said(case, "correction_report", "FSA-0001")
    assert "document compile correction_record --subject FSA-0001" in refused.value.hint


@pytest.mark.requirement("REG-086")
def test_reports_point_to_each_other_and_what_one_lacks_is_a_gap(case: Store) -> None:
    mir = said(case, "incident_report", "INC-0001")
    for told in ("FDA MDR (803)", "RPB-0002", "N-77", "FSA-0001", "COA-0001", "CAPA-0001",
                 "CMP-0001", "EU MDR Art. 87(1)(b)"):
        assert told in words(mir, "9"), told
    assert {gap["missing"] for gap in gaps_of(mir)} == {
        "1.3.1d reference of FSA-0001", "Review of the IMDRF codes by a second person",
    }, "the form was kept before the action was opened; nothing of the US holds it up"
    assert "Open: Report of INC-0001 in US" in words(mir, "9")
    file = {gap["missing"] for gap in gaps_of(said(case, "complaint_file", "CMP-0001"))}
    assert {"Report of INC-0001 in US", "Form FSCA of FSA-0001"} <= file
    actions = words(said(case, "field_action_report", "FSA-0001"))
    assert "of 2 consignees 2 notified, 1 answered, 1 done" in actions and "INC-0001" in actions


def test_what_a_person_gave_stands_as_that_persons_and_the_notice_tells_no_case(
    case: Store
) -> None:
    mir = said(case, "incident_report", "INC-0001")
    (five,) = [block for one in mir.sections if one.number == "5" for block in one.blocks
               if isinstance(block, HumanText)]  # fmt: skip
    assert five.author == "Demo Regulatory Officer" and five.record == "FRM-0001"
    assert "It missed a pneumothorax." in words(mir, "3.1"), "the words as they came"
    unknown = words(mir, "3.2")
    assert "unknown: The site has not answered." in unknown and "IRQ-0001" in unknown
    notice = said(case, "field_safety_notice", "FSA-0001")
    told = words(notice)
    for label in ("CMP-0001", "INC-0001", "CAPA-0001", "COA-0001"):
        assert label not in told, label
    for wanted in ("chest-1.0", "A finding may be treated late.", "2026-04-15", "north hospital"):
        assert wanted in told, wanted
    scope = words(said(case, "field_action_report", "FSA-0001"), "F1")
    assert "still running" not in scope and "ran on 2026-03" in scope, "the ledger of that day"
    for content in (mir, notice):
        assert all("chest-1.0" in one.text for one in content.header.device_versions)


def test_the_timeline_tells_each_step_and_reports_have_the_day_of_the_law(case: Store) -> None:
    file = said(case, "complaint_file", "CMP-0001")
    steps = words(file, "2")
    assert "the complaint went from open to screened" in steps
    told = words(file, "6")
    assert "no rule sets a day" not in told and "2026-03-2" in told, (
        "an initial report is owed by the last day of its clock"
    )


def test_a_document_about_a_record_names_it_and_its_texts_are_its_own(case: Store) -> None:
    for kind, subject, error, match in (
        ("incident_report", "", Refused, "is about one record, and none is named"),
        ("incident_report", "CMP-0001", InvalidInput, "nothing that a Manufacturer incident"),
        ("incident_report", "INC-0009", NotFound, "no incident INC-0009"),
        ("change_log", "INC-0001", InvalidInput, "about no single record"),
    ):
        with pytest.raises(error, match=match):
            said(case, kind, subject)
    with case.transaction("setup", now=LATER) as tx:
        register_person(tx, "demo.clinician", full_name="Demo Radiologist",
                        roles=[Role.CLINICIAN], password=PASSWORD, now=LATER)  # fmt: skip
    write(case, DEVICE, "complaint_file", "CMP-0001.narrative", "The output was read first.",
          by="demo.clinician", now=LATER)  # fmt: skip
    with pytest.raises(NotFound, match=r"Known: CMP-0001\.narrative"):
        write(case, DEVICE, "complaint_file", "narrative", "x", by="demo.quality", now=LATER)
    assert "The output was read first." in words(said(case, "complaint_file", "CMP-0001"), "12")
    assert "The output was read first." not in words(said(case, "complaint_file", "CAPA-0001"))
    with case.reader() as reader:
        lines = readiness(reader, DEVICE, ("incident_report", "correction_report"), now=LATER)
    assert {one.document for one in lines} == {"DOC-07 INC-0001", "DOC-13"}
    assert [one.state for one in lines if one.kind == "correction_report"] == [NOT_MADE]


@pytest.mark.requirement("REG-141")
def test_a_workspace_with_a_device_alone_has_reviews_full_of_noughts_and_no_case(
    tmp_path: Path
) -> None:
    store = open_store(Workspace(tmp_path / "workspace").create(), url="")
    with store.transaction("setup", now=TODAY) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=TODAY, seed=7)
        known = load_definition(find_definition(DEVICE))
        told = known.model_dump(mode="json")
        tx.add(Device(name=DEVICE, revision=1, trade_name=known.trade_name, definition=told,
                      definition_digest=recorded_digest(told), defined_at=TODAY))  # fmt: skip
    with store.reader() as reader:
        device = find_device(reader, DEVICE)
        for kind in VIGILANCE_KINDS:
            request = Request(kind, DEVICE)
            if VIGILANCE_KINDS[kind].subjects:
                assert subjects_of(reader, kind, device) == []
                with pytest.raises(Refused, match="none is named") as refused:
                    content_now(reader, request, now=TODAY)
                assert f"Nothing of {DEVICE} is on record" in refused.value.hint
                continue
            content = content_now(reader, request, now=TODAY)[1]
            assert gaps_of(content) and "(0" in words(content), kind
    store.close()
