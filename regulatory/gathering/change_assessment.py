"""The facts of a change assessment, from the newest change of the device that was assessed."""

import re
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from records.clearances import Clearance
from records.errors import Refused
from records.history import record_history
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import (
    REVIEWED,
    SUPERSEDED,
    TITLES,
    Regime,
    RegimeDecision,
    decisions_on,
    words_of,
)  # fmt: skip
from regulatory.cleared import CLEARING, released_versions
from regulatory.documents.change_assessment_facts import (
    AnsweredQuestion,
    AssessedRegime,
    ChangeAssessmentFacts,
    Compared,
)  # fmt: skip
from regulatory.documents.facts import Note, Notes
from regulatory.documents.regime_words import RESULTS, result_words
from regulatory.documents.registry import EU_CHANGE_ASSESSMENT, FDA_CHANGE_ASSESSMENT
from regulatory.documents.wording import NOT_RECORDED, measure_name, number, spaced
from regulatory.gathering.change_risk import risk_beside
from regulatory.gathering.edition import Basis, edition_of, signed_on, trace
from regulatory.gathering.event_entries import cited
from regulatory.question_words import WORDS
from regulatory.regime_answers import why_not_settled
from regulatory.rules.catalogue import find_rule
from regulatory.version_difference import between

_CODES = re.compile(rf"\b({'|'.join(RESULTS)})\b")
DIGEST = re.compile("[0-9a-f]{64}")
TOLD_ELSEWHERE = frozenset({
    "model: operating_point", "model: weights_hash", "model: training_cost", "model: equivalence",
})  # fmt: skip
"""Differences that another line tells, or that are of the making and not of the version."""

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
            (f"{one['criterion']}: {one['statement']}", _observed(one), one["verdict"],
             one["record"])
            for one in change.assessment.get("criteria", [])
        ),
        regimes=tuple(_regime(session, one) for one in decisions),
        compared=_compared(session, kind, cleared, version),
        risk=risk_beside(session, basis.device.name, proposed=change.proposed_at),
        traces=(trace("1", "the change request", [change]),
                trace("2", "decisions under each regime", decisions)),
    )  # fmt: skip


gather_fda_assessment = partial(_gather, FDA_CHANGE_ASSESSMENT)
gather_eu_assessment = partial(_gather, EU_CHANGE_ASSESSMENT)


def _observed(criterion: dict[str, Any]) -> str:
    """What a criterion was judged on, or why nothing was found."""
    found = criterion.get("observed")
    return number(found) if isinstance(found, float | int) else str(criterion.get("reason") or "")


def _compared(
    session: Session, kind: str, label: str, version: ModelVersion
) -> Compared | None:
    """All in which the candidate differs from the version that it was assessed against."""
    before = session.exec(select(ModelVersion).where(ModelVersion.id == _number(label))).first()
    if before is None:
        return None
    query = select(Clearance).where(Clearance.model_version_id == before.id)
    decided = [one for one in session.exec(query.order_by(col(Clearance.id)))
               if (one.authority.strip().upper() == "FDA") == (kind == FDA_CHANGE_ASSESSMENT)]
    told = between(session, before, version)
    return Compared(
        f"{before.name} ({before.label})",
        (*((one.label, one.authority, one.number, str(one.cleared_on)) for one in decided),
         *_settled_for(session, kind, before)),
        tuple((one["change"], one["version"], one["reason"], one["status"])
              for one in told["changes"]),
        tuple((spaced(one["what"]), _short(one["before"]), _short(one["after"]))
              for one in told["differences"] if one["what"] not in TOLD_ELSEWHERE),
        tuple(
            (spaced(one["split"]), measure_name(one["measure"]),
             *_estimate(one["measure"], one["before"]), *_estimate(one["measure"], one["after"]))
            for one in told["performance"]
        ),
    )  # fmt: skip


def _settled_for(
    session: Session, kind: str, version: ModelVersion
) -> list[tuple[str, str, str, str]]:
    """By which reviewed decisions on its change a version counts as cleared or certified."""
    wanted = [one.value for one in REGIMES[kind] if one in CLEARING]
    query = (
        select(RegimeDecision)
        .join(ChangeRequest, col(ChangeRequest.id) == RegimeDecision.change_request_id)
        .where(ChangeRequest.model_version_id == version.id, RegimeDecision.status == REVIEWED,
               col(RegimeDecision.regime).in_(wanted))
        .order_by(col(RegimeDecision.id))
    )  # fmt: skip
    return [(one.label, TITLES[Regime(one.regime)], str(one.settled["reference"]),
             str(one.settled["on"])) for one in session.exec(query) if one.settled]  # fmt: skip


def _number(label: str) -> int:
    found = label.rpartition("-")[2]
    return int(found) if found.isdigit() else 0


def _short(value: Any) -> str:
    """A value that differs, as people compare it: rounded, a digest by its beginning."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: NOT_RECORDED}[value]
    if isinstance(value, float):
        return number(value, 4)
    if isinstance(value, dict):
        return ", ".join(f"{spaced(str(name))} {_short(one)}" for name, one in value.items())
    words = str(value)
    return f"{words[:12]}…" if DIGEST.fullmatch(words) else words


def _estimate(measure: str, said: dict[str, Any] | None) -> tuple[Estimate | None, str]:
    if said is None:
        return None, ""
    found = Estimate(measure=measure, n=said["n"], value=said["value"], low=said["low"],
                     high=said["high"], level=said["level"], reason=said["reason"] or "")
    return found, str(said["record"])


def _regime(session: Session, one: RegimeDecision) -> AssessedRegime:
    rule = find_rule(one.rule) if one.rule else None
    override: dict[str, Any] = one.override
    settled: dict[str, Any] = one.settled
    return AssessedRegime(
        record=one.label, title=TITLES[Regime(one.regime)], rule=one.rule,
        citation=cited(rule.citation) if rule else "", checked=rule.checked if rule else "",
        result=result_words(one.result), status=one.status, rationale=one.rationale,
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
        questions=tuple(_question(place, said)
                        for place, said in enumerate(words_of(one), start=1)),
        approvals=signed_on(session, one),
        unsettled=why_not_settled(Regime(one.regime), one.result, settled),
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


def _in_words(found: re.Match[str]) -> str:
    return f"'{result_words(found[0])}'"


def _asked(ask: str) -> str:
    words = ask.replace("pccp", "PCCP")
    return words[:1].upper() + words[1:]


def _question(place: int, said: dict[str, Any]) -> AnsweredQuestion:
    value = said["answer"]
    words = {True: "yes", False: "no", None: "not known"}
    answer = words[value] if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, list | tuple | dict):
        answer = ", ".join(map(str, value)) or "none"
    otherwise = "".join(f"; stated otherwise: {why}" for why in said["differs_because"])
    why = f"{said['rationale']}{otherwise}" if said["reached"] else said["why_not"]
    # A rule without a tree asks for facts, whose names are no numbers of questions.
    plain = str(said["id"]).islower()
    return AnsweredQuestion(
        str(place) if plain else said["id"],
        WORDS.get(said["id"], _asked(said["ask"])),
        answer if said["reached"] else "not reached", said["by"], _CODES.sub(_in_words, why),
        said["evidence"] or "",
    )  # fmt: skip
