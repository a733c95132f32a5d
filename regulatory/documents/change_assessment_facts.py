"""The facts of a change assessment: the change, each regime with every question, who signed."""

from __future__ import annotations

from dataclasses import dataclass

from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Notes


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """One question: the answer, or why it was not reached; rationale and evidence."""

    id: str
    ask: str
    answer: str
    by: str
    why: str
    evidence: str


@dataclass(frozen=True, slots=True)
class AssessedRegime:
    """What the change is under one regime, and what that rests on."""

    record: str
    title: str
    rule: str
    citation: str
    checked: str
    result: str
    status: str
    rationale: str
    override: str
    settled: str
    rule_version: str
    rules_approved: str
    questions: tuple[AnsweredQuestion, ...]
    approvals: tuple[Signed, ...]


@dataclass(frozen=True, slots=True)
class ChangeAssessmentFacts:
    """Everything that a change assessment quotes."""

    edition: Edition
    kind: str
    record: str
    title: str
    description: str
    reason: str
    affected_items: tuple[str, ...]
    stated: Notes
    """Under 'risk review' and 'verification plan' what a person wrote of the change."""
    candidate: str
    compared_with: str
    since_then: tuple[str, ...]
    """Versions released since the one cleared last: what adds up."""
    criteria: tuple[tuple[str, str, str], ...]
    regimes: tuple[AssessedRegime, ...]
    traces: tuple[Trace, ...]
