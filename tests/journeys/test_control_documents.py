"""A document's life: reviewed, sent back, approved, in force, superseded; each step by who may."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from journeys.control_documents import Deed, approve, end, make_effective, reject, submit
from journeys.tell import edition_to_read, export_document, write_document
from records.control_overview import documents as standings
from records.door import Door
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.guarded_changes import GUARDS
from records.lifecycle import LIFECYCLES
from records.lookup import find_events
from records.people import Meaning, Role, find_actor, register_person
from records.permissions import MAY
from records.product import Device
from records.quality import Document
from records.settings import Workspace
from records.signatures import counting, is_valid, signatures_on
from records.store import Store, open_store
from records.vault import Vault
from records.verify_workspace import verify_workspace
from regulatory.compile import Request
from tests import documents
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.people import qualify_everybody
from tests.regulatory.gathering import small_store as small

REQUEST = Request("change_log", small.DEVICE)
LATER = TODAY + timedelta(hours=1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One workspace for all tests of this file: each makes documents of its own."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    with opened.transaction("setup", now=TODAY) as tx:
        for role in (Role.CLINICIAN, Role.AUDITOR, Role.ADMINISTRATOR, Role.RESPONSIBLE_PERSON):
            register_person(tx, f"demo.{role.value}", full_name=f"Demo {role.value}", roles=[role],
                            password=PASSWORD, now=TODAY)  # fmt: skip
        qualify_everybody(tx, TODAY)
    yield opened.through(Door("page", "Europe/Berlin"))
    opened.close()


def deed(document: Document, by: str = "demo.regulatory", reason: str = "as decided") -> Deed:
    return Deed(document.id or 0, by, reason, LATER)


def reviewed(store: Store) -> Document:
    return documents.in_review(store, REQUEST, now=TODAY)


def approved(store: Store) -> Document:
    return documents.approved(store, REQUEST, password=PASSWORD, now=TODAY)


def effective(store: Store) -> Document:
    return documents.effective(store, REQUEST, password=PASSWORD, now=TODAY)


def again(store: Store, document: Document) -> Document:
    with store.reader() as reader:
        return reader.get_one(Document, document.id)


def words(pdf: bytes) -> list[str]:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return [page.extract_text().replace("\u200b", "") for page in pages]


@pytest.mark.requirement("REG-030", "REG-031")
def test_a_version_put_into_force_supersedes_the_one_before_in_the_same_transaction(
    store: Store,
) -> None:
    first, second = effective(store), approved(store)
    assert (first.status, first.effective_at) == ("effective", TODAY)
    stored = Vault(store.workspace.vault).fetch(first.pdf_digest, of=first.label)
    done = make_effective(store, deed(second))
    assert (done["status"], done["pdf_digest"]) == ("effective", again(store, second).pdf_digest)
    before, after = again(store, first), again(store, second)
    assert (before.status, before.ended_at, after.status) == ("superseded", LATER, "effective")
    with store.reader() as reader:
        ended, begun = (
            find_events(reader, subject=one.subject)[-1 if one is first else -2]
            for one in (first, second)
        )  # behind the second one's comes the event of its export
    assert (ended.reason, ended.at) == (begun.reason, begun.at) == ("as decided", begun.at)
    assert abs(begun.sequence - ended.sequence) == 1
    assert Vault(store.workspace.vault).fetch(before.pdf_digest, of=before.label) == stored


@pytest.mark.requirement("REG-031")
def test_a_superseded_document_is_handed_out_with_a_watermark_and_kept_as_it_was_signed(
    store: Store, tmp_path: Path
) -> None:
    first = effective(store)
    kept = {name: Vault(store.workspace.vault).fetch(getattr(first, name), of=first.label)
            for name in ("pdf_digest", "json_digest", "approved_pdf_digest")}  # fmt: skip
    assert all("SUPERSEDED" not in page for page in words(kept["pdf_digest"]))
    assert all("status: effective" in page for page in words(kept["pdf_digest"]))
    effective(store)
    superseded = again(store, first)
    files = export_document(store, superseded, tmp_path, actor="demo.regulatory", now=LATER)
    pdf = next(tmp_path / name for name in files if name.endswith(".pdf")).read_bytes()
    assert pdf == edition_to_read(store, superseded)["pdf"] != kept["pdf_digest"]
    pages = words(pdf)
    assert all("SUPERSEDED" in page for page in pages)
    assert all("status: superseded" in page for page in pages)
    tree = json.loads(edition_to_read(store, superseded)["json"])
    signed = json.loads(kept["json_digest"])
    assert tree["header"].pop("status") == "superseded"
    assert signed["header"].pop("status") == "effective"
    assert tree == signed, "nothing but the status differs"
    for name, content in kept.items():
        vault = Vault(store.workspace.vault)
        assert vault.fetch(getattr(superseded, name), of=superseded.label) == content
    with store.reader() as reader:  # other tests of this file altered documents of their own
        findings = verify_workspace(store, reader).findings
    assert not [one for one in findings if first.label in one or first.subject in one]


@pytest.mark.requirement("REG-030")
@pytest.mark.parametrize(("status", "begin"), [("obsolete", effective), ("withdrawn", reviewed)])
def test_what_was_ended_stays_readable_and_is_marked(
    store: Store, status: str, begin: object
) -> None:
    document = begin(store)  # type: ignore[operator]
    assert end(store, deed(document), status).status == status
    found = again(store, document)
    assert found.ended_at == LATER
    assert all(status.upper() in page for page in words(edition_to_read(store, found)["pdf"]))
    with pytest.raises(TransitionRefused, match=f"'{status}' and may not become"):
        end(store, deed(document), "withdrawn" if status == "obsolete" else "obsolete")


@pytest.mark.requirement("REG-024")
def test_a_rejected_document_is_a_draft_again_and_its_history_is_kept(store: Store) -> None:
    document = reviewed(store)
    documents.sign_both(store, document, password=PASSWORD, now=TODAY)
    said = reject(
        store, deed(document, "demo.clinician"), password=PASSWORD,
        comment="Table seven lacks units.",
    )
    assert (said.meaning, said.comment, said.printed_name) == (
        "rejection", "Table seven lacks units.", "Demo clinician"
    )  # fmt: skip
    back = again(store, document)
    assert back.status == "draft"
    with store.reader() as reader:
        signatures = signatures_on(reader, back)
        actions = [one.action for one in find_events(reader, subject=back.subject)]
        (standing,) = [one for one in standings(reader) if one.id == back.id]
    assert actions == ["create", "change status", "change status"]
    assert [one.meaning for one in signatures] == ["author", "approval", "rejection"]
    assert all(is_valid(one, back) for one in signatures), "nothing of the content was changed"
    assert counting(signatures, back) == [], "but none counts for the next review"
    assert [one.standing for one in standing.signatures] == [
        "of an earlier review", "of an earlier review", "rejected"
    ]  # fmt: skip

    submit(store, deed(back, "demo.engineer"))
    with pytest.raises(Refused, match="it has 0 people"):
        approve(store, deed(back))
    documents.sign_both(store, back, password=PASSWORD, now=TODAY)
    assert approve(store, deed(back))["status"] == "approved"
    final = again(store, back)
    pdf = Vault(store.workspace.vault).fetch(final.pdf_digest, of=final.label)
    printed = "\n".join(words(pdf))
    assert "Table seven" not in printed, "an edition shows the signatures that count"


@pytest.mark.requirement("REG-024", "R-P11-10f")
def test_without_a_signed_rejection_nothing_goes_back_to_draft(store: Store) -> None:
    document = reviewed(store)
    with pytest.raises(Refused, match="goes back to draft only by a rejection"):
        with store.transaction("demo.regulatory", "quietly", now=TODAY) as tx:
            tx.get_one(Document, document.id).status = "draft"
    with pytest.raises(InvalidInput, match="A rejection says what is wrong"):
        reject(store, deed(document), password=PASSWORD, comment=" ")
    with pytest.raises(NotAllowed, match="password"):
        reject(store, deed(document), password="wrong password", comment="unclear")
    with pytest.raises(NotAllowed, match="may not sign with the meaning 'rejection'"):
        reject(store, deed(document, "demo.engineer"), password=PASSWORD, comment="unclear")
    with pytest.raises(Refused, match="not rejected by a signature alone"):
        documents.sign_as(store, document, "demo.quality", Meaning.REJECTION, password=PASSWORD,
                          now=TODAY)  # fmt: skip
    assert again(store, document).status == "in review"
    with store.reader() as reader:
        assert signatures_on(reader, document) == []
        assert len(find_events(reader, subject=document.subject, action="rejection refused")) == 2


@pytest.mark.requirement("REG-024", "REG-020", "R-P11-50")
def test_a_comment_and_the_signers_own_clock_stand_beside_the_signature(store: Store) -> None:
    document = reviewed(store)
    documents.sign_both(store, document, password=PASSWORD, now=TODAY)
    documents.sign_as(store, document, "demo.clinician", Meaning.REVIEW, password=PASSWORD,
                      now=TODAY, comment="Under protest: too few cases.")  # fmt: skip
    approve(store, deed(document))
    found = again(store, document)
    at = "2026-03-06 19:00:00 +01:00 (Europe/Berlin)"
    tree = edition_to_read(store, found)
    lines = json.loads(tree["json"])["header"]["signatures"]
    assert [one["signed"]["local"] for one in lines] == [at] * 3
    assert lines[-1]["signed"]["comment"] == "Under protest: too few cases."
    assert lines[-1]["signed"]["at"].startswith("2026-03-06T18:00:00")
    printed = "".join("".join(words(tree["pdf"])).replace("\u200b", "").split())
    for shown in (at, "2026-03-06 18:00:00 UTC", "Under protest: too few cases.", "Demo clinician"):
        assert shown.replace(" ", "") in printed
    with store.reader() as reader:
        (standing,) = [one for one in standings(reader) if one.id == found.id]
    assert {one.when for one in standing.signatures} == {f"{at}, 2026-03-06 18:00:00 UTC"}


@pytest.mark.requirement("REG-031")
def test_the_database_itself_holds_one_version_in_force_for_a_revision_of_the_device(
    store: Store,
) -> None:
    first = effective(store)
    other = approved(store)
    with pytest.raises(IntegrityError), store.engine.begin() as raw:
        raw.execute(text("UPDATE document SET status = 'effective' WHERE id = :id"),
                    {"id": other.id})  # fmt: skip
    with store.transaction("demo.engineer", "another revision", now=TODAY) as tx:
        device = tx.get_one(Device, first.device_id)
        newer = Device(
            name=device.name, revision=device.revision + 1, trade_name="next",
            definition=device.definition, definition_digest=device.definition_digest,
            defined_at=TODAY,
        )
        tx.add(newer)
    with store.engine.begin() as raw:  # what was approved is about the new revision
        raw.execute(text("UPDATE document SET device_id = :device WHERE id = :id"),
                    {"device": newer.id, "id": other.id})  # fmt: skip
    make_effective(store, deed(other))
    assert [again(store, one).status for one in (first, other)] == ["effective", "effective"]
    with store.engine.begin() as raw:
        raw.execute(text("UPDATE document SET device_id = :device WHERE id = :id"),
                    {"device": first.device_id, "id": first.id})  # fmt: skip
        raw.execute(text("UPDATE document SET status = 'obsolete' WHERE id = :id"),
                    {"id": other.id})  # fmt: skip


PEOPLE = {role: f"demo.{role.value}" for role in Role if role is not Role.SERVICE}


@pytest.mark.requirement("REG-030", "REG-006", "R-P11-10f", "R-P11-10g")
@pytest.mark.parametrize(("current", "wanted"), GUARDS["Document"])
def test_each_change_of_status_is_written_only_by_a_role_that_may(
    store: Store, current: str, wanted: str
) -> None:
    guard = GUARDS["Document"][current, wanted]
    with store.transaction("demo.engineer", "another number", now=TODAY) as tx:
        document = Document(
            device_id=1, kind="change_log", number=f"{current} {wanted}", version=1, title="t",
            freeze_at=TODAY, freeze_sequence=1, facts_digest="f" * 64, template_digest="t" * 64,
            draft_json_digest="", compiled_at=TODAY,
        )
        tx.add(document)
    with store.engine.begin() as raw:
        raw.execute(text("UPDATE document SET status = :status WHERE id = :id"),
                    {"status": current, "id": document.id})  # fmt: skip
    for role, name in [*PEOPLE.items(), (None, "nobody")]:
        with pytest.raises(Refused) as refused:
            with store.transaction(name, "I try", now=TODAY) as tx:
                tx.get_one(Document, document.id).status = wanted
                if role is None or role not in MAY[guard.act]:
                    tx.flush()
                elif not (guard.signed or guard.rejected or guard.replaced):
                    raise Refused("and would be written")
        assert isinstance(refused.value, NotAllowed) is (
            role is None or role not in MAY[guard.act]
        ), (name, refused.value)


@pytest.mark.requirement("REG-030")
def test_each_change_of_a_documents_status_has_a_guard() -> None:
    listed = {(old, new) for old, found in LIFECYCLES["Document"].items() for new in found}
    assert set(GUARDS["Document"]) == listed


@pytest.mark.requirement("REG-023", "R-P11-10f")
def test_only_its_author_signs_a_draft_and_a_changed_document_is_not_put_into_force(
    store: Store,
) -> None:
    draft = write_document(store, REQUEST, actor="service:documents", now=TODAY)
    documents.sign_as(store, draft, "demo.engineer", Meaning.AUTHOR, password=PASSWORD, now=TODAY)
    with pytest.raises(Refused, match="only its author signs it yet"):
        documents.sign_as(store, draft, "demo.quality", Meaning.APPROVAL, password=PASSWORD,
                          now=TODAY)  # fmt: skip
    document = approved(store)
    with store.transaction("demo.quality", "alter", now=TODAY) as tx:
        row = tx.get_one(Document, document.id)
        row.facts_digest, was = "f" * 64, row.facts_digest
    with pytest.raises(Refused, match="it has 0 people"):
        make_effective(store, deed(document))
    with store.transaction("demo.quality", "alter back", now=TODAY) as tx:
        tx.get_one(Document, document.id).facts_digest = was
    assert make_effective(store, deed(document))["status"] == "effective"


def test_the_zone_of_a_summer_signature_is_that_of_its_day(store: Store) -> None:
    document = reviewed(store)
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    documents.sign_as(store, document, "demo.quality", Meaning.REVIEW, password=PASSWORD,
                      now=summer)  # fmt: skip
    with store.reader() as reader:
        assert signatures_on(reader, document)[0].zone == "+02:00 Europe/Berlin"
        assert find_actor(reader, "demo.quality")
