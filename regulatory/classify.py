"""The class, product code and pathway of a device by the rules, beside what it declares."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from records.errors import InvalidInput
from records.held_definition import definition_of
from records.queries import find_device
from regulatory.rules.applying import apply_rules

RULES = ("R-CLASS-EU-11", "R-CLASS-US")


def classify_device(
    session: Session, device: str, rule_ids: Sequence[str], given: Mapping[str, Any]
) -> dict[str, Any]:
    """What the rules say and what the definition declares, row by row.

    A definition that does not declare something agrees with nothing and contradicts nothing.

    Raises:
        InvalidInput: Another rule is asked.
        FactsMissing: A question has no answer.
    """
    if strange := [one for one in rule_ids if one not in RULES]:
        raise InvalidInput(f"{strange[0]} is no rule of classification.",
                           hint=f"Known: {', '.join(RULES)}.")  # fmt: skip
    declared = definition_of(find_device(session, device))
    route = declared.regulation.us if declared.regulation else None
    answer = apply_rules(rule_ids, given)
    rows: list[tuple[str, Any, Any]] = []
    if RULES[0] in rule_ids:
        rows += [("EU class", answer["by_rule"][RULES[0]]["class_"], declared.risk_class.eu),
                 ("high-risk AI system (Art. 6(1))",
                  answer["by_rule"][RULES[0]]["high_risk_art_6_1"], None)]  # fmt: skip
    if RULES[1] in rule_ids:
        said = answer["by_rule"][RULES[1]]
        rows += [("US product code", said["product_code"], route.product_code if route else None),
                 ("US pathway", said["pathway"], route.pathway if route else None)]  # fmt: skip
    compared = [
        {"what": what, "by_the_rules": by_rules, "declared": stated,
         "agrees": None if stated is None else by_rules == stated}
        for what, by_rules, stated in rows
    ]  # fmt: skip
    return {
        "device": device, "compared": compared, "answer": answer, "checked": answer["checked"],
        "primary_text_checked": answer["primary_text_checked"],
        "agrees": all(one["agrees"] is not False for one in compared),
    }  # fmt: skip
