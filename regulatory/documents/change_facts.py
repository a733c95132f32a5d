"""The facts of a change log: versions, the changes that led to them, where they ran."""

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
    change_risk: str = ""
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
class ChangeLogFacts:
    """Everything a change log quotes; versions newest first."""

    edition: Edition
    versions: tuple[VersionEntry, ...]
    definitions: tuple[DefinitionEntry, ...]
    traces: tuple[Trace, ...]
    retraining: RetrainingFacts | None = None
