"""The facts of a change assessment: the change, each regime with every question, who signed."""

from __future__ import annotations

from dataclasses import dataclass

from measures.estimate import Estimate
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
    unsettled: str = ""
    """Why a release cannot rest on the result yet; '' where it can."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The version that was cleared or certified last, and all in which the candidate differs.

    decided: the decisions on record by which it was cleared, each with record, authority, number
    and day. changes: record, version, reason and status of every change since. differences: what,
    before and after. performance: test, measure, and both estimates with their records.
    """

    version: str
    decided: tuple[tuple[str, str, str, str], ...]
    changes: tuple[tuple[str, str, str, str], ...]
    differences: tuple[tuple[str, str, str], ...]
    performance: tuple[tuple[str, str, Estimate | None, str, Estimate | None, str], ...]


@dataclass(frozen=True, slots=True)
class RiskBeside:
    """The risk file when the change was proposed and the one accepted last.

    before, after: each as 'RKF-0001, version 1', '' where none was in force. items: code, hazard,
    both estimates with the controls in place, and the record.
    """

    before: str
    after: str
    items: tuple[tuple[str, str, str, str, str], ...]


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
    criteria: tuple[tuple[str, str, str, str], ...]
    """Criterion, what was found, verdict and record."""
    regimes: tuple[AssessedRegime, ...]
    traces: tuple[Trace, ...]
    compared: Compared | None = None
    """None where the version that it was compared with is no longer on record."""
    risk: RiskBeside | None = None
    """None where no risk file was ever in force."""
