"""A change decided under each regime: assessed, reviewed by another person, and asked at release.

(ISO 13485 7.3.9; IEC 62304 8.2; 21 CFR 807.81(a)(3); MDR Art. 120(3c), Annex VI C 6.5; AI Act
Art. 3(23).)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from records.base import digest_of
from records.errors import InvalidInput, Refused
from records.held_definition import definition_of
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.plan_checks import PlanCheck
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import (
    NOT_APPLICABLE,
    RETURNED,
    REVIEWED,
    SUPERSEDED,
    Regime,
    RegimeDecision,
    decisions_on,
    result_of,
)  # fmt: skip
from records.signatures import sign
from regulatory.applying_regimes import Applies, regimes_of, rule_for
from regulatory.cleared import last_cleared
from regulatory.found_answers import Difference, Found, difference, found_answers
from regulatory.plan_lines import STATED, gather_candidate, inputs_of, lines_of
from regulatory.regime_answers import Answered, Stated, answer_regime
from regulatory.rule_sets import require_approved
from regulatory.rules.catalogue import rule_version


@dataclass(frozen=True, slots=True)
class Ground:
    """What every assessment of a change starts from."""

    change: ChangeRequest
    version: ModelVersion
    device: Device
    """The definition in force; of a device without one the revision of the change."""
    cleared: ModelVersion | None
    seen: Difference | None

    @property
    def applying(self) -> list[Applies]:
        """The regimes, needed or not."""
        return regimes_of(definition_of(self.device))


def ground_of(session: Session, change: ChangeRequest) -> Ground:
    """The change with its version, the definition in force and the version cleared last."""
    version = session.get_one(ModelVersion, change.model_version_id)
    own = session.get_one(Device, change.device_id)
    cleared = last_cleared(session, own.name)
    if cleared is not None and cleared.id == version.id:
        cleared = None
    seen = difference(session, cleared, version) if cleared is not None else None
    return Ground(change, version, _in_force(session, own), cleared, seen)


def _in_force(session: Session, own: Device) -> Device:
    """The accepted revision of the device; its draft says nothing yet."""
    query = select(Device).where(Device.name == own.name, Device.status == "accepted")
    return session.exec(query.order_by(col(Device.revision).desc())).first() or own


def found_for(session: Session, ground: Ground, regime: Regime, stated: Stated) -> Found:
    """What the records answer of a regime."""
    assert ground.seen is not None and ground.cleared is not None
    if regime is Regime.PCCP:
        seen = gather_candidate(
            session, ground.version, ground.cleared, device=ground.device, sites=stated.sites,
            followed="retraining" in ground.change.assessment,
        )
        lines, _ = lines_of(session, seen, modification=stated.modification)
        return {one.fact: {"value": one.value, "because": one.because} for one in lines}
    pccp = result_of(decisions_on(session, ground.change.id or 0), Regime.PCCP)
    return found_answers(regime, ground.seen, definition_of(ground.device), pccp=pccp)


def assess_regime(
    tx: Session, change: ChangeRequest, regime: Regime, stated: Stated, *, by: Actor,
    password: str, now: datetime,
) -> RegimeDecision:
    """Decide what a change is under one regime, signed by who assesses it.

    Raises:
        NotAllowed: No role that may, or the password is not right.
        Refused: Nothing was cleared before, the change is decided, or the rule sets are not
            approved; FactsMissing where a question is not answered.
        InvalidInput: Grounds are missing.
    """
    require(by, Action.ASSESS_CHANGE)
    _require_open(change)
    sets = require_approved(tx)
    ground = ground_of(tx, change)
    if ground.cleared is None:
        raise Refused(
            f"{change.label} is the first version of the device: nothing was cleared or released "
            "before, so there is no change to assess.",
            hint="It is released by its criteria and two signatures.",
        )
    rule = rule_for(regime, definition_of(ground.device),
                    legacy=stated.facts.get("legacy_device"))  # fmt: skip
    found = found_for(tx, ground, regime, stated) if not stated.not_applicable else {}
    answered = answer_regime(regime, rule, found, stated)
    if regime is Regime.PCCP and answered.applies:
        _keep_check(tx, ground, stated, answered, by=by, now=now)
    return _record(tx, ground, regime, answered, sets, by=by, password=password, now=now)


def _require_open(change: ChangeRequest) -> None:
    if change.status not in ("proposed", "assessed"):
        raise Refused(
            f"{change.label} is '{change.status}' and is not assessed any more.",
            hint="A new version is proposed by a change request of its own.",
        )


def _record(
    tx: Session, ground: Ground, regime: Regime, answered: Answered, sets: list[dict[str, str]],
    *, by: Actor, password: str, now: datetime,
) -> RegimeDecision:
    assert ground.change.id is not None and ground.cleared is not None
    earlier = decisions_on(tx, ground.change.id).get(regime)
    if earlier is not None:
        check_transition("RegimeDecision", earlier.label, earlier.status, SUPERSEDED)
        earlier.status = SUPERSEDED
        tx.add(earlier)
    made = RegimeDecision(
        change_request_id=ground.change.id, regime=regime.value, rule=answered.rule,
        applies=answered.applies, facts=answered.facts, found=answered.found,
        questions=answered.questions, said=answered.said, answer=answered.answer,
        result=answered.result, override=answered.override, settled=answered.settled,
        rationale=answered.rationale, compared_with=ground.cleared.label,
        rule_version=rule_version(), rule_sets=sets, assessed_by=by.name, assessed_at=now,
    )
    tx.add(made)
    tx.flush()
    sign(tx, made, signer=by, password=password, meaning=Meaning.AUTHOR,
         reason=answered.rationale or f"assessed under {regime.value}", now=now)  # fmt: skip
    return made


def _keep_check(
    tx: Session, ground: Ground, stated: Stated, answered: Answered, *, by: Actor, now: datetime
) -> PlanCheck:
    inputs = plan_inputs(tx, ground, stated.sites, stated.modification, {
        name: answered.facts.get(name) for name in STATED
    })
    check = PlanCheck(
        change_request_id=ground.change.id or 0, model_version_id=ground.version.id or 0,
        inputs=inputs, inputs_digest=digest_of(inputs), facts=answered.facts,
        lines=[
            {"fact": name, "value": value,
             "because": answered.found.get(name, {}).get("because", "stated by a person")}
            for name, value in answered.facts.items()
        ],
        result=answered.result, checked_by=by.name, checked_at=now,
    )  # fmt: skip
    tx.add(check)
    tx.flush()
    return check


def plan_inputs(
    session: Session, ground: Ground, sites: tuple[str, ...], modification: str | None,
    stated: Mapping[str, Any],
) -> dict[str, Any]:
    """All that the check of the plan reads now."""
    assert ground.cleared is not None
    seen = gather_candidate(
        session, ground.version, ground.cleared, device=ground.device, sites=sites,
        followed="retraining" in ground.change.assessment,
    )
    return inputs_of(session, seen, modification=modification, stated=dict(stated))


def review_decision(
    tx: Session, decision: RegimeDecision, *, agrees: bool, by: Actor, password: str, reason: str,
    now: datetime,
) -> RegimeDecision:
    """The independent review: signed whichever way it goes; what is sent back is assessed anew.

    Raises:
        NotAllowed: The one who assessed it, no role that may, or a wrong password.
        TransitionRefused: It was reviewed or superseded before.
    """
    wanted = REVIEWED if agrees else RETURNED
    check_transition("RegimeDecision", decision.label, decision.status, wanted)
    sign(tx, decision, signer=by, password=password, reason=reason, now=now,
         meaning=Meaning.REVIEW if agrees else Meaning.REJECTION)  # fmt: skip
    decision.status, decision.reviewed_by, decision.reviewed_at = wanted, by.name, now
    tx.add(decision)
    tx.flush()
    return decision


def describe_change(
    tx: Session, change: ChangeRequest, *, affected_items: list[str] | None = None,
    risk_review: str | None = None, verification_plan: str | None = None, by: Actor,
) -> ChangeRequest:
    """What the change touches, what was looked at in the risk file, how it is verified.

    Raises:
        NotAllowed: No role that may.
        Refused: The change is decided. What is signed already has to be signed again.
    """
    require(by, Action.ASSESS_CHANGE)
    _require_open(change)
    if affected_items is not None:
        if not isinstance(affected_items, list) or not all(
            isinstance(one, str) and one.strip() for one in affected_items
        ):
            raise InvalidInput("affected_items is no list of words.")
        change.affected_items = [one.strip() for one in affected_items]
    change.risk_review = risk_review if risk_review is not None else change.risk_review
    if verification_plan is not None:
        change.verification_plan = verification_plan
    tx.add(change)
    tx.flush()
    return change


def is_open(decisions: Mapping[Regime, RegimeDecision], one: Applies) -> bool:
    """Whether a needed regime lacks a decision that another person has reviewed."""
    found = decisions.get(one.regime)
    return one.needed and (found is None or found.status != REVIEWED)


__all__ = [
    "NOT_APPLICABLE", "Ground", "assess_regime", "describe_change", "found_for", "ground_of",
    "is_open", "plan_inputs", "review_decision",
]  # fmt: skip
