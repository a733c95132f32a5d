"""A change assessed under its regimes from a file or a form, and reviewed by another person."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from records.accounts import acting_on, require_on_record
from records.errors import InvalidInput, NotFound
from records.form_drafts import empty_draft
from records.held_definition import definition_of
from records.lookup import find_record
from records.people import Actor, find_actor
from records.permissions import Action
from records.quality import ChangeRequest
from records.regime_decisions import (
    TITLES,
    Regime,
    RegimeDecision,
    decisions_on,
    words_of,
)  # fmt: skip
from records.store import Store
from records.yaml_source import read_yaml
from regulatory.applying_regimes import rule_for
from regulatory.regime_answers import Stated, read_stated, refuse_unknown
from regulatory.regimes import (
    assess_regime,
    describe_change,
    found_for,
    ground_of,
    review_decision,
)  # fmt: skip
from regulatory.rules.catalogue import find_rule
from regulatory.rules.facts import Facts
from regulatory.rules.question_trees import trees, way

DESCRIPTION = ("affected_items", "risk_review", "verification_plan")


def read_answers(path: Path) -> dict[str, Any]:
    """A file of answers, YAML or JSON: 'change' and 'regimes'.

    Raises:
        InvalidInput: It cannot be read, or holds something else.
    """
    if path.suffix == ".json":
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as wrong:
            raise InvalidInput(f"{path.name} is no readable JSON: {wrong}.") from wrong
    else:
        content = read_yaml(path).content
    if not isinstance(content, dict) or set(content) - {"change", "regimes"}:
        raise InvalidInput(f"{path.name}: 'change' and 'regimes' are what it may hold.")
    return content


def assess_change(
    store: Store, label: str, answers: Mapping[str, Any], *, actor: str, password: str,
    reason: str, now: datetime,
) -> list[RegimeDecision]:
    """Record what the answers say of the change, and decide each regime that they name.

    All of it or nothing: where one regime lacks an answer, none is recorded.

    Raises:
        NotAllowed, Refused, InvalidInput: As :func:`regulatory.regimes.assess_regime`.
    """
    sections = answers.get("regimes") or {}
    if not isinstance(sections, dict):
        raise InvalidInput("regimes: a section for each regime is needed.")
    refuse_unknown(set(sections))
    stated = {one: read_stated(one, sections[one.value]) for one in Regime
              if one.value in sections}  # fmt: skip
    described = answers.get("change") or {}
    if not isinstance(described, dict) or set(described) - set(DESCRIPTION):
        raise InvalidInput(f"change: {', '.join(DESCRIPTION)} are what it may hold.")
    with store.reader() as reader:
        known = find_record(reader, ChangeRequest, label)
    with acting_on(store, known, "assessment", actor=actor, reason=reason, now=now) as tx:
        change, person = tx.get_one(ChangeRequest, known.id), find_actor(tx, actor)
        if described:
            describe_change(tx, change, by=person, **described)
        made = [
            assess_regime(tx, change, regime, one, by=person, password=password, now=now)
            for regime, one in stated.items()
        ]
        for regime in stated:
            empty_draft(tx, form_of_regime(label, regime), by=person, now=now)
        return made


def form_of_regime(change: str, regime: Regime) -> str:
    """The form in which the questions of a regime of a change are answered."""
    return f"regime {change} {regime.value}"


def assess_from_file(
    store: Store, label: str, path: Path, *, person: Actor, ask_password: Callable[[str], str],
    reason: str, now: datetime,
) -> list[RegimeDecision]:
    """Decide what a file of answers says; who may not is refused before it is read.

    Raises:
        NotAllowed, Refused, InvalidInput: As :func:`assess_change`.
    """
    require_on_record(store, person, Action.ASSESS_CHANGE, now=now)
    answers = read_answers(path)
    return assess_change(
        store, label, answers, actor=person.name, password=ask_password(person.name),
        reason=reason, now=now,
    )


def review_change(
    store: Store, label: str, regimes: list[str], *, agrees: bool, actor: str, password: str,
    reason: str, now: datetime,
) -> list[RegimeDecision]:
    """Review the decisions of a change that wait, or those of the regimes that are named.

    Raises:
        NotFound: None waits.
        NotAllowed: By the one who assessed it, without the role, or with a wrong password.
    """
    refuse_unknown(set(regimes))
    with store.reader() as reader:
        known = find_record(reader, ChangeRequest, label)
    with acting_on(store, known, "review", actor=actor, reason=reason, now=now) as tx:
        person, found = find_actor(tx, actor), decisions_on(tx, known.id or 0)
        waiting = [
            one for regime, one in found.items()
            if (regime.value in regimes if regimes else one.status == "assessed")
        ]
        if not waiting:
            raise NotFound(f"No decision on {known.label} waits for review.",
                           hint=f"See 'radvigil change assess {known.label}'.")  # fmt: skip
        return [
            review_decision(
                tx, one, agrees=agrees, by=person, password=password, reason=reason, now=now
            )
            for one in waiting
        ]


def standing_of(reader: Session, change: ChangeRequest) -> list[dict[str, Any]]:
    """Each regime of a change: whether it is needed, decided, and by which answers.

    Of one that is open the facts that its rule reads stand there, with what the records answer.
    """
    ground = ground_of(reader, change)
    if ground.cleared is None:
        return []
    decisions, rows = decisions_on(reader, change.id or 0), []
    for one in ground.applying:
        decision = decisions.get(one.regime)
        row: dict[str, Any] = {
            "regime": one.regime.value, "title": TITLES[one.regime], "needed": one.needed,
            "because": one.because, "decision": decision.label if decision else None,
            "status": decision.status if decision else "open" if one.needed else "not needed",
            "result": decision.result if decision else None,
            "assessed_by": decision.assessed_by if decision else None,
            "reviewed_by": (decision.reviewed_by or None) if decision else None,
            "rule_version": decision.rule_version if decision else None,
            "rule_sets": list(decision.rule_sets) if decision else [],
            "compared_with": ground.cleared.label,
        }
        row["questions"] = words_of(decision) if decision else open_questions(
            reader, change, one.regime
        )
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class NextQuestions:
    """What a form asks next: each question with its facts, what records show, and the result."""

    rule: str
    questions: list[dict[str, Any]]
    result: str | None
    """None while a question waits; else where the answers lead."""


def next_questions(
    reader: Session, change: ChangeRequest, regime: Regime, given: Mapping[str, Any]
) -> NextQuestions:
    """The questions as far as these facts and the records lead, the last one open.

    The order and the end are those of the rule itself, as a file of answers has them.
    """
    ground = ground_of(reader, change)
    rule = rule_for(regime, definition_of(ground.device), legacy=given.get("legacy_device"))
    found = found_for(reader, ground, regime, Stated())
    asked = open_questions(reader, change, regime, legacy=given.get("legacy_device"))
    if not any(one.rule == rule for one in trees().values()):
        return NextQuestions(rule, asked, "answered")
    tree = next(one for one in trees().values() if one.rule == rule)
    facts = {name: one["value"] for name, one in found.items()} | dict(given)
    passed, result = way(tree, Facts(facts))
    reached = {one.id for one, _ in passed}
    return NextQuestions(rule, [one for one in asked if one["id"] in reached], result)


def open_questions(
    reader: Session, change: ChangeRequest, regime: Regime, *, legacy: bool | None = None
) -> list[dict[str, Any]]:
    """The questions of a regime before it is answered: what is asked, what the records answer."""
    ground = ground_of(reader, change)
    rule = rule_for(regime, definition_of(ground.device), legacy=legacy)
    found = found_for(reader, ground, regime, Stated())
    tree = next((one for one in trees().values() if one.rule == rule), None)
    asked = [
        (one.id, one.ask, list(one.facts)) for one in tree.questions.values()
    ] if tree else [(name, name.replace("_", " "), [name]) for name in find_rule(rule).reads]
    return [
        {"id": name, "ask": ask, "facts": facts,
         "found": {one: found[one] for one in facts if one in found}}
        for name, ask, facts in asked
    ]  # fmt: skip
