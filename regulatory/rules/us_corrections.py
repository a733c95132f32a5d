"""FDA corrections and removals: is a report required, and by when (21 CFR 806)."""

from datetime import date, timedelta
from typing import Any, Final

from records.errors import InvalidInput, Refused
from regulatory.rules.clocks import no_clock, us_work_days
from regulatory.rules.facts import Facts, any_of
from regulatory.rules.parameters import days, parameters

TEN: Final = "806.10_10WD"
NO_REPORT: Final = ("ENHANCEMENT", "ROUTINE_SERVICING", "MARKET_WITHDRAWAL", "STOCK_RECOVERY")
ROUTINE: Final = NO_REPORT[:2]

Answer = dict[str, Any]


def is_reportable(facts: Facts) -> Answer:
    """R-806-01: a correction or removal to reduce a risk to health, or for a violation with one.

    A rollback, a changed threshold, a warning or a remote change at deployed sites is a correction.
    An enhancement with a risk to health is none.
    """
    facts.text("action")
    return _judged(facts, *_basis(facts))


def _judged(facts: Facts, basis: str | None, unknown: list[str]) -> Answer:
    if basis and facts.yes_no("reported_under_803"):
        facts.found("correction_reportable", False)
        return {"reportable": False, "basis": "806.10(f)", "cross_reference_required": True} | (
            _record()
        )
    if basis:
        facts.found("correction_reportable", True)
        asked = facts.yes_no("reported_under_803")
        return {"reportable": True, "basis": basis, "record_required": None} | (
            {"open_facts": ["reported_under_803"]} if asked is None else {}
        )
    if unknown:
        facts.found("correction_reportable", None)
        return {"reportable": None, "basis": None, "record_required": None, "open_facts": unknown}
    facts.found("correction_reportable", False)
    return {"reportable": False, "basis": None} | _record()


def _basis(facts: Facts) -> tuple[str | None, list[str]]:
    """The paragraph that asks for a report, or none; and what is not known and would decide."""
    left = facts.yes_no("device_left_control")
    if left is False:
        return None, []
    unknown = [] if left else ["device_left_control"]
    purpose = facts.text("purpose")
    if purpose == "REDUCE_RISK_TO_HEALTH":
        return ("806.10(a)(1)", []) if left else (None, unknown)
    if purpose == "REMEDY_VIOLATION":
        found = {"violation_with_health_risk": facts.yes_no("violation_with_health_risk")}
        if facts.has("risk_to_health"):  # need not be told, but null is open and never a no
            found["risk_to_health"] = facts.yes_no("risk_to_health")
    else:
        found = {name: facts.yes_no(name)
                 for name in ("risk_to_health", "violation_with_health_risk")}  # fmt: skip
    risky = any_of(list(found.values()))
    if risky is False:
        return None, []
    if risky and left:
        first = purpose != "REMEDY_VIOLATION" and found["risk_to_health"]
        return ("806.10(a)(1)" if first else "806.10(a)(2)"), []
    return None, unknown + [name for name, known in found.items() if known is None]


def _record() -> Answer:
    fields = parameters()["records_required"]["correction_not_reported"]
    return {"record_required": "806.20", "record_fields": list(fields)}


def ten_days(facts: Facts) -> Answer:
    """R-806-02: ten working days from initiating, not from awareness (21 CFR 806.10(b))."""
    if facts.has("correction_reportable") and facts.value("correction_reportable") is False:
        return no_clock("no report is required")
    if facts.has("purpose") and not facts.has("correction_reportable"):
        is_reportable(facts)
        return ten_days(facts)
    return us_work_days(TEN, facts.day("initiated_local_date"), days(TEN)).answer()


def extension(facts: Facts) -> Answer:
    """R-806-03: further versions, lots or sites: the report is amended within ten working days."""
    if facts.text("event") != "EXTENSION":
        raise InvalidInput("event: NEW_INFORMATION_RECEIVED is of a report; see R-803-05.")
    submitted = facts.known("original_report_submitted")
    action = "AMEND_806_REPORT" if submitted else "INCLUDE_IN_806_REPORT"
    clock = us_work_days(TEN, facts.day("initiated_local_date"), days(TEN))
    return {"action": action} | clock.answer()


def not_reported(facts: Facts) -> Answer:
    """R-806-04: what is not reported is put on record, with its justification (21 CFR 806.20)."""
    answer = is_reportable(facts)
    return answer if answer["reportable"] is not None else answer | {"record_required": None}


def cybersecurity(facts: Facts) -> Answer:
    """R-806-05: a security fix, by whether its residual risk is controlled.

    A controlled risk patched as routine is an enhancement; a patch whose purpose is told to be
    one, with no fact of a risk beside it, is one here (by R-806-01 its risk is asked for). An
    uncontrolled one is reported, unless all conditions of FDA's discretion hold and a person signed
    for it: no serious event is known, customers told within 30 days, fixed within 60, member of an
    information-sharing organisation.
    """
    if not facts.has("residual_risk"):
        risks = ("risk_to_health", "violation_with_health_risk")
        if facts.text("purpose") in ROUTINE and not any(facts.has(one) for one in risks):
            facts.text("action")
            return _judged(facts, None, []) | {"route": facts.text("purpose")}
        return is_reportable(facts)
    if facts.text("residual_risk") == "CONTROLLED":
        return {"reportable": False, "basis": None, "route": "ENHANCEMENT"} | _record()
    learned = facts.day("learned_local_date")
    told = facts.told("customers_told_local_date")
    if told is not None and facts.day("customers_told_local_date") < learned:
        raise Refused(
            f"The facts contradict each other: customers_told_local_date is {told}, before "
            f"learned_local_date, {learned}.",
            hint="Nobody is told of what is not known: correct one of the days.",
        )
    tell = learned + timedelta(days=days("CYBER_NOTIFY_30CD"))
    fix = learned + timedelta(days=days("CYBER_FIX_60CD"))
    dates = {"notify_by": tell.isoformat(), "fix_by": fix.isoformat()}
    lacks = _discretion_lacks(facts, tell, fix)
    if facts.text("residual_risk") == "UNCONTROLLED" and not lacks:
        return {"reportable": False, "basis": None, "route": "ENFORCEMENT_DISCRETION"} | (
            dates | _record()
        )
    return {"reportable": True, "basis": "806.10(a)(1)", "route": "REPORT",
            "discretion_lacks": lacks} | dates  # fmt: skip


def _discretion_lacks(facts: Facts, tell: date, fix: date) -> list[str]:
    def done(name: str, by: date) -> bool:
        return facts.told(name) is not None and facts.day(name) <= by

    met = {
        "known_serious_events": facts.told("known_serious_events") is False,
        "customers_told_local_date": done("customers_told_local_date", tell),
        "fix_distributed_local_date": done("fix_distributed_local_date", fix),
        "information_sharing_member": facts.told("information_sharing_member") is True,
        "discretion_signed": facts.told("discretion_signed") is True,
    }
    return [name for name, holds in met.items() if not holds]
