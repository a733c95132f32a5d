"""Until when a record is kept, by the periods that the records themselves are kept by."""

from datetime import date
from functools import cache
from typing import Any, Final

from records.errors import InvalidInput
from records.retention import Facts as KeepingFacts
from records.retention import Periods, read_periods, retention_of
from regulatory.rules.facts import Facts

Answer = dict[str, Any]

_DAYS: Final = ("last_unit_placed", "event_date", "release_date", "last_in_effect",
                "legal_basis_ends")  # fmt: skip
_LIVES: Final = ("expected_life_years", "device_lifetime_years")


@cache
def _periods() -> Periods:
    return read_periods()


def period(facts: Facts) -> Answer:
    """R-RET-01: the longest period that any law asks for (`records.retention`).

    A fact that is null is not known: the record is kept. A device is no implant unless it says so;
    where that is not known, the longer period counts.
    """
    periods = _periods()
    kind = facts.text("record")
    if kind not in periods.records and kind not in periods.kept_with_their_record:
        known = ", ".join(sorted({*periods.records, *periods.kept_with_their_record}))
        raise InvalidInput(f"record: '{kind}' is not known.", hint=f"Known: {known}.")
    where = facts.items("jurisdictions")
    if kind in periods.records:
        terms = [term for rule in periods.records[kind] if rule.jurisdiction in where
                 for term in rule.until]  # fmt: skip
        facts.need(*dict.fromkeys(
            name for term in terms for name in (term.anchor, term.plus) if name
        ))  # fmt: skip
    implant = facts.told("implantable") if facts.has("implantable") else False
    given: dict[str, Any] = {name: _day(facts, name) for name in _DAYS}
    given |= {name: facts.told(name) for name in _LIVES}
    given |= {"implantable": implant is not False, "legal_hold": bool(facts.told("legal_hold"))}
    found = retention_of(kind, where, KeepingFacts(**given), periods)
    until, allowed = found.retain_until, found.deletion_allowed_on
    return {
        "retain_until": until.isoformat() if until else None,
        "deletion_allowed_on": allowed.isoformat() if allowed else None,
        "deletion_blocked": found.deletion_blocked, "reasons": list(found.reasons),
        "retention_version": found.version, "retention_citations": list(found.citations),
    }  # fmt: skip


def combination(facts: Facts) -> Answer:
    """R-RET-02: the longest of all periods, and a legal hold blocks whatever its date.

    A hold that is not known of blocks too.
    """
    held = facts.yes_no("legal_hold")
    answer = period(facts)
    if held is None:
        reasons = [*answer["reasons"], "whether a legal hold stands is not known"]
        answer |= {"deletion_blocked": True, "reasons": reasons}
    return answer


def _day(facts: Facts, name: str) -> date | None:
    value = facts.told(name)
    return date.fromisoformat(value) if value else None
