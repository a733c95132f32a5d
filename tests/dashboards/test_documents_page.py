"""Documents: submitting, signing, rejecting, declaring gaps, approving, downloading."""

from datetime import UTC, datetime
from html import unescape

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from journeys.tell import write_document
from records.audit import AuditEvent
from records.lookup import find_events
from records.people import Meaning
from records.quality import Document, Signature
from records.store import Store
from regulatory.compile import Request
from tests import documents
from tests.dashboards.conftest import Visit, part_of, text_of
from tests.dashboards.small_workspace import PASSWORD, TODAY

REQUEST = Request("change_log", "chest-radiograph-pneumonia")
LABEL = "DOC-27-chest-radiograph-pneumonia v1"


def reviewed(store: Store) -> Document:
    """A change log in review: document 2."""
    return documents.in_review(store, REQUEST, now=TODAY)


@pytest.mark.requirement("REG-022", "R-P11-200")
def test_signing_a_document_needs_the_right_password(visit: Visit, records: Store) -> None:
    reviewed(records)
    app = visit("demo.quality", "documents")
    label = LABEL
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


def press(app: AppTest, key: str, number: int = 2) -> AppTest:
    app.text_input(key=f"{key}-reason-{number}").set_value("complete")
    return app.button(key=f"{key}-submit-{number}").click().run()


@pytest.mark.requirement("REG-030")
def test_a_document_is_led_through_its_life_on_the_page(visit: Visit, records: Store) -> None:
    draft = write_document(records, REQUEST, actor="service:documents", now=TODAY)
    app = visit("demo.engineer", "documents")
    assert not [one for one in app.button if str(one.key).startswith("withdrawn-")]
    assert "version 1 is in review." in text_of(press(app, "submit"))
    app = visit("demo.regulatory", "documents")
    assert "needs valid signatures" in text_of(app)
    assert not [one for one in app.button if str(one.key).startswith("approve-")]
    documents.sign_both(records, draft, password=PASSWORD, now=TODAY)
    assert "People with the role quality or regulatory approve." in text_of(
        visit("demo.engineer", "documents")
    )
    assert "version 1 is approved." in text_of(press(app.run(), "approve"))
    assert "version 1 is in force." in text_of(press(app, "effective"))
    assert "version 1 is obsolete." in text_of(press(app, "obsolete"))
    with records.reader() as reader:
        assert reader.get_one(Document, 2).status == "obsolete"
        assert {one.software for one in find_events(reader, action="change status")
                if one.subject == "Document:2"} == {"radvigil 0.1.0; page"}  # fmt: skip


@pytest.mark.requirement("REG-024")
def test_a_document_is_rejected_on_the_page_and_says_so(visit: Visit, records: Store) -> None:
    reviewed(records)
    app = visit("demo.quality", "documents")
    app.text_area(key="reject-comment-2").set_value("Units are missing.")
    app.text_input(key="reject-password-2").set_value(PASSWORD)
    words = text_of(press(app, "reject"))
    assert "version 1 is a draft again." in words
    assert "rejected" in words
    assert "complete; comment: Units are missing." in words


def taken(app: AppTest) -> list[str]:
    """The files that are offered, tables left out."""
    return [str(one.proto.label) for one in app.get("download_button")
            if str(one.proto.label) != "CSV"]  # fmt: skip


def test_documents_are_downloaded_as_stored(visit: Visit) -> None:
    app = part_of(visit("demo.regulatory", "documents"), "files")
    assert taken(app) == ["Download PDF", "Download JSON"]


@pytest.mark.requirement("REG-018")
def test_every_other_format_is_set_when_it_is_asked_for(visit: Visit, records: Store) -> None:
    number = write_document(records, REQUEST, actor="service:documents", now=TODAY).id
    app = part_of(visit("demo.regulatory", "documents"), "files")
    for kind, name in (("html", "html"), ("docx", "docx"), ("xlsx", "xlsx"),
                       ("trace.json", "trace.json"), ("all", "zip")):  # fmt: skip
        app.selectbox(key=f"format-{number}").set_value(kind).run()
        assert not app.exception
        assert taken(app)[2].endswith(f"-v1.{name}")
    _, files = app.session_state["document-prepared"]
    assert any(name.endswith(".manifest.json") for name in files)
    assert sum(name.endswith(".sig") for name in files) == len(files) // 2


@pytest.mark.requirement("REG-033")
def test_a_figure_leads_to_its_records_on_the_page(visit: Visit, records: Store) -> None:
    number = write_document(records, REQUEST, actor="service:documents", now=TODAY).id
    app = part_of(visit("demo.regulatory", "documents"), "figures")
    app.selectbox(key=f"trace-section-{number}").set_value("2").run()
    places = app.selectbox(key=f"trace-place-{number}")
    assert "What it says" in text_of(app), "all of the section are listed until one is chosen"
    places.select_index(len(places.options) - 1).run()
    words = text_of(app)
    for said in ("Identifier", "Question", "Digest at the freeze"):
        assert said in words, said


def test_a_second_opinion_on_the_same_document_is_refused(visit: Visit, records: Store) -> None:
    document = reviewed(records)
    documents.sign_as(records, document, "demo.regulatory", Meaning.REVIEW, password=PASSWORD,
                      now=TODAY)  # fmt: skip
    app = visit("demo.regulatory", "documents")
    label = LABEL
    app.selectbox(key=f"meaning-{label}").set_value("review")
    app.text_input(key=f"sign-reason-{label}").set_value("again")
    app.text_input(key=f"sign-password-{label}").set_value(PASSWORD)
    app.button(key=f"sign-submit-{label}").click().run()
    assert "with this meaning already" in app.error[0].value


def test_gaps_are_declared_unknown_with_a_reason_on_the_page(
    visit: Visit, records: Store
) -> None:
    app = part_of(visit("demo.quality", "documents"), "gaps")
    app.button(key="attempt-submit-1").click().run()
    assert "The attempt does not say its who." in app.error[0].value
    for name, words in (("who", "the quality manager"), ("channel", "in person"),
                        ("question", "What do you conclude?"), ("answer", "no answer")):
        app.text_input(key=f"attempt-{name}-1").set_value(words)
    app.button(key="attempt-submit-1").click().run()
    assert "asked the quality manager 'What do you conclude?': no answer" in unescape(text_of(app))
    app.button(key="declare-submit-1").click().run()
    assert "No reason was given." in app.error[0].value
    app.text_input(key="declare-reason-1").set_value("nobody has measured it yet")
    app.button(key="declare-submit-1").click().run()
    words = text_of(app)
    assert "declared unknown by Demo Quality Manager: nobody has measured it yet" in words
    with records.reader() as reader:
        document = reader.get_one(Document, 1)
    own = [gap for gap in document.gaps if gap["who"] != "clinical lead"]
    assert own and {gap.get("declared_by") for gap in own} == {"Demo Quality Manager"}
    assert all(gap["who"] == "clinical lead" for gap in document.open_gaps), "not hers to declare"


def test_a_document_in_force_is_not_offered_for_signing(visit: Visit, records: Store) -> None:
    documents.effective(records, REQUEST, password=PASSWORD, now=TODAY)
    app = visit("demo.quality", "documents")
    assert "This version is in force." in text_of(app)
    assert not [one for one in app.button if str(one.key).startswith("sign-submit")]
