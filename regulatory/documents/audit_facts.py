"""The facts of an audit-trail export: events in scope, check of the chain, machine copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition

CREATIONS = ("create", "create batch")
"""The actions by which records come to be: one, or many in one event."""

ROUTINE_RECORDS = frozenset(
    {
        "ChartBaseline",
        "ChartPoint",
        "EvaluationResult",
        "Instance",
        "JourneyStep",
        "MonitoringRun",
        "Prediction",
        "Quarantine",
        "ReaderAssessment",
        "ReferenceStandard",
        "Study",
    }
)
"""Records that a service makes by the thousand in routine operation."""

ROUTINE_RULE = (
    "An event is routine when a service, not a person, created records of one of these kinds, "
    "one or a batch in an event: "
    + ", ".join(sorted(ROUTINE_RECORDS))
    + ". Every other event is printed: all acts of people, all changes of a record or its status, "
    "all signatures, sign-ins, exports and refusals."
)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event of the audit trail. actor_kind: 'person', 'service' or 'unknown'."""

    sequence: int
    at: datetime
    actor: str
    actor_kind: str
    roles: tuple[str, ...]
    action: str
    subject: str
    reason: str
    old: str
    new: str
    software: str
    digest: str
    label: str = ""
    """The record as every other document names it, such as CMP-0002; '' where it is none."""

    @property
    def named(self) -> str:
        """The record under both names: 'CMP-0002 (Complaint:2)'."""
        return f"{self.label} ({self.subject})" if self.label else self.subject

    @property
    def routine(self) -> bool:
        """Whether the event is counted instead of printed (ROUTINE_RULE)."""
        made = self.subject.partition(":")[0]
        created = self.action in CREATIONS and made in ROUTINE_RECORDS
        return self.actor_kind == "service" and created


@dataclass(frozen=True, slots=True)
class Scope:
    """What the export was asked to cover, by whom, why, and what the trail held."""

    query: str
    requester: str
    reason: str
    first: int
    last: int
    count: int
    missing: tuple[int, ...] = ()
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """The result of recomputing the chain and comparing it with the records."""

    whole: bool
    checked_at: datetime
    software: str
    events: int
    records: int
    head: str
    first_bad: int | None = None
    findings: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MachineCopy:
    """The JSON Lines file that holds every event in full."""

    name: str
    sha256: str
    events: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """Everything an audit-trail export quotes: `events` are all those in scope, in order."""

    edition: Edition
    scope: Scope
    check: ChainCheck
    copy: MachineCopy
    events: tuple[AuditRow, ...]
    signatures: tuple[tuple[str, Signed], ...]
    time_source: str
    traces: tuple[Trace, ...]
