"""The whole gate before a version is released, line by line: nothing is filed by looking at it.

Each line says what it asks, whether it holds, and what to do where it does not. Release asks the
same lines again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from records.base import digest_of
from records.errors import Refused
from records.held_definition import definition_of
from records.plan_checks import last_check
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.reasons import says
from records.regime_decisions import (
    NOT_APPLICABLE,
    REVIEWED,
    TITLES,
    Regime,
    RegimeDecision,
    decisions_on,
    signed_by_both,
)  # fmt: skip
from records.signatures import require_two_people
from regulatory.acceptance import acceptance_results, verdict_of
from regulatory.found_answers import differing
from regulatory.plan_lines import STATED, Line, gather_candidate, lines_of
from regulatory.regime_answers import Stated, why_not_settled
from regulatory.regimes import Ground, found_for, ground_of, plan_inputs
from regulatory.release_evidence import release_gaps
from regulatory.rules.catalogue import rule_version

HOLDS, FAILS = "holds", "fails"
OUTSIDE, NOT_KNOWN = "outside the plan", "not known"
"""How a line of the plan stands: a change outside of it goes by the FDA software chart."""


@dataclass(frozen=True, slots=True)
class GateLine:
    """One thing that the gate asks: its part, how it stands, and in words why and what to do."""

    part: str
    state: str
    words: str
    to_do: str = ""


def passes(lines: Sequence[GateLine]) -> bool:
    """Whether nothing stands in the way."""
    return all(one.state != FAILS for one in lines)


def gate_of(
    session: Session, version: ModelVersion, *, sites: Sequence[str] | None = None
) -> list[GateLine]:
    """Every line of the gate for a version, whether it was proposed or not.

    sites: where it is to run; None: not known yet, so the sites that the plan's check named count.
    """
    query = select(ChangeRequest).where(ChangeRequest.model_version_id == version.id)
    change = session.exec(query).first()
    lines = [_criteria(session, version), _request(version, change)]
    if change is None:
        asked = ChangeRequest(
            device_id=version.device_id, model_version_id=version.id or 0, title="", reason="",
            description="", proposed_by="", proposed_at=version.trained_at,
        )
        lines += regime_lines(session, asked, sites=sites)
    else:
        lines += [*regime_lines(session, change, sites=sites), _signatures(session, change)]
    planned = plan_lines(session, change or asked, sites=sites)
    return [*lines, *planned, release_evidence(session, version)]


def plan_lines(
    session: Session, change: ChangeRequest, *, sites: Sequence[str] | None
) -> list[GateLine]:
    """Each line of the plan as the records answer it now; outside of it other regimes decide."""
    ground = ground_of(session, change)
    needed = any(one.regime is Regime.PCCP and one.needed for one in ground.applying)
    if ground.cleared is None or not needed:
        return []
    check = last_check(session, change.id or 0)
    named = check.inputs if check is not None else {}
    seen = gather_candidate(
        session, ground.version, ground.cleared, device=ground.device,
        sites=tuple(sites or named.get("sites", ())), followed="retraining" in change.assessment,
    )
    return [
        GateLine(f"plan: {one.fact.replace('_', ' ')}", _plan_state(one), one.because)
        for one in lines_of(session, seen, modification=named.get("modification"))[0]
    ]


def _plan_state(line: Line) -> str:
    if line.value is None:
        return NOT_KNOWN
    broken = bool(line.value) if line.fact == "acceptance_subgroups_fail" else not line.value
    return OUTSIDE if broken else HOLDS


def _criteria(session: Session, version: ModelVersion) -> GateLine:
    definition = definition_of(session.get_one(Device, version.device_id))
    results = acceptance_results(session, version)
    if verdict_of(definition, results) == "met":
        return GateLine("acceptance criteria", HOLDS,
                        f"all {len(definition.acceptance_criteria)} declared criteria are met")
    judged = {one.criterion: one.verdict for one in results}
    open_ones = [
        f"{one.id}: {judged.get(one.id, 'not judged')}"
        for one in definition.acceptance_criteria if judged.get(one.id) != "met"
    ]
    return GateLine("acceptance criteria", FAILS, "; ".join(open_ones),
                    f"Evaluate it with 'radvigil model evaluate {version.label}', or train another "
                    "version.")  # fmt: skip


def _request(version: ModelVersion, change: ChangeRequest | None) -> GateLine:
    if change is None:
        return GateLine("change request", FAILS, f"{version.label} is not proposed yet",
                        f"Use 'radvigil change propose {version.label} --reason ...'.")
    if change.status in ("released", "refused"):
        return GateLine("change request", FAILS, f"{change.label} is '{change.status}'",
                        "It is decided for good.")  # fmt: skip
    return GateLine("change request", HOLDS, f"{change.label} is '{change.status}'")


def _signatures(session: Session, change: ChangeRequest) -> GateLine:
    try:
        given = require_two_people(session, change)
    except Refused as lacking:
        return GateLine("signatures", FAILS, lacking.message, lacking.hint or "")
    return GateLine("signatures", HOLDS, f"{len(given)} valid signatures on {change.label}")


def release_evidence(session: Session, version: ModelVersion) -> GateLine:
    """Whether known problems, the matrix and the list of software of others let it be released."""
    gaps = release_gaps(session, session.get_one(Device, version.device_id), version)
    if gaps:
        return GateLine("release evidence", FAILS, "; ".join(gaps[:5]),
                        "See 'radvigil device claims', 'trace gaps', 'soup check' and "
                        "'problem list'.")  # fmt: skip
    return GateLine("release evidence", HOLDS,
                    "no problem is open, no claim is contradicted, no gap forbids it")


def regime_lines(
    session: Session, change: ChangeRequest, *, sites: Sequence[str] | None
) -> list[GateLine]:
    """What every regime, the description and the plan ask; one line for a first version."""
    ground = ground_of(session, change)
    if ground.cleared is None:
        return [GateLine(
            "regimes", HOLDS, "first version of the device: nothing was cleared or released "
            "before, so there is no change to assess",
        )]  # fmt: skip
    decisions = decisions_on(session, change.id or 0)
    lines = [_description(change)]
    for one in ground.applying:
        title = TITLES[one.regime]
        decision = decisions.get(one.regime)
        if not one.needed and decision is None:
            lines.append(GateLine(title, HOLDS, f"does not apply: {one.because}"))
            continue
        words, to_do = _open_words(session, ground, change, one.regime, decision)
        if not words and decision is not None and decision.applies:
            words, to_do = _changed(session, ground, decision, sites)
        if words:
            lines.append(GateLine(title, FAILS, words, to_do))
        else:
            assert decision is not None
            lines.append(GateLine(
                title, HOLDS, f"{decision.label}: {decision.result}, reviewed by "
                f"{decision.reviewed_by}",
            ))  # fmt: skip
    return lines


def _description(change: ChangeRequest) -> GateLine:
    lacking = [
        name for name, value in (
            ("affected items", change.affected_items), ("risk review", change.risk_review),
            ("verification plan", change.verification_plan),
        ) if not value or (isinstance(value, str) and not says(value))
    ]  # fmt: skip
    if lacking:
        return GateLine("description of the change", FAILS, f"not stated: {', '.join(lacking)}",
                        "State them under 'change' in the file of 'radvigil change assess'.")
    return GateLine("description of the change", HOLDS,
                    "affected items, risk review and verification plan are stated")


def _open_words(
    session: Session, ground: Ground, change: ChangeRequest, regime: Regime,
    decision: RegimeDecision | None,
) -> tuple[str, str]:
    """Why a regime is not decided; '' where it is, and what to do."""
    label = change.label if change.id else "CHR-…"
    if decision is None:
        return "not answered", f"Use 'radvigil change assess {label} --facts FILE'."
    if decision.status != REVIEWED:
        return (f"{decision.label} is '{decision.status}'",
                f"Another person uses 'radvigil change review {label} --regime {regime.value}'."
                if decision.status == "assessed" else
                f"Answer it anew with 'radvigil change assess {label} --facts FILE'.")  # fmt: skip
    if not signed_by_both(session, decision):
        return f"{decision.label} has no valid signatures of both", "Assess and review it anew."
    if ground.cleared is not None and decision.compared_with != ground.cleared.label:
        return (f"{decision.label} compares with {decision.compared_with}, and "
                f"{ground.cleared.label} was cleared last", "Assess it anew.")  # fmt: skip
    if decision.rule_version != rule_version():
        return (f"{decision.label} was answered by rules {decision.rule_version}, and "
                f"{rule_version()} are in use", "Assess it anew.")  # fmt: skip
    if why := why_not_settled(regime, decision.result, decision.settled):
        return f"{decision.label}: {why}", "Assess it anew once that is so."
    return "", ""


def _changed(
    session: Session, ground: Ground, decision: RegimeDecision, sites: Sequence[str] | None
) -> tuple[str, str]:
    """What the records show otherwise now than when it was assessed; '' where nothing is."""
    anew = "Assess it anew: what it rests on has changed."
    if decision.regime == Regime.PCCP.value:
        if names := changed_inputs(session, ground, sites):
            return f"changed since the check of the plan: {', '.join(names)}", anew
        return "", ""
    now = found_for(session, ground, Regime(decision.regime), Stated())
    if names := differing(decision.found, now):
        return f"changed since {decision.label}: {', '.join(names)}", anew
    return "", ""


def changed_inputs(
    session: Session, ground: Ground, sites: Sequence[str] | None
) -> list[str]:
    """The inputs of the plan's check that are others now; sites where one was not checked."""
    check = last_check(session, ground.change.id or 0)
    if check is None:
        return ["the check itself is missing"]
    kept: dict[str, Any] = check.inputs
    checked = tuple(kept["sites"])
    now = plan_inputs(
        session, ground, checked, kept["modification"],
        {name: kept["stated"].get(name) for name in STATED},
    )
    names = differing(kept, now) if digest_of(now) != check.inputs_digest else []
    outside = sorted(set(sites or ()) - set(checked))
    authorized = check.facts.get("pccp_authorized")
    return names + ([f"sites ({', '.join(outside)})"] if outside and authorized else [])


def require_regimes(session: Session, change: ChangeRequest, *, sites: Sequence[str]) -> None:
    """Raise :class:`Refused` naming every regime that is open, and what else blocks a release."""
    lacking = [one for one in regime_lines(session, change, sites=sites) if one.state == FAILS]
    if lacking:
        raise Refused(
            f"{change.label} is not released: "
            + "; ".join(f"{one.part}: {one.words}" for one in lacking) + ".",
            hint=lacking[0].to_do,
        )


__all__ = [
    "FAILS", "HOLDS", "NOT_APPLICABLE", "GateLine", "changed_inputs", "gate_of",
    "passes", "regime_lines", "release_evidence", "require_regimes",
]  # fmt: skip
