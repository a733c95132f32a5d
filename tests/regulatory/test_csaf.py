"""Advisories in CSAF 2.0 against the lock, and what was decided given out as CSAF (VEX)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from records.base import digest_of
from records.errors import InvalidInput, Refused
from records.product import Device
from records.settings import Workspace
from records.store import Store, open_store
from records.supplied_software import VulnerabilityTriage
from regulatory.advisories import matches, read_advisories
from regulatory.vex import vex_document
from tests.dashboards.small_workspace import TODAY, populate

LOCKED = {"pydicom": "3.0.1", "numpy": "2.0.0", "pillow": "11.0.0"}


def product(key: str, purl: str = "", name: str = "pydicom 3.0.1") -> dict[str, Any]:
    helper = {"product_identification_helper": {"purl": purl}} if purl else {}
    return {"product_id": key, "name": name} | helper


def csaf(tree: dict[str, Any], **status: list[str]) -> dict[str, Any]:
    return {
        "document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": {"id": "S-1"}},
        "product_tree": tree,
        "vulnerabilities": [{
            "cve": "CVE-2026-1234", "product_status": status,
            "notes": [{"category": "summary", "text": "a long line stops it"}],
            "scores": [{"products": ["p"], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N"}}],
        }],
    }  # fmt: skip


def found_in(tmp_path: Path, content: Any) -> list[Any]:
    file = tmp_path / "advisory.json"
    file.write_text(json.dumps(content))
    return [hit for one in read_advisories(file) for hit in matches(one, LOCKED)]


def spanned(span: str) -> dict[str, Any]:
    one = {"category": "product_version_range", "name": span,
           "product": product("p", "pkg:pypi/PyDicom")}  # fmt: skip
    return {"branches": [{"category": "product_name", "name": "pydicom", "branches": [one]}]}


@pytest.mark.requirement("REG-104")
@pytest.mark.parametrize(
    ("span", "said"),
    [
        ("vers:pypi/>=2|<3.0.2", ">=2, fixed in 3.0.2"), ("vers:pypi/<3.0.1", ""),
        ("vers:pypi/<=3.0.1", ">=0, no fixed version named"), ("vers:pypi/*", ">=0, no fixed"),
        ("vers:pypi/3.0.0|3.0.1", "==3.0.1"), ("vers:pypi/3.0.0|=2.9", ""),
        ("vers:pypi/1.x", "decide by hand"), ("vers:pypi/!=3.0.0", "decide by hand"),
    ],
)  # fmt: skip
def test_a_range_of_versions_is_compared_and_one_that_cannot_be_read_is_told_of(
    tmp_path: Path, span: str, said: str
) -> None:
    hits = found_in(tmp_path, csaf(spanned(span), known_affected=["p"]))
    assert [said in one.affected_range for one in hits] == ([True] if said else [])
    if hits:
        assert (hits[0].advisory, hits[0].severity, hits[0].summary) == (
            "CVE-2026-1234", "CVSS_V3 CVSS:3.1/AV:N", "a long line stops it"
        )  # fmt: skip


@pytest.mark.requirement("REG-104")
def test_what_is_only_named_is_left_to_a_person_and_what_is_not_affected_opens_nothing(
    tmp_path: Path,
) -> None:
    exact = {"full_product_names": [product("p", "pkg:pypi/pydicom@3.0.1")]}
    (hit,) = found_in(tmp_path, csaf(exact, under_investigation=["p"]))
    assert hit.affected_range == "==3.0.1"
    for status in ("known_not_affected", "fixed"):
        assert found_in(tmp_path, csaf(exact, **{status: ["p"]})) == []
    named = {"full_product_names": [product("p")]}
    (hit,) = found_in(tmp_path, csaf(named, known_affected=["p"]))
    assert hit.affected_range == "==3.0.1; named without a package URL of its own: decide by hand"
    elsewhere = {"full_product_names": [product("p", "pkg:deb/debian/pydicom@3.0.1")]}
    assert found_in(tmp_path, csaf(elsewhere, known_affected=["p"])) == []
    inside = exact | {"relationships": [{
        "category": "default_component_of", "product_reference": "p",
        "relates_to_product_reference": "q", "full_product_name": product("q:p"),
    }]}  # fmt: skip
    (hit,) = found_in(tmp_path, csaf(inside, known_affected=["q:p"]))
    assert "decide by hand" in hit.affected_range


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"document": {"csaf_version": "1.2"}}, "advisory.json is CSAF 1.2; CSAF 2.0 is read"),
        (csaf({}, known_affected=["p"]), "no whole CSAF 2.0 document: 'p' is missing"),
        ({"document": {"csaf_version": "2.0"}}, "'tracking' is missing"),
        ({"other": 1}, "no OSV advisory .* and no CSAF"),
    ],
)
def test_what_is_not_whole_is_refused_by_name(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        found_in(tmp_path, content)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    yield opened
    opened.close()


def telling(reader: Session, told: dict[str, str] | None) -> Device:
    """The device as if its definition named this contact for disclosure."""
    device = reader.get_one(Device, 1)
    maker = {key: one for key, one in device.definition["manufacturer"].items()
             if key != "disclosure"}  # fmt: skip
    maker |= {} if told is None else {"disclosure": told}
    device.definition = device.definition | {"manufacturer": maker}
    device.definition_digest = digest_of(device.definition)
    return device


@pytest.mark.requirement("REG-104")
def test_each_decision_is_given_out_as_vex_with_its_reason(store: Store) -> None:
    with store.reader() as reader, reader.no_autoflush:
        with pytest.raises(Refused, match="no contact for weaknesses"):
            vex_document(reader, telling(reader, None), now=TODAY)
        reader.expunge_all()
    with store.transaction("demo.quality", "looked", now=TODAY) as tx:
        for advisory in ("CVE-2026-1", "GHSA-2", "CVE-2026-3", "CVE-2026-4"):
            tx.add(VulnerabilityTriage(
                component="pillow", version="11.0.0", advisory=advisory, affected_range="<12",
                severity="", summary="", source_digest="0" * 64, opened_by="ada", opened_at=TODAY,
                due_on=TODAY.date(),
            ))  # fmt: skip
    with store.engine.begin() as raw:
        for number, status, why in ((2, "not affected", "code_not_reachable"),
                                    (3, "affected", ""), (4, "resolved", "")):  # fmt: skip
            raw.execute(text("UPDATE vulnerability_triage SET status = :status, words = 'never "
                             "called', justification = :why WHERE id = :number"),
                        {"status": status, "why": why, "number": number})  # fmt: skip
    with store.reader() as reader, reader.no_autoflush:
        told = {"contact": "security@example.com", "url": "https://example.com"}
        device = telling(reader, told)
        one, other = (vex_document(reader, device, now=TODAY) for _ in range(2))
        reader.expunge_all()
    assert one == other
    made = json.loads(one)
    assert made["document"]["category"] == "csaf_vex"
    assert made["document"]["publisher"]["contact_details"] == "security@example.com"
    stated = made["vulnerabilities"]
    here = ["device:pillow-11.0.0"]
    assert [each["product_status"] for each in stated] == [
        {"under_investigation": here}, {"known_not_affected": here}, {"known_affected": here},
        {"fixed": here},
    ]
    assert stated[1]["flags"] == [
        {"label": "vulnerable_code_not_in_execute_path", "product_ids": here}
    ]
    assert stated[1]["ids"] == [{"system_name": "GitHub Advisory Database", "text": "GHSA-2"}]
    assert stated[2]["remediations"][0]["details"] == "never called"
    assert made["product_tree"]["relationships"][0]["full_product_name"]["product_id"] == here[0]
