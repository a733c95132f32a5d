"""The facts of a change assessment, from the newest change of the device that was assessed."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from records.errors import Refused
from records.history import record_history
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import (
    SUPERSEDED,
    TITLES,
    Regime,
    RegimeDecision,
    decisions_on,
    words_of,
)  # fmt: skip
from regulatory.cleared import released_versions
from regulatory.documents.change_assessment_facts import (
    AnsweredQuestion,
    AssessedRegime,
    ChangeAssessmentFacts,
)  # fmt: skip
from regulatory.documents.facts import Note, Notes
from regulatory.documents.registry import EU_CHANGE_ASSESSMENT, FDA_CHANGE_ASSESSMENT
from regulatory.gathering.edition import Basis, edition_of, signed_on, trace
from regulatory.rules.catalogue import find_rule

REGIMES = {
    FDA_CHANGE_ASSESSMENT: (Regime.PCCP, Regime.FDA_LABELLING, Regime.FDA_SOFTWARE, Regime.UDI),
    EU_CHANGE_ASSESSMENT: (Regime.EU_CHANGE, Regime.UDI, Regime.AI_ACT),
}


def _gather(kind: str, session: Session, basis: Basis) -> ChangeAssessmentFacts:
    """The change with its decisions; Refused where none was assessed under these regimes."""
    wanted = REGIMES[kind]
    query = (
        select(ChangeRequest)
        .join(Device, col(Device.id) == ChangeRequest.device_id)
        .join(RegimeDecision, col(RegimeDecision.change_request_id) == ChangeRequest.id)
        .where(
            Device.name == basis.device.name, col(RegimeDecision.status) != SUPERSEDED,
            col(RegimeDecision.regime).in_([one.value for one in wanted]),
        )
        .order_by(col(ChangeRequest.id).desc())
    )
    change = session.exec(query).first()
    if change is None:
        raise Refused(
            f"No change of {basis.device.name} was assessed under "
            f"{', '.join(one.value for one in wanted)}.",
            hint="The first version has no change to assess; see 'radvigil change assess'.",
        )
    found = decisions_on(session, change.id or 0)
    decisions = [found[one] for one in wanted if one in found]
    version = session.get_one(ModelVersion, change.model_version_id)
    cleared = decisions[0].compared_with
    released = [one.label for one in released_versions(session, basis.device.name)]
    since = released[released.index(cleared) + 1:] if cleared in released else []
    return ChangeAssessmentFacts(
        edition=edition_of(kind, basis), kind=kind, record=change.label, title=change.title,
        description=change.description, reason=change.reason,
        affected_items=tuple(change.affected_items or ()), stated=_stated(session, change),
        candidate=version.label,
        compared_with=cleared,
        since_then=tuple(one for one in since if one != version.label),
        criteria=tuple(
            (f"{one['criterion']}: {one['statement']}", one["verdict"], one["record"])
            for one in change.assessment.get("criteria", [])
        ),
        regimes=tuple(_regime(session, one) for one in decisions),
        traces=(trace("1", "the change request", [change]),
                trace("2", "decisions under each regime", decisions)),
    )  # fmt: skip


gather_fda_assessment = partial(_gather, FDA_CHANGE_ASSESSMENT)
gather_eu_assessment = partial(_gather, EU_CHANGE_ASSESSMENT)


def _regime(session: Session, one: RegimeDecision) -> AssessedRegime:
    rule = find_rule(one.rule) if one.rule else None
    override: dict[str, Any] = one.override
    settled: dict[str, Any] = one.settled
    return AssessedRegime(
        record=one.label, title=TITLES[Regime(one.regime)], rule=one.rule,
        citation=rule.citation if rule else "", checked=rule.checked if rule else "",
        result=one.result, status=one.status, rationale=one.rationale,
        override=(
            f"{override['field']}: computed {override['computed']}, stated {override['stated']}; "
            f"{override['reason']}" if override else ""
        ),
        settled=(
            f"{settled['reference']}, {settled['on']}; {settled['evidence']}" if settled else ""
        ),
        rule_version=one.rule_version,
        rules_approved="; ".join(
            f"{said['kind']} by {said['approved_by']} ({said['approval']})"
            for said in one.rule_sets
        ),
        questions=tuple(_question(said) for said in words_of(one)),
        approvals=signed_on(session, one),
    )  # fmt: skip


def _stated(session: Session, change: ChangeRequest) -> Notes:
    """What people wrote of the change, each with who wrote it last and when."""
    found: dict[str, Note] = {}
    for told in record_history(session, change.subject).events:
        for field in {one.field for one in told.changes} & {"risk_review", "verification_plan"}:
            name = field.replace("_", " ")
            if words := getattr(change, field):
                found[name] = Note(
                    f"{name.capitalize()}: {words}", told.actor.full_name or told.actor.account,
                    ", ".join(told.actor.roles), datetime.fromisoformat(str(told.event["at"])),
                    change.label,
                )
    return found


def _question(said: dict[str, Any]) -> AnsweredQuestion:
    value = said["answer"]
    words = {True: "yes", False: "no", None: "not known"}
    answer = words[value] if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, list | tuple | dict):
        answer = ", ".join(map(str, value)) or "none"
    otherwise = "".join(f"; stated otherwise: {why}" for why in said["differs_because"])
    why = f"{said['rationale']}{otherwise}" if said["reached"] else said["why_not"]
    return AnsweredQuestion(
        said["id"], said["ask"], answer if said["reached"] else "not reached", said["by"], why,
        said["evidence"] or "",
    )  # fmt: skip
