"""One regime answered: facts found and stated, the rule applied, every question with its grounds.

Pure: what records show and what a person states go in, the content of a decision comes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from records.errors import InvalidInput, Refused
from records.reasons import says
from records.regime_decisions import NOT_APPLICABLE, Regime
from regulatory.found_answers import Found
from regulatory.rules.applying import apply_rules
from regulatory.rules.catalogue import find_rule
from regulatory.rules.dictionary import fact_dictionary
from regulatory.rules.facts import FactsMissing, civil_date
from regulatory.rules.question_trees import Tree, trees

NAMES: Final = frozenset({
    "facts", "rationale", "evidence", "overrides", "why", "not_applicable", "result_override",
    "settled", "modification", "sites",
})  # fmt: skip
"""What the section of a regime may hold in a file of answers."""

RESULT: Final = {"R-CHG-UDI": "eu_udi"}
"""The field of a rule's answer that is its result, where it is not 'result'."""

GOES_AHEAD: Final[Mapping[Regime, frozenset[str]]] = {
    Regime.PCCP: frozenset({"IN_BOUNDS", "OUT_OF_BOUNDS", "PROTOCOL_DEVIATION", "NO_PCCP"}),
    Regime.FDA_LABELLING: frozenset({"LETTER_TO_FILE"}),
    Regime.FDA_SOFTWARE: frozenset({"LETTER_TO_FILE", "PCCP_IN_BOUNDS"}),
    Regime.EU_CHANGE: frozenset({"NON_SIGNIFICANT", "DOCUMENT_ONLY"}),
    Regime.UDI: frozenset({"NO_NEW_UDI"}),
    Regime.AI_ACT: frozenset({"NO_NEW_ASSESSMENT"}),
}
"""Results that need nothing from outside; out of the plan, the FDA software chart decides."""

UNSETTLED: Final = frozenset({"BLOCKED", "DO_NOT_IMPLEMENT", "HOLD"})
"""Results that no word from outside settles: what is missing must be found or done first."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a person states about one regime, as the section of a file or a form holds it."""

    facts: dict[str, Any] = field(default_factory=dict)
    rationale: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    """By fact why it is stated otherwise than the records show."""
    why: str = ""
    not_applicable: str = ""
    result_override: dict[str, Any] = field(default_factory=dict)
    settled: dict[str, Any] = field(default_factory=dict)
    modification: str | None = None
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """The content of a decision."""

    rule: str
    applies: bool
    facts: dict[str, Any]
    found: Found
    questions: list[dict[str, Any]]
    said: dict[str, Any]
    answer: dict[str, Any]
    result: str
    override: dict[str, Any]
    settled: dict[str, Any]
    rationale: str


def read_stated(regime: Regime, section: Any) -> Stated:
    """The section of a regime, checked. Raises InvalidInput naming what is wrong."""
    if not isinstance(section, dict):
        raise InvalidInput(f"{regime.value}: a section with facts, rationale, … is needed.")
    if strange := sorted(set(section) - NAMES):
        raise InvalidInput(f"{regime.value}: {', '.join(strange)} is not known.",
                           hint=f"Known: {', '.join(sorted(NAMES))}.")  # fmt: skip
    for name in ("facts", "rationale", "evidence", "overrides", "result_override", "settled"):
        if not isinstance(section.get(name, {}), dict):
            raise InvalidInput(f"{regime.value}: {name} is no mapping.")
    unknown = sorted(set(section.get("facts", {})) - set(fact_dictionary()))
    if unknown:
        raise InvalidInput(
            f"{regime.value}: no rule knows {', '.join(unknown)}.",
            hint="See 'radvigil change assess CHR-…' for the open facts.",
        )
    words = {
        name: {str(key): str(one) for key, one in section.get(name, {}).items()}
        for name in ("rationale", "evidence", "overrides")
    }
    sites = section.get("sites", [])
    if not isinstance(sites, list) or not all(isinstance(one, str) for one in sites):
        raise InvalidInput(f"{regime.value}: sites is no list of names.")
    return Stated(
        facts=dict(section.get("facts", {})), why=str(section.get("why", "")),
        not_applicable=str(section.get("not_applicable", "")),
        result_override=dict(section.get("result_override", {})),
        settled={key: str(one) for key, one in section.get("settled", {}).items()},
        modification=section.get("modification"), sites=tuple(sites), **words,
    )


def answer_regime(regime: Regime, rule: str, found: Found, stated: Stated) -> Answered:
    """The decision under one regime.

    Raises:
        FactsMissing: A question on the way has no answer.
        InvalidInput: A found answer is stated otherwise without why, or grounds are missing.
    """
    if stated.not_applicable:
        return _not_applicable(regime, stated)
    facts = {name: one["value"] for name, one in found.items()}
    for name, value in stated.facts.items():
        if name in found and found[name]["value"] != value and not says(
            stated.overrides.get(name, "")
        ):
            raise InvalidInput(
                f"{regime.value}: {name} is stated as {value}, and the records show "
                f"{found[name]['value']} ({found[name]['because']}).",
                hint=f"Say why under overrides: {name}, or leave it out.",
            )
    facts |= stated.facts
    if regime is Regime.EU_CHANGE and facts.get("legacy_device") is None:
        raise FactsMissing(
            "Missing facts: legacy_device.",
            hint="The definition names no certificate: say whether it is one of a directive.",
        )
    if regime is Regime.FDA_SOFTWARE and "pccp_in_bounds" not in facts:
        raise FactsMissing(
            "Missing facts: pccp_in_bounds.",
            hint="It follows from the decision on the plan: answer the regime pccp first.",
        )
    answer = apply_rules([rule], facts)
    _require_none_left_open(rule, answer)
    result = str(answer[RESULT.get(rule, "result")])
    questions = questions_of(rule, answer, facts, found, stated)
    _require_grounds(regime, questions, stated)
    override = _override(regime, answer, stated.result_override)
    if override and override["field"] == RESULT.get(rule, "result"):
        result = str(override["stated"])
    return Answered(
        rule, True, facts, found, questions,
        {"rationale": stated.rationale, "evidence": stated.evidence,
         "overrides": stated.overrides},
        answer, result, override, require_settled(regime, stated.settled), stated.why.strip(),
    )  # fmt: skip


def _require_none_left_open(rule: str, answer: Mapping[str, Any]) -> None:
    """Charts pass some questions as 'no' where nothing is said; a release does not rest on that."""
    questions = next((one.questions for one in trees().values() if one.rule == rule), {})
    left = [one for name in answer.get("not_asked", ()) for one in questions[name].facts]
    if left:
        raise FactsMissing(
            f"Missing facts: {', '.join(left)}.",
            hint="Give each, or null where it was looked for and is not known.",
        )


def _not_applicable(regime: Regime, stated: Stated) -> Answered:
    if not says(stated.not_applicable):
        raise InvalidInput(f"{regime.value}: that it does not apply needs its reason.")
    return Answered(
        "", False, {}, {}, [], {}, {"result": NOT_APPLICABLE}, NOT_APPLICABLE, {}, {},
        stated.not_applicable.strip(),
    )


def questions_of(
    rule: str, answer: Mapping[str, Any], facts: Mapping[str, Any], found: Found, stated: Stated
) -> list[dict[str, Any]]:
    """Every question of a rule, also those not reached and why; the facts of one without a tree."""
    tree = next((one for one in trees().values() if one.rule == rule), None)
    if tree is not None:
        return [_of_tree(tree, one, answer, found, stated) for one in tree.questions]
    used = set(answer["facts_used"])
    return [
        _question(
            name, name.replace("_", " "), [name], facts.get(name), name in used,
            "" if name in used else f"the rule ended with {answer['result']} before it",
            found, stated,
        )
        for name in find_rule(rule).reads
    ]  # fmt: skip


def _of_tree(
    tree: Tree, name: str, answer: Mapping[str, Any], found: Found, stated: Stated
) -> dict[str, Any]:
    question = tree.questions[name]
    answers: Mapping[str, Any] = answer.get("answers", {})
    if name not in answers and question.part_of in answers and question.part_of != name:
        reached, value = True, answers[question.part_of]
    else:
        reached, value = name in answers, answers.get(name)
    why = ""
    if not reached:
        why = f"the answers led past it and ended at {answer.get('stopped_at')}"
    elif name in answer.get("not_asked", ()):
        reached, why = False, "left open: passed as 'no', as the chart allows"
    return _question(name, question.ask, list(question.facts), value, reached, why, found, stated)


def _question(
    name: str, ask: str, names: list[str], value: Any, reached: bool, why: str, found: Found,
    stated: Stated,
) -> dict[str, Any]:
    given = [one for one in names if one in found or one in stated.facts]
    by_records = bool(given) and all(one in found and one not in stated.overrides
                                     for one in given)  # fmt: skip
    because = "; ".join(dict.fromkeys(found[one]["because"] for one in given if one in found))
    return {
        "id": name, "ask": ask, "facts": names, "answer": value if reached else None,
        "reached": reached, "why_not": why, "because": because,
        "by": "" if not reached else "records" if by_records else "a person",
    }


def _require_grounds(
    regime: Regime, questions: list[dict[str, Any]], stated: Stated
) -> None:
    lacking = [
        one["id"] for one in questions
        if one["by"] == "a person" and not says(stated.rationale.get(one["id"], ""))
    ]
    if lacking:
        raise InvalidInput(
            f"{regime.value}: no rationale for {', '.join(lacking)}.",
            hint="Each answer that a person gives has its rationale under that question's name.",
        )


def _override(
    regime: Regime, answer: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """A computed result or date that a person states otherwise: both stay, with the reason."""
    if not wanted:
        return {}
    name = str(wanted.get("field", ""))
    if name not in answer or "value" not in wanted or not says(str(wanted.get("reason", ""))):
        raise InvalidInput(
            f"{regime.value}: result_override needs a field of the answer, a value and a reason.",
            hint=f"Fields: {', '.join(sorted(answer))}.",
        )
    return {"field": name, "computed": answer[name], "stated": wanted["value"],
            "reason": str(wanted["reason"]).strip()}  # fmt: skip


def require_settled(regime: Regime, settled: dict[str, Any]) -> dict[str, Any]:
    """What was done about a result from outside: reference, day and evidence, or nothing."""
    if not settled:
        return {}
    lacking = [name for name in ("reference", "on", "evidence")
               if not says(str(settled.get(name, "")))]  # fmt: skip
    if lacking:
        raise InvalidInput(f"{regime.value}: settled lacks {', '.join(lacking)}.")
    civil_date(f"{regime.value} settled on", settled["on"])
    return dict(settled)


def why_not_settled(regime: Regime, result: str, settled: Mapping[str, Any]) -> str:
    """Why a release cannot rest on this result; '' where it can."""
    if result == NOT_APPLICABLE or result in GOES_AHEAD[regime]:
        return ""
    if result in UNSETTLED:
        return f"the result is {result}"
    if settled:
        return ""
    return f"{result} needs what settles it: reference, day and evidence under 'settled'"


def refuse_unknown(names: set[str]) -> None:
    """Raise :class:`Refused` where a file names regimes that there are not."""
    if strange := sorted(names - {one.value for one in Regime}):
        raise Refused(f"{', '.join(strange)} is no regime.",
                      hint=f"Known: {', '.join(one.value for one in Regime)}.")  # fmt: skip
