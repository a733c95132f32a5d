"""The facts of the validation package of this software itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Notes
from regulatory.documents.soup_facts import SoupReviewEntry
from regulatory.documents.trace_facts import RequirementEntry, TestRunFacts


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """A function of the software, with what its makers propose of it."""

    id: str
    name: str
    does: str
    rooms: str
    qualification: str
    because: str
    software_class: str
    class_because: str
    failure: str
    seen_by: str
    process_risk: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """A check of the installation: name, state and words of each point."""

    record: str
    at: datetime
    by: str
    sound: bool
    points: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """Everything the validation package quotes.

    sections: title of each section of the catalogue with its requirements.
    passed_tests: for each function, how many of its requirements are verified, and of how many.
    """

    edition: Edition
    traces: tuple[Trace, ...]
    software: str
    catalogue_version: int
    functions_digest: str
    catalogue_digest: str
    purpose: str
    not_for: str
    functions: tuple[FunctionEntry, ...]
    sections: tuple[tuple[str, tuple[RequirementEntry, ...]], ...]
    run: TestRunFacts | None
    failed: tuple[str, ...]
    check: CheckEntry | None
    lock_digest: str
    review: SoupReviewEntry | None
    notes: Notes = field(default_factory=dict)
