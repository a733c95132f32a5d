"""EU field safety corrective actions, recipients, side-effects, summaries (MDR Art. 87, 89)."""

from datetime import timedelta
from typing import Any, Final

from regulatory.rules.calendars import MEMBER_STATES
from regulatory.rules.facts import UNCERTAIN, Facts, all_of
from regulatory.rules.reading import all_hold

Answer = dict[str, Any]

PSUR_WORLDWIDE: Final = "PSUR_WORLDWIDE"
PSUR_EEA: Final = "PSUR_EEA_TR_XI"


def field_action(facts: Facts) -> Answer:
    """R-EU87-05: reported before it starts; where urgent it may start, and is reported at once.

    Recipients are the states where it is done and that of the manufacturer's or representative's
    seat. An action in a third country is reported where its reason concerns Union devices too.
    """
    if facts.known("fsca") is False:
        return {"eu_report": False, "report_before": None, "recipients": []}
    states = facts.items("member_states_affected")
    inside = [one for one in states if one in MEMBER_STATES]
    if not inside and facts.known("fsca_reason_concerns_union_devices") is False:
        return {"eu_report": False, "report_before": None, "recipients": [],
                "record_required": "rationale"}  # fmt: skip
    urgent = facts.known("urgent")
    seat = facts.text("manufacturer_member_state")
    return {
        "eu_report": True, "report_before": facts.text("planned_start_local"),
        "report": "AT_ONCE" if urgent else "BEFORE_START",
        "start_allowed_before_report": urgent,
        "recipients": sorted({*inside, seat}),
        "fsn_draft_sent_for_comment": not urgent,
    }  # fmt: skip


def recipients(facts: Facts) -> Answer:
    """R-EU87-07: the authority where it happened; a third country's incident goes to the PSUR."""
    country = facts.text("country_of_incident")
    if country in MEMBER_STATES:
        serious = facts.told("serious_incident") if facts.has("serious_incident") else True
        return {
            "eu_individual_report": serious is not False, "recipients": [country],
            "include_in": [PSUR_EEA, PSUR_WORLDWIDE],
        }  # fmt: skip
    marketed, action = facts.yes_no("device_on_union_market"), facts.yes_no("fsca")
    reported = all_of([marketed, action])
    return {
        "eu_individual_report": reported,
        "include_in": [PSUR_WORLDWIDE] if marketed is not False else [],
    } | ({"open_facts": ["device_on_union_market or fsca"]} if reported is None else {})


_DESCRIBED: Final = ("product", "ifu", "label", "document", "information")
_COUNTED: Final = ("quantif", "technical", "td")
_WATCHED: Final = ("trend", "88")
"""Words in the names of fields: product information, technical documentation, trend reporting."""


def expected_side_effect(facts: Facts) -> Answer:
    """R-EU87-08: not reported one by one only if documented, quantified and watched for trends."""
    serious = facts.value("serious_incident")
    if serious is False:
        return {"individually_reportable": False, "lacks": []}
    said = facts.told("expected_side_effect") or {}
    if not said:
        facts.need("expected_side_effect")
        return {"individually_reportable": True, "lacks": ["expected_side_effect"]}
    name = "expected_side_effect"
    trend = {key: value for key, value in said.items()
             if any(word in key.lower() for word in _WATCHED)}  # fmt: skip
    rest = {key: value for key, value in said.items() if key not in trend}
    counted = {key: value for key, value in rest.items()
               if any(word in key.lower() for word in _COUNTED)}  # fmt: skip
    told = {key: value for key, value in rest.items() if key not in counted}
    met = {
        "product_information": all_hold(name, told, _DESCRIBED, role="product information"),
        "quantified": all_hold(name, counted, _COUNTED, role="technical documentation"),
        "trend_reporting": all_hold(name, trend, _WATCHED, role="trend reporting"),
    }
    lacks = [key for key, fits in met.items() if not fits]
    return {"individually_reportable": bool(lacks), "lacks": lacks} | (
        {"decision": "REPORT_WHILE_UNCERTAIN"} if lacks and serious in (None, UNCERTAIN) else {}
    )


def periodic_summary(facts: Facts) -> Answer:
    """R-EU87-09: similar serious incidents together, only as the authority agreed (Art. 87(9))."""
    alike = facts.yes_no("similar_incidents")
    known = facts.told("cause_identified_or_fsca") or facts.told("common_and_documented")
    agreed = facts.yes_no("summary_agreed")
    if not (alike and known and agreed):
        return {"reporting": "INDIVIDUAL", "due_legal": None}
    due = facts.day("summary_period_end") + timedelta(days=facts.whole("summary_lag_days"))
    return {"reporting": "PERIODIC_SUMMARY", "due_legal": due.isoformat()}
