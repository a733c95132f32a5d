"""The documents page: the list by area, compiling, drafts of texts, pages, revisions."""

from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlmodel import select

from journeys.document_pages import pages_of, pdf_to_read, picture_of_page
from journeys.tell import watched_period, write_document
from records.document_texts import DocumentText
from records.errors import NotFound
from records.form_drafts import FormDraft
from records.quality import Document
from records.store import Store
from regulatory.compile import Request
from regulatory.document_list import listed_documents
from tests.dashboards.conftest import Visit, part_of, text_of
from tests.dashboards.small_workspace import TODAY

DEVICE = "chest-radiograph-pneumonia"
KIND = "performance_monitoring_report"


def test_documents_are_listed_by_area_with_what_is_owed(visit: Visit, records: Store) -> None:
    with records.reader() as reader:
        (one,) = listed_documents(reader, on=TODAY.date())
    assert (one.area, one.code) == ("Post-market surveillance", "DOC-26")
    assert (one.open_gaps, one.in_force, one.checklist) == (1, None, "not read")
    app = visit("demo.regulatory", "documents")
    words = unescape(text_of(app))
    for said in ("Post-market surveillance", "Art. 83 and Annex III 1.1", "1 document of 1",
                 "none in force", "not read"):  # fmt: skip
        assert said in words, said
    app.selectbox(key="document-shown").set_value("sign").run()
    assert "0 documents of 1" in text_of(app)


def test_a_kind_is_compiled_on_the_page_by_who_may(visit: Visit, records: Store) -> None:
    app = visit("demo.regulatory", "documents")
    kind = app.selectbox(key="compile-kind")
    assert kind.options[0] == "Every kind that applies (takes a few minutes)"
    kind.set_value("change_log").run()
    app.button(key="compile-submit").click().run()
    assert "Nothing was done: say the reason." in app.error[0].value
    app.text_input(key="compile-reason").set_value("before the audit")
    app.button(key="compile-submit").click().run()
    assert not app.exception
    assert "DOC-0002 is version 1 of DOC-27-chest-radiograph-pneumonia" in text_of(app)
    with records.reader() as reader:
        assert reader.get_one(Document, 2).kind == "change_log"


@pytest.mark.requirement("REG-034")
def test_what_is_typed_is_kept_until_it_is_written_down(visit: Visit, records: Store) -> None:
    request = Request(KIND, DEVICE, watched_period(records, DEVICE))
    number = write_document(records, request, actor="service:documents", now=TODAY).id
    app = part_of(visit("demo.quality", "documents"), "gaps")
    place = f"text-place-{number}"
    named = next(one for one in app.selectbox(key=place).options if "omparison" in one)
    app.selectbox(key=place).set_value(named).run()
    key = f"text-words-{number}-comparison-0"
    app.text_area(key=key).set_value("All sites al").run()
    with records.reader() as reader:
        assert reader.exec(select(FormDraft)).one().fields == {"text": "All sites al"}
        assert not reader.exec(select(DocumentText)).all(), "a draft is printed nowhere"
    again = part_of(visit("demo.quality", "documents"), "gaps")
    again.selectbox(key=place).set_value(named).run()
    assert again.text_area(key=key).value == "All sites al", "the connection was lost"
    assert "Draft DFT-0001" in text_of(again)
    other = part_of(visit("demo.regulatory", "documents"), "gaps")
    other.selectbox(key=place).set_value(named).run()
    assert other.text_area(key=key).value == "", "a draft is its writer's alone"
    again.text_area(key=key).set_value("All sites alike.")
    again.button(key=f"text-submit-{number}").click().run()
    assert "TXT-0001 is version 1 of this text." in text_of(again)
    with records.reader() as reader:
        assert reader.exec(select(FormDraft)).one().fields == {}
        assert reader.exec(select(DocumentText)).one().text == "All sites alike."


def test_nothing_is_kept_in_the_name_of_a_session_that_ended_unused(
    visit: Visit, records: Store
) -> None:
    request = Request(KIND, DEVICE, watched_period(records, DEVICE))
    number = write_document(records, request, actor="service:documents", now=TODAY).id
    app = part_of(visit("demo.quality", "documents"), "gaps")
    named = next(one for one in app.selectbox(key=f"text-place-{number}").options
                 if "omparison" in one)
    app.selectbox(key=f"text-place-{number}").set_value(named).run()
    app.session_state["last_used"] -= timedelta(days=1)
    app.text_area(key=f"text-words-{number}-comparison-0").set_value("somebody else").run()
    assert "You were signed out after" in text_of(app)
    with records.reader() as reader:
        assert not reader.exec(select(FormDraft)).all()


def test_the_pages_are_shown_as_pictures(visit: Visit, records: Store) -> None:
    made = write_document(records, Request("change_log", DEVICE), actor="service:documents",
                          now=TODAY)  # fmt: skip
    pages = len(PdfReader(BytesIO(pdf_to_read(records, made))).pages)
    assert pages_of(records, made) == pages > 1
    first, last = (picture_of_page(records, made, page) for page in (1, pages))
    assert first != last
    assert picture_of_page(records, made, 1) == first, "the same bytes give the same picture"
    with pytest.raises(NotFound, match="cannot be drawn"):
        picture_of_page(records, made, pages + 1)
    app = part_of(visit("demo.regulatory", "documents"), "pages")
    assert not app.exception
    assert not app.error
    assert app.number_input(key=f"page-{made.id}-2").max == pages
    app.selectbox(key="document").select_index(1).run()
    assert "cannot be drawn" in app.error[0].value, "the sample's PDF is none"
