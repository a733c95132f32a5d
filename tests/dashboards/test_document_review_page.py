"""Texts, comments, answers and owners of gaps on the documents page."""

from html import unescape

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from journeys.tell import watched_period, write_document
from records.checklist_answers import ChecklistAnswer
from records.document_texts import DocumentText, ReviewComment
from records.quality import Document
from records.store import Store
from regulatory.compile import Request
from tests.dashboards.conftest import Visit, part_of, text_of
from tests.dashboards.small_workspace import TODAY

DEVICE = "chest-radiograph-pneumonia"
KIND = "performance_monitoring_report"


def place_named(app: AppTest, number: int | None) -> str:
    """The place of the comparison, as the form names it."""
    return next(one for one in app.selectbox(key=f"text-place-{number}").options
                if "omparison" in one)  # fmt: skip


@pytest.mark.requirement("REG-034")
def test_a_person_writes_comments_answers_and_compares(visit: Visit, records: Store) -> None:
    request = Request(KIND, DEVICE, watched_period(records, DEVICE))
    draft = write_document(records, request, actor="service:documents", now=TODAY)
    number = draft.id
    app = part_of(visit("demo.quality", "documents"), "gaps")
    words = text_of(app)
    for said in ("Texts of people", "Interpretation of output and performance", "not written yet",
                 "not set"):  # fmt: skip
        assert said in words, said
    app.selectbox(key=f"text-place-{number}").set_value(place_named(app, number)).run()
    app.text_area(key=f"text-words-{number}-comparison-0").set_value("All sites alike.")
    app.button(key=f"text-submit-{number}").click().run()
    assert "TXT-0001 is version 1 of this text." in text_of(app)
    assert "Nobody has commented on this version." in text_of(part_of(app, "comments"))
    app.selectbox(key=f"comment-section-{number}").set_value("3").run()
    app.text_area(key=f"comment-words-{number}").set_value("Which period?")
    app.button(key=f"comment-submit-{number}").click().run()
    assert "RVC-0001 is on record: a comment on place 3." in text_of(app)
    app = part_of(visit("demo.regulatory", "documents"), "comments")
    app.text_area(key=f"answer-words-{number}").set_value("See the cover.")
    app.button(key=f"answer-submit-{number}").click().run()
    assert "RVC-0001 is answered." in text_of(app)
    part_of(app, "gaps").number_input(key=f"owner-gap-{number}").set_value(2)
    app.selectbox(key=f"owner-name-{number}").set_value("demo.engineer")
    app.button(key=f"owner-submit-{number}").click().run()
    assert "'demo.engineer' supplies gap 2" in text_of(app)
    with records.reader() as reader:
        assert reader.exec(select(DocumentText)).one().text == "All sites alike."
        assert reader.exec(select(ReviewComment)).one().status == "answered"
        assert reader.get_one(Document, number).gaps[1]["owner"] == "demo.engineer"
    write_document(records, request, actor="service:documents", now=TODAY)
    app = part_of(visit("demo.quality", "documents"), "revisions")
    app.button(key=f"compare-{(number or 0) + 1}").click().run()
    assert "texts of people: 1 added" in text_of(app)


@pytest.mark.requirement("REG-142")
def test_a_person_reads_by_the_checklist(visit: Visit, records: Store) -> None:
    app = part_of(visit("demo.engineer", "documents"), "checklist")
    words = unescape(text_of(app))
    for said in ("Reviewer's checklist", "This revision is not read.", "Is every gap listed",
                 "It is answered by: quality, regulatory, responsible-person."):  # fmt: skip
        assert said in words, said
    app = part_of(visit("demo.regulatory", "documents"), "checklist")
    form = "checklist-1"
    app.button(key=f"{form}-submit").click().run()
    assert "column answer: one of yes, partly, no, not_applicable" in unescape(text_of(app))
    app.selectbox(key=f"{form}-question-0").set_value("A2")
    app.selectbox(key=f"{form}-answer-0").set_value("no")
    app.text_area(key=f"{form}-remark-0").set_value("two tables differ")
    app.button(key=f"{form}-submit").click().run()
    words = unescape(text_of(app))
    assert "CKL-0001: A2 is answered." in words
    assert "Incomplete: 0 of 2 points (0.0 %), blocker at no: A2, 11 questions not" in words
    with records.reader() as reader:
        made = reader.exec(select(ChecklistAnswer)).one()
    assert (made.question, made.answer, made.remark) == ("A2", "no", "two tables differ")
