"""The facts of documents about one event or action: who knew when, what was decided, sent, done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from regulatory.documents.action_facts import (
    ActionEntry,
    CapaEntry,
    CorrectionEntry,
    NoCapaEntry,
    SubmissionEntry,
)
from regulatory.documents.blocks import Signed
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Notes


@dataclass(frozen=True, slots=True)
class FormEntry:
    """A field of a form: its number, what stands in it, and the records that filled it.

    state: 'value', 'unknown', 'not applicable' or 'empty'. rows: of a table, by its columns.
    why_missing: why a needed field has no answer; wrong: what is wrong with the answer.
    """

    number: str
    key: str
    name: str
    state: str
    words: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    reason: str = ""
    attempts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    why_missing: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class FormFacts:
    """A form as it stands: kept as a record, or what records alone would fill in.

    record: the kept version; empty where none was kept. not_read: why its fields cannot be told.
    changed: number, field, change, what stood there, what stands there now.
    """

    form: str
    title: str
    edition: str
    numbers: str
    primary_text_checked: bool
    entries: tuple[FormEntry, ...]
    record: str = ""
    version: int = 0
    digest: str = ""
    filled_by: str = ""
    filled_at: datetime | None = None
    follows: str = ""
    changed: tuple[tuple[str, str, str, str, str], ...] = ()
    released: tuple[Signed, ...] = ()
    not_ready: tuple[str, ...] = ()
    not_read: str = ""


@dataclass(frozen=True, slots=True)
class AwarenessEntry:
    """Who became aware, when, in which zone, and whether clocks run from it."""

    record: str
    person: str
    person_class: str
    known_at: datetime
    zone: str
    local: str
    how: str
    counts: bool
    recorded: str


@dataclass(frozen=True, slots=True)
class GoverningEntry:
    """The signed decision which awareness fact counts first."""

    record: str
    fact: str
    set_aside: tuple[str, ...]
    grounds: str
    decided: str


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock: its name, member state, what set it off, day 0 and the days that follow."""

    clock: str
    state: str
    trigger: str
    day0: str
    due_target: str
    due_legal: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class ClockEntry:
    """What the rules said of the facts that were known at one time; the last one stands."""

    record: str
    version: int
    stands: bool
    said: str
    rules: tuple[str, ...]
    rule_version: str
    citations: tuple[str, ...]
    checked: bool
    classification: str
    facts: tuple[tuple[str, str], ...]
    open_facts: tuple[str, ...]
    clocks: tuple[ClockRow, ...]
    no_clock: str
    work_by: date | None
    due_legal: date | None
    grounds: str
    assessed: str
    five_day: str = ""


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """A signed decision of a person on one row, also a negative one."""

    record: str
    decision: str
    on: str
    against_rules: bool
    grounds: str
    decided: str
    signatures: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A version of the report of an incident."""

    record: str
    version: int
    kind: str
    event_type: str
    form: str
    filled: str
    changed: str
    due: date | None
    prepared: str
    no_form: str = ""


@dataclass(frozen=True, slots=True)
class JurisdictionEntry:
    """One incident in one jurisdiction."""

    record: str
    incident: str
    jurisdiction: str
    status: str
    clocks: tuple[ClockEntry, ...]
    decisions: tuple[DecisionEntry, ...]
    reports: tuple[ReportEntry, ...]
    submissions: tuple[SubmissionEntry, ...]

    @property
    def standing(self) -> ClockEntry | None:
        """The instance that stands; None before the first assessment."""
        return self.clocks[-1] if self.clocks else None


@dataclass(frozen=True, slots=True)
class StatusMove:
    """A record went from one status to another, as the audit trail tells it; at: in UTC."""

    record: str
    was: str
    now: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class QuestionEntry:
    """What a site was asked, and what it answered."""

    record: str
    asked: str
    channel: str
    question: str
    asked_by: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class IncidentEntry:
    """One incident with who knew when, each jurisdiction and the questions to sites."""

    record: str
    complaint: str
    site: str
    version: str
    words: str
    event: str
    harm: str
    categories: tuple[str, ...]
    status: str
    opened: str
    conclusion: str
    closed: str
    awareness: tuple[AwarenessEntry, ...]
    governing: GoverningEntry | None
    jurisdictions: tuple[JurisdictionEntry, ...]
    questions: tuple[QuestionEntry, ...]
    signatures: tuple[Signed, ...] = ()

    def place(self, jurisdiction: str) -> JurisdictionEntry | None:
        """The row of a jurisdiction; None where it was not looked at."""
        return next((one for one in self.jurisdictions if one.jurisdiction == jurisdiction), None)


@dataclass(frozen=True, slots=True)
class ComplaintEntry:
    """A complaint as it came, and what was found of it."""

    record: str
    old_number: str
    words: str
    channel: str
    site: str
    version: str
    received: str
    event: str
    involved: tuple[str, ...]
    harm: str
    harm_grounds: str
    categories: tuple[str, ...]
    investigated: str
    investigation: str
    similar_to: str
    elements: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    completeness_asked: bool
    recorded: str
    status: str
    conclusion: str
    closed: str
    links: tuple[tuple[str, str, str, str, str], ...] = ()
    signatures: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class FormLine:
    """A kept form of any record of the case."""

    record: str
    form: str
    about: str
    version: int
    follows: str
    reference: str
    missing: int
    filled: str
    not_ready: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Everything on record of one case: the subject, and all that belongs to it."""

    edition: Edition
    subject: str
    complaints: tuple[ComplaintEntry, ...]
    incidents: tuple[IncidentEntry, ...]
    actions: tuple[ActionEntry, ...]
    corrections: tuple[CorrectionEntry, ...]
    capas: tuple[CapaEntry, ...]
    no_capas: tuple[NoCapaEntry, ...]
    forms: tuple[FormLine, ...]
    form_submissions: tuple[SubmissionEntry, ...]
    tied: tuple[tuple[str, str], ...]
    """Other records that the case is tied to: label, and by which record."""
    traces: tuple[Trace, ...]
    form: FormFacts | None = None
    notes: Notes | None = None
    moves: tuple[StatusMove, ...] = ()

    def moved_by(self, record: str, status: str) -> str:
        """Who brought a record to a status; '' where the trail does not tell."""
        return next((one.by for one in self.moves
                     if (one.record, one.now) == (record, status)), "")  # fmt: skip

    @property
    def incident(self) -> IncidentEntry | None:
        """The incident that the document is about."""
        return next((one for one in self.incidents if one.record == self.subject), None)

    @property
    def action(self) -> ActionEntry | None:
        """The field action that the document is about."""
        return next((one for one in self.actions if one.record == self.subject), None)
