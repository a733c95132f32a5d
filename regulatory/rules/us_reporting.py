"""FDA medical device reports: who makes aware, what is reportable, by when (21 CFR 803)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from records.errors import InvalidInput, Refused
from regulatory.rules.awareness import EMPLOYEES, MANAGEMENT, Aware, candidates, first_aware
from regulatory.rules.clocks import (
    Clock,
    no_clock,
    together,
    us_calendar_days,
    us_work_days,
)
from regulatory.rules.facts import Facts, FactsMissing
from regulatory.rules.parameters import days, parameters
from regulatory.rules.reading import code_in, day_in

THIRTY: Final = "803.50_30CD"
FIVE: Final = "803.53_5WD"
SUPPLEMENT: Final = "803.56_30CD"
SEVERITY: Final = ("DEATH", "SERIOUS_INJURY", "MALFUNCTION", "NOT_REPORTABLE")
"""The types of event, the most severe first."""
DIED: Final = ("DIED", "PATIENT_DIED", "FATAL", "DECEASED")
"""Other words for a death."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Limb:
    """What makes an event reportable: a fact, what must go with it, and outcomes that mean it."""

    classification: str
    fact: str
    condition: str
    outcomes: tuple[str, ...] = ()


_CONTRIBUTED: Final = "device_may_have_caused_or_contributed"
_LIMBS: Final = (
    _Limb("DEATH", "death", _CONTRIBUTED, ("DEATH",)),
    _Limb("SERIOUS_INJURY", "serious_injury", _CONTRIBUTED,
          ("INTERVENTION_NEEDED", "PERMANENT_IMPAIRMENT", "LIFE_THREATENING")),
    _Limb("MALFUNCTION", "fails_performance_spec_or_labeling_claim",
          "recurrence_likely_to_cause_death_or_serious_injury"),
)  # fmt: skip


def reportability(facts: Facts) -> Answer:
    """R-803-02: death, serious injury or malfunction, or no report; open while what matters is not.

    Whether the device may have contributed matters only with a death or serious injury, whether it
    would recur only with a malfunction (21 CFR 803.3(o), 803.20(c), 803.50(a)).
    """
    if facts.has("qualified_person_exclusion") and _excluded(facts):
        return _answer(facts, "NOT_REPORTABLE", "qualified_person_exclusion")
    return _by_limbs(facts, _LIMBS)


def _by_limbs(facts: Facts, limbs: Sequence[_Limb]) -> Answer:
    unknown: dict[str, None] = {}
    for limb in limbs:
        met = _harm(facts, limb)
        condition = facts.yes_no(limb.condition) if met is not False else None
        if met and condition:
            return _answer(facts, limb.classification)
        if met is not False and condition is not False:
            known = {limb.fact: met, limb.condition: condition}
            unknown |= dict.fromkeys(name for name, value in known.items() if value is None)
    return _answer(facts, "OPEN" if unknown else "NOT_REPORTABLE", unknown=list(unknown))


def _harm(facts: Facts, limb: _Limb) -> bool | None:
    """A harm as it is given; else as the outcome says, which must not contradict it."""
    outcome = facts.told("harm_outcome") if limb.outcomes else None
    said = None if outcome in (None, "UNKNOWN") else outcome in limb.outcomes
    if not facts.has(limb.fact) and outcome is not None:
        return said
    given = facts.yes_no(limb.fact)
    if given is False and said:
        raise Refused(
            f"The facts contradict each other: harm_outcome is {outcome}, and {limb.fact} is "
            "false.", hint="Correct one of them.",
        )
    return given


def _answer(
    facts: Facts, classification: str, why: str = "not_reportable", unknown: list[str] | None = None
) -> Answer:
    facts.found("classification", classification, is_open=classification == "OPEN")
    reportable = {"NOT_REPORTABLE": False, "OPEN": None}.get(classification, True)
    if reportable is not None:
        facts.found("reportable", reportable)
    records = parameters()["records_required"][why] if reportable is False else None
    answer = {
        "classification": classification, "reportable": reportable,
        "clock": THIRTY if reportable is not False else None, "record_required": records,
    }  # fmt: skip
    return answer | ({"open_facts": unknown} if unknown else {})


def exclusion(facts: Facts) -> Answer:
    """R-803-06: a qualified person's signed conclusion that the device did not (803.20(c)(2)).

    Without it, or where it is not whole, the event is classified by the limbs of which facts are
    given, at least that of serious injury.
    """
    if _excluded(facts):
        return _answer(facts, "NOT_REPORTABLE", "qualified_person_exclusion")
    given = [one for one in _LIMBS if facts.has(one.fact) or one.classification == "SERIOUS_INJURY"]
    return _by_limbs(facts, given) | {"exclusion": "NO_EFFECT"}


def _excluded(facts: Facts) -> bool:
    from regulatory.rules.us_exclusion import is_complete

    given = facts.value("qualified_person_exclusion")
    return given is not None and is_complete(given)


def reporting_clocks(facts: Facts, *, five_days: bool) -> list[Clock]:
    """The clocks of a reportable event that run: 30 calendar days, and 5 work days if triggered.

    A classification that is still open runs too. The 30 days and a request of FDA run from any
    employee, remedial action from management (21 CFR 803.3(b)(2)).
    """
    facts.need("classification")
    if facts.value("classification") == "NOT_REPORTABLE":
        return []
    anyone = first_aware(facts)
    found = [_thirty(anyone)] if anyone else []
    if five_days:
        remedial, asked = facts.yes_no("remedial_action_needed"), facts.yes_no("fda_5day_request")
        if remedial and (management := first_aware(facts, (MANAGEMENT,))):
            found.append(_five(management, "803.53(a)"))
        if asked and anyone:
            found.append(_five(anyone, "803.53(b)"))
    return found


def _thirty(aware: Aware) -> Clock:
    return us_calendar_days(THIRTY, aware.day0, days(THIRTY), alarm_from=aware.alternative)


def _five(aware: Aware, trigger: str) -> Clock:
    return us_work_days(
        FIVE, aware.day0, days(FIVE), trigger=trigger, alarm_from=aware.alternative
    )


def thirty_days(facts: Facts) -> Answer:
    """R-803-03: thirty calendar days from the first employee who became aware."""
    found = reporting_clocks(facts, five_days=False)
    return _told(facts, found[0] if found else None, EMPLOYEES)


def five_work_days(facts: Facts) -> Answer:
    """R-803-04: five work days where remedial action is needed or FDA asked; else the thirty."""
    found = reporting_clocks(facts, five_days=True)
    return _led_by_five(facts, found) | _pending(facts)


def _led_by_five(facts: Facts, found: Sequence[Clock]) -> Answer:
    """The five days where they run, because they replace the thirty; else the thirty."""
    fives = [one for one in found if one.clock == FIVE]
    if not fives:
        return _told(facts, found[0] if found else None, EMPLOYEES)
    first = min(fives, key=lambda one: one.due_legal)
    persons = (MANAGEMENT,) if first.trigger == "803.53(a)" else EMPLOYEES
    return _told(facts, first, persons) | together(found) | {"replaces": THIRTY}


def who_is_aware(facts: Facts) -> Answer:
    """R-803-01: every clock with the person from whom it runs."""
    asked = facts.has("remedial_action_needed") or facts.has("fda_5day_request")
    found = reporting_clocks(facts, five_days=asked)
    if not found:
        return _told(facts, None, EMPLOYEES)
    said = _led_by_five(facts, found) | together(found) | (_pending(facts) if asked else {})
    outside = candidates(facts)
    return said | ({"awareness_candidates": outside} if outside else {})


def _pending(facts: Facts) -> Answer:
    """What may still start the five days: facts that are not known, or nobody of management yet."""
    if facts.value("classification") == "NOT_REPORTABLE":
        return {}
    names = ("remedial_action_needed", "fda_5day_request")
    unknown = [name for name in names if facts.yes_no(name) is None]
    waits = facts.yes_no("remedial_action_needed") and first_aware(facts, (MANAGEMENT,)) is None
    return ({"open_facts": unknown} if unknown else {}) | (
        {"five_days_start": "when somebody of RA_OR_MANAGEMENT becomes aware"} if waits else {}
    )


def _told(facts: Facts, clock: Clock | None, persons: tuple[str, ...]) -> Answer:
    if clock is None:
        if facts.value("classification") == "NOT_REPORTABLE":
            return no_clock("the event is not reportable")
        return no_clock("no employee is aware; whether somebody else's notice counts is decided")
    aware = first_aware(facts, persons)
    return clock.answer() | (aware.said() if aware else {})


def supplement(facts: Facts) -> Answer:
    """R-803-05: what was not known is sent within thirty days of receipt (21 CFR 803.56)."""
    if facts.told("event") not in (None, "NEW_INFORMATION_RECEIVED"):
        raise InvalidInput("event: EXTENSION is of a correction; see R-806-03.")
    if not facts.has("initial"):
        facts.need("initial_report_submitted")
    if facts.told("initial_report_submitted") is False:
        return {"action": "INCLUDE_IN_INITIAL_REPORT"} | no_clock("no initial report was submitted")
    if not facts.has("initial") and facts.yes_no("initial_report_submitted") is None:
        raise FactsMissing("Missing facts: initial_report_submitted is not known (null).")
    day0 = _received(facts)
    clock = us_calendar_days(SUPPLEMENT, day0, days(SUPPLEMENT))
    return {"action": "SUPPLEMENTAL", "same_report_number": True} | clock.answer()


def _received(facts: Facts) -> date:
    if facts.has("received_local_date") or not facts.has("new_fact"):
        return facts.day("received_local_date")
    words = ("receiv", "aware", "known", "learn")
    day = day_in("new_fact", facts.inside("new_fact"), words, role="day of receipt")
    if day is None:
        raise FactsMissing("Missing facts: new_fact does not tell the day of receipt.")
    return day


def event_type(facts: Facts) -> Answer:
    """R-803-08: another type of event goes by a supplement of the same report."""
    before, after = _type_of(facts.inside("initial")), _type_of(facts.inside("new_fact"))
    for name, found in (("initial", before), ("new_fact", after)):
        if found is None:
            raise FactsMissing(
                f"Missing facts: {name} does not tell the type of event.",
                hint=f"One of {', '.join(SEVERITY)}.",
            )
    assert before is not None and after is not None
    clock = us_calendar_days(SUPPLEMENT, _received(facts), days(SUPPLEMENT))
    worse = SEVERITY.index(after) < SEVERITY.index(before)
    return {
        "action": "SUPPLEMENTAL", "event_type_before": before, "event_type_after": after,
        "same_report_number": True, "narrative_required": before != after and not worse,
        "check_again": ["R-803-04"] if worse else [],
    } | clock.answer()  # fmt: skip


def _type_of(said: dict[str, Any]) -> str | None:
    found = code_in(said, SEVERITY)
    return "DEATH" if found is None and code_in(said, DIED) else found


def report_number(facts: Facts) -> Answer:
    """R-803-07: registration, year of submission, sequence (21 CFR 803.3(m))."""
    registration = facts.text("registration_number")
    if len(registration) != 7 or not registration.isdigit():
        raise InvalidInput(f"registration_number: '{registration}' has not seven digits.")
    sequence = facts.whole("sequence_in_year")
    if not 1 <= sequence <= 99_999:
        raise InvalidInput(f"sequence_in_year: {sequence} is not 1 to 99999.")
    sent = facts.day("submission_date")
    if facts.told("event_date") is not None and facts.day("event_date") > sent:
        raise Refused(
            f"The facts contradict each other: event_date is {facts.day('event_date')}, after "
            f"submission_date, {sent}.",
            hint="An event is reported once it happened: correct one of the days.",
        )
    return {"report_number": f"{registration}-{sent.year:04d}-{sequence:05d}"}


def summary_report(facts: Facts) -> Answer:
    """R-803-09: malfunctions of an eligible product by quarter, on fixed dates (803.19)."""
    if facts.text("classification") != "MALFUNCTION":
        return {"summary_reporting": False, "reason": "only malfunctions are summed up"}
    if facts.yes_no("vmsr_eligible") is not True or facts.yes_no("vmsr_excluded") is not False:
        return {"summary_reporting": False, "reason": "not shown to be eligible and not excluded"}
    aware = first_aware(facts)
    if aware is None:
        return {"summary_reporting": False} | no_clock("no employee is aware")
    quarter = (aware.day0.month - 1) // 3
    month, day = parameters()["summary_reports"]["due"][quarter].split("-")
    due = date(aware.day0.year + (quarter == 3), int(month), int(day))
    return {"summary_reporting": True, "bucket": f"{aware.day0.year}-Q{quarter + 1}",
            "due_legal": due.isoformat()}  # fmt: skip


def ordered_surveillance(facts: Facts) -> Answer:
    """R-822-01: the plan is due thirty days after FDA's order was received (21 CFR 822.8)."""
    return us_calendar_days(
        "822.8_30CD", facts.day("received_local_date"), days("822.8_30CD")
    ).answer()
