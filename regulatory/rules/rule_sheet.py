"""A rule as people read it: its text, what of it was read, its parameters, calendars, questions."""

from typing import Any

from regulatory.rules.applying import FUNCTIONS
from regulatory.rules.calendars import MEMBER_STATES, US_OBSERVED, US_STATUTORY, calendar
from regulatory.rules.catalogue import Rule, catalogue, find_rule, rule_version
from regulatory.rules.parameters import clocks_of, parameters
from regulatory.rules.question_trees import trees


def rule_list(family: str = "") -> list[dict[str, Any]]:
    """Every rule, or those of a family: title, how it is used, what of its sources was read."""
    return [
        {
            "rule": one.id, "title": one.title, "family": one.family,
            "used": "applied" if one.id in FUNCTIONS else "control",
            "primary_text_checked": one.primary_text_checked, "read": list(one.read),
            "version": one.version,
        }
        for one in catalogue().values() if family.lower() in one.family.lower()
    ]  # fmt: skip


def rule_sheet(rule_id: str) -> dict[str, Any]:
    """One rule with all that it is applied by. Raises InvalidInput where there is none."""
    rule = find_rule(rule_id)
    clocks = clocks_of(rule.id)
    return {
        "rule": rule.id, "title": rule.title, "family": rule.family, "version": rule.version,
        "rule_version": rule_version(), "citation": rule.citation, "logic": rule.logic,
        "edge_cases": rule.edge, "primary_text_checked": rule.primary_text_checked,
        "checked": rule.checked, "facts": list(rule.reads), "clocks": clocks,
        "parameters_version": parameters()["version"],
        "calendars": _calendars({str(said["kind"]) for said in clocks.values()}),
        "questions": _questions(rule),
    }  # fmt: skip


def _calendars(kinds: set[str]) -> list[dict[str, Any]]:
    names: list[str] = []
    if any(kind.startswith("US") for kind in kinds):
        names += [US_OBSERVED, US_STATUTORY]
    if any(kind.startswith("EU") for kind in kinds):
        names += [f"{state}-NATIONAL" for state in MEMBER_STATES]
    return [calendar_sheet(name) for name in names]


def calendar_sheet(name: str) -> dict[str, Any]:
    """What a calendar holds and how its days were checked."""
    found = calendar(name)
    return {
        "calendar": found.id, "version": found.version, "first_year": found.years[0],
        "last_year": found.years[1], "primary_text_checked": found.primary_text_checked,
        "checked": f"{found.checked}; {found.checked_on}",
    }  # fmt: skip


def _questions(rule: Rule) -> list[dict[str, Any]]:
    return [
        {"question": one.id, "ask": one.ask, "facts": list(one.facts), "yes": one.yes, "no": one.no,
         "may_be_left_open": one.open or one.always is not None}
        for tree in trees().values() if tree.rule == rule.id
        for one in tree.questions.values()
    ]  # fmt: skip
