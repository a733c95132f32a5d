"""Documents: signing, declaring gaps, approving, downloading."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from records.audit import AuditEvent
from records.quality import Document, Signature
from records.store import Store
from tests.dashboards.conftest import PASSWORD, Visit, text_of


@pytest.mark.requirement("REG-022", "R-P11-200")
def test_signing_a_document_needs_the_right_password(visit: Visit, records: Store) -> None:
    app = visit("demo.quality", "documents")
    label = "DOC-26-0001 v1"
    app.selectbox(key=f"meaning-{label}").set_value("approval")
    app.text_input(key=f"sign-reason-{label}").set_value("complete and right")
    app.text_input(key=f"sign-password-{label}").set_value("wrong password")
    app.button(key=f"sign-submit-{label}").click().run()
    assert "The password of 'demo.quality' is not right." in app.error[0].value
    with records.reader() as reader:
        assert len(reader.exec(select(Signature)).all()) == 2
        assert list(reader.exec(select(AuditEvent)))[-1].action == "signature refused"
    app.text_input(key=f"sign-password-{label}").set_value(PASSWORD)
    app.button(key=f"sign-submit-{label}").click().run()
    assert "is signed by Demo Quality Manager (approval)" in text_of(app)
    with records.reader() as reader:
        assert reader.exec(select(Signature)).all()[-1].printed_name == "Demo Quality Manager"


@pytest.mark.requirement("REG-023", "R-P11-70")
def test_a_signature_on_a_changed_document_is_shown_as_invalid(
    visit: Visit, records: Store
) -> None:
    with records.transaction("service:documents", "compile anew", now=datetime.now(UTC)) as tx:
        document = tx.get_one(Document, 1)
        document.facts_digest = "e" * 64
        tx.add(document)
    words = text_of(visit("demo.regulatory", "documents"))
    assert "1 invalid" in words
    assert "the record was changed since" in words


def _approve(app: AppTest, number: int) -> AppTest:
    app.text_input(key=f"approve-reason-{number}").set_value("complete")
    return app.button(key=f"approve-submit-{number}").click().run()


def test_a_document_is_approved_on_the_page_once_two_people_signed(
    visit: Visit, records: Store
) -> None:
    from journeys.tell import write_document
    from records.accounts import sign_record
    from records.people import Meaning, find_actor
    from regulatory.compile import Request
    from tests.dashboards.conftest import TODAY

    request = Request("change_log", "chest-radiograph-pneumonia")
    draft = write_document(records, request, actor="service:documents", now=TODAY)
    app = visit("demo.regulatory", "documents")
    assert "needs valid signatures" in text_of(app)
    assert not [one for one in app.button if str(one.key).startswith("approve-")]
    for name, meaning in (
        ("demo.engineer", Meaning.AUTHOR), ("demo.regulatory", Meaning.APPROVAL)
    ):
        with records.reader() as reader:
            person = find_actor(reader, name)
        sign_record(
            records, draft, signer=person, password=PASSWORD, meaning=meaning, reason="read",
            now=TODAY,
        )
    assert "People with the role quality or regulatory approve." in text_of(
        visit("demo.engineer", "documents")
    )
    _approve(app.run(), 2)
    assert "version 1 is approved." in text_of(app)
    with records.reader() as reader:
        assert reader.get_one(Document, 2).status == "approved"


def test_documents_are_downloaded_as_stored(visit: Visit) -> None:
    app = visit("demo.regulatory", "documents")
    labels = [str(one.proto.label) for one in app.get("download_button")]
    assert labels == ["Download PDF", "Download JSON"]


def test_a_second_opinion_on_the_same_document_is_refused(visit: Visit) -> None:
    app = visit("demo.regulatory", "documents")
    label = "DOC-26-0001 v1"
    app.selectbox(key=f"meaning-{label}").set_value("review")
    app.text_input(key=f"sign-reason-{label}").set_value("again")
    app.text_input(key=f"sign-password-{label}").set_value(PASSWORD)
    app.button(key=f"sign-submit-{label}").click().run()
    assert "with this meaning already" in app.error[0].value


def test_gaps_are_declared_unknown_with_a_reason_on_the_page(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "documents")
    app.button(key="declare-submit-1").click().run()
    assert "No reason was given." in app.error[0].value
    app.text_input(key="declare-reason-1").set_value("nobody has measured it yet")
    app.button(key="declare-submit-1").click().run()
    words = text_of(app)
    assert "declared unknown by Demo Quality Manager: nobody has measured it yet" in words
    assert not [one for one in app.button if one.key == "declare-submit-1"]
    with records.reader() as reader:
        assert reader.get_one(Document, 1).gaps[0]["declared_by"] == "Demo Quality Manager"


def test_an_approved_document_is_not_offered_for_signing(visit: Visit, records: Store) -> None:
    with records.transaction("demo.quality", "approve", now=datetime.now(UTC)) as tx:
        document = tx.get_one(Document, 1)
        document.status = "approved"
        tx.add(document)
    app = visit("demo.quality", "documents")
    assert "This version is approved. Only a draft is signed." in text_of(app)
    assert not [one for one in app.button if str(one.key).startswith("sign-submit")]
