"""What is submitted names no patient whose studies are here."""

from typing import Any

import pytest

from imaging.identity import Identity, identity_store
from journeys.fill_submission import fill_submission, fill_submission_of_device
from journeys.review_documents import stored_content
from journeys.tell import write_document
from records.errors import NotFound, Refused
from records.fact_kinds import FACT_KINDS
from records.people import find_actor
from records.queries import find_device
from records.store import Store
from regulatory.compile import Request
from regulatory.documents.lists import unresolved_citations
from regulatory.fact_import import import_fact_table
from regulatory.forms.prefill import Known
from regulatory.gathering.market_numbers import with_market
from tests.conftest import NOW
from tests.dashboards.small_workspace import TODAY, populate
from tests.regulatory.forms.whole_forms import whole

DEVICE = "chest-radiograph-pneumonia"


@pytest.mark.requirement("REG-112")
def test_a_patient_of_the_workspace_is_refused_by_the_number_of_the_field(store: Store) -> None:
    of_patient = (("PatientName", "Long^May"), ("PatientID", "QX-4471-Z"))
    identity_store(store).remember([Identity("P1", "patient", of_patient)])
    for key, text, number in (
        ("event_description", "the film of May Long was not read", "B5"),
        ("reporter_contact", "wrote about QX-4471-Z", "E1"),
        ("patient_age", {"unknown": "QX-4471-Z was not asked", "attempts": ["A letter."]}, "A2"),
    ):
        facts = whole("3500A") | {key: text}
        assert fill_submission("3500A", facts)["missing"] == []  # nobody is looked up there
        with store.reader() as reader, pytest.raises(Refused) as refused:
            fill_submission_of_device(reader, store.workspace, "3500A", facts, now=NOW)
        assert str(refused.value).startswith(f"{number} ")
        assert "4471" not in str(refused.value) and "Long" not in str(refused.value)


def test_a_form_without_identities_is_filled_in_a_workspace(store: Store) -> None:
    with store.reader() as reader:
        told = fill_submission_of_device(reader, store.workspace, "MIR", whole("MIR"), now=NOW)
        with pytest.raises(NotFound, match="No device 'odd'"):
            fill_submission_of_device(reader, store.workspace, "MIR", {}, device="odd", now=NOW)
    assert told == fill_submission("MIR", whole("MIR"))


TABLES = {
    "identifier": "key,udi_di,basic_udi_di,issuer,emdn,source\n"
    "first,(01)00000000000017,0000000EXAMPLE01,GS1,Z11,register\n",
    "certificate": "key,of,number,issued_by,scope,issued_on,state,source\n"
    "one,MDR quality management system (Annex IX ch. I),EX-0001,Example Body (0000),software,"
    "2025-06-01,valid,register\n",
}


def taken(store: Store, kind: str, table: str) -> None:
    """Take a table of facts in, as a person of regulatory affairs."""
    with store.transaction("demo.regulatory", "facts", now=TODAY) as tx:
        import_fact_table(tx, FACT_KINDS[kind], find_device(tx, DEVICE), table.encode(),
                          by=find_actor(tx, "demo.regulatory"), now=TODAY)  # fmt: skip


@pytest.mark.requirement("REG-112")
def test_facts_of_the_market_fill_a_form_and_a_contradiction_is_a_fault(store: Store) -> None:
    populate(store)
    fields = ("udi_di", "basic_udi_di", "udi_issuing_entity", "nomenclature_code", "certificate",
              "notified_body")  # fmt: skip

    def filled(**facts: str) -> dict[str, Any]:
        with store.reader() as reader:
            return fill_submission_of_device(reader, store.workspace, "MIR", facts, device=DEVICE,
                                             now=TODAY)  # fmt: skip

    for kind, table in TABLES.items():
        taken(store, kind, table)
    request = Request("change_log", DEVICE, requested_by="service:documents")
    content = stored_content(
        store, write_document(store, request, actor="service:documents", now=TODAY)
    )
    assert content.header.udi == (
        "Basic UDI-DI 0000000EXAMPLE01; UDI-DI (01)00000000000017 (UDI-0001)"
    )
    assert not unresolved_citations(content)
    told = {one["key"]: one for one in filled()["fields"] if one["key"] in fields}
    assert {key: one["written"] for key, one in told.items()} == dict(zip(fields, (
        "(01)00000000000017", "0000000EXAMPLE01", "GS1", "Z11", "EX-0001", "0000"), strict=True))
    assert {one["from"][0].partition("-")[0] for one in told.values()} == {"UDI", "CRT"}
    other = TABLES["identifier"].replace("first", "second").replace("17,0000000", "24,0000000")
    taken(store, "identifier", other)
    again = filled()
    (written,) = [one["written"] for one in again["fields"] if one["key"] == "udi_di"]
    assert written == "(01)00000000000017; (01)00000000000024"
    (fault,) = [one["words"] for one in again["faults"] if one["key"] == "udi_di"]
    assert "UDI-0001 says '(01)00000000000017'" in fault
    assert not [one for one in again["faults"] if one["key"] == "basic_udi_di"]
    by_person = filled(udi_di="(01)00000000000024")
    assert not [one for one in by_person["faults"] if one["key"] == "udi_di"]


def test_a_definition_that_says_otherwise_is_told_beside_the_fact() -> None:
    said = {"udi_di": [("(01)17", "UDI-0001")]}
    both = with_market({"udi_di": Known("(01)24", ("DEV-0001",))}, said)["udi_di"]
    assert (both.value, both.sources) == ("(01)17; (01)24", ("UDI-0001", "DEV-0001"))
    assert both.contradiction == "UDI-0001 says '(01)17'; DEV-0001 says '(01)24'"
    none = with_market({"udi_di": Known("not assigned (demonstration)", ("DEV-0001",))}, said)
    assert none["udi_di"] == Known("(01)17", ("UDI-0001",))
