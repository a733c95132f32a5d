"""The facts of a change log and of release notes: versions, their changes, known problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, ModelName
from regulatory.documents.retraining_facts import RetrainingFacts


@dataclass(frozen=True, slots=True)
class RegimeDecision:
    """What a change means under one regime: EU MDR, FDA, the device's PCCP."""

    regime: str
    decision: str
    basis: str


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """A change request from proposal to its outcome, with the evidence and the approvals.

    criteria: criterion, verdict ('met', 'not met', 'not estimable') and record, as stored.
    """

    record: str
    title: str
    description: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    status: str
    outcome: str
    decided_at: datetime | None = None
    decided_by: str = ""
    outcome_reason: str = ""
    risk_review: str = ""
    """What a person wrote of the risk of the change; '' where nobody did."""
    regimes: tuple[RegimeDecision, ...] = ()
    criteria: tuple[tuple[str, str, str], ...] = ()
    evidence: tuple[str, ...] = ()
    approvals: tuple[Signed, ...] = ()
    release_record: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentEntry:
    """Where a version ran, live or as a shadow, from when to when."""

    record: str
    site: str
    mode: str
    started: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """A model version with the changes that led to it and where it ran."""

    version: ModelName
    status: str
    made_at: datetime
    dataset: str
    predecessor: str = ""
    changes: tuple[ChangeEntry, ...] = ()
    deployments: tuple[DeploymentEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class DefinitionEntry:
    """A revision of the device definition."""

    record: str
    revision: str
    digest: str
    status: str
    at: datetime
    summary: str = ""


@dataclass(frozen=True, slots=True)
class ProblemEntry:
    """A problem of a version, in the reporter's words, and what was decided of it."""

    record: str
    version: str
    words: str
    severity: str
    state: str
    risk: str = ""
    rationale: str = ""
    reported: str = ""
    decided: str = ""
    fixed_in: str = ""


@dataclass(frozen=True, slots=True)
class ChangeLogFacts:
    """Everything a change log quotes; versions newest first."""

    edition: Edition
    versions: tuple[VersionEntry, ...]
    definitions: tuple[DefinitionEntry, ...]
    traces: tuple[Trace, ...]
    retraining: RetrainingFacts | None = None
    problems: tuple[ProblemEntry, ...] | None = None
    """Every problem report, in the internal log; None in that for regulators."""


@dataclass(frozen=True, slots=True)
class NotedRelease:
    """A released version as its users are told: what differs for them and what they must do.

    replaces: the version before, by name; empty for the first.
    """

    name: str
    at: datetime
    replaces: str = ""
    changes: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseNotesFacts:
    """What users are told, newest release first.

    anomalies: not corrected, with a possible effect on safety, or not evaluated yet.
    without_effect: how many are known and were evaluated as without one.
    """

    edition: Edition
    releases: tuple[NotedRelease, ...]
    anomalies: tuple[ProblemEntry, ...]
    corrected: tuple[ProblemEntry, ...]
    without_effect: int
    compatibility: tuple[tuple[str, str], ...]
    claims: tuple[tuple[str, float], ...]
    purpose: str
    indications: str
    contraindications: tuple[str, ...]
    traces: tuple[Trace, ...]
    open_corrections: int = 0
    """CAPAs that belong to an incident with the device and are not closed."""
