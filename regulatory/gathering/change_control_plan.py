"""The facts of the predetermined change control plan: the definition's, and what was done by it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlmodel import Session, col, select

from measures.fixed_bound import share_above_size
from records.base import Record
from records.change_control_plan import Modification, Pccp
from records.definition import DeviceDefinition
from records.known_facts import identifiers_on
from records.market_facts import DeviceIdentifier
from records.performance_claims import AcceptanceCriterion
from records.plan_checks import PlanCheck
from records.product import DatasetVersion, Device, ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import SUPERSEDED, Regime, RegimeDecision
from records.retraining_rules import words_of
from records.risk import RiskItem, items_of, newest_risk_file
from regulatory.cleared import clearance_words, last_cleared, released_versions
from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition
from regulatory.documents.plan_facts import (
    ExecutedLine,
    Execution,
    LineageEntry,
    ModificationEntry,
    PlanFacts,
    PlannedCriterion,
    PlanRisk,
)
from regulatory.documents.registry import CHANGE_CONTROL_PLAN
from regulatory.documents.wording import measure_name, spaced
from regulatory.gathering.dataset_datasheet import datasets_in_use
from regulatory.gathering.decided_regimes import corrections_of, regimes_decided
from regulatory.gathering.edition import Basis, edition_of, name_of, signed_on, trace
from regulatory.gathering.phrases import result_words
from regulatory.gathering.release_notes import gather_release_notes
from regulatory.risk_file import one_in

COUNTED: Final = {"sensitivity": "diseased", "specificity": "healthy"}
"""Of which studies a share is that a criterion bounds."""
NO_CLAIM: Final = "no value is claimed, so that none is assumed to be true"


def gather_change_control_plan(session: Session, basis: Basis) -> PlanFacts:
    """The plan as declared, with every candidate that was held against it."""
    device, definition = basis.device, basis.definition
    plan, protocol = definition.pccp, definition.retraining
    released, cleared = released_versions(session, device.name), last_cleared(session, device.name)
    changes = _changes(session, device.name)
    decisions = _decisions(session, changes)
    executions, checks = _executions(session, changes, decisions)
    risks = newest_risk_file(session, device.name)
    items = items_of(session, risks) if risks else []
    data = next(iter(datasets_in_use(session, basis)), None)
    words = clearance_words(session, [cleared] if cleared else [])
    identifiers = identifiers_on(
        session, device.name, basis.freeze_at.date(), at=basis.freeze_at
    ).facts
    return PlanFacts(
        edition=_edition(basis, [*released[-1:], *([cleared] if cleared else [])]),
        record=device.label, digest=device.definition_digest,
        pathway=_pathway(definition, identifiers), authorization=_authorization(plan),
        current=name_of(released[-1]) if released else None,
        cleared=name_of(cleared) if cleared else None,
        cleared_by=tuple((f"{one.number}, {one.authority}, {one.on}", one.record.label)
                         for one in words),
        lineage=_lineage(released, changes, decisions),
        scope=spaced(plan.rollout.scope) if plan.rollout else "",
        sites=tuple(plan.rollout.sites) if plan.rollout else (),
        frequency=_frequency(definition),
        modifications=tuple(_modification(one) for one in plan.modifications),
        data_practice=plan.data_practice or "", data_plan=_data_plan(definition),
        retraining_practice=plan.retraining_practice or "",
        retraining=tuple(
            (part, words) for part, said in (words_of(protocol) if protocol else {}).items()
            for words in (said if isinstance(said, list) else [said])
        ),
        steps=tuple(spaced(one) for one in plan.protocol or ()),
        criteria=tuple(
            _criterion(one, definition, device, data) for one in definition.acceptance_criteria
            if plan.acceptance is None or one.id in plan.acceptance
        ),
        subgroups=tuple((one.name, _values(one)) for one in definition.subgroups),
        minimum_n=definition.minimum_n, attempts=plan.test_set_attempts,
        cumulative=tuple(
            (f"{measure_name(one.measure)}, {spaced(one.split)}, {one.subgroup}",
             f"{one.largest_change:g}")
            for one in plan.cumulative or ()
        ),
        update=_update(plan), risk_file=risks.label if risks else "",
        risk_status=risks.status if risks else "",
        risks=tuple(_risk(one) for one in items),
        releases=gather_release_notes(session, basis).releases, executions=executions,
        traces=_traces(basis, [
            ("1", "released versions of the device", released),
            ("1", "clearances of the version cleared last", [one.record for one in words]),
            ("1", "identifiers of the device in use", identifiers),
            ("3.3", "dataset version with the locked tests in use", [data] if data else []),
            ("4", "newest risk file and its items", [*([risks] if risks else []), *items]),
            ("E", "change requests of the device", list(changes.values())),
            ("E", "decisions under the plan", list(decisions.values())),
            ("E", "candidates held against the plan", checks),
        ]),
    )  # fmt: skip


def _edition(basis: Basis, versions: Sequence[ModelVersion]) -> Edition:
    """In scope are the version released last and the one cleared last, each once."""
    named = {one.label: name_of(one) for one in versions}
    return replace(edition_of(CHANGE_CONTROL_PLAN, basis), model_versions=tuple(named.values()))


def _traces(
    basis: Basis, more: Sequence[tuple[str, str, Sequence[Record]]]
) -> tuple[Trace, ...]:
    first = trace("1", "definition that declares the plan", [basis.device])
    found = (trace(section, query, records) for section, query, records in more)
    return (first, *(one for one in found if one.records))


def _changes(session: Session, name: str) -> dict[int, ChangeRequest]:
    query = (
        select(ChangeRequest).join(Device, col(Device.id) == ChangeRequest.device_id)
        .where(Device.name == name).order_by(col(ChangeRequest.id))
    )
    return {one.id or 0: one for one in session.exec(query)}


def _decisions(session: Session, changes: Mapping[int, ChangeRequest]) -> dict[int, RegimeDecision]:
    """By change, the newest decision under the plan that is not superseded."""
    query = select(RegimeDecision).where(
        col(RegimeDecision.change_request_id).in_(list(changes)),
        RegimeDecision.regime == Regime.PCCP.value, RegimeDecision.status != SUPERSEDED,
    )
    found = session.exec(query.order_by(col(RegimeDecision.id)))
    return {one.change_request_id: one for one in found}


def _pathway(
    definition: DeviceDefinition, identifiers: Sequence[DeviceIdentifier]
) -> tuple[tuple[str, str], ...]:
    route = definition.regulation
    us = route.us if route else None
    codes = dict.fromkeys(one.product_code for one in identifiers if one.product_code)
    return (
        ("Class", f"EU: {definition.risk_class.eu}; US: {definition.risk_class.us}"),
        ("Jurisdictions", ", ".join(route.jurisdictions) if route else ""),
        ("Pathway in the United States", us.pathway if us else ""),
        ("Product code", (us.product_code if us else None) or ", ".join(codes)),
    )


def _authorization(plan: Pccp) -> tuple[tuple[str, str], ...]:
    said = plan.authorization
    if said is None:
        return ()
    return (("Authority", said.authority), ("Document", said.document),
            ("Version of the plan", said.version), ("Authorised on", str(said.authorized_on)))


def _lineage(
    released: Sequence[ModelVersion], changes: Mapping[int, ChangeRequest],
    decisions: Mapping[int, RegimeDecision],
) -> tuple[LineageEntry, ...]:
    by_version = {one.model_version_id: one for one in changes.values()}
    rows = []
    for place, version in enumerate(released):
        change = by_version.get(version.id or 0)
        decision = decisions.get(change.id or 0) if change else None
        rows.append(LineageEntry(
            name_of(version), change.decided_at if change else None,
            change.label if change else "",
            f"{result_words(decision.result)} ({decision.label})" if decision
            else "first version: no change to assess" if place == 0 else "",
        ))  # fmt: skip
    return tuple(rows)


def _frequency(definition: DeviceDefinition) -> str:
    protocol = definition.retraining
    if protocol is None:
        return ""
    days = protocol.triggers.every_days
    return (f"every {days} days, or after an acknowledged alert" if days
            else "after an acknowledged alert") + (
        f", once {protocol.triggers.minimum_new_cases} new cases can be taken"
    )  # fmt: skip


def _modification(one: Modification) -> ModificationEntry:
    criteria = tuple(map(str, one.bounds.get("acceptance_criteria", ())))
    bounds = tuple(
        f"{spaced(name)}: {'yes' if wanted is True else 'no' if wanted is False else wanted}"
        for name, wanted in one.bounds.items() if name != "acceptance_criteria"
    )  # fmt: skip
    parameters = []
    for bound in one.parameters or ():
        parts = [f"at least {bound.at_least:g}" if bound.at_least is not None else "",
                 f"at most {bound.at_most:g}" if bound.at_most is not None else "",
                 f"one of {', '.join(bound.one_of)}" if bound.one_of else ""]  # fmt: skip
        parameters.append(f"{bound.parameter}: {' and '.join(filter(None, parts))}")
    return ModificationEntry(one.id, one.description, bounds, tuple(parameters), criteria)


def _data_plan(definition: DeviceDefinition) -> tuple[tuple[str, str], ...]:
    """What of the protocol is of data: collection, selection, truth, setting apart."""
    protocol, rules = definition.retraining, definition.dataset_rules
    said = dict(words_of(protocol)) if protocol else {}
    found = [(f"Retraining: {part}", str(said[part]))
             for part in ("cases taken", "new patients", "earlier data", "origin") if part in said]
    found.append(("Reference standard", definition.task.definition))
    if rules is not None:
        found += [
            (spaced(name).capitalize(), f"{said}: not frozen" if said == "refuse"
             else f"{said}: a stated limitation" if said == "warn" else str(said))
            for name, said in rules.model_dump().items() if isinstance(said, str)
        ]  # fmt: skip
    found += [
        ("Share expected of the studies", f"{len(definition.expected_population)} groups of the "
         "intended population are compared before a dataset is frozen (see the datasheet)")
    ] if definition.expected_population else []
    return tuple(found)


def _values(one: Any) -> str:
    if one.values:
        return ", ".join(one.values)
    if one.bins:
        return "bands at " + ", ".join(f"{edge:g}" for edge in one.bins)
    return "each value found"


def _criterion(
    one: AcceptanceCriterion, definition: DeviceDefinition, device: Device,
    data: DatasetVersion | None,
) -> PlannedCriterion:
    counts = COUNTED.get(one.measure, "all")
    part = data.splits.get(one.split) if data and one.subgroup == "all" else None
    had = None
    if part:
        positive, studies = int(part["positive"]), int(part["studies"])
        had = {"diseased": positive, "healthy": studies - positive}.get(counts, studies)
    claim = next((each.value for each in definition.overall_claims
                  if each.measure == one.measure), None)  # fmt: skip
    needed, assumed = None, NO_CLAIM
    if claim is not None and counts != "all" and one.at_least is not None:
        if claim > one.at_least:
            needed = share_above_size(claim, one.at_least).n
            assumed = f"true value {claim:g}, as claimed"
        else:
            assumed = f"the claim of {claim:g} does not lie above the bound"
    return PlannedCriterion(
        one.id, one.statement, one.subgroup, assumed, counts, needed, had,
        data.label if part and data else device.label,
    )


def _update(plan: Pccp) -> tuple[tuple[str, str], ...]:
    told, rollout = plan.communication, plan.rollout
    where = spaced(rollout.scope) + (f": {', '.join(rollout.sites)}" if rollout.sites else "") \
        if rollout else ""
    return (
        ("Where a version may run", where),
        ("Who is told", ", ".join(told.audience) if told else ""),
        ("By", told.by if told else ""),
        ("Days before", str(told.days_before) if told else ""),
    )


def _risk(one: RiskItem) -> PlanRisk:
    return PlanRisk(one.label, one.code, one.hazard, one.harm, one_in(one.probability_before),
                    one_in(one.probability_after), one.basis, one.residual)  # fmt: skip


def _executions(
    session: Session, changes: Mapping[int, ChangeRequest], decisions: Mapping[int, RegimeDecision]
) -> tuple[tuple[Execution, ...], list[PlanCheck]]:
    query = (
        select(PlanCheck, ModelVersion)
        .join(ModelVersion, col(ModelVersion.id) == PlanCheck.model_version_id)
        .where(col(PlanCheck.change_request_id).in_(list(changes)))
        .order_by(col(PlanCheck.id))
    )
    found = list(session.exec(query))
    last = {check.change_request_id: check.id for check, _ in found}
    regimes = regimes_decided(session, list(changes))
    taken_back = corrections_of(
        session, {check.model_version_id: check.change_request_id for check, _ in found}
    )
    made = []
    for check, version in found:
        change = changes[check.change_request_id]
        latest = last[check.change_request_id] == check.id
        decision = decisions.get(check.change_request_id) if latest else None
        broken = decision.answer.get("verdicts", {}) if decision else {}
        inputs: dict[str, Any] = check.inputs
        made.append(Execution(
            record=check.label, change=change.label, title=change.title,
            candidate=f"{version.name} ({version.label})",
            modification=str(inputs.get("modification") or _listed(check)),
            result=result_words(check.result),
            checked_by=check.checked_by, checked_at=check.checked_at, latest=latest,
            inputs_digest=check.inputs_digest,
            attempts=inputs.get("versions seen on the locked tests"),
            deviations=tuple(map(str, check.facts.get("deviations") or ())),
            lines=tuple(
                ExecutedLine(spaced(one["fact"]), _found(one["value"]),
                             result_words(broken.get(one["fact"], "")),
                             _plainly(str(one["because"])))
                for one in check.lines
            ),
            decision=decision.label if decision else "",
            decision_status=decision.status if decision else "",
            approvals=signed_on(session, decision) if decision else (),
            decided=regimes.get(check.change_request_id, ()) if latest else (),
            corrections=taken_back.get(check.model_version_id, ()) if latest else (),
        ))  # fmt: skip
    return tuple(made), [check for check, _ in found]


def _listed(check: PlanCheck) -> str:
    """The modification that the check itself found to fit, where nobody named one."""
    said = next((one for one in check.lines if one["fact"] == "modification_listed"), None)
    return str(said["because"]).partition(":")[0] if said and said["value"] else ""


def _plainly(because: str) -> str:
    """What a check noted, its truth values as words: 'is no, the plan wants yes'."""
    return re.sub(r"\b(?:True|False)\b", lambda found: "yes" if found[0] == "True" else "no",
                  because)  # fmt: skip


def _found(value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
