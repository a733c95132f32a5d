"""How the tests of the rules ask: facts on top of a set that is whole."""

from collections.abc import Mapping
from typing import Any

from regulatory.rules.applying import apply_rules
from regulatory.rules.catalogue import find_rule

AWARE = {"awareness_local_date": "2026-11-23"}
SERIOUS: dict[str, Any] = {
    "jurisdiction": "EU", "member_state": "DE", "serious_incident": True, "death": False,
    "unanticipated_serious_deterioration": False, "public_health_threat": False, **AWARE,
}  # fmt: skip
US_EVENT: dict[str, Any] = {
    "jurisdiction": "US", "classification": "SERIOUS_INJURY", "remedial_action_needed": False,
    "fda_5day_request": False, "awareness_person_class": "ANY_EMPLOYEE", **AWARE,
}  # fmt: skip
HARMLESS: dict[str, Any] = {
    "jurisdiction": "US", "death": False, "serious_injury": False,
    "device_may_have_caused_or_contributed": False,
    "fails_performance_spec_or_labeling_claim": False,
    "recurrence_likely_to_cause_death_or_serious_injury": False,
}  # fmt: skip
CORRECTION: dict[str, Any] = {
    "jurisdiction": "US", "action": "CORRECTION", "device_left_control": True,
    "purpose": "REDUCE_RISK_TO_HEALTH", "initiated_local_date": "2026-11-16",
    "reported_under_803": False,
}  # fmt: skip
PLAN: dict[str, Any] = {
    "version": "PMS-PLAN-3.1", "effective": "2026-01-01", "alpha": 0.01, "watch_alpha": 0.05,
    "min_count": 3, "min_rate_ratio": 1.5, "observation_period": "2026-07-01/2026-09-30",
}  # fmt: skip
YES = {"benefit_risk_significant": True, "unacceptable_risk": True}
TREND: dict[str, Any] = {
    "plan": PLAN, "baseline": {"type": "FIXED", "rate_per_unit": 0.0002},
    "period": {"x": 21, "n": 50_000}, "gates": YES,
}  # fmt: skip
IN_BOUNDS: dict[str, Any] = {
    "pccp_authorized": True, "authorized_version": "PCCP-1.0", "executed_version": "PCCP-1.0",
    "modification_listed": True, "intended_use_unchanged": True, "parameters_within_bounds": True,
    "all_protocol_steps_done": True, "deviations": [], "acceptance_overall_pass": True,
    "acceptance_subgroups_fail": [], "test_set_sequestered": True, "new_unmitigated_risk": False,
    "update_procedure_ready": True, "rollout_scope_allowed": True,
    "cumulative_change_within_limit": True,
}  # fmt: skip
SOFTWARE_NO: dict[str, Any] = dict.fromkeys((
    "q1_security_only", "q2_restore_to_spec_only", "q3a_new_or_modified_risk_significant_harm",
    "q3b_new_or_modified_risk_control_significant_harm",
    "q4_clinical_functionality_or_performance", "q5_other_factors",
), False)  # fmt: skip
LEGACY: dict[str, Any] = {
    "legacy_device": True, **dict.fromkeys((
        "corrective_action_accepted_by_ca", "intended_purpose_change", "design_change", "C1", "C2",
        "C3", "C4", "C5", "algorithm_change_may_alter_diagnosis",
    ), False), "software_change": True,
}  # fmt: skip


def ask(rules: str, facts: Mapping[str, Any], /, **changes: Any) -> dict[str, Any]:
    """What the rules, named with spaces between, say of the facts with these changes.

    Where the rules ask for a jurisdiction and the facts tell none, it is that of the rules.
    """
    ids = [f"R-{one}" for one in rules.split()]
    where = [find_rule(one).jurisdiction or "US" for one in ids
             if "jurisdiction" in find_rule(one).reads]  # fmt: skip
    place = {"jurisdiction": where[0]} if where else {}
    return apply_rules(ids, {**place, **facts, **changes})


def without(facts: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The facts without some."""
    return {name: value for name, value in facts.items() if name not in names}


def shows(answer: Mapping[str, Any], **expected: Any) -> bool:
    """Whether the answer has all of these, and what differs where it has not."""
    found = {name: answer.get(name, "absent") for name in expected}
    assert found == expected
    return True
