"""The facts of a predetermined change control plan: what it allows, by which protocol, with what
impact, and what was done under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from regulatory.documents.blocks import Signed
from regulatory.documents.change_facts import NotedRelease
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, ModelName, Note


@dataclass(frozen=True, slots=True)
class LineageEntry:
    """A released version: when, by which change, and what the plan says of that change."""

    version: ModelName
    released_at: datetime | None
    change: str
    by_plan: str


@dataclass(frozen=True, slots=True)
class ModificationEntry:
    """A modification that the plan allows, with each bound in words, and the criteria it names."""

    id: str
    description: str
    bounds: tuple[str, ...]
    parameters: tuple[str, ...]
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedCriterion:
    """A criterion that a version made under the plan must meet.

    needed: studies of the kind that counts for a power of 80 % (exact test, one-sided 2.5 %) to
    show the bound where the claim is true; None with the reason in `assumed`. had: such studies in
    the locked test in use; None where there is no such test.
    """

    id: str
    statement: str
    group: str
    assumed: str
    counts: str
    needed: int | None
    had: int | None
    record: str


@dataclass(frozen=True, slots=True)
class PlanRisk:
    """An item of the risk file: harmful events expected, such as '5 in 100,000' studies read."""

    record: str
    code: str
    hazard: str
    harm: str
    before: str
    after: str
    basis: str
    residual: str


@dataclass(frozen=True, slots=True)
class ExecutedLine:
    """A line of the plan as checked: what was found, whether it is broken, and why."""

    fact: str
    found: str
    breaks: str
    because: str


@dataclass(frozen=True, slots=True)
class Execution:
    """A candidate held against the plan (R-PCCP-01). latest: whether it is the newest of its
    change. attempts: versions seen on the same locked tests, it included."""

    record: str
    change: str
    title: str
    candidate: str
    modification: str
    result: str
    checked_by: str
    checked_at: datetime
    latest: bool
    inputs_digest: str
    attempts: int | None
    deviations: tuple[str, ...]
    lines: tuple[ExecutedLine, ...]
    decision: str
    decision_status: str
    approvals: tuple[Signed, ...]
    decided: tuple[tuple[str, str, str], ...] = ()
    """Every regime that was decided for its change: regime with result, what settled it, record."""
    corrections: tuple[tuple[str, str], ...] = ()
    """Assessments whether stopping it or taking it back was a correction: words and record."""


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Everything that the plan quotes.

    record: the definition that declares it. authorization, pathway, update: name and words.
    attempts: versions that may be seen on the same locked tests; None where the plan states none.
    retraining: each part of the protocol in words. risk_file: record and status; '' without one.
    """

    edition: Edition
    record: str
    digest: str
    pathway: tuple[tuple[str, str], ...]
    authorization: tuple[tuple[str, str], ...]
    current: ModelName | None
    cleared: ModelName | None
    cleared_by: tuple[tuple[str, str], ...]
    lineage: tuple[LineageEntry, ...]
    scope: str
    sites: tuple[str, ...]
    frequency: str
    modifications: tuple[ModificationEntry, ...]
    data_practice: str
    data_plan: tuple[tuple[str, str], ...]
    retraining_practice: str
    retraining: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    criteria: tuple[PlannedCriterion, ...]
    subgroups: tuple[tuple[str, str], ...]
    minimum_n: int
    attempts: int | None
    cumulative: tuple[tuple[str, str], ...]
    update: tuple[tuple[str, str], ...]
    risk_file: str
    risk_status: str
    risks: tuple[PlanRisk, ...]
    releases: tuple[NotedRelease, ...]
    executions: tuple[Execution, ...]
    traces: tuple[Trace, ...]
    notes: Mapping[str, Note] = field(default_factory=dict)
