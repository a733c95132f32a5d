"""The reviewer's checklist: what each kind is asked, and how answers score."""

from collections import Counter
from pathlib import Path

import pytest

from records.checklist_answers import ANSWERS
from records.errors import InvalidInput, NotFound
from regulatory.checklist_tables import blank_sheet, read_answer_rows
from regulatory.documents.checklist import (
    BLOCKER,
    FAIL,
    INCOMPLETE,
    NOT_ESTIMABLE,
    PASS,
    Question,
    QuestionSection,
    read_checklist,
    reviewers_checklist,
    score,
)  # fmt: skip
from regulatory.documents.registry import DOCUMENTS
from regulatory.documents.vigilance_kinds import VIGILANCE_KINDS

ASKED = (
    QuestionSection("A", "any", None, tuple(
        Question(f"A{number}", "major" if number > 2 else BLOCKER, "?", "page")
        for number in range(1, 11)
    )),
)  # fmt: skip


def said(*answers: str) -> dict[str, str]:
    return {f"A{number}": one for number, one in enumerate(answers, start=1)}


@pytest.mark.requirement("REG-142")
def test_there_are_72_questions_and_every_kind_of_document_is_asked_some() -> None:
    known = reviewers_checklist()
    assert Counter(one.id for section in known.sections for _ in section.questions
                   for one in [section]) == {
        "A": 12, "B": 16, "C": 15, "D": 10, "E": 10, "F": 9,
    }  # fmt: skip
    assert known.passes_from_percent == 85
    assert all(len(known.questions_of(kind)) >= 12 for kind in DOCUMENTS)
    asked = {kind: [one.id for one in known.asked_of(kind)] for kind in DOCUMENTS}
    assert asked["psur"] == ["A", "B"]
    assert asked["revalidation_report"] == ["A", "C"]
    assert asked["change_control_plan"] == ["A", "D"]
    assert asked["audit_export"] == ["A", "E"]
    assert asked["trend_report"] == ["A"]
    about_events = [kind for kind, one in VIGILANCE_KINDS.items() if one.subjects]
    assert all(asked[kind] == ["A", "F"] for kind in about_events)
    with pytest.raises(NotFound, match="no document 'nonsense'"):
        known.questions_of("nonsense")


@pytest.mark.requirement("REG-142")
@pytest.mark.parametrize(("answers", "points", "possible", "verdict"), [
    (["yes"] * 10, 20, 20, PASS),
    (["yes"] * 7 + ["partly"] * 3, 17, 20, PASS),
    (["yes"] * 6 + ["partly"] * 4, 16, 20, FAIL),
    (["no"] + ["yes"] * 9, 18, 20, FAIL),
    (["yes"] * 9 + ["no"], 18, 20, PASS),
    (["yes"] * 9 + ["not_applicable"], 18, 18, PASS),
    (["not_applicable"] * 10, 0, 0, NOT_ESTIMABLE),
    (["yes"] * 9, 18, 18, INCOMPLETE),
    (["no"] * 9, 0, 18, INCOMPLETE),
    ([], 0, 0, INCOMPLETE),
])  # fmt: skip
def test_a_document_passes_without_a_blocker_at_no_and_from_85_per_cent(
    answers: list[str], points: int, possible: int, verdict: str
) -> None:
    found = score(ASKED, said(*answers), 85)
    assert (found.points, found.possible, found.verdict) == (points, possible, verdict)
    assert len(found.unanswered) == 10 - len(answers)
    assert found.blockers == tuple(f"A{n}" for n in (1, 2) if answers[n - 1:n] == ["no"])
    assert (found.percent is None) == (possible == 0)


def test_a_share_is_never_rounded_up_to_the_one_that_passes() -> None:
    many = (QuestionSection("A", "any", None, tuple(
        Question(f"A{number}", "minor", "?", "page") for number in range(1, 1001)
    )),)  # fmt: skip
    found = score(many, said(*["yes"] * 849, "partly", *["no"] * 150), 85)
    assert (found.points, found.verdict) == (1699, FAIL)
    assert found.words == "fail: 1699 of 2000 points (84.9 %)"


def test_words_of_an_empty_reading_name_no_share() -> None:
    assert score(ASKED, {}, 85).words == "incomplete, 10 questions not answered"
    nothing = score(ASKED, said(*["not_applicable"] * 10), 85)
    assert nothing.words == "not estimable: nothing of it applies"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_empty_sheet_has_the_questions_of_the_kind_and_answers_none(form: str) -> None:
    sheet = blank_sheet("psur", form)
    with pytest.raises(InvalidInput, match="answers no question"):
        read_answer_rows(sheet)
    if form == "csv":
        lines = sheet.decode("utf-8-sig").splitlines()
        assert lines[0] == "question,answer,page,remark,weight,asks,evidence"
        assert len(lines) == 1 + 28
        filled = sheet.replace(b"A1,,,", b"A1,yes,3,")
        ((number, row),) = read_answer_rows(filled)
        assert (number, row["question"], row["answer"], row["page"]) == (2, "A1", "yes", "3")
    with pytest.raises(InvalidInput, match=r"is \.csv or \.xlsx"):
        blank_sheet("psur", "pdf")


GOOD = """version: 1
passes_from_percent: 85
sections:
  - id: A
    title: Any
    kinds: all
    questions:
      - {id: A1, weight: blocker, question: "Is it?", evidence: page}
"""


@pytest.mark.parametrize(("old", "new", "words"), [
    ("blocker", "heavy", "line 8: sections.0.questions.0.weight: one of blocker, major, minor"),
    ("kinds: all", "kinds: [psr]", "line 6: sections.0.kinds.0: there is no kind of document"),
    ("kinds: all", "kinds: some", "line 6: sections.0.kinds: 'all' or a list"),
    ("id: A1", "id: B1", "the section's letter and a number"),
    (", evidence: page", "", "evidence: a text is needed"),
    ("version: 1", "version: first", "version: a whole number"),
    ("percent: 85", "percent: 850", "100 per cent at most"),
    ("      - {id", "      - {id: A1, weight: minor, question: x, evidence: y}\n      - {id",
     "A1 is there twice"),
    ("sections:", "parts:", "a list of sections is needed"),
])  # fmt: skip
def test_a_wrong_file_of_questions_is_refused_by_its_line(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(GOOD)
    assert read_checklist(path).sections[0].questions[0].words == "Is it?"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InvalidInput) as wrong:
        read_checklist(path)
    assert words in wrong.value.message


def test_every_answer_has_points_or_is_left_out() -> None:
    assert set(ANSWERS) == {"yes", "partly", "no", "not_applicable"}
