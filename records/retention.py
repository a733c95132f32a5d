"""Until when a record must be kept: the longest period that any law asks for, and never guessed.

The periods are data (``retention.yaml``) with a version. Nothing here deletes: rows and events are
kept for ever, bytes go by `records.deletions` only. What cannot be computed is kept.
"""

import math
from calendar import monthrange
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from records.errors import InvalidInput
from records.yaml_source import read_yaml

PERIODS = Path(__file__).parent / "retention.yaml"

Anchor = Literal[
    "last_unit_placed", "event_date", "release_date", "last_in_effect", "legal_basis_ends"
]
Life = Literal["expected_life_years", "device_lifetime_years"]
Jurisdiction = Literal["EU", "US"]


class Term(BaseModel):
    """One date: an anchor and how long after it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    anchor: Anchor
    years: int = Field(default=0, ge=0)
    implantable_years: int | None = Field(default=None, ge=0)
    months: int = Field(default=0, ge=0)
    plus: Life | None = None


class Rule(BaseModel):
    """What one law asks for; the latest of its terms counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jurisdiction: Jurisdiction
    citation: str = Field(min_length=3)
    until: tuple[Term, ...] = Field(min_length=1)


class Periods(BaseModel):
    """The rules of every kind of record, as of a version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    kept_with_their_record: frozenset[str]
    records: dict[str, tuple[Rule, ...]]
    tables: dict[str, str] = Field(default_factory=dict)
    """The kind of each table's records; one that is not named is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a record and its device; None is not known.

    last_unit_placed: for software as a service the last day on which the version was offered or
    activated. last_in_effect: of a policy. legal_basis_ends: the last day on which the data may be
    kept at all (contract, consent). The two lives are in years.
    """

    last_unit_placed: date | None = None
    event_date: date | None = None
    release_date: date | None = None
    last_in_effect: date | None = None
    legal_basis_ends: date | None = None
    expected_life_years: float | None = None
    device_lifetime_years: float | None = None
    implantable: bool = False
    legal_hold: bool = False
    still_placed: bool = False
    """A version runs: the last day is not reached, whatever was recorded of it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Until when, and why.

    retain_until: the last day of keeping; None where it cannot be computed: it is kept.
    deletion_blocked: by a legal hold, or because the day is not known. reasons: what blocks.
    version: of the periods.
    """

    retain_until: date | None
    deletion_blocked: bool
    reasons: tuple[str, ...]
    citations: tuple[str, ...]
    version: int

    @property
    def deletion_allowed_on(self) -> date | None:
        """The day after; a block that stands then still counts."""
        return None if self.retain_until is None else self.retain_until + timedelta(days=1)

    def allows_deletion(self, today: date) -> bool:
        """Whether the law would let it go today."""
        allowed = self.deletion_allowed_on
        return not self.deletion_blocked and allowed is not None and today >= allowed


def read_periods(path: Path = PERIODS) -> Periods:
    """The periods as they are written down.

    Raises:
        InvalidInput: With a line for each fault: file, line number, field, what is wrong.
    """
    source = read_yaml(path)
    try:
        return Periods.model_validate(source.content)
    except ValidationError as wrong:
        raise source.refusal([(error["loc"], error["msg"]) for error in wrong.errors()]) from wrong


def retention_of(
    record: str, jurisdictions: Collection[str], facts: Facts, periods: Periods
) -> Retention:
    """Until when a kind of record must be kept where its device is on the market.

    MDR Art. 10(8), AI Act Art. 18 and 19, 21 CFR 803.18(c), 806.20(c), 820.35,
    45 CFR 164.316(b)(2)(i): the longest counts.

    Raises:
        InvalidInput: The kind of record or a jurisdiction is not known here.
    """
    if record in periods.kept_with_their_record:
        return _kept((f"{record} is kept as long as the record it belongs to",), (), periods)
    rules = [rule for rule in _rules_of(record, periods) if rule.jurisdiction in jurisdictions]
    if unknown := sorted(set(jurisdictions) - {"EU", "US"}):
        raise InvalidInput(f"'{unknown[0]}' is no jurisdiction with rules.", hint="Known: EU, US.")
    citations = tuple(rule.citation for rule in rules)
    terms = [term for rule in rules for term in rule.until]
    missing = sorted({name for term in terms for name in _missing(term, facts)})
    if missing or not terms:
        reasons = [_lacks(name, facts) for name in missing] or ["no rule says how long"]
        return _kept((*reasons, *_hold(facts)), citations, periods)
    latest = max(_date_of(term, facts) for term in terms)
    return Retention(latest, facts.legal_hold, _hold(facts), citations, periods.version)


def _lacks(name: str, facts: Facts) -> str:
    if name == "last_unit_placed" and facts.still_placed:
        return "last_unit_placed does not count while a version runs"
    return f"{name} is not known"


def cited(citations: Iterable[str]) -> str:
    """Several citations as one text, each of their parts once.

    >>> cited(("GDPR Art. 17; own decision", "45 CFR 164.514; own decision"))
    'GDPR Art. 17; own decision; 45 CFR 164.514'
    """
    return "; ".join(dict.fromkeys(part for one in citations for part in one.split("; ")))


def _rules_of(record: str, periods: Periods) -> tuple[Rule, ...]:
    if record not in periods.records:
        known = ", ".join(sorted({*periods.records, *periods.kept_with_their_record}))
        raise InvalidInput(
            f"'{record}' is no kind of record with a period.", hint=f"Known: {known}."
        )
    return periods.records[record]


def _hold(facts: Facts) -> tuple[str, ...]:
    return ("a legal hold stands",) if facts.legal_hold else ()


def _kept(reasons: tuple[str, ...], citations: tuple[str, ...], periods: Periods) -> Retention:
    return Retention(None, True, reasons, citations, periods.version)


def _missing(term: Term, facts: Facts) -> list[str]:
    needed = [term.anchor, *([term.plus] if term.plus else [])]
    return [name for name in needed if getattr(facts, name) is None]


def _date_of(term: Term, facts: Facts) -> date:
    years: float = term.years
    if facts.implantable and term.implantable_years is not None:
        years = term.implantable_years
    if term.plus:
        years += getattr(facts, term.plus)
    # A part of a month is kept as a whole one: never a day too short.
    return months_after(getattr(facts, term.anchor), math.ceil(years * 12) + term.months)


def months_after(start: date, months: int) -> date:
    """The same day so many months later, or the last day of a month that is shorter.

    >>> months_after(date(2028, 2, 29), 120)
    datetime.date(2038, 2, 28)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
