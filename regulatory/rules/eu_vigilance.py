"""EU vigilance: serious incidents and their clocks (MDR Art. 2(64) to 2(66), 87)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from records.errors import Refused
from regulatory.rules.awareness import EU_PERSONS, first_aware
from regulatory.rules.clocks import (
    Clock,
    alarmed_from,
    eu_days,
    governing,
    no_clock,
    together,
    versions_of,
)
from regulatory.rules.facts import UNCERTAIN, Facts, FactsMissing, all_of, any_of, coded
from regulatory.rules.parameters import days
from regulatory.rules.reading import day_in, words_of

FIFTEEN, TEN, TWO = "MDR87_15D", "MDR87_10D", "MDR87_2D"
ESCALATIONS: Final = {
    "DEATH": TEN, "UNANTICIPATED_SERIOUS_DETERIORATION": TEN, "PUBLIC_HEALTH_THREAT": TWO,
}  # fmt: skip
WORSE: Final = (
    ("public_health_threat", TWO), ("death", TEN), ("unanticipated_serious_deterioration", TEN),
)  # fmt: skip
"""Facts that shorten the clock, the shortest first."""
NEGATIVE: Final = ("NOT_REPORTABLE", "NON_REPORTABLE", "NOT_SERIOUS", "NO_INCIDENT")
_CODE: Final = re.compile(r"[A-Z][A-Z_]+\Z")

Answer = dict[str, Any]


def is_serious(facts: Facts) -> Answer:
    """R-EU87-01: an incident is serious if it led, might have led or might lead to serious harm.

    Near misses count, and wrong or delayed diagnosis. Death, threat and deterioration may be left
    out: they only shorten the clock, and each makes the incident serious.
    """
    incident = _is_incident(facts)
    harms = [facts.told(name) for name, _ in WORSE if facts.has(name)]
    if incident is False:
        return _judged(facts, False) | {"incident": False, "route": "QUALITY_RECORD"}
    grave = any_of(harms) if any(harms) else any_of(
        [*harms, facts.yes_no("could_have_led_to_serious_deterioration")]
    )
    cause = _may_have_caused(facts) if grave is not False else None
    verdict = all_of([incident, grave, cause]) if grave is not False else False
    route = "MDR_ART_87" if verdict is not False else "MDR_ART_88_DATA"
    return _judged(facts, verdict) | {"incident": incident, "route": route}


def _is_incident(facts: Facts) -> bool | None:
    if facts.has("incident") and facts.value("incident") is not None:
        return facts.yes_no("incident")
    facts.need("malfunction_or_inadequacy")
    return facts.yes_no("malfunction_or_inadequacy")


def _may_have_caused(facts: Facts) -> bool | None:
    cause = facts.value("causality")
    return None if cause in (None, "UNKNOWN") else cause != "EXCLUDED"


def _judged(facts: Facts, serious: bool | None) -> Answer:
    facts.found("serious_incident", UNCERTAIN if serious is None else serious,
                is_open=serious is None)  # fmt: skip
    said = {"serious_incident": UNCERTAIN if serious is None else serious}
    return said | {
        "reportable": serious is not False,
        "clock": shortest_clock(facts, optional=True) if serious is not False else None,
    }  # fmt: skip


def shortest_clock(facts: Facts, *, optional: bool = False) -> str:
    """The clock by severity (Art. 87(3) to (5)); a fact that is not known counts as the worse.

    optional: facts that are absent are not asked for.

    Raises:
        FactsMissing: A fact that would shorten the clock is absent.
    """
    for name, clock in WORSE:
        if optional and not facts.has(name):
            continue
        if facts.yes_no(name) is not False:
            return clock
    return FIFTEEN


def _unknown(facts: Facts) -> Answer:
    names = [name for name, _ in WORSE if facts.has(name) and facts.value(name) is None]
    return {"open_facts": names} if names else {}


def serious_incident_clock(facts: Facts) -> Answer:
    """R-EU87-02: fifteen, ten or two days from awareness, in each member state concerned.

    What became known later (`escalation`) is a second clock beside the first, and the earliest date
    governs; the facts of the first may be left out then.
    """
    serious = facts.value("serious_incident")
    if serious is False:
        return no_clock("no serious incident")
    later = facts.told("escalation")
    first = _first_day(facts)
    name = shortest_clock(facts, optional=later is not None)
    answer = _in_states(facts, name, first) | _unknown(facts)
    if serious in (None, UNCERTAIN):
        answer |= {"decision": "REPORT_WHILE_UNCERTAIN"}
    return answer if later is None else answer | _escalated(facts, name, first, later)


def _first_day(facts: Facts) -> tuple[date, date | None]:
    aware = first_aware(facts, EU_PERSONS)
    if aware is None:
        raise FactsMissing("Missing facts: nobody in awareness_facts makes the manufacturer aware.")
    return aware.day0, aware.alternative


def _in_states(facts: Facts, name: str, first: tuple[date, date | None]) -> Answer:
    """The clock in the member state, or in each of several: two authorities, two dates."""
    several = facts.told("member_states")
    states = list(several or [facts.text("member_state")])
    clocks = {state: _clock(name, first, state) for state in states}
    answer = governing(list(clocks.values())).answer() | _alternative(first)
    if several:
        rows = {state: one.row() for state, one in clocks.items()}
        answer |= {
            state: {key: row[key] for key in ("due_target", "due_legal", "due_legal_max")}
            for state, row in rows.items()
        }
        names = [name for one in clocks.values() for name in one.calendars]
        answer["calendars"] = versions_of(names)
    return answer


def _clock(name: str, first: tuple[date, date | None], state: str) -> Clock:
    n = days(name)
    return alarmed_from(eu_days(name, first[0], n, state), n, first[1])


def _alternative(first: tuple[date, date | None]) -> Answer:
    return {} if first[1] is None else {"alternative_day0": first[1].isoformat()}


def _escalated(
    facts: Facts, name: str, first: tuple[date, date | None], later: dict[str, Any]
) -> Answer:
    kinds = list(ESCALATIONS)
    if later.get("kind") is None:
        raise FactsMissing("Missing facts: escalation.kind.", hint=f"One of {', '.join(kinds)}.")
    kind = coded("escalation.kind", later["kind"], kinds)
    day = day_in("escalation", later, ("awareness", "known"), role="day of awareness")
    if day is None:
        raise FactsMissing("Missing facts: escalation.awareness_local_date.")
    if day < first[0]:
        raise Refused(
            f"The facts contradict each other: the escalation was known on {day}, before the first "
            f"awareness on {first[0]}.", hint="Correct awareness_local_date.",
        )
    states = facts.told("member_states") or [facts.text("member_state")]
    worse = ESCALATIONS[kind]
    clocks = [_clock(one, start, state) for state in states
              for one, start in ((name, first), (worse, (day, None)))]  # fmt: skip
    shortest = min((name, worse), key=days)
    cautious = _clock(shortest, first, states[0])
    lead = governing(clocks)
    return {
        **lead.answer(), **together(clocks),
        "conservative_target": cautious.work_by.isoformat(),
    }  # fmt: skip


def first_awareness(facts: Facts) -> Answer:
    """R-EU87-03: the first receipt anywhere in the manufacturer's organisation.

    The authorised representative and an outsourced complaint handler belong to it; the end of the
    investigation does not count.
    """
    if facts.has("awareness_incident"):
        return {"day0": facts.day("awareness_incident").isoformat()}
    first = _first_day(facts)
    return {"day0": first[0].isoformat()} | _alternative(first)


def later_reportability(facts: Facts) -> Answer:
    """R-EU87-04: day 0 moves only where a dated decision said 'not reportable' and news changed it.

    Both dates go into the MIR (fields 1.2(c) and 1.2(d)).
    """
    incident = facts.day("awareness_incident")
    facts.need("decision")
    later = facts.told("awareness_reportability")
    changed = date.fromisoformat(later) if later else None
    if changed is not None and changed < incident:
        raise Refused("awareness_reportability lies before awareness_incident.",
                      hint="Correct one of them.")  # fmt: skip
    moves = changed is not None and _decided_negative(facts, incident, changed)
    day0 = changed if moves and changed else incident
    answer: Answer = {
        "mir_fields": {"1.2(c)": incident.isoformat(), "1.2(d)": (changed or incident).isoformat()},
        "exception_available": moves,
    }
    serious = facts.told("serious_incident")
    if serious is False:
        return answer | no_clock("no serious incident")
    name = shortest_clock(facts)
    return answer | _in_states(facts, name, (day0, None)) | _unknown(facts)


def _decided_negative(facts: Facts, incident: date, changed: date) -> bool:
    said = facts.told("decision")
    if said is None or not _is_negative(said):
        return False
    day = day_in("decision", said, ("decided", "date"), role="day of the decision")
    return day is not None and incident <= day <= changed


def _is_negative(said: Mapping[str, Any]) -> bool:
    """Whether a documented decision said 'not reportable', by a code or by yes and no."""
    verdicts = {key.lower(): value for key, value in said.items() if isinstance(value, bool)}
    named = {key for key in verdicts if "reportable" in key or "serious" in key}
    told = [verdicts[key] is not key.startswith(("not", "non")) for key in named]
    if any(told) or not all(value for key, value in verdicts.items() if key not in named):
        return False
    values = [value for value in said.values() if isinstance(value, str)]
    if any(f"_{code}_" in f"_{words_of(one)}_" for one in values for code in NEGATIVE):
        return True
    return not any(_CODE.match(one) for one in values)


def uncertain(facts: Facts) -> Answer:
    """R-EU87-06: potentially reportable and uncertain is reported within the time (Art. 87(7))."""
    serious = facts.value("serious_incident")
    cause = facts.value("causality")
    if serious is False or cause == "EXCLUDED":
        return {"decision": "NOT_REPORTABLE"} | no_clock("no serious incident by the device")
    doubt = serious in (None, UNCERTAIN) or cause in (None, "UNKNOWN")
    name = shortest_clock(facts, optional=True)
    answer = _in_states(facts, name, _first_day(facts)) | _unknown(facts)
    return {"decision": "REPORT_WHILE_UNCERTAIN" if doubt else "REPORT"} | answer
