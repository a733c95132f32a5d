"""The reviewer's checklist: the questions that a document is asked, and how its answers score.

Two points for yes, one for partly, none for no; what does not apply is left out of the possible
points. A document passes without a blocker at no and with the share of the points that the
checklist asks for. An unanswered question leaves no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from records.checklist_answers import NO, NOT_APPLICABLE, PARTLY, YES
from records.yaml_source import Location, read_yaml
from regulatory.documents.registry import DOCUMENTS, require_known

CHECKLIST: Final = Path(__file__).with_name("reviewers_checklist.yaml")
BLOCKER, MAJOR, MINOR = "blocker", "major", "minor"
WEIGHTS: Final = (BLOCKER, MAJOR, MINOR)
POINTS: Final[Mapping[str, int]] = {YES: 2, PARTLY: 1, NO: 0}
MOST_POINTS: Final = POINTS[YES]
ALL: Final = "all"

PASS, FAIL, INCOMPLETE, NOT_ESTIMABLE = "pass", "fail", "incomplete", "not estimable"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, how much hangs on it, and where in the document the evidence must be."""

    id: str
    weight: str
    words: str
    evidence: str


@dataclass(frozen=True, slots=True)
class QuestionSection:
    """Questions that are asked of the same kinds of document; None: of every kind."""

    id: str
    title: str
    kinds: frozenset[str] | None
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """A version of the questions, and from how many per cent of the points a document passes."""

    version: int
    passes_from_percent: int
    sections: tuple[QuestionSection, ...]

    def asked_of(self, kind: str) -> tuple[QuestionSection, ...]:
        """The sections that a kind of document is asked.

        Raises:
            NotFound: No such kind of document.
        """
        require_known(kind)
        return tuple(one for one in self.sections if one.kinds is None or kind in one.kinds)

    def questions_of(self, kind: str) -> tuple[str, ...]:
        """The questions that a kind of document is asked, by id.

        Raises:
            NotFound: No such kind of document.
        """
        return tuple(each.id for one in self.asked_of(kind) for each in one.questions)


@dataclass(frozen=True, slots=True)
class Score:
    """What answers give: points of the possible ones, blockers at no, and what nobody answered.

    unanswered: asked, and without an answer; they are no part of the possible points.
    verdict: pass, fail, incomplete (a question is open), or not estimable (nothing applies).
    """

    points: int
    possible: int
    blockers: tuple[str, ...]
    unanswered: tuple[str, ...]
    verdict: str

    @property
    def percent(self) -> float | None:
        """Share of the possible points in per cent; None where there are none."""
        return 100 * self.points / self.possible if self.possible else None

    @property
    def words(self) -> str:
        """In one line, such as 'fail: 57 of 60 points (95.0 %), blocker at no: A5'."""
        if self.percent is None:
            told = [self.verdict if self.unanswered else f"{self.verdict}: nothing of it applies"]
        else:
            # cut, never rounded up: 84.96 % must not read as the share that passes
            told = [f"{self.verdict}: {self.points} of {self.possible} points "
                    f"({int(10 * self.percent) / 10:.1f} %)"]  # fmt: skip
        if self.blockers:
            word = "blocker" if len(self.blockers) == 1 else "blockers"
            told.append(f"{word} at no: {', '.join(self.blockers)}")
        if self.unanswered:
            word = "question" if len(self.unanswered) == 1 else "questions"
            told.append(f"{len(self.unanswered)} {word} not answered")
        return ", ".join(told)


def score(
    sections: Sequence[QuestionSection], answers: Mapping[str, str], passes_from_percent: int
) -> Score:
    """The score of answers (yes, partly, no, not_applicable) by question.

    >>> asked = QuestionSection("A", "", None, (Question("A1", "blocker", "?", "page"),
    ...                                         Question("A2", "minor", "?", "page")))
    >>> score([asked], {"A1": "yes", "A2": "partly"}, 75).words
    'pass: 3 of 4 points (75.0 %)'
    >>> score([asked], {"A1": "no", "A2": "yes"}, 50).words
    'fail: 2 of 4 points (50.0 %), blocker at no: A1'
    >>> score([asked], {"A1": "yes"}, 50).verdict
    'incomplete'
    """
    asked = [one for section in sections for one in section.questions]
    scored = [one for one in asked if answers.get(one.id, NOT_APPLICABLE) != NOT_APPLICABLE]
    points = sum(POINTS[answers[one.id]] for one in scored)
    possible = MOST_POINTS * len(scored)
    blockers = tuple(
        one.id for one in scored if one.weight == BLOCKER and answers[one.id] == NO
    )
    unanswered = tuple(one.id for one in asked if one.id not in answers)
    if unanswered:
        verdict = INCOMPLETE
    elif not possible:
        verdict = NOT_ESTIMABLE
    elif blockers or 100 * points < passes_from_percent * possible:
        verdict = FAIL
    else:
        verdict = PASS
    return Score(points, possible, blockers, unanswered, verdict)


@cache
def reviewers_checklist() -> Checklist:
    """The checklist that comes with Radvigil.

    Raises:
        InvalidInput: Its file is wrong; each fault by its line.
    """
    return read_checklist(CHECKLIST)


def read_checklist(path: Path) -> Checklist:
    """The checklist of a file.

    Raises:
        InvalidInput: The file is wrong; each fault by its line.
    """
    source = read_yaml(path)
    faults: list[tuple[Location, str]] = []
    content = source.content
    for name in ("version", "passes_from_percent"):
        if type(content.get(name)) is not int or content[name] < 1:
            faults.append(((name,), "a whole number from 1 is needed"))
    if not faults and content["passes_from_percent"] > 100:
        faults.append((("passes_from_percent",), "100 per cent at most"))
    rows = content.get("sections")
    if not isinstance(rows, list) or not rows:
        raise source.refusal([*faults, (("sections",), "a list of sections is needed")])
    sections = [_section(row, ("sections", at), faults) for at, row in enumerate(rows)]
    _require_once(sections, faults)
    if faults:
        raise source.refusal(faults)
    return Checklist(content["version"], content["passes_from_percent"], tuple(sections))


def _section(row: Any, at: Location, faults: list[tuple[Location, str]]) -> QuestionSection:
    if not isinstance(row, dict):
        faults.append((at, "fields are needed: id, title, kinds, questions"))
        return QuestionSection("", "", None, ())
    name, title = (_text(row, key, at, faults) for key in ("id", "title"))
    kinds = row.get("kinds")
    if kinds != ALL and not (isinstance(kinds, list) and kinds):
        faults.append(((*at, "kinds"), f"'{ALL}' or a list of kinds of document is needed"))
        kinds = ALL
    if kinds != ALL:
        faults += [((*at, "kinds", number), f"there is no kind of document '{one}'")
                   for number, one in enumerate(kinds) if one not in DOCUMENTS]  # fmt: skip
    questions = row.get("questions")
    if not isinstance(questions, list) or not questions:
        faults.append(((*at, "questions"), "a list of questions is needed"))
        questions = []
    return QuestionSection(
        name, title, None if kinds == ALL else frozenset(map(str, kinds)),
        tuple(_question(one, name, (*at, "questions", number), faults)
              for number, one in enumerate(questions)),
    )  # fmt: skip


def _question(row: Any, section: str, at: Location, faults: list[tuple[Location, str]]) -> Question:
    if not isinstance(row, dict):
        faults.append((at, "fields are needed: id, weight, question, evidence"))
        return Question("", MINOR, "", "")
    name, weight, words, evidence = (
        _text(row, key, at, faults) for key in ("id", "weight", "question", "evidence")
    )
    if name and not (name.startswith(section) and name.removeprefix(section).isdigit()):
        faults.append(((*at, "id"), f"the section's letter and a number are needed, as {section}1"))
    if weight and weight not in WEIGHTS:
        faults.append(((*at, "weight"), f"one of {', '.join(WEIGHTS)} is needed"))
    return Question(name, weight, words, evidence)


def _text(
    row: Mapping[str, Any], key: str, at: Location, faults: list[tuple[Location, str]]
) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        faults.append(((*at, key), "a text is needed"))
        return ""
    return value.strip()


def _require_once(
    sections: Sequence[QuestionSection], faults: list[tuple[Location, str]]
) -> None:
    seen: set[str] = set()
    for at, section in enumerate(sections):
        for number, one in enumerate(section.questions):
            if one.id and one.id in seen:
                faults.append((("sections", at, "questions", number, "id"),
                               f"{one.id} is there twice"))  # fmt: skip
            seen.add(one.id)
