"""SOUP list, bill of materials and this software's own validation package."""

import hashlib
import json
from collections.abc import Iterator

import pytest

import regulatory.gathering.soup_list
import regulatory.sbom
from records.installation import InstallationCheck
from records.settings import Workspace
from records.store import Store, open_store
from records.supplied_software import SoupReview, VulnerabilityTriage
from records.test_runs import TestRun
from records.vault import file_digest
from regulatory.compile import Request, content_now
from regulatory.documents.blocks import Cell, Table
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.places import PLACES
from regulatory.documents.reading import read_content
from regulatory.documents.said import all_said
from regulatory.documents.writers.json import write_json
from regulatory.product_functions import read_product
from regulatory.soup import LIST, LOCK, Component, read_list
from regulatory.traceability import read_catalogue
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.gathering import small_store as small

KINDS = {"soup_list": 8, "bill_of_materials": 5, "product_validation": 8}


@pytest.fixture(scope="module", autouse=True)
def few_packages() -> Iterator[None]:
    """Three packages stand for the whole lock, which takes seconds to read; no schema is loaded."""
    row = read_list()["pydicom"]
    found = [
        Component("pydicom", "3.0.1", True, "", row), Component("typer", "0.1", True, "", row),
        Component("numpy", "2.0", False, "pydicom", row),
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for module in (regulatory.sbom, regulatory.gathering.soup_list):
            patch.setattr(module, "soup_components", lambda: found)
        patch.setattr(regulatory.gathering.soup_list, "soup_gaps", lambda _: [])
        patch.setattr(regulatory.sbom, "brought_by", lambda: {"pydicom": ("numpy",)})
        patch.setattr(regulatory.sbom, "require_valid", lambda _: None)
        regulatory.sbom._locked.cache_clear()
        yield
        regulatory.sbom._locked.cache_clear()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A version, an advisory that waits, a review of the lock, a check, a run of tests."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    with opened.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        device = small.add_device(tx)
        small.add_version(tx, device, small.add_development(tx, device))
        tx.add_all([
            VulnerabilityTriage(
                component="pydicom", version="3.0.1", advisory="GHSA-x", affected_range="all",
                severity="", summary="stops", source_digest="cd" * 32, opened_by="ada",
                opened_at=TODAY, due_on=TODAY.date()),
            SoupReview(lock_digest=file_digest(LOCK), list_digest=file_digest(LIST), components=3,
                       gaps=["a", "b"], conclusion="List read.", reviewed_by="ada",
                       reviewed_at=TODAY),
            InstallationCheck(checked_at=TODAY, checked_by="ada", sound=False, points=[
                {"name": "home", "state": "fault", "words": "plain disk"},
                {"name": "versions", "state": "sound", "words": "all 3 packages of the lock"}]),
            TestRun(source_digest="ab" * 32, software_version="0.1.0",
                    outcomes={"tests/a.py::test_a": "passed", "tests/b.py::test_b": "failed"},
                    tags={"REG-049": ["tests/a.py::test_a"]}, imported_by="ada",
                    imported_at=TODAY),
        ])  # fmt: skip
    yield opened
    opened.close()


def made(store: Store, kind: str) -> Content:
    with store.reader() as reader:
        return content_now(reader, Request(kind, small.DEVICE), now=TODAY)[1]


def rows(content: Content, caption: str) -> dict[str, tuple[Cell, ...]]:
    (found,) = [
        block for section in content.sections for block in section.blocks
        if isinstance(block, Table) and block.caption.startswith(caption)
    ]
    return {one[0].text: one for one in found.rows}


@pytest.mark.requirement("REG-140", "REG-125")
@pytest.mark.parametrize("kind", KINDS)
def test_every_section_is_there_and_software_claims_nothing(store: Store, kind: str) -> None:
    content = made(store, kind)
    assert [one.number for one in content.sections] == [
        str(place) for place in range(1, KINDS[kind] + 1)
    ]
    assert forbidden_claims(all_said(content)) == ()
    assert unresolved_citations(content) == ()
    assert made(store, kind) == content, "same facts, same content"
    asked = {one.place for _, one in placed_gaps(content) if one.place}
    assert asked == set(PLACES[kind]), "each place of a person is open, and no other"


@pytest.mark.requirement("REG-102")
def test_the_soup_list_says_what_is_used_why_and_what_nobody_evaluated(store: Store) -> None:
    content = made(store, "soup_list")
    named = rows(content, "Components that the list names")
    assert set(named) == {"pydicom", "typer"}
    assert named["pydicom"][4].text.startswith("Python ")
    assert rows(content, "Components that others")["numpy"][2].text == "pydicom"
    assert rows(content, "Where anomalies")["typer"][4].text == "not evaluated"
    gaps = {one.missing: one.reason for _, one in placed_gaps(content)}
    assert "none for 2 of 2" in gaps["Evaluation of the published anomalies of each component"]
    assert gaps["Decision on each advisory"] == "VLN-0001: not decided"
    assert "all 3 packages of the lock" in str(content.sections[6])


@pytest.mark.requirement("REG-103")
def test_the_bill_for_people_says_what_the_attached_file_says(store: Store) -> None:
    content = made(store, "bill_of_materials")
    (attached,) = content.attachments
    digest = hashlib.sha256(attached.data).hexdigest()
    tree = json.loads(attached.data)
    listed = rows(content, "Components")
    assert {one["name"] for one in tree["components"] if one["type"] == "library"} == set(listed)
    assert listed["numpy"][4].text == "pydicom"
    assert any(cell.full == digest for _, cell in content.sections[0].blocks[0].items)  # type: ignore[union-attr]
    written = write_json(content)
    again = read_content(written, pictures={digest: attached.data}.__getitem__)
    assert again.attachments == content.attachments and write_json(again) == written


@pytest.mark.requirement("REG-123", "R-P11-10a")
def test_the_package_links_each_requirement_to_tests_and_their_last_result(store: Store) -> None:
    content = made(store, "product_validation")
    catalogue, product = read_catalogue(), read_product()
    known = {row.id for row in catalogue.rows}
    assert all(set(one.requirements) <= known for one in product.functions)
    tables = [block for block in content.sections[2].blocks if isinstance(block, Table)]
    assert [len(one.rows) for one in tables] == [len(one.rows) for one in catalogue.sections]
    told = {row[0].text: row for one in tables for row in one.rows}
    assert told["REG-049"][5].text == "1 passed, 0 failed, 0 other"
    assert told["REG-001"][5].text == "none"
    (failed,) = rows(content, "Tests that failed").values()
    assert failed[1].text == "tests/b.py::test_b"
    assert rows(content, "Point by point")["home"][1].tone == "bad"
    functions = rows(content, "Functions of the software")
    assert len(functions) == len(product.functions)
    assert "part of the device" in functions["F-03 Running a version on studies"][3].text


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A device that is defined, and nothing else."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    with opened.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        small.add_device(tx)
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_alone_gives_a_document_of_gaps(bare: Store, kind: str) -> None:
    content = made(bare, kind)
    assert len(content.sections) == KINDS[kind]
    assert placed_gaps(content) and content.attachments == ()
