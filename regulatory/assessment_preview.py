"""An assessment before it is recorded: what stands of each fact and where it comes from, and what
the rules would say of it now. Nothing is recorded by looking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlmodel import Session

from records.errors import InvalidInput, Refused
from records.incidents import Incident, record_facts
from records.reportabilities import standing_instance
from regulatory.event_places import place_of_site
from regulatory.question_words import WORDS
from regulatory.reportability import (
    RULES,
    clocks_in,
    facts_to_assess,
    known_facts,
    reportable_by,
    row_in,
)
from regulatory.rules.applying import apply_rules

_OF_THE_RECORD: Final = ("awareness_facts", "harm_outcome")
"""What is always read from the record, whatever was told before."""


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact that stands today, and the record that it comes from."""

    name: str
    value: Any
    source: str

    @property
    def words(self) -> str:
        """What it is, as people are asked for it."""
        return WORDS.get(self.name, self.name.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rules would say now: verdict, clocks and articles, or why they say nothing yet.

    lacks: the sentence of the rules on what is missing or contradicts itself; empty where they
    answer. reportable: None where they leave it open, or do not answer.
    """

    reportable: bool | None
    clocks: tuple[dict[str, Any], ...] = ()
    answer: Mapping[str, Any] | None = None
    lacks: str = ""

    @property
    def work_by(self) -> date | None:
        """The earliest day to work towards; None where no clock would run."""
        days = [
            str(one.get("due_strict") or one.get("due_target") or one.get("due_legal"))
            for one in self.clocks
            if one.get("due_strict") or one.get("due_target") or one.get("due_legal")
        ]
        return min(map(date.fromisoformat, days), default=None)

    @property
    def articles(self) -> tuple[str, ...]:
        """What the rules cite."""
        cited = (self.answer or {}).get("citations") or {}
        return tuple(dict.fromkeys(map(str, cited.values())))


def known_with_sources(
    session: Session, incident: Incident, jurisdiction: str
) -> list[KnownFact]:
    """Every fact that stands of an incident in a jurisdiction, with the record that it is from."""
    row = row_in(session, incident, jurisdiction)
    standing = standing_instance(session, row) if row is not None else None
    told = record_facts(session, incident)
    known = known_facts(session, incident, row)
    place = place_of_site(session, incident, jurisdiction, known)
    before = f"{standing.label}, assessed {standing.assessed_at:%Y-%m-%d} by " \
             f"{standing.assessed_by}" if standing else ""  # fmt: skip
    found = []
    for name, value in (known | place).items():
        if name in place:
            source = f"the record of the site {incident.site}"
        elif standing is not None and name in standing.facts and name not in _OF_THE_RECORD:
            source = before
        else:
            source = f"{incident.label}, the record of the incident" if name in told else before
        found.append(KnownFact(name, value, source))
    return found


def preview_assessment(
    session: Session, incident: Incident, jurisdiction: str, given: Mapping[str, Any]
) -> Preview:
    """What the rules of a jurisdiction say of what is known and given, as an assessment would."""
    if jurisdiction not in RULES:
        return Preview(None, lacks=f"No rules of {jurisdiction or 'this jurisdiction'} are loaded: "
                       "no day is given. An assessment says so on record.")  # fmt: skip
    try:
        facts = facts_to_assess(session, incident, jurisdiction, given)
        answer = apply_rules(RULES[jurisdiction], facts)
    except (Refused, InvalidInput) as why:
        return Preview(None, lacks=f"{why.message} {why.hint}".strip())
    return Preview(reportable_by(answer, jurisdiction), tuple(clocks_in(answer)), answer)
