"""Acceptance checks of requirements that need a signed document from end to end."""

import io
import json
import re
import socket
from typing import Any

import pytest
from pypdf import PdfReader

from journeys.tell import approve_document_by_id, write_document
from records.accounts import sign_record
from records.people import Meaning, find_actor
from records.quality import Document
from records.store import Store
from records.vault import Vault
from regulatory.compile import Request
from tests.dashboards.conftest import PASSWORD, TODAY, populate
from tests.regulatory.gathering import small_store as small

SIGNERS = {"demo.engineer": Meaning.AUTHOR, "demo.regulatory": Meaning.APPROVAL}


def approved(store: Store) -> Document:
    """A change log that two people signed and one approved."""
    draft = write_document(
        store, Request("change_log", small.DEVICE), actor="service:documents", now=TODAY
    )
    for name, meaning in SIGNERS.items():
        with store.reader() as reader:
            person = find_actor(reader, name)
        sign_record(
            store, draft, signer=person, password=PASSWORD, meaning=meaning, reason="read",
            now=TODAY,
        )
    assert draft.id is not None
    approve_document_by_id(
        store, draft.id, approved_by="demo.regulatory", reason="complete", now=TODAY
    )
    with store.reader() as reader:
        return reader.get_one(Document, draft.id)


@pytest.mark.requirement("REG-020", "R-P11-50")
def test_name_meaning_and_instant_of_every_signature_are_in_pdf_and_json(store: Store) -> None:
    populate(store)
    document = approved(store)
    vault = Vault(store.workspace.vault)
    lines = json.loads(vault.fetch(document.json_digest, of=document.label))["header"]["signatures"]
    pdf = PdfReader(io.BytesIO(vault.fetch(document.pdf_digest, of=document.label)))
    printed = re.sub(r"\s+|\u200b", "", " ".join(page.extract_text() for page in pdf.pages))
    with store.reader() as reader:
        for name, meaning in SIGNERS.items():
            person = find_actor(reader, name).full_name
            (line,) = [json.dumps(one) for one in lines if person in json.dumps(one)]
            for shown in (meaning.value, "2026-03-06T18:00:00"):
                assert shown in line
            said = f"{meaning.value}{person}2026-03-06 18:00:00 UTC".replace(" ", "")
            assert said in printed


@pytest.mark.requirement("REG-031")
def test_the_approved_version_supersedes_the_one_before_which_stays_readable(store: Store) -> None:
    populate(store)
    first, second = approved(store), approved(store)
    with store.reader() as reader:
        states = {one: reader.get_one(Document, one).status for one in (first.id, second.id)}
    assert states == {first.id: "superseded", second.id: "approved"}
    assert Vault(store.workspace.vault).fetch(first.pdf_digest, of=first.label).startswith(b"%PDF")


@pytest.mark.requirement("REG-127", "REG-007")
def test_documents_are_made_without_network_and_without_the_identity_mapping(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a document needs no network")

    populate(store)
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert approved(store).status == "approved"
    assert not store.workspace.identity.exists()
