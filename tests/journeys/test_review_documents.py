"""People write in documents and comment on them; what is open blocks, what changed is told."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pytest
from sqlmodel import select

from journeys.control_documents import Deed, approve, submit
from journeys.my_work import owed_work
from journeys.review_documents import (
    answer,
    assign,
    comment,
    compile_every_kind,
    difference,
    stored_content,
    what_is_ready,
    write,
    write_all,
)
from journeys.tell import declare_gaps_unknown, watched_period, write_document
from records.document_texts import DocumentText, ReviewComment
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.lookup import find_events
from records.people import Role, register_person
from records.product import Device
from records.quality import Document
from records.settings import Workspace
from records.store import Store, open_store
from records.text_writers import WRITTEN_BY
from records.verify_workspace import verify_workspace
from regulatory.compile import Request
from regulatory.document_texts import read_text_rows, standing_texts
from regulatory.documents.blocks import HumanText
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.places import PLACES
from regulatory.documents.registry import DOCUMENTS
from regulatory.documents.said import all_said
from regulatory.readiness import ANSWERED, GAP, NOT_MADE
from tests import documents
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.people import qualify_everybody
from tests.regulatory.gathering.conftest import statements

NOT_OPERATED = {
    "validation_report", "fda_change_assessment", "eu_change_assessment",
    *(name for name, kind in DOCUMENTS.items() if kind.subjects),
}  # fmt: skip
"""Kinds whose subject this workspace lacks; their sentences are searched in tests of their own."""
DEVICE = "chest-radiograph-pneumonia"
REPORT = "performance_monitoring_report"
LATER = TODAY + timedelta(hours=1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One workspace for all tests of this file: each writes texts and documents of its own."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    with opened.transaction("setup", now=TODAY) as tx:
        register_person(tx, "demo.auditor", full_name="Demo Auditor", roles=[Role.AUDITOR],
                        password=PASSWORD, now=TODAY)  # fmt: skip
        register_person(tx, "demo.clinician", full_name="Demo Radiologist",
                        roles=[Role.CLINICIAN], password=PASSWORD, now=TODAY)  # fmt: skip
        register_person(tx, "demo.responsible", full_name="Demo Responsible",
                        roles=[Role.ENGINEER, Role.RESPONSIBLE_PERSON], password=PASSWORD,
                        now=TODAY)  # fmt: skip
        register_person(tx, "demo.second", full_name="Demo Second Engineer",
                        roles=[Role.ENGINEER], password=PASSWORD, now=TODAY)  # fmt: skip
        qualify_everybody(tx, TODAY)
    yield opened
    opened.close()


def _of_documents(findings: Sequence[str]) -> list[str]:
    return [one for one in findings if any(word in one for word in ("TXT-", "RVC-", "DOC-0002"))]


def draft(store: Store, kind: str = "change_log", reason: str = "") -> Document:
    period = watched_period(store, DEVICE)
    request = Request(kind, DEVICE, period, requested_by="service:documents", reason=reason)
    return write_document(store, request, actor="service:documents", now=TODAY)


@pytest.mark.requirement("REG-034")
def test_a_text_fills_its_place_in_the_next_version_as_its_authors(store: Store) -> None:
    first = draft(store, REPORT)
    assert {one["place"] for one in first.gaps if one.get("place")} == {
        "interpretation", "comparison", "decision",
    }  # fmt: skip
    write(store, DEVICE, REPORT, "decision", "None is needed.", by="demo.engineer", now=TODAY)
    made = write(store, DEVICE, REPORT, "decision", "Investigate the north.", by="demo.quality",
                 now=TODAY)  # fmt: skip
    assert (made.version, made.printed_name, made.role) == (2, "Demo Quality Manager", "quality")
    second = draft(store, REPORT, reason="the decision was written")
    (said,) = [
        block for section in stored_content(store, second).sections for block in section.blocks
        if isinstance(block, HumanText)
    ]  # fmt: skip
    assert (said.text, said.author, said.record, said.place) == (
        "Investigate the north.", "Demo Quality Manager", made.label, "decision",
    )  # fmt: skip
    assert "decision" not in {one.get("place") for one in second.gaps}
    assert second.changed == (
        "against revision 1: texts of people: 1 added; gaps: 1 removed"
    ), second.changed
    assert second.facts_digest != first.facts_digest, "a signature covers the text"
    revisions = stored_content(store, second).header.revisions
    assert [(one.version, one.reason, one.status) for one in revisions] == [
        ("1", "compile a document", "draft"), ("2", "the decision was written", ""),
    ]  # fmt: skip
    found, paper = difference(store, second.number, 2, 1)
    assert [(one.change, one.key) for one in found] == [
        ("added", "6/text/decision"),
        ("removed", "6/gap/decision-for-the-period-none-investigate"),
    ]  # fmt: skip
    assert "revision 2 changed against revision 1" in paper.header.title
    with pytest.raises(NotFound, match="has no version 7"):
        difference(store, second.label, 1, 7)
    with pytest.raises(InvalidInput, match="the same"):
        difference(store, second.number, 1, 1)
    with pytest.raises(NotFound, match="There is no document 'nonsense'"):
        difference(store, "nonsense", 1, 2)


@pytest.mark.requirement("REG-034")
@pytest.mark.parametrize(("kind", "place", "who", "writer", "role"), [
    ("psur", "verdict", "person responsible for regulatory compliance", "demo.responsible",
     "responsible-person"),
    ("management_review", "suitability", "top management", "demo.responsible",
     "responsible-person"),
    ("validation_report", "clinical_role", "clinical lead", "demo.clinician", "clinician"),
])  # fmt: skip
def test_what_a_function_has_to_say_is_written_by_a_person_of_it(
    store: Store, kind: str, place: str, who: str, writer: str, role: str
) -> None:
    for other in ("demo.engineer", "demo.quality", "demo.regulatory"):
        with pytest.raises(NotAllowed, match=f"it is for the {who} to write") as refused:
            write(store, DEVICE, kind, place, "It is well.", by=other, now=TODAY)
        assert role in refused.value.hint
    with pytest.raises(Refused, match=f"line 2: .*for the {who} to write"):
        write_all(store, DEVICE, [(2, {"kind": kind, "place": place, "text": "It is well."})],
                  by="demo.engineer", now=TODAY)  # fmt: skip
    made = write(store, DEVICE, kind, place, "It is well.", by=writer, now=TODAY)
    assert made.role == role, "the role of the function, not another one of the same person"


def test_every_function_with_writers_of_its_own_is_one_that_places_wait_for() -> None:
    assert set(WRITTEN_BY) <= {one.who for places in PLACES.values() for one in places.values()}


def test_what_is_no_place_or_says_nothing_is_refused(store: Store) -> None:
    for kind, place, words, error in (
        ("validation_report", "nowhere", "text", NotFound),
        ("no_kind", "limits", "text", NotFound),
        ("validation_report", "limits", " -- ", InvalidInput),
    ):
        with pytest.raises(error):
            write(store, DEVICE, kind, place, words, by="demo.clinician", now=TODAY)
    with pytest.raises(NotAllowed):
        write(store, DEVICE, "validation_report", "limits", "x", by="demo.auditor", now=TODAY)
    write(store, DEVICE, "validation_report", "limits", "One scanner.", by="demo.clinician",
          now=TODAY)  # fmt: skip
    with pytest.raises(Refused, match="says the same"):
        write(store, DEVICE, "validation_report", "limits", "One scanner. ", by="demo.clinician",
              now=TODAY)  # fmt: skip
    with store.reader() as reader:
        device = reader.exec(select(Device)).one()
        limits = next(one for one in standing_texts(reader, device, "validation_report")
                      if one["place"] == "limits")  # fmt: skip
        assert (limits["text"], limits["version"]) == ("One scanner.", 1)
        assert find_events(reader)[-1].action != "create"


def test_a_table_of_texts_names_every_wrong_row_and_takes_nothing_beside_one(store: Store) -> None:
    def rows(text: str) -> list[tuple[int, dict[str, str]]]:
        return read_text_rows(text.encode())

    table = ("kind,place,text\nvalidation_report,verdict,Seen.\nvalidation_report,elsewhere,x\n"
             "validation_report,verdict\n")  # fmt: skip

    def counted() -> int:
        with store.reader() as reader:
            return len(reader.exec(select(DocumentText)).all())

    before = counted()
    with pytest.raises(Refused, match=r"line 3: .*'elsewhere'.*line 4: the row has") as refused:
        write_all(store, DEVICE, rows(table), by="demo.quality", now=TODAY)
    assert "--accept-good" in refused.value.hint
    assert counted() == before
    done = write_all(store, DEVICE, rows(table), by="demo.quality", now=TODAY, accept_good=True)
    assert (len(done.made), len(done.faults), counted()) == (1, 2, before + 1)
    for wrong in ("kind,text\nx,y\n", "kind,place,text\n", "kind,place,text,more\na,b,c,d\n"):
        with pytest.raises(InvalidInput):
            rows(wrong)
    with pytest.raises(InvalidInput, match="UTF-8"):
        read_text_rows(b"\xff\xfe\x00")


def test_a_long_table_of_texts_asks_no_more_than_a_short_one_and_is_one_event(
    store: Store,
) -> None:
    def asked(name: str, count: int) -> int:
        lines = [f"validation_report,verdict,{name} {number}." for number in range(count)]
        rows = read_text_rows("\n".join(["kind,place,text", *lines]).encode())
        with statements(store) as found:
            done = write_all(store, DEVICE, rows, by="demo.quality", now=TODAY)
            assert len({one.label for one in done.made}) == count
            return found()

    assert asked("Short", 2) == asked("Long", 40)
    with store.reader() as reader:
        device = reader.exec(select(Device)).one()
        verdict = next(one for one in standing_texts(reader, device, "validation_report")
                       if one["place"] == "verdict")  # fmt: skip
        assert verdict["text"] == "Long 39."
        assert find_events(reader)[-1].action == "create batch"
    with pytest.raises(Refused, match="A row above it says the same"):
        write_all(store, DEVICE, read_text_rows(
            b"kind,place,text\nvalidation_report,verdict,Twice.\nvalidation_report,verdict,Twice.\n"
        ), by="demo.quality", now=TODAY)  # fmt: skip


@pytest.mark.requirement("REG-030", "REG-034")
def test_a_comment_without_an_answer_blocks_the_approval(store: Store) -> None:
    document = draft(store)
    declare_gaps_unknown(store, document.id or 0, by="demo.engineer", reason="not known", now=TODAY)
    submit(store, Deed(document.id or 0, "demo.engineer", "complete", TODAY))
    with pytest.raises(NotFound, match="has no place '77'") as near:
        comment(store, document.id or 0, "77", "what?", by="demo.quality", now=TODAY)
    assert "such as" in near.value.hint.lower()
    with pytest.raises(NotAllowed):
        comment(store, document.id or 0, "section 1", "what?", by="demo.auditor", now=TODAY)
    made = comment(store, document.id or 0, "Section 1", "Which site?", by="demo.quality",
                   now=TODAY)  # fmt: skip
    assert made.place == "1"
    with store.reader() as reader:
        assert made.label in {one.label for one in owed_work(reader, TODAY)}
    documents.sign_both(store, document, password=PASSWORD, now=TODAY)
    deed = Deed(document.id or 0, "demo.regulatory", "complete", LATER)
    with pytest.raises(Refused, match=f"not answered: {made.label} on 1"):
        approve(store, deed)
    with pytest.raises(Refused, match=r"'demo\.quality' made it"):
        answer(store, made.id or 0, "It is said.", by="demo.quality", now=TODAY)
    with pytest.raises(Refused, match="wrote no text of the document"):
        answer(store, made.id or 0, "It is said.", by="demo.second", now=TODAY)
    with pytest.raises(InvalidInput, match="says nothing"):
        answer(store, made.id or 0, "-", by="demo.engineer", now=TODAY)
    answer(store, made.id or 0, "All three; see table 1.", by="demo.engineer", now=TODAY)
    with pytest.raises(Refused, match="answered already"):
        answer(store, made.id or 0, "again", by="demo.engineer", now=TODAY)
    approve(store, deed)
    with pytest.raises(Refused, match="is 'approved'"):
        comment(store, document.id or 0, "section 1", "late", by="demo.quality", now=LATER)
    with store.reader() as reader:
        kept = reader.get_one(ReviewComment, made.id)
        assert (kept.status, kept.answered_by) == ("answered", "demo.engineer")


def test_readiness_tells_each_clause_with_owner_and_day(store: Store) -> None:
    document = draft(store, REPORT)
    number = next(place for place, one in enumerate(document.gaps, 1)
                  if one.get("place") == "interpretation")  # fmt: skip
    assign(store, document.id or 0, number, owner="demo.clinician", due=date(2026, 4, 1),
           by="demo.quality", now=TODAY)  # fmt: skip
    with pytest.raises(NotAllowed, match="for the clinical lead to write"):
        assign(store, document.id or 0, number, owner="demo.engineer", due=date(2026, 4, 1),
               by="demo.quality", now=TODAY)  # fmt: skip
    with pytest.raises(Refused, match="may not write texts"):
        assign(store, document.id or 0, number, owner="demo.auditor", due=date(2026, 4, 1),
               by="demo.quality", now=TODAY)  # fmt: skip
    with pytest.raises(Refused, match=r"2026-03-05 has passed: today is 2026-03-06"):
        assign(store, document.id or 0, number, owner="demo.clinician", due=date(2026, 3, 5),
               by="demo.quality", now=TODAY)  # fmt: skip
    again = draft(store, REPORT)
    with store.reader() as reader:
        (owed,) = [one for one in owed_work(reader, TODAY) if one.kind == "gap"]
    assert (owed.owner, owed.due, owed.label) == ("demo.clinician", date(2026, 4, 1), again.label)
    assert again.gaps[number - 1]["owner"] == "demo.clinician", "it stays with the gap"
    (clauses,) = what_is_ready(store, DEVICE, now=TODAY).values()
    assert {one.kind for one in clauses} == set(DOCUMENTS)
    gap = next(one for one in clauses if one.place == "interpretation")
    assert (gap.state, gap.owner, gap.due) == (GAP, "demo.clinician", "2026-04-01")
    assert {one.state for one in clauses} >= {ANSWERED, GAP, NOT_MADE}
    assert all(one.missing for one in clauses if one.state == NOT_MADE)
    with pytest.raises(NotFound, match="no document 'nonsense'"):
        what_is_ready(store, DEVICE, kinds=["nonsense"], now=TODAY)


@pytest.mark.requirement("REG-125")
def test_every_kind_that_applies_is_made_and_the_others_say_why(store: Store) -> None:
    (made,) = compile_every_kind(store, None, actor="service:documents", now=TODAY).values()
    assert {one.kind for one in made.documents} | set(made.skipped) == set(DOCUMENTS)
    assert len(made.documents) >= 4, made.skipped
    assert "class I and the device is class IIa" in made.skipped["pms_report"]
    assert all(one.status == "draft" for one in made.documents)
    for one in made.documents:
        content = stored_content(store, one)
        assert forbidden_claims(all_said(content)) == (), one.kind
        assert unresolved_citations(content) == (), one.kind
    assert set(made.skipped) - NOT_OPERATED == {"pms_report", "trend_report"}, "look at it"
    with pytest.raises(NotFound, match="No device 'other'"):
        compile_every_kind(store, "other", actor="service:documents", now=TODAY)
    with store.reader() as reader:
        assert not _of_documents(verify_workspace(store, reader).findings)
