"""The facts of known anomalies and of a release record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Measured, ModelName, Notes
from regulatory.documents.soup_facts import AdvisoryEntry
from regulatory.documents.trace_facts import TestRunFacts


@dataclass(frozen=True, slots=True)
class AnomalyEntry:
    """A problem report with what was evaluated and decided of it, and by whom."""

    record: str
    version: str
    version_record: str
    words: str
    severity: str
    reported: str
    status: str
    risk: str
    rationale: str
    decided: str
    fixed_in: str
    signed: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownAnomaliesFacts:
    """Everything the list of known anomalies quotes.

    anomalies: not fixed; fixed: those that are gone. newest: the version that stands last.
    """

    edition: Edition
    traces: tuple[Trace, ...]
    newest: ModelName | None
    newest_words: str
    anomalies: tuple[AnomalyEntry, ...]
    fixed: tuple[AnomalyEntry, ...]
    advisories: tuple[AdvisoryEntry, ...]
    counted: Mapping[str, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """A release or the refusal of one."""

    record: str
    change: str
    version: str
    outcome: str
    reason: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class CriterionEntry:
    """What was found last of an acceptance criterion of the version."""

    record: str
    criterion: str
    statement: str
    verdict: str
    observed: float | None
    bound: float


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Everything a release record quotes; `decision` is that on the version, or None.

    configuration, archive, udi: name, value, record. changes: kind of item and what differs.
    not_judged: the criteria that the version's definition declares and no verdict is on record of.
    notes_document: number, revision and status of the release notes; '' where there are none.
    """

    edition: Edition
    traces: tuple[Trace, ...]
    version: ModelName | None
    decision: DecisionEntry | None
    earlier: tuple[DecisionEntry, ...]
    configuration: tuple[tuple[str, str, str], ...] = ()
    archive: tuple[tuple[str, str], ...] = ()
    archive_record: str = ""
    replaces: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    change_record: str = ""
    change_lines: tuple[tuple[str, str], ...] = ()
    criteria: tuple[CriterionEntry, ...] = ()
    not_judged: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()
    run: TestRunFacts | None = None
    anomalies: tuple[AnomalyEntry, ...] = ()
    gate: tuple[str, ...] = ()
    udi: tuple[tuple[str, str, str], ...] = ()
    approvals: tuple[Signed, ...] = ()
    sites: tuple[tuple[str, str, str, datetime, str], ...] = ()
    notes_document: tuple[str, str, str] = ("", "", "")
    notes: Notes = field(default_factory=dict)
