"""Documents of a case are compiled again from the trail, and reviews begin behind the last one."""

from datetime import timedelta

import pytest

from journeys.review_documents import stored_content, write
from journeys.tell import write_document
from records.as_of import as_of
from records.incidents import Incident
from records.quality import Document
from records.reportabilities import Reportability, decide_reportability
from records.store import Store
from records.vault import Vault
from regulatory.compile import Request, compile_again, content_now, gaps_of
from regulatory.documents.content import Content
from regulatory.documents.difference import statements
from regulatory.documents.identified import identify
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.said import all_said
from regulatory.reportability import assess_incident
from tests.dashboards.small_workspace import PASSWORD
from tests.documents import approved
from tests.regulatory.case_workspace import act, case, store
from tests.regulatory.documents.test_case_documents import DEVICE, words
from tests.regulatory.reported_incident import LATER, Act

__all__ = ["act", "case", "store"]


@pytest.mark.proof
def test_a_kept_document_is_compiled_again_from_the_trail(case: Store) -> None:
    request = Request("incident_report", DEVICE, subject="inc-1", reason="the report",
                      requested_by="service:documents")  # fmt: skip
    made = write_document(case, request, actor="service:documents", now=LATER)
    assert isinstance(made, Document) and made.number == f"DOC-07-{DEVICE}-INC-0001"
    assert made.title == "Manufacturer incident report: INC-0001"
    vault = Vault(case.workspace.vault)
    with case.reader() as reader, as_of(reader, made.freeze_sequence) as then:
        again = compile_again(then, made, asked=("service:documents", "the report"), vault=vault)
    stored = stored_content(case, made)
    assert statements(identify(again)) == statements(identify(stored))
    assert again.provenance.facts_digest == made.facts_digest


@pytest.mark.proof
@pytest.mark.requirement("REG-140", "REG-016")
def test_reviews_begin_behind_the_last_approved_one_and_name_each_exception(
    case: Store, act: Act
) -> None:
    past = LATER + timedelta(days=60)

    def now_says(kind: str) -> Content:
        with case.reader() as reader:
            return content_now(reader, Request(kind, DEVICE), now=past)[1]

    late = words(now_says("exceptions_report"), "2")
    assert "report of INC-0001 in US: not sent" in late and "last day by law 2026-04-05" in late
    act("regulatory", lambda tx, by: (
        assess_incident(tx, tx.get_one(Incident, 1), "US", {
            "recurrence_likely_to_cause_death_or_serious_injury": False,
        }, grounds="the cause was found", by=by, now=LATER),
        decide_reportability(tx, tx.get_one(Reportability, 2), "reportable", by=by, now=LATER,
                             grounds="reported all the same", password=PASSWORD),
    ), now=LATER)  # fmt: skip
    first = now_says("exceptions_report")
    assert [one.number for one in first.sections] == list("1234567")
    back = words(first, "3")
    assert "RPB-0002" in back and "from 'reportable' back to 'open'" in back
    assert "a report without a form" not in words(first, "5")
    assert "The program suppresses no alert" in words(first, "6")
    assert {gap["place"] for gap in gaps_of(first)} == {"assessment"}
    write(case, DEVICE, "exceptions_report", "assessment", "One report is owed.",
          by="demo.quality", now=LATER)  # fmt: skip
    done = approved(case, Request("exceptions_report", DEVICE), password=PASSWORD, now=LATER)
    later, trail, review = map(now_says, ("exceptions_report", "trail_review", "management_review"))
    assert f"{done.label}, version 1" in words(later, "1")
    assert f"{done.freeze_sequence + 1:,}" in words(later, "1")
    assert "none on record (0)" in words(later, "3"), "it was told in the review before"
    assert "verified" in words(trail, "2") and "Exports" in words(trail, "4")
    assert [one.number for one in review.sections] == [str(one) for one in range(1, 14)]
    assert "CAPA-0001" in words(review, "7") and "US: reportable" in words(review, "3")
    for content in (first, trail, review):
        assert forbidden_claims(all_said(content)) == ()
        assert unresolved_citations(content) == ()
