"""Question trees as data: walked from the first question to a result, or blocked by an unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from records.yaml_source import read_yaml
from regulatory.rules.dictionary import DATA
from regulatory.rules.facts import Facts, FactsMissing, all_of, any_of

BLOCKED: Final = "BLOCKED"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its words, the facts that answer it, and where each answer leads."""

    id: str
    ask: str
    facts: tuple[str, ...]
    any_of_them: bool
    yes: str
    no: str
    open: bool
    always: bool | None
    part_of: str
    leave_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """The questions of one rule, its results, and where it starts."""

    id: str
    version: int
    rule: str
    start: str
    results: tuple[str, ...]
    questions: Mapping[str, Question]


@dataclass(frozen=True, slots=True)
class Walk:
    """A result, the question where it stopped, every answer on the way, and what was not asked."""

    result: str
    stopped_at: str
    answers: Mapping[str, bool | None]
    not_asked: tuple[str, ...]
    not_reached: tuple[str, ...]
    unknown: tuple[str, ...]

    def said(self) -> dict[str, Any]:
        """The walk as an answer tells it."""
        told: dict[str, Any] = {
            "stopped_at": self.stopped_at, "answers": dict(self.answers),
            "not_reached": list(self.not_reached),
        }  # fmt: skip
        if self.not_asked:
            told["not_asked"] = list(self.not_asked)
        return told | ({"open_facts": list(self.unknown)} if self.unknown else {})


@cache
def trees() -> Mapping[str, Tree]:
    """Every tree by its name."""
    content = read_yaml(DATA / "trees.yaml").content
    return {
        name: Tree(
            name, content["version"], said["rule"], said["start"], tuple(said["results"]),
            {one: _question(one, fields) for one, fields in said["questions"].items()},
        )
        for name, said in content["trees"].items()
    }


def _question(name: str, said: Mapping[str, Any]) -> Question:
    by = said["if"]
    either = by["any"] if isinstance(by, dict) else None
    facts = either or (by if isinstance(by, list) else [by])
    return Question(
        name, said["ask"], tuple(facts), either is not None, said["yes"], said["no"],
        bool(said.get("open")), said.get("always"), said.get("part_of", name),
        tuple(said.get("leave_out", ())),
    )


def walk(tree: Tree, facts: Facts) -> Walk:
    """Answer question after question by the facts.

    Raises:
        FactsMissing: A question on the way has no answer, and may not be left open.
    """
    step, answers, passed = tree.start, dict[str, bool | None](), list[str]()
    while step in tree.questions:
        question = tree.questions[step]
        answer, asked = _answer(question, facts)
        if not asked:
            passed.append(question.part_of)
        answers[question.part_of] = answer
        stopped = question.part_of
        if answer is None:
            unknown = [name for name in question.facts if facts.told(name) is None]
            return _end(tree, BLOCKED, stopped, answers, passed, unknown)
        step = question.yes if answer else question.no
    return _end(tree, step, stopped, answers, passed, [])


def way(tree: Tree, facts: Facts) -> tuple[list[tuple[Question, bool | None]], str | None]:
    """The questions as far as the facts lead, each with its answer, and the result if they do.

    The last question has no answer where its facts are missing: it is the next one to be asked.
    """
    step, passed = tree.start, list[tuple[Question, bool | None]]()
    while step in tree.questions:
        question = tree.questions[step]
        try:
            answer, asked = _answer(question, facts)
        except FactsMissing:
            answer, asked = None, False
        passed.append((question, answer if asked else None))
        if answer is None or not asked:
            known = all(facts.has(name) for name in question.facts)
            return passed, BLOCKED if known else None
        step = question.yes if answer else question.no
    return passed, step


def _end(
    tree: Tree, result: str, stopped: str, answers: dict[str, bool | None], passed: list[str],
    unknown: list[str],
) -> Walk:
    left = tuple(one.id for one in tree.questions.values() if one.part_of not in answers)
    return Walk(result, stopped, answers, tuple(passed), left, tuple(unknown))


def _answer(question: Question, facts: Facts) -> tuple[bool | None, bool]:
    """The answer, and whether it was asked: an open or a software question may be passed."""
    names = [name for name in question.facts if facts.has(name) or name not in question.leave_out]
    given = [name for name in names if facts.has(name)]
    if not given and question.always is not None:
        return question.always, True
    if not given and question.open:
        return False, False
    if question.any_of_them:
        known = [facts.value(name) for name in given]
        if any_of(known) is not True:
            facts.need(*names)
        return any_of(known), True
    known = [facts.yes_no(name) for name in names]
    return all_of(known), True
