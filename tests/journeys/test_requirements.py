"""Acceptance checks of requirements that need a signed document from end to end."""

import io
import json
import re
import socket
from typing import Any

import pytest
from pypdf import PdfReader

from records.people import find_actor
from records.quality import Document
from records.store import Store
from records.vault import Vault
from regulatory.compile import Request
from tests import documents
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.regulatory.gathering import small_store as small

REQUEST = Request("change_log", small.DEVICE)


def approved(store: Store) -> Document:
    """A change log that two people signed and one approved."""
    return documents.approved(store, REQUEST, password=PASSWORD, now=TODAY)


@pytest.mark.requirement("REG-020", "R-P11-50")
def test_name_meaning_and_instant_of_every_signature_are_in_pdf_and_json(store: Store) -> None:
    populate(store)
    document = approved(store)
    vault = Vault(store.workspace.vault)
    lines = json.loads(vault.fetch(document.json_digest, of=document.label))["header"]["signatures"]
    pdf = PdfReader(io.BytesIO(vault.fetch(document.pdf_digest, of=document.label)))
    printed = re.sub(r"\s+|\u200b", "", " ".join(page.extract_text() for page in pdf.pages))
    with store.reader() as reader:
        for name, meaning in documents.SIGNERS.items():
            person = find_actor(reader, name).full_name
            (line,) = [json.dumps(one) for one in lines if person in json.dumps(one)]
            for shown in (meaning.value, "2026-03-06T18:00:00"):
                assert shown in line
            said = f"{meaning.value}{person}2026-03-06 18:00:00 UTC".replace(" ", "")
            assert said in printed


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
