"""Apply rules to facts: the same facts and the same version give the same answer, byte for byte."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from records.errors import InvalidInput, Refused
from regulatory.rules import (
    ai_act,
    changes,
    classification,
    complaints,
    deidentification,
    eu_field_actions,
    eu_trend,
    eu_vigilance,
    keeping,
    part11,
    pccp,
    periodic,
    time_rules,
    us_corrections,
    us_reporting,
)
from regulatory.rules.catalogue import Rule, data_digest, find_rule, rule_version
from regulatory.rules.clocks import no_clock
from regulatory.rules.facts import Facts

Answer = dict[str, Any]

FUNCTIONS: Final[Mapping[str, Callable[[Facts], Answer]]] = {
    "R-TIME-04": time_rules.day_zero,
    "R-803-06": us_reporting.exclusion,
    "R-803-02": us_reporting.reportability,
    "R-803-01": us_reporting.who_is_aware,
    "R-803-03": us_reporting.thirty_days,
    "R-803-04": us_reporting.five_work_days,
    "R-803-05": us_reporting.supplement,
    "R-803-07": us_reporting.report_number,
    "R-803-08": us_reporting.event_type,
    "R-803-09": us_reporting.summary_report,
    "R-822-01": us_reporting.ordered_surveillance,
    "R-806-01": us_corrections.is_reportable,
    "R-806-02": us_corrections.ten_days,
    "R-806-03": us_corrections.extension,
    "R-806-04": us_corrections.not_reported,
    "R-806-05": us_corrections.cybersecurity,
    "R-EU87-01": eu_vigilance.is_serious,
    "R-EU87-03": eu_vigilance.first_awareness,
    "R-EU87-02": eu_vigilance.serious_incident_clock,
    "R-EU87-04": eu_vigilance.later_reportability,
    "R-EU87-06": eu_vigilance.uncertain,
    "R-EU87-05": eu_field_actions.field_action,
    "R-EU87-07": eu_field_actions.recipients,
    "R-EU87-08": eu_field_actions.expected_side_effect,
    "R-EU87-09": eu_field_actions.periodic_summary,
    "R-EU88-01": eu_trend.decision,
    "R-EU88-02": eu_trend.decision,
    "R-EU88-03": eu_trend.severity,
    "R-EU88-04": eu_trend.no_deadline,
    "R-AIA-01": ai_act.applicability,
    "R-AIA-73": ai_act.serious_incident,
    "R-AIA-MOD": ai_act.substantial_modification,
    "R-AIA-RET": ai_act.retention,
    "R-PSUR-01": periodic.which_report,
    "R-PSUR-02": periodic.schedule,
    "R-PSUR-03": periodic.submission,
    "R-PSUR-04": periodic.table_columns,
    "R-PCCP-01": pccp.in_bounds,
    "R-CHG-FDA-LBL": changes.fda_labelling,
    "R-CHG-FDA-SW": changes.fda_software,
    "R-CHG-EU-LEG": changes.eu_legacy,
    "R-CHG-EU-MDR": changes.eu_mdr,
    "R-CHG-UDI": changes.udi,
    "R-CLASS-EU-11": classification.eu_rule_11,
    "R-CLASS-US": classification.us_code_and_pathway,
    "R-P11-70": part11.signature_linked,
    "R-P11-200": part11.components_required,
    "R-CMP-01": complaints.completeness,
    "R-RET-01": keeping.period,
    "R-RET-02": keeping.combination,
    "R-DEID-HIPAA": deidentification.safe_harbor,
    "R-DEID-PS315": deidentification.dicom_profile,
    "R-TIME-01": time_rules.us_calendar,
    "R-TIME-02": time_rules.us_work,
    "R-TIME-03": time_rules.eu,
    "R-TIME-05": time_rules.earliest,
}
"""Each rule's function, in the order in which rules of one call are applied: what one finds out is
a fact for those after it."""

COUNTED_ALREADY: Final = {
    "R-TIME-01": ("R-803-01", "R-803-03", "R-803-05", "R-803-08", "R-822-01", "R-803-04"),
    "R-TIME-02": ("R-803-01", "R-803-03", "R-803-04", "R-806-01", "R-806-02", "R-806-03",
                  "R-806-05", "R-CHG-UDI"),
    "R-TIME-03": ("R-EU87-02", "R-EU87-04", "R-EU87-06", "R-AIA-73", "R-AIA-01"),
    "R-TIME-04": ("R-803-01", "R-803-03", "R-803-04", "R-EU87-02", "R-EU87-06", "R-AIA-73"),
    "R-TIME-05": ("R-803-01", "R-803-04", "R-EU87-02"),
}  # fmt: skip
"""A rule of time beside one of these has been applied by it."""

ONE_CLOCK: Final = (
    "clock", "trigger", "day0", "alternative_day0", "due_legal", "due_strict", "due_target",
    "due_legal_max", "conservative_target", "trace", "no_clock_because",
)  # fmt: skip
"""Fields of one clock: taken from one rule together, never from two."""


def apply_rules(rule_ids: Sequence[str], given: Mapping[str, Any]) -> Answer:
    """What rules say of facts: one answer, with its version, citations and what of them was read.

    rule_ids: such as R-803-03; their order does not matter. given: facts by name, as
    ``data/facts.yaml`` tells them. In the answer ``by_rule`` holds what each rule said; at the top,
    where two say different things under one name, the one that is applied last counts.

    Raises:
        FactsMissing: A rule needs facts that are not there; they are named.
        Refused: Facts contradict each other, or a date lies beyond a calendar.
        InvalidInput: No such rule, a malformed fact, a coded value that is not known.
    """
    rules = [find_rule(one) for one in dict.fromkeys(rule_ids)]
    if not rules:
        raise InvalidInput("rule_ids: no rule is named.", hint="See 'radvigil rule list'.")
    facts = Facts(given)
    asked = {one.id for one in rules}
    for one in rules:
        if one.id not in FUNCTIONS:
            time_rules.refuse_control(one.id)
    if {"EU", "US"} <= {one.jurisdiction for one in rules}:
        raise Refused("Rules of the EU and of the US have no common answer.",
                      hint="Apply the rules of each jurisdiction apart.")  # fmt: skip
    if place := _without_rules(rules, facts):
        return _with_sources(_no_rules_loaded(place), {}, rules, facts)
    said: dict[str, Answer] = {}
    for name, function in FUNCTIONS.items():
        if name in asked and not _counted_already(name, asked):
            try:
                said[name] = function(facts)
            except OverflowError as fault:
                raise Refused(
                    "The days that are given lead beyond the year 9999; no date is given.",
                    hint="Look at the facts that are dates and numbers of days.",
                ) from fault
    return _with_sources(_merged(said), said, rules, facts)


def _counted_already(name: str, asked: set[str]) -> bool:
    return any(one in asked for one in COUNTED_ALREADY.get(name, ()))


def _without_rules(rules: Sequence[Rule], facts: Facts) -> str:
    """The jurisdiction of the facts where no rule is of it; '' where the rules are of it.

    What is reportable is asked for one jurisdiction, which the facts name (21 CFR 803.17).
    """
    needed = any("jurisdiction" in one.reads for one in rules)
    place = facts.known("jurisdiction") if needed else facts.told("jurisdiction")
    if place is None:
        return ""
    if place not in ("EU", "US"):
        return str(place)
    strange = [one.id for one in rules if one.jurisdiction not in ("", place)]
    if strange:
        raise Refused(
            f"{strange[0]} is no rule of {place}.",
            hint="Apply the rules of each jurisdiction apart.",
        )
    return ""


def _no_rules_loaded(place: str) -> Answer:
    return {"state": "NO_RULES_LOADED"} | no_clock(f"no rules are loaded for {place}")


def _merged(said: Mapping[str, Answer]) -> Answer:
    merged: Answer = {}
    calendars: dict[str, int] = {}
    for answer in said.values():
        calendars |= answer.get("calendars", {})
        if "clock" in answer and "due_legal" in answer:
            merged = {name: value for name, value in merged.items() if name not in ONE_CLOCK}
        merged |= answer
    merged.pop("calendars", None)
    return merged | {"calendars": calendars}


def _with_sources(
    answer: Answer, said: Mapping[str, Answer], rules: Sequence[Rule], facts: Facts
) -> Answer:
    """The answer with what it rests on."""
    return answer | {
        "rule_version": rule_version(), "data_digest": data_digest(),
        "primary_text_checked": all(one.primary_text_checked for one in rules),
        "citations": {one.id: one.citation for one in rules},
        "checked": {one.id: one.checked for one in rules},
        "calendars": dict(answer.get("calendars", {})),
        "facts_used": facts.used_names, "facts_not_known_here": facts.unread,
        "by_rule": {name: dict(one) for name, one in said.items()},
    }  # fmt: skip
