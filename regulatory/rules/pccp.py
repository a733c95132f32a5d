"""Is a change within its predetermined change control plan (FD&C Act 515C; R-PCCP-01)."""

from typing import Any, Final

from regulatory.rules.facts import Facts

Answer = dict[str, Any]

PRECEDENCE: Final = (
    "NO_PCCP", "OUT_OF_BOUNDS", "PROTOCOL_DEVIATION", "DO_NOT_IMPLEMENT", "HOLD",
)  # fmt: skip
NEXT: Final = {
    "NO_PCCP": "R-CHG-FDA-SW", "OUT_OF_BOUNDS": "R-CHG-FDA-SW",
    "PROTOCOL_DEVIATION": "R-CHG-FDA-SW", "DO_NOT_IMPLEMENT": "R-CHG-FDA-SW",
    "HOLD": "complete the update and labelling procedure",
    "IN_BOUNDS": "implement under the PCCP: change control, release record, labelling",
    "BLOCKED": "find out what is not known",
}  # fmt: skip

_NEEDED: Final = (
    ("modification_listed", True, "OUT_OF_BOUNDS"),
    ("intended_use_unchanged", True, "OUT_OF_BOUNDS"),
    ("parameters_within_bounds", True, "OUT_OF_BOUNDS"),
    ("rollout_scope_allowed", True, "OUT_OF_BOUNDS"),
    ("cumulative_change_within_limit", True, "OUT_OF_BOUNDS"),
    ("new_unmitigated_risk", False, "OUT_OF_BOUNDS"),
    ("all_protocol_steps_done", True, "PROTOCOL_DEVIATION"),
    ("test_set_sequestered", True, "PROTOCOL_DEVIATION"),
    ("acceptance_overall_pass", True, "DO_NOT_IMPLEMENT"),
    ("update_procedure_ready", True, "HOLD"),
)
"""Each fact, what it must be, and what else follows."""


def in_bounds(facts: Facts) -> Answer:
    """R-PCCP-01: in bounds, or every line that is broken; the gravest of them is the result.

    What is not known is never in bounds: it blocks, unless a line is broken already.
    """
    broken, unknown = _broken(facts)
    verdicts = set(broken.values())
    result = next((one for one in PRECEDENCE if one in verdicts), "IN_BOUNDS")
    if result == "IN_BOUNDS" and unknown:
        result = "BLOCKED"
    facts.found("pccp_in_bounds", {"IN_BOUNDS": True, "BLOCKED": None}.get(result, False))
    answer: Answer = {
        "result": result, "reasons": list(broken), "verdicts": dict(broken), "next": NEXT[result],
    }  # fmt: skip
    if facts.told("deviations"):
        answer["deviations"] = facts.items("deviations")
    if facts.told("acceptance_subgroups_fail"):
        answer["subgroups_failed"] = facts.items("acceptance_subgroups_fail")
    return answer | ({"open_facts": unknown} if unknown else {})


def _broken(facts: Facts) -> tuple[dict[str, str], list[str]]:
    authorized = facts.yes_no("pccp_authorized")
    if authorized is False:
        return {"pccp_authorized": "NO_PCCP"}, []
    broken: dict[str, str] = {}
    unknown = [] if authorized else ["pccp_authorized"]
    for name, wanted, verdict in _NEEDED:
        found = facts.yes_no(name)
        if found is None:
            unknown.append(name)
        elif found is not wanted:
            broken[name] = verdict
    versions = [facts.value(name) for name in ("authorized_version", "executed_version")]
    if None in versions:
        unknown.append("executed_version" if versions[1] is None else "authorized_version")
    elif versions[0] != versions[1]:
        broken["executed_version"] = "OUT_OF_BOUNDS"
    for name, verdict in (("deviations", "PROTOCOL_DEVIATION"),
                          ("acceptance_subgroups_fail", "DO_NOT_IMPLEMENT")):  # fmt: skip
        listed = facts.value(name)
        if listed is None:
            unknown.append(name)
        elif listed:
            broken[name] = verdict
    order = {one: place for place, one in enumerate(PRECEDENCE)}
    return dict(sorted(broken.items(), key=lambda one: order[one[1]])), unknown
