"""A draft is approved later as it was signed, whatever happened to the records since."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlmodel import select

from journeys import control_documents
from journeys.control_documents import Deed, submit
from journeys.measure_period import measure_period
from journeys.tell import (
    declare_gaps_unknown,
    export_document,
    write_document,
    write_documents,
)
from records.anchor_keys import published_key
from records.errors import NotAllowed, Refused
from records.lookup import find_events, list_records
from records.people import Meaning, Role, register_person
from records.product import Deployment, Site
from records.quality import Document
from records.services import ensure_service
from records.store import Store
from records.surveillance import Evaluation
from records.vault import Vault
from regulatory.compile import Request
from regulatory.documents.rendering import FORMATS
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.documents import sign_as
from tests.people import qualify_everybody
from tests.records.mapped import NAME, as_taken_before, mapped
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small

DEVICE = small.DEVICE


@pytest.fixture
def populated(store: Store) -> Store:
    """A workspace with people who sign, a version and a change."""
    populate(store)
    return store


def draft_of(store: Store, kind: str) -> Document:
    return write_document(store, Request(kind, DEVICE), actor="service:documents", now=TODAY)


def sign_both(store: Store, document: Document, *, author: str = "demo.engineer") -> None:
    """Submitted by its author, signed by two people."""
    submit(store, Deed(document.id or 0, author, "complete", TODAY))
    for name, meaning in ((author, Meaning.AUTHOR), ("demo.regulatory", Meaning.APPROVAL)):
        sign_as(store, document, name, meaning, password=PASSWORD, now=TODAY)


def approve(store: Store, document: Document, who: str = "demo.regulatory") -> dict[str, Any]:
    return control_documents.approve(store, Deed(document.id or 0, who, "complete", TODAY))


def tree_of(store: Store, digest: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Vault(store.workspace.vault).fetch(digest, of="a draft"))
    return found


def test_the_approved_edition_is_the_signed_draft_with_its_signatures(populated: Store) -> None:
    draft = draft_of(populated, "change_log")
    sign_both(populated, draft)
    with populated.transaction("demo.engineer", "the records move on", now=TODAY) as tx:
        site = tx.get_one(Site, 1)
        site.name = "renamed hospital"
        tx.add(site)
    done = approve(populated, draft)
    assert done["status"] == "approved"
    with populated.reader() as reader:
        approved = reader.get_one(Document, draft.id)
    before = tree_of(populated, approved.draft_json_digest)
    after = tree_of(populated, approved.json_digest)
    assert after["provenance"] == before["provenance"]
    assert before["provenance"]["facts_digest"] == approved.facts_digest
    assert [after["header"][name] for name in ("status", "number")] == [
        "approved", draft.number,
    ]
    assert "renamed hospital" not in json.dumps(after)
    assert "Demo Regulatory Officer" in json.dumps(after["header"])
    folder = populated.workspace.exports
    assert sorted(path.name for path in folder.iterdir()) == done["files"]
    pdf = (folder / f"{draft.number}-v1.pdf").read_bytes()
    assert hashlib.sha256(pdf).hexdigest() == approved.pdf_digest == done["pdf_digest"]


def test_a_document_with_figures_is_set_again_from_the_vault(operated: Store) -> None:
    with operated.transaction("setup", now=TODAY) as tx:
        for name, role in (("ada", Role.ENGINEER), ("demo.regulatory", Role.REGULATORY),
                           ("rosa", Role.CLINICIAN)):  # fmt: skip
            register_person(
                tx, name, full_name=f"Demo {name}", roles=[role], password=PASSWORD, now=TODAY
            )
        qualify_everybody(tx, TODAY)
    request = Request("performance_monitoring_report", DEVICE, period=operation.PERIOD)
    draft = write_document(operated, request, actor="service:documents", now=small.at(30))
    for name in ("demo.quality", "rosa"):
        draft = declare_gaps_unknown(
            operated, draft.id or 0, by=name, reason="nobody writes it here", now=TODAY
        )
    sign_both(operated, draft, author="ada")
    done = approve(operated, draft)
    with operated.reader() as reader:
        approved = reader.get_one(Document, draft.id)
    figures = [
        [block for section in tree["sections"] for block in section["blocks"]
         if block["block"] == "Figure"]
        for tree in (tree_of(operated, approved.draft_json_digest),
                     tree_of(operated, approved.json_digest))
    ]  # fmt: skip
    assert figures[0] == figures[1] != []
    (pdf,) = [name for name in done["files"] if name.endswith(".pdf")]
    assert (operated.workspace.exports / pdf).read_bytes().startswith(b"%PDF")


def test_without_two_signatures_nothing_is_approved(populated: Store) -> None:
    draft = draft_of(populated, "change_log")
    with pytest.raises(Refused, match="'draft' and may not become 'approved'"):
        approve(populated, draft)
    submit(populated, Deed(draft.id or 0, "demo.engineer", "complete", TODAY))
    with pytest.raises(Refused, match="two people"):
        approve(populated, draft)
    assert list(populated.workspace.exports.iterdir()) == []


def test_who_may_not_approve_leaves_an_event(populated: Store) -> None:
    draft = draft_of(populated, "change_log")
    sign_both(populated, draft)
    with pytest.raises(NotAllowed, match=r"'demo\.engineer' may not approve documents"):
        approve(populated, draft, "demo.engineer")
    with populated.reader() as reader:
        assert reader.get_one(Document, draft.id).status == "in review"
        assert find_events(reader, action="approval refused")[0].subject == draft.subject


def test_who_may_not_declare_gaps_unknown_leaves_an_event(populated: Store) -> None:
    draft = draft_of(populated, "change_log")
    with populated.transaction("setup", now=TODAY) as tx:
        ensure_service(tx, "service:robot", now=TODAY)
    with pytest.raises(NotAllowed, match="may not declare gaps"):
        declare_gaps_unknown(
            populated, draft.id or 0, by="service:robot", reason="nobody knows", now=TODAY
        )
    with populated.reader() as reader:
        refused = find_events(reader, action="declaration refused")
    assert [(one.actor, one.subject) for one in refused] == [("service:robot", draft.subject)]


@pytest.mark.requirement("REG-031")
def test_a_document_is_approved_once_and_never_behind_a_later_version(populated: Store) -> None:
    first, second = draft_of(populated, "change_log"), draft_of(populated, "change_log")
    for draft in (first, second):
        sign_both(populated, draft)
    approve(populated, second)
    with pytest.raises(Refused, match="'approved' and may not become 'approved'"):
        approve(populated, second)
    with pytest.raises(Refused, match="'approved' and is not signed any more"):
        sign_as(populated, second, "demo.quality", Meaning.REVIEW, password=PASSWORD, now=TODAY)
    with pytest.raises(Refused, match=r"Version 2 of .* is approved already"):
        approve(populated, first)


@pytest.mark.requirement("REG-018")
def test_an_audit_export_comes_with_its_events_as_json_lines(
    populated: Store, tmp_path: Path
) -> None:
    with populated.transaction("service:export", now=TODAY) as tx:
        ensure_service(tx, "service:export", now=TODAY)
    draft = draft_of(populated, "audit_export")
    files = export_document(
        populated, draft, tmp_path / "papers", actor="service:export", now=TODAY
    )
    stem = f"{draft.number}-v1"
    kinds = [*FORMATS, "jsonl", "manifest.json"]
    written = [f"{stem}.{kind}" for kind in kinds]
    assert list(files)[:-1] == [*written, *(f"{name}.sig" for name in written)]
    for name, digest in files.items():
        content = (tmp_path / "papers" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    events = (tmp_path / "papers" / f"{stem}.jsonl").read_text().splitlines()
    assert len(events) == draft.freeze_sequence
    assert files[f"{stem}.jsonl"] in json.dumps(tree_of(populated, draft.draft_json_digest))
    with populated.reader() as reader:
        assert json.loads(find_events(reader, action="export")[0].new) == files


@pytest.mark.requirement("R-P11-30")
def test_who_receives_an_export_checks_its_signature_without_this_program(
    populated: Store, tmp_path: Path
) -> None:
    with populated.transaction("service:export", now=TODAY) as tx:
        ensure_service(tx, "service:export", now=TODAY)
    draft = draft_of(populated, "change_log")
    files = export_document(populated, draft, tmp_path, actor="service:export", now=TODAY)
    pdf, key = f"{draft.number}-v1.pdf", list(files)[-1]

    public = load_pem_public_key((tmp_path / key).read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    signature = (tmp_path / f"{pdf}.sig").read_bytes()
    public.verify(signature, (tmp_path / pdf).read_bytes())
    with populated.reader() as reader:
        told = bytes.fromhex(str(published_key(reader)))
    assert public.public_bytes_raw() == told
    content = bytearray((tmp_path / pdf).read_bytes())
    content[100] ^= 1
    with pytest.raises(InvalidSignature):
        public.verify(signature, bytes(content))


def test_without_a_deployment_what_can_be_made_is_made_and_the_rest_says_why(
    developed: Store,
) -> None:
    made = write_documents(developed, DEVICE, actor="service:documents", now=small.at(30))
    kinds = [one.kind for one in made.documents]
    assert kinds == ["validation_report", "change_log", "audit_export"]
    assert list(made.skipped) == ["performance_monitoring_report"]
    assert "period" in made.skipped["performance_monitoring_report"]
    with pytest.raises(Refused, match="period"):
        write_document(
            developed, Request("performance_monitoring_report", DEVICE), actor="x",
            now=small.at(30),
        )


def test_a_period_is_measured_once(operated: Store) -> None:
    how = {"period": operation.PERIOD, "actor": "service:documents", "now": small.at(30)}
    assert measure_period(operated, DEVICE, **how) == 3  # type: ignore[arg-type]
    assert measure_period(operated, DEVICE, **how) == 3  # type: ignore[arg-type]
    with operated.reader() as reader:
        assert len(list_records(reader, Evaluation, purpose="post_market")) == 3


def test_a_psur_measures_its_period_whether_or_not_the_newest_plan_has_watched_a_day(
    operated: Store,
) -> None:
    """After a new revision of the definition no day of its plan is watched yet."""
    late = small.at(3 * 366)
    write_document(operated, Request("psur", DEVICE, None), actor="service:documents", now=late)
    with operated.reader() as reader:
        assert len(list_records(reader, Evaluation, purpose="post_market")) == 3


def test_a_version_that_no_longer_runs_is_measured_in_the_period_in_which_it_ran(
    operated: Store,
) -> None:
    how = {"period": operation.PERIOD, "actor": "service:documents", "now": small.at(30)}
    with operated.transaction("watch", "the next version", now=small.at(24)) as tx:
        for one in tx.exec(select(Deployment)).all():
            one.ended_at = small.at(24)
            tx.add(one)
    assert measure_period(operated, DEVICE, **how) == 3  # type: ignore[arg-type]
    earlier = {**how, "period": (small.at(1).date(), small.at(5).date())}
    assert measure_period(operated, DEVICE, **earlier) == 0  # type: ignore[arg-type]


@pytest.mark.requirement("REG-112")
def test_what_names_a_patient_does_not_leave_and_the_place_is_said(
    populated: Store, tmp_path: Path
) -> None:
    mapped(populated, now=TODAY)
    spoken = "Ottilie Zwetschkenbaum called about her picture"
    draft = draft_of(populated, "audit_export")
    clean = export_document(populated, draft, tmp_path, actor="demo.regulatory", now=TODAY)
    assert len(clean) > 2
    with as_taken_before(), populated.transaction("demo.quality", spoken, now=TODAY) as tx:
        tx.add(Site(name="elsewhere", title="Elsewhere", origin="simulated", registered_at=TODAY))
    named = draft_of(populated, "audit_export")
    before = len(list(tmp_path.iterdir()))
    with pytest.raises(Refused, match="2 places name somebody") as caught:
        export_document(populated, named, tmp_path, actor="demo.regulatory", now=TODAY)
    assert not {word for word in NAME.split("^") if word in str(caught.value)}
    assert len(list(tmp_path.iterdir())) == before
