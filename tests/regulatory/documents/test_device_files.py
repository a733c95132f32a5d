"""Documents of the technical file and of submissions: each section of their outline is there, what
they say is on record, and what is not on record is a gap."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from journeys.demonstration_facts import take_in_shipped_facts
from journeys.tell import write_document
from records.base import digest_of
from records.cited import digests_cited
from records.definition import find_definition, load_definition
from records.people import find_actor
from records.product import Device, ModelVersion
from records.queries import find_device
from records.risk import record_risk_file
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.compile import Request, content_now, set_in_type
from regulatory.documents.blocks import ComputedText, Definitions, Gap, HumanText, Table
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.difference import statements
from regulatory.documents.facts import Note
from regulatory.documents.file_builders import BUILDERS, OUTLINES
from regulatory.documents.identified import identify, places
from regulatory.documents.listed_shapes import SHAPES
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.outline import Person, Refers, lists_in
from regulatory.documents.places import PLACES
from regulatory.documents.registry import DOCUMENTS
from regulatory.documents.said import all_said
from regulatory.documents.writers.json import write_json
from regulatory.gathering.device_file import READINGS
from regulatory.makers import MAKERS
from regulatory.risk_file import as_records, find_risk_file, read_risk_file
from tests.dashboards.small_workspace import populate
from tests.regulatory.gathering import small_store as small

NOW = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
DEVICE = "chest-radiograph-pneumonia"
SECTIONS = {
    "technical_documentation": "1.1 1.2 2 3 4 5 6.1 6.1(c) 6.1(d) 6.2 A",
    "gspr_checklist": "1 2 3",
    "pms_technical_documentation": "1 2 3",
    "clinical_performance_summary": "1 2 3 4 5 6",
    "pmcf_plan": "A B D E F",
    "pmcf_evaluation_report": "A B C D E F",
    "fda_submission_sections": "1 2 3 4 5 6 7 8 9 10 11 12",
    "fda_performance_monitoring_plan": "1 2 3 4 5",
    "ai_act_technical_documentation": "1 2 3 4 5 6 7 8 9",
    "ai_act_monitoring_plan": "1 2 3 4 5 6",
}
KINDS = tuple(SECTIONS)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Thirty days of three sites, the facts that are shipped, and a draft of the risk file."""
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    take_in_shipped_facts(store, DEVICE, by="demo.regulatory", now=NOW)
    content, digest, items = as_records(read_risk_file(find_risk_file(DEVICE)))
    with store.transaction("demo.quality", "risk file", now=NOW) as tx:
        record_risk_file(tx, find_device(tx, DEVICE), content=content, content_digest=digest,
                         items=items, by=find_actor(tx, "demo.quality"), now=NOW)  # fmt: skip
    yield store
    store.close()


def contents_of(store: Store) -> dict[str, Content]:
    with store.reader() as reader:
        return {kind: content_now(reader, Request(kind, DEVICE), now=NOW)[1] for kind in KINDS}


@pytest.fixture(scope="module")
def contents(filled: Store) -> dict[str, Content]:
    return contents_of(filled)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Content]]:
    """Of a workspace in which a device is defined and nothing else."""
    store = open_store(Workspace(tmp_path_factory.mktemp("e") / "workspace").create(), url="")
    with store.transaction("demo.engineer", "define", now=small.START) as tx:
        small.add_device(tx)
    yield contents_of(store)
    store.close()


def words(content: Content, section: str) -> str:
    return str(next(one for one in content.sections if one.number == section))


@pytest.mark.requirement("REG-141")
@pytest.mark.parametrize("kind", KINDS)
def test_each_section_of_the_outline_is_there_and_says_something(
    kind: str, contents: dict[str, Content], empty: dict[str, Content]
) -> None:
    for content in (contents[kind], empty[kind]):
        assert [one.number for one in content.sections] == SECTIONS[kind].split()
        assert all(one.blocks for one in content.sections)
        assert content.header.title == DOCUMENTS[kind].title


@pytest.mark.parametrize("kind", KINDS)
def test_each_place_of_a_person_is_asked_for_once_where_it_is_declared(
    kind: str, contents: dict[str, Content]
) -> None:
    asked = [
        (part.key, section.number) for section in OUTLINES[kind] for part in section.parts
        if isinstance(part, Person)
    ]
    assert sorted(asked) == sorted((key, one.section) for key, one in PLACES[kind].items())
    gaps = {gap.place for _, gap in placed_gaps(contents[kind]) if gap.place}
    assert gaps == set(PLACES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_software_claims_nothing_and_every_statement_has_a_key(
    kind: str, contents: dict[str, Content], empty: dict[str, Content]
) -> None:
    for content in (contents[kind], empty[kind]):
        assert forbidden_claims(all_said(content)) == ()
        assert unresolved_citations(content) == ()
        assert set(statements(identify(content))) <= set(places(identify(content)))


def test_every_list_has_a_reading_and_every_reading_a_document() -> None:
    named = {name for outline in OUTLINES.values() for name in lists_in(outline)} - {"documents"}
    assert named == set(READINGS) == set(SHAPES)


def test_each_document_that_an_outline_refers_to_is_made() -> None:
    parts = [part for outline in OUTLINES.values() for section in outline for part in section.parts]
    codes = {code for part in parts if isinstance(part, Refers) for code in part.codes}
    assert codes <= {one.code for one in DOCUMENTS.values()}


def test_cells_name_records_that_are_there(filled: Store, contents: dict[str, Content]) -> None:
    named: set[str] = set()
    for content in contents.values():
        for section in content.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    named |= {one for row in block.rows for each in row for one in each.records}
                elif isinstance(block, Definitions):
                    named |= {one for _, each in block.items for one in each.records}
    assert {one.split("-")[0] for one in named} >= {
        "CRT", "DEP", "DEV", "EVR", "GSP", "IND", "LBL", "LIT", "MDV", "MPL", "ORG", "PLS", "PMC",
        "RDS", "RSK", "SIM", "STD", "SUP", "UDI",
    }  # fmt: skip
    with filled.reader() as reader:
        assert set(digests_cited(reader, named)) == named


def test_what_is_on_record_stands_in_its_section(contents: dict[str, Content]) -> None:
    file = contents["technical_documentation"]
    assert "Rows of Annex I on record: 32, of which 18 apply and 14 do not." in words(file, "4")
    assert "5 in 100,000" in words(file, "5"), "an estimate of the risk file, without an exponent"
    assert "CRT-0003 ended on 2026-11-14" in words(file, "A")
    assert "not estimable: no study was flagged (n = 0)" in words(file, "6.1")
    report = contents["pmcf_evaluation_report"]
    assert "PMC-0001" in words(report, "C")
    assert "RDS-0001" in words(report, "C")
    plan = contents["ai_act_monitoring_plan"]
    assert "image appearance" in words(plan, "3")
    assert "north hospital" in words(plan, "1")
    assert "K000000 (not assigned)" in words(contents["fda_submission_sections"], "12")
    referred = next(block for block in file.sections[5].blocks
                    if isinstance(block, Table) and "DOC-19" in block.caption)  # fmt: skip
    assert [one.text for one in referred.rows[0]][2:5] == ["none", "none", "not compiled"]


def test_what_nobody_recorded_is_a_gap_and_never_a_blank(empty: dict[str, Content]) -> None:
    file = empty["technical_documentation"]
    missing = " ".join(gap.missing for _, gap in placed_gaps(file))
    for said in (
        "No manufacturer is recorded", "No UDI-DI is recorded", "The risk file: none is on record",
        "No model version of the device is on record", "nobody said whether these apply: 1, 2, 3",
        "No search of literature is recorded", "No PMCF activity is recorded",
        "No standard is recorded", "No supplier is recorded",
    ):  # fmt: skip
        assert said in missing, said
    assert "The device has run nowhere (0 deployments on record)." in words(file, "6.2")
    lone = [gap for _, gap in placed_gaps(empty["gspr_checklist"]) if not gap.place]
    assert all(gap.who and gap.reason for gap in lone)


def test_a_persons_words_fill_their_place_and_no_other(filled: Store) -> None:
    kind = "gspr_checklist"
    note = Note("Each row was judged by two people.", "Demo Regulatory", "regulatory", NOW, "DTX-1")
    with filled.reader() as reader:
        basis, _ = content_now(reader, Request(kind, DEVICE), now=NOW)
        facts = replace(MAKERS[kind].facts(reader, basis), notes={"method": note})
    content = BUILDERS[kind](facts)
    (said,) = [b for one in content.sections for b in one.blocks if isinstance(b, HumanText)]
    assert (said.place, said.author) == ("method", "Demo Regulatory")
    assert {gap.place for _, gap in placed_gaps(content) if gap.place} == {"conclusion"}


def test_the_same_records_give_the_same_bytes(
    filled: Store, contents: dict[str, Content]
) -> None:
    kind = "ai_act_technical_documentation"
    with filled.reader() as reader:
        _, again = content_now(reader, Request(kind, DEVICE), now=NOW)
    assert write_json(again) == write_json(contents[kind])


def test_a_referred_document_is_named_by_number_revision_and_status(filled: Store) -> None:
    made = write_document(filled, Request("gspr_checklist", DEVICE), actor="service:documents",
                          now=NOW)  # fmt: skip
    with filled.reader() as reader:
        _, content = content_now(reader, Request("technical_documentation", DEVICE), now=NOW)
    section = next(one for one in content.sections if one.number == "4")
    (row,) = next(one.rows for one in section.blocks
                  if isinstance(one, Table) and "DOC-01G" in one.caption)  # fmt: skip
    assert [one.text for one in row][2:] == [made.number, "1", "draft", made.label]
    assert not any(isinstance(one, Gap) and "DOC-01G" in one.missing for one in section.blocks)


@pytest.mark.parametrize("name", ["other-maker-chest-pneumonia", "chest-prognosis", "chest-triage"])
def test_a_device_of_another_kind_is_told_too(name: str, tmp_path: Path) -> None:
    declared = load_definition(find_definition(name))
    content = declared.model_dump(mode="json")
    with closing(open_store(Workspace(tmp_path / "workspace").create(), url="")) as store:
        with store.transaction("demo.engineer", "define", now=small.START) as tx:
            device = Device(name=name, revision=1, trade_name=declared.trade_name,
                            definition=content, definition_digest=digest_of(content),
                            defined_at=small.START)  # fmt: skip
            tx.add(device)
            tx.flush()
            if declared.external is not None:
                tx.add(ModelVersion(
                    device_id=device.id, name="seen", version_digest="1" * 64, weights_hash="",
                    architecture="not stated", model={"origin": "external"}, operating_point=None,
                    params={}, dvc_lock_digest="", code_digest="", commit="", vault_path="",
                    trained_at=small.START,
                ))  # fmt: skip
        with store.reader() as reader:
            made = {kind: content_now(reader, Request(kind, name), now=NOW)[1] for kind in KINDS}
    for content in made.values():
        assert forbidden_claims(all_said(content)) == ()
    said = words(made["fda_submission_sections"], "4")
    assert ("made and tested elsewhere" in said) == (declared.external is not None)


def test_a_draft_of_the_risk_file_is_called_one(contents: dict[str, Content]) -> None:
    said = [one.text for one in contents["technical_documentation"].sections[5].blocks
            if isinstance(one, ComputedText)]  # fmt: skip
    assert said == ["Risk file version 1 (RKF-0001): draft. Items: 18."]


def test_it_is_set_as_a_pdf(filled: Store) -> None:
    with filled.reader() as reader:
        found = content_now(reader, Request("gspr_checklist", DEVICE), now=NOW)
        made = set_in_type("gspr_checklist", *found)
    pages = [one.extract_text() for one in PdfReader(io.BytesIO(made.rendered.pdf)).pages]
    assert any("Requirements row by row" in one for one in pages)
