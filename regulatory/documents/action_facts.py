"""The facts of what was done: field actions, corrections and CAPAs, and what was submitted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from regulatory.documents.blocks import Signed


@dataclass(frozen=True, slots=True)
class SubmissionEntry:
    """A report or a form on its way to an authority."""

    record: str
    of: str
    authority: str
    channel: str
    attempts: tuple[str, ...]
    status: str
    reference: str
    reference_status: str
    acknowledged: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class CapaEntry:
    """A corrective or preventive action with its steps.

    steps: the name of a field, and what was said.
    """

    record: str
    source: str
    problem: str
    steps: tuple[tuple[str, str], ...]
    criterion: str
    effectiveness: str
    closed_as: str
    owner: str
    due: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    status: str
    opened: str
    implemented: str
    closed: str
    external_number: str
    signatures: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class NoCapaEntry:
    """The signed decision that a record needs no CAPA."""

    record: str
    source: str
    grounds: str
    decided: str
    signatures: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionEntry:
    """Whether a correction is reported, under each regime, and by when.

    answers: regime, 'reported' or 'not reported', why. due: the last day of a report under Part 806
    by R-806-02, with the version and citation of the rule.
    """

    record: str
    source: str
    site: str
    words: str
    aware_at: datetime
    initiated_at: datetime
    status: str
    answers: tuple[tuple[str, str, str], ...]
    assessed: str
    due: date | None
    rule_version: str
    citation: str
    checked: bool
    signatures: tuple[Signed, ...] = ()

    def answer(self, regime: str) -> tuple[str, str] | None:
        """What was answered under a regime, and why; None while it is open."""
        return next(((said, why) for name, said, why in self.answers if name == regime), None)


@dataclass(frozen=True, slots=True)
class InstallationRow:
    """A site and version of the scope."""

    site: str
    version: str
    name: str
    modes: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class ConsigneeRow:
    """Where one recipient of a notice stands."""

    site: str
    installations: int
    status: str
    notified: str
    reminded: str
    answered: str
    done: str
    corrected: str
    words: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step with one recipient, as it was recorded."""

    record: str
    site: str
    step: str
    on: date
    channel: str
    addressee: str
    words: str
    installations: int | None
    recorded: str


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """The signed check whether an action worked."""

    record: str
    result: str
    words: str
    totals: str
    decided: str
    signatures: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """A correction or removal in the field."""

    record: str
    kind: str
    versions: tuple[tuple[str, str], ...]
    since: str
    reason: str
    risk: str
    actions: str
    advice: str
    timetable: str
    act_by: str
    remind_after: int
    notice: str
    languages: tuple[str, ...]
    incidents: tuple[str, ...]
    ties: tuple[str, ...]
    criterion: str
    status: str
    opened: str
    opened_by: str
    opened_at: datetime
    in_force: str
    ended: str
    scope: tuple[InstallationRow, ...]
    consignees: tuple[ConsigneeRow, ...]
    steps: tuple[StepRow, ...]
    totals: str
    not_covered: tuple[str, ...]
    checks: tuple[CheckEntry, ...]
    submissions: tuple[SubmissionEntry, ...]
    signatures: tuple[Signed, ...] = ()
