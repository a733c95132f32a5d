"""Clocks that rest on another version of rules or calendars, computed again on an explicit act.

Nothing is made anew by itself: a date that changes overnight would be followed by nobody. What was
said stays as its own instance; the difference is told (21 CFR 803.17; MDR Art. 87; AI Act Art. 73).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.errors import InvalidInput, Refused
from records.incidents import CLOSED, Incident
from records.owed_work import OwedWork
from records.people import Actor
from records.permissions import Action, require
from records.reasons import says
from records.reportabilities import ClockInstance, Reportability
from records.work_steps import roles_of
from regulatory.reportability import assess_incident
from regulatory.rule_sets import require_approved
from regulatory.rules.catalogue import rule_version
from regulatory.rules.facts import FactsMissing

_DAYS: Final = ("day0", "due_target", "due_strict", "due_legal", "due_legal_max",
                "conservative_target")  # fmt: skip
_SAID: Final = {True: "reportable", False: "not reportable", None: "open"}


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What became of one clock: the instances before and after, and what differs in words.

    why_not: why there is no instance after it; then the one before stands.
    """

    incident: str
    jurisdiction: str
    before: str
    rules_before: str
    after: str = ""
    rules_after: str = ""
    changes: tuple[str, ...] = ()
    why_not: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As `rule recompute --json` prints it."""
        return asdict(self)


def outdated(session: Session) -> list[tuple[ClockInstance, Reportability, Incident]]:
    """The standing instances of open incidents that other rules or calendars gave."""
    query = (
        select(ClockInstance, Reportability, Incident)
        .join(Reportability, col(Reportability.id) == ClockInstance.reportability_id)
        .join(Incident, col(Incident.id) == Reportability.incident_id)
        .where(Incident.status != CLOSED)
        .order_by(col(Reportability.id), col(ClockInstance.version))
    )
    standing = {row.id: (one, row, incident) for one, row, incident in session.exec(query)}
    return [each for each in standing.values() if each[0].rule_version != rule_version()]


def recompute_clocks(
    tx: Session, *, grounds: str, by: Actor, now: datetime
) -> list[Recomputed]:
    """Assess every outdated clock again on what is known now, by the rules in use.

    A rule that asks for a fact nobody has told leaves its clock as it is, and says so.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No grounds.
        Refused: The rules in use are not approved, or no clock rests on others.
    """
    require(by, Action.ASSESS_EVENT)
    if not says(grounds):
        raise InvalidInput("Computing anew has no grounds.", hint="Say what changed in the rules.")
    require_approved(tx)
    found = outdated(tx)
    if not found:
        raise Refused(f"Every open clock rests on the rules in use ({rule_version()}).",
                      hint="See 'radvigil incident list'.")  # fmt: skip
    return [_again(tx, *each, grounds=grounds, by=by, now=now) for each in found]


def _again(
    tx: Session, before: ClockInstance, row: Reportability, incident: Incident, *, grounds: str,
    by: Actor, now: datetime,
) -> Recomputed:  # fmt: skip
    told = (incident.label, row.jurisdiction, before.label, before.rule_version)
    status = row.status
    try:
        after = assess_incident(
            tx, incident, row.jurisdiction, {}, by=by, now=now,
            grounds=f"{grounds.strip()} (rules {before.rule_version}, now {rule_version()})",
        )
    except (FactsMissing, InvalidInput, Refused) as lacking:
        return Recomputed(*told, why_not=lacking.message)
    changes = differences(before, after)
    if row.status != status:
        changes.append(f"{row.label} was decided as '{status}' and is open again")
    return Recomputed(*told, after=after.label, rules_after=after.rule_version,
                      changes=tuple(changes))  # fmt: skip


def differences(before: ClockInstance, after: ClockInstance) -> list[str]:
    """What two instances say otherwise of reportability and of each clock's days; empty: nothing.
    """
    changes = []
    if before.reportable != after.reportable:
        changes.append(f"{_SAID[before.reportable]}, now {_SAID[after.reportable]}")
    old, new = (_by_clock(one) for one in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            changes.append(f"{name}: runs no more")
        elif name not in old:
            changes.append(f"{name}: runs now, {_days(new[name])}")
        else:
            changes += [
                f"{name}: {field.replace('_', ' ')} {old[name].get(field) or 'none'}, now "
                f"{new[name].get(field) or 'none'}"
                for field in _DAYS if old[name].get(field) != new[name].get(field)
            ]
    return changes


def _by_clock(one: ClockInstance) -> dict[str, Mapping[str, Any]]:
    return {f"{each.get('member_state', '')} {each.get('clock', '')}".strip(): each
            for each in one.clocks}  # fmt: skip


def _days(clock: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{field.replace('_', ' ')} {clock[field]}" for field in _DAYS if clock.get(field)
    )


def owed_recomputing(
    session: Session, now: datetime  # noqa: ARG001  (every list of what is owed is asked alike)
) -> list[OwedWork]:
    """A line for each open clock that rests on other rules than those in use."""
    roles = roles_of(Action.ASSESS_EVENT)
    return [
        OwedWork(one.label, "clock", f"compute {row.jurisdiction} of {incident.label} anew: rules "
                 f"{one.rule_version} gave it, {rule_version()} are in use ('rule recompute')",
                 roles, None, "own procedure", one.assessed_at, step="rules")
        for one, row, incident in outdated(session)
    ]  # fmt: skip
