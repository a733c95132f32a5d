"""The facts of the list of software of others (SOUP) and of the bill of materials."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, ModelName, Note, Notes


@dataclass(frozen=True, slots=True)
class ComponentEntry:
    """A component that the list names; empty fields are what nobody wrote there."""

    name: str
    version: str
    supplier: str
    purpose: str
    needs: str
    group: str
    hazard: str
    risk_item: str
    anomalies: str
    last_check: str
    evaluation: str
    support_end: str


@dataclass(frozen=True, slots=True)
class AdvisoryEntry:
    """An advisory that names a locked component, and what was decided."""

    record: str
    component: str
    version: str
    advisory: str
    affected_range: str
    severity: str
    status: str
    words: str
    justification: str
    decided: str
    due: date


@dataclass(frozen=True, slots=True)
class SoupReviewEntry:
    """A review of the list: of the present lock and list, or of another."""

    record: str
    components: int
    of_lock: bool
    of_list: bool
    gaps: tuple[str, ...]
    conclusion: Note
    signed: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class Installed:
    """What the last check of the installation found of its packages."""

    record: str
    at: datetime
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class SoupListFacts:
    """Everything the list of software of others quotes.

    brought: name, version, and the listed component that brings it.
    gaps: what stands between lock, list and review.
    """

    edition: Edition
    traces: tuple[Trace, ...]
    lock_digest: str
    list_digest: str
    components: tuple[ComponentEntry, ...]
    brought: tuple[tuple[str, str, str], ...]
    advisories: tuple[AdvisoryEntry, ...]
    reviews: tuple[SoupReviewEntry, ...]
    gaps: tuple[str, ...]
    installed: Installed | None = None
    notes: Notes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BillEntry:
    """A component as the bill of materials lists it; empty where the package states nothing."""

    name: str
    version: str
    supplier: str
    licence: str
    purl: str
    through: str
    digest: str
    support_end: str


@dataclass(frozen=True, slots=True)
class BillFacts:
    """Everything the readable bill of materials quotes.

    bill: the CycloneDX JSON itself, attached to the document; '' where there is no version.
    version: the one that it is of; released: whether that is released.
    """

    edition: Edition
    traces: tuple[Trace, ...]
    version: ModelName | None
    released: bool
    bill: str
    bill_digest: str
    serial: str
    schema: str
    at: str
    author: str
    supplier: str
    contact: str
    components: tuple[BillEntry, ...]
    relations: int
    model_lines: tuple[tuple[str, str], ...]
    advisories: tuple[AdvisoryEntry, ...]
    notes: Notes = field(default_factory=dict)
