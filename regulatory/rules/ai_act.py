"""AI Act: is a device high-risk, from when, and what of an incident goes by it (Reg. 2024/1689)."""

from datetime import date
from typing import Any, Final

from records.retention import months_after
from regulatory.rules.awareness import EU_PERSONS, first_aware
from regulatory.rules.clocks import alarmed_from, eu_days, no_clock
from regulatory.rules.eu_vigilance import WORSE, shortest_clock
from regulatory.rules.facts import Facts, FactsMissing, all_of
from regulatory.rules.parameters import days, parameters

Answer = dict[str, Any]

_INCIDENT: Final = ("event_date", "harm", "fundamental_rights_infringement")
"""Facts of an incident: without them only the device is judged."""


def applicability(facts: Facts) -> Answer:
    """R-AIA-01: high-risk by a third party's assessment (Art. 6(1)), and from when duties apply.

    A device placed before that date has them only after a significant change of its design.
    """
    regime = facts.text("device_regime")
    high = _high_risk(facts)
    start = _start(regime)
    applies: date | None = None if high is False else start
    first = facts.told("first_placed_on_market")
    if high is not False and first is not None and date.fromisoformat(first) < start:
        changed = facts.told("significant_design_change_date")
        applies = max(start, date.fromisoformat(changed)) if changed else None
    answer: Answer = {
        "high_risk_art_6_1": high if regime != "ANNEX_III" else False, "high_risk": high,
        "duties_apply_on": applies.isoformat() if applies else None,
    }  # fmt: skip
    if all(facts.has(one) for one in _INCIDENT):
        answer |= _route(facts)
    return answer


def _high_risk(facts: Facts) -> bool | None:
    regime = facts.text("device_regime")
    return True if regime == "ANNEX_III" else facts.yes_no("notified_body_required")


def _start(regime: str) -> date:
    which = "annex_iii_date" if regime == "ANNEX_III" else "annex_i_date"
    return date.fromisoformat(str(parameters()["ai_act"][which]))


def _route(facts: Facts) -> Answer:
    """Whether Art. 73 asks for a report, and by which law harm is reported."""
    regime, harm = facts.text("device_regime"), facts.text("harm")
    device = regime != "ANNEX_III"
    in_force = facts.day("event_date") >= _start(regime)
    if device:
        event = facts.yes_no("fundamental_rights_infringement")
    else:
        event = harm != "NONE" or facts.yes_no("fundamental_rights_infringement")
    report = all_of([_high_risk(facts), in_force, event])
    route = "MDR_ART_87" if device and harm != "NONE" else None
    if device and regime == "IVDR" and route:
        route = "IVDR_ART_82"
    answer: Answer = {"ai_act_73_report": report, "route": route}
    if report and route is None:
        answer["route"] = "AI_ACT_ART_73"
    return answer | ({"open_facts": _open(facts)} if report is None else {})


def _open(facts: Facts) -> list[str]:
    names = ("notified_body_required", "fundamental_rights_infringement")
    return [name for name in names if facts.has(name) and facts.value(name) is None]


def serious_incident(facts: Facts) -> Answer:
    """R-AIA-73: of an MDR or IVDR device only what Art. 3(49)(c) names; all else goes by the MDR.

    Art. 73(10). The general clock has 15 days, a widespread infringement or Art. 3(49)(b) 2, death
    10; an incomplete initial report is allowed, and the system is not altered before.
    """
    answer = _route(facts)
    harm, device = facts.text("harm"), facts.text("device_regime") != "ANNEX_III"
    if answer["route"] == "MDR_ART_87":
        answer["mdr_clock"] = "MDR87_10D" if harm == "DEATH" else shortest_clock(
            facts, optional=True) if any(facts.has(name) for name, _ in WORSE) else "MDR87_15D"
    if answer["ai_act_73_report"] is False:
        return answer | no_clock("Art. 73 asks for no report")
    state = facts.text("member_state")
    aware = first_aware(facts, EU_PERSONS)
    if aware is None:
        raise FactsMissing("Missing facts: nobody in awareness_facts makes the provider aware.")
    name = _clock(facts, death=harm == "DEATH" and not device)
    n = days(name)
    clock = alarmed_from(eu_days(name, aware.day0, n, state), n, aware.alternative)
    recipient = (
        f"authority designated in {state} for fundamental rights (AI Act Art. 73(10))" if device
        else f"market surveillance authority of {state}"
    )
    return answer | clock.answer() | aware.said() | {
        "recipient": recipient, "initial_report_may_be_incomplete": True,
        "no_alteration_before_informing": True,
    }  # fmt: skip


def _clock(facts: Facts, *, death: bool) -> str:
    if any(facts.told(one) for one in ("widespread_infringement",
                                       "critical_infrastructure_disruption")):  # fmt: skip
        return "AIA73_2D"
    return "AIA73_10D" if death else "AIA73_15D"


def substantial_modification(facts: Facts) -> Answer:
    """R-AIA-MOD: unforeseen at first, and affecting compliance or purpose (Art. 3(23), 43(4))."""
    foreseen = facts.yes_no("foreseen_in_conformity_assessment")
    if foreseen:
        return {"substantial_modification": False, "result": "NO_NEW_ASSESSMENT"}
    affects = facts.yes_no("affects_compliance_or_intended_purpose")
    substantial = all_of([None if foreseen is None else True, affects])
    result = {True: "NEW_CONFORMITY_ASSESSMENT", False: "NO_NEW_ASSESSMENT", None: "BLOCKED"}
    return {"substantial_modification": substantial, "result": result[substantial]}


def retention(facts: Facts) -> Answer:
    """R-AIA-RET: documentation ten years after placing on the market, logs six months at least."""
    said = parameters()["ai_act"]
    if facts.text("ai_record") == "LOGS":
        until = months_after(facts.day("event_date"), int(said["log_months"]))
    else:
        start = facts.day("placed_or_put_into_service")
        until = months_after(start, 12 * int(said["documentation_years"]))
    return {"retain_until": until.isoformat()}
