"""What class software is in the EU, which product code and pathway in the United States."""

from typing import Any, Final

from regulatory.rules.facts import Facts
from regulatory.rules.question_trees import BLOCKED, trees, walk

Answer = dict[str, Any]

_REGULATION: Final = {
    "QAS": "21 CFR 892.2080", "QFM": "21 CFR 892.2080", "QDQ": "21 CFR 892.2090",
    "POK": "21 CFR 892.2060", "MYN": "21 CFR 892.2070", "QIH": "21 CFR 892.2050",
}  # fmt: skip
_PATHWAY: Final = {"510K": "510(k)", "DE_NOVO": "De Novo", "PMA": "PMA"}


def eu_rule_11(facts: Facts) -> Answer:
    """R-CLASS-EU-11: the class by Rule 11, and whether the device is a high-risk AI system by it.

    From class IIa on a notified body takes part, which AI Act Art. 6(1) asks for.
    """
    found = walk(trees()["EU-CLASS"], facts)
    answer: Answer = {"result": found.result} | found.said()
    if found.result in (BLOCKED, "NOT_A_DEVICE"):
        known = False if found.result == "NOT_A_DEVICE" else None
        return answer | {"class_": None, "notified_body_required": known,
                         "high_risk_art_6_1": known}  # fmt: skip
    name = found.result.removeprefix("CLASS_")
    needed = name != "I"
    return answer | {
        "class_": name, "notified_body_required": needed, "high_risk_art_6_1": needed,
    }  # fmt: skip


def us_code_and_pathway(facts: Facts) -> Answer:
    """R-CLASS-US: the product code that fits, its regulation, and 510(k), De Novo or PMA."""
    code, way = walk(trees()["US-CODE"], facts), walk(trees()["US-PATHWAY"], facts)
    known = code.result in _REGULATION
    answer: Answer = {
        "result": BLOCKED if BLOCKED in (code.result, way.result) else code.result,
        "product_code": code.result if known else None,
        "regulation": _REGULATION.get(code.result),
        "pathway": _PATHWAY.get(way.result),
        "stopped_at": code.stopped_at if code.result == BLOCKED else way.stopped_at,
        "answers": dict(code.answers) | dict(way.answers),
        "not_reached": [*code.not_reached, *way.not_reached],
    }
    unknown = [*code.unknown, *way.unknown]
    return answer | ({"open_facts": unknown} if unknown else {})
