"""Changes of a device: what FDA and the EU ask for, by question trees and the plan's bounds."""

from typing import Any, Final

from regulatory.rules.clocks import us_work_days
from regulatory.rules.facts import Facts
from regulatory.rules.parameters import days
from regulatory.rules.question_trees import BLOCKED, trees, walk

Answer = dict[str, Any]

STRICTEST: Final = ("NEW_510K", BLOCKED, "LETTER_TO_FILE")

_CONSEQUENCES: Final[dict[str, tuple[bool, str]]] = {
    "SIGNIFICANT": (True, "MDR_CERTIFICATE_NEEDED_BEFORE_PLACING_CHANGED_DEVICE"),
    "NON_SIGNIFICANT": (False, "DOCUMENT_ASSESSMENT"),
}


def fda_software(facts: Facts) -> Answer:
    """R-CHG-FDA-SW: a new 510(k), or a letter to file with every question and its answer.

    Compared with the version cleared last, not with the last release. With the labelling answered
    too, the stricter of both counts; a change within an authorized plan stops at once.
    """
    found = walk(trees()["FDA-SW"], facts)
    answer: Answer = {"result": found.result} | found.said()
    if found.result == "PCCP_IN_BOUNDS":
        return answer
    if facts.told("labeling_change") and not facts.has("labelling_result"):
        answer["also_needed"] = ["R-CHG-FDA-LBL"]
    if facts.has("labelling_result"):
        both = {found.result, facts.value("labelling_result")}
        answer["result"] = next(one for one in STRICTEST if one in both)
    if answer["result"] == "NEW_510K" and facts.told("pccp_in_bounds") is None:
        answer["unless"] = "PCCP_IN_BOUNDS"
    return answer


def fda_labelling(facts: Facts) -> Answer:
    """R-CHG-FDA-LBL: a new 510(k) or a letter to file; an added contraindication may go ahead."""
    found = walk(trees()["FDA-LBL"], facts)
    facts.found("labelling_result", found.result)
    answer: Answer = {"result": found.result} | found.said()
    if found.stopped_at == "A2" and facts.told("contraindication_added"):
        answer["route"] = "CHANGES_BEING_EFFECTED"
    return answer


def eu_legacy(facts: Facts) -> Answer:
    """R-CHG-EU-LEG: whether a change of a legacy device is significant (MDCG 2020-3 rev.1).

    A significant one ends the transitional right to place it on the market (Art. 120(3c)(b)).
    """
    found = walk(trees()["EU-LEG"], facts)
    legacy = facts.yes_no("legacy_device")
    result = BLOCKED if found.result == "CHARTS_D_AND_E" else found.result
    significant, consequence = _CONSEQUENCES.get(result, (None, None))
    answer: Answer = {
        "result": result, "significant": significant, "mdcg_2020_3_applicable": legacy,
        "consequence": consequence,
    } | found.said()
    if result == "NOT_APPLICABLE":
        answer["use_instead"] = "R-CHG-EU-MDR"
    return answer


def eu_mdr(facts: Facts) -> Answer:
    """R-CHG-EU-MDR: approval by the notified body, a notice to it, or documentation alone.

    Only for a device with a certificate under the MDR; questions that the facts do not tell are
    listed as not asked.
    """
    legacy = facts.told("legacy_device")
    if legacy:
        return {"mdcg_2020_3_applicable": True, "use_instead": "R-CHG-EU-LEG"}
    found = walk(trees()["EU-MDR"], facts)
    return {"result": found.result, "mdcg_2020_3_applicable": False} | found.said()


def udi(facts: Facts) -> Answer:
    """R-CHG-UDI: a new UDI-DI, a new UDI-PI or none, whatever FDA or the notified body decides."""
    found = walk(trees()["UDI"], facts)
    answer: Answer = {"eu_udi": found.result} | found.said()
    if facts.has("new_version_or_model"):
        new = facts.yes_no("new_version_or_model")
        answer["us_udi"] = {True: "NEW_DI", False: "NO_NEW_DI", None: BLOCKED}[new]
        if new and facts.told("changed_local_date"):
            clock = us_work_days("GUDID_10WD", facts.day("changed_local_date"), days("GUDID_10WD"))
            answer["gudid_update_by"] = clock.work_by.isoformat()
    return answer
