"""The rules of time as rules of their own: a number of days from a day, or the first of clocks.

Beside a rule with a clock they add nothing: that rule has counted by them already. Without a number
of days the facts of the event tell whose clock it is, and that clock is counted.
"""

from datetime import date
from typing import Any

from records.errors import InvalidInput
from regulatory.rules import ai_act, eu_vigilance, us_reporting
from regulatory.rules.awareness import EMPLOYEES, EU_PERSONS, first_aware
from regulatory.rules.clocks import eu_days, us_calendar_days, us_work_days
from regulatory.rules.facts import Facts, FactsMissing, civil_date

Answer = dict[str, Any]


def us_calendar(facts: Facts) -> Answer:
    """R-TIME-01: so many calendar days, and the last work day up to then."""
    if _of_event(facts, "classification"):
        return us_reporting.thirty_days(facts)
    return us_calendar_days("US_CALENDAR_DAYS", _day0(facts), facts.whole("n")).answer()


def us_work(facts: Facts) -> Answer:
    """R-TIME-02: so many work days, by both readings of days in lieu."""
    if _of_event(facts, "classification"):
        return us_reporting.five_work_days(facts)
    return us_work_days("US_WORK_DAYS", _day0(facts), facts.whole("n")).answer()


def eu(facts: Facts) -> Answer:
    """R-TIME-03: so many days as a member state's authority counts them."""
    if _of_event(facts, "device_regime"):
        return ai_act.serious_incident(facts)
    if _of_event(facts, "serious_incident"):
        return eu_vigilance.serious_incident_clock(facts)
    clock = eu_days("EU_DAYS", _day0(facts), facts.whole("n"), facts.text("member_state"))
    return clock.answer()


def day_zero(facts: Facts) -> Answer:
    """R-TIME-04: the civil date where the person was, and another zone's where it differs."""
    persons = EU_PERSONS if facts.told("jurisdiction") == "EU" else EMPLOYEES
    aware = first_aware(facts, persons)
    if aware is None:
        raise FactsMissing("Missing facts: nobody in awareness_facts makes the maker aware.")
    answer = {"day0": aware.day0.isoformat()} | aware.said()
    if persons == EMPLOYEES and facts.told("classification") not in (None, "NOT_REPORTABLE"):
        answer |= us_reporting.thirty_days(facts)
    return answer


def earliest(facts: Facts) -> Answer:
    """R-TIME-05: of several clocks of one event the earliest legal date governs."""
    if not facts.has("clocks") and facts.has("escalation"):
        return eu_vigilance.serious_incident_clock(facts)
    clocks = facts.items("clocks")
    if not clocks:
        raise FactsMissing("Missing facts: clocks is empty.")
    found, targets = [], []
    for place, one in enumerate(clocks):
        absent = [f"clocks[{place}].{name}" for name in ("clock", "due_legal") if not one.get(name)]
        if absent:
            raise FactsMissing(f"Missing facts: {', '.join(absent)}.")
        named = [name for name in ("due_legal", "due_target", "due_strict") if one.get(name)]
        dates = [civil_date(f"clocks[{place}].{name}", one[name]) for name in named]
        found.append((dates[0], str(one["clock"])))
        targets.append(min(dates))
    due, name = min(found)
    return {"governing": name, "governing_due": due.isoformat(),
            "governing_target": min(targets).isoformat()}  # fmt: skip


def _of_event(facts: Facts, name: str) -> bool:
    """Whether no number of days is given, and this fact of an event is."""
    return not facts.has("n") and facts.has(name)


def _day0(facts: Facts) -> date:
    if facts.has("day0"):
        return facts.day("day0")
    if not facts.has("awareness_local_date"):
        facts.need("day0")
    return facts.day("awareness_local_date")


def refuse_control(rule: str) -> None:
    """A clause that a control of the program meets has no facts to be applied to."""
    raise InvalidInput(
        f"{rule} is met by a control of this program and is not applied to facts.",
        hint="See docs/part-11.md.",
    )
