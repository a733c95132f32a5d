"""Which civil date is day 0: who became aware, where that person was, and in which order.

No text fixes a time zone; the policy (R-TIME-04) is the person's own civil date, with an alarm by
an earlier date at the head office or the authority.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Final

from records.errors import InvalidInput
from records.zones import require_own_offset
from regulatory.rules.facts import Facts, FactsMissing, coded, instant_with_offset, zone

ANY_EMPLOYEE: Final = "ANY_EMPLOYEE"
MANAGEMENT: Final = "RA_OR_MANAGEMENT"
"""Who manages or supervises regulatory, scientific or technical staff, or whose duty it is to
collect or report adverse events (21 CFR 803.3(b)(2))."""
EMPLOYEES: Final = (ANY_EMPLOYEE, MANAGEMENT)
OUTSIDE: Final = ("AUTHORISED_REPRESENTATIVE", "OUTSOURCED_HANDLER", "CONTRACTOR", "DISTRIBUTOR")
"""No employees in the text of Part 803: their notice is a candidate on which a person decides. In
the EU the representative and an outsourced handler make the manufacturer aware (MDCG 2023-3,
Q14)."""
EU_PERSONS: Final = (*EMPLOYEES, *OUTSIDE[:2])


@dataclass(frozen=True, slots=True)
class Aware:
    """Day 0 of a clock, and the date of the same instant where another zone reads another."""

    day0: date
    alternative: date | None = None

    def said(self) -> dict[str, Any]:
        """The alternative, where there is one."""
        other = self.alternative
        return {} if other is None else {"alternative_day0": other.isoformat()}


@dataclass(frozen=True, slots=True)
class _Fact:
    at: datetime
    zone: tzinfo
    person: str


def first_aware(facts: Facts, persons: tuple[str, ...] = EMPLOYEES) -> Aware | None:
    """Since when one of these persons is aware; None where none of them is yet.

    Raises:
        FactsMissing: Neither `awareness_facts` nor `awareness_local_date` is there, or, where only
            management counts, the class of the person is not.
        InvalidInput: An awareness fact is malformed.
    """
    if facts.has("awareness_facts"):
        return _of_facts(facts, lambda one: one.person in persons)
    day = facts.day("awareness_local_date")
    if persons == (MANAGEMENT,) and facts.text("awareness_person_class") != MANAGEMENT:
        return None
    facts.told("awareness_person_class")
    return Aware(day)


def candidates(facts: Facts) -> list[str]:
    """Instants at which somebody outside learnt of it; whether they count is decided by people."""
    if not facts.has("awareness_facts"):
        return []
    return [f"{one.person} at {one.at.isoformat()}" for one in _facts(facts)
            if one.person in OUTSIDE]  # fmt: skip


def _of_facts(facts: Facts, counts: Callable[[_Fact], bool]) -> Aware | None:
    found = sorted((one for one in _facts(facts) if counts(one)), key=lambda one: one.at)
    if not found:
        return None
    first = found[0]
    day0 = first.at.astimezone(first.zone).date()
    elsewhere = {
        first.at.astimezone(zone(name, facts.text(name))).date()
        for name in ("hq_tz", "authority_tz") if facts.told(name) is not None
    } - {day0}  # fmt: skip
    return Aware(day0, min(elsewhere, default=None))


def _facts(facts: Facts) -> list[_Fact]:
    rows = facts.items("awareness_facts")
    if not rows:
        raise FactsMissing("Missing facts: awareness_facts is empty.")
    return [_fact(f"awareness_facts[{place}]", row) for place, row in enumerate(rows)]


def _fact(name: str, row: Any) -> _Fact:
    if not isinstance(row, dict):
        raise InvalidInput(f"{name}: {row!r} is no object with fields.")
    absent = [f"{name}.{one}" for one in ("at", "tz", "person_class") if row.get(one) is None]
    if absent:
        raise FactsMissing(f"Missing facts: {', '.join(absent)}.")
    person = coded(f"{name}.person_class", row["person_class"], (*EMPLOYEES, *OUTSIDE))
    at = instant_with_offset(f"{name}.at", row["at"])
    place = zone(f"{name}.tz", row["tz"])
    require_own_offset(f"{name}.at", at, place.key)
    return _Fact(at, place, person)
