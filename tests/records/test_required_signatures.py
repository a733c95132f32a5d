"""Each kind of document has its signatures; an independent one is by no maker and no developer."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session, select

from records.errors import Refused
from records.people import Meaning, Role, find_actor
from records.product import Device
from records.quality import ChangeRequest, Document, Signature
from records.required_signatures import BY_KIND, developers_of, needed_for, require_signatures
from records.services import start_service
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.documents.registry import DOCUMENTS
from tests.conftest import NOW
from tests.people import add_people
from tests.records.test_kinds import version_of

PASSWORD = "correct horse battery"
PEOPLE = (
    ("ed", Role.ENGINEER), ("quentin", Role.QUALITY), ("rita", Role.REGULATORY),
    ("clara", Role.CLINICIAN), ("paula", Role.RESPONSIBLE_PERSON), ("dora", Role.QUALITY),
)  # fmt: skip
"""Dora proposed the change; Clara compiled the draft where the test says so."""


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Store]:
    """A device with a version that Dora proposed, and people of every role that signs."""
    workspace = Workspace(tmp_path_factory.mktemp("signatures") / "workspace").create()
    workspace.database.write_bytes(empty_database.read_bytes())
    store = open_store(workspace, url="")
    with store.transaction("service:training", "train", now=NOW) as tx:
        add_people(tx, PEOPLE, PASSWORD, NOW)
        device = Device(name="chest", revision=1, trade_name="Chest", definition={},
                        definition_digest="d", defined_at=NOW)  # fmt: skip
        tx.add(device)
        tx.flush()
        version = version_of(tx, device, NOW)
    with store.transaction("dora", "propose", now=NOW) as tx:
        tx.add(ChangeRequest(device_id=1, model_version_id=version, title="t", description="d",
                             reason="r", proposed_by="dora", proposed_at=NOW))  # fmt: skip
    yield store
    store.close()


def draft(store: Store, kind: str, *, made_by: str = "service:documents") -> Document:
    with store.transaction(made_by, "compile", now=NOW) as tx:
        version = len(tx.exec(select(Document)).all()) + 1
        document = Document(
            device_id=1, kind=kind, number="DOC-22", version=version, title="t", freeze_at=NOW,
            freeze_sequence=1, facts_digest="f", template_digest="t", draft_json_digest="d",
            compiled_at=NOW,
        )
        tx.add(document)
        tx.flush()
        return document


def signed(store: Store, document: Document, *marks: tuple[str, Meaning]) -> None:
    """The signatures as records; what may be signed at all is told in test_signatures.py."""
    with store.transaction("setup", "sign", now=NOW) as tx:
        for name, meaning in marks:
            put(tx, document, name, meaning, NOW)


def put(tx: Session, document: Document, name: str, meaning: Meaning, now: datetime) -> None:
    signer = find_actor(tx, name)
    tx.add(Signature(
        subject_name=document.subject, signed_fields=list(document.SIGNED_FIELDS),
        subject_digest=document.signed_digest(), signer_id=signer.id or 0,
        printed_name=signer.full_name, role=str(signer.roles[0]), meaning=meaning.value,
        signed_at=now,
    ))  # fmt: skip


AUTHOR, REVIEW, APPROVAL = Meaning.AUTHOR, Meaning.REVIEW, Meaning.APPROVAL
CELLS: dict[tuple[str, Meaning], bool] = {
    ("clara", REVIEW): True, ("paula", REVIEW): True, ("quentin", REVIEW): True,
    ("rita", REVIEW): False, ("ed", REVIEW): False, ("dora", REVIEW): False,
    ("clara", AUTHOR): False, ("quentin", Meaning.RELEASE): False,
    ("paula", Meaning.RESPONSIBLE_PERSON): False,
}
"""Who completes a validation report that Ed signed as author and Rita approved."""


@pytest.mark.requirement("REG-003")
@pytest.mark.parametrize(("name", "meaning"), CELLS)
def test_a_validation_report_needs_the_review_of_an_independent_validator(
    drafts: Store, name: str, meaning: Meaning
) -> None:
    document = draft(drafts, "validation_report")
    signed(drafts, document, ("ed", AUTHOR), ("rita", APPROVAL), (name, meaning))
    with drafts.reader() as reader:
        if CELLS[name, meaning]:
            assert len(require_signatures(reader, document)) == 3
        else:
            with pytest.raises(Refused, match=r"still needs a valid signature .* 'review' by"):
                require_signatures(reader, document)


@pytest.mark.requirement("REG-003")
def test_who_made_the_document_is_no_independent_validator(drafts: Store) -> None:
    document = draft(drafts, "validation_report", made_by="clara")
    signed(drafts, document, ("ed", AUTHOR), ("rita", APPROVAL), ("clara", REVIEW))
    with drafts.reader() as reader, pytest.raises(Refused, match="neither made it nor developed"):
        require_signatures(reader, document)


@pytest.mark.requirement("REG-003")
@pytest.mark.parametrize("kind", ["psur", "pms_report", "trend_report"])
def test_a_report_of_surveillance_needs_the_responsible_person(drafts: Store, kind: str) -> None:
    document = draft(drafts, kind)
    signed(drafts, document, ("ed", AUTHOR), ("rita", APPROVAL))
    with drafts.reader() as reader, pytest.raises(Refused, match="'responsible-person' by"):
        require_signatures(reader, document)
    signed(drafts, document, ("paula", Meaning.RESPONSIBLE_PERSON))
    with drafts.reader() as reader:
        assert len(require_signatures(reader, document)) == 3


@pytest.mark.requirement("REG-003")
def test_a_change_log_needs_no_more_than_the_two_and_an_approver(drafts: Store) -> None:
    document = draft(drafts, "change_log")
    signed(drafts, document, ("ed", AUTHOR), ("clara", APPROVAL))
    with drafts.reader() as reader, pytest.raises(Refused, match="'approval' by somebody"):
        require_signatures(reader, document)
    signed(drafts, document, ("quentin", APPROVAL))
    with drafts.reader() as reader:
        assert len(require_signatures(reader, document)) == 3


def test_who_started_the_training_is_a_developer(drafts: Store) -> None:
    with drafts.reader() as reader:
        assert developers_of(reader, 1) == {"service:training", "dora"}
    with drafts.transaction("service:training", "train", now=NOW) as tx:
        start_service(tx, "service:training", task="train", system_user="op", now=NOW,
                      started_by=find_actor(tx, "ed"))  # fmt: skip
    with drafts.reader() as reader:
        assert developers_of(reader, 1) == {"service:training", "dora", "ed"}


@pytest.mark.requirement("REG-003")
def test_every_kind_of_document_that_is_made_stands_in_the_table() -> None:
    made = set(DOCUMENTS)
    assert made <= set(BY_KIND)
    with pytest.raises(Refused, match="No signatures are set"):
        needed_for("shopping_list")
