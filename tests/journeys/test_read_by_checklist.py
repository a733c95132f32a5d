"""A document is read by the reviewer's checklist: what is recorded, refused, outdated, exported."""

import hashlib
import json
from pathlib import Path

import pytest
from sqlmodel import select

from journeys.read_by_checklist import answer_from_table, answer_questions, read_documents_of_folder
from journeys.review_documents import assign, what_is_ready, write
from journeys.tell import declare_gaps_unknown, edition_files, export_document, write_document
from journeys.verify_export import verify_export
from records.as_of import as_of
from records.audit import head
from records.checklist_answers import ChecklistAnswer
from records.errors import InvalidInput, NotAllowed
from records.lookup import find_events
from records.quality import Document
from records.store import Store
from regulatory.checklist_readings import newest_reading, reading_on
from regulatory.compile import Request
from regulatory.documents.checklist import reviewers_checklist
from regulatory.readiness import readings_by_document
from tests.dashboards.small_workspace import TODAY, populate

DEVICE = "chest-radiograph-pneumonia"
KIND = "model_card"
PLACE = "model"
HEAD = "question,answer,page,remark\n"
ALL_YES = HEAD + "".join(f"A{number},yes,{number},\n" for number in range(1, 13))


@pytest.fixture(autouse=True)
def _filled(store: Store) -> None:
    populate(store)


@pytest.fixture
def draft(store: Store) -> Document:
    """A report that the workspace has."""
    with store.reader() as reader:
        return reader.get_one(Document, 1)


def compiled(store: Store) -> Document:
    """A draft with gaps and places for people's texts."""
    request = Request(KIND, DEVICE, requested_by="service:documents")
    return write_document(store, request, actor="service:documents", now=TODAY)


def read(store: Store, document: Document, table: str, who: str = "demo.regulatory") -> int:
    return len(answer_from_table(store, document.id or 0, table.encode(), by=who, now=TODAY))


def words(store: Store, document: Document) -> str:
    with store.reader() as reader:
        return reading_on(reader, reader.get_one(Document, document.id)).words


@pytest.mark.requirement("REG-142")
def test_a_reading_is_scored_and_its_answers_are_records(store: Store, draft: Document) -> None:
    assert words(store, draft) == "not read"
    assert read(store, draft, ALL_YES) == 12
    assert words(store, draft) == (
        "pass: 24 of 24 points (100.0 %), read at revision 1 by Demo Regulatory Officer"
    )
    assert read(store, draft, ALL_YES) == 0, "what stands changes nothing"
    no = [(0, {"question": "A2", "answer": "no", "page": "", "remark": "table and chart differ"})]
    (made,) = answer_questions(store, draft.id or 0, no, by="demo.quality", now=TODAY)
    assert (made.role, made.printed_name) == ("quality", "Demo Quality Manager")
    with store.reader() as reader:
        found = reading_on(reader, draft)
        assert found.words.startswith("fail: 22 of 24 points (91.6 %), blocker at no: A2")
        assert [(one.question, one.answer) for one in found.replaced] == [("A2", "yes")]
        assert len(list(reader.exec(select(ChecklistAnswer)))) == 13
        told = [one for one in find_events(reader) if one.subject.startswith("ChecklistAnswer")]
        assert [one.actor for one in told] == ["demo.regulatory", "demo.quality"]
        assert f"{draft.label} read by the reviewer's checklist" in told[0].reason


def test_every_wrong_cell_is_named_and_nothing_is_taken_in_beside_one(
    store: Store, draft: Document
) -> None:
    wrong = HEAD + (
        "A1,yes,1,\nA3,maybe,p. 4,\nB1,yes,3,\nA4,partly,4,\nA5,no,,  \nA6,not_applicable,,-\n"
        "A7,yes,,\nA1,yes,1,\n"
    )
    with pytest.raises(InvalidInput) as told:
        read(store, draft, wrong)
    for words_said in (
        "row 3, column answer: one of yes, partly, no, not_applicable",
        "row 3, column page: page numbers",
        "row 4, column question: this kind of document is not asked that; it is asked A1 to A12.",
        "row 5, column remark: 'partly' needs one", "row 6, column remark: 'no' needs one",
        "row 7, column remark: 'not_applicable' needs one", "row 8, column page: 'yes' needs",
        "row 9, column question: A1 is answered twice",
    ):  # fmt: skip
        assert words_said in told.value.message
    assert words(store, draft) == "not read"
    with pytest.raises(InvalidInput, match="This is no table of answers"):
        read(store, draft, "question,verdict\nA1,yes\n")


@pytest.mark.requirement("REG-142")
def test_who_may_not_answers_nothing_and_the_trail_says_so(store: Store, draft: Document) -> None:
    with pytest.raises(NotAllowed, match="answer the reviewer's checklist"):
        read(store, draft, ALL_YES, who="demo.engineer")
    assert words(store, draft) == "not read"
    with store.reader() as reader:
        (told,) = [one for one in find_events(reader) if one.action.startswith("reading by")]
    assert (told.subject, told.actor) == (draft.subject, "demo.engineer")


@pytest.mark.requirement("REG-142")
def test_a_reading_never_counts_for_what_the_document_says_later(
    store: Store
) -> None:
    draft = compiled(store)
    read(store, draft, ALL_YES)
    assign(store, draft.id or 0, 1, owner="demo.engineer", due=TODAY.date(), by="demo.quality",
           now=TODAY)  # fmt: skip
    assert "pass" in words(store, draft).split(":")[0], "who supplies a gap is printed nowhere"
    declare_gaps_unknown(store, draft.id or 0, by="demo.quality", reason="no data yet", now=TODAY)
    assert words(store, draft).startswith(
        "read at revision 1, its contents have changed since; what was read then: pass:"
    )
    read(store, draft, ALL_YES.replace("A5,yes,5,", "A5,partly,5,declared only"))
    assert words(store, draft).startswith("pass: 23 of 24"), "read anew, all of it"
    write(store, DEVICE, KIND, PLACE, "None is needed.", by="demo.quality", now=TODAY)
    assert "the records say otherwise now (against revision 1:" in ready(store)
    second = compiled(store)
    assert words(store, second) == "not read"
    assert words(store, draft).startswith(
        "read at revision 1, contents have changed since (the newest is revision 2)"
    )
    assert ready(store).startswith("read at revision 1, contents have changed since")
    with store.reader() as reader:
        newest = newest_reading(reader, second)
    assert newest is not None
    assert not newest.as_told()["current"]


def ready(store: Store) -> str:
    (clauses,) = what_is_ready(store, DEVICE, kinds=[KIND], now=TODAY).values()
    (said,) = readings_by_document(clauses).values()
    return said


@pytest.mark.requirement("REG-142")
def test_the_reading_lies_beside_the_document_and_the_same_records_give_the_same_bytes(
    store: Store, tmp_path: Path
) -> None:
    draft = compiled(store)
    name = f"{draft.number}-v1.checklist.json"
    with store.reader() as reader:
        before = head(reader)[0]
        assert name not in edition_files(store, reader, draft, ("json",))
    read(store, draft, ALL_YES.replace("A12,yes,12,", "A12,not_applicable,,no figure in it"))
    first, again = (
        export_document(store, draft, tmp_path / folder, actor="demo.regulatory", now=TODAY,
                        formats=("json", "html"))
        for folder in ("one", "two")
    )  # fmt: skip
    data = (tmp_path / "one" / name).read_bytes()
    assert first[name] == again[name] == hashlib.sha256(data).hexdigest()
    told = json.loads(data)
    assert (told["verdict"], told["points"], told["possible"]) == ("pass", 22, 22)
    assert (told["document"], told["version"], told["current"]) == (draft.number, 1, True)
    answers = {one["question"]: one for one in told["sections"][0]["questions"]}
    assert answers["A12"]["remark"] == "no figure in it"
    assert answers["A2"]["answered_by"] == "Demo Regulatory Officer"
    manifest = json.loads((tmp_path / "one" / f"{draft.number}-v1.manifest.json").read_bytes())
    assert manifest["files"][name]["sha256"] == first[name]
    assert verify_export(store, tmp_path / "one").exit_code == 0
    (tmp_path / "one" / name).write_bytes(data.replace(b'"points":22', b'"points":24'))
    assert verify_export(store, tmp_path / "one").exit_code == 3
    with store.reader() as reader, as_of(reader, before) as then:
        assert name not in edition_files(store, reader, draft, ("json",), then=then)


@pytest.mark.requirement("REG-142")
def test_readings_of_a_folder_are_taken_in_once_and_a_wrong_file_is_refused(
    store: Store, draft: Document, tmp_path: Path
) -> None:
    folder = tmp_path / "checklist"
    assert read_documents_of_folder(store, folder, [DEVICE], by="demo.regulatory", now=TODAY) == {}
    folder.mkdir()
    (folder / "performance_monitoring_report.csv").write_text(ALL_YES)
    for _ in range(2):
        done = read_documents_of_folder(store, folder, [DEVICE], by="demo.regulatory", now=TODAY)
        assert done["performance_monitoring_report"].score.verdict == "pass"
    with store.reader() as reader:
        assert len(list(reader.exec(select(ChecklistAnswer)))) == 12
        assert {one.document_id for one in reader.exec(select(ChecklistAnswer))} == {draft.id}
    for name, said in (
        ("psr.csv", "psr.csv: There is no document 'psr'"),
        ("psur@other.csv", "psur@other.csv: the scenario has no device 'other'"),
        ("psur.csv", f"psur.csv: no psur of {DEVICE} was compiled"),
        (f"performance_monitoring_report@{DEVICE}.csv", "row 2, column question"),
    ):
        (folder / name).write_text(HEAD + "C1,yes,1,\n")
        with pytest.raises(InvalidInput, match=said):
            read_documents_of_folder(store, folder, [DEVICE], by="demo.regulatory", now=TODAY)
        (folder / name).unlink()


def test_answers_to_an_earlier_version_of_the_questions_count_no_more(
    store: Store, draft: Document
) -> None:
    with store.transaction("demo.quality", "an older version of the program", now=TODAY) as tx:
        tx.add(ChecklistAnswer(
            document_id=draft.id or 0, contents_digest="0" * 64, checklist_version=0,
            question="A1", answer="yes", page="1", answered_by="demo.quality",
            printed_name="Demo Quality Manager", role="quality", answered_at=TODAY,
        ))  # fmt: skip
    version = reviewers_checklist().version
    assert words(store, draft) == (
        "not read (read at revision 1 by version 0 of the questions, which are version "
        f"{version} now)"
    )
